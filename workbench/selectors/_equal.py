"""Kernels that find equal texts: a hash of each as it is compared, groups by hash, and a comparison of bytes.

Texts are compared with each run of white space as one blank and none at the ends. Most texts are in that form already; they are hashed as they stand.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position

from __future__ import annotations

from typing import Final

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._scan import FACTOR, collapse_spaces, mix

_BLANK: Final = 0x20
_TOGETHER: Final = 16  # texts that are looked at in one go for what is not collapsed: a loop over few bytes is not worth vector instructions
_PAIR: Final = np.uint64(16)
_WORD: Final = np.uint64(8)
_S31: Final = np.uint64(31)
_S33: Final = np.uint64(33)


@kernel
def text_hashes(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, hashes: np.ndarray, collapsed: np.ndarray) -> None:
    """Hash texts in the form in which they are compared.

    Args:
        data, offsets, classes: as in ``_scan``.
        hashes: uint64 [n], written.
        collapsed: bool [n], written: whether a text is seen to stand in that form already.
    """
    n = len(offsets) - 1
    for first in range(0, n, _TOGETHER):
        last = min(first + _TOGETHER, n)
        plain = _is_plain(data, offsets[first], offsets[last])
        for text in range(first, last):
            start, end = offsets[text], offsets[text + 1]
            collapsed[text] = start == end or (data[start] > _BLANK and data[end - 1] > _BLANK and (plain or _is_plain(data, start, end)))
            if collapsed[text]:
                hashes[text] = _hash(data[start:end])
            else:
                made, ends = collapse_spaces(data, offsets[text : text + 2], classes)
                hashes[text] = _hash(made[: ends[1]])


@kernel
def _is_plain(data: np.ndarray, start: np.int64, end: np.int64) -> bool:
    """Whether nothing but single blanks between printable ASCII stands there."""
    if start == end:
        return True
    # Slices, and no early end: so the loop is compiled to vector instructions.
    text, behind = data[start : end - 1], data[start + 1 : end]
    odd = data[end - 1] < _BLANK or data[end - 1] >= 0x7F
    for at in range(len(text)):
        odd |= (text[at] < _BLANK) | (text[at] >= 0x7F) | ((text[at] == _BLANK) & (behind[at] == _BLANK))
    return not odd


@kernel
def _hash(text: np.ndarray) -> np.uint64:
    """Two chains of rotations and products over words of eight bytes (the round of xxHash: Collet 2012), and what is left."""
    size = np.uint64(len(text))
    a = b = FACTOR
    at = np.uint64(0)
    for _ in range(len(text) // 16):
        a = _turn(a, _word(text, at))
        b = _turn(b, _word(text, at + _WORD))
        at += _PAIR
    if at + _WORD <= size:
        a = _turn(a, _word(text, at))
        at += _WORD
    rest = np.uint64(0)
    while at < size:
        rest = (rest << _WORD) | np.uint64(text[at])
        at += np.uint64(1)
    return mix(mix(_turn(b, rest) + size) + a)


@kernel
def _turn(value: np.uint64, word: np.uint64) -> np.uint64:
    value ^= word
    return ((value << _S31) | (value >> _S33)) * FACTOR


@kernel
def _word(text: np.ndarray, at: np.uint64) -> np.uint64:
    """Eight bytes as one number. Written out, and with places that have no sign, it is compiled to one load."""
    return (
        np.uint64(text[at])
        | (np.uint64(text[at + np.uint64(1)]) << np.uint64(8))
        | (np.uint64(text[at + np.uint64(2)]) << np.uint64(16))
        | (np.uint64(text[at + np.uint64(3)]) << np.uint64(24))
        | (np.uint64(text[at + np.uint64(4)]) << np.uint64(32))
        | (np.uint64(text[at + np.uint64(5)]) << np.uint64(40))
        | (np.uint64(text[at + np.uint64(6)]) << np.uint64(48))
        | (np.uint64(text[at + np.uint64(7)]) << np.uint64(56))
    )


@kernel
def partition(hashes: np.ndarray, shift: np.uint64, values: np.ndarray, rows: np.ndarray, starts: np.ndarray) -> None:
    """Put hashes with the same highest bits beside one another, in the order of their rows.

    Args:
        hashes: uint64 [n].
        shift: how many of the lower bits do not count.
        values, rows: uint64 and int64 [n], written: the hashes, and where each stood.
        starts: int64 [parts + 1], all zero; written: where the part of each of the highest bits begins.
    """
    for value in hashes:
        starts[(value >> shift) + np.uint64(1)] += 1
    for part in range(len(starts) - 1):
        starts[part + 1] += starts[part]
    room = starts[:-1].copy()
    for row in range(len(hashes)):
        part = hashes[row] >> shift
        values[room[part]] = hashes[row]
        rows[room[part]] = row
        room[part] += 1


@kernel
def first_equals(values: np.ndarray, rows: np.ndarray, firsts: np.ndarray, repeated: np.ndarray) -> None:
    """Write for each row of a part the first row with an equal hash, and mark the rows that are not alone (a hash table with open addresses).

    Args:
        values, rows: what ``partition`` wrote of the part.
        firsts: int64 [n of the whole], written at ``rows``.
        repeated: bool [n of the whole], set at ``rows``.
    """
    size = np.uint64(4)
    while size < 2 * len(values):
        size *= np.uint64(2)
    mask = size - np.uint64(1)
    taken = np.full(size, -1, dtype=np.int64)
    for at in range(len(values)):
        slot = values[at] & mask
        while taken[slot] >= 0 and values[taken[slot]] != values[at]:
            slot = (slot + np.uint64(1)) & mask
        if taken[slot] < 0:
            taken[slot] = at
            firsts[rows[at]] = rows[at]
        else:
            first = rows[taken[slot]]
            firsts[rows[at]] = first
            repeated[first] = True
            repeated[rows[at]] = True


@kernel
def gather(
    data: np.ndarray,
    offsets: np.ndarray,
    classes: np.ndarray,
    collapsed: np.ndarray,
    chosen: np.ndarray,
    room: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
) -> None:
    """Write some texts in the form in which they are compared.

    Args:
        data, offsets, classes, collapsed: as in ``text_hashes``.
        chosen: int64 [m], which texts.
        room: uint8, written.
        starts: int64 [m], where in ``room`` each begins; there is room for it as it stands.
        ends: int64 [m], written: where it ends.
    """
    for place in range(len(chosen)):
        text = chosen[place]
        made = data[offsets[text] : offsets[text + 1]]
        if not collapsed[text]:
            made = collapse_spaces(data, offsets[text : text + 2], classes)[0]
        out = room[starts[place] : starts[place] + len(made)]
        for at in range(len(made)):  # much faster than the assignment of a slice
            out[at] = made[at]
        ends[place] = starts[place] + len(made)


@kernel
def unlike(room: np.ndarray, starts: np.ndarray, ends: np.ndarray, a: np.ndarray, b: np.ndarray, differ: np.ndarray) -> None:
    """Tell which pairs of gathered texts ``a`` and ``b`` (int64 [pairs], places) differ: ``differ`` bool [pairs], written."""
    for pair in range(len(a)):
        one, other = room[starts[a[pair]] : ends[a[pair]]], room[starts[b[pair]] : ends[b[pair]]]
        differ[pair] = len(one) != len(other) or not _same(one, other)


@kernel
def _same(one: np.ndarray, other: np.ndarray) -> bool:
    odd = np.uint8(0)
    for at in range(len(one)):
        odd |= one[at] ^ other[at]
    same: bool = odd == 0
    return same
