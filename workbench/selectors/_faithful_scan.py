"""How much of a text is taken from another, word by word."""

# ruff: noqa: PLR0917 - kernels take their arguments by position

from __future__ import annotations

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._scan import ascii_letters, text_words
from workbench.selectors._table import insert, table_size


@kernel
def extraction(
    data_a: np.ndarray, offsets_a: np.ndarray, data_b: np.ndarray, offsets_b: np.ndarray, classes: np.ndarray, folded: np.ndarray
) -> np.ndarray:
    """How each text b is put together from pieces of text a: int64 [n, 5].

    Columns: words of a, words of b, words of b in pieces that stand in a, the sum of the squared lengths of these pieces, and words that a and b have
    in common at their beginnings. Pieces are found greedily, the longest that begins at a word (Grusky et al. 2018, figure 3).
    """
    n = len(offsets_a) - 1
    longest = 1
    for text in range(n):
        longest = max(longest, offsets_a[text + 1] - offsets_a[text], offsets_b[text + 1] - offsets_b[text])
    chars, kinds = np.empty(longest + 2, dtype=np.int32), np.empty(longest + 2, dtype=np.uint8)
    a, b = np.empty(longest + 2, dtype=np.uint64), np.empty(longest + 2, dtype=np.uint64)
    table, stamps = np.empty(table_size(2 * longest), dtype=np.uint64), np.zeros(table_size(2 * longest), dtype=np.int64)
    heads, follow = np.empty(len(table), dtype=np.int64), np.empty(longest + 2, dtype=np.int64)
    out = np.zeros((n, 5), dtype=np.int64)
    letters = ascii_letters(classes, folded)
    for text in range(n):
        many = text_words(data_a, offsets_a[text], offsets_a[text + 1], classes, folded, letters, chars, kinds, a)
        few = text_words(data_b, offsets_b[text], offsets_b[text + 1], classes, folded, letters, chars, kinds, b)
        out[text, 0], out[text, 1] = many, few
        # Chains of equal words in a table, not argsort: numba confuses the cached code of sort and argsort on one type, and crashes.
        some = table[: table_size(many + few)]
        for place in range(many - 1, -1, -1):
            slot, new = insert(some, stamps, text + 1, a[place])
            follow[place] = -1 if new else heads[slot]
            heads[slot] = place
        at = 0
        while at < few:
            slot, new = insert(some, stamps, text + 1, b[at])
            if new:
                heads[slot] = -1
            best = _longest_piece(a, many, heads[slot], follow, b, few, at)
            out[text, 2] += best
            out[text, 3] += best * best
            at += max(best, 1)
        same = 0
        while same < min(many, few) and a[same] == b[same]:
            same += 1
        out[text, 4] = same
    return out


@kernel
def _longest_piece(a: np.ndarray, many: int, head: np.int64, follow: np.ndarray, b: np.ndarray, few: int, at: int) -> int:
    """The length of the longest piece of a that stands in b from ``at`` on; ``head`` and ``follow`` chain the places of its first word in a."""
    best = 0
    place = head
    while place >= 0 and best < few - at:
        size = 0
        while place + size < many and at + size < few and a[place + size] == b[at + size]:
            size += 1
        best = max(best, size)
        place = follow[place]
    return best


@kernel
def shared_beginnings(
    data_a: np.ndarray, offsets_a: np.ndarray, data_b: np.ndarray, offsets_b: np.ndarray, classes: np.ndarray, folded: np.ndarray
) -> np.ndarray:
    """Words of each text a, and how many of them text b begins with: int64 [n, 2], the first and last column of ``extraction``."""
    n = len(offsets_a) - 1
    longest = 1
    for text in range(n):
        longest = max(longest, offsets_a[text + 1] - offsets_a[text], offsets_b[text + 1] - offsets_b[text])
    chars, kinds = np.empty(longest + 2, dtype=np.int32), np.empty(longest + 2, dtype=np.uint8)
    a, b = np.empty(longest + 2, dtype=np.uint64), np.empty(longest + 2, dtype=np.uint64)
    out = np.zeros((n, 2), dtype=np.int64)
    letters = ascii_letters(classes, folded)
    for text in range(n):
        many = text_words(data_a, offsets_a[text], offsets_a[text + 1], classes, folded, letters, chars, kinds, a)
        few = text_words(data_b, offsets_b[text], offsets_b[text + 1], classes, folded, letters, chars, kinds, b)
        same = 0
        while same < min(many, few) and a[same] == b[same]:
            same += 1
        out[text, 0], out[text, 1] = many, same
    return out
