"""Everything that a report tells, read from the store once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from workbench.compare import Comparison, Outcome
from workbench.curate import decide
from workbench.report.model import WEAK
from workbench.report.numbers import decimals, fixed, interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.curate import Decision
    from workbench.store import ArmRecord, DatasetRecord, ExperimentRecord, PolicyRecord, RunRecord, SelectorRun, Store

FLOOR = "floor"
CURATED = "curated"
ORDER = ("raw", "random", CURATED)


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one metric says of one run; see the store's ``scores``."""

    arm: str
    seed: int
    metric: str
    version: str
    value: float | None
    n: int
    not_scored: int
    stray: int
    signature: str
    direction: str
    percent: bool
    distribution: str
    distribution_version: str


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How the values of one metric are written.

    Attributes:
        name: the metric's short name.
        digits: decimals.
        percent: whether values run from 0 to 100.
        direction: ``higher``, ``lower`` or ``none``.
    """

    name: str
    digits: int
    percent: bool
    direction: str

    @property
    def title(self) -> str:
        """The name with its unit and an arrow towards the better end."""
        arrow = {"higher": "\N{NO-BREAK SPACE}↑", "lower": "\N{NO-BREAK SPACE}↓"}.get(self.direction, "")
        return f"{self.name}{' %' if self.percent else ''}{arrow}"

    @property
    def unit(self) -> str:
        """What a difference of two values is counted in, with a space before it."""
        return " points" if self.percent else ""

    def value(self, value: float | None) -> str:
        """A value."""
        return fixed(value, self.digits)

    def effect(self, value: float | None) -> str:
        """A difference, with its sign."""
        return fixed(value, self.digits, signed=True)

    def bounds(self, low: float | None, high: float | None, *, signed: bool = False) -> str:
        """An interval."""
        return interval(low, high, self.digits, signed=signed)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the store knows of one experiment.

    Attributes:
        selector_runs: those that this experiment's policy decided on.
        policy: the stored policy that its arms were made with; None before they are.
        decision: the verdicts that its arms were made with; None before they are.
        runs: all but the floor.
        floor: the predictions that any useful model must beat.
        metrics: how each metric is written, by component id; the primary one first.
    """

    experiment: ExperimentRecord
    dataset: DatasetRecord
    selector_runs: tuple[SelectorRun, ...]
    policy: PolicyRecord | None
    decision: Decision | None
    arms: tuple[ArmRecord, ...]
    runs: tuple[RunRecord, ...]
    floor: RunRecord | None
    scores: tuple[Score, ...]
    comparisons: tuple[Comparison, ...]
    metrics: Mapping[str, Scale]

    @property
    def arm_names(self) -> tuple[str, ...]:
        """The arms in the order that they are shown in."""
        names = dict.fromkeys([*(run.arm for run in self.runs), *(arm.arm for arm in self.arms)])
        return (*(name for name in ORDER if name in names), *(name for name in names if name not in ORDER))

    @property
    def primary(self) -> str | None:
        """The metric that the claim is about."""
        return next(iter(self.metrics), None)

    def pair(self, metric: str, a: str, b: str) -> Comparison | None:
        """What is said of arm ``b`` against arm ``a``."""
        return next((each for each in self.comparisons if (each.metric, each.a, each.b) == (metric, a, b)), None)

    def value(self, metric: str, arm: str) -> Comparison | None:
        """An arm's own value with its interval."""
        return self.pair(metric, "", arm)

    def weak(self, metric: str, arm: str) -> bool:
        """Whether an arm is not shown to beat the floor, so that nothing can be said of it."""
        against = self.pair(metric, FLOOR, arm)
        return against is not None and against.verdict != Outcome.BETTER

    def verdict(self, comparison: Comparison) -> str:
        """What a comparison says; nothing, where one of its arms is too weak."""
        arms = {comparison.b, comparison.a} - {FLOOR, ""}
        return WEAK if any(self.weak(comparison.metric, arm) for arm in arms) else comparison.verdict

    def compare_option(self, name: str) -> object:
        """A key of the recipe's ``compare`` as it was resolved."""
        return cast("Mapping[str, object]", self.experiment.resolved.get("compare") or {}).get(name)


def gather(store: Store, experiment: ExperimentRecord) -> Facts:
    """Read all facts about an experiment."""
    dataset = store.datasets.get(experiment.dataset_id)
    selector_runs = _selector_runs(experiment, store.signals.runs(experiment.dataset_id))
    arms = store.experiments.arms(experiment.experiment_id)
    runs = store.experiments.runs(experiment.experiment_id)
    scores = _read(Score, store.results.scores(experiment_id=experiment.experiment_id).to_pylist())
    comparisons = _read(Comparison, store.results.comparisons(experiment.experiment_id).to_pylist())
    policy = next((record for record in store.ledger.policies(dataset.name) if arms and record.policy_id == arms[0].policy_id), None)
    decision = None
    if policy is not None:
        decision = decide(store, dataset.dataset_id, selector_runs, policy.policy, ledger_number=arms[0].ledger_number)
    return Facts(
        experiment=experiment,
        dataset=dataset,
        selector_runs=selector_runs,
        policy=policy,
        decision=decision,
        arms=tuple(arms),
        runs=tuple(run for run in runs if run.arm != FLOOR),
        floor=next((run for run in runs if run.arm == FLOOR), None),
        scores=scores,
        comparisons=comparisons,
        metrics=_scales(experiment, scores, comparisons),
    )


def short(component: str, among: Iterable[str]) -> str:
    """The short name of a component, or its id where two of them share the name."""
    name = component.rpartition(".")[2]
    return component if sum(other.rpartition(".")[2] == name for other in among) > 1 else name


def _selector_runs(experiment: ExperimentRecord, runs: Sequence[SelectorRun]) -> tuple[SelectorRun, ...]:
    """The scorings that the resolved recipe asks for: same component, version and parameters."""
    wanted = cast("Mapping[str, Mapping[str, object]]", experiment.resolved.get("select") or {})

    def matches(run: SelectorRun) -> bool:
        entry = wanted.get(run.selector)
        return entry is not None and entry.get("version") == run.version and _plain(entry.get("params")) == _plain(run.params)

    return tuple(run for run in runs if matches(run))


def _plain(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=list)


def _read(kind: type[Any], rows: Iterable[Mapping[str, object]]) -> tuple[Any, ...]:
    """Rows of a table as records, without the columns that a report has no use for."""
    names = set(kind.__dataclass_fields__)
    return tuple(kind(**{name: value for name, value in row.items() if name in names}) for row in rows)


def _scales(experiment: ExperimentRecord, scores: Sequence[Score], comparisons: Sequence[Comparison]) -> dict[str, Scale]:
    """One scale per metric, the primary one first, with decimals that all of its values share."""
    listed = dict.fromkeys([*cast("Mapping[str, object]", experiment.resolved.get("metrics") or {}), *(score.metric for score in scores)])
    scales = {}
    for metric in listed:
        mine = [score for score in scores if score.metric == metric]
        if not mine:
            continue
        values = [*(score.value for score in mine), *(each.effect for each in comparisons if each.metric == metric and not each.a)]
        scales[metric] = Scale(
            name=short(metric, listed),
            digits=2 if mine[0].percent else decimals(values),
            percent=mine[0].percent,
            direction=mine[0].direction,
        )
    return scales
