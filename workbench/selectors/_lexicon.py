"""Lists of words to look for, each with what it means elsewhere: read from text, found in columns.

A list is plain text, one entry a line, ``#`` begins a comment. ``[name]`` begins a category; the entries of ``[exceptions]`` say where others do not
count. In an entry ``*`` at the end of a word is any ending, ``<group>`` any term of a lexicon of groups of people, ``<you>`` a person who is
spoken to ("you are such a"). In an exception ``{}`` is any entry that is found there, quoted or not: ``the word {}``.

Entries match whole words whatever their case, letters may repeat (``shiiit``), and a vowel may be hidden (``f*ck``, ``sh1t``, ``b@stard``); entries
in scripts without spaces match anywhere.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.errors import RecipeError
from workbench.selectors._patterns import Match, matching
from workbench.selectors._text import UNSPACED_RANGES, is_unspaced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

EXCEPTIONS: Final = "exceptions"
_LEAST_HIDDEN: Final = 4
"""Letters of a word from which on letters may be hidden: of shorter ones too little would be left."""
_HIDDEN: Final = {"a": "a@*", "e": "e3*", "i": "i1!*", "o": "o0*", "u": "u*"}
_CHARACTER: Final = "[^\\W" + "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED_RANGES) + "]"
_END: Final = rf"(?:(?<!{_CHARACTER})|(?!{_CHARACTER}))"
"""Where a word ends, or what is no such word."""
_YOU: Final = r"(?:you(?:['’]?re|[ ]+are)?|u[ ]+r|ur)(?:[ ]+(?:such|so|just|all|really|nothing|but|fucking|a|an|the))*"
_QUOTE: Final = r"[ \"'“”‘’「」『』《]*"
_AROUND: Final = 60
"""Characters around a match in which an exception is looked for."""


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """Words to look for.

    Attributes:
        entries: category to its entries, in the order of the list.
        exceptions: see the module.
    """

    entries: tuple[tuple[str, tuple[str, ...]], ...]
    exceptions: tuple[str, ...]


def read_lexicon(text: str, where: str) -> Lexicon:
    """Read a list.

    Args:
        text: see the module.
        where: what it is called in an error.

    Raises:
        RecipeError: for an entry without a category or without a letter, or a list without an entry.
    """
    categories: dict[str, list[str]] = {}
    current: list[str] | None = None
    for number, raw in enumerate(text.splitlines(), start=1):
        line = " ".join(raw.partition("#")[0].lower().split())
        if line.startswith("[") and line.endswith("]"):
            current = categories.setdefault(line[1:-1].strip(), [])
        elif line and current is None:
            raise RecipeError(f"{where}:{number}: {line!r} stands before any category.", expected="a line such as [insult] above it")
        elif line and not re.search(r"\w", re.sub(r"<group>|<you>", "", line)):
            raise RecipeError(f"{where}:{number}: {line!r} has no letter to look for.", expected="a word or a phrase")
        elif line and current is not None:
            current.append(line)
    exceptions = categories.pop(EXCEPTIONS, [])
    entries = tuple((name, tuple(dict.fromkeys(words))) for name, words in categories.items() if words)
    if not entries:
        raise RecipeError(f"{where} holds no word to look for.", expected="categories in brackets, and one word or phrase a line below each")
    return Lexicon(entries=entries, exceptions=tuple(exceptions))


class Finder:
    """Finds the entries of a list.

    Args:
        lexicon: the list.
        groups: terms of groups of people, what ``<group>`` stands for.
    """

    def __init__(self, lexicon: Lexicon, groups: Sequence[str]) -> None:
        self._categories = tuple(name for name, _ in lexicon.entries)
        group = _any_of([_words(term, hidden=False) for term in sorted(groups, key=lambda term: (-len(term), term))])
        self._pattern = _pattern([words for _, words in lexicon.entries], group)
        self._excused = _pattern([[line for line in lexicon.exceptions if "{}" not in line]], group)
        sides = [tuple(side.strip() for side in line.split("{}", 1)) for line in lexicon.exceptions if "{}" in line]
        self._before = re.compile(rf"{_any_of([_whole(left) for left, right in sides if left])}{_QUOTE}$")
        self._after = re.compile(rf"{_QUOTE}{_any_of([_whole(right) for left, right in sides if not left])}")
        self._sieve = _sieve([entry for _, words in lexicon.entries for entry in words])

    def found_in(self, texts: pa.LargeStringArray, role: str) -> Iterator[tuple[int, list[Match]]]:
        """Positions in ascending order, and the matches there that no exception takes away; none overlap."""
        import numpy as np

        candidates = np.flatnonzero(matching(texts, self._sieve))
        for position, text in zip(candidates.tolist(), texts.take(candidates).to_pylist(), strict=True):
            matches = list(self._in_text(text, role))
            if matches:
                yield position, matches

    def _in_text(self, text: str, role: str) -> Iterator[Match]:
        excused: list[tuple[int, int]] | None = None
        # In lower case, for Python skips alternatives by their first letter only where case counts; İ alone would become longer.
        lower = text.replace("İ", "I").lower()
        for found in self._pattern.finditer(lower):
            start, end = found.span()
            if excused is None:
                excused = [each.span() for each in self._excused.finditer(lower)]
            # An exception need hold no more than where the match begins: "to kill" excuses "kill" and all that follows it.
            if any(first <= start < last for first, last in excused):
                continue
            if self._before.search(lower[max(0, start - _AROUND) : start]) or self._after.match(lower[end : end + _AROUND]):
                continue
            category = self._categories[int(str(found.lastgroup)[1:])]
            yield Match(role=role, code=category, start=start, end=end, text=text[start:end])


@functools.cache
def finder(text: str, where: str, groups: tuple[str, ...]) -> Finder:
    """The finder of a list; it is made once."""
    return Finder(read_lexicon(text, where), groups)


def _any_of(parts: Sequence[str]) -> str:
    return f"(?:{'|'.join(parts)})" if parts else r"(?!)"


def _pattern(categories: Sequence[Sequence[str]], group: str) -> re.Pattern[str]:
    """Finds the entries of all categories; the name of the last group of a match ends in the place of its category.

    All that begins a word stands behind one look back, and what begins alike stands together: Python tries alternatives one after the other.
    """
    spaced, unspaced = [], []
    for place, entries in enumerate(categories):
        parts: dict[str, list[str]] = {"": [], "<group>": [], "<you>": []}
        inside = []
        for entry in entries:
            head = next((mark for mark in ("<group>", "<you>") if entry.startswith(mark)), "")
            if is_unspaced(entry):
                inside.append(_filled(entry, group))
            else:
                parts[head].append(_filled(entry.removeprefix(head).strip(), group))
        heads = {"": "", "<group>": rf"{group}[ ]+", "<you>": rf"{_YOU}[ ]+"}
        some = [heads[head] + _any_of(found) + _END for head, found in parts.items() if found]
        if some:
            spaced.append(rf"(?P<s{place}>{'|'.join(some)})")
        if inside:
            unspaced.append(rf"(?P<u{place}>{'|'.join(inside)})")
    boundary = rf"(?<!{_CHARACTER}){_any_of(spaced)}"
    return re.compile("|".join([boundary, *unspaced]))


def _filled(entry: str, group: str) -> str:
    """An entry as an expression of Python's, to be tried where a word begins."""
    words, mark, rest = entry.partition("<group>")
    gap = "" if is_unspaced(words) else "[ ]+"
    return _words(words.strip(), hidden=True) + (gap + group + _words(rest.strip(), hidden=True) if mark else "")


