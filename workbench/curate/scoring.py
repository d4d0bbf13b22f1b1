"""Runs selectors over a dataset: score once, decide many times.

A row selector is scored in batches, and only on examples whose content it does not know; what is finished outlives an interrupt (see ``rows``). A
dataset selector sees all of train at once. Either way its signals become visible in the store as a whole.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from workbench.curate.batches import checked
from workbench.curate.cache import ContentCache, Memory, as_keys
from workbench.curate.interrupts import interruptible
from workbench.curate.rows import PATIENCE, RowScoring, ScoredRows
from workbench.errors import PluginError, RecipeError, WorkbenchError
from workbench.store import NewSelectorRun
from workbench.types import ExampleTable, Fingerprinted, HeldOut, ModelAided, ModelBased, ReadsSignals, Scope, SelectorContext, SelectorKind, Silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import pyarrow as pa

    from workbench.store import DatasetRecord, SelectorRun, Store
    from workbench.types import Progress, Scorer, Selector, Trace

BATCH = 20_000
_COMMON = ("row", "example_id", "content_hash", "split", "source", "meta")


@dataclass(frozen=True, kw_only=True)
class ConfiguredSelector:
    """A selector as a recipe wants it, with where it comes from.

    Attributes:
        id: ``<plugin>.<name>``.
        selector: with the recipe's parameters in place.
        plugin, distribution, distribution_version: its provenance.
        plugins_dir: the folder of single-file plugins that were loaded beside the installed ones, if any.
    """

    id: str
    selector: Selector
    plugin: str
    distribution: str
    distribution_version: str
    plugins_dir: Path | None = None

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters as plain values, defaults and falsy ones too."""
        params = self.selector.params
        if not dataclasses.is_dataclass(params) or isinstance(params, type):
            raise PluginError(f"the parameters of {self.id} are a {type(params).__name__}.", expected="a frozen dataclass")
        return dataclasses.asdict(params)


class ModelSource(Protocol):
    """Where selectors get what only a model knows. Each part is made when it is first asked for."""

    def fingerprint(self, use: str) -> str:
        """Changes when what ``scorer`` or ``trace`` gives does."""
        ...

    def scorer(self) -> Scorer | None:
        """The model to score with; None where the recipe names none."""
        ...

    def trace(self) -> Trace:
        """The trace of one training run on raw train."""
        ...


def score(
    store: Store,
    dataset: DatasetRecord,
    selectors: Sequence[ConfiguredSelector],
    *,
    seed: int = 0,
    models: ModelSource | None = None,
    against: Mapping[str, ExampleTable] | None = None,
    progress: Progress | None = None,
    patience: float = PATIENCE,
) -> list[SelectorRun]:
    """Score train with each selector that has not scored it yet, and give the runs in the order asked for.

    Args:
        store: where the dataset is and the signals go.
        dataset: the version that is scored.
        selectors: in the order that they run.
        seed: for everything random in them.
        models: for selectors that rest on a model.
        against: component id to examples of further files, the table with the further column ``line``: what a decontamination selector compares
            with, beside the dataset's own evaluation split, or what a selector of kind ``choice`` goes towards.
        progress: is told how far it is.
        patience: seconds of work from which on a row selector gets processes of its own.

    Raises:
        PluginError: where a dataset selector fails, or one breaks its contract.
        RecipeError: where a selector cannot work with its parameters, or reads a signal that none of the others writes.
        KeyboardInterrupt: after Ctrl-C or SIGTERM; finished batches are not scored again when it is called once more.
    """
    progress = progress or Silent()
    with interruptible() as stopped:
        scoring = _Scoring(store, dataset, seed=seed, models=models, progress=progress, stopped=stopped, patience=patience)
        given = against or {}
        held_out = {each.id: scoring.held_out(given.get(each.id)) for each in selectors if each.selector.kind is SelectorKind.DECONTAMINATION}
        towards = {each.id: given[each.id] for each in selectors if each.selector.kind is SelectorKind.CHOICE and each.id in given}
        keys: dict[str, str] = {}  # a model that is not there is found before work begins
        ordered = _writers_first(selectors)
        for each, writers in ordered:
            rests_on: list[object] = [[writer.id, writer.selector.version, keys[writer.id]] for writer in writers.values()]
            if models is not None:
                rests_on += [models.fingerprint(use) for use in model_uses(each.selector)]
            keys[each.id] = selector_key(each, held_out.get(each.id), towards.get(each.id), rests_on)
        runs: dict[str, SelectorRun] = {}
        for each, writers in ordered:
            done = store.signals.find(dataset.dataset_id, each.id, each.selector.version, keys[each.id])
            if done is None:
                progress.begin(f"score {each.id}")
                signals = {reference: runs[writer.id] for reference, writer in writers.items()}
                done = scoring.run(each, keys[each.id], held_out.get(each.id), towards=towards.get(each.id), signals=signals)
                progress.end()
            for note in done.notes:
                progress.say(f"{each.id}: {note}")
            runs[each.id] = done
        return [runs[each.id] for each in selectors]


