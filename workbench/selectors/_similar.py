"""All pairs of texts above a Jaccard similarity: MinHash bands for candidates, exact sets for the answer.

A text is compared by 5-grams of words; where it has fewer than 32 words by 5-grams of characters, and where a quarter of its words is in scripts
without spaces by 3-grams of characters; where it is too short for one of these, as a whole. Texts that are compared in different ways share nothing.
So that two texts on either side of 32 words can meet, those somewhat longer enter a second time, by characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from workbench.selectors._blocks import BLOCK_TEXTS, blocks, in_parallel
from workbench.selectors._columns import buffers
from workbench.selectors._scan import FACTOR
from workbench.selectors._sketch import CHARACTERS, SHORTEST, WORDS, band_hashes, band_pairs, jaccard, lower_minima, shingles, sort_sets
from workbench.selectors._unicode import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from workbench.selectors._bands import Bands
    from workbench.types import SelectorContext

BLOCK_PAIRS: Final = 500_000
BUCKET: Final = 64
"""Texts that may share a band before they are no longer all paired with one another."""
WINDOW: Final = 16
_SKETCHED_AT_ONCE: Final = 200_000
_SEED: Final = 20_240_229
_HIGH: Final = np.uint64(32)


@dataclass(frozen=True, kw_only=True)
class SimilarPairs:
    """What was found.

    Attributes:
        a, b: int64 [pairs], positions of texts, a < b, each pair once.
        similarity: float64 [pairs], the least Jaccard similarity over the roles; at least the floor.
        crowded: bool [n], texts that were not paired with all that share a band with them.
        candidates: how many pairs were verified.
        ways: texts (of all roles) by the way they are compared: int64 [4], see ``_sketch``.
    """

    a: np.ndarray
    b: np.ndarray
    similarity: np.ndarray
    crowded: np.ndarray
    candidates: int
    ways: np.ndarray


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Texts as they enter the comparison: each once, then some a second time.

    Attributes:
        columns: the roles.
        source: int64, the text of each node; the first ``len(columns[0])`` nodes are all texts in order.
        limit: words below which a node of the second kind is compared by characters.
    """

    columns: Sequence[pa.LargeStringArray]
    source: np.ndarray
    limit: int

    @property
    def size(self) -> int:
        return len(self.columns[0])


def similar_pairs(
    columns: Sequence[pa.LargeStringArray], keys: pa.ChunkedArray, *, floor: float, plan: Bands, context: SelectorContext
) -> SimilarPairs:
    """Find the pairs of rows that are similar in every role.

    Args:
        columns: one array of texts per role, of equal length, without nulls.
        keys: of each row, 32 hexadecimal digits that its texts decide; a row that was sketched before is not sketched again (see ``Remember``).
        floor: the least similarity.
        plan: bands and rows for it.
        context: for threads, progress and the wish to stop.
    """
    size = len(columns[0])
    hashes, ways, longer = _sketches("sketches", columns, keys, plan, SHORTEST, int(np.ceil(SHORTEST / floor)), context)
    again = np.flatnonzero(longer) if ways[CHARACTERS] else np.empty(0, dtype=np.int64)
    nodes = _Nodes(columns=columns, source=np.concatenate([np.arange(size), again]), limit=int(np.ceil(SHORTEST / floor)))
    if len(again):
        some, own = [column.take(again) for column in columns], keys.take(again)
        second, _, _ = _sketches("sketches by characters", some, own, plan, nodes.limit, nodes.limit, context)
        hashes = np.concatenate([hashes, second])
    a, b, crowded = _candidates(hashes, nodes, context)
    similarity = _verify(nodes, a, b, floor, context)
    found = similarity > 0
    a, b, similarity = _by_text(nodes.source[a[found]], nodes.source[b[found]], similarity[found])
    crowded_texts = np.zeros(size, dtype=bool)
    crowded_texts[nodes.source[crowded]] = True
    return SimilarPairs(a=a, b=b, similarity=similarity, crowded=crowded_texts, candidates=len(found), ways=ways)