def _whole(words: str) -> str:
    return _words(words, hidden=False) if is_unspaced(words) else rf"(?<!{_CHARACTER}){_words(words, hidden=False)}{_END}"


def _words(words: str, *, hidden: bool) -> str:
    """Words as an expression of Python's."""
    if not words or is_unspaced(words):
        return re.escape(words)
    return r"[\s-]+".join(_word(word, hidden=hidden) for word in words.split())


def _word(word: str, *, hidden: bool) -> str:
    stem = word.rstrip("*")
    ending = rf"{_CHARACTER}*" if stem != word else ""
    if not hidden or not stem.isascii() or not stem.isalpha():
        return re.escape(stem) + ending
    hide = len(stem) >= _LEAST_HIDDEN
    letters = [f"[{_HIDDEN[letter]}]" if hide and place and letter in _HIDDEN else letter for place, letter in enumerate(stem)]
    return letters[0] + "".join(f"{letter}+" for letter in letters[1:]) + ending


def _sieve(entries: Sequence[str]) -> str:
    """An expression in RE2's syntax that matches every text with an entry, and few others: the longest word of each."""
    parts = []
    for entry in entries:
        longest = max(re.sub(r"<group>|<you>", " ", entry).split(), key=len)
        if is_unspaced(longest) or not longest.isascii():
            parts.append(re.escape(longest.rstrip("*")))
        else:
            parts.append(rf"\b{_word(longest.rstrip('*'), hidden=True)}" + ("" if longest.endswith("*") else r"\b"))
    return rf"(?i){'|'.join(dict.fromkeys(parts))}"
