"""The schema and how it moves on: numbered SQL files, each run once, in order, inside one transaction. There is no way back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from workbench.errors import StoreError, StoreVersionError
from workbench.store.failures import foreign
from workbench.store.rows import first

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One step forward."""

    number: int
    sql: str


def read_migrations(folder: Path) -> tuple[Migration, ...]:
    """The migrations of a folder: ``0001_what_it_does.sql``, ``0002_...``, without a gap."""
    found = tuple(Migration(number=int(path.name.partition("_")[0]), sql=path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.sql")))
    if [step.number for step in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"migrations in {folder} are not numbered 1, 2, 3, ...")
    return found


MIGRATIONS = read_migrations(Path(__file__).with_name("migrations"))


class OutdatedStoreError(StoreError):
    """The store has an older schema; opening it again brings it up to date."""


class EmptyDatabaseError(StoreError):
    """A DuckDB file without a table, such as a ``create`` that was interrupted leaves behind."""


def schema_version(connection: DuckDBPyConnection) -> int | None:
    """The number of the last migration that ran; None where the file is no store. Not to be called inside a transaction, which it may abort."""
    try:
        found = first(connection, "SELECT value FROM meta WHERE key = 'schema_version'")
    except (duckdb.CatalogException, duckdb.BinderException):
        return None
    return int(found[0]) if found is not None and str(found[0]).isdigit() else None


def check(connection: DuckDBPyConnection, path: Path) -> None:
    """Refuse what this version of the workbench cannot work on.

    Raises:
        StoreVersionError: a newer one wrote it.
        OutdatedStoreError: an older one wrote it.
        EmptyDatabaseError: nothing is in it.
        StoreError: it is somebody else's database.
    """
    version = schema_version(connection)
    newest = MIGRATIONS[-1].number
    if version is None:
        if first(connection, "SELECT count(*) FROM duckdb_tables()") == (0,):
            raise EmptyDatabaseError(
                f"{path} is an empty database.", expected="a file that the workbench made", advice="Import something into it first."
            )
        raise foreign(path, "is a DuckDB database, but no store of the workbench")
    if version > newest:
        raise StoreVersionError(
            f"{path} has schema version {version}.",
            expected=f"at most {newest}, which is what this workbench knows",
            advice="A newer workbench wrote it: upgrade sft-workbench.",
        )
    if version < newest:
        raise OutdatedStoreError(
            f"{path} has schema version {version}.", expected=f"version {newest}", advice="Open the store again: opening upgrades it."
        )


def migrate(connection: DuckDBPyConnection, version: int) -> None:
    """Run the migrations beyond ``version``, inside the caller's transaction."""
    for step in MIGRATIONS[version:]:
        connection.execute(step.sql)
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('schema_version', ?)", [str(step.number)])
