"""The store as one object."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import duckdb

from workbench.errors import DataError, StoreError
from workbench.store import erasure, schema
from workbench.store.curation import Curation
from workbench.store.datasets import Datasets
from workbench.store.door import Door
from workbench.store.eval_checks import EvalChecks
from workbench.store.experiments import Experiments
from workbench.store.failures import foreign, missing, speaking_of
from workbench.store.ingest import sweep, unfinished
from workbench.store.ledger import Ledger
from workbench.store.records import StoreStatus
from workbench.store.results import Results
from workbench.store.signals import Signals
from workbench.store.traces import Traces

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from workbench.store.erasure import Forgotten

_MAGIC = slice(8, 12)
_QUERY_SECONDS = 20.0
_COUNTED = ("datasets", "examples", "rejected_rows", "selector_runs", "policies", "ledger", "experiments", "runs", "predictions")


class Store:
    """A store: what is in it by area, and queries over all of it.

    Attributes:
        path: the database file, links resolved.
        files: the folder beside it.
        datasets, signals, curation, eval_checks, ledger, experiments, results, traces: the areas.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self.path = door.path
        self.files = door.files
        self.datasets = Datasets(door)
        self.signals = Signals(door)
        self.curation = Curation(door)
        self.eval_checks = EvalChecks(door)
        self.ledger = Ledger(door)
        self.experiments = Experiments(door)
        self.results = Results(door)
        self.traces = Traces(door)

    @classmethod
    def open(cls, path: str | Path, *, wait: float = 30.0) -> Self:
        """Open an existing store, bring its schema up to date and clear away what interrupted processes left.

        Args:
            path: the database file.
            wait: seconds to wait at each access, for other processes of ours and for other programs.

        Raises:
            StoreLockedError: another program holds the file.
            StoreVersionError: a newer workbench wrote it.
            StoreError: there is no such file, it is something else, or it cannot be written.
        """
        door = _door(Path(path), wait)
        if not door.path.exists():
            raise missing(door.path)
        if not door.files.exists() and _no_database(door.path):  # nothing of ours has it open then, so reading it takes no lock away
            raise foreign(door.path, "is no DuckDB file")
        with speaking_of(door.path):
            door.files.mkdir(exist_ok=True)
        try:
            entries = _unfinished(door)
        except schema.OutdatedStoreError:
            door.upgrade()
            entries = _unfinished(door)
        with suppress(StoreError):  # what is left over is invisible; with the disk full, it has to wait
            sweep(door, entries)
        return cls(door)

    @classmethod
    def create(cls, path: str | Path, *, wait: float = 30.0) -> Self:
        """Open a store, or make a new one where there is none.

        Raises:
            StoreError: as ``open``; also where the folder to make it in does not exist.
        """
        door = _door(Path(path), wait)
        with speaking_of(door.path):
            if not door.path.parent.is_dir():
                raise StoreError(f"There is no folder {door.path.parent} to make a store in.", expected="an existing folder", advice="Make it first.")
            if not door.path.exists() or not door.path.stat().st_size:
                door.files.mkdir(exist_ok=True)
                door.upgrade()
        try:
            return cls.open(path, wait=wait)
        except schema.EmptyDatabaseError:  # what an interrupted ``create`` leaves
            door.upgrade()
            return cls.open(path, wait=wait)

    def reading(self) -> AbstractContextManager[None]:
        """Make all reads of this thread within one access to the file; nothing can be written within, and no longer than any access should take.

        Raises:
            StoreLockedError, StoreError: as any access.
        """
        return self._door.reading()

    def sql(self, query: str, parameters: Sequence[object] = ()) -> pa.Table:
        """Run one query on a connection that can neither write nor read any other file.

        Args:
            query: a single statement that reads, with ``?`` or ``$1`` for parameters. The tables are described in the documentation.
            parameters: their values.

        Raises:
            DataError: the query cannot be run, or takes longer than writers can wait.
            StoreLockedError, StoreError: the store cannot be read.
        """
        with self._door.query() as connection:
            alarm = threading.Timer(_QUERY_SECONDS, connection.interrupt)
            alarm.start()
            try:
                statements = connection.extract_statements(query)
                readable = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
                if len(statements) != 1 or statements[0].type not in readable:
                    raise DataError(
                        f"This is not one query: {query.strip()[:200]}", expected="a single SELECT (or FROM, WITH, DESCRIBE, SUMMARIZE, EXPLAIN)"
                    )
                return connection.sql(query, params=list(parameters)).to_arrow_table()
            except duckdb.InterruptException as error:
                raise DataError(
                    f"The query took longer than {_QUERY_SECONDS:g} seconds.",
                    expected="a query that leaves writers time",
                    advice="Narrow it down, or copy the file and query the copy.",
                ) from error
            except duckdb.Error as error:
                raise DataError(f"The query cannot be run: {error}") from error
            finally:
                alarm.cancel()

    def status(self) -> StoreStatus:
        """Size, schema version, memory limit and numbers of records."""
        with self._door.read() as connection:
            counts = {name: int(connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]) for name in _COUNTED}
            version = schema.schema_version(connection)
        log = self.path.with_name(self.path.name + ".wal")
        return StoreStatus(
            path=self.path,
            bytes=self.path.stat().st_size + (log.stat().st_size if log.exists() else 0),
            schema_version=version or 0,
            memory_limit=self._door.memory_limit,
            counts=counts,
        )

    def forget(self, dataset_id: int, row: int, *, author: str, reason: str = "") -> Forgotten:
        """Erase an example for good, wherever it stands; undo does not bring it back. See ``erasure``.

        Raises:
            StoreLockedError, StoreError: as any access.
        """
        return erasure.forget(self._door, dataset_id, row, author=author, reason=reason)

    def compact(self) -> tuple[int, int]:
        """Write the file anew, without the room of what was removed: bytes before and after. Everybody else waits for as long as that takes.

        Raises:
            StoreLockedError, StoreError: as any access; also where there is no room for a second copy.
        """
        return erasure.compact(self._door)

    def run_folder(self, run_id: int) -> Path:
        """The folder of a run's checkpoints and model, made when missing."""
        folder = self.files / "runs" / str(run_id)
        with speaking_of(self.path):
            folder.mkdir(parents=True, exist_ok=True)
        return folder


def _door(path: Path, wait: float) -> Door:
    path = path.expanduser().resolve()  # two names of one file must lead to one lock
    if path.is_dir():
        raise StoreError(f"{path} is a folder.", expected="the file of a store", advice=f"Name a file in it: {path / 'workbench.duckdb'}")
    return Door(path, path.with_name(path.name + ".files"), wait=wait)


def _unfinished(door: Door) -> list[tuple[str, str, int]]:
    with door.read() as connection:
        return unfinished(connection)


def _no_database(path: Path) -> bool:
    with speaking_of(path), path.open("rb") as file:
        return file.read(_MAGIC.stop)[_MAGIC] != b"DUCK"
