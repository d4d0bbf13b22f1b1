"""The second stage of a policy: which of a group of duplicates stays.

A greedy over the stored edges, in a fixed order: whatever comes first stays, and takes out every row that is within the threshold of itself. So each
row that leaves is a duplicate of a row that stays, and never merely of another one that left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

ABSENT = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class PairRule:
    """The edges that one rule acts on.

    Attributes:
        copies: int64 [c, 2], (first of the group, member).
        similar: int64 [e, 2], pairs of firsts that are within the threshold; a pair holds for all members of both groups.
    """

    copies: np.ndarray
    similar: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
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
        order: int64 [n], the rank of each row; the lowest comes first. Ranks of rows that have a duplicate are unique.
        eligible: bool [n], rows that may stay; the others take nobody out.
        pinned: bool [n], rows that stay whatever the rules say; they must have the lowest ranks.

    Returns:
        One entry per row; a row that stays has no partner.
    """
    size = len(order)
    result = Survivors(partner=np.full(size, ABSENT, dtype=np.int64), fired=np.zeros((len(rules), size), dtype=bool))
    ends = [pairs.ravel() for rule in rules for pairs in (rule.copies, rule.similar)]
    involved = np.unique(np.concatenate(ends)) if ends else np.empty(0, dtype=np.int64)
    count = len(involved)
    if not count:
        return result
    from workbench.curate._greedy import greedy

    first = np.tile(np.arange(count), (len(rules), 1))
    member_starts, near_starts = (np.empty((len(rules), count + 1), dtype=np.int64) for _ in range(2))
    members: list[np.ndarray] = []
    near: list[np.ndarray] = []
    for index, rule in enumerate(rules):
        copies, similar = (np.searchsorted(involved, pairs).reshape(-1, 2) for pairs in (rule.copies, rule.similar))
        first[index, copies[:, 1]] = copies[:, 0]
        _list_up(first[index], np.arange(count), member_starts[index], members)
        a, b, itself = similar[:, 0], similar[:, 1], np.arange(count)
        _list_up(np.concatenate([itself, a, b]), np.concatenate([itself, b, a]), near_starts[index], near)
    partner = np.full(count, ABSENT, dtype=np.int64)
    fired, visited = (np.zeros((len(rules), count), dtype=bool) for _ in range(2))
    greedy(
        np.argsort(order[involved], kind="stable"),
        eligible[involved],
        pinned[involved],
        first,
        near_starts,
        np.concatenate(near),
        member_starts,
        np.concatenate(members),
        visited,
        partner,
        fired,
    )
    result.partner[involved] = np.where(partner == ABSENT, ABSENT, involved[partner])
    result.fired[:, involved] = fired
    return result


def _list_up(sources: np.ndarray, targets: np.ndarray, starts: np.ndarray, lists: list[np.ndarray]) -> None:
    """Append the targets to ``lists``, ordered by source, and note in ``starts`` where those of each source begin among all that is listed."""
    begin = sum(map(len, lists))
    lists.append(targets[np.argsort(sources, kind="stable")])
    starts[0] = begin
    starts[1:] = begin + np.cumsum(np.bincount(sources, minlength=len(starts) - 1))
