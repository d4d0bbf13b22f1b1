"""The one door to the database file.

Every access waits for the store lock, connects, works, closes and lets go; what comes out of it is materialised. No connection outlives its access.
Threads of one process that read at the same moment share one DuckDB instance, a cursor each; the last to leave closes it.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING

import duckdb

from workbench.store import schema
from workbench.store.failures import held_outside, missing, speaking_of
from workbench.store.limits import memory_limit
from workbench.store.lock import StoreLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from duckdb import DuckDBPyConnection

_NAP = 0.05
_PATIENCE = 4
"""How many times longer our own processes are waited for than others: they let go within moments, but there may be a queue of them."""


class _Readers:
    """The read-only instance that all reading threads of this process share while there are any."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._root: DuckDBPyConnection | None = None
        self._count = 0

    def enter(self, connect: Callable[[], DuckDBPyConnection]) -> DuckDBPyConnection:
        # Opening and closing happen under one guard: a second open of the file beside a close of it loses DuckDB's own lock.
        with self._guard:
            if self._root is None:
                self._root = connect()
            cursor = self._root.cursor()
            self._count += 1
            return cursor

    def leave(self, cursor: DuckDBPyConnection) -> None:
        with self._guard:
            cursor.close()
            self._count -= 1
            if self._count == 0 and self._root is not None:
                self._root.close()
                self._root = None


_readers: dict[str, _Readers] = {}
os.register_at_fork(after_in_child=_readers.clear)


class Door:
    """Access to one store.

    Args:
        path: the database file, links resolved.
        files: the folder beside it.
        wait: seconds to wait for the lock, ours or another program's.
    """

    def __init__(self, path: Path, files: Path, *, wait: float) -> None:
        self.path = path
        self.files = files
        self.wait = wait
        self.memory_limit = memory_limit()
        self._lock = StoreLock(files)
        self._thread = threading.local()

    @contextmanager
    def read(self) -> Iterator[DuckDBPyConnection]:
        """A read-only connection that reaches no file but the store's.

        Raises:
            StoreLockedError: the store was not free in time.
            StoreVersionError: a newer workbench has migrated it meanwhile.
            StoreError: it cannot be opened or read.
        """
        shared: DuckDBPyConnection | None = getattr(self._thread, "shared", None)
        if shared is not None:
            with closing(shared.cursor()) as cursor:
                yield cursor
            return
        readers = _readers.setdefault(str(self.path), _Readers())
        with self._entered(lambda: readers.enter(self._connect_to_read), exclusive=False) as cursor:
            try:
                yield cursor
            finally:
                readers.leave(cursor)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Make all reads of this thread within one access: one lock, one connection.

        Opening the file costs far more than a small query, so whoever asks for many things at once asks here, for as short as any other access.
        """
        outer = getattr(self._thread, "shared", None)
        with self.read() as connection:
            self._thread.shared = connection
            try:
                yield
            finally:
                self._thread.shared = outer

    @contextmanager
    def write(self) -> Iterator[DuckDBPyConnection]:
        """A connection inside a transaction, which is committed on leaving and rolled back on an error.

        Raises:
            StoreLockedError, StoreVersionError, StoreError: as in ``read``; also where the disk is full.
        """
        with self._entered(self._connect_to_write, exclusive=True) as connection, closing(connection), _transaction(connection):
            yield connection

    @contextmanager
    def alone(self) -> Iterator[int]:
        """The store lock with nobody connected, for what works on the file itself; gives the memory limit in bytes.

        Raises:
            StoreLockedError: the store was not free in time.
        """
        with speaking_of(self.path), self._lock.hold(exclusive=True, deadline=time.monotonic() + _PATIENCE * self.wait):
            yield self.memory_limit

    def upgrade(self) -> None:
        """Make the tables, or bring them up to date, in a file that may be new.

        Raises:
            StoreLockedError, StoreVersionError, StoreError: as in ``read``.
        """
        with self._entered(self._connect_to_anything, exclusive=True) as connection, closing(connection):
            with suppress(schema.EmptyDatabaseError, schema.OutdatedStoreError):
                schema.check(connection, self.path)
            version = schema.schema_version(connection) or 0
            with _transaction(connection):
                schema.migrate(connection, version)

    @contextmanager
    def _entered(self, connect: Callable[[], DuckDBPyConnection], *, exclusive: bool) -> Iterator[DuckDBPyConnection]:
        """Take the lock and connect; when a program outside holds the file, let go of the lock and try again until the time is up."""
        deadline = None
        with speaking_of(self.path), ExitStack() as stack:
            while True:
                with ExitStack() as attempt:
                    attempt.enter_context(self._lock.hold(exclusive=exclusive, deadline=time.monotonic() + _PATIENCE * self.wait))
                    deadline = deadline or time.monotonic() + self.wait
                    try:
                        connection = connect()
                    except duckdb.IOException as error:
                        if not held_outside(error) or time.monotonic() >= deadline:
                            raise
                    else:
                        stack.push(attempt.pop_all())
                        break
                time.sleep(_NAP)
            yield connection

    def _connect(self, *, read_only: bool = False) -> DuckDBPyConnection:
        return duckdb.connect(
            self.path,
            read_only=read_only,
            config={
                "memory_limit": f"{self.memory_limit // 2**20}MiB",
                # Instances must not share it: they all call their files by the same names.
                "temp_directory": str(self.files / "tmp" / str(os.getpid())),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "python_enable_replacements": "false",
            },
        )

    def _connect_to_read(self) -> DuckDBPyConnection:
        connection = self._connect(read_only=True)
        with _closed_on_error(connection):
            schema.check(connection, self.path)
            connection.execute("SET enable_external_access = false; SET arrow_large_buffer_size = true; SET lock_configuration = true")
        return connection

    def _connect_to_write(self) -> DuckDBPyConnection:
        if not self.path.exists():  # else DuckDB would make a new one
            raise missing(self.path)
        connection = self._connect()
        with _closed_on_error(connection):
            schema.check(connection, self.path)
        return connection

    def _connect_to_anything(self) -> DuckDBPyConnection:
        if self.path.exists() and self.path.stat().st_size == 0:  # as mktemp makes them; DuckDB takes no such file
            self.path.unlink()
        return self._connect()


@contextmanager
def _closed_on_error(connection: DuckDBPyConnection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


@contextmanager
def _transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    """Commit at the end, or roll back."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # after a full disk there is nothing left to roll back
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
