"""Holds the arms of an experiment, and runs that were made elsewhere, against one another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.compare import Arm, EvaluationSet, adjust, compare_arms, comparison_table, join
from workbench.errors import ComparisonError, UnknownNameError
from workbench.experiment.resolve import WITHOUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from workbench.compare import Comparison
    from workbench.experiment.resolve import Plan
    from workbench.host import PluginHost
    from workbench.store import ExperimentRecord, RunRecord, Store

FLOOR = "floor"


def judge(store: Store, plan: Plan, experiment: ExperimentRecord) -> pa.Table:
    """Compare all pairs of arms by every metric, and store what came out.

    Holm's family is the primary metric on the pairs of arms; further metrics and the floor are exploratory. An arm with no finished run is left out:
    the experiment tells that it failed.
    """
    runs = [run for run in store.experiments.runs(experiment.experiment_id) if run.state == "finished"]
    by_arm: dict[str, list[RunRecord]] = {}
    for run in runs:
        by_arm.setdefault(run.arm, []).append(run)
    settings = plan.recipe.compare
    found: list[Comparison] = []
    for metric in plan.metrics:
        arms, state = _arms(store, by_arm, metric.id)
        names = [arm.name for arm in arms]
        if not arms:
            continue
        # One call for all pairs, so that each is judged on the same resamples; the floor is no part of Holm's family.
        listed = compare_arms(
            metric.id,
            metric.value,
            state,
            arms,
            [*_pairs(names), *_floor_pairs(names)],
            family="primary" if metric is plan.metrics[0] else "exploratory",
            margin=settings.margin,
            resamples=settings.resamples,
        )
        found += [replace(each, family="exploratory") if each.a == FLOOR else each for each in listed]
    table = comparison_table(adjust(found))
    store.results.save_comparisons(experiment.experiment_id, table)
    return table


def compare_named(store: Store, host: PluginHost, names: Sequence[str], *, margin: float, resamples: int) -> pa.Table:
    """Compare runs, evaluated predictions, or all seeds of an arm (``EXPERIMENT/ARM``), each with the first.

    Raises:
        UnknownNameError: for a name that no run has.
        ComparisonError: where they were not evaluated on the same examples, or share no metric.
    """
    sides = {name: _runs_of(store, name) for name in names}
    if len(sides) != len(names):
        raise ComparisonError(f"the names {', '.join(names)} repeat.", expected="each once")
    runs = [run for each in sides.values() for run in each]
    places = dict(zip((run.run_id for run in runs), join([_evaluation_set(store, run) for run in runs]), strict=True))
    shared = _shared_metrics(store, runs)
    first, *others = names
    found: list[Comparison] = []
    for index, metric in enumerate(shared):
        arms, state = _arms(store, sides, metric, places)
        found += compare_arms(
            metric,
            host.metric(metric).value,
            state,
            arms,
            [(first, other) for other in others],
            family="primary" if index == 0 else "exploratory",
            margin=margin,
            resamples=resamples,
        )
    return comparison_table(adjust(found))


def _arms(
    store: Store, by_arm: Mapping[str, Sequence[RunRecord]], metric: str, places: Mapping[int, np.ndarray] | None = None
) -> tuple[list[Arm], Mapping[str, object]]:
    """The arms with their statistics by one metric; one that it could not score at all (a floor without probabilities) is left out.

    ``places`` brings each run's statistics into a common order, where they are not in one already.
    """
    arms: list[Arm] = []
    state: Mapping[str, object] = {}
    for name, runs in by_arm.items():
        statistics = {}
        for run in runs:
            _, values, state = store.results.statistics(run.run_id, metric)
            statistics[run.seed] = values if places is None else values[places[run.run_id]]
        if any(not np.isnan(values).any(axis=1).all() for values in statistics.values()):
            arms.append(Arm(name=name, runs=statistics))
    return arms, state


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """(a, b) of the arms that are held against one another: curated against raw and random, random against raw, attribution against curated."""
    wanted = [("raw", "curated"), ("random", "curated"), ("raw", "random")]
    wanted += [("curated", name) for name in names if name.startswith(WITHOUT)]
    return [(a, b) for a, b in wanted if a in names and b in names]


def _floor_pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(FLOOR, name) for name in names if name != FLOOR] if FLOOR in names else []


def _runs_of(store: Store, name: str) -> list[RunRecord]:
    """The finished runs that a name stands for."""
    run = store.experiments.find_run(name)
    if run is not None and run.state == "finished":
        return [run]
    finished = [run for run in store.experiments.runs() if run.state == "finished"]
    matching = [run for run in finished if run.name.rpartition("/")[0] == name]
    if not matching:
        raise UnknownNameError("finished run or arm", name, {run.name for run in finished} | {run.name.rpartition("/")[0] for run in finished} - {""})
    return matching


def _evaluation_set(store: Store, run: RunRecord) -> EvaluationSet:
    rows = store.results.predictions(run.run_id)["row"].to_numpy()
    table = store.datasets.examples(run.dataset_id, rows=rows).table
    return EvaluationSet(name=run.name, example_ids=table["example_id"].to_pylist(), content_hashes=table["content_hash"].to_pylist())


def _shared_metrics(store: Store, runs: Sequence[RunRecord]) -> list[str]:
    """The metrics that scored some example of every run, in the order of the first."""
    listed = [[score["metric"] for score in store.results.scores(run_id=run.run_id).to_pylist() if score["n"]] for run in runs]
    shared = [metric for metric in listed[0] if all(metric in each for each in listed)]
    if not shared:
        raise ComparisonError("the runs share no metric.", expected="runs of the same task", advice="Evaluate them with the same metrics.")
    return shared
