"""The items that a model is judged on, prepared so that texts can be held against all of them at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from workbench.selectors._columns import buffers, composed
from workbench.selectors._overlap import all_words, item_grams, locate, longest_spans, make_filter, wholes
from workbench.selectors._unicode import tables

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

UNSPACED_SHARE: Final = 0.25
"""Share of words in scripts without spaces from which on an item is compared by characters."""
POSTINGS: Final = 16
"""Items that are followed from one gram, the shortest first: what stands in more of them is a formula that says little of any."""
BLOCK: Final = 2_048
ABSENT: Final = -1


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What texts are answered with.

    Attributes:
        values: uint64, a hash of each answer.
        starts: int64 [n + 1], where those of each text begin.
    """

    values: np.ndarray
    starts: np.ndarray

    @classmethod
    def none(cls, size: int) -> Answers:
        """No answers, which agree with all."""
        return cls(values=np.empty(0, dtype=np.uint64), starts=np.zeros(size + 1, dtype=np.int64))

    def of(self, text: int) -> set[int]:
        """Those of one text."""
        return set(self.values[self.starts[text] : self.starts[text + 1]].tolist())

    def slice(self, start: int, stop: int) -> Answers:
        """Those of some texts."""
        return Answers(values=self.values, starts=self.starts[start : stop + 1])


@dataclass(frozen=True, kw_only=True)
class Overlaps:
    """What texts share with items.

    Attributes:
        item: int64 [n], the item that most of stands in the text, or ``ABSENT``.
        exact: bool [n], whether the text equals it.
        share: float64 [n], of the item's words that stand in the text in one piece.
        words: int64 [n], how many they are.
        at, place: int64 [n], the first of them in the text and in the item.
    """

    item: np.ndarray
    exact: np.ndarray
    share: np.ndarray
    words: np.ndarray
    at: np.ndarray
    place: np.ndarray


class Items:
    """An index of items.

    Args:
        texts: the items, without nulls.
        words, characters: the least number of neighbouring words that counts, for texts of scripts with and without spaces.
        answers: an item counts only for a text that shares one of its answers; an item without answers for all.
    """

    def __init__(self, texts: pa.LargeStringArray, *, words: int, characters: int, answers: Answers | None = None) -> None:
        unicode = tables()
        self._tables = unicode.classes, unicode.folded
        self._answers = answers or Answers.none(len(texts))
        self._words, self._starts, unspaced = all_words(*buffers(texts), *self._tables)
        sizes = np.diff(self._starts)
        windows = np.where(unspaced >= UNSPACED_SHARE * np.maximum(sizes, 1), characters, words).astype(np.int64)
        self._windows = np.unique(windows[sizes >= windows])
        grams, items, places = item_grams(self._words, self._starts, windows)
        order = np.lexsort((places, items, sizes[items], grams))
        grams, items, places = grams[order], items[order], places[order]
        begins = np.flatnonzero(np.concatenate([[True], grams[1:] != grams[:-1]])[: len(grams)])
        rank = np.arange(len(grams)) - np.repeat(begins, np.diff(begins, append=len(grams)))
        kept = rank < POSTINGS
        self._items, self._places = items[kept], places[kept]
        self._grams, counts = np.unique(grams[kept], return_counts=True)
        self._firsts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        # Sixteen bits a gram, so that one word in sixteen is looked up in vain.
        self._bits = np.zeros(1 << max(len(self._grams) // 4, 1).bit_length(), dtype=np.uint64)
        make_filter(self._grams, self._bits)
        self._wholes = wholes(*buffers(texts), *self._tables)
        self._by_whole = np.argsort(self._wholes, kind="stable")

    def __len__(self) -> int:
        return len(self._wholes)

    @property
    def empty(self) -> int:
        """Items of nothing, which no text equals."""
        return int((self._wholes == 0).sum())

    def overlaps(
        self, inputs: pa.LargeStringArray, searched: pa.LargeStringArray, answers: Answers, *, threads: int, stopped: Callable[[], bool]
    ) -> Overlaps:
        """Hold texts against all items.

        Args:
            inputs: what may equal an item, without nulls.
            searched: what may hold a part of one; begins with the input.
            answers: of each text.
            threads: how many cores to use.
            stopped: whether to give up.

        Raises:
            KeyboardInterrupt: where ``stopped`` says so.
        """
        size = len(inputs)
        found = np.full((size, 4), ABSENT, dtype=np.int64)
        equal = np.full(size, ABSENT, dtype=np.int64)

        def work(start: int) -> None:
            if stopped():
                raise KeyboardInterrupt
            stop = min(start + BLOCK, size)
            own = answers.slice(start, stop)
            equal[start:stop] = self._equal(inputs.slice(start, stop - start), own)
            longest_spans(
                *buffers(searched.slice(start, stop - start)),
                *self._tables,
                self._windows,
                self._bits,
                self._grams,
                self._firsts,
                self._items,
                self._places,
                self._words,
                self._starts,
                self._answers.values,
                self._answers.starts,
                own.values,
                own.starts,
                found[start:stop],
            )

        with ThreadPoolExecutor(max_workers=threads) as pool:
            try:
                for _ in pool.map(work, range(0, size, BLOCK)):
                    pass
            finally:
                pool.shutdown(cancel_futures=True)
        return self._told(found, equal)

    def _told(self, found: np.ndarray, equal: np.ndarray) -> Overlaps:
        exact = equal != ABSENT
        item = np.where(exact, equal, found[:, 0])
        sizes = np.diff(self._starts)[item] if len(self) else np.zeros(len(item), dtype=np.int64)
        words = np.where(exact, sizes, np.where(item == ABSENT, 0, found[:, 3]))
        return Overlaps(
            item=item,
            exact=exact,
            share=np.where(exact, 1.0, words / np.maximum(sizes, 1)),
            words=words,
            at=np.where(exact, 0, found[:, 1]),
            place=np.where(exact, 0, found[:, 2]),
        )

    def _equal(self, texts: pa.LargeStringArray, answers: Answers) -> np.ndarray:
        """The first item that each text equals, int64 [n]; ``ABSENT`` where there is none. Texts of nothing equal none."""
        own = wholes(*buffers(texts), *self._tables)
        ordered = self._wholes[self._by_whole]
        low, high = np.searchsorted(ordered, own, side="left"), np.searchsorted(ordered, own, side="right")
        found = np.full(len(own), ABSENT, dtype=np.int64)
        for text in np.flatnonzero((high > low) & (own > 0)).tolist():
            for item in self._by_whole[low[text] : high[text]].tolist():
                wanted = self._answers.of(item)
                if not wanted or wanted & answers.of(text):
                    found[text] = item
                    break
        return found


def answers_of(role: pa.ChunkedArray) -> Answers:
    """The answers of a role that holds one text or a list of texts or spans each; none where it has no value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pa.concat_arrays(role.chunks) if role.num_chunks else pa.array([], role.type)
    if pa.types.is_large_list(column.type):
        values = column.flatten()
        texts = values.field("text") if pa.types.is_struct(values.type) else values
        counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    else:
        texts, counts = column.drop_null(), column.is_valid().to_numpy(zero_copy_only=False)
    unicode = tables()
    hashes = wholes(*buffers(composed(pc.fill_null(texts.cast(pa.large_string()), ""))), unicode.classes, unicode.folded)
    return Answers(values=hashes, starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


def places_of(texts: pa.LargeStringArray, first: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Where so many words from ``first`` on stand in each text: int64 [n, 2], code points."""
    unicode = tables()
    return locate(*buffers(texts), unicode.classes, unicode.folded, np.stack([first, first + words], axis=1).astype(np.int64))
