"""What the kernels know of Unicode: a class and a folded form for each code point, as arrays."""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from typing import Final

import numpy as np

from workbench.selectors._text import UNSPACED_RANGES

SPACE: Final = 0
PUNCTUATION: Final = 1
SYMBOL: Final = 2  # mathematics, currency, emoji, and the operators among ASCII punctuation: each a word of its own
LETTER: Final = 3
DIGIT: Final = 4
UNSPACED: Final = 5  # letters of scripts that put no spaces between words
IGNORED: Final = 6  # zero-width: joiners, directions, variation selectors
CONTROL: Final = 7
LOST: Final = 8  # the replacement character, private use, unassigned: nothing that a reader can make out

TABLE_SIZE: Final = 0x20000
_OPERATORS: Final = frozenset("%&*/\\")
_EMOJI: Final = range(0x1F000, 0x1FB00)


@dataclass(frozen=True, kw_only=True)
class UnicodeTables:
    """By code point, for the first two planes.

    Attributes:
        classes: uint8 [131072].
        folded: int32 [131072], the compatibility form in lower case where that is one code point, else the code point itself.
        points: int32 [131072], the code point itself: what ``folded`` is where nothing is to be folded.
        upper: bool [131072], whether it is a letter in upper case.
    """

    classes: np.ndarray
    folded: np.ndarray
    points: np.ndarray
    upper: np.ndarray


@functools.cache
def tables() -> UnicodeTables:
    """Build the tables; takes about a tenth of a second, once per process."""
    unspaced = np.zeros(TABLE_SIZE, dtype=bool)
    for first, last in UNSPACED_RANGES:
        unspaced[first : last + 1] = True
    classes = np.empty(TABLE_SIZE, dtype=np.uint8)
    folded = np.arange(TABLE_SIZE, dtype=np.int32)
    upper = np.zeros(TABLE_SIZE, dtype=bool)
    for point in range(TABLE_SIZE):
        character = chr(point)
        classes[point] = _class_of(character, point, in_unspaced=bool(unspaced[point]))
        upper[point] = character.isupper()
        if not 0xD800 <= point < 0xE000:
            form = unicodedata.normalize("NFKC", character).lower()
            if len(form) == 1 and ord(form) < TABLE_SIZE:
                folded[point] = ord(form)
    return UnicodeTables(classes=classes, folded=folded, points=np.arange(TABLE_SIZE, dtype=np.int32), upper=upper)


def _class_of(character: str, point: int, *, in_unspaced: bool) -> int:
    category = unicodedata.category(character)
    if 0xFE00 <= point <= 0xFE0F or category == "Cf":
        return IGNORED
    if character.isspace() or category[0] == "Z":
        return SPACE
    if category in {"Cc", "Cs"}:
        return CONTROL
    if point == 0xFFFD or category == "Co" or (category == "Cn" and point not in _EMOJI):
        return LOST
    if category[0] in "LM" or category == "Nl":
        return UNSPACED if in_unspaced else LETTER
    if category == "Nd":
        return DIGIT
    if character == "_" or category == "No":
        return LETTER
    if category[0] in "SC" or character in _OPERATORS:
        return SYMBOL
    return PUNCTUATION
