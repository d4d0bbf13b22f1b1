"""Turns a recipe's names into components: what an experiment is made of, checked as a whole before any work starts."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from workbench.curate import ConfiguredSelector, check_floors, default_policy, from_plain, model_uses, to_plain
from workbench.errors import PluginError, RecipeError, UnknownNameError
from workbench.types import Action, FineTuneAdapter, FineTuneSpec, Metric, ModelBased, Rule, Selector, Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.experiment.recipe import Located, Recipe
    from workbench.host import Component, PluginHost
    from workbench.types import Policy

ARMS = ("raw", "curated", "random")
WITHOUT = "without:"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A recipe with every name resolved.

    Attributes:
        recipe: as it was written.
        text: its YAML, or a note on where it came from.
        task: the task's component.
        selectors: in the order that they run.
        policy: None where the recipe names a stored policy instead.
        stored_policy: ``name`` or ``name@version`` of that one.
        adapter: the adapter's component.
        metrics: the metrics' components, the primary one first.
        spec: what the adapter is asked for.
    """

    recipe: Recipe
    text: str
    task: Component[Task]
    selectors: tuple[ConfiguredSelector, ...]
    policy: Policy | None
    stored_policy: str | None
    adapter: Component[FineTuneAdapter]
    metrics: tuple[Component[Metric], ...]
    spec: FineTuneSpec

    @property
    def uses(self) -> frozenset[str]:
        """What its selectors take of models; see ``types.ModelBased``."""
        return frozenset(use for each in self.selectors for use in model_uses(each.selector))

    def identity(self, dataset_version: str, policy: Policy) -> str:
        """32 hexadecimal digits of all that decides the experiment's result: the recipe, the data and the components' versions."""
        body = json.dumps([self.plain(policy), dataset_version], sort_keys=True, default=str)
        return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()

    def plain(self, policy: Policy) -> dict[str, object]:
        """The resolved recipe in JSON values."""
        recipe = self.recipe.model_dump(mode="json")
        recipe = {key: value for key, value in recipe.items() if key not in {"trace", "scorer"} or (key in self.uses and value)}
        recipe["data"] = {key: value for key, value in recipe["data"].items() if key in {"validation", "split", "limit", "sample"}}
        return {
            **recipe,
            "task": self.task.id,
            "select": {each.id: {"version": each.selector.version, "params": dict(each.params)} for each in self.selectors},
            "policy": to_plain(policy),
            "finetune": {
                "adapter": self.adapter.id,
                "version": self.adapter.value.version,
                "model": self.spec.model,
                "options": dict(self.spec.options),
                **({"weights": self.recipe.finetune.weights} if self.recipe.finetune.weights else {}),
            },
            "metrics": {metric.id: metric.value.version for metric in self.metrics},
        }


def resolve(recipe: Recipe, host: PluginHost, *, located: Located | None = None, text: str = "") -> Plan:
    """Find every component that the recipe names.

    Raises:
        UnknownNameError, RecipeError: with the recipe's line, for a name or a value that is not right.
    """
    place = located.place if located else (lambda *_path: recipe.name)
    task = _named(lambda: host.task(recipe.task), place("task"))
    selectors, short_rules = _selectors(recipe.select, task, host, place)
    policy, stored = _policy(recipe, task, selectors, short_rules, place)
    adapter_name = recipe.finetune.adapter or task.value.adapter
    adapter = _named(lambda: host.adapter(adapter_name, task=task.id), place("finetune", "adapter"))
    names = recipe.compare.metrics or task.value.metrics
    metrics = tuple(_named(lambda name=name: host.metric(name, task=task.id), place("compare", "metrics")) for name in names)
    _check_arms(recipe, selectors, place)
    _check_plants(recipe, task.value, place)
    _check_weights(recipe, selectors, place)
    _check_scorer(recipe, selectors, place)
    return Plan(
        recipe=recipe,
        text=text,
        task=task,
        selectors=selectors,
        policy=policy,
        stored_policy=stored,
        adapter=adapter,
        metrics=metrics,
        spec=_spec(recipe, task.value, adapter, place),
    )


def _named(look_up: Any, where: str) -> Any:
    """Look a component up, and tell where its name stands if there is none."""
    try:
        return look_up()
    except UnknownNameError as error:
        raise UnknownNameError(error.kind, error.name, error.known, where=where) from None


