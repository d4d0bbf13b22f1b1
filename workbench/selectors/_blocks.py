"""Work on ranges of rows, on all cores: kernels do not hold the interpreter's lock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from workbench.selectors._columns import buffers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyarrow as pa

    from workbench.types import SelectorContext

BLOCK_BYTES: Final = 4_000_000
BLOCK_TEXTS: Final = 16_384
Result = TypeVar("Result")


def blocks(columns: Sequence[pa.LargeStringArray]) -> Iterator[tuple[int, int]]:
    """Ranges of rows that are worth one call of a kernel, by number and by bytes."""
    size, start, before = len(columns[0]), 0, 0
    ends = np.zeros(size, dtype=np.int64)
    for column in columns:
        offsets = buffers(column)[1]
        ends += offsets[1:] - offsets[0]
    while start < size:
        stop = min(int(np.searchsorted(ends, before + BLOCK_BYTES, side="right")), start + BLOCK_TEXTS)
        stop = max(stop, start + 1)
        yield start, stop
        start, before = stop, int(ends[stop - 1])


def in_parallel(work: Callable[[tuple[int, int]], Result], ranges: Iterable[tuple[int, int]], context: SelectorContext) -> Iterator[Result]:
    """Results of ranges in order, on as many cores as the context allows; a wish to stop is heeded between two."""
    with ThreadPoolExecutor(max_workers=context.threads) as pool:
        try:
            for result in pool.map(work, ranges):
                heed(context)
                yield result
        finally:
            pool.shutdown(cancel_futures=True)


def heed(context: SelectorContext) -> None:
    """Stop where the user asked to."""
    if context.stopped():
        raise KeyboardInterrupt
