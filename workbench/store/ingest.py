"""Long writes in short slices, of which nothing is visible before the last.

A writer takes a *stage*: a folder beside the store with a locked file in it. The lock ends with its process, so everybody can tell the stages of the
living from those of the dead. What is being filled is listed in the table ``_ingests`` with its stage; whoever finds an entry whose stage is dead
removes what was filled so far. A removal works the same way: what is to be removed becomes an entry in that table first, and so is invisible at once.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

import portalocker

from workbench.errors import StoreError
from workbench.store.columns import insert
from workbench.store.rows import next_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from workbench.store.door import Door

SLICE_ROWS = 122_880
"""A row group of DuckDB's: slices of this size are compressed once; a smaller one is compressed again with whatever is appended to it."""
SLICE_BYTES = 16 * 2**20
_DELETED_AT_ONCE = 2_000_000
_NASCENT = "new-"
_STILLBORN_AFTER = 3600.0


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Something that is filled in slices.

    Attributes:
        name: the table that lists what is complete, in the singular; its entry is what makes it visible.
        key: the column that numbers it.
        shared: tables that hold its rows among others'.
        own: the name of a table that is its alone, or how the names of several begin; ``{id}`` is its number.
        hide: statements that make what is complete invisible.
    """

    name: str
    key: str
    shared: tuple[str, ...] = ()
    own: str = ""
    hide: str = ""

    @property
    def sequence(self) -> str:
        """Where its numbers come from."""
        return f"_{self.name}_ids"


DATASET = Kind(
    name="dataset",
    key="dataset_id",
    shared=("_rejected_rows", "_planted", "_shared_raw_rows"),
    own="_examples_{id}",
    hide="DROP VIEW roles_{id}; DROP VIEW _examples_{id}",
)
SELECTOR_RUN = Kind(
    name="selector_run",
    key="selector_run",
    shared=("_evidence", "_duplicate_edges"),
    own="_signals_{id}",
    hide="ALTER TABLE signals_{id} RENAME TO _signals_{id}",
)
VERDICT_SET = Kind(name="verdict_set", key="verdict_set", shared=("_verdicts",))
TRACE_RUN = Kind(name="trace_run", key="trace_run", shared=("_traces",))
_KINDS = {kind.name: kind for kind in (DATASET, SELECTOR_RUN, VERDICT_SET, TRACE_RUN)}

Piece = Callable[["DuckDBPyConnection"], object]
"""Writes a part of something."""


class Stage:
    """A folder of one's own beside the store, and the sign that its owner is alive.

    Args:
        files: the folder beside the store.
    """

    def __init__(self, files: Path) -> None:
        self.name = uuid.uuid4().hex
        self.folder = files / "stage" / self.name
        # It gets its name only when the lock is held: a named folder without a lock is a dead one's.
        nascent = files / "stage" / (_NASCENT + self.name)
        nascent.mkdir(parents=True)
        self._owner = (nascent / "owner").open("wb")
        portalocker.lock(self._owner, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        nascent.rename(self.folder)

    def close(self) -> None:
        """Remove the folder and let go."""
        shutil.rmtree(self.folder, ignore_errors=True)
        portalocker.unlock(self._owner)
        self._owner.close()


class Ingest:
    """One thing being filled, by pieces that are written together as long as they fit a slice.

    What fits a single slice is written in the transaction that completes it. Leaving the context before that, or with an error, takes back the rest.

    Args:
        door: the store's.
        kind: what is filled.
        stage: the caller's own; without one the ingest makes one when it needs it.
    """

    def __init__(self, door: Door, kind: Kind, stage: Stage | None = None) -> None:
        self._door = door
        self._kind = kind
        self._given = stage
        self._stage = stage
        self._pending: list[tuple[Piece, int, int]] = []
        self._complete = False
        self.id = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if self.id and (error is not None or not self._complete):
                with suppress(StoreError):  # the disk may be full; the next to open the store takes care of it then
                    _remove(self._door, self._kind, self.id)
        finally:
            if self._stage is not None and self._stage is not self._given:
                self._stage.close()

    @property
    def own(self) -> str:
        """Its own table, or how the names of several begin."""
        return self._kind.own.format(id=self.id)

    def put(self, piece: Piece, *, rows: int = 0, size: int = 0) -> None:
        """Add a piece of so many rows and bytes, which fits a slice; it is written with the next full one."""
        rows_pending = sum(each[1] for each in self._pending)
        size_pending = sum(each[2] for each in self._pending)
        if rows_pending and (rows_pending + rows > SLICE_ROWS or size_pending + size > SLICE_BYTES):
            with self._door.write() as connection:
                if not self.id:
                    self._number(connection)
                    self._stage = self._stage or Stage(self._door.files)
                    _enlist(connection, self._stage, self._kind, self.id)
                self._write(connection)
        self._pending.append((piece, rows, size))

    def fill(self, into: str, table: pa.Table, *, select: str = "*") -> None:
        """Append an Arrow table; ``{own}`` in ``into`` is its own table, ``{id}`` in ``select`` its number. See ``columns.insert``."""
        for part in cut(table):
            self.put(partial(self._insert, into, part, select), rows=part.num_rows, size=part.nbytes)

    def complete(self, connection: DuckDBPyConnection) -> None:
        """Write what is left; all of it becomes visible with the transaction of this connection, in which the caller enters it where it is listed."""
        if not self.id:
            self._number(connection)
        self._write(connection)
        connection.execute("DELETE FROM _ingests WHERE kind = ? AND id = ?", [self._kind.name, self.id])
        self._complete = True

    def _number(self, connection: DuckDBPyConnection) -> None:
        self.id = next_id(connection, self._kind.sequence)

    def _write(self, connection: DuckDBPyConnection) -> None:
        pending, self._pending = self._pending, []
        for piece, _rows, _size in pending:
            piece(connection)

    def _insert(self, into: str, table: pa.Table, select: str, connection: DuckDBPyConnection) -> None:
        insert(connection, into.format(own=self.own), table, select=select.format(id=self.id))


def cut(table: pa.Table) -> Iterator[pa.Table]:
    """Parts of at most ``SLICE_ROWS`` rows and ``SLICE_BYTES`` bytes; a row that is larger is a part of its own."""
    if table.num_rows > SLICE_ROWS:
        for start in range(0, table.num_rows, SLICE_ROWS):
            yield from cut(table.slice(start, SLICE_ROWS))
    elif table.num_rows > 1 and table.nbytes > SLICE_BYTES:
        half = table.num_rows // 2
        yield from cut(table.slice(0, half))
        yield from cut(table.slice(half))
    elif table.num_rows:
        yield table


def discard(connection: DuckDBPyConnection, stage: Stage, kind: Kind, number: int) -> None:
    """Make something that was complete invisible; ``remove_discarded`` takes its rows away, or whoever opens the store next."""
    connection.execute(f"DELETE FROM {kind.name}s WHERE {kind.key} = ?", [number])
    if kind.hide:
        connection.execute(kind.hide.format(id=number))
    _enlist(connection, stage, kind, number)


def remove_discarded(door: Door, stage: Stage) -> None:
    """Take away the rows of everything that was discarded on this stage."""
    with door.read() as connection:
        entries = connection.execute("SELECT kind, id FROM _ingests WHERE stage = ?", [stage.name]).fetchall()
    for kind, number in entries:
        _remove(door, _KINDS[kind], number)


def unfinished(connection: DuckDBPyConnection) -> list[tuple[str, str, int]]:
    """What is being filled or removed now, or was when its process died: stage, kind, number."""
    return connection.execute("SELECT stage, kind, id FROM _ingests").fetchall()


def sweep(door: Door, entries: Sequence[tuple[str, str, int]]) -> None:
    """Remove what dead processes left: what is unfinished of ``entries``, their stages, their temporary files."""
    for stage, kind, number in entries:
        if _abandoned(door.files / "stage" / stage):
            _remove(door, _KINDS[kind], number)
    for folder in (door.files / "stage").glob("*"):
        stillborn = folder.name.startswith(_NASCENT)
        if time.time() - folder.stat().st_mtime > _STILLBORN_AFTER if stillborn else _abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)
    others = [folder for folder in (door.files / "tmp").glob("*") if folder.name != str(os.getpid())]
    if others:
        with door.write():  # nobody else is connected now, so nobody else has temporary files
            for folder in others:
                shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    """Whether the owner of a stage is gone."""
    try:
        with (folder / "owner").open("rb") as owner:
            portalocker.lock(owner, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
            portalocker.unlock(owner)
    except portalocker.AlreadyLocked:
        return False
    except FileNotFoundError:
        return True
    return True


def _enlist(connection: DuckDBPyConnection, stage: Stage, kind: Kind, number: int) -> None:
    connection.execute("INSERT INTO _ingests VALUES (?, ?, ?)", [stage.name, kind.name, number])


def _remove(door: Door, kind: Kind, number: int) -> None:
    """Take away what is listed as unfinished, in slices; the entry goes last, so that an interrupted removal is taken up again."""
    with door.read() as connection:
        if not connection.execute("SELECT 1 FROM _ingests WHERE kind = ? AND id = ?", [kind.name, number]).fetchall():
            return
    for table in kind.shared:
        deleted = _DELETED_AT_ONCE
        while deleted == _DELETED_AT_ONCE:
            with door.write() as connection:
                some = f"SELECT rowid FROM {table} WHERE {kind.key} = ? LIMIT {_DELETED_AT_ONCE}"
                (deleted,) = connection.execute(f"DELETE FROM {table} WHERE rowid IN ({some})", [number]).fetchall()[0]
    with door.write() as connection:
        if kind.own:
            own = kind.own.format(id=number)
            tables = "SELECT table_name FROM duckdb_tables() WHERE table_name = ? OR starts_with(table_name, ?)"
            for (table,) in connection.execute(tables, [own, own + "_"]).fetchall():
                connection.execute(f"DROP TABLE {table}")
        connection.execute("DELETE FROM _ingests WHERE kind = ? AND id = ?", [kind.name, number])
