"""Which script a text is written in, as far as metrics must know it.

Most reference implementations of metrics split words at spaces or keep ``[a-z0-9]`` only, which gives a quiet 0 on texts written without spaces
(Chinese, Japanese, Thai, ...) or in another alphabet. The functions here tell such texts apart, one by one, so that a reference in Latin script keeps
the value of the reference implementation and the others get tokens that mean something.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""Scripts written without spaces between words, as the inside of a character class of the ``regex`` module."""

SHARE = 0.2
"""A text counts as unspaced, or as foreign to ``[a-z0-9]``, when at least this share of its words is; a character of an unspaced script is a word."""


@functools.cache
def _pattern(expression: str) -> regex.Pattern[str]:
    import regex

    return regex.compile(expression)


def _found(expression: str, text: str) -> list[str]:
    return [match.group() for match in _pattern(expression).finditer(text)]


def words(text: str) -> list[str]:
    """Words of any script: runs of letters, marks and digits; in scripts without spaces each character with its marks is a word."""
    # The first alternative takes one unspaced character, the second stops before the next one.
    return _found(rf"[{UNSPACED}]\p{{M}}*|(?:(?![{UNSPACED}])[\p{{L}}\p{{N}}]\p{{M}}*)+", text)


def is_unspaced(text: str) -> bool:
    """Whether a text is written without spaces between words."""
    return _share(text, rf"[{UNSPACED}]") >= SHARE


def is_foreign(text: str) -> bool:
    """Whether a text is written in another script than Latin."""
    return _share(text, r"(?!\p{Latin})\p{L}") >= SHARE


def is_unspaced_beyond_han(text: str) -> bool:
    """Whether a text is unspaced and at least a tenth of its unspaced characters is not Han: Japanese, Thai and the like."""
    if not is_unspaced(text):
        return False
    characters = len(_found(rf"[{UNSPACED}]", text))
    return characters - len(_found(r"\p{Han}", text)) >= 0.1 * characters


def _share(text: str, start: str) -> float:
    """The share of words that begin with a character that the expression describes."""
    if text.isascii():
        return 0.0
    found = words(text)
    matches = _pattern(start).match
    return sum(matches(word) is not None for word in found) / len(found) if found else 0.0
