"""Views over the examples of datasets, which are kept in one table per slice of an import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.store.columns import listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

_COMMON = "row, split, example_id, content_hash, raw_hash, source, line, meta"
_EMPTY = """
    SELECT NULL::BIGINT AS dataset_id, NULL::BIGINT AS row, NULL::VARCHAR AS split, NULL::VARCHAR AS example_id, NULL::VARCHAR AS content_hash,
           NULL::VARCHAR AS raw_hash, NULL::VARCHAR AS source, NULL::BIGINT AS line, NULL::VARCHAR AS meta
    WHERE false
"""


def make_views(connection: DuckDBPyConnection, dataset_id: int, roles: Sequence[str], *, parts: int) -> None:
    """Make ``_examples_<dataset_id>``, all columns of a dataset's examples, and ``roles_<dataset_id>``, their roles."""
    tables = " UNION ALL ".join(f"FROM _examples_{dataset_id}_{part}" for part in range(parts))
    # An id that is the content hash, as most are, is not kept twice.
    connection.execute(f"CREATE VIEW _examples_{dataset_id} AS SELECT * REPLACE (coalesce(example_id, content_hash) AS example_id) FROM ({tables})")
    connection.execute(f"CREATE VIEW roles_{dataset_id} AS SELECT row, {listing(roles)} FROM _examples_{dataset_id}")


def rebuild_examples(connection: DuckDBPyConnection) -> None:
    """Let the view ``examples`` cover the datasets that there are now."""
    numbers = [number for (number,) in connection.execute("SELECT dataset_id FROM datasets ORDER BY dataset_id").fetchall()]
    parts = [f"SELECT {number}::BIGINT, {_COMMON} FROM _examples_{number}" for number in numbers]
    connection.execute("CREATE OR REPLACE VIEW examples AS " + " UNION ALL ".join([_EMPTY, *parts]))
