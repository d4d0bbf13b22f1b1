"""Generated texts with known near duplicates, for the benchmarks of duplicates: words of a Zipf distribution, and edited copies of some rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from pathlib import Path

VOCABULARY = 50_000
COPIES = 0.15
"""Share of rows that are an edited copy of an earlier one; one in ten of them is unedited."""
_CHUNK = 50_000


def vocabulary(rng: np.random.Generator) -> pa.Array:
    """Different made-up words of 2 to 10 letters."""
    letters = np.array(list("etaoinshrdlucmfwypvbgk"))
    lengths = np.clip(rng.poisson(5.0, 3 * VOCABULARY), 2, 10)
    words = dict.fromkeys("".join(rng.choice(letters, length)) for length in lengths)
    return pa.array(list(words)[:VOCABULARY], pa.large_string())


def write_texts(path: Path, *, rows: int, words: int, seed: int, edited: float = 0.9) -> np.ndarray:
    """Write ``rows`` texts as an Arrow file with one column ``text``, and give the original of each row: int64 [rows], itself for an original.

    Lengths are uniform within a tenth of ``words``. Of the copies, ``edited`` have up to a tenth of their words replaced, so that similarities to the
    original spread from 0.2 to 1. Copies stand after all originals.
    """
    rng = np.random.default_rng(seed)
    known = vocabulary(rng)
    weights = 1 / np.arange(10, len(known) + 10)
    cumulative = np.cumsum(weights / weights.sum())
    originals = rows - round(rows * COPIES)
    lengths = rng.integers(round(words * 0.9), round(words * 1.1) + 1, originals)
    family = np.concatenate([np.arange(originals), rng.integers(0, originals, rows - originals)])
    begins = np.concatenate([[0], np.cumsum(lengths)])
    tokens = np.empty(begins[-1], dtype=np.uint16)
    for start in range(0, len(tokens), 1 << 22):
        part = tokens[start : start + (1 << 22)]
        part[:] = np.searchsorted(cumulative, rng.random(len(part))).clip(0, len(known) - 1)
    schema = pa.schema([("text", pa.large_string())])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for start in range(0, rows, _CHUNK):
            of = family[start : start + _CHUNK]
            offsets = np.concatenate([[0], np.cumsum(lengths[of])])
            own = tokens[np.repeat(begins[of] - offsets[:-1], lengths[of]) + np.arange(offsets[-1])]
            changed = (np.arange(start, start + len(of)) >= originals) & (rng.random(len(of)) < edited)
            edits = np.repeat(np.arange(len(of)), np.where(changed, 1 + rng.integers(0, np.maximum(lengths[of] // 10, 1)), 0))
            own[offsets[edits] + (rng.random(len(edits)) * lengths[of[edits]]).astype(np.int64)] = rng.integers(0, len(known), len(edits))
            lists = pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), known.take(pa.array(own)))
            writer.write(pa.record_batch([pc.binary_join(lists, pa.scalar(" ", pa.large_string()))], schema=schema))
    return family


def read_texts(path: Path) -> pa.ChunkedArray:
    """The texts of such a file, in memory that the process can share."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()["text"]
