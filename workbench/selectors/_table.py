"""An open-addressed table of hashes for kernels that look at one text after another."""

from __future__ import annotations

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._scan import mix


@kernel
def table_size(entries: int) -> int:
    """The size of a table for so many entries: a power of two, at least half of it empty."""
    size = 4
    while size < 2 * entries:
        size *= 2
    return size


@kernel
def insert(table: np.ndarray, stamps: np.ndarray, stamp: int, key: np.uint64) -> tuple[np.int64, bool]:
    """Where a key stands in a table, and whether it is new there; entries of other stamps count as empty, so that nothing needs to be cleared."""
    mask = len(table) - 1
    at = np.int64(mix(key) & np.uint64(mask))
    while stamps[at] == stamp:
        if table[at] == key:
            return at, False
        at = (at + 1) & mask
    table[at] = key
    stamps[at] = stamp
    return at, True
