"""One run: an arm and a seed, fine-tuned, predicted with, and scored."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from workbench.errors import RunError, WorkbenchError
from workbench.experiment.events import EventWriter
from workbench.metrics import evaluate
from workbench.store import MetricResult
from workbench.types import RunEvent, TrainContext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import pyarrow as pa

    from workbench.experiment.resolve import Plan
    from workbench.host import Component
    from workbench.store import RunRecord, Store
    from workbench.types import ExampleTable, Metric, Progress, RunPlan

T = TypeVar("T")

MODEL = "model"
"""The folder of a run's final model, inside the folder of the run."""


def execute(
    store: Store,
    plan: Plan,
    run: RunRecord,
    run_plan: RunPlan,
    *,
    rows: np.ndarray,
    weights: np.ndarray | None = None,
    validation: ExampleTable,
    evaluation: ExampleTable,
    progress: Progress,
) -> dict[str, float]:
    """Train, predict, score and store one run; what an earlier try finished is not done again.

    Args:
        store: where the data is and the results go.
        plan: the resolved recipe.
        run: the run.
        run_plan: how it trains.
        rows: int64 [n], the rows that it trains on.
        weights: float64 [n], how often each counts; None is once.
        validation: the validation examples.
        evaluation: the evaluation examples.
        progress: is told how far it is.

    Returns:
        Seconds by step.

    Raises:
        RunError: where the arm is empty, or the adapter or a metric cannot go on.
    """
    if not len(rows):
        raise RunError(f"the arm {run.arm!r} has no examples.", expected="at least one", advice="Loosen the policy's rules, or leave the arm out.")
    store.experiments.start_run(run.run_id)
    folder = store.run_folder(run.run_id)
    seconds: dict[str, float] = {}
    progress.begin(f"train {run.name}", run_plan.max_steps)
    with EventWriter(store, run.run_id) as events:

        def emit(event: RunEvent) -> None:
            events.emit(event)
            progress.advance(event.step, event.total)

        artifact = _timed(seconds, "train", lambda: _artifact(store, plan, run, run_plan, rows, weights, validation, folder, emit))
    progress.end()
    progress.begin(f"predict {run.name}")
    with _blamed(run, plan.adapter.id):
        predictions = _timed(seconds, "predict", lambda: plan.adapter.value.predict(artifact, evaluation))
    progress.end()
    with _blamed(run, "its metrics"):
        results = _timed(seconds, "evaluate", lambda: metric_results(plan.metrics, predictions, evaluation))
    store.results.save(run.run_id, predictions=predictions.add_column(0, "row", evaluation.column("row")), metrics=results)
    store.experiments.finish_run(run.run_id, steps=run_plan.max_steps or 0, seconds=sum(seconds.values()))
    return seconds


def metric_results(metrics: Sequence[Component[Metric]], predictions: pa.Table, evaluation: ExampleTable) -> list[MetricResult]:
    """Every metric on one table of predictions."""
    components = {metric.id: metric for metric in metrics}
    evaluated = evaluate([(metric.id, metric.value) for metric in metrics], predictions, evaluation)
    return [
        MetricResult(
            metric=each.metric,
            version=components[each.metric].value.version,
            value=each.value,
            n=each.n,
            not_scored=each.not_scored,
            stray=each.stray,
            signature=each.signature,
            state=each.state,
            direction=components[each.metric].value.direction.value,
            percent=components[each.metric].value.percent,
            kind=components[each.metric].value.kind.value,
            statistics=each.statistics,
            plugin=components[each.metric].plugin,
            distribution=components[each.metric].distribution,
            distribution_version=components[each.metric].distribution_version,
        )
        for each in evaluated
    ]


def _artifact(  # noqa: PLR0917 - what `execute` has at hand
    store: Store,
    plan: Plan,
    run: RunRecord,
    run_plan: RunPlan,
    rows: np.ndarray,
    weights: np.ndarray | None,
    validation: ExampleTable,
    folder: Path,
    emit: Callable[[RunEvent], None],
) -> object:
    """The trained model: read where an earlier try left it whole, else trained, from its last checkpoint on if there is one."""
    adapter = plan.adapter.value
    model = folder / MODEL
    if model.is_dir():
        return adapter.load(model, run_plan)
    examples = store.datasets.examples(run.dataset_id, rows=rows)
    with _blamed(run, plan.adapter.id):
        encoded = adapter.encode(examples, run_plan)
        if encoded.audit is not None:
            store.experiments.add_audit(run.run_id, encoded.audit)
        held_out = adapter.encode(validation, run_plan) if len(validation) else None
        artifact = adapter.train(encoded, run_plan, TrainContext(seed=run.seed, folder=folder, validation=held_out, weights=weights, emit=emit))
    partial = folder / f".{MODEL}.{os.getpid()}"
    adapter.save(artifact, partial)
    partial.rename(model)
    _remove_checkpoints(folder)
    return artifact


@contextmanager
def _blamed(run: RunRecord, culprit: str) -> Iterator[None]:
    """What code of others raises fails this run alone, and is told with whose it is."""
    try:
        yield
    except WorkbenchError:
        raise
    except Exception as error:
        raise RunError(f"the run {run.name} failed in {culprit}: {error!r}.", advice="-v shows the traceback.") from error


def _remove_checkpoints(folder: Path) -> None:
    """A finished run keeps its model and nothing that led there."""
    for entry in folder.iterdir():
        if entry.name != MODEL:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _timed(seconds: dict[str, float], step: str, work: Callable[[], T]) -> T:
    started = time.monotonic()
    result = work()
    seconds[step] = time.monotonic() - started
    return result
