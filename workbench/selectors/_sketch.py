"""Kernels of near duplicates: shingles, MinHash bands, candidate pairs and their exact Jaccard similarity."""

# ruff: noqa: PLR0917, SIM110 - kernels take their arguments by position, and loops compile to faster code than generators

from __future__ import annotations

from typing import Final

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._scan import FACTOR, ascii_letters, compact, decode, hash_ascii_words, hash_words, mix
from workbench.selectors._unicode import IGNORED, SPACE

WORDS: Final = 0
CHARACTERS: Final = 1
UNSPACED_CHARACTERS: Final = 2
WHOLE: Final = 3

SHINGLE_WORDS: Final = 5
SHINGLE_CHARACTERS: Final = 5
SHINGLE_UNSPACED: Final = 3
SHORTEST: Final = 32
"""Words from which on a text is compared by words: in a shorter one a single other word leaves less than 0.7 of its word 5-grams."""
UNSPACED_SHARE: Final = 0.25
"""Share of words in unspaced scripts from which on a text is compared by characters."""

_HIGH: Final = np.uint64(32)
_LARGEST: Final = np.uint32(0xFFFFFFFF)


@kernel
def shingles(
    data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, folded: np.ndarray, shortest: int, form: np.ndarray, words: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Hash the shingles of each text.

    Args:
        data, offsets, classes, folded: see ``_scan``.
        shortest: texts of fewer words are compared by characters.
        form: uint8 [n], written: ``WORDS``, ``CHARACTERS``, ``UNSPACED_CHARACTERS``, or ``WHOLE`` for a text too short for one shingle.
        words: int64 [n], written: the number of words.

    Returns:
        ``values`` uint64, in the order of the text and with repetitions, and ``starts`` int64 [n + 1] into them. No text is without a value: one that
        is too short has the hash of its bytes without surrounding and repeated white space, so it is like another only where it equals it.
    """
    n = len(offsets) - 1
    longest = 1
    for text in range(n):
        longest = max(longest, offsets[text + 1] - offsets[text])
    chars = np.empty(longest + 1, dtype=np.int32)
    kinds = np.empty(longest + 1, dtype=np.uint8)
    units = np.empty(longest + 1, dtype=np.uint64)
    values = np.empty(offsets[n] - offsets[0] + n, dtype=np.uint64)
    starts = np.zeros(n + 1, dtype=np.int64)
    letters = ascii_letters(classes, folded)
    out = np.int64(0)  # a plain 0 would compile what it is passed to a second time, for the constant
    for text in range(n):
        length, unspaced = 0, 0
        count = hash_ascii_words(data, offsets[text], offsets[text + 1], classes, folded, letters, units)
        if count < shortest:  # other than ASCII, or to be compared by characters
            length = compact(chars, kinds, decode(data, offsets[text], offsets[text + 1], classes, folded, chars, kinds))
            count, unspaced = hash_words(chars, kinds, length, units)
        words[text] = count
        size = SHINGLE_WORDS
        how = WORDS
        if unspaced >= UNSPACED_SHARE * count or count < shortest:
            if unspaced >= UNSPACED_SHARE * count:
                how = UNSPACED_CHARACTERS
                size = SHINGLE_UNSPACED
            else:
                how = CHARACTERS
                size = SHINGLE_CHARACTERS
            count = length
            for at in range(length):
                units[at] = mix(np.uint64(chars[at]))
        if count < size:
            form[text] = WHOLE
            values[out] = _whole(data, offsets[text], offsets[text + 1], classes, folded, chars, kinds)
            out += 1
        else:
            form[text] = how
            out = _rolling(units, count, size, np.uint64(how), values, out)
        starts[text + 1] = out
    return values[:out], starts


@kernel
def _rolling(units: np.ndarray, count: int, size: int, tag: np.uint64, values: np.ndarray, out: np.int64) -> np.int64:
    """Write a hash of each ``size`` neighbouring units (Rabin and Karp's polynomial, then scrambled)."""
    leaving = np.uint64(1)
    for _ in range(size):
        leaving = leaving * FACTOR
    value = np.uint64(0)
    for at in range(count):
        value = value * FACTOR + units[at]
        if at >= size:
            value = value - units[at - size] * leaving
        if at >= size - 1:
            values[out] = mix(value + tag)
            out += 1
    return out


@kernel
def _whole(data: np.ndarray, start: int, end: int, classes: np.ndarray, folded: np.ndarray, chars: np.ndarray, kinds: np.ndarray) -> np.uint64:
    """A hash of a text as it is, but for runs of white space."""
    # Folding would make "US" and "us" one: the classes are taken from the decoder, the characters from the bytes between its white space.
    n = decode(data, start, end, classes, folded, chars, kinds)
    value = FACTOR
    at = start
    begun = False
    gap = False
    for position in range(n):
        byte = data[at]
        width = 1 if byte < 0x80 else (2 if byte < 0xE0 else (3 if byte < 0xF0 else 4))
        if kinds[position] == SPACE:
            gap = begun
        elif kinds[position] != IGNORED:
            if gap:
                value = mix(value * FACTOR + np.uint64(0x20))
                gap = False
            for offset in range(width):
                value = mix(value * FACTOR + np.uint64(data[at + offset]))
            begun = True
        at += width
    return mix(value + np.uint64(WHOLE))


@kernel
def lower_minima(values: np.ndarray, starts: np.ndarray, factors: np.ndarray, offsets: np.ndarray, role: np.uint64, minima: np.ndarray) -> None:
    """Lower MinHash signatures by the shingles of one role.

    Args:
        values, starts: what ``shingles`` gave.
        factors, offsets: uint32 [k], of the hash functions ``factor * x + offset``; factors are odd.
        role: a number that keeps the roles' shingles apart.
        minima: uint32 [n, k], changed in place; begins as the largest value.
    """
    k = len(factors)
    for text in range(len(starts) - 1):
        row = minima[text]
        for at in range(starts[text], starts[text + 1]):
            value = np.uint32(mix(values[at] + role) >> _HIGH)
            for function in range(k):
                row[function] = min(row[function], np.uint32(factors[function] * value + offsets[function]))


@kernel
def band_hashes(minima: np.ndarray, bands: int, rows: int, hashes: np.ndarray) -> None:
    """Hash each band of ``rows`` minima into ``hashes`` uint32 [n, bands]; 0 is left free as a mark."""
    for text in range(len(minima)):
        for band in range(bands):
            value = FACTOR
            for row in range(band * rows, (band + 1) * rows):
                value = mix(value * FACTOR + np.uint64(minima[text, row]))
            hashes[text, band] = max(np.uint32(value >> _HIGH), np.uint32(1))


@kernel
def band_pairs(packed: np.ndarray, hashes: np.ndarray, band: int, limit: int, window: int, dense: np.ndarray, pairs: np.ndarray) -> int:
    """Write the pairs that meet in one band and met in none before.

    A bucket of more than ``limit`` texts is not paired in full: its members are ordered by the hash of the next band, so that the most alike stand
    together, and each meets the ``window`` that follow it. Its marks are removed, so that a pair that was left out can still meet in a later band.

    Args:
        packed: uint64 [n], ``hash << 32 | text``, ascending.
        hashes: uint32 [n, bands], changed for members of such buckets.
        dense: bool [n], set for these members.
        pairs: uint64, written: ``a << 32 | b`` with a < b.

    Returns:
        The number of pairs.
    """
    n = len(packed)
    mask = np.uint64(_LARGEST)
    after = (band + 1) % hashes.shape[1]
    count = 0
    first = 0
    while first < n:
        last = first + 1
        while last < n and packed[last] >> _HIGH == packed[first] >> _HIGH:
            last += 1
        if last - first > limit:
            members = np.empty(last - first, dtype=np.uint64)
            for at in range(first, last):
                text = packed[at] & mask
                members[at - first] = (np.uint64(hashes[text, after]) << _HIGH) | text
            members.sort()
            for at in range(len(members)):
                text = members[at] & mask
                for other in range(at + 1, min(at + 1 + window, len(members))):
                    partner = members[other] & mask
                    pairs[count] = (min(text, partner) << _HIGH) | max(text, partner)
                    count += 1
            for at in range(len(members)):
                text = members[at] & mask
                hashes[text, band] = 0
                dense[text] = True
        else:
            for at in range(first, last):
                a = packed[at] & mask
                for other in range(at + 1, last):
                    b = packed[other] & mask
                    if not _met_before(hashes, a, b, band):
                        pairs[count] = (a << _HIGH) | b
                        count += 1
        first = last
    return count


@kernel
def _met_before(hashes: np.ndarray, a: np.uint64, b: np.uint64, band: int) -> bool:
    for earlier in range(band):
        if hashes[a, earlier] == hashes[b, earlier] and hashes[a, earlier] != 0:
            return True
    return False


@kernel
def sort_sets(values: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> None:
    """Sort each text's values in place, without repetitions; ``sizes`` int64 [n] is written: how many there are."""
    for text in range(len(starts) - 1):
        part = values[starts[text] : starts[text + 1]]
        part.sort()
        size = 1
        for at in range(1, len(part)):
            if part[at] != part[size - 1]:
                part[size] = part[at]
                size += 1
        sizes[text] = size


@kernel
def jaccard(values: np.ndarray, starts: np.ndarray, sizes: np.ndarray, a: np.ndarray, b: np.ndarray, floor: float, found: np.ndarray) -> None:
    """Lower ``found`` float64 [pairs] to the Jaccard similarity of the sets of texts ``a`` and ``b``; 0 where it cannot reach the floor."""
    for pair in range(len(a)):
        if found[pair] == 0.0:
            continue
        at, to = starts[a[pair]], starts[a[pair]] + sizes[a[pair]]
        other, end = starts[b[pair]], starts[b[pair]] + sizes[b[pair]]
        total = (to - at) + (end - other)
        if min(to - at, end - other) / max(to - at, end - other) < floor:
            found[pair] = 0.0
            continue
        shared = 0
        while at < to and other < end:
            left, right = values[at], values[other]
            shared += left == right
            at += left <= right
            other += right <= left
        similarity = shared / (total - shared)
        found[pair] = min(found[pair], similarity) if similarity >= floor else 0.0
