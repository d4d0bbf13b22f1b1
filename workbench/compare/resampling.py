"""Resampling two fixed sets of predictions on the same examples.

Nothing here copies rows: a resample is a vector of counts, and the sums of an additive metric under many resamples are one matrix product of counts
and statistics, done block by block in bounded memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from workbench.compare.result import ALPHA
from workbench.errors import ComparisonError
from workbench.types import AdditiveMetric, MetricKind, SetMetric, WeightedMetric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scipy.sparse import csr_array

    from workbench.types import Metric

BLOCK = 2**22
"""Numbers in a block of weights or of sums: 32 MiB of float64."""

RESAMPLES = 10_000


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """The bootstrap of an effect.

    Attributes:
        effect: on the examples as they are.
        low, high: percentile interval at 95 %.
        error: standard error.
    """

    effect: float
    low: float
    high: float
    error: float


def paired_bootstrap(
    metric: Metric, state: Mapping[str, object], a: np.ndarray, b: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0
) -> Bootstrap:
    """The effect B minus A of two fixed sets of predictions, with its percentile interval over examples.

    Examples are drawn with replacement, the same ones for both sides (Koehn 2004); the interval is the percentile interval of Efron and Tibshirani
    1993, section 13.3.

    Args:
        metric: additive or weighted.
        state: what ``Metric.prepare`` gave.
        a, b: statistics of the same examples in the same order, float64 [n, k], every row scored.
        resamples: how many draws.
        seed: the same seed gives the same draws.

    Raises:
        ComparisonError: the shapes differ, there are fewer than two examples, or the metric is of kind set.
    """
    values, draws = resample(metric, state, [a, b], resamples=resamples, seed=seed)
    return percentile(float(values[1] - values[0]), draws[1] - draws[0], len(a))


def percentile(effect: float, draws: np.ndarray, n: int) -> Bootstrap:
    """The percentile interval of draws [b] of an effect over ``n`` examples."""
    low, high = np.quantile(draws, [ALPHA / 2, 1 - ALPHA / 2])
    # A resample of n examples spreads like n - 1 of them.
    return Bootstrap(effect=effect, low=float(low), high=float(high), error=float(draws.std(ddof=1) * np.sqrt(n / (n - 1))))


def approximate_randomisation(
    metric: Metric, state: Mapping[str, object], a: np.ndarray, b: np.ndarray, *, trials: int = RESAMPLES, seed: int = 0
) -> float:
    """Two-sided p of no difference between two fixed sets of predictions: how often swapping sides at random gives as great a difference.

    p = (c + 1) / (trials + 1), never 0 (Noreen 1989; Edgington and Onghena 2007, section 3.3).

    Args and errors as for ``paired_bootstrap``.
    """
    _check(metric, [a, b])
    n = len(a)
    swapped, width = _swapped(metric, state, a, b)
    rng = np.random.default_rng(seed)
    one, other = swapped(np.zeros((1, n)))
    # Sums in another order differ in their last bits; such trials are ties, and ties count.
    least = abs(other[0] - one[0]) - 1e-10 * (abs(one[0]) + abs(other[0]))
    count = 0
    for rows in _blocks(trials, max(2 * n, width)):
        one, other = swapped(rng.integers(0, 2, size=(rows, n), dtype=np.uint8).astype(np.float64))
        count += int(np.count_nonzero(np.abs(other - one) >= least))
    return (count + 1) / (trials + 1)


def mcnemar_exact(a: np.ndarray, b: np.ndarray) -> float:
    """Two-sided exact p of no difference between two sides that are right (1) or wrong (0) on the same examples (McNemar 1947).

    It is a sign test on the examples that only one side has right: twice the smaller binomial tail, at most 1.
    """
    from scipy.special import bdtr

    only_a, only_b = int(np.count_nonzero(a > b)), int(np.count_nonzero(b > a))
    if only_a == only_b:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(only_a, only_b), only_a + only_b, 0.5)))


def right_or_wrong(metric: Metric, statistics: np.ndarray, state: Mapping[str, object]) -> np.ndarray | None:
    """Whether each example is right, [n] of 0 and 1, where the metric is a mean of such; else None."""
    if metric.kind is not MetricKind.ADDITIVE:
        return None
    expanded = cast("AdditiveMetric", metric).expand(statistics, state)
    if not isinstance(expanded, np.ndarray) or expanded.shape[1] != 2 or not (expanded[:, 1] == 1).all():
        return None
    right = expanded[:, 0]
    return right if np.isin(right, (0, 1)).all() else None


def value(metric: Metric, state: Mapping[str, object], statistics: np.ndarray) -> float:
    """The value of a metric of any kind over scored examples [n, k]."""
    if metric.kind is MetricKind.SET:
        return float(cast("SetMetric", metric).value(statistics))
    values, _ = _weighted(metric, state, [statistics])
    return float(values(np.ones((1, len(statistics))))[0, 0])


def resample(
    metric: Metric, state: Mapping[str, object], runs: Sequence[np.ndarray], *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """The values of several runs on the examples as they are [r], and on the same random draws of them [r, resamples].

    Args and errors as for ``paired_bootstrap``.
    """
    _check(metric, runs)
    n = len(runs[0])
    values, width = _weighted(metric, state, runs)
    rng = np.random.default_rng(seed)
    blocks = [values(weights).T for weights in _count_weights(rng, n, resamples, width)]
    return values(np.ones((1, n)))[0], np.hstack(blocks)


def _check(metric: Metric, runs: Sequence[np.ndarray]) -> None:
    if metric.kind is MetricKind.SET:
        raise ComparisonError(
            f"{metric.name} is a property of the whole set and cannot be resampled by example.", expected="a metric of another kind"
        )
    if len({run.shape for run in runs}) != 1:
        raise ComparisonError(
            f"The statistics have the shapes {', '.join(str(run.shape) for run in runs)}.", expected="statistics of the same examples on all sides"
        )
    if len(runs[0]) < 2:
        raise ComparisonError(f"There are {len(runs[0])} examples to compare on.", expected="at least two that all runs were scored on")


def _weighted(metric: Metric, state: Mapping[str, object], runs: Sequence[np.ndarray]) -> tuple[Callable[[np.ndarray], np.ndarray], int]:
    """A function from weights [b, n] to the values of each run [b, r], and how many numbers it makes of one row of weights."""
    if metric.kind is MetricKind.WEIGHTED:
        weighted = cast("WeightedMetric", metric)
        return lambda weights: np.column_stack([weighted.aggregate(run, weights) for run in runs]), len(runs)
    additive = cast("AdditiveMetric", metric)
    expanded = [additive.expand(run, state) for run in runs]
    dense = [columns for columns in expanded if isinstance(columns, np.ndarray)]
    stacked: np.ndarray | csr_array
    if len(dense) == len(expanded):
        stacked = np.hstack(dense)
    else:
        from scipy.sparse import hstack

        stacked = hstack(cast("list[csr_array]", expanded), format="csr")
    columns = stacked.shape[1] // len(runs)

    def values(weights: np.ndarray) -> np.ndarray:
        sums = np.asarray(weights @ stacked).reshape(-1, columns)
        return additive.finish(sums).reshape(len(weights), len(runs))

    return values, stacked.shape[1]


def _swapped(
    metric: Metric, state: Mapping[str, object], a: np.ndarray, b: np.ndarray
) -> tuple[Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], int]:
    """A function from swaps [t, n] of 0 and 1 to the values of both sides [t] after them, and how many numbers it makes of one row of swaps."""
    if metric.kind is MetricKind.WEIGHTED:
        weighted, both = cast("WeightedMetric", metric), np.vstack([a, b])
        return lambda swaps: (weighted.aggregate(both, np.hstack([1 - swaps, swaps])), weighted.aggregate(both, np.hstack([swaps, 1 - swaps]))), 1
    additive = cast("AdditiveMetric", metric)
    one, other = additive.expand(a, state), additive.expand(b, state)
    difference = other - one
    sums_one, sums_other = np.asarray(one.sum(axis=0)), np.asarray(other.sum(axis=0))

    def values(swaps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        moved = np.asarray(swaps @ difference)
        return additive.finish(sums_one + moved), additive.finish(sums_other - moved)

    return values, difference.shape[1]


def _count_weights(rng: np.random.Generator, n: int, resamples: int, width: int) -> Iterator[np.ndarray]:
    """Blocks of multinomial counts [b, n] as float64: how often each example is drawn in n draws with replacement."""
    for rows in _blocks(resamples, max(n, width)):
        # Drawing positions and counting them is several times faster than drawing multinomial counts.
        places = rng.integers(0, n, size=(rows, n))
        places += np.arange(0, rows * n, n)[:, None]
        yield np.bincount(places.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def _blocks(total: int, width: int) -> Iterator[int]:
    """Sizes of blocks that together make ``total`` rows, none with more than ``BLOCK`` numbers of the given width unless it is a single row."""
    most = max(1, BLOCK // width)
    for start in range(0, total, most):
        yield min(most, total - start)
