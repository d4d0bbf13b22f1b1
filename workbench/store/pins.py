"""Which rows pins hold for: written with the row they are made on, and found again in other versions by id or by raw row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError
from workbench.store import history
from workbench.store.rows import arrays, first

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from duckdb import DuckDBPyConnection

FIRST = "first"
"""What ``ledger_pins`` calls a row that is chosen to stay for its duplicates."""


def add(connection: DuckDBPyConnection, dataset_id: int, rows: np.ndarray, *, dataset: str, number: int, decision: str) -> None:
    """Enter what a ledger entry decides on these rows (int64 [n], ascending, not empty).

    Raises:
        DataError: a row that the dataset does not have.
    """
    _count_shared(connection, dataset_id)
    connection.register("wanted", {"row": rows})
    connection.execute(
        f"""
        INSERT INTO ledger_pins (number, split, example_id, content_hash, raw_hash, occurrence, decision, dataset_id, row)
        SELECT $number, e.split, e.example_id, e.content_hash, e.raw_hash,
               CASE WHEN e.raw_hash IS NULL THEN NULL WHEN s.row IS NULL THEN 1 ELSE s.occurrence END, $decision, $dataset, e.row
        FROM _examples_{dataset_id} e LEFT JOIN (FROM _shared_raw_rows WHERE dataset_id = $dataset) s ON s.row = e.row
        WHERE e.row IN (SELECT row FROM wanted) AND e.row BETWEEN $low AND $high
        ORDER BY e.row
        """,
        {"number": number, "decision": decision, "dataset": dataset_id, "low": int(rows[0]), "high": int(rows[-1])},
    )
    absent = first(connection, "SELECT row FROM wanted ANTI JOIN (FROM ledger_pins WHERE number = ?) USING (row) ORDER BY row DESC", [number])
    if absent is not None:
        raise DataError(f"A pin names row {absent[0]} of {dataset!r}.", expected="rows that the dataset has")


def touched(connection: DuckDBPyConnection, dataset_id: int, since: int, at: int) -> np.ndarray:
    """Rows of a dataset version on which pins, or choices of survivors, may hold otherwise at one ledger number than at an earlier one: int64 [n]."""
    name = _name(connection, dataset_id)
    entries = sorted(history.undone(connection, since) ^ history.undone(connection, at))
    of_entries = "(p.number > $since AND p.number <= $limit OR p.number IN (SELECT unnest($entries::BIGINT[])))"
    chosen = f"SELECT p.* FROM ledger_pins p JOIN ledger l USING (number) WHERE l.dataset = $name AND {of_entries}"
    placed = _placed(connection, dataset_id, chosen, {"name": name, "since": since, "limit": at, "entries": entries})
    return arrays(connection, f"{placed} SELECT DISTINCT row FROM placed ORDER BY row")["row"]


def named(connection: DuckDBPyConnection, dataset_id: int, number: int) -> np.ndarray:
    """Rows of a dataset version that an entry names: int64 [n], ascending."""
    placed = _placed(connection, dataset_id, "SELECT * FROM ledger_pins WHERE number = $number", {"number": number})
    return arrays(connection, f"{placed} SELECT DISTINCT row FROM placed ORDER BY row")["row"]


def in_force(
    connection: DuckDBPyConnection, dataset_id: int, at: int | None, *, survivors: bool = False, rows: Sequence[int] | np.ndarray | None = None
) -> str:
    """Common table expressions up to ``in_force``, the last pin on each row of a dataset version (or choice of survivor).

    ``in_force`` has the columns of ``ledger_pins``, the row that the pin holds for, and ``text_changed``. ``rows`` asks for these alone.
    """
    limit = history.newest(connection) if at is None else at
    given = {"name": _name(connection, dataset_id), "limit": limit, "first": FIRST, "survivors": survivors}
    connection.register("undone", {"number": np.array(sorted(history.undone(connection, limit)), dtype=np.int64)})
    among = ""
    if rows is not None:
        connection.register("among", {"row": np.unique(np.asarray(rows, dtype=np.int64))})
        among = f"AND ({_about_these(connection, dataset_id, given['name'])})"
    latest = f"""
        SELECT p.* FROM ledger_pins p JOIN ledger l USING (number)
        WHERE l.dataset = $name AND l.number <= $limit AND l.number NOT IN (SELECT number FROM undone) AND (p.decision = $first) = $survivors {among}
        QUALIFY row_number() OVER (PARTITION BY p.split, p.example_id ORDER BY p.number DESC) = 1
    """
    return f"""
        {_placed(connection, dataset_id, latest, given)},
        in_force AS (
            SELECT * FROM placed {"" if rows is None else "WHERE row IN (SELECT row FROM among)"}
            QUALIFY row_number() OVER (PARTITION BY row ORDER BY number DESC) = 1
        )
    """


def _name(connection: DuckDBPyConnection, dataset_id: int) -> str:
    found = first(connection, "SELECT name FROM datasets WHERE dataset_id = ?", [dataset_id])
    if found is None:
        raise DataError(f"There is no dataset number {dataset_id}.", expected="one that has not been removed")
    return str(found[0])


def _about_these(connection: DuckDBPyConnection, dataset_id: int, name: object) -> str:
    """A condition on ``p`` that holds for every pin that may hold for the rows of ``among``."""
    own = f"p.dataset_id = {dataset_id} AND p.row IN (SELECT row FROM among)"
    elsewhere = "SELECT 1 FROM ledger_pins p JOIN ledger l USING (number) WHERE l.dataset = ? AND p.dataset_id IS DISTINCT FROM ? LIMIT 1"
    if first(connection, elsewhere, [name, dataset_id]) is None:
        return own
    examples = f"_examples_{dataset_id} WHERE row IN (SELECT row FROM among)"
    return f"""
        {own} OR p.dataset_id IS DISTINCT FROM {dataset_id} AND (
            p.example_id IN (SELECT example_id FROM {examples}) OR p.raw_hash IN (SELECT raw_hash FROM {examples} AND raw_hash IS NOT NULL)
        )
    """


def _placed(connection: DuckDBPyConnection, dataset_id: int, chosen: str, given: Mapping[str, object]) -> str:
    """Common table expressions up to ``placed``: chosen lines of ``ledger_pins``, each with the row of a dataset version that it holds for.

    A pin holds for the row that it was made on; in another version for the example with its split and id, and where there is none, as after a change
    of ``parse``, for the example that comes from the same raw row, provided that all examples of that raw row are equal.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE chosen AS {chosen}", given)
    of_pin = "p.number, p.split, p.example_id, p.content_hash, p.raw_hash, p.decision"
    own = f"own AS (SELECT p.row, {of_pin}, false AS text_changed FROM chosen p WHERE p.dataset_id = {dataset_id})"
    others = f"SELECT * FROM chosen WHERE dataset_id IS DISTINCT FROM {dataset_id}"
    if first(connection, f"{others} LIMIT 1") is None:  # or DuckDB would read all examples to find none
        return f"WITH {own}, placed AS (FROM own)"
    changed = "e.content_hash <> p.content_hash AND e.raw_hash IS DISTINCT FROM p.raw_hash"
    return f"""
        WITH {own},
        others AS MATERIALIZED ({others}),
        by_id AS MATERIALIZED (
            SELECT e.row, {of_pin}, {changed} AS text_changed
            FROM others p JOIN _examples_{dataset_id} e ON e.split = p.split AND e.example_id = p.example_id
        ),
        hashes AS MATERIALIZED (SELECT * FROM others p ANTI JOIN by_id i ON i.split = p.split AND i.example_id = p.example_id),
        {_occurrences(dataset_id)},
        by_raw_row AS (
            SELECT o.row, {of_pin}, {changed} AS text_changed
            FROM hashes p JOIN occurrences o USING (split, raw_hash, occurrence) JOIN _examples_{dataset_id} e ON e.row = o.row
        ),
        placed AS (FROM own UNION ALL FROM by_id UNION ALL FROM by_raw_row)
    """


