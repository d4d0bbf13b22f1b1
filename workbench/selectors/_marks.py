"""Which characters texts have, in one pass over their bytes: a sieve before patterns, and shares."""

# ruff: noqa: PLR1714, SIM109 - kernels take their arguments by position; membership in a tuple compiles to slower code than comparisons

from __future__ import annotations

from typing import Final

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._scan import decode
from workbench.selectors._unicode import CONTROL, DIGIT, IGNORED, LETTER, SPACE, TABLE_SIZE, UNSPACED

_ONE: Final = np.uint64(1)
_NEAR: Final = 4


@kernel
def characters_in(data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which ASCII characters stand in each text, and its longest row of digits.

    Args:
        data: uint8, the bytes of a ``large_string`` array.
        offsets: int64 [n + 1].

    Returns:
        uint64 [n, 2], a bit per code point; int32 [n], digits in a row, with at most three bytes between one and the next.
    """
    n = len(offsets) - 1
    held = np.zeros((n, 2), dtype=np.uint64)
    digits = np.zeros(n, dtype=np.int32)
    for text in range(n):
        low = np.uint64(0)
        high = np.uint64(0)
        row = longest = 0
        last = offsets[text] - _NEAR - 1
        for at in range(offsets[text], offsets[text + 1]):
            byte = data[at]
            if byte < 64:
                low |= _ONE << np.uint64(byte)
                if 48 <= byte <= 57:
                    row = row + 1 if at - last <= _NEAR else 1
                    last = at
                    longest = max(longest, row)
            elif byte < 128:
                high |= _ONE << np.uint64(byte - 64)
        held[text, 0] = low
        held[text, 1] = high
        digits[text] = longest
    return held, digits


def mask_of(characters: str) -> np.ndarray:
    """The bits of some ASCII characters: uint64 [2]."""
    mask = [0, 0]
    for character in characters:
        mask[ord(character) // 64] |= 1 << (ord(character) % 64)
    return np.array(mask, dtype=np.uint64)


@kernel
def composition(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, points: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Count visible characters, letters, those in upper case, those with a case, digits and symbols with punctuation: int64 [n, 6]."""
    n = len(offsets) - 1
    longest = 1
    for text in range(n):
        longest = max(longest, offsets[text + 1] - offsets[text])
    chars = np.empty(longest + 1, dtype=np.int32)
    kinds = np.empty(longest + 1, dtype=np.uint8)
    counts = np.zeros((n, 6), dtype=np.int64)
    for text in range(n):
        length = decode(data, offsets[text], offsets[text + 1], classes, points, chars, kinds)
        for at in range(length):
            kind = kinds[at]
            if kind == SPACE or kind == IGNORED or kind == CONTROL:
                continue
            counts[text, 0] += 1
            if kind == LETTER or kind == UNSPACED:
                counts[text, 1] += 1
                big = chars[at] < TABLE_SIZE and upper[chars[at]]
                counts[text, 2] += big
                counts[text, 3] += big or (kind == LETTER and chars[at] != 0x5F)
            elif kind == DIGIT:
                counts[text, 4] += 1
            else:
                counts[text, 5] += 1
    return counts
