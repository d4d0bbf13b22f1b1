"""The second stage of a policy: which of a group of duplicates stays.

A greedy over the stored edges, in a fixed order: whatever comes first stays, and takes out every row that is within the threshold of itself. So each
row that leaves is a duplicate of a row that stays, and never merely of another one that left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ABSENT = -1


@dataclass(frozen=True, kw_only=True)
class PairRule:
    """The edges that one rule acts on.

    Attributes:
        copies: int64 [c, 2], (first of the group, member).
        similar: int64 [e, 2], pairs of firsts that are within the threshold; a pair holds for all members of both groups.
    """

    copies: np.ndarray
    similar: np.ndarray


class _Neighbours:
    """Who is a duplicate of whom under one rule, with groups of copies kept as groups."""

    def __init__(self, rule: PairRule, size: int) -> None:
        self._first = np.arange(size)
        self._first[rule.copies[:, 1]] = rule.copies[:, 0]
        self._members: dict[int, list[int]] = {}
        for first, member in rule.copies.tolist():
            self._members.setdefault(first, [first]).append(member)
        self._similar: dict[int, list[int]] = {}
        for a, b in rule.similar.tolist():
            self._similar.setdefault(a, []).append(b)
            self._similar.setdefault(b, []).append(a)

    def rows(self) -> Iterator[int]:
        """Every row that has a duplicate."""
        for members in self._members.values():
            yield from members
        for first in self._similar:
            yield from self._members.get(first, [first])

    def of(self, row: int) -> Iterator[int]:
        """The duplicates of one row."""
        first = int(self._first[row])
        for node in (first, *self._similar.get(first, ())):
            for other in self._members.get(node, (node,)):
                if other != row:
                    yield other


@dataclass(frozen=True, kw_only=True)
class Survivors:
    """What the second stage says.

    Attributes:
        partner: int64 [n], the row that stays and that this row is a duplicate of, or ``ABSENT``. Rows that an earlier stage took out have one too.
        fired: bool [rules, n], which rules hold between the row and a row that stays.
    """

    partner: np.ndarray
    fired: np.ndarray


def survivors(rules: Sequence[PairRule], *, order: np.ndarray, eligible: np.ndarray, pinned: np.ndarray) -> Survivors:
    """Decide which rows stay.

    Args:
        rules: positions 0 to n - 1.
        order: int64 [n], the rank of each row; the lowest comes first. Ranks are unique.
        eligible: bool [n], rows that may stay; the others take nobody out.
        pinned: bool [n], rows that stay whatever the rules say; they must have the lowest ranks.

    Returns:
        One entry per row; a row that stays has no partner.
    """
    size = len(order)
    partner = np.full(size, ABSENT, dtype=np.int64)
    fired = np.zeros((len(rules), size), dtype=bool)
    neighbours = [_Neighbours(rule, size) for rule in rules]
    involved = np.unique(np.fromiter((row for each in neighbours for row in each.rows()), dtype=np.int64))
    for row in involved[np.argsort(order[involved])].tolist():
        if not eligible[row] or partner[row] != ABSENT:
            continue
        for index, each in enumerate(neighbours):
            for other in each.of(row):
                if not pinned[other]:
                    fired[index, other] = True
                    if partner[other] == ABSENT:
                        partner[other] = row
    return Survivors(partner=partner, fired=fired)