def pair_similarity(column: pa.LargeStringArray, a: np.ndarray, b: np.ndarray, *, floor: float, context: SelectorContext) -> np.ndarray:
    """The Jaccard similarity of given pairs of texts, float64; 0 where it is below the floor."""
    nodes = _Nodes(columns=[column], source=np.arange(len(column)), limit=SHORTEST)
    return _verify(nodes, a, b, floor, context)


def _sketches(  # noqa: PLR0917 - as `_sketch`, with what a row is known by
    name: str, columns: Sequence[pa.LargeStringArray], keys: pa.ChunkedArray, plan: Bands, shortest: int, limit: int, context: SelectorContext
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Band hashes uint32 [n, bands]; how many texts are compared in which way; which rows have a text by words that is shorter than ``limit``."""
    import pyarrow as pa

    def compute(places: np.ndarray) -> pa.Table:
        some = columns if len(places) == len(keys) else [column.take(pa.array(places)) for column in columns]
        hashes, forms, longer = _sketch(some, plan, shortest, limit, context)
        lists = {"hashes": hashes, "forms": forms}
        table = {key: pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1]) for key, values in lists.items()}
        return pa.table({**table, "longer": longer})

    known = context.remember(name, keys, compute, batch=_SKETCHED_AT_ONCE)
    hashes, forms = (_matrix(known[column]) for column in ("hashes", "forms"))
    return hashes, np.bincount(forms.ravel(), minlength=4), known["longer"].to_numpy()


def _matrix(column: pa.ChunkedArray) -> np.ndarray:
    """A column of lists of one length as an array that can be written to."""
    chunks = [chunk.flatten().to_numpy().reshape(len(chunk), -1) for chunk in column.chunks]
    return np.concatenate(chunks)


def _sketch(
    columns: Sequence[pa.LargeStringArray], plan: Bands, shortest: int, limit: int, context: SelectorContext
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Band hashes uint32 [n, bands]; how each text is compared, uint8 [n, roles]; which rows have a text by words that is shorter than ``limit``."""
    unicode = tables()
    size = len(columns[0])
    k = plan.bands * plan.rows
    rng = np.random.default_rng(_SEED)  # fixed, so that sketches of one dataset version can meet those of the next
    factors = rng.integers(0, 2**31, k, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    offsets = rng.integers(0, 2**32, k, dtype=np.uint32)
    hashes = np.empty((size, plan.bands), dtype=np.uint32)
    forms = np.empty((size, len(columns)), dtype=np.uint8)
    longer = np.zeros(size, dtype=bool)

    def work(block: tuple[int, int]) -> None:
        start, stop = block
        minima = np.full((stop - start, k), 0xFFFFFFFF, dtype=np.uint32)
        form = np.empty(stop - start, dtype=np.uint8)
        words = np.empty(stop - start, dtype=np.int64)
        for role, column in enumerate(columns):
            data, places = buffers(column.slice(start, stop - start))
            values, starts = shingles(data, places, unicode.classes, unicode.folded, shortest, form, words)
            lower_minima(values, starts, factors, offsets, np.uint64((role * int(FACTOR)) % 2**64), minima)
            longer[start:stop] |= (form == WORDS) & (words < limit)
            forms[start:stop, role] = form
        band_hashes(minima, plan.bands, plan.rows, hashes[start:stop])

    for done, _ in enumerate(in_parallel(work, blocks(columns), context)):
        context.progress(min((done + 1) * BLOCK_TEXTS, size), size)
    return hashes, forms, longer


def _candidates(hashes: np.ndarray, nodes: _Nodes, context: SelectorContext) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of nodes that share a band and can be alike, and which nodes stood in a bucket that was not paired in full."""
    texts = np.arange(len(hashes), dtype=np.uint64)
    crowded = np.zeros(len(hashes), dtype=bool)
    found = []

    def meeting(block: tuple[int, int]) -> tuple[int, np.ndarray, int]:
        """The texts that meet others in a band, and how many pairs of them there can be."""
        (band, _) = block
        packed = (hashes[:, band].astype(np.uint64) << _HIGH) | texts
        packed.sort()
        begins = np.flatnonzero(np.diff(packed >> _HIGH, prepend=np.uint64(0)))  # no hash is 0
        sizes = np.diff(begins, append=len(packed))
        most = np.where(sizes > BUCKET, sizes * WINDOW, sizes * (sizes - 1) // 2).sum()
        return band, packed[np.repeat(sizes, sizes) > 1], int(most)

    bands = hashes.shape[1]
    for first in range(0, bands, context.threads):  # no more at once: each takes sixteen bytes a text, and what meets is kept
        for band, packed, most in in_parallel(meeting, ((each, each + 1) for each in range(first, min(first + context.threads, bands))), context):
            pairs = np.empty(most, dtype=np.uint64)
            # The marks that this takes from crowded texts are those of its own band, which is sorted already.
            found.append(pairs[: band_pairs(packed, hashes, band, BUCKET, WINDOW, crowded, pairs)].copy())
    pairs = np.concatenate(found)
    if crowded.any():
        pairs = np.unique(pairs)
    a, b = (pairs >> _HIGH).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
    # Two texts that both entered again are compared as what they are: by words.
    useful = (a < nodes.size) & (nodes.source[a] != nodes.source[b])
    return a[useful], b[useful], crowded


def _verify(nodes: _Nodes, a: np.ndarray, b: np.ndarray, floor: float, context: SelectorContext) -> np.ndarray:
    """The least Jaccard similarity over the roles, float64 [pairs]; 0 where it is below the floor."""
    similarity = np.ones(len(a))
    involved, places = np.unique(np.concatenate([a, b]), return_inverse=True)
    left, right = places[: len(a)], places[len(a) :]
    for column in nodes.columns:
        values, starts, sizes = _sets(nodes, column, involved, context)

        def work(block: tuple[int, int], *, sets: tuple[np.ndarray, np.ndarray, np.ndarray] = (values, starts, sizes)) -> None:
            part = slice(*block)
            jaccard(*sets, left[part], right[part], floor, similarity[part])

        steps = ((start, min(start + BLOCK_PAIRS, len(a))) for start in range(0, len(a), BLOCK_PAIRS))
        for _ in in_parallel(work, steps, context):
            pass
    return similarity


def _sets(nodes: _Nodes, column: pa.LargeStringArray, involved: np.ndarray, context: SelectorContext) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The shingle sets of some nodes: ``values`` with each node's sorted from ``starts`` on, ``sizes`` of them."""
    unicode = tables()
    split = int(np.searchsorted(involved, nodes.size))
    values, starts, sizes = [np.empty(0, dtype=np.uint64)], [np.zeros(1, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    end = 0
    for chosen, shortest in ((involved[:split], SHORTEST), (involved[split:], nodes.limit)):
        texts = column.take(nodes.source[chosen])

        def work(
            block: tuple[int, int], *, texts: pa.LargeStringArray = texts, shortest: int = shortest
        ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            start, stop = block
            data, places = buffers(texts.slice(start, stop - start))
            form, words = np.empty(stop - start, dtype=np.uint8), np.empty(stop - start, dtype=np.int64)
            room, begins = shingles(data, places, unicode.classes, unicode.folded, shortest, form, words)
            own = room.copy()  # the kernel's array has room for a shingle per byte
            many = np.empty(stop - start, dtype=np.int64)
            sort_sets(own, begins, many)
            return own, begins, many

        for own, begins, many in in_parallel(work, blocks([texts]), context):
            values.append(own)
            starts.append(begins[1:] + end)
            sizes.append(many)
            end += len(own)
    return np.concatenate(values), np.concatenate(starts)[:-1], np.concatenate(sizes)


def _by_text(a: np.ndarray, b: np.ndarray, similarity: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs in order, each once with its greatest similarity."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((-similarity, high, low))
    low, high, similarity = low[order], high[order], similarity[order]
    new = np.ones(len(low), dtype=bool)
    new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return low[new], high[new], similarity[new]
