"""Whether what counts stands in some sentence of a text more often than chance would have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from workbench.selectors._representation import share_of
from workbench.selectors._statistics import holm

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACES: Final = ("first", "second", "third", "last")
"""The places that are tested."""


@dataclass(frozen=True, kw_only=True)
class PlaceTest:
    """One place.

    Attributes:
        place: its index in ``PLACES``.
        rows: texts that have it.
        share: which share of them has there what counts.
        base: the share if sentences stood in any order: the mean of 1 over their number.
        z: how many standard deviations the share is above the base.
        effect: how far the share is on the way from the base to 1: ``(share - base) / (1 - base)``.
        p: one-sided p-value of z, corrected by Holm's procedure for all places.
    """

    place: int
    rows: int
    share: float
    base: float
    z: float
    effect: float
    p: float

    def sentence(self, what: str) -> str:
        """What it says, with the 95 % interval of the share."""
        share = share_of(round(self.share * self.rows), self.rows)
        return (
            f"{share.share:.0%} [{share.low:.1%}, {share.high:.1%}] of {self.rows} {what} the {PLACES[self.place]} sentence, "
            f"by chance {self.base:.1%} (z = {self.z:.1f}, p = {self.p:.2g})"
        )


def weights_by_place(weights: Sequence[float]) -> list[float]:
    """What the sentences at ``PLACES`` hold of all that counts in a text; NaN for a place that it has not. The last is told from the others by name
    only where there are four sentences or more.
    """
    found = [weights[place] if place < len(weights) else np.nan for place in range(3)]
    return [*found, weights[-1] if len(weights) > 3 else np.nan]


def place_tests(held: np.ndarray, sentences: np.ndarray, alpha: float) -> list[PlaceTest]:
    """The places that hold more than chance, the strongest effect first.

    Under the null hypothesis that sentences stand in any order, each of n sentences holds what counts with probability 1 / n (a permutation argument;
    Ko et al. 2020, "Look at the First Sentence: Position Bias in Question Answering", show what models learn where it fails).

    Args:
        held: float64 [n, places], what each place holds of what counts, 0 to 1; NaN where it is not there.
        sentences: int64 [n].
        alpha: the chance of any false finding.
    """
    from scipy.stats import norm

    tests = []
    for place in range(held.shape[1]):
        rows = np.flatnonzero(~np.isnan(held[:, place]))
        if len(rows):
            chance = 1 / sentences[rows]
            spread = float(np.sqrt((chance * (1 - chance)).sum()))
            if spread > 0:
                share, base = float(held[rows, place].mean()), float(chance.mean())
                z = (share - base) * len(rows) / spread
                tests.append((place, len(rows), share, base, z, float(norm.sf(z))))
    corrected = holm(np.array([test[-1] for test in tests]))
    found = [
        PlaceTest(place=place, rows=rows, share=share, base=base, z=z, effect=(share - base) / (1 - base), p=p)
        for (place, rows, share, base, z, _), p in zip(tests, corrected.tolist(), strict=True)
        if p <= alpha and share > base
    ]
    return sorted(found, key=lambda test: (-test.effect, test.place))


def carried_effect(held: np.ndarray, tests: Sequence[PlaceTest]) -> tuple[np.ndarray, np.ndarray]:
    """Of each text the greatest effect of a place that holds most of what counts in it, float64 [n], and which test that is, -1 for none."""
    effect, which = np.zeros(len(held)), np.full(len(held), -1)
    for number in reversed(range(len(tests))):
        holds = held[:, tests[number].place] > 0.5
        effect[holds], which[holds] = tests[number].effect, number
    return effect, which
