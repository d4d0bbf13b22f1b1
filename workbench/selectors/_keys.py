"""Which examples are equal: groups by the normalised text of roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.selectors._columns import buffers, composed, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable


def normalised(texts: pa.LargeStringArray, *, fold_case: bool = False) -> pa.LargeStringArray:
    """The texts in composed form (NFC), each run of white space one blank and none at the ends; on request in lower case. Null is empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from workbench.selectors._scan import collapse_spaces
    from workbench.selectors._unicode import tables

    data, offsets = collapse_spaces(*buffers(composed(texts)), tables().classes)
    collapsed = pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(data))
    return pc.utf8_lower(collapsed) if fold_case else collapsed


def group_codes(examples: ExampleTable, roles: Sequence[str], *, fold_case: bool = False) -> np.ndarray:
    """A number for each example, int64 [n], equal for two of them exactly where all these roles are equal once normalised.

    Texts are compared as a whole, not by a hash, so no two different ones are ever taken for one.
    """
    import numpy as np

    codes = np.zeros(len(examples), dtype=np.int64)
    for role in roles:
        own = normalised(text_of(examples, role), fold_case=fold_case).dictionary_encode().indices.to_numpy().astype(np.int64)
        codes = np.unique(codes * (len(examples) + 1) + own, return_inverse=True)[1]
    return codes


def first_of_each(codes: np.ndarray) -> np.ndarray:
    """The first position that has the same code: int64 [n]."""
    import numpy as np

    _, firsts, inverse = np.unique(codes, return_index=True, return_inverse=True)
    return firsts[inverse]


def absent(examples: ExampleTable, roles: Sequence[str]) -> np.ndarray:
    """Where none of these roles has a value: bool [n]."""
    import numpy as np
    import pyarrow.compute as pc

    empty = np.ones(len(examples), dtype=bool)
    for role in roles:
        empty &= pc.is_null(examples.column(role)).combine_chunks().to_numpy(zero_copy_only=False)
    return empty