def default_selectors(task: Component[Task], host: PluginHost) -> tuple[ConfiguredSelector, ...]:
    """The selectors that a task names for itself, with their own parameters.

    Raises:
        UnknownNameError, RecipeError: where no plugin has one of them, or it reads other roles than the task's.
    """
    return _selectors(None, task, host, lambda *_path: task.id)[0]


def _selectors(
    select: Mapping[str, Mapping[str, object]] | None,
    task: Component[Task],
    host: PluginHost,
    place: Any,
) -> tuple[tuple[ConfiguredSelector, ...], dict[str, list[Rule]]]:
    """The selectors with the recipe's parameters, and the rules that ``threshold`` is short for."""
    wanted: Mapping[str, Mapping[str, object]] = select if select is not None else {name: {} for name in task.value.selectors}
    configured: list[ConfiguredSelector] = []
    rules: dict[str, list[Rule]] = {}
    for name, params in wanted.items():
        component: Component[Selector] = _named(lambda name=name: host.selector(name, task=task.id), place("select", name))
        selector, short = _with_params(component.value, params, lambda *path, name=name: place("select", name, *path))
        rules.update(short)
        if any(each.selector.name == selector.name for each in configured):
            raise RecipeError(f"{place('select', name)}: two selectors are called {selector.name!r}; rules could not tell them apart.")
        configured.append(
            ConfiguredSelector(
                id=component.id,
                selector=selector,
                plugin=component.plugin,
                distribution=component.distribution,
                distribution_version=component.distribution_version,
                plugins_dir=host.plugins_dir,
            ),
        )
        _check_reads(selector, task.value, place("select", name))
    return tuple(configured), rules


def _check_reads(selector: Selector, task: Task, where: str) -> None:
    """Refuse a selector of another task's roles before it fails on every row."""
    roles = [role.name for role in task.roles]
    for name in selector.reads:
        if name not in roles:
            raise RecipeError(
                f"{where}: {selector.name} reads the role {name!r}, which the task {task.name} has not.",
                expected=f"roles among {', '.join(roles)}",
                advice="Name them in its parameters." if hasattr(selector.params, "roles") else "",
            )


def _with_params(selector: Selector, given: Mapping[str, object], place: Any) -> tuple[Selector, dict[str, list[Rule]]]:
    """The selector with these parameters; ``threshold`` is short for a floor and a rule on the pairwise signal."""
    params = selector.params
    fields = {field.name: getattr(params, field.name) for field in dataclasses.fields(cast("Any", params))}
    changed = dict(given)
    rules: dict[str, list[Rule]] = {}
    pairwise = next((signal for signal in selector.signals if signal.pairwise and signal.rule), None)
    if "threshold" in changed and "threshold" not in fields and pairwise is not None and "floor" in fields:
        threshold = _typed(changed.pop("threshold"), 0.0, f"{place('threshold')}: threshold")
        changed["floor"] = min(cast("float", threshold), fields["floor"])
        rules[f"{selector.name}.{pairwise.name}"] = [Rule(action=Action.DROP, operator=">=", threshold=cast("float", threshold))]
    for key, value in changed.items():
        if key not in fields:
            raise UnknownNameError(f"parameter of {selector.name}", key, fields, where=place(key))
        changed[key] = _typed(value, fields[key], f"{place(key)}: {key}")
    try:
        replaced = dataclasses.replace(cast("Any", selector), params=dataclasses.replace(cast("Any", params), **changed))
    except TypeError as error:
        raise PluginError(
            f"the selector {selector.name!r} cannot take parameters: {error}.", expected="a frozen dataclass with a field 'params'"
        ) from None
    except ValueError as error:
        raise RecipeError(f"{place()}: {error}") from None
    return cast("Selector", replaced), rules


