"""Which examples are equal: groups by the normalised text of roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.selectors._columns import buffers, composed, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, SelectorContext


def normalised(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """The texts in composed form (NFC), each run of white space one blank and none at the ends. Null is empty."""
    import pyarrow as pa

    from workbench.selectors._scan import collapse_spaces
    from workbench.selectors._unicode import tables

    data, offsets = collapse_spaces(*buffers(composed(texts)), tables().classes)
    return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(data))


def group_codes(examples: ExampleTable, roles: Sequence[str], context: SelectorContext, *, fold_case: bool = False) -> np.ndarray:
    """A number for each example, equal for two of them exactly where all these roles are equal once normalised.

    int64 [n]: 0, 1, 2, ... in the order in which they appear. Texts are grouped by a hash and then compared as a whole, so no two different ones are
    ever taken for one.
    """
    import numpy as np

    codes = np.zeros(len(examples), dtype=np.int64)
    for role in roles:
        codes = paired(codes, _text_codes(text_of(examples, role), context, fold_case=fold_case))
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


def _text_codes(texts: pa.LargeStringArray, context: SelectorContext, *, fold_case: bool) -> np.ndarray:
    """Equal numbers for texts that are equal once normalised: int64 [n]."""
    import numpy as np
    import pyarrow.compute as pc

    from workbench.selectors._blocks import blocks, in_parallel
    from workbench.selectors._equal import text_hashes, unlike
    from workbench.selectors._unicode import tables

    texts = pc.fill_null(composed(texts), "")
    texts = pc.utf8_lower(texts) if fold_case else texts
    classes, hashes = tables().classes, np.empty(len(texts), dtype=np.uint64)

    def work(block: tuple[int, int]) -> None:
        text_hashes(*buffers(texts.slice(block[0], block[1] - block[0])), classes, hashes[slice(*block)])

    for _ in in_parallel(work, blocks([texts]), context):
        pass
    codes = _numbered(hashes)
    firsts = first_of_each(codes)
    others = np.flatnonzero(firsts != np.arange(len(codes)))
    mistaken = codes[others[unlike(*buffers(texts), classes, firsts[others], others)]]
    if len(mistaken):
        met = np.flatnonzero(np.isin(codes, mistaken))
        codes[met] = len(codes) + normalised(texts.take(met)).dictionary_encode().indices.to_numpy()
        codes = _numbered(codes)
    return codes


def absent(examples: ExampleTable, roles: Sequence[str]) -> np.ndarray:
    """Where none of these roles has a value: bool [n]."""
    import numpy as np
    import pyarrow.compute as pc

    empty = np.ones(len(examples), dtype=bool)
    for role in roles:
        empty &= pc.is_null(examples.column(role)).combine_chunks().to_numpy(zero_copy_only=False)
    return empty
