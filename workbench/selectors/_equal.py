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
    if data[start] == _BLANK or data[end - 1] <= _BLANK or data[end - 1] >= 0x7F:
        return False
    # Slices, and no early end: so the loop is compiled to vector instructions.
    text, behind = data[start : end - 1], data[start + 1 : end]
    odd = False
    for at in range(len(text)):
        odd |= (text[at] < _BLANK) | (text[at] >= 0x7F) | ((text[at] == _BLANK) & (behind[at] == _BLANK))
    return not odd


@kernel
def _hash(data: np.ndarray, start: np.int64, end: np.int64) -> np.uint64:
    text = data[start:end]
    a = b = c = d = FACTOR
    whole = len(text) // _LANES
    for four in range(whole):
        a = a * FACTOR + np.uint64(text[_LANES * four])
        b = b * FACTOR + np.uint64(text[_LANES * four + 1])
        c = c * FACTOR + np.uint64(text[_LANES * four + 2])
        d = d * FACTOR + np.uint64(text[_LANES * four + 3])
    for at in range(_LANES * whole, len(text)):
        a = a * FACTOR + np.uint64(text[at]) + np.uint64(1)
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
    left, right = one[start:end], other[other_start:other_end]
    for at in range(len(left)):
        if left[at] != right[at]:
            return False
    return True
