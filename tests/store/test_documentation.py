from __future__ import annotations

import re
from pathlib import Path

from store_builders import ROLES, SCORE, examples, imported, numbered, scored

TABLES = Path(__file__).parents[2] / "docs" / "tables.md"


def documented():
    """Table name to its columns and types, as the documentation has them."""
    found = {}
    for section in re.split(r"^### ", TABLES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _newline, body = section.partition("\n")
        found[name] = [tuple(cells[:2]) for cells in (line.strip("| ").split(" | ") for line in body.splitlines() if line.startswith("| "))][2:]
    return found


def test_every_table_and_column_is_documented(store):
    """The documentation names every table and view of a store with all columns and their types, and nothing else."""
    record = imported(store, examples(numbered(2)))
    run = scored(store, record.dataset_id, [0.5, 0.5])
    rows = store.sql(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY table_name, column_index"
    ).to_pylist()
    real = {}
    for row in rows:
        if not row["table_name"].startswith("_"):
            real.setdefault(row["table_name"], []).append((row["column_name"], row["data_type"]))
    assert [("row", "BIGINT"), *((role.name, "VARCHAR") for role in ROLES)] == real.pop(f"roles_{record.dataset_id}")
    assert [("row", "BIGINT"), (SCORE.name, "DOUBLE")] == real.pop(f"signals_{run.selector_run}")
    found = documented()
    assert ([], []) == (found.pop("roles_<dataset_id>"), found.pop("signals_<selector_run>"))
    assert real == found
