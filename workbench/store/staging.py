"""Imports: examples staged as Parquet beside the store, numbered, fingerprinted, and ingested in slices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np

from workbench.errors import DataError, StoreError
from workbench.store import codec, columns
from workbench.store.erasure import forgotten
from workbench.store.example_views import make_views, rebuild_examples
from workbench.store.failures import speaking_of
from workbench.store.ingest import DATASET, SLICE_BYTES, SLICE_ROWS, Ingest, Stage, cut
from workbench.store.numbering import literal, number
from workbench.store.rows import first, now, store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

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

    Nothing but ``finish`` holds the store's lock for longer than a look, and that a slice at a time. What was erased for good once (see ``erasure``)
    is set aside.
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
        self._train_gone: list[np.ndarray] = []
        with door.read() as connection:
            self._forgotten = forgotten(connection)
        with speaking_of(door.path):
            self._stage = Stage(door.files)
        self._ids = self._stage.folder / "ids.parquet"

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
        table = self._without_forgotten(table)
        self._pending.append(table)
        if sum(part.num_rows for part in self._pending) > SLICE_ROWS or sum(part.nbytes for part in self._pending) > SLICE_BYTES:
            self._flush(all_of_it=False)

    def _without_forgotten(self, table: pa.Table) -> pa.Table:
        """The table without what was erased for good once, which is set aside again."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self._forgotten:
            return table
        gone = pc.is_in(table["content_hash"], value_set=pa.array(sorted(self._forgotten), pa.string()))
        self._train_gone.append(gone.filter(pc.equal(table["split"], "train")).to_numpy())
        lost = table.filter(gone)
        reason = pa.repeat(pa.scalar("forgotten"), lost.num_rows)
        excerpt = pa.repeat(pa.scalar(""), lost.num_rows)
        self.reject(pa.table({"file": lost["source"], "line": lost["line"], "reason": reason, "excerpt": excerpt}))
        return table.filter(pc.invert(gone))

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
            self._flush(all_of_it=True)
            rejected = sum(table.num_rows for table in self._rejected)
            if read != self._rows + rejected:
                raise StoreError(
                    f"The import of {self._name!r} read {read} rows, of which {self._rows} were added and {rejected} rejected.",
                    expected="read = imported + rejected",
                    advice="Rows were lost or doubled on the way: this is a defect of the reader or of the task's parse.",
                )
            roles = sorted((role.name, str(role.type)) for role in self._roles)
            numbering = number(
                [part.path for part in self._parts],
                self._ids,
                header=codec.dumps([self._task, self._target, roles]),
                memory_limit=self._door.memory_limit,
            )
            version, planted = numbering.fingerprint, self._planted_rows(numbering.train)
            found = self._find(self._name, version)
            if found is None:
                self._ingest(version, splits=numbering.splits, planted=planted, read=read, rejected=rejected)
            else:
                with self._door.write() as connection:  # what people import last is what they work on
                    connection.execute("UPDATE datasets SET last_imported = ? WHERE dataset_id = ?", [now(), found.dataset_id])
        record = self._find(self._name, version)
        if record is None:
            raise StoreError(f"The dataset {self._name!r} was removed while it was being imported.", advice="Import it again.")
        return record

    def _flush(self, *, all_of_it: bool) -> None:
        """Write what was added as parts that fill a slice, each row with its number; what fills none waits for more, unless this is the end."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        parts = list(cut(pa.concat_tables(self._pending))) if self._pending else []
        self._pending = [] if all_of_it or len(parts) < 2 else [parts.pop()]
        for part in parts:
            path = self._stage.folder / f"part-{len(self._parts):06}.parquet"
            with speaking_of(self._door.path):
                rows = pa.array(np.arange(self._rows, self._rows + part.num_rows))
                pq.write_table(part.add_column(0, "row", rows), path, compression="zstd", compression_level=1)
            self._parts.append(_Part(path=path, first=self._rows, rows=part.num_rows, bytes=part.nbytes))
            self._rows += part.num_rows

    def _planted_rows(self, train: np.ndarray) -> pa.Table | None:
        """Planted defects by row of the store, given the rows of the split ``train``."""
        import pyarrow as pa

        if not self._planted:
            return None
        planted = pa.concat_tables(self._planted)
        if self._train_gone:
            gone = np.concatenate(self._train_gone)
            planted = planted.filter(pa.array(~gone[planted.column("row").to_numpy()]))
            left = np.cumsum(~gone) - 1
            planted = planted.set_column(0, "row", pa.array(left[planted.column("row").to_numpy()]))
        positions = planted.column("row").to_numpy()
        if len(positions) and (positions.min() < 0 or positions.max() >= len(train)):
            raise DataError(f"A defect is planted in row {positions.max()} of train.", expected=f"a row from 0 to {len(train) - 1}")
        return planted.set_column(0, "row", pa.array(train[positions]))

    def _ingest(self, version: str, *, splits: dict[str, int], planted: pa.Table | None, read: int, rejected: int) -> None:
        import pyarrow as pa

        with Ingest(self._door, DATASET, self._stage) as ingest:
            # Tables of their own, because appending compresses again what is in a table's last row group, however large its texts are.
            for index, part in enumerate(self._parts):
                ingest.put(partial(self._make_table, ingest, index, part), rows=part.rows, size=part.bytes)
            if not self._parts:
                ingest.put(partial(self._define_table, ingest, 0))
            if self._rejected:
                ingest.fill("_rejected_rows", pa.concat_tables(self._rejected), select="{id}, *")
            if planted is not None:
                ingest.fill("_planted", planted, select="{id}, *")
            with self._door.write() as connection:
                if first(connection, "SELECT 1 FROM datasets WHERE name = ? AND version = ?", [self._name, version]):
                    return  # somebody else was faster
                ingest.complete(connection)
                make_views(connection, ingest.id, [role.name for role in self._roles], parts=max(1, len(self._parts)))
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
                rebuild_examples(connection)

    def _make_table(self, ingest: Ingest, index: int, part: _Part, connection: DuckDBPyConnection) -> None:
        """Ingest a part."""
        self._define_table(ingest, index, connection)
        roles = columns.listing(role.name for role in self._roles)
        connection.execute(
            f"""
            INSERT INTO {ingest.own}_{index}
            SELECT row, split, nullif(example_id, content_hash), content_hash, nullif(raw_hash, ''), source, line, meta, {roles}
            FROM read_parquet(?) AS part JOIN read_parquet(?) AS ids USING (row)
            WHERE row >= ? AND row < ?
            ORDER BY row
            """,
            [literal(part.path), literal(self._ids), part.first, part.first + part.rows],
        )

    def _define_table(self, ingest: Ingest, index: int, connection: DuckDBPyConnection) -> None:
        connection.execute(f"CREATE TABLE {ingest.own}_{index} ({columns.examples_definition(self._roles)})")
