"""Which examples are equal: groups by the normalised text of roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import buffers, chunks_of, composed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, SelectorContext


PART: Final = 32_768
"""Rows or pairs that are worth a task of their own; a hash table of so many stays in a core's cache."""


def group_codes(examples: ExampleTable, roles: Sequence[str], context: SelectorContext, *, fold_case: bool = False) -> np.ndarray:
    """A number for each example, equal for two of them exactly where all these roles are equal once normalised.

    int64 [n]: 0, 1, 2, ... in the order in which they appear. Texts are grouped by a hash and then compared as a whole, so no two different ones are
    ever taken for one.
    """
    import numpy as np

    codes = np.zeros(len(examples), dtype=np.int64)
    for role in roles:
        codes = paired(codes, _text_codes(chunks_of(examples, role), context, fold_case=fold_case))
    return codes


def paired(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Numbers like ``group_codes`` that are equal exactly where both of two such are."""
    if not one.any():
        return other
    if not other.any():
        return one
    return _numbered(one * (int(other.max()) + 1) + other)


def first_of_each(codes: np.ndarray) -> np.ndarray:
    """The first position that has the same code, int64 [n]; codes are numbered in the order in which they appear."""
    import numpy as np

    new = np.ones(len(codes), dtype=bool)
    new[1:] = codes[1:] > np.maximum.accumulate(codes)[:-1]
    firsts: np.ndarray = np.flatnonzero(new)[codes] if len(codes) else codes
    return firsts


def _numbered(keys: np.ndarray) -> np.ndarray:
    """0, 1, 2, ... for the different keys, in the order in which they appear: int64 [n]."""
    import numpy as np
    import pyarrow as pa

    indices = pa.array(keys).dictionary_encode().indices
    numbers: np.ndarray = indices.to_numpy().astype(np.int64)
    return numbers


def _text_codes(chunks: Sequence[pa.LargeStringArray], context: SelectorContext, *, fold_case: bool) -> np.ndarray:
    """Equal numbers for texts that are equal once normalised: int64 [n]."""
    import numpy as np
    import pyarrow.compute as pc

    from workbench.selectors._blocks import blocks, in_parallel
    from workbench.selectors._equal import text_hashes
    from workbench.selectors._unicode import tables

    pieces = [chunk.slice(start, stop - start) for chunk in chunks for start, stop in blocks([chunk])]
    begins = np.cumsum([0, *(len(piece) for piece in pieces)])
    classes, hashes, collapsed = tables().classes, np.empty(begins[-1], dtype=np.uint64), np.empty(begins[-1], dtype=bool)

    def work(block: tuple[int, int]) -> None:
        for at in range(*block):
            piece = composed(pieces[at])
            pieces[at] = pc.utf8_lower(piece) if fold_case else piece
            text_hashes(*buffers(pieces[at]), classes, hashes[begins[at] : begins[at + 1]], collapsed[begins[at] : begins[at + 1]])

    for _ in in_parallel(work, _each(len(pieces)), context):
        pass
    firsts, repeated = _first_equals(hashes, context)
    _compare(pieces, begins, collapsed, firsts, repeated, context)
    return _codes(firsts)


def _codes(firsts: np.ndarray) -> np.ndarray:
    """Numbers in the order in which they appear, from the first position that is equal to each."""
    import numpy as np

    codes: np.ndarray = (np.cumsum(firsts == np.arange(len(firsts))) - 1)[firsts]
    return codes


def _each(count: int) -> Iterator[tuple[int, int]]:
    return ((at, at + 1) for at in range(count))


def _first_equals(hashes: np.ndarray, context: SelectorContext) -> tuple[np.ndarray, np.ndarray]:
    """The first row with an equal hash, int64 [n], and whether a row is not alone with its hash, bool [n]."""
    import numpy as np

    from workbench.selectors._blocks import in_parallel
    from workbench.selectors._equal import first_equals, partition

    size = len(hashes)
    bits = max((size // PART).bit_length(), 1)
    values, rows, starts = np.empty(size, dtype=np.uint64), np.empty(size, dtype=np.int64), np.zeros((1 << bits) + 1, dtype=np.int64)
    partition(hashes, np.uint64(64 - bits), values, rows, starts)
    firsts, repeated = np.empty(size, dtype=np.int64), np.zeros(size, dtype=bool)

    def work(block: tuple[int, int]) -> None:
        for part in range(*block):
            own = slice(starts[part], starts[part + 1])
            first_equals(values[own], rows[own], firsts, repeated)

    for _ in in_parallel(work, _each(1 << bits), context):
        pass
    return firsts, repeated


def _compare(  # noqa: PLR0917 - arrays of the same rows
    pieces: Sequence[pa.LargeStringArray],
    begins: np.ndarray,
    collapsed: np.ndarray,
    firsts: np.ndarray,
    repeated: np.ndarray,
    context: SelectorContext,
) -> None:
    """Compare the texts of each group byte by byte, and part those that only their hash had put together: changes ``firsts``."""
    import numpy as np

    from workbench.selectors._blocks import in_parallel
    from workbench.selectors._equal import gather, unlike
    from workbench.selectors._unicode import tables

    members = np.flatnonzero(repeated)
    sizes = np.concatenate([np.diff(buffers(piece)[1])[repeated[begins[at] : begins[at + 1]]] for at, piece in enumerate(pieces)] or [members])
    starts, ends = np.cumsum(sizes) - sizes, np.empty(len(members), dtype=np.int64)
    room = np.empty(int(sizes.sum()), dtype=np.uint8)
    bounds = np.searchsorted(members, begins)

    def collect(block: tuple[int, int]) -> None:
        for at in range(*block):
            own = slice(bounds[at], bounds[at + 1])
            texts = collapsed[begins[at] : begins[at + 1]]
            gather(*buffers(pieces[at]), tables().classes, texts, members[own] - begins[at], room, starts[own], ends[own])

    for _ in in_parallel(collect, _each(len(pieces)), context):
        pass
    place = np.empty(len(firsts), dtype=np.int64)
    place[members] = np.arange(len(members))
    others = members[firsts[members] != members]
    one, other, differ = place[firsts[others]], place[others], np.empty(len(others), dtype=bool)

    def check(block: tuple[int, int]) -> None:
        part = slice(*block)
        unlike(room, starts, ends, one[part], other[part], differ[part])

    for _ in in_parallel(check, ((start, min(start + PART, len(others))) for start in range(0, len(others), PART)), context):
        pass
    if differ.any():
        seen: dict[tuple[int, bytes], int] = {}
        for row in members[np.isin(firsts[members], firsts[others[differ]])].tolist():
            text = room[starts[place[row]] : ends[place[row]]].tobytes()
            firsts[row] = seen.setdefault((int(firsts[row]), text), row)


def absent(examples: ExampleTable, roles: Sequence[str]) -> np.ndarray:
    """Where none of these roles has a value: bool [n]."""
    import numpy as np
    import pyarrow.compute as pc

    empty = np.ones(len(examples), dtype=bool)
    for role in roles:
        empty &= pc.is_null(examples.column(role)).combine_chunks().to_numpy(zero_copy_only=False)
    return empty
