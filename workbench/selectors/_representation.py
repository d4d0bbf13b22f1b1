"""Which groups of people a dataset names, how often, and with which outcomes: before and after some of its rows leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.selectors._columns import composed, joined_text
from workbench.selectors._groups import GROUPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import scipy.sparse

    from workbench.types import ExampleTable, SelectorContext

_Z = 1.959963984540054
"""Of a 95 % interval."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share of rows with its 95 % interval (Wilson 1927); all NaN where there is no row.

    Attributes:
        part, whole: numbers of rows.
        share, low, high: 0 to 1.
    """

    part: int
    whole: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Representation:
    """How often a group is named, or goes with an outcome.

    Attributes:
        group: its name.
        outcome: the outcome, or empty for how often the group is named at all.
        before: of all rows (that name the group).
        after: of the rows that stay.
    """

    group: str
    outcome: str
    before: Share
    after: Share


@dataclass(frozen=True, kw_only=True, eq=False)
class Mentions:
    """Which rows name which group, and have which outcome; worth keeping while policies change.

    Attributes:
        named: 0 or 1 [n, groups].
        groups: their names.
        having: 0 or 1 [n, outcomes].
        outcomes: their names.
    """

    named: scipy.sparse.csr_array
    groups: tuple[str, ...]
    having: scipy.sparse.csr_array
    outcomes: tuple[str, ...]

    def representation(self, stays: np.ndarray) -> list[Representation]:
        """How large a share of the rows names each group that any row names, the most named first; ``stays`` is bool [n]."""
        return self._listed("", np.ones(self.named.shape[0], dtype=bool), stays, least=1)

    def associations(self, stays: np.ndarray, *, least: int = 10, most: int = 40) -> list[Representation]:
        """How large a share of a group's rows has each outcome, the furthest from the share among all rows first.

        Args:
            stays: bool [n].
            least: rows that name a group, for it to be listed.
            most: pairs of group and outcome at most.
        """
        rows = self._rows()
        together = (self.named.T @ self.having).toarray()
        size = max(1, self.having.shape[0])
        base = np.asarray(self.having.sum(axis=0)).ravel() / size
        error = np.sqrt(np.maximum(base * (1 - base), 1e-12)[None, :] / np.maximum(rows, 1)[:, None])
        distance = np.abs(together / np.maximum(rows, 1)[:, None] - base[None, :]) / error
        distance[rows < least] = -1
        found = [(int(g), int(o)) for g, o in zip(*np.unravel_index(np.argsort(-distance, axis=None, kind="stable"), distance.shape), strict=True)]
        columns_named, columns_having = self.named.tocsc(), self.having.tocsc()
        listed = []
        for g, o in [(g, o) for g, o in found if distance[g, o] >= 0][:most]:
            named, having = columns_named[:, [g]].toarray().ravel() > 0, columns_having[:, [o]].toarray().ravel() > 0
            listed.append(self._pair(self.groups[g], self.outcomes[o], named & having, named, stays))
        return listed

    def _rows(self) -> np.ndarray:
        return np.asarray(self.named.sum(axis=0)).ravel()

    def _listed(self, outcome: str, whole: np.ndarray, stays: np.ndarray, *, least: int) -> list[Representation]:
        rows = self._rows()
        columns = self.named.tocsc()
        order = [int(g) for g in np.argsort(-rows, kind="stable") if rows[g] >= least]
        return [self._pair(self.groups[g], outcome, columns[:, [g]].toarray().ravel() > 0, whole, stays) for g in order]

    @staticmethod
    def _pair(group: str, outcome: str, part: np.ndarray, whole: np.ndarray, stays: np.ndarray) -> Representation:
        before, after = (share_of(int((part & rows).sum()), int((whole & rows).sum())) for rows in (np.ones_like(stays), stays))
        return Representation(group=group, outcome=outcome, before=before, after=after)


def mentions(examples: ExampleTable, context: SelectorContext, roles: Sequence[str], groups: Mapping[str, Sequence[str]] = GROUPS) -> Mentions:
    """Look for groups in the texts of these roles, and for the outcomes of the context's target."""
    from workbench.selectors._outcomes import outcomes_of
    from workbench.selectors._terms import groups_of

    terms = groups_of(composed(joined_text(examples, tuple(roles))), groups)
    wanted = [terms.names.index(name) for name in groups]
    outcomes = outcomes_of(examples, context)
    return Mentions(named=terms.matrix[:, wanted], groups=tuple(groups), having=outcomes.matrix, outcomes=outcomes.names)


def share_of(part: int, whole: int) -> Share:
    """``part`` of ``whole`` with its Wilson score interval."""
    if not whole:
        return Share(part=part, whole=whole, share=float("nan"), low=float("nan"), high=float("nan"))
    share = part / whole
    middle = (share + _Z**2 / (2 * whole)) / (1 + _Z**2 / whole)
    half = _Z / (1 + _Z**2 / whole) * float(np.sqrt(share * (1 - share) / whole + _Z**2 / (4 * whole**2)))
    return Share(part=part, whole=whole, share=share, low=max(0.0, middle - half), high=min(1.0, middle + half))
