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
from typing import TYPE_CHECKING, Self

import portalocker

from workbench.errors import StoreError
from workbench.store.columns import insert
from workbench.store.rows import next_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from workbench.store.door import Door

SLICE_ROWS = 122_880
"""A row group of DuckDB's: a slice of this size is compressed once and never again."""
SLICE_BYTES = 32 * 2**20
_DELETED_AT_ONCE = 2_000_000
_TOO_LONG = 1.0
_SHORT = 0.3
_LEAST_ROWS = 1_024
_NASCENT = "new-"
_STILLBORN_AFTER = 3600.0


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Something that is filled in slices.

    Attributes:
        name: the table that lists what is complete, in the singular; its entry is what makes it visible.
        key: the column that numbers it.
        tables: what holds its rows.
        own: prefix of the table that is its alone, if it has one.
        sequence: where its numbers come from.
    """

    name: str
    key: str
    tables: tuple[str, ...]
    own: str | None
    sequence: str


DATASET = Kind(name="dataset", key="dataset_id", tables=("_examples", "_rejected_rows", "_planted"), own="roles", sequence="_dataset_ids")
SELECTOR_RUN = Kind(name="selector_run", key="selector_run", tables=("_evidence", "_duplicate_edges"), own="signals", sequence="_selector_run_ids")
VERDICT_SET = Kind(name="verdict_set", key="verdict_set", tables=("_verdicts",), own=None, sequence="_verdict_set_ids")
_KINDS = {kind.name: kind for kind in (DATASET, SELECTOR_RUN, VERDICT_SET)}

Piece = Callable[["DuckDBPyConnection"], None]
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
        definition: columns of its own table, if it has one.
        stage: the caller's own; without one the ingest makes one when it needs it.
    """

    def __init__(self, door: Door, kind: Kind, *, definition: str = "", stage: Stage | None = None) -> None:
        self._door = door
        self._kind = kind
        self._definition = definition
        self._given = stage
        self._stage = stage
        self._slice_rows = SLICE_ROWS
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
        """Its own table, by the name that it has until it is complete."""
        return f"_{self._kind.own}_{self.id}"

    def put(self, piece: Piece, *, rows: int, size: int) -> None:
        """Add a piece of so many rows and bytes, which fits a slice; it is written with the next full one."""
        if self._pending and (
            sum(each[1] for each in self._pending) + rows > self._slice_rows or sum(each[2] for each in self._pending) + size > SLICE_BYTES
        ):
            with self._door.write() as connection:
                self._write(connection, enlist=True)
            if self._door.last_hold > _TOO_LONG:
                self._slice_rows = max(_LEAST_ROWS, self._slice_rows // 2)
            elif self._door.last_hold < _SHORT:
                self._slice_rows = min(SLICE_ROWS, self._slice_rows * 2)
        self._pending.append((piece, rows, size))

    def ranges(self, rows: int) -> Iterator[tuple[int, int]]:
        """Ranges [start, stop) that fit a slice: shorter ones after a slice that held the lock for long."""
        start = 0
        while start < rows:
            stop = min(start + self._slice_rows, rows)
            yield start, stop
            start = stop

    def fill(self, into: str, table: pa.Table, *, select: str = "*") -> None:
        """Append an Arrow table; ``{own}`` in ``into`` is its own table, ``{id}`` in ``select`` its number. See ``columns.insert``."""
        for part in cut(table):
            for start, stop in self.ranges(part.num_rows):
                self._put_table(into, part.slice(start, stop - start), select)

    def complete(self, connection: DuckDBPyConnection) -> None:
        """Write what is left; everything is there, and visible, when the transaction of this connection is committed."""
        self._write(connection, enlist=False)
        if self._kind.own is not None:
            connection.execute(f"ALTER TABLE {self.own} RENAME TO {self._kind.own}_{self.id}")
        connection.execute("DELETE FROM _ingests WHERE kind = ? AND id = ?", [self._kind.name, self.id])
        self._complete = True

    def _put_table(self, into: str, table: pa.Table, select: str) -> None:
        def piece(connection: DuckDBPyConnection) -> None:
            insert(connection, into.format(own=self.own), table, select=select.format(id=self.id))

        self.put(piece, rows=table.num_rows, size=table.nbytes)

    def _write(self, connection: DuckDBPyConnection, *, enlist: bool) -> None:
        if not self.id:
            self.id = next_id(connection, self._kind.sequence)
            if self._kind.own is not None:
                connection.execute(f"CREATE TABLE {self.own} ({self._definition})")
            if enlist:
                self._stage = self._stage or Stage(self._door.files)
                _enlist(connection, self._stage, self._kind, self.id)
        pending, self._pending = self._pending, []
        for piece, _rows, _size in pending:
            piece(connection)


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
    """Make something that was published invisible; ``sweep`` or ``removed`` takes its rows away."""
    connection.execute(f"DELETE FROM {kind.name}s WHERE {kind.key} = ?", [number])
    if kind.own is not None:
        connection.execute(f"ALTER TABLE {kind.own}_{number} RENAME TO _{kind.own}_{number}")
    _enlist(connection, stage, kind, number)


def remove_discarded(door: Door, stage: Stage) -> None:
    """Take away the rows of everything that was discarded on this stage."""
    with door.read() as connection:
        entries = connection.execute("SELECT kind, id FROM _ingests WHERE stage = ?", [stage.name]).fetchall()
    for kind, number in entries:
        _remove(door, _KINDS[kind], number)


def sweep(door: Door) -> None:
    """Remove what dead processes left: half-filled things, their stages, their temporary files."""
    with door.read() as connection:
        entries = connection.execute("SELECT stage, kind, id FROM _ingests").fetchall()
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
    for table in kind.tables:
        deleted = _DELETED_AT_ONCE
        while deleted == _DELETED_AT_ONCE:
            with door.write() as connection:
                some = f"SELECT rowid FROM {table} WHERE {kind.key} = ? LIMIT {_DELETED_AT_ONCE}"
                (deleted,) = connection.execute(f"DELETE FROM {table} WHERE rowid IN ({some})", [number]).fetchall()[0]
    with door.write() as connection:
        if kind.own is not None:
            connection.execute(f"DROP TABLE IF EXISTS _{kind.own}_{number}")
        connection.execute("DELETE FROM _ingests WHERE kind = ? AND id = ?", [kind.name, number])
