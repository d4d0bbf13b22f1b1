"""Texts as sparse rows of hashed n-grams, for linear models."""

# ruff: noqa: FBT001, PLR0917 - kernels take their arguments by position

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import scipy.sparse

from workbench.selectors._columns import buffers
from workbench.selectors._jit import kernel
from workbench.selectors._scan import FACTOR, compact, decode, hash_words, mix
from workbench.selectors._unicode import tables

if TYPE_CHECKING:
    import pyarrow as pa

BITS: Final = 20
SHORT_TEXT: Final = 400
"""Mean bytes of a text up to which n-grams of characters help; they cost longer ones most of the time."""
_LEAST_ROWS: Final = 2
_SHIFT: Final = np.uint64(64 - BITS)
_FAMILY: Final = np.uint64(1 << BITS)


@kernel
def _count(
    data: np.ndarray,
    offsets: np.ndarray,
    classes: np.ndarray,
    folded: np.ndarray,
    characters: bool,
    ids: np.ndarray,
    counts: np.ndarray,
    starts: np.ndarray,
) -> None:
    """Write each text's features, ascending, with how often each stands in it.

    Words and pairs of words have ids below ``2^BITS``, n-grams of two to four characters from there on.
    """
    n = len(offsets) - 1
    longest = 1
    for text in range(n):
        longest = max(longest, offsets[text + 1] - offsets[text])
    chars = np.empty(longest + 1, dtype=np.int32)
    kinds = np.empty(longest + 1, dtype=np.uint8)
    words = np.empty(longest + 1, dtype=np.uint64)
    found = np.empty(5 * longest + 5, dtype=np.uint64)
    out = 0
    for text in range(n):
        length = compact(chars, kinds, decode(data, offsets[text], offsets[text + 1], classes, folded, chars, kinds))
        number, _ = hash_words(chars, kinds, length, words)
        many = 0
        for at in range(number):
            found[many] = words[at] >> _SHIFT
            many += 1
            if at:
                found[many] = mix(words[at - 1] * FACTOR + words[at]) >> _SHIFT
                many += 1
        if characters:
            for at in range(length):
                value = FACTOR
                for behind in range(min(4, length - at)):
                    value = mix(value * FACTOR + np.uint64(chars[at + behind]))
                    if behind:
                        found[many] = (value >> _SHIFT) + _FAMILY
                        many += 1
        found[:many].sort()
        for at in range(many):
            if at and found[at] == found[at - 1]:
                counts[out - 1] += 1
            else:
                ids[out] = np.int32(found[at])
                counts[out] = 1
                out += 1
        starts[text + 1] = out


def _counted(texts: pa.LargeStringArray, *, characters: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features int32, how often each stands in its text float32, and where each text's begin int64 [n + 1]."""
    unicode = tables()
    data, offsets = buffers(texts)
    room = (5 if characters else 2) * int(offsets[-1] - offsets[0]) + len(texts)
    ids, counts = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.float32)
    starts = np.zeros(len(texts) + 1, dtype=np.int64)
    _count(data, offsets, unicode.classes, unicode.folded, characters, ids, counts, starts)
    return ids[: starts[-1]], counts[: starts[-1]], starts


def ngrams(texts: pa.LargeStringArray, buckets: int) -> scipy.sparse.csr_array:
    """How often words and pairs of neighbouring words stand in each text, hashed into buckets: float64 [n, buckets], at most 2^20 of them.

    In scripts without spaces a word is a character.
    """
    ids, counts, starts = _counted(texts, characters=False)
    return scipy.sparse.csr_array((counts.astype(np.float64), ids % buckets, starts), shape=(len(texts), buckets))


def features(texts: pa.LargeStringArray, *, characters: bool) -> scipy.sparse.csr_array:
    """TF-IDF of words, pairs of words and, on request, of n-grams of two to four characters where texts are short.

    Weights are ``(1 + ln tf) (1 + ln((1 + n) / (1 + df)))``, as scikit-learn's with ``sublinear_tf``; the two families are normalised apart and weigh
    the same. N-grams that stand in one text only are left out: they tell nothing of another. Hashed to 20 bits for each family.

    Returns:
        float32 [n, features], rows of norm 1 or, for a text without a feature, 0.
    """
    n = len(texts)
    offsets = buffers(texts)[1]
    characters = characters and int(offsets[-1] - offsets[0]) <= SHORT_TEXT * n
    ids, counts, starts = _counted(texts, characters=characters)
    rows = np.bincount(ids, minlength=2 << BITS)
    kept = np.flatnonzero(rows >= _LEAST_ROWS)
    column = np.full(2 << BITS, -1, dtype=np.int32)
    column[kept] = np.arange(len(kept), dtype=np.int32)
    inverse = (1 + np.log((1 + n) / (1 + rows))).astype(np.float32)
    weights = (1 + np.log(counts)) * inverse[ids]
    row = np.repeat(np.arange(n), np.diff(starts))
    useful = column[ids] >= 0
    family = 2 * row + (ids >> BITS)
    norm = np.sqrt(np.bincount(family[useful], weights[useful].astype(np.float64) ** 2, minlength=2 * n))
    both = (norm.reshape(n, 2) > 0).sum(axis=1)
    weights = weights / (norm[family] * np.sqrt(np.maximum(both[row], 1)) + 1e-12)
    pointers = np.concatenate([[0], np.cumsum(np.bincount(row[useful], minlength=n))])
    return scipy.sparse.csr_array((weights[useful].astype(np.float32), column[ids[useful]], pointers), shape=(n, len(kept)))
