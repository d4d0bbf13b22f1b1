"""Computes metrics of one table of predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from workbench.errors import DataError, PluginError
from workbench.metrics.labels import LabelScore
from workbench.types import AdditiveMetric, MetricKind, SetMetric, WeightedMetric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from workbench.types import ExampleTable, Metric


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """One metric of one table of predictions.

    Attributes:
        metric: the id that it was asked for by.
        value: on the metric's own scale; NaN where no example was scored.
        n: examples scored.
        not_scored: examples not scored, because prediction or reference lacks what the metric needs.
        stray: predicted labels outside the label set; 0 for metrics of other things.
        statistics: float64 [n + not_scored, k], in the order of the examples.
        state: what ``Metric.prepare`` fixed.
        signature: everything that decides the value, with what ``prepare`` chose.
    """

    metric: str
    value: float
    n: int
    not_scored: int
    stray: int
    statistics: np.ndarray
    state: Mapping[str, object]
    signature: str


def evaluate(metrics: Sequence[tuple[str, Metric]], predictions: pa.Table, references: ExampleTable) -> list[Evaluated]:
    """Compute metrics, each from its own statistics per example.

    Args:
        metrics: (id, metric), in the order wanted.
        predictions: one row per example, in the order of ``references``; columns as in ``FineTuneAdapter.predict``.
        references: the evaluation examples.

    Raises:
        DataError: the numbers of rows differ, or a metric lacks a column or a role.
        PluginError: a metric gave statistics of the wrong shape.
    """
    if predictions.num_rows != len(references):
        raise DataError(
            f"There are {predictions.num_rows} predictions for {len(references)} examples.",
            expected="one prediction for each example, in the same order",
        )
    return [_evaluate(name, metric, predictions, references) for name, metric in metrics]


def value_of(metric: Metric, statistics: np.ndarray, state: Mapping[str, object]) -> float:
    """The value of a metric over the examples that are scored; NaN where there is none.

    Args:
        metric: of any kind.
        statistics: float64 [n, k] as the metric gave them, rows of NaN included.
        state: what ``prepare`` gave.
    """
    scored = statistics[~np.isnan(statistics).any(axis=1)]
    if not len(scored):
        return float("nan")
    match metric.kind:
        case MetricKind.ADDITIVE:
            additive = cast("AdditiveMetric", metric)
            sums = np.asarray(additive.expand(scored, state).sum(axis=0)).reshape(1, -1)
            return float(additive.finish(sums)[0])
        case MetricKind.WEIGHTED:
            return float(cast("WeightedMetric", metric).aggregate(scored, np.ones((1, len(scored))))[0])
        case MetricKind.SET:
            return float(cast("SetMetric", metric).value(scored))


def _evaluate(name: str, metric: Metric, predictions: pa.Table, references: ExampleTable) -> Evaluated:
    state = metric.prepare(references)
    statistics = np.asarray(metric.statistics(predictions, references, state), dtype=np.float64)
    if statistics.ndim != 2 or len(statistics) != len(references):
        raise PluginError(
            f"Metric {name!r} version {metric.version} gave statistics of shape {statistics.shape}.",
            expected=f"({len(references)}, k): one row per example",
        )
    n = int((~np.isnan(statistics).any(axis=1)).sum())
    return Evaluated(
        metric=name,
        value=value_of(metric, statistics, state),
        n=n,
        not_scored=len(statistics) - n,
        stray=metric.strays(statistics, state) if isinstance(metric, LabelScore) else 0,
        statistics=statistics,
        state=state,
        signature=_signature(metric, state),
    )


def _signature(metric: Metric, state: Mapping[str, object]) -> str:
    """The metric's own, and the plain values among what it fixed, such as the tokenizer that it chose."""
    chosen = [f"{key}:{value}" for key, value in state.items() if isinstance(value, str | int | float)]
    return "|".join([metric.signature(), *chosen])
