"""Records that are known by the content they were computed from: scores of finished batches, sketches, embeddings.

They stand in Parquet files in the folder beside the store, so they outlive an interrupt without holding its lock, and the next version of a dataset
finds them. Nothing rests on them: a file that is missing or damaged means that its records are computed again.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

_KEY = "key"
_BYTES = 16
_MANY = 16


def as_keys(hashes: pa.ChunkedArray) -> np.ndarray:
    """Hashes of 32 hexadecimal digits as the cache takes them: bytes of length 16, which sort and compare quickly."""
    return np.frombuffer(bytes.fromhex("".join(hashes.to_pylist())), dtype=f"S{_BYTES}")


class ContentCache:
    """The records of one kind.

    Args:
        folder: theirs alone; it is made with the first record.
    """

    def __init__(self, folder: Path) -> None:
        import pyarrow as pa

        self._folder = folder
        self._parts = sorted(folder.glob("*.parquet"))
        tables = [table for path in self._parts if (table := _read(path)) is not None]
        self._records = pa.concat_tables(tables) if tables else None
        keys = self._records[_KEY] if self._records is not None else None
        own = np.empty(0, f"S{_BYTES}") if keys is None else np.concatenate([_as_bytes(chunk) for chunk in keys.chunks])
        self._order = np.argsort(own, kind="stable")
        self._keys = own[self._order]

    def find(self, keys: np.ndarray) -> np.ndarray:
        """Where each key's record is, int64 [n]; -1 where there is none."""
        if not len(self._keys):
            return np.full(len(keys), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[places] == keys, self._order[places], -1)

    def take(self, places: np.ndarray) -> pa.Table:
        """The records at places that ``find`` gave."""
        if self._records is None:
            raise LookupError("nothing is known, so there is nothing to take")
        return self._records.drop_columns([_KEY]).take(places)

    def add(self, keys: np.ndarray, records: pa.Table) -> None:
        """Keep records for whoever opens the cache next; they are on disk, all or none, when this returns."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        column = pa.FixedSizeBinaryArray.from_buffers(pa.binary(_BYTES), len(keys), [None, pa.py_buffer(np.ascontiguousarray(keys).tobytes())])
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{uuid.uuid4().hex}.parquet"
        nascent = path.with_suffix(".new")
        try:
            pq.write_table(records.add_column(0, _KEY, column), nascent, compression="zstd", compression_level=1)
            nascent.rename(path)
        except BaseException:
            nascent.unlink(missing_ok=True)
            raise
        self._parts.append(path)

    def compact(self) -> None:
        """Make one file of many, where there are many. Interrupted, it leaves records twice, which does no harm."""
        import pyarrow as pa

        old = list(self._parts)
        if len(old) < _MANY:
            return
        whole = pa.concat_tables([table for path in old if (table := _read(path)) is not None])
        keys = np.concatenate([_as_bytes(chunk) for chunk in whole[_KEY].chunks])
        _, first = np.unique(keys, return_index=True)
        self.add(keys[first], whole.drop_columns([_KEY]).take(first))
        for path in old:
            path.unlink(missing_ok=True)


class Memory:
    """Fits ``workbench.types.Remember``, and counts.

    Args:
        folder: where the records of each name get a folder.
        stopped: whether to stop before the next batch.
    """

    def __init__(self, folder: Path, stopped: Callable[[], bool]) -> None:
        self._folder = folder
        self._stopped = stopped
        self.computed: dict[str, int] = {}
        self.known: dict[str, int] = {}

    def __call__(self, name: str, keys: pa.ChunkedArray, compute: Callable[[np.ndarray], pa.Table], *, batch: int = 100_000) -> pa.Table:
        """See ``Remember``."""
        import pyarrow as pa

        cache = ContentCache(self._folder / _file_name(name))
        own = as_keys(keys)
        places = cache.find(own)
        missing = np.flatnonzero(places < 0)
        parts = [cache.take(places[places >= 0])] if (places >= 0).any() else []
        for start in range(0, len(missing), batch):
            if self._stopped():
                raise KeyboardInterrupt
            positions = missing[start : start + batch]
            records = compute(positions)
            cache.add(own[positions], records)
            parts.append(records)
        self.computed[name] = len(missing)
        self.known[name] = len(own) - len(missing)
        cache.compact()
        if not parts:
            return compute(missing)
        if len(missing) == len(own):
            return pa.concat_tables(parts)
        place = np.empty(len(own), dtype=np.int64)
        place[np.concatenate([np.flatnonzero(places >= 0), missing])] = np.arange(len(own))
        return pa.concat_tables(parts).take(place)

    def notes(self) -> list[str]:
        """What was spared, one sentence for each kind of record."""
        return [f"{name}: {self.computed[name]} computed, {self.known[name]} known from before" for name in self.computed]


def _read(path: Path) -> pa.Table | None:
    """A file's records; None where it was removed meanwhile or is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowInvalid):
        return None


def _as_bytes(chunk: pa.FixedSizeBinaryArray) -> np.ndarray:
    return np.frombuffer(chunk.buffers()[1], dtype=f"S{_BYTES}", count=len(chunk), offset=_BYTES * chunk.offset)


def _file_name(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
