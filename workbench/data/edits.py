"""Edits of text that plants make: small ones that leave a near copy, and large ones that spoil it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

# A character of Chinese, Japanese or Korean script, or a word of any other: what a reader takes for one unit.
_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_UNIT = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+")
_SHINGLE = 5
_TRIES = 4  # for each number of edits
_NOISE = "#@%&*~^$|<>{}[]\\/=+_0123456789"


def units(text: str) -> list[str]:
    """The words of a text, lower case; each character of Chinese, Japanese and Korean script is one."""
    return [match[0].casefold() for match in _UNIT.finditer(text)]


def similarity(one: Sequence[str], other: Sequence[str]) -> float:
    """Jaccard similarity of the sets of 5-grams of units; of texts too short for one, whether they are equal."""
    a, b = ({tuple(each[start : start + _SHINGLE]) for start in range(len(each) - _SHINGLE + 1)} for each in (one, other))
    if not a or not b:
        return float(one == other)
    return len(a & b) / len(a | b)


def vocabulary(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """The words and the CJK characters of some texts, sorted, to make edits from."""
    found = {match[0] for text in texts for match in _UNIT.finditer(text)}
    characters = {each for each in found if re.fullmatch(rf"[{_CJK}]", each)}
    return sorted(found - characters), sorted(characters)


def near_copy(text: str, least: float, words: tuple[list[str], list[str]], rng: random.Random) -> tuple[str, float] | None:
    """A copy with a few units replaced, removed, added or swapped.

    Args:
        text: what to copy.
        least: the similarity that it must keep; it is always below 1.
        words: what ``vocabulary`` gave.
        rng: decides on the edits.

    Returns:
        The copy and its similarity, or None for a text that is too short for one.
    """
    before = units(text)
    most = max(1, len(before) // 40)
    for edits in sorted({most, most // 2, 1} - {0}, reverse=True):
        for _ in range(_TRIES):
            copy = text
            for _ in range(edits):
                copy = _edited(copy, words, rng)
            reached = similarity(before, units(copy))
            if least <= reached < 1:
                return copy, reached
    # An edit at the end touches one 5-gram, anywhere else up to five: the only way for short texts.
    copy = _with_one_more(text, words, rng)
    reached = similarity(before, units(copy))
    return (copy, reached) if least <= reached < 1 else None


def _edited(text: str, words: tuple[list[str], list[str]], rng: random.Random) -> str:
    places = list(_UNIT.finditer(text))
    if not places:
        return text
    position = rng.randrange(len(places))
    start, end = places[position].span()
    match rng.choice(("replace", "remove", "add", "swap")):
        case "replace":
            return text[:start] + _new_unit(places[position][0], words, rng) + text[end:]
        case "remove":
            return text[:start].rstrip(" ") + text[end:] if text[end : end + 1] in {"", " "} else text[:start] + text[end:]
        case "add":
            unit = _new_unit(places[position][0], words, rng)
            return text[:start] + unit + _gap(unit) + text[start:]
        case _:
            if position + 1 == len(places):
                return text
            then, last = places[position + 1].span()
            return text[:start] + text[then:last] + text[end:then] + text[start:end] + text[last:]


def _with_one_more(text: str, words: tuple[list[str], list[str]], rng: random.Random) -> str:
    places = list(_UNIT.finditer(text))
    if not places:
        return text
    unit = _new_unit(places[-1][0], words, rng)
    return text[: places[-1].end()] + _gap(unit) + unit + text[places[-1].end() :]


def _new_unit(like: str, words: tuple[list[str], list[str]], rng: random.Random) -> str:
    """Another unit of the same script."""
    known = words[1] if re.match(rf"[{_CJK}]", like) else words[0]
    return rng.choice(known) if known else like


def _gap(unit: str) -> str:
    return "" if re.match(rf"[{_CJK}]", unit) else " "


def truncated(text: str, rng: random.Random) -> str | None:
    """The first 30 to 70 % of a text, cut within a sentence; None for one of fewer than eight units."""
    places = list(_UNIT.finditer(text))
    if len(places) < 8:
        return None
    start, end = places[rng.randint(len(places) * 3 // 10, len(places) * 7 // 10)].span()
    return text[: max(start + (end - start) // 2, start + 1)]


def garbled(text: str, rng: random.Random) -> str | None:
    """A text that went through the wrong encoding, or, where it is ASCII, has noise for letters; None for fewer than eight letters."""
    letters = [position for position, character in enumerate(text) if character.isalpha()]
    if len(letters) < 8:
        return None
    if sum(text[position] > "\x7f" for position in letters) * 5 >= len(letters):
        return text.encode().decode("cp1252", errors="replace")
    spoilt = list(text)
    for position in rng.sample(letters, max(1, len(letters) * 3 // 10)):
        spoilt[position] = rng.choice(_NOISE)
    return "".join(spoilt)
