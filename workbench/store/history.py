"""Lines of the ledger: written, read, and which of them hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.store import codec
from workbench.store.records import LedgerEntry
from workbench.store.rows import aware, now, store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

UNDO, REDO, FORGET = "undo", "redo", "forget"
_NO_STEPS = {UNDO, REDO, FORGET}
"""What undo passes over."""


def newest(connection: DuckDBPyConnection) -> int:
    """The newest number; 0 where nothing has happened."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM ledger").fetchall()[0][0])


def append(
    connection: DuckDBPyConnection, action: str, payload: Mapping[str, object], *, dataset: str, author: str, undoes: int | None = None
) -> LedgerEntry:
    """Write a line."""
    values = {
        "number": newest(connection) + 1,
        "time": now(),
        "author": author,
        "action": action,
        "dataset": dataset,
        "payload": codec.dumps(payload),
        "undoes": undoes,
    }
    store(connection, "ledger", values)
    return entry(values, set())


def entry(values: Mapping[str, Any], undone: set[int]) -> LedgerEntry:
    """A line as it was read, and whether it is among those that are undone."""
    return LedgerEntry(**{**values, "time": aware(values["time"]), "payload": codec.loads(values["payload"]), "undone": values["number"] in undone})


def undone(connection: DuckDBPyConnection, limit: int) -> set[int]:
    """Numbers of the entries that are undone when ``limit`` is the newest."""
    found: set[int] = set()
    query = "SELECT number, undoes FROM ledger WHERE undoes IS NOT NULL AND number <= ? ORDER BY number DESC"
    for number, undoes in connection.execute(query, [limit]).fetchall():
        if number not in found:
            found.add(undoes)
    return found


def own(connection: DuckDBPyConnection, author: str, dataset: str | None) -> list[tuple[int, str, str]]:
    """An author's entries, newest first: number, action, dataset."""
    query = "SELECT number, action, dataset FROM ledger WHERE author = $author AND (dataset = $name OR $name IS NULL) ORDER BY number DESC"
    return connection.execute(query, {"author": author, "name": dataset}).fetchall()


def last_step(connection: DuckDBPyConnection, author: str, dataset: str | None, *, after: int) -> tuple[int, str, str] | None:
    """An author's newest step after a number that is not undone: number, action, dataset."""
    taken_back = undone(connection, newest(connection))
    steps = own(connection, author, dataset)
    return next((step for step in steps if step[0] > after and step[1] not in _NO_STEPS and step[0] not in taken_back), None)


def built_on(connection: DuckDBPyConnection, number: int) -> list[int]:
    """Later steps of other people, not undone, on the same examples or the same policy."""
    query = """
        WITH mine AS (SELECT * FROM ledger WHERE number = $number),
             pinned AS (SELECT split, example_id FROM ledger_pins WHERE number = $number)
        SELECT l.number FROM ledger l, mine
        WHERE l.number > mine.number AND l.author <> mine.author AND l.dataset = mine.dataset AND l.action = mine.action AND (
            l.number IN (SELECT p.number FROM ledger_pins p SEMI JOIN pinned USING (split, example_id))
            OR (l.action = 'policy' AND l.payload ->> '$.name' = mine.payload ->> '$.name')
        )
        ORDER BY l.number
    """
    taken_back = undone(connection, newest(connection))
    return [other for (other,) in connection.execute(query, {"number": number}).fetchall() if other not in taken_back]
