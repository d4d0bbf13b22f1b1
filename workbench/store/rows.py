"""Small records in and out of SQL: numbers, times, and one dataclass per row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from duckdb import DuckDBPyConnection


def next_id(connection: DuckDBPyConnection, sequence: str) -> int:
    """The next number of a sequence."""
    return int(connection.execute(f"SELECT nextval('{sequence}')").fetchall()[0][0])


def now() -> datetime:
    """The present as the store keeps times: UTC, without saying so (DuckDB reads aware ones in the machine's own zone)."""
    return datetime.now(UTC).replace(tzinfo=None)


def stored_time(time: datetime) -> datetime:
    """A time as the store keeps it; a naive one is taken for UTC."""
    return time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)


def aware(time: datetime) -> datetime:
    """A time as the store gives it back."""
    return time.replace(tzinfo=UTC)


def records(connection: DuckDBPyConnection, query: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[dict[str, Any]]:
    """The rows of a query, each as column name to value."""
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def first(connection: DuckDBPyConnection, query: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> tuple[Any, ...] | None:
    """The first row of a query; the others are fetched as well, because a connection must finish a result before it can begin another."""
    found = connection.execute(query, parameters).fetchall()
    return found[0] if found else None


def arrays(connection: DuckDBPyConnection, query: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> dict[str, np.ndarray]:
    """The columns of a query that gives no nulls and no strings."""
    return {name: np.asarray(values) for name, values in connection.execute(query, parameters).fetchnumpy().items()}


def store(connection: DuckDBPyConnection, table: str, values: Mapping[str, object]) -> None:
    """Insert one row."""
    columns = ", ".join(values)
    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(values))})", list(values.values()))
