"""What selectors say of evaluation splits; nothing but reports reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import DataError
from workbench.store import codec, columns
from workbench.store.records import EvalCheck, EvalRule
from workbench.store.rows import aware, first, next_id, now, records, store

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from workbench.store.door import Door


class EvalChecks:
    """The checks of evaluation splits."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def find(self, dataset_id: int, key: str | None = None) -> EvalCheck | None:
        """The check of a dataset version by its key; the newest where none is given."""
        with self._door.read() as connection:
            return _find(connection, dataset_id, key)

    def add(
        self, dataset_id: int, key: str, *, rows: int, rules: Sequence[EvalRule], notes: Sequence[str], seconds: float, found: pa.Table
    ) -> EvalCheck:
        """Keep a check; one of this key that is there already stays as it is.

        Args:
            dataset_id: of the version.
            key: of what decided it.
            rows: of the split.
            rules: what each rule fired on.
            notes: what people should be told.
            seconds: that it took.
            found: ``row`` int64, ``rule`` string, ``reason`` string, ``partner`` int64 (a row, or null).

        Raises:
            DataError: the dataset was removed meanwhile, or the table has other columns.
        """
        table = columns.shaped(found, columns.EVAL_FINDINGS, "What was found in the evaluation split")
        with self._door.write() as connection:
            present = _find(connection, dataset_id, key)
            if present is not None:
                return present
            if not first(connection, "SELECT 1 FROM datasets WHERE dataset_id = ?", [dataset_id]):
                raise DataError(f"The dataset number {dataset_id} was removed while it was checked.", advice="Import it again.")
            number = next_id(connection, "_eval_check_ids")
            values = {"eval_check": number, "dataset_id": dataset_id, "key": key, "rows": rows, "seconds": seconds, "created": now()}
            store(connection, "eval_checks", {**values, "rules": codec.dumps(rules), "notes": codec.dumps(notes)})
            columns.insert(connection, "eval_findings", table, select=f"{number}, *")
            added = _find(connection, dataset_id, key)
        if added is None:
            raise RuntimeError("what was stored is not there")
        return added

    def findings(self, eval_check: int) -> pa.Table:
        """What a check found: ``row``, ``rule``, ``reason`` and ``partner`` as in ``add``, by row."""
        with self._door.read() as connection:
            query = f"SELECT {columns.listing(columns.EVAL_FINDINGS)} FROM eval_findings WHERE eval_check = ? ORDER BY row, rowid"
            return columns.fetch(connection, query, [eval_check], columns=columns.EVAL_FINDINGS)


def delete_checks(connection: DuckDBPyConnection, dataset_ids: Sequence[int]) -> None:
    """Remove the checks of these dataset versions."""
    made = "dataset_id IN (SELECT unnest($ids::BIGINT[]))"
    given = {"ids": list(dataset_ids)}
    connection.execute(f"DELETE FROM eval_findings WHERE eval_check IN (SELECT eval_check FROM eval_checks WHERE {made})", given)
    connection.execute(f"DELETE FROM eval_checks WHERE {made}", given)


def _find(connection: DuckDBPyConnection, dataset_id: int, key: str | None) -> EvalCheck | None:
    query = "SELECT * FROM eval_checks WHERE dataset_id = $dataset AND (key = $key OR $key IS NULL) ORDER BY eval_check DESC LIMIT 1"
    for row in records(connection, query, {"dataset": dataset_id, "key": key}):
        rules = tuple(EvalRule(**rule) for rule in codec.loads(row["rules"]))
        return EvalCheck(**{**row, "rules": rules, "notes": tuple(codec.loads(row["notes"])), "created": aware(row["created"])})
    return None
