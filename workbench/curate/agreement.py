"""What people's pins say of the rules: how often each selector is overruled, and where a threshold would agree with them best."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.curate.choosing import CHOICE
from workbench.curate.material import COMPARE
from workbench.curate.revision import outcome_at

if TYPE_CHECKING:
    from workbench.curate.material import Material
    from workbench.types import Operator, Policy

_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


@dataclass(frozen=True, kw_only=True)
class Overruled:
    """How people judged what a selector flagged.

    Attributes:
        selector: its short name; ``choose`` for the policy's choice.
        flagged: rows that a rule of it fires on.
        judged: those of them with a pin.
        overruled: those of these that are pinned keep.
        low, high: 95 % interval of the share overruled (Wilson 1927); NaN where nothing was judged. People choose what they look at, and a bulk pin
            counts every row: it is the share among the rows judged.
    """

    selector: str
    flagged: int
    judged: int
    overruled: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Of the judged rows, 0 to 1; NaN where there is none."""
        return self.overruled / self.judged if self.judged else math.nan


@dataclass(frozen=True, kw_only=True)
class BestThreshold:
    """Where the threshold of a row rule agrees best with the pins: it fires on what is pinned drop, and not on what is pinned keep.

    Attributes:
        signal: ``<selector>.<signal>``.
        action: of the rule.
        operator: of the rule.
        threshold: the present one.
        agreed: pinned rows that it agrees with.
        best: the one that agrees with the most; of several the nearest to the present one.
        best_agreed: pinned rows that the best one agrees with.
        judged: pinned rows that have a value.
    """

    signal: str
    action: str
    operator: Operator
    threshold: float
    agreed: int
    best: float
    best_agreed: int
    judged: int


def overruled(material: Material, policy: Policy, ledger_number: int) -> tuple[Overruled, ...]:
    """How often people kept what each selector flagged, in the order of the policy's rules; pins whose text changed do not count."""
    outcome = outcome_at(material, policy, ledger_number)
    judged = outcome.pinned.keep | outcome.pinned.drop
    by_selector: dict[str, np.ndarray] = {}
    for item, fired in zip(outcome.rules, outcome.fired, strict=True):
        name = item.signal if item.signal == CHOICE else item.signal.rpartition(".")[0]
        by_selector[name] = by_selector.get(name, np.zeros(len(material), dtype=bool)) | fired
    found = []
    for name, flagged in by_selector.items():
        seen, kept = int(np.count_nonzero(flagged & judged)), int(np.count_nonzero(flagged & outcome.pinned.keep))
        low, high = wilson(kept, seen)
        found.append(Overruled(selector=name, flagged=int(flagged.sum()), judged=seen, overruled=kept, low=low, high=high))
    return tuple(found)


def best_thresholds(material: Material, policy: Policy, ledger_number: int) -> tuple[BestThreshold, ...]:
    """Where each row rule that compares by order would agree best with the pins; rules without a pinned row that has a value are left out."""
    pinned = outcome_at(material, policy, ledger_number).pinned
    found = []
    for item in policy.rules:
        rule = item.rule
        if material.declared(item.signal).pairwise or rule.operator not in {"<", "<=", ">", ">="}:
            continue
        values = material.signal(item.signal)
        judged = (pinned.keep | pinned.drop) & ~np.isnan(values)
        if not judged.any():
            continue
        values, drop = values[judged], pinned.drop[judged]
        best, most = _best(values, drop, rule.operator, rule.threshold)
        found.append(
            BestThreshold(
                signal=item.signal,
                action=rule.action.value,
                operator=rule.operator,
                threshold=rule.threshold,
                agreed=int(np.count_nonzero(COMPARE[rule.operator](values, rule.threshold) == drop)),
                best=best,
                best_agreed=most,
                judged=len(values),
            )
        )
    return tuple(found)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share (E. B. Wilson, JASA 22, 1927); NaN where there is no trial."""
    if not trials:
        return math.nan, math.nan
    share, square = successes / trials, _Z**2 / trials
    centre = share + square / 2
    reach = _Z * math.sqrt(share * (1 - share) / trials + square / (4 * trials))
    return max(0.0, (centre - reach) / (1 + square)), min(1.0, (centre + reach) / (1 + square))


def _best(values: np.ndarray, drop: np.ndarray, operator: Operator, present: float) -> tuple[float, int]:
    """The threshold that fires on most of ``drop`` and least of the others, and how many rows it agrees with; the present one if none is better."""
    order = np.argsort(values, kind="stable")
    values, drop = values[order], drop[order]
    below_dropped = np.concatenate([[0], np.cumsum(drop)])
    below_kept = np.arange(len(values) + 1) - below_dropped
    # A cut at k parts the k lowest values from the others; equal values are never parted.
    cuts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1], [True]]))
    fires_above = operator in {">", ">="}
    agreed = below_kept + (below_dropped[-1] - below_dropped) if fires_above else below_dropped + (below_kept[-1] - below_kept)
    margin = np.maximum(1.0, np.abs(values[[0, -1]])) / 1000
    padded = np.concatenate([[values[0] - margin[0]], values, [values[-1] + margin[1]]])
    lows, highs = padded[cuts], padded[cuts + 1]
    candidates = np.append((lows + highs) / 2, present)
    counts = np.append(agreed[cuts], np.count_nonzero(COMPARE[operator](values, present) == drop))
    best = int(np.lexsort((np.abs(candidates - present), -counts))[0])
    return (present if best == len(cuts) else _between(float(lows[best]), float(highs[best]))), int(counts[best])


def _between(low: float, high: float) -> float:
    """The number of fewest digits near the middle of two, so that no value meets it exactly and people can write it down."""
    middle = (low + high) / 2
    for digits in range(1, 17):
        short = float(f"{middle:.{digits}g}")
        if low < short < high:
            return short
    return middle
