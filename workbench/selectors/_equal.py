"""Kernels that find equal texts: a hash of each as it is compared, and a comparison of its bytes.

Texts are compared with each run of white space as one blank and none at the ends. Most texts are in that form already; they are hashed as they stand.
"""

# ruff: noqa: PLR0917, SIM110 - kernels take their arguments by position, and loops compile to faster code than generators

from __future__ import annotations

from typing import Final

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._scan import FACTOR, collapse_spaces, mix

_BLANK: Final = 0x20
_LANES: Final = 4  # independent products, for one would wait for the last


@kernel
def text_hashes(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, hashes: np.ndarray) -> None:
    """Write a hash of each text into ``hashes`` uint64 [n]; ``data``, ``offsets`` and ``classes`` as in ``_scan``."""
    for text in range(len(offsets) - 1):
        start, end = offsets[text], offsets[text + 1]
        if _is_collapsed(data, start, end):
            hashes[text] = _hash(data, start, end)
        else:
            collapsed, ends = collapse_spaces(data, offsets[text : text + 2], classes)
            hashes[text] = _hash(collapsed, np.int64(0), ends[1])


@kernel
def _is_collapsed(data: np.ndarray, start: np.int64, end: np.int64) -> bool:
    """Whether nothing but single blanks between ASCII words stands there; false for some texts that are collapsed, too."""
    if start == end:
        return True
    odd = data[start] == _BLANK or data[end - 1] <= _BLANK or data[end - 1] >= 0x7F
    found = 0
    for at in range(start, end - 1):
        byte = data[at]
        found += (byte < _BLANK) | (byte >= 0x7F) | ((byte == _BLANK) & (data[at + 1] == _BLANK))
    return not odd and found == 0


@kernel
def _hash(data: np.ndarray, start: np.int64, end: np.int64) -> np.uint64:
    a = b = c = d = FACTOR
    at = start
    while at + _LANES <= end:
        a = a * FACTOR + np.uint64(data[at])
        b = b * FACTOR + np.uint64(data[at + 1])
        c = c * FACTOR + np.uint64(data[at + 2])
        d = d * FACTOR + np.uint64(data[at + 3])
        at += _LANES
    while at < end:
        a = a * FACTOR + np.uint64(data[at]) + np.uint64(1)
        at += 1
    return mix(mix(mix(mix(a) + b) + c) + d)


@kernel
def unlike(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Tell which pairs of texts ``a`` and ``b`` (int64 [pairs], positions) differ: bool [pairs]."""
    differ = np.zeros(len(a), dtype=np.bool_)
    for pair in range(len(a)):
        one, other = a[pair], b[pair]
        if not _same_bytes(data, offsets[one], offsets[one + 1], data, offsets[other], offsets[other + 1]):
            left, left_ends = collapse_spaces(data, offsets[one : one + 2], classes)
            right, right_ends = collapse_spaces(data, offsets[other : other + 2], classes)
            differ[pair] = not _same_bytes(left, np.int64(0), left_ends[1], right, np.int64(0), right_ends[1])
    return differ


@kernel
def _same_bytes(one: np.ndarray, start: np.int64, end: np.int64, other: np.ndarray, other_start: np.int64, other_end: np.int64) -> bool:
    if end - start != other_end - other_start:
        return False
    for at in range(end - start):
        if one[start + at] != other[other_start + at]:
            return False
    return True