def _writers_first(selectors: Sequence[ConfiguredSelector]) -> list[tuple[ConfiguredSelector, dict[str, ConfiguredSelector]]]:
    """The selectors in an order in which those that read signals come after those that write them; with each, signal to who writes it."""
    writers = {f"{each.selector.name}.{signal.name}": each for each in selectors for signal in each.selector.signals}
    reads = {each.id: each.selector.reads_signals if isinstance(each.selector, ReadsSignals) else () for each in selectors}
    for each in selectors:
        for name in reads[each.id]:
            if name not in writers:
                raise RecipeError(
                    f"{each.id} reads the signal {name!r}, which none of the recipe's selectors writes.",
                    expected=f"one of: {', '.join(writers)}",
                    advice="Name the selector that writes it under select.",
                )
    ordered: list[tuple[ConfiguredSelector, dict[str, ConfiguredSelector]]] = []
    waiting = list(selectors)
    while waiting:
        known = {each.id for each, _ in ordered}
        ready = [each for each in waiting if all(writers[name].id in known for name in reads[each.id])]
        if not ready:
            raise RecipeError(f"{waiting[0].id} reads signals that rest on its own.", expected="a signal of another selector")
        ordered += [(each, {name: writers[name] for name in reads[each.id]}) for each in ready]
        waiting = [each for each in waiting if each not in ready]
    return ordered


def model_uses(selector: Selector) -> tuple[str, ...]:
    """What a selector takes of models: ``scorer``, ``trace``."""
    uses = selector.uses if isinstance(selector, ModelBased) else ()
    return (*uses, *(selector.may_use if isinstance(selector, ModelAided) else ()))


def selector_key(
    configured: ConfiguredSelector, held_out: HeldOut | None = None, towards: ExampleTable | None = None, rests_on: Sequence[object] = ()
) -> str:
    """32 hexadecimal digits of the parameters and of what they rest on: files, signals, models, and the evaluation examples where these are seen."""
    selector = configured.selector
    parts: list[object] = [configured.params]
    if isinstance(selector, Fingerprinted):
        parts.append(selector.fingerprint())
    if held_out is not None:
        parts.append(held_out.fingerprint)
    if towards is not None:
        parts.append(fingerprint_of(towards.table))
    parts += rests_on
    return _digest(parts if len(parts) > 1 else configured.params)


def _digest(value: object) -> str:
    return hashlib.blake2b(json.dumps(value, sort_keys=True, default=list).encode(), digest_size=16).hexdigest()


def fingerprint_of(table: pa.Table) -> str:
    """32 hexadecimal digits that change when the examples, or where they come from, do."""
    whole = hashlib.blake2b(digest_size=16)
    for name in ("content_hash", "source", "line"):
        whole.update(json.dumps(table[name].to_pylist()).encode())
    return whole.hexdigest()


