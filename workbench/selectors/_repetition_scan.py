"""How much of a text stood in it before, and how much two texts share, in sets of hashes."""

# ruff: noqa: PLR0917 - kernels take their arguments by position

from __future__ import annotations

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._scan import FACTOR, ascii_letters, longest_of, mix, text_words
from workbench.selectors._table import insert, table_size


@kernel
def repeated_shares(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, folded: np.ndarray, size: int, least: int) -> np.ndarray:
    """Which share of a text's n-grams of ``size`` words stood in it before: float64 [n], NaN for texts of fewer than ``least`` words."""
    n = len(offsets) - 1
    longest = longest_of(offsets)
    chars = np.empty(longest, dtype=np.int32)
    kinds = np.empty(longest, dtype=np.uint8)
    words = np.empty(longest, dtype=np.uint64)
    table, stamps = np.empty(table_size(longest), dtype=np.uint64), np.zeros(table_size(longest), dtype=np.int64)
    shares = np.full(n, np.nan)
    letters = ascii_letters(classes, folded)
    for text in range(n):
        count = text_words(data, offsets[text], offsets[text + 1], classes, folded, letters, chars, kinds, words)
        if count < max(least, size):
            continue
        some = table[: table_size(count)]  # of the text's own size, which stays in the cache
        grams = count - size + 1
        repeated = 0
        for first in range(grams):
            value = FACTOR
            for at in range(first, first + size):
                value = mix(value * FACTOR + words[at])
            _, new = insert(some, stamps, text + 1, value)
            repeated += not new
        shares[text] = repeated / grams
    return shares


@kernel
def shared_shares(
    values_a: np.ndarray, starts_a: np.ndarray, forms_a: np.ndarray, values_b: np.ndarray, starts_b: np.ndarray, forms_b: np.ndarray
) -> np.ndarray:
    """The Jaccard similarity of texts a and b, float64 [n], of what ``_sketch.shingles`` gave for them; 0 for texts of different forms."""
    n = len(starts_a) - 1
    longest = 1
    for text in range(n):
        longest = max(longest, starts_a[text + 1] - starts_a[text] + starts_b[text + 1] - starts_b[text])
    size = table_size(longest)
    table, stamps, seen = np.empty(size, dtype=np.uint64), np.zeros(size, dtype=np.int64), np.empty(size, dtype=np.uint8)
    shares = np.zeros(n)
    for text in range(n):
        if forms_a[text] != forms_b[text]:
            continue
        some = table[: table_size(starts_a[text + 1] - starts_a[text] + starts_b[text + 1] - starts_b[text])]
        every = shared = 0
        for at in range(starts_a[text], starts_a[text + 1]):
            place, new = insert(some, stamps, text + 1, values_a[at])
            every += new
            seen[place] = 0
        for at in range(starts_b[text], starts_b[text + 1]):
            place, new = insert(some, stamps, text + 1, values_b[at])
            every += new
            shared += not new and seen[place] == 0
            seen[place] = 1
        shares[text] = shared / every
    return shares