def _typed(value: object, like: object, where: str) -> object:
    """``value`` in the type of a default; YAML's integers serve as floats, its lists as tuples, a text as a list of one."""
    if isinstance(like, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(like, tuple) and isinstance(value, list | tuple | str):
        return (value,) if isinstance(value, str) else tuple(value)
    if like is not None and type(value) is not type(like):
        raise RecipeError(f"{where} cannot be {value!r}.", expected=f"a value such as {like!r}")
    return value


def _policy(
    recipe: Recipe,
    task: Component[Task],
    selectors: Sequence[ConfiguredSelector],
    short_rules: Mapping[str, Sequence[Rule]],
    place: Any,
) -> tuple[Policy | None, str | None]:
    if isinstance(recipe.policy, str):
        return None, recipe.policy
    plain: dict[str, Any] = {}
    for signal, rules in short_rules.items():
        plain[signal] = {rule.action.value: f"{rule.operator} {rule.threshold!r}" for rule in rules}
    base = from_plain(plain, default_policy(task.value, [each.selector for each in selectors]))
    known = {f"{each.selector.name}.{signal.name}" for each in selectors for signal in each.selector.signals}
    for key, value in (recipe.policy or {}).items():
        try:
            base = from_plain({key: value}, base)
        except RecipeError as error:
            raise RecipeError(f"{place('policy', key)}: {error.given}", expected=error.expected) from None
        named = key if "." in key else value.get("by", "") if key == "choose" else value if key == "survivor" and value != "longest" else ""
        if named and named not in known:
            raise UnknownNameError("signal", named, known, where=place("policy", key))
    try:
        check_floors(base, {each.selector.name: floor for each in selectors if isinstance(floor := each.params.get("floor"), int | float)})
    except RecipeError as error:
        raise RecipeError(f"{place('policy')}: {error.given}", expected=error.expected, advice=error.advice) from None
    return base, None


def _check_arms(recipe: Recipe, selectors: Sequence[ConfiguredSelector], place: Any) -> None:
    names = {each.selector.name for each in selectors}
    known = [*ARMS, *(f"{WITHOUT}{name}" for name in sorted(names))]
    for arm in recipe.compare.arms:
        if arm not in known:
            raise UnknownNameError("arm", arm, known, where=place("compare", "arms"))
    for key, values in (("arms", recipe.compare.arms), ("seeds", recipe.compare.seeds)):
        if not values or len(set(values)) != len(values):
            raise RecipeError(f"{place('compare', key)}: {key} cannot be {list(values)!r}.", expected="at least one, each once")


def _check_plants(recipe: Recipe, task: Task, place: Any) -> None:
    known = {plant.name for plant in task.plants}
    for name, share in recipe.plant.items():
        if name == "seed":
            continue
        if name not in known:
            raise UnknownNameError("plant", name, known | {"seed"}, where=place("plant", name))
        if not 0 <= share <= 1:
            raise RecipeError(f"{place('plant', name)}: {name} cannot be {share}.", expected="a share between 0 and 1")


def _check_weights(recipe: Recipe, selectors: Sequence[ConfiguredSelector], place: Any) -> None:
    """Refuse to weigh by a signal that nobody writes, or that may be no weight."""
    name = recipe.finetune.weights
    if name is None:
        return
    known = {f"{each.selector.name}.{signal.name}": signal for each in selectors for signal in each.selector.signals}
    if name not in known:
        raise UnknownNameError("signal", name, known, where=place("finetune", "weights"))
    low = known[name].low
    if low is None or low < 0:
        raise RecipeError(
            f"{place('finetune', 'weights')}: {name} may be below 0, so it is no weight.",
            expected="a signal of at least 0, such as reweighing.weight",
        )


def _check_scorer(recipe: Recipe, selectors: Sequence[ConfiguredSelector], place: Any) -> None:
    """Refuse a selector that scores with a model where the recipe names none, or one that knows nothing."""
    for each in selectors:
        if recipe.scorer is None and isinstance(each.selector, ModelBased) and "scorer" in each.selector.uses:
            raise RecipeError(
                f"{place('select', each.selector.name)}: {each.selector.name} scores with a model, and the recipe names none.",
                expected="a folder or a hub id under scorer",
                advice="Add, for example: scorer: {model: FOLDER}",
            )
    if recipe.scorer is not None and recipe.scorer.model.startswith("scratch:"):
        raise RecipeError(
            f"{place('scorer', 'model')}: {recipe.scorer.model} has learned nothing yet, so its scores would say nothing.",
            expected="a folder or a hub id of a trained model",
            advice="A model that a run trained is written to a folder by: workbench model export RUN --to DIR",
        )


def _spec(recipe: Recipe, task: Task, adapter: Component[FineTuneAdapter], place: Any) -> FineTuneSpec:
    known = adapter.value.options
    options = {"epochs": recipe.finetune.epochs if recipe.finetune.epochs is not None else task.epochs}
    for key, value in (recipe.finetune.model_extra or {}).items():
        if key not in known:
            raise UnknownNameError("option of the adapter", key, [*known, "adapter", "model", "epochs", "weights"], where=place("finetune", key))
        options[key] = cast("Any", _typed(value, known[key], f"{place('finetune', key)}: {key}"))
    return FineTuneSpec(
        model=recipe.finetune.model or task.model,
        options=options,
        trust_remote_code=recipe.finetune.trust_remote_code,
    )
