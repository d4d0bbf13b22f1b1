"""Which features go with which outcomes more often than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class AssociationTest:
    """One feature that goes with one outcome.

    Attributes:
        feature, outcome: places in what was tested.
        rows: examples with the feature.
        share: which share of them has the outcome.
        base: which share of all examples has it.
        z: ``(share - base) / sqrt(base (1 - base) / rows)``.
        effect: how far the share is on the way from the base to 1: ``(share - base) / (1 - base)``.
        p: one-sided p-value, corrected for all tests.
    """

    feature: int
    outcome: int
    rows: int
    share: float
    base: float
    z: float
    effect: float
    p: float


def associations(features: scipy.sparse.csr_array, outcomes: scipy.sparse.csr_array, *, alpha: float, least_rows: int) -> list[AssociationTest]:
    """Test each feature against each outcome, and give the significant ones, by descending z.

    The statistic is that of the competency test (Gardner et al. 2021, "Competency Problems: On Finding and Removing Artifacts in Language Data",
    section 3): without a shortcut the share of an outcome among the examples with a feature is its share among all. The p-value is the exact binomial
    tail, which holds for rare outcomes too, where z does not; it is corrected by Bonferroni over all pairs tested, as there.

    Args:
        features: 0 or 1 [n, features].
        outcomes: 0 or 1 [n, outcomes].
        alpha: the chance of any false finding.
        least_rows: features in fewer examples are not tested.
    """
    from scipy.special import betainc

    size = features.shape[0]
    rows, base = np.asarray(features.sum(axis=0)).ravel(), np.asarray(outcomes.sum(axis=0)).ravel() / max(size, 1)
    tested = np.flatnonzero(rows >= least_rows)
    open_outcomes = (base > 0) & (base < 1)
    tests = len(tested) * int(open_outcomes.sum())
    together = (features[:, tested].T.astype(np.float64) @ outcomes.astype(np.float64)).tocoo()
    feature, outcome, count = tested[together.coords[0]], together.coords[1], together.data
    useful = open_outcomes[outcome]
    feature, outcome, count = feature[useful], outcome[useful], count[useful]
    n, chance = rows[feature], base[outcome]
    share = count / n
    z = (share - chance) / np.sqrt(chance * (1 - chance) / n)
    # P(X >= count) of a binomial, as an incomplete beta function.
    p = np.minimum(betainc(count, n - count + 1, chance) * tests, 1.0)
    found = np.flatnonzero((share > chance) & (p <= alpha))
    found = found[np.lexsort((outcome[found], feature[found], -z[found]))]
    return [
        AssociationTest(
            feature=int(feature[at]),
            outcome=int(outcome[at]),
            rows=int(n[at]),
            share=float(share[at]),
            base=float(chance[at]),
            z=float(z[at]),
            effect=float((share[at] - chance[at]) / (1 - chance[at])),
            p=float(p[at]),
        )
        for at in found
    ]


@dataclass(frozen=True, kw_only=True)
class Carriers:
    """Which examples carry which association.

    Attributes:
        effect: float64 [n], the greatest effect of those that an example carries, 0 where it carries none.
        test: int64 [n], the place of that one in the list, -1 for none.
    """

    effect: np.ndarray
    test: np.ndarray


def carriers(features: scipy.sparse.csr_array, outcomes: scipy.sparse.csr_array, tests: Sequence[AssociationTest]) -> Carriers:
    """Find the examples with both the feature and the outcome of a test; the greatest effect counts, of equal ones the first."""
    effect, which = np.zeros(features.shape[0]), np.full(features.shape[0], -1, dtype=np.int64)
    by_feature, by_outcome = features.tocsc(), outcomes.tocsc()
    for place, test in enumerate(tests):
        has_feature = by_feature.indices[by_feature.indptr[test.feature] : by_feature.indptr[test.feature + 1]]
        has_outcome = by_outcome.indices[by_outcome.indptr[test.outcome] : by_outcome.indptr[test.outcome + 1]]
        both = np.intersect1d(has_feature, has_outcome)
        better = both[effect[both] < test.effect]
        effect[better], which[better] = test.effect, place
    return Carriers(effect=effect, test=which)


def indicators(rows: Sequence[np.ndarray], size: int) -> scipy.sparse.csr_array:
    """Columns given as the examples that have them, as 0 or 1 [size, columns]."""
    lengths = [len(each) for each in rows]
    row = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
    column = np.repeat(np.arange(len(rows)), lengths)
    return scipy.sparse.csr_array((np.ones(len(row), dtype=np.int32), (row, column)), shape=(size, len(rows)))


def holm(p: np.ndarray) -> np.ndarray:
    """P-values corrected for all of them together by Holm's step-down procedure (1979): float64 [n]."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(np.minimum(p[order] * (len(p) - np.arange(len(p))), 1.0))
    corrected = np.empty(len(p))
    corrected[order] = stepped
    return corrected
