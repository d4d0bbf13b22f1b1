"""The greedy over duplicates, compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.selectors import kernel

if TYPE_CHECKING:
    import numpy as np


@kernel
def greedy(  # noqa: PLR0917 - kernels take arrays by position
    sequence: np.ndarray,
    eligible: np.ndarray,
    pinned: np.ndarray,
    first: np.ndarray,
    near_starts: np.ndarray,
    near: np.ndarray,
    member_starts: np.ndarray,
    members: np.ndarray,
    visited: np.ndarray,
    partner: np.ndarray,
    fired: np.ndarray,
) -> None:
    """Let the rows of ``sequence`` stay one by one, unless a row before them has taken them out; fills ``partner`` and ``fired``.

    Args:
        sequence: int64 [m], rows in the order of the greedy.
        eligible, pinned: bool [m].
        first: int64 [r, m], the group that a row belongs to under each rule.
        near_starts: int64 [r, m + 1], where in ``near`` the groups begin that are within the threshold of a group, itself first.
        near: int64 [e].
        member_starts: int64 [r, m + 1], where in ``members`` the rows of a group begin.
        members: int64 [r * m].
        visited: bool [r, m], all false: groups whose rows have been taken out. A second visit would find nobody: whoever stays in a group is the one
            that took out the others, or pinned.
        partner: int64 [m], all -1.
        fired: bool [r, m], all false.
    """
    for row in sequence:
        if not eligible[row] or partner[row] >= 0:
            continue
        for rule in range(first.shape[0]):
            group = first[rule, row]
            for place in range(near_starts[rule, group], near_starts[rule, group + 1]):
                node = near[place]
                if visited[rule, node]:
                    continue
                visited[rule, node] = True
                for position in range(member_starts[rule, node], member_starts[rule, node + 1]):
                    other = members[position]
                    if other != row and not pinned[other]:
                        fired[rule, other] = True
                        if partner[other] < 0:
                            partner[other] = row
