"""Imports: examples staged as Parquet beside the store, numbered, fingerprinted, and ingested in slices."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import duckdb
import numpy as np

from workbench.errors import DataError, StoreError
from workbench.store import codec, columns
from workbench.store.failures import speaking_of
from workbench.store.ingest import DATASET, SLICE_BYTES, SLICE_ROWS, Ingest, Stage, cut
from workbench.store.rows import arrays, first, now, store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa

    from workbench.store.door import Door
    from workbench.store.records import DatasetRecord
    from workbench.types import Role

_RESERVED = {*columns.EXAMPLE, *columns.STAGED, *columns.VERDICTS}


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A staged file: its first row, how many it has, and their bytes in memory."""

    path: Path
    first: int
    rows: int
    bytes: int


class ImportStage:
    """An import under way. Used as a context manager: whatever was staged is gone on leaving it, ingested by ``finish`` or not.

    Nothing here holds the store's lock but ``finish``, a slice at a time.
    """

    def __init__(
        self,
        door: Door,
        find: Callable[[str, str], DatasetRecord | None],
        *,
        name: str,
        task: str,
        source: str,
        license: str,  # noqa: A002
        roles: tuple[Role, ...],
        target: str,
        keyed: bool,
    ) -> None:
        clash = sorted(_RESERVED & {role.name for role in roles})
        if clash:
            raise DataError(
                f"Task {task!r} calls a role {clash[0]!r}.", expected=f"a name other than {', '.join(sorted(_RESERVED))}", advice="Rename the role."
            )
        self._door = door
        self._find = find
        self._name, self._task, self._source, self._license = name, task, source, license
        self._roles, self._target, self._keyed = roles, target, keyed
        self._columns = {**columns.STAGED, **columns.of_roles(roles)}
        self._parts: list[_Part] = []
        self._pending: list[pa.Table] = []
        self._rejected: list[pa.Table] = []
        self._planted: list[pa.Table] = []
        self._rows = 0
        with speaking_of(door.path):
            self._stage = Stage(door.files)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stage.close()

    def add(self, table: pa.Table) -> None:
        """Add examples, in order.

        Args:
            table: ``split`` string, ``key`` string (the user's own id, or null), ``raw_hash`` string (or null), ``content_hash`` string, ``source``
                string, ``line`` int64 (or null), ``meta`` string (a JSON object), and one column per role. Types are converted where they can be.

        Raises:
            DataError: a column is missing, does not convert, or has nulls where it must not.
            StoreError: the disk is full.
        """
        table = columns.shaped(table, self._columns, "A table of examples")
        for name in ("split", "content_hash", "source", "meta"):
            if table.column(name).null_count:
                raise DataError(f"A table of examples has a null in the column {name!r}.", expected="a value in every row")
        self._pending.append(table)
        if sum(part.num_rows for part in self._pending) >= SLICE_ROWS or sum(part.nbytes for part in self._pending) >= SLICE_BYTES:
            self._flush()

    def reject(self, table: pa.Table) -> None:
        """Set rows aside: ``file`` string, ``line`` int64 (or null), ``reason`` string, ``excerpt`` string; each row counts as one that was read."""
        self._rejected.append(columns.shaped(table, columns.REJECTED, "A table of rejected rows"))

    def plant(self, table: pa.Table) -> None:
        """Remember planted defects: ``row`` int64 (position among all added rows of ``train``), ``kind`` string, ``detail`` string (JSON)."""
        self._planted.append(columns.shaped(table, columns.PLANTED, "A table of planted defects"))

    def finish(self, *, read: int) -> DatasetRecord:
        """Ingest what was staged; it becomes visible with the last slice.

        Args:
            read: rows that were read; each was added or rejected.

        Returns:
            The new version, or the one that has this name and content already.

        Raises:
            StoreError: ``read`` is not the sum of both, the disk is full, or the store cannot be written.
            DataError: a key stands twice in a split, or a planted row is not among those of ``train``.
        """
        with speaking_of(self._door.path):
            self._flush()
            rejected = sum(table.num_rows for table in self._rejected)
            if read != self._rows + rejected:
                raise StoreError(
                    f"The import of {self._name!r} read {read} rows, of which {self._rows} were added and {rejected} rejected.",
                    expected="read = imported + rejected",
                    advice="Rows were lost or doubled on the way: this is a defect of the reader or of the task's parse.",
                )
            splits, version, planted = self._number()
            found = self._find(self._name, version)
            if found is None:
                self._ingest(version, splits=splits, planted=planted, read=read, rejected=rejected)
            else:
                with self._door.write() as connection:  # what people import last is what they work on
                    connection.execute("UPDATE datasets SET last_imported = ? WHERE dataset_id = ?", [now(), found.dataset_id])
        record = self._find(self._name, version)
        if record is None:
            raise StoreError(f"The dataset {self._name!r} was removed while it was being imported.", advice="Import it again.")
        return record

    def _flush(self) -> None:
        """Write what was added as parts that fit a slice, each row with its number."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        pending, self._pending = self._pending, []
        if not pending:
            return
        for part in cut(pa.concat_tables(pending)):
            path = self._stage.folder / f"part-{len(self._parts):06}.parquet"
            with speaking_of(self._door.path):
                rows = pa.array(np.arange(self._rows, self._rows + part.num_rows))
                pq.write_table(part.add_column(0, "row", rows), path, compression="zstd", compression_level=1)
            self._parts.append(_Part(path=path, first=self._rows, rows=part.num_rows, bytes=part.nbytes))
            self._rows += part.num_rows

    @property
    def _ids(self) -> Path:
        return self._stage.folder / "ids.parquet"

    def _number(self) -> tuple[dict[str, int], str, pa.Table | None]:
        """Give every example its id; the counts by split, the fingerprint, and the planted defects by row of the store."""
        if not self._parts:
            return {}, self._fingerprint(None), self._planted_rows(np.empty(0, np.int64))
        with duckdb.connect(
            config={"temp_directory": str(self._stage.folder / "tmp"), "memory_limit": f"{self._door.memory_limit // 2**20}MiB"}
        ) as connection:
            # The first of equal examples has the bare hash, the next ".1"; keys are the users' own.
            connection.execute(
                """
                CREATE TABLE ids AS
                SELECT row, split, content_hash, coalesce(key, content_hash || CASE WHEN n = 0 THEN '' ELSE '.' || n END) AS example_id
                FROM (
                    SELECT row, split, key, content_hash, row_number() OVER (PARTITION BY split, content_hash, key IS NULL ORDER BY row) - 1 AS n
                    FROM read_parquet(?)
                )
                ORDER BY row
                """,
                [[_literal(part.path) for part in self._parts]],
            )
            again = "SELECT split, example_id, count(*) FROM ids GROUP BY ALL HAVING count(*) > 1 ORDER BY min(row) LIMIT 1"
            twice = first(connection, again)
            if twice is not None:
                raise DataError(
                    f"The key {twice[1]!r} stands {twice[2]} times in the split {twice[0]!r}.",
                    expected="keys that are unique within a split",
                    advice="Name another column with key:, or leave it out: examples are then known by their content.",
                )
            connection.execute(
                f"COPY (SELECT row, example_id FROM ids ORDER BY row) TO ? (FORMAT parquet, ROW_GROUP_SIZE {SLICE_ROWS})", [str(self._ids)]
            )
            splits = dict(connection.execute("SELECT split, count(*) FROM ids GROUP BY split ORDER BY min(row)").fetchall())
            train = arrays(connection, "SELECT row FROM ids WHERE split = 'train' ORDER BY row")["row"]
            return splits, self._fingerprint(connection), self._planted_rows(train)

    def _fingerprint(self, connection: duckdb.DuckDBPyConnection | None) -> str:
        """128 bits over the task's view of the data and the sorted (split, example id, content hash), so that the order of rows does not matter."""
        roles = sorted((role.name, str(role.type)) for role in self._roles)
        digest = hashlib.blake2b(codec.dumps([self._task, self._target, roles]).encode(), digest_size=16)
        if connection is not None:
            lengths_first = "strlen(split) || ':' || split || strlen(example_id) || ':' || example_id || content_hash"
            reader = connection.sql(f"SELECT {lengths_first} AS entry FROM ids ORDER BY split, example_id").to_arrow_reader(SLICE_ROWS)
            for batch in reader:
                for entry in batch.column("entry").to_pylist():
                    digest.update(entry.encode())
        return digest.hexdigest()

    def _planted_rows(self, train: np.ndarray) -> pa.Table | None:
        """Planted defects by row of the store, given the rows of the split ``train``."""
        import pyarrow as pa

        if not self._planted:
            return None
        planted = pa.concat_tables(self._planted)
        positions = planted.column("row").to_numpy()
        if len(positions) and (positions.min() < 0 or positions.max() >= len(train)):
            raise DataError(f"A defect is planted in row {positions.max()} of train.", expected=f"a row from 0 to {len(train) - 1}")
        return planted.set_column(0, "row", pa.array(train[positions]))

    def _ingest(self, version: str, *, splits: dict[str, int], planted: pa.Table | None, read: int, rejected: int) -> None:
        import pyarrow as pa

        with Ingest(self._door, DATASET, definition=columns.roles_definition(self._roles), stage=self._stage) as ingest:
            for part in self._parts:
                for start, stop in ingest.ranges(part.rows):
                    self._put(ingest, part, start, stop)
            if self._rejected:
                ingest.fill("_rejected_rows", pa.concat_tables(self._rejected), select="{id}, *")
            if planted is not None:
                ingest.fill("_planted", planted, select="{id}, *")
            with self._door.write() as connection:
                if first(connection, "SELECT 1 FROM datasets WHERE name = ? AND version = ?", [self._name, version]):
                    return  # somebody else was faster
                ingest.complete(connection)
                moment = now()
                store(
                    connection,
                    "datasets",
                    {
                        "dataset_id": ingest.id,
                        "name": self._name,
                        "version": version,
                        "task": self._task,
                        "source": self._source,
                        "license": self._license,
                        "created": moment,
                        "last_imported": moment,
                        "roles": codec.dumps(self._roles),
                        "target": self._target,
                        "read": read,
                        "imported": self._rows,
                        "rejected": rejected,
                        "splits": codec.dumps(splits),
                        "keyed": self._keyed,
                        "bytes": sum(part.bytes for part in self._parts),
                    },
                )

    def _put(self, ingest: Ingest, part: _Part, start: int, stop: int) -> None:
        """Ingest the rows from ``start`` to ``stop`` of a part, counted within it."""

        def piece(connection: duckdb.DuckDBPyConnection) -> None:
            bounds = [part.first + start, part.first + stop]
            connection.execute(
                """
                INSERT INTO _examples
                SELECT ?, row, split, example_id, content_hash, nullif(raw_hash, ''), source, line, meta
                FROM read_parquet(?) AS part JOIN read_parquet(?) AS ids USING (row)
                WHERE row >= ? AND row < ?
                ORDER BY row
                """,
                [ingest.id, _literal(part.path), _literal(self._ids), *bounds],
            )
            names = columns.listing(role.name for role in self._roles)
            connection.execute(
                f"INSERT INTO {ingest.own} SELECT row, {names} FROM read_parquet(?) WHERE row >= ? AND row < ?", [_literal(part.path), *bounds]
            )

        ingest.put(piece, rows=stop - start, size=part.bytes * (stop - start) // part.rows)


def _literal(path: Path) -> str:
    """A path as DuckDB reads it, which takes every path for a pattern."""
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(path))
