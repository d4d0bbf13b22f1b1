"""Counts of n-grams that texts share, for many pairs of texts at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BLOCK = 1_000_000
"""Tokens that are counted at once; a longer text is a block of its own."""


@dataclass(frozen=True)
class Sequences:
    """Token sequences, one after the other.

    Attributes:
        codes: int64 [tokens]: equal codes are equal tokens.
        lengths: int64 [n]: tokens of each sequence.
    """

    codes: np.ndarray
    lengths: np.ndarray


def of_tokens(sequences: Sequence[Sequence[str]], vocabulary: dict[str, int]) -> Sequences:
    """Sequences of words; the vocabulary gives each new word the next code and is shared by what is to be compared."""
    codes = [vocabulary.setdefault(token, len(vocabulary)) for tokens in sequences for token in tokens]
    return Sequences(np.array(codes, dtype=np.int64), np.array([len(tokens) for tokens in sequences], dtype=np.int64))


def of_characters(texts: Sequence[str]) -> Sequences:
    """Sequences of code points."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return Sequences(codes.astype(np.int64), np.array([len(text) for text in texts], dtype=np.int64))


def shared_ngrams(given: Sequences, wanted: Sequence[Sequences], order: int) -> np.ndarray:
    """How many n-grams each sequence shares with its references, n from 1 to ``order``: int64 [n, order].

    An n-gram counts as often as it stands in the sequence, but no more often than in that one of the references where it is most frequent.

    Args:
        given: n sequences.
        wanted: the first references of all, the second ones, and so on; n sequences each, empty where there are fewer.
        order: the longest n-gram.
    """
    sides = [given, *wanted]
    n = len(given.lengths)
    codes = np.concatenate([side.codes for side in sides])
    rows = np.concatenate([np.repeat(np.arange(n), side.lengths) for side in sides])
    side_of = np.repeat(np.arange(len(sides)), [len(side.codes) for side in sides])
    width = int(codes.max(initial=0)) + 1
    # An n-gram within a row is one number: the rank of its first n - 1 tokens in that row, times the width, plus its last token.
    rank, starts = rows, np.arange(len(codes))
    shared = np.zeros((n, order), dtype=np.int64)
    for length in range(1, order + 1):
        last = starts + length - 1
        inside = last < len(codes)
        inside[inside] = (rows[starts[inside]] == rows[last[inside]]) & (side_of[starts[inside]] == side_of[last[inside]])
        starts, last, rank = starts[inside], last[inside], rank[inside]
        _, first, rank = np.unique(rank * width + codes[last], return_index=True, return_inverse=True)
        counts = [np.bincount(rank[side_of[starts] == side], minlength=len(first)) for side in range(len(sides))]
        matches = np.minimum(counts[0], np.maximum.reduce(counts[1:]))
        shared[:, length - 1] = np.bincount(rows[starts[first]], weights=matches, minlength=n)
    return shared


def possible_ngrams(lengths: np.ndarray, order: int) -> np.ndarray:
    """How many n-grams sequences of these lengths [n] have, n from 1 to ``order``: [n, order]."""
    return np.maximum(lengths[:, None] - np.arange(order), 0)


def blocks(sizes: Sequence[int]) -> Iterator[slice]:
    """Slices of consecutive texts of about ``BLOCK`` tokens together, given the size of each."""
    start = total = 0
    for place, size in enumerate(sizes):
        if total and total + size > BLOCK:
            yield slice(start, place)
            start, total = place, 0
        total += size
    if start < len(sizes):
        yield slice(start, len(sizes))
