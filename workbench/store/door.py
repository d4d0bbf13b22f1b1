"""The one door to the database file.

Every access waits for the store lock, opens the file, works, closes it and lets go; what comes out of it is materialised. DuckDB itself, without any
file, is started once for each process and store: that costs five times as much as opening the file does. Threads of one process that read at the same
moment share the open file, a cursor each; the last to leave closes it.
"""

from __future__ import annotations

import os
import signal
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
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import FrameType

    from duckdb import DuckDBPyConnection

_NAP = 0.05
_PATIENCE = 4
"""How many times longer our own processes are waited for than others: they let go within moments, but there may be a queue of them."""


class _Engine:
    """DuckDB, which the file is attached to for as long as somebody of this process is inside."""

    def __init__(self, path: Path, temporary: Path) -> None:
        self._path = path
        self._temporary = temporary
        self._guard = threading.Lock()
        self._root: DuckDBPyConnection | None = None
        self._inside = 0

    def enter(self, settings: Mapping[str, str], *, read_only: bool) -> DuckDBPyConnection:
        """A cursor on the file; the caller holds the store lock in this mode."""
        # Opening and closing happen under one guard: a second open of the file beside a close of it loses DuckDB's own lock.
        with self._guard:
            if self._root is None:
                self._root = duckdb.connect(config=dict(settings))
            self._temporary.mkdir(parents=True, exist_ok=True)
            try:
                if not self._inside:
                    self._root.execute(f"ATTACH {_literal(self._path)} AS store (TYPE duckdb{', READ_ONLY' if read_only else ''})")
                cursor = within(self._root)
            except (KeyboardInterrupt, RuntimeError):  # the second is how DuckDB tells of the first
                if not self._inside:
                    self._root.close()
                    self._root = None
                raise
            self._inside += 1
            return cursor

    def leave(self, cursor: DuckDBPyConnection, *, broken: bool) -> None:
        """Close the cursor and, behind the last one, the file; after an error of DuckDB's the next to come starts anew."""
        with self._guard:
            cursor.close()
            self._inside -= 1
            if self._inside or self._root is None:
                return
            root, self._root = self._root, None
            try:
                root.execute("DETACH store")  # writes what was committed to its place; where that fails, it stands in the log beside the file
            except duckdb.Error:
                broken = True
            if broken:
                root.close()
            else:
                self._root = root
            with suppress(OSError):  # not empty where DuckDB still keeps what did not fit into memory
                self._temporary.rmdir()


_engines: dict[str, _Engine] = {}
_abandoned: list[dict[str, _Engine]] = []


def _forget_engines() -> None:
    """A forked child has none of DuckDB's threads, and would wait for them if it ended what its parent has started."""
    _abandoned.append(dict(_engines))
    _engines.clear()


os.register_at_fork(after_in_child=_forget_engines)


def within(connection: DuckDBPyConnection) -> DuckDBPyConnection:
    """Another cursor, with the file's tables under their own names."""
    cursor = connection.cursor()
    cursor.execute("USE store")
    return cursor


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
        """A connection that can read the file.

        Raises:
            StoreLockedError: the store was not free in time.
            StoreVersionError: a newer workbench has migrated it meanwhile.
            StoreError: it cannot be opened or read.
        """
        shared: DuckDBPyConnection | None = getattr(self._thread, "shared", None)
        if shared is not None:
            with closing(within(shared)) as cursor, _stopped_by_signals(cursor):
                yield cursor
            return
        with self._inside(exclusive=False) as cursor:
            yield cursor

    @contextmanager
    def query(self) -> Iterator[DuckDBPyConnection]:
        """A connection for queries of other people's: it can neither write nor reach any other file, and nothing that it sets outlives it.

        Other threads of this process wait, as it is an instance of DuckDB's of its own; other processes can read meanwhile.

        Raises:
            StoreLockedError, StoreVersionError, StoreError: as in ``read``.
        """
        with self._entered(self._connect_to_query, exclusive=False, apart=True) as connection, closing(connection):
            yield connection

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
        with self._inside(exclusive=True) as connection, _transaction(connection):
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
    def _inside(self, *, exclusive: bool) -> Iterator[DuckDBPyConnection]:
        """The file attached to this process's engine."""
        engine = _engines.setdefault(str(self.path), _Engine(self.path, self._temporary()))
        broken = False
        with self._entered(lambda: self._enter(engine, exclusive=exclusive), exclusive=exclusive) as connection:
            try:
                yield connection
            except duckdb.Error:
                broken = True
                raise
            finally:
                engine.leave(connection, broken=broken)

    def _enter(self, engine: _Engine, *, exclusive: bool) -> DuckDBPyConnection:
        if not self.path.exists():  # else DuckDB would make a new one
            raise missing(self.path)
        connection = engine.enter(self._settings(), read_only=not exclusive)
        try:
            schema.check(connection, self.path)
        except BaseException:
            engine.leave(connection, broken=True)
            raise
        return connection

    @contextmanager
    def _entered(self, connect: Callable[[], DuckDBPyConnection], *, exclusive: bool, apart: bool = False) -> Iterator[DuckDBPyConnection]:
        """Take the lock and connect; when a program outside holds the file, let go of the lock and try again until the time is up."""
        deadline = None
        with speaking_of(self.path), ExitStack() as stack:
            while True:
                with ExitStack() as attempt:
                    attempt.enter_context(self._lock.hold(exclusive=exclusive, apart=apart, deadline=time.monotonic() + _PATIENCE * self.wait))
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
            stack.enter_context(_stopped_by_signals(connection))
            yield connection

    def _temporary(self) -> Path:
        """Where this process's DuckDB puts what does not fit into memory."""
        return self.files / "tmp" / str(os.getpid())

    def _settings(self) -> dict[str, str]:
        return {
            "memory_limit": f"{self.memory_limit // 2**20}MiB",
            # Instances must not share it: they all call their files by the same names.
            "temp_directory": str(self._temporary()),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            "arrow_large_buffer_size": "true",
        }

    def _connect_to_query(self) -> DuckDBPyConnection:
        connection = duckdb.connect(self.path, read_only=True, config=dict(self._settings()))
        with _closed_on_error(connection):
            schema.check(connection, self.path)
            connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        return connection

    def _connect_to_anything(self) -> DuckDBPyConnection:
        if self.path.exists() and self.path.stat().st_size == 0:  # as mktemp makes them; DuckDB takes no such file
            self.path.unlink()
        return duckdb.connect(self.path, config=dict(self._settings()))


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


@contextmanager
def _stopped_by_signals(connection: DuckDBPyConnection) -> Iterator[None]:
    """Have a signal that raises an exception in the main thread, as Ctrl-C does, end what the connection works on.

    DuckDB by itself leaves its query at a signal, but then waits for those of its threads that are at work on it, for as long as they need.
    """
    if threading.current_thread() is not threading.main_thread():  # no other one gets signals, or can say what becomes of them
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        with suppress(duckdb.Error):  # closed already
            connection.interrupt()
        before[signal.Signals(number)](number, frame)

    found = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in found.items() if callable(handler)}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