def _occurrences(dataset_id: int) -> str:
    """A common table expression: rows of a dataset by raw row, for the splits and raw hashes of a table ``hashes``.

    Equal examples of one raw row (it stands in the data several times) are told apart by order; where its examples differ (it was parsed into
    several), nothing says which is which, and they are left out.
    """
    return f"""
        occurrences AS (
            SELECT row, split, raw_hash, occurrence FROM (
                SELECT row, split, raw_hash,
                       row_number() OVER (PARTITION BY split, raw_hash ORDER BY row) AS occurrence,
                       min(content_hash) OVER raw = max(content_hash) OVER raw AS alike
                FROM _examples_{dataset_id} SEMI JOIN hashes USING (split, raw_hash)
                WINDOW raw AS (PARTITION BY split, raw_hash)
            ) WHERE alike
        )
    """


def _count_shared(connection: DuckDBPyConnection, dataset_id: int) -> None:
    """List, once for each dataset version, which of its examples share their raw row."""
    if first(connection, "SELECT 1 FROM datasets WHERE dataset_id = ? AND shared_raw_rows IS NOT NULL", [dataset_id]):
        return
    examples = f"_examples_{dataset_id}"
    connection.execute(
        f"""
        INSERT INTO _shared_raw_rows
        WITH hashes AS (SELECT split, raw_hash FROM {examples} WHERE raw_hash IS NOT NULL GROUP BY ALL HAVING count(*) > 1),
        {_occurrences(dataset_id)}
        SELECT $dataset, e.row, o.occurrence
        FROM {examples} e SEMI JOIN hashes h ON h.split = e.split AND h.raw_hash = e.raw_hash LEFT JOIN occurrences o ON o.row = e.row
        """,
        {"dataset": dataset_id},
    )
    count = (
        "UPDATE datasets SET shared_raw_rows = (SELECT count(*) FROM _shared_raw_rows r WHERE r.dataset_id = $dataset) WHERE dataset_id = $dataset"
    )
    connection.execute(count, {"dataset": dataset_id})
