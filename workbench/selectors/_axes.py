"""How the groups of one axis share its mentions: against a reference, and in each slice of a dataset against all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.selectors._statistics import holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import scipy.sparse


@dataclass(frozen=True, kw_only=True)
class AxisShares:
    """The groups of one axis among some examples.

    Attributes:
        axis: its name.
        by: what the examples are a slice by, such as ``"outcome"``; empty for all examples against the reference.
        value: of what they are a slice; empty for all.
        counts: group to the examples of the slice that name it; an example that names several counts for each.
        distance: total variation distance, ``1/2 sum |p - q|``, to the reference, or of a slice to all examples.
        p: p-value of the distance (chi-square, of fit or of independence from the rest), for slices corrected by Holm's procedure over all that
            are tested; NaN where there is nothing to test.
    """

    axis: str
    by: str
    value: str
    counts: Mapping[str, int]
    distance: float
    p: float

    def sentence(self) -> str:
        """What it says."""
        total = max(sum(self.counts.values()), 1)
        told = ", ".join(
            f"{group} {count} ({count / total:.0%})" for group, count in sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0]))
        )
        where = f" where the {self.by} is {self.value!r}" if self.by else ""
        against = "all examples" if self.by else "the reference"
        p = "" if np.isnan(self.p) else f", p = {self.p:.2g}"
        return f"{self.axis}{where}: {told}; total variation distance to {against} {self.distance:.3f}{p}"


def total_variation(one: np.ndarray, other: np.ndarray) -> float:
    """Half the summed differences of two distributions, 0 to 1."""
    return 0.5 * float(np.abs(one - other).sum())


def axis_shares(
    named: scipy.sparse.csr_array, groups: Sequence[str], axes: Mapping[str, Sequence[str]], reference: Mapping[str, float]
) -> list[AxisShares]:
    """Each axis that any example names, against the reference.

    Args:
        named: 0 or 1 [n, groups].
        groups: their names.
        axes: axis to groups.
        reference: group to its share of its axis (of what is given of it, if that is not 1 in all); of an axis without any, equal shares are expected
            of the groups that are named.
    """
    from scipy.stats import chisquare

    found = []
    for axis, members in axes.items():
        counts = _counts(named, groups, members)
        if not counts.sum():
            continue
        given = np.array([reference.get(group, 0.0) for group in members])
        wanted = given / given.sum() if given.sum() > 0 else (counts > 0) / (counts > 0).sum()
        expected = wanted > 0
        # A group that the reference leaves out has no expected count to test against.
        testable = expected.sum() > 1 and counts[~expected].sum() == 0
        p = float(chisquare(counts[expected], wanted[expected] * counts.sum()).pvalue) if testable else float("nan")
        distance = total_variation(counts / counts.sum(), wanted)
        found.append(AxisShares(axis=axis, by="", value="", counts=_told(members, counts), distance=distance, p=p))
    return found


def slice_shares(
    named: scipy.sparse.csr_array,
    groups: Sequence[str],
    axes: Mapping[str, Sequence[str]],
    slices: Mapping[str, tuple[scipy.sparse.csr_array, Sequence[str]]],
    *,
    least: int,
) -> list[AxisShares]:
    """Each axis in each slice, against all examples, the furthest first.

    Args:
        named, groups, axes: see ``axis_shares``.
        slices: what they are by, to the slices: 0 or 1 [n, slices], and their names.
        least: mentions that a slice must have of an axis to be listed.
    """
    from scipy.stats import chi2_contingency

    found = []
    for axis, members in axes.items():
        own = named[:, [groups.index(group) for group in members]]
        whole = np.asarray(own.sum(axis=0)).ravel()
        for by, (matrix, names) in slices.items():
            table = np.asarray((matrix.T @ own).todense())
            for place in np.flatnonzero(table.sum(axis=1) >= least):
                counts, rest = table[place], whole - table[place]
                some = whole > 0
                if some.sum() < 2 or not rest.sum():
                    continue
                p = float(chi2_contingency(np.stack([counts[some], rest[some]]), correction=False).pvalue)
                distance = total_variation(counts / counts.sum(), whole / whole.sum())
                found.append(AxisShares(axis=axis, by=by, value=names[int(place)], counts=_told(members, counts), distance=distance, p=p))
    corrected = holm(np.array([each.p for each in found])).tolist()
    listed = [
        AxisShares(axis=each.axis, by=each.by, value=each.value, counts=each.counts, distance=each.distance, p=p)
        for each, p in zip(found, corrected, strict=True)
    ]
    return sorted(listed, key=lambda each: (-each.distance, each.axis, each.by, each.value))


def _counts(named: scipy.sparse.csr_array, groups: Sequence[str], members: Sequence[str]) -> np.ndarray:
    totals = np.asarray(named.sum(axis=0)).ravel()
    return np.array([totals[groups.index(group)] for group in members])


def _told(members: Sequence[str], counts: np.ndarray) -> dict[str, int]:
    return {group: int(count) for group, count in zip(members, counts, strict=True) if count}
