"""Types of what the store takes in and gives back: as Arrow carries them and as SQL keeps them. Arrow is imported when it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from workbench.errors import DataError
from workbench.types import RoleType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from workbench.types import Role, Signal

Columns = dict[str, str]
"""Column names to types, in order. Types are called as in ``_arrow_types``."""

EXAMPLE: Columns = {"row": "int64", "example_id": "string", "content_hash": "string", "split": "string", "source": "string", "meta": "string"}
STAGED: Columns = {
    "split": "string",
    "key": "string",
    "raw_hash": "string",
    "content_hash": "string",
    "source": "string",
    "line": "int64",
    "meta": "string",
}
REJECTED: Columns = {"file": "string", "line": "int64", "reason": "string", "excerpt": "string"}
PLANTED: Columns = {"row": "int64", "kind": "string", "detail": "string"}
EVIDENCE: Columns = {
    "row": "int64",
    "signal": "string",
    "reason": "string",
    "values": "string",
    "partners": "list<int64>",
    "spans": "list<marks>",
}
FOUND_EVIDENCE: Columns = {"position": "int64", **{name: kind for name, kind in EVIDENCE.items() if name != "row"}}
EDGES: Columns = {"a": "int64", "b": "int64", "signal": "string", "kind": "string", "similarity": "float64"}
EVAL_FINDINGS: Columns = {"row": "int64", "rule": "string", "reason": "string", "partner": "int64"}
VERDICTS: Columns = {"row": "int64", "verdict": "string", "fired": "list<string>", "partner": "int64", "pin": "string"}
AUDIT: Columns = {"row": "int64", "tokens": "int32", "supervised_tokens": "int32", "truncated": "bool", "stop_token_trained": "bool"}
TRACE: Columns = {
    "epoch": "int32",
    "row": "int64",
    "loss": "float64",
    "log_probability": "float64",
    "margin": "float64",
    "correct": "float64",
    "error_norm": "float64",
}
EVENTS: Columns = {"time": "time", "kind": "string", "step": "int64", "total": "int64", "values": "string"}
PREDICTIONS: Columns = {
    "row": "int64",
    "text": "text",
    "label": "label",
    "probabilities": "probabilities",
    "span": "span",
    "log_probability": "float64",
    "tokens": "int32",
}
COMPARISONS: Columns = {
    "metric": "string",
    "a": "string",
    "b": "string",
    "effect": "float64",
    "low": "float64",
    "high": "float64",
    "p": "float64",
    "p_adjusted": "float64",
    "n": "int64",
    "seeds": "int64",
    "detectable": "float64",
    "verdict": "string",
    "method": "string",
    "family": "string",
    "margin": "float64",
}

_ROLE_SQL: Mapping[RoleType, str] = {
    RoleType.TEXT: "VARCHAR",
    RoleType.LABEL: "VARCHAR",
    RoleType.NUMBER: "DOUBLE",
    RoleType.TEXTS: "VARCHAR[]",
    RoleType.SPANS: 'STRUCT(start INTEGER, "end" INTEGER, text VARCHAR)[]',
    RoleType.MESSAGES: "STRUCT(role VARCHAR, content VARCHAR, name VARCHAR, tool_call_id VARCHAR, tool_calls VARCHAR)[]",
}
_SIGNAL_SQL = {"float64": "DOUBLE", "int64": "BIGINT", "bool": "BOOLEAN"}


@cache
def _arrow_types() -> Mapping[str, pa.DataType]:
    import pyarrow as pa

    text = pa.large_string()
    return {
        "int32": pa.int32(),
        "int64": pa.int64(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
        "string": pa.string(),
        "time": pa.timestamp("us", tz="UTC"),
        "list<int64>": pa.list_(pa.int64()),
        "list<string>": pa.list_(pa.string()),
        "list<marks>": pa.list_(pa.struct([("role", pa.string()), ("start", pa.int32()), ("end", pa.int32())])),
        "list<float64>": pa.list_(pa.float64()),
        "probabilities": pa.large_list(pa.float64()),
        "span": pa.struct([("start", pa.int32()), ("end", pa.int32()), ("no_answer", pa.float64())]),
        RoleType.TEXT: text,
        RoleType.LABEL: text,
        RoleType.NUMBER: pa.float64(),
        RoleType.TEXTS: pa.large_list(text),
        RoleType.SPANS: pa.large_list(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("text", text)])),
        RoleType.MESSAGES: pa.large_list(pa.struct([(name, text) for name in ("role", "content", "name", "tool_call_id", "tool_calls")])),
    }


def schema(columns: Columns) -> pa.Schema:
    """As Arrow calls it."""
    import pyarrow as pa

    return pa.schema([(name, _arrow_types()[kind]) for name, kind in columns.items()])


def of_roles(roles: Sequence[Role]) -> Columns:
    """One column per role."""
    return {role.name: role.type for role in roles}


def of_signals(signals: Sequence[Signal]) -> Columns:
    """One column per signal."""
    return {signal.name: signal.dtype for signal in signals}


def examples_definition(roles: Sequence[Role]) -> str:
    """The columns of a table ``_examples_<dataset_id>_<part>``."""
    common = "row BIGINT, split VARCHAR, example_id VARCHAR, content_hash VARCHAR, raw_hash VARCHAR, source VARCHAR, line BIGINT, meta VARCHAR"
    return ", ".join([common, *(f"{quote(role.name)} {_ROLE_SQL[role.type]}" for role in roles)])


def signals_definition(signals: Sequence[Signal]) -> str:
    """The columns of a table ``signals_<selector_run>``."""
    return ", ".join(["row BIGINT", *(f"{quote(signal.name)} {_SIGNAL_SQL[signal.dtype]}" for signal in signals)])


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def listing(names: Iterable[str], of: str = "") -> str:
    """Names as a list of SQL identifiers, each qualified by ``of``."""
    return ", ".join((f"{of}." if of else "") + quote(name) for name in names)


def shaped(table: pa.Table, columns: Columns, what: str) -> pa.Table:
    """These columns in this order and these types; further columns are left out.

    Raises:
        DataError: a column is missing, or does not convert.
    """
    import pyarrow as pa

    lacking = [name for name in columns if name not in table.column_names]
    if lacking:
        raise DataError(
            f"{what} lacks {', '.join(lacking)}; it has {', '.join(table.column_names) or 'nothing'}.", expected=f"the columns {', '.join(columns)}"
        )
    try:
        return table.select(list(columns)).cast(schema(columns))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"{what} has a column of another type: {error}.", expected=", ".join(f"{name} {kind}" for name, kind in columns.items())
        ) from error


def fetch(connection: DuckDBPyConnection, query: str, parameters: Sequence[object] | Mapping[str, object] = (), *, columns: Columns) -> pa.Table:
    """The result of a query, materialised, in these types."""
    given = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
    return connection.sql(query, params=given).to_arrow_table().cast(schema(columns))


def insert(connection: DuckDBPyConnection, into: str, table: pa.Table, *, select: str = "*") -> None:
    """Append an Arrow table to a table, by position of columns; ``select`` may put expressions before its columns or in their place."""
    connection.register("incoming", table)
    try:
        connection.execute(f"INSERT INTO {into} SELECT {select} FROM incoming")
    finally:
        connection.unregister("incoming")
