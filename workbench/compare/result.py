"""What a comparison says, and the rules that turn numbers into words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from workbench.types import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from workbench.types import Metric

ALPHA = 0.05
"""Two-sided level of intervals and tests: intervals are 95 % intervals."""

Family = Literal["primary", "exploratory", "value"]


class Outcome(StrEnum):
    """What may be said of B against A."""

    BETTER = "better"
    WORSE = "worse"
    AS_GOOD = "as good"  # the interval lies within the margin on both sides
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One metric of B against A on the same examples; or, where ``a`` is empty, the value of B alone.

    Numbers are in the metric's own units; None is a number that the method does not give.

    Attributes:
        metric: component id.
        a: the arm that is compared with; empty where the row is the value of ``b`` alone.
        b: the arm that the verdict is about.
        effect: value of B minus value of A, mean over seeds: positive where B's value is greater, whichever end is better.
        low, high: 95 % interval of the effect.
        p: two-sided, of no difference.
        p_adjusted: after Holm's correction within the primary family.
        n: examples that all runs were scored on.
        seeds: pairs of runs.
        detectable: the smallest true effect that a two-sided test at .05 would find with 80 % power.
        verdict: an ``Outcome``; empty for values.
        method: how the numbers came about, and what they are about.
        family: ``primary`` (Holm's family), ``exploratory``, or ``value``.
        margin: the effect that is as good as none.
    """

    metric: str
    a: str
    b: str
    effect: float
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None
    n: int
    seeds: int
    detectable: float | None
    verdict: str
    method: str
    family: Family
    margin: float | None


def verdict(low: float | None, high: float | None, margin: float, direction: Direction, *, p: float | None = None) -> Outcome:
    """What an interval of an effect (B minus A) allows to say of B.

    Args:
        low, high: the interval; None where there is none.
        margin: the effect that is as good as none, in the same units.
        direction: which end of the metric is better; with ``none`` nothing is better or worse.
        p: where given, better and worse need it to be at most .05 as well.
    """
    if low is None or high is None:
        return Outcome.INCONCLUSIVE
    if direction is not Direction.NONE and (p is None or p <= ALPHA):
        gain, loss = (low > 0, high < 0) if direction is Direction.HIGHER else (high < 0, low > 0)
        if gain or loss:
            return Outcome.BETTER if gain else Outcome.WORSE
    return Outcome.AS_GOOD if -margin <= low and high <= margin else Outcome.INCONCLUSIVE


def margin_in_units(metric: Metric, margin: float, baseline: float) -> float:
    """A margin given as a share, in the units of a metric.

    One point, 0.01, is 0.01 on scales that end at 1, 1.0 on percent scales, and one percent of A's value where the scale is unbounded (perplexity,
    bits per byte), because there a fixed step means nothing.

    Args:
        metric: whose units.
        margin: such as 0.01.
        baseline: the value of A.
    """
    if metric.percent:
        return 100 * margin
    return margin if metric.low is not None and metric.high is not None else margin * abs(baseline)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (Holm 1979), in the order given: p <= alpha after it controls the family-wise error at alpha."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    greatest = 0.0
    for rank, place in enumerate(order):
        greatest = max(greatest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = greatest
    return adjusted


def adjust(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Fill ``p_adjusted`` within the primary family, and take back each better or worse that does not survive it."""
    family = [(place, each.p) for place, each in enumerate(comparisons) if each.family == "primary" and each.p is not None]
    adjusted = list(comparisons)
    for (place, _), p in zip(family, holm([p for _, p in family]), strict=True):
        given = comparisons[place]
        kept = given.verdict
        if kept in {Outcome.BETTER, Outcome.WORSE} and p > ALPHA:
            kept = verdict(given.low, given.high, given.margin or 0.0, Direction.NONE)
        adjusted[place] = replace(given, p_adjusted=p, verdict=kept)
    return adjusted


def comparison_table(comparisons: Sequence[Comparison]) -> pa.Table:
    """Comparisons as an Arrow table, one column per field in order."""
    import pyarrow as pa

    types = {"n": pa.int64(), "seeds": pa.int64()}
    types |= dict.fromkeys(("effect", "low", "high", "p", "p_adjusted", "detectable", "margin"), pa.float64())
    names = Comparison.__dataclass_fields__
    return pa.table({name: pa.array([getattr(comparison, name) for comparison in comparisons], types.get(name, pa.string())) for name in names})