class _Scoring:
    """What all selectors of one call share."""

    def __init__(
        self,
        store: Store,
        dataset: DatasetRecord,
        *,
        seed: int,
        models: ModelSource | None,
        progress: Progress,
        stopped: Callable[[], bool],
        patience: float,
    ) -> None:
        self._store = store
        self._dataset = dataset
        self._models = models
        self._patience = patience
        self._roles = tuple(role.name for role in dataset.roles)
        self._known_keys: dict[tuple[str, ...], list[np.ndarray]] = {}
        self._context = SelectorContext(
            seed=seed,
            roles={role.name: role for role in dataset.roles},
            target=dataset.target,
            threads=os.cpu_count() or 1,
            progress=progress.advance,
            stopped=stopped,
        )

    def held_out(self, further: ExampleTable | None) -> HeldOut:
        """The evaluation split, and examples of further files."""
        import pyarrow as pa

        number = self._dataset.dataset_id
        own = self._store.datasets.examples(number, split="eval").table
        tables = [own.append_column("line", self._store.datasets.lines(number, split="eval"))]
        if further is not None:
            tables.append(further.table)
        table = pa.concat_tables(tables, promote_options="permissive")
        return HeldOut(examples=ExampleTable(table, self._roles), fingerprint=fingerprint_of(table))

    def run(
        self,
        configured: ConfiguredSelector,
        key: str,
        held_out: HeldOut | None,
        *,
        towards: ExampleTable | None = None,
        signals: Mapping[str, SelectorRun] | None = None,
    ) -> SelectorRun:
        """Score with one selector and store what it found; ``signals`` are the runs that wrote what it reads."""
        started = time.monotonic()
        selector = configured.selector
        models, uses = self._models, model_uses(selector)
        context = dataclasses.replace(
            self._context,
            held_out=held_out,
            towards=towards,
            signals=self._signals(signals or {}),
            scorer=models.scorer() if models is not None and "scorer" in uses else None,
            trace=models.trace if models is not None and "trace" in uses else None,
        )
        # What decides a record beside the example: nothing of it may change while the folder keeps its name.
        what = [configured.id, selector.version, key, context.seed, context.target, [f"{each.name} {each.dtype}" for each in selector.signals]]
        folder = self._store.files / "cache" / "selectors" / _digest(what)
        scored = self._rows(configured, context, folder) if selector.scope is Scope.ROW else self._whole(configured, context, folder)
        new = NewSelectorRun(
            dataset_id=self._dataset.dataset_id,
            selector=configured.id,
            name=selector.name,
            version=selector.version,
            kind=selector.kind.value,
            scope=selector.scope.value,
            plugin=configured.plugin,
            distribution=configured.distribution,
            distribution_version=configured.distribution_version,
            params=configured.params,
            params_hash=key,
            signals=selector.signals,
            scored=scored.scored,
            cached=scored.cached,
            errors=scored.errors,
            seconds=time.monotonic() - started,
            notes=scored.findings.notes,
        )
        return self._store.signals.add(new, scored.rows, scored.findings)

    def _signals(self, runs: Mapping[str, SelectorRun]) -> dict[str, np.ndarray]:
        """The values of signals on train, by ``<selector>.<signal>``."""
        rows = self._store.datasets.rows(self._dataset.dataset_id, "train") if runs else None
        return {name: self._store.signals.column(run.selector_run, name.rpartition(".")[2], rows) for name, run in runs.items() if rows is not None}

    def _rows(self, configured: ConfiguredSelector, context: SelectorContext, folder: Path) -> ScoredRows:
        selector = configured.selector
        roles = self._context.roles.values()
        # A model and the evaluation examples are here and in no other process.
        hello = {
            "selector": configured.id,
            "version": selector.version,
            "params": configured.params,
            "plugins_dir": str(configured.plugins_dir) if configured.plugins_dir is not None else None,
            "roles": [{"name": role.name, "type": role.type, "required": role.required} for role in roles],
            "target": context.target,
            "seed": context.seed,
        }
        return RowScoring(
            selector,
            self._batches(tuple(dict.fromkeys(selector.reads))),
            total=self._dataset.splits.get("train", 0),
            context=context,
            cache=ContentCache(folder),
            hello=hello if context.scorer is None and context.trace is None and context.held_out is None else None,
            patience=self._patience,
        ).run()

    def _batches(self, reads: tuple[str, ...]) -> Iterator[tuple[ExampleTable, np.ndarray]]:
        """Train with these roles alone, and the key of each example: a hash of them."""
        from workbench.data import content_hashes

        keys = self._known_keys.setdefault(reads, [])
        for number, batch in enumerate(self._store.datasets.batches(self._dataset.dataset_id, split="train", size=BATCH)):
            if number == len(keys):
                whole = set(reads) == set(self._roles)
                keys.append(as_keys(batch.column("content_hash") if whole else content_hashes(batch.table, reads)))
            yield ExampleTable(batch.table.select([*_COMMON, *reads]), reads), keys[number]

    def _whole(self, configured: ConfiguredSelector, context: SelectorContext, folder: Path) -> ScoredRows:
        """Score all of train at once."""
        examples = self._store.datasets.examples(self._dataset.dataset_id, split="train")
        memory = Memory(folder, context.stopped)
        try:
            findings = configured.selector.score(examples, dataclasses.replace(context, remember=memory))
        except WorkbenchError:
            raise
        except Exception as error:
            raise PluginError(
                f"{configured.id} {configured.selector.version} of {configured.distribution} {configured.distribution_version} failed: {error!r}.",
                advice="Leave it out of the recipe, or report it to its authors with the traceback that -v shows.",
            ) from error
        findings = checked(configured.selector, findings, len(examples))
        further = [*memory.notes(), *self._recomputed(configured, len(examples)), *self._judged(context.towards)]
        findings = dataclasses.replace(findings, notes=(*findings.notes, *further))
        return ScoredRows(rows=examples.column("row").to_numpy(), findings=findings, scored=len(examples), cached=0, errors=0)

    def _recomputed(self, configured: ConfiguredSelector, size: int) -> list[str]:
        """That nothing was taken over from an earlier version of the dataset, where there is one that it scored."""
        others = [each for each in self._store.datasets.list() if each.name == self._dataset.name and each.dataset_id != self._dataset.dataset_id]
        before = any(run.selector == configured.id for each in others for run in self._store.signals.runs(each.dataset_id))
        return [f"all {size} rows were scored anew, for its scores depend on the whole dataset"] if before else []

    def _judged(self, towards: ExampleTable | None) -> list[str]:
        """That a choice goes towards what models are judged on, where it does."""
        if towards is None:
            return []
        judged = set(self._store.datasets.examples(self._dataset.dataset_id, split="eval").column("content_hash").to_pylist())
        same = sum(each in judged for each in towards.column("content_hash").to_pylist())
        return [f"{same} of {len(towards)} examples to go towards are evaluation examples: the choice knows what it is judged on"] if same else []
