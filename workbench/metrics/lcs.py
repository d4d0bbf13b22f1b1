"""Longest common subsequences of token lists, by bit vectors.

Row i of the usual table over a reference (rows) and a candidate (columns) is kept as one integer: bit j is set where the table steps up from column
j to column j + 1. A row follows from the one before with four operations on whole integers (Hyyrö 2004, "Bit-parallel LCS-length computation
revisited"), and an entry of the table is the number of set bits below its column. That is what rouge-score computes cell by cell in Python.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def lcs_length(reference: Sequence[str], candidate: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    return _rows(reference, candidate)[-1].bit_count()


def lcs_positions(reference: Sequence[str], candidate: Sequence[str]) -> list[int]:
    """Positions in the reference of one longest common subsequence, descending: of several the one that rouge-score's backtracking finds."""
    rows = _rows(reference, candidate)
    found = []
    i, j = len(reference), len(candidate)
    while i > 0 and j > 0:
        if reference[i - 1] == candidate[j - 1]:
            found.append(i - 1)
            i, j = i - 1, j - 1
        elif (rows[i] & ((1 << (j - 1)) - 1)).bit_count() > (rows[i - 1] & ((1 << j) - 1)).bit_count():
            j -= 1
        else:
            i -= 1
    return found


def _rows(reference: Sequence[str], candidate: Sequence[str]) -> list[int]:
    places: defaultdict[str, int] = defaultdict(int)
    for column, token in enumerate(candidate):
        places[token] |= 1 << column
    full = (1 << len(candidate)) - 1
    # ``flat`` is the complement of the row: bits where the table does not step up.
    flat = full
    rows = [0]
    for token in reference:
        matches = flat & places.get(token, 0)
        flat = ((flat + matches) | (flat - matches)) & full
        rows.append(full & ~flat)
    return rows
