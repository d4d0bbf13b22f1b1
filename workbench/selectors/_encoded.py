"""Examples as vectors of a sentence encoder, each encoded once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pyarrow as pa

    from workbench.selectors._encoder import Encoder
    from workbench.types import ExampleTable, SelectorContext

_ENCODED_AT_ONCE: Final = 1_024


class LazyEncoder:
    """An encoder that is loaded when there is something to encode.

    Args:
        folder: as ``encoder_folder`` gives it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._encoder: Encoder | None = None

    def encode(self, texts: list[str]) -> np.ndarray:
        """As ``Encoder.encode``."""
        from workbench.selectors._encoder import Encoder

        if self._encoder is None:
            self._encoder = Encoder(self._folder)
        return self._encoder.encode(texts)


def encoded(examples: ExampleTable, texts: pa.LargeStringArray, name: str, encoder: LazyEncoder, context: SelectorContext) -> np.ndarray:
    """One vector per example, float32 [n, d]; those of examples that were encoded before are known."""
    import numpy as np
    import pyarrow as pa

    done = 0

    def compute(places: np.ndarray) -> pa.Table:
        nonlocal done
        if context.stopped():
            raise KeyboardInterrupt
        found = encoder.encode(texts.take(pa.array(places)).to_pylist()) if len(places) else np.empty((0, 1), dtype=np.float32)
        done += len(places)
        context.progress(done, len(examples))
        return pa.table({"vector": pa.FixedSizeListArray.from_arrays(pa.array(found.ravel()), found.shape[1])})

    known = context.remember(name, examples.column("content_hash"), compute, batch=_ENCODED_AT_ONCE)["vector"].combine_chunks()
    array = pa.concat_arrays(known.chunks) if isinstance(known, pa.ChunkedArray) else known
    vectors: np.ndarray = array.flatten().to_numpy().reshape(len(examples), array.type.list_size)
    return vectors
