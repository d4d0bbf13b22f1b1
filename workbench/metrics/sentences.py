"""Splits text into sentences by punctuation, in Latin and CJK script alike."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

RULE = "lines, else after .!? before a space and no lower-case letter, and after 。！？"
"""The rule in a few words, for signatures."""


@functools.cache
def _end() -> regex.Pattern[str]:
    import regex

    closing = r"[\"'”’»)\]」』）】]*"
    return regex.compile(rf"[.!?…]+{closing}(?=\s+[^\s\p{{Ll}}])|[。！？｡]+{closing}")


def sentences(text: str) -> list[str]:
    """The sentences of a text, without surrounding space; empty ones are left out.

    A text that holds newlines is taken line by line, as ROUGE's own input is. Else a sentence ends after ``.``, ``!``, ``?`` or ``…`` where a space
    and something other than a lower-case letter follow, and after each ideographic full stop, exclamation or question mark; closing quotes and
    brackets belong to it. Abbreviations before a capital ("Dr. Who") are split: no list of them fits all languages.
    """
    if "\n" in text:
        parts = text.split("\n")
    else:
        cuts = [0, *(match.end() for match in _end().finditer(text)), len(text)]
        parts = [text[start:end] for start, end in itertools.pairwise(cuts)]
    return [part.strip() for part in parts if part.strip()]
