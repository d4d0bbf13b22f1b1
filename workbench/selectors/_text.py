"""Operations on text that selectors share, for any script.

A word is a run of letters, marks and digits; in scripts that put no spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) each
character counts as one. So "length in words" is length in characters there, and a rule in words means something in every language.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final

UNSPACED_RANGES: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # iteration marks, zero
    (0x3040, 0x312F),  # Hiragana, Katakana, Bopomofo
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x20000, 0x3FFFF),  # Han beyond the basic plane
)
"""Blocks of the scripts that put no spaces between words, first and last code point; their letters and marks are words of their own."""


_LETTERS: Final = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nl"})  # and numerals that are letters, such as 〇


def _unspaced_class() -> str:
    """The letters and marks of those blocks, as the inside of a regular expression's character class."""
    parts = []
    for first, last in UNSPACED_RANGES:
        if last - first > 0x200:  # Han, where all are letters
            parts.append(f"{chr(first)}-{chr(last)}")
        else:
            parts += [chr(point) for point in range(first, last + 1) if unicodedata.category(chr(point)) in _LETTERS]
    return "".join(parts)


UNSPACED: Final = _unspaced_class()
# Python's \w leaves combining marks out, which would cut words of Hindi or of vocalised Arabic into pieces.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff"
# Only single classes are possessive: before Python 3.11.5, possessive groups match wrongly.
_RUN = rf"(?:[^\W{UNSPACED}]++|[{_MARKS}]++)+"
WORD: Final = rf"[{UNSPACED}]|{_RUN}(?:(?:(?<=[^\W\d])['\u2019](?=[^\W\d{UNSPACED}])|(?<=\d)[.,](?=\d)){_RUN})*"
"""One word, as a regular expression of Python's: apostrophes between letters and points between digits belong to it."""
_ABBREVIATION: Final = r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|e\.g|i\.e|cf|al|Fig|No|approx)|\b[A-Z])\.$"
_SENTENCE_END: Final = r"""(?:[。！？｡]+[”’」』）"']*|[.!?…]+["'”’)\]]*(?=\s))\s*|\n{2,}\s*"""


@functools.cache
def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A regular expression, compiled at its first use and not when a plugin is imported."""
    return re.compile(pattern, flags)


def words(text: str) -> list[str]:
    """The words of a text as they stand in it; each character of an unspaced script is one."""
    return compiled(WORD).findall(text)


def is_unspaced(text: str) -> bool:
    """Whether a text begins with a character of a script that puts no spaces between words."""
    return compiled(f"[{UNSPACED}]").match(text) is not None


def unspaced_share(text: str) -> float:
    """Which share of the words is in scripts without spaces, 0 to 1; 0 for a text without words."""
    found = words(text)
    return sum(is_unspaced(word) for word in found) / len(found) if found else 0.0


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end, in code points, without white space around them; see ``sentences``."""
    bounds, start = [], 0
    for match in compiled(_SENTENCE_END).finditer(text):
        if compiled(_ABBREVIATION).search(text, start, match.start() + 1):
            continue
        bounds.append((start, match.end()))
        start = match.end()
    bounds.append((start, len(text)))
    spans = []
    for first, last in bounds:
        piece = text[first:last]
        if stripped := piece.strip():
            begin = first + piece.index(stripped)
            spans.append((begin, begin + len(stripped)))
    return spans


def sentences(text: str) -> list[str]:
    """The sentences of a text, stripped; Chinese and Japanese ends of sentences need no space behind them."""
    return [text[start:end] for start, end in sentence_spans(text)]
