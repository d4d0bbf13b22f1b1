"""Which characters texts have, in one pass over their bytes: a sieve before patterns, and shares."""

# ruff: noqa: PLR1714, SIM109 - kernels take their arguments by position; membership in a tuple compiles to slower code than comparisons

from __future__ import annotations

from typing import Final

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._unicode import CONTROL, DIGIT, IGNORED, LETTER, LOST, PUNCTUATION, SPACE, SYMBOL, TABLE_SIZE, UNSPACED

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


@kernel
def any_visible(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Which texts hold a character that is neither white space nor zero-width nor a control character: bool [n]."""
    n = len(offsets) - 1
    found = np.zeros(n, dtype=np.bool_)
    for text in range(n):
        at = offsets[text]
        while at < offsets[text + 1] and not found[text]:
            width = _width(data[at])
            kind = _kind(_point(data, at, width), classes)
            found[text] = kind != SPACE and kind != IGNORED and kind != CONTROL
            at += width
    return found


@kernel
def _kind(point: int, classes: np.ndarray) -> int:
    """The class of a code point, as ``_scan.decode`` tells it."""
    if point < TABLE_SIZE:
        return int(classes[point])
    return UNSPACED if point < 0x40000 else (IGNORED if point < 0xF0000 else LOST)


@kernel
def _width(byte: np.uint8) -> int:
    """How many bytes a character has that begins with this one."""
    return 1 if byte < 0x80 else (2 if byte < 0xE0 else (3 if byte < 0xF0 else 4))


@kernel
def _point(data: np.ndarray, at: int, width: int) -> int:
    """The code point of a character of so many bytes."""
    if width == 1:
        return int(data[at])
    point = int(data[at] & (0x7F >> width))
    for place in range(at + 1, at + width):
        point = (point << 6) | int(data[place] & 0x3F)
    return point


@kernel
def enough_letters(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, upper: np.ndarray, least: int) -> np.ndarray:
    """Which texts have so many letters, one of a script without spaces counting four: bool [n]."""
    n = len(offsets) - 1
    found = np.zeros(n, dtype=np.bool_)
    for text in range(n):
        at = offsets[text]
        letters = 0
        while at < offsets[text + 1] and letters < least:
            width = _width(data[at])
            point = _point(data, at, width)
            kind = _kind(point, classes)
            at += width
            if kind == LETTER or kind == UNSPACED:
                cased = (kind == LETTER and point != 0x5F) or (point < TABLE_SIZE and upper[point])
                letters += 1 if cased else 4
        found[text] = letters >= least
    return found


@kernel
def misreadable(data: np.ndarray, offsets: np.ndarray, named: np.ndarray) -> np.ndarray:
    """Which texts may hold UTF-8 that was read as something else: bool [n].

    Those have a character that the first byte of a UTF-8 sequence looks like in single-byte encodings (U+0080 to U+024F, U+0370 to U+04FF, U+2200 to
    U+22FF, U+2500 to U+25FF: Latin, Greek, Cyrillic, mathematics, box drawing), and what every pattern of ``ftfy.badness`` has: two of the characters
    that it names side by side (``named``, bool by code point, ASCII left out), or a control character of Latin-1, or one of U+00C2, U+00C3, U+0152,
    U+0153.
    """
    n = len(offsets) - 1
    found = np.zeros(n, dtype=np.bool_)
    for text in range(n):
        at = offsets[text]
        odd = sign = before = False
        while at < offsets[text + 1] and not (odd and sign):
            if data[at] < 0x80:
                at += 1
                before = False
                continue
            width = _width(data[at])
            point = _point(data, at, width)
            odd = odd or point < 0x250 or 0x370 <= point < 0x500 or 0x2200 <= point < 0x2300 or 0x2500 <= point < 0x2600
            own = point < len(named) and named[point]
            sign = sign or (before and own) or point < 0xA0 or point == 0xC2 or point == 0xC3 or point == 0x152 or point == 0x153
            before = own
            at += width
        found[text] = odd and sign
    return found


def mask_of(characters: str) -> np.ndarray:
    """The bits of some ASCII characters: uint64 [2]."""
    mask = [0, 0]
    for character in characters:
        mask[ord(character) // 64] |= 1 << (ord(character) % 64)
    return np.array(mask, dtype=np.uint64)


@kernel
def composition(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Count visible characters, letters, those in upper case, those with a case, digits and symbols with punctuation: int64 [n, 6]."""
    n = len(offsets) - 1
    counts = np.zeros((n, 6), dtype=np.int64)
    for text in range(n):
        visible = letters = capitals = cased = digits = others = 0
        at = offsets[text]
        while at < offsets[text + 1]:
            if data[at] < 0x80:  # without a branch, which would be foretold wrongly at every other word
                byte = data[at]
                kind = classes[byte]
                letter = kind == LETTER
                visible += (kind != SPACE) & (kind != CONTROL)
                letters += letter
                capitals += letter & upper[byte]
                cased += letter & (byte != 0x5F)
                digits += kind == DIGIT
                others += (kind == PUNCTUATION) | (kind == SYMBOL)
                at += 1
                continue
            width = _width(data[at])
            point = _point(data, at, width)
            at += width
            kind = _kind(point, classes)
            if kind == SPACE or kind == IGNORED or kind == CONTROL:
                continue
            visible += 1
            if kind == LETTER or kind == UNSPACED:
                letters += 1
                big = point < TABLE_SIZE and upper[point]
                capitals += big
                cased += big or (kind == LETTER and point != 0x5F)
            elif kind == DIGIT:
                digits += 1
            else:
                others += 1
        counts[text, 0], counts[text, 1], counts[text, 2] = visible, letters, capitals
        counts[text, 3], counts[text, 4], counts[text, 5] = cased, digits, others
    return counts
