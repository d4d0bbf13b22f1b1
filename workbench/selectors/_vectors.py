"""All pairs of vectors above a cosine similarity, by blocks of an exact product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from workbench.types import SelectorContext

ROWS: Final = 1_024
COLUMNS: Final = 4_096
PENDING: Final = 4_000_000
"""Pairs that are held before all but the most similar of each row are let go."""
DIGITS: Final = 4
"""Digits of a similarity: further ones depend on which texts were encoded together."""
_SLACK: Final = 1e-4


def similar_vectors(vectors: np.ndarray, *, floor: float, most: int, context: SelectorContext) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the pairs of rows with a cosine similarity of at least ``floor``, those that are among the ``most`` most similar of one of the two.

    Every pair is looked at; a block's product finds candidates, whose similarity is then computed anew with 64 bits. Beside the vectors it takes
    memory for a block and ``PENDING`` pairs.

    Args:
        vectors: float32 [n, d], of length 1.
        floor: above 0 and at most 1.
        most: pairs kept for each row.
        context: for progress and the wish to stop.

    Returns:
        ``a`` < ``b`` int64 [pairs], in order, and ``similarity`` float64 [pairs], rounded to ``DIGITS``.
    """
    size = len(vectors)
    found = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))]
    for start in range(0, size, ROWS):
        block = vectors[start : start + ROWS]
        for other in range(start, size, COLUMNS):
            if context.stopped():
                raise KeyboardInterrupt
            left, right = np.nonzero(block @ vectors[other : other + COLUMNS].T >= floor - _SLACK)
            left, right = left + start, right + other
            ahead = right > left
            found.append(_verified(vectors, left[ahead], right[ahead], floor))
        if sum(len(part[0]) for part in found) > PENDING:
            found = [_most_similar(found, most)]
        context.progress(min(start + ROWS, size), size)
    a, b, similarity = _most_similar(found, most)
    order = np.lexsort((b, a))
    return a[order], b[order], similarity[order]


def cosines(vectors: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The similarity of pairs, float64 rounded to ``DIGITS``, -1 to 1."""
    found = np.empty(len(a))
    for start in range(0, len(a), 65_536):
        part = slice(start, start + 65_536)
        found[part] = np.einsum("ij,ij->i", vectors[a[part]].astype(np.float64), vectors[b[part]].astype(np.float64))
    rounded: np.ndarray = np.clip(np.round(found, DIGITS), -1.0, 1.0)
    return rounded


def _verified(vectors: np.ndarray, a: np.ndarray, b: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    similarity = cosines(vectors, a, b)
    holds = similarity >= floor
    return a[holds], b[holds], similarity[holds]


def _most_similar(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pairs that are among the ``most`` most similar of one of their two rows; equal ones by the lower partner."""
    a, b, similarity = (np.concatenate([part[place] for part in parts]) for place in range(3))
    count = len(a)
    row, partner = np.concatenate([a, b]), np.concatenate([b, a])
    order = np.lexsort((partner, -np.concatenate([similarity, similarity]), row))
    begins = np.flatnonzero(np.diff(row[order], prepend=-1))
    rank = np.arange(2 * count) - np.repeat(begins, np.diff(begins, append=2 * count))
    kept = np.zeros(count, dtype=bool)
    kept[order[rank < most] % max(count, 1)] = True
    return a[kept], b[kept], similarity[kept]
