"""Words and terms of texts as columns, for tests of association."""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse

from workbench.selectors._statistics import indicators
from workbench.selectors._text import compiled, is_unspaced, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What texts hold.

    Attributes:
        matrix: 0 or 1 [n, terms].
        names: what each term is called.
        spellings: as what each is found in a text: one or more spellings, lower case.
    """

    matrix: scipy.sparse.csr_array
    names: tuple[str, ...]
    spellings: tuple[tuple[str, ...], ...]

    def pattern(self, term: int) -> re.Pattern[str]:
        """Finds a term in a text."""
        return _pattern(self.spellings[term])


def words_of(texts: pa.LargeStringArray, least_rows: int) -> Terms:
    """The words in at least so many texts, in lower case; in scripts without spaces single characters and pairs of neighbours."""
    from sklearn.feature_extraction.text import CountVectorizer

    if len(texts) < least_rows:
        return Terms(matrix=indicators([], len(texts)), names=(), spellings=())
    vectorizer = CountVectorizer(analyzer=_analysed, binary=True, min_df=1)
    try:
        counts = vectorizer.fit_transform(texts.fill_null("").to_pylist())
    except ValueError:  # no text has a word
        return Terms(matrix=indicators([], len(texts)), names=(), spellings=())
    frequent = np.flatnonzero(np.asarray(counts.sum(axis=0)).ravel() >= least_rows)
    names = tuple(vectorizer.get_feature_names_out()[frequent].tolist())
    return Terms(matrix=scipy.sparse.csr_array(counts[:, frequent]), names=names, spellings=tuple((name,) for name in names))


def _analysed(text: str) -> list[str]:
    found = words(text.lower())
    pairs = [one + other for one, other in itertools.pairwise(found) if is_unspaced(one) and is_unspaced(other)]
    return found + pairs


def groups_of(texts: pa.LargeStringArray, groups: Mapping[str, Sequence[str]]) -> Terms:
    """Groups of people, and each of their terms, as they are named in texts: whole words whatever their case, in scripts without spaces anywhere."""
    lexicon = {group: tuple(term.lower() for term in terms) for group, terms in groups.items()}
    owners: dict[str, list[str]] = {}
    for group, terms in lexicon.items():
        for term in terms:
            owners.setdefault(term, []).append(group)
    finder = _Finder(tuple(owners))
    found: dict[str, set[int]] = {name: set() for name in [*lexicon, *owners]}
    for position, text in enumerate(texts.fill_null("").to_pylist()):
        for term in finder.terms_in(text.lower()):
            found[term].add(position)
            for group in owners[term]:
                found[group].add(position)
    names = tuple(found)
    rows = [np.array(sorted(found[name]), dtype=np.int64) for name in names]
    return Terms(matrix=indicators(rows, len(texts)), names=names, spellings=tuple(lexicon.get(name, (name,)) for name in names))


class _Finder:
    """Finds which of many terms a text holds, at the price of splitting it into words: an alternation of all of them takes forty times as long."""

    def __init__(self, terms: Sequence[str]) -> None:
        self._inside = [term for term in terms if is_unspaced(term)]
        spaced = [term for term in terms if not is_unspaced(term)]
        self._single = {term for term in spaced if compiled(r"\w+").fullmatch(term)}
        self._phrases: dict[str, list[str]] = {}
        for term in spaced:
            if term not in self._single:
                self._phrases.setdefault(compiled(r"\w*").match(term)[0], []).append(term)  # type: ignore[index]  # matches anything

    def terms_in(self, text: str) -> list[str]:
        """The terms in a text of lower case."""
        split = set(compiled(r"\w+").findall(text))
        found = list(self._single & split)
        for first in self._phrases.keys() & (split | {""}):
            found += [term for term in self._phrases[first] if _pattern((term,)).search(text)]
        if not text.isascii():
            found += [term for term in self._inside if term in text]
        return found


@functools.cache
def _pattern(spellings: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any of some spellings, the longest first."""
    ordered = sorted(spellings, key=lambda term: (-len(term), term))
    parts = [re.escape(term) if is_unspaced(term) else rf"\b{re.escape(term)}\b" for term in ordered]
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)
