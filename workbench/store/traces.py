"""Traces of training runs, by what decides them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from workbench.errors import DataError
from workbench.store import codec, columns
from workbench.store.ingest import TRACE_RUN, Ingest
from workbench.store.rows import first, now, store
from workbench.types import Trace

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from workbench.store.door import Door
    from workbench.store.records import NewTrace


class Traces:
    """What models said of training examples, epoch by epoch."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def find(self, dataset_id: int, identity: str) -> Trace | None:
        """The trace of a dataset version that this identity decides; None where there is none."""
        import pyarrow as pa

        with self._door.read() as connection:
            number = _find(connection, dataset_id, identity)
            if number is None:
                return None
            ((head,),) = connection.execute("SELECT head FROM trace_runs WHERE trace_run = ?", [number]).fetchall()
            epochs = connection.execute("SELECT DISTINCT epoch FROM _traces WHERE trace_run = ? ORDER BY epoch", [number]).fetchall()
        pages: list[pa.Table] = [columns.schema(columns.TRACE).empty_table()]
        query = f"SELECT {columns.listing(columns.TRACE)} FROM _traces WHERE trace_run = ? AND epoch = ? ORDER BY row"
        for (epoch,) in epochs:
            with self._door.read() as connection:
                pages.append(columns.fetch(connection, query, [number, epoch], columns=columns.TRACE))
        return Trace(table=pa.concat_tables(pages), head=str(head))

    def add(self, trace: NewTrace, table: pa.Table) -> None:
        """Keep a trace; it becomes visible with the last slice. One of this identity that is there already stays as it is.

        Args:
            trace: whose it is.
            table: see ``types.Trace``.

        Raises:
            DataError: the table has other columns, or the dataset was removed meanwhile.
        """
        shaped = columns.shaped(table, columns.TRACE, "A trace")
        with Ingest(self._door, TRACE_RUN) as ingest:
            ingest.fill("_traces", shaped, select="{id}, *")
            with self._door.write() as connection:
                if _find(connection, trace.dataset_id, trace.identity) is not None:
                    return
                if not first(connection, "SELECT 1 FROM datasets WHERE dataset_id = ?", [trace.dataset_id]):
                    raise DataError(f"The dataset number {trace.dataset_id} was removed while it was traced.", advice="Import it again.")
                ingest.complete(connection)
                values = {field.name: getattr(trace, field.name) for field in dataclasses.fields(trace)}
                store(connection, "trace_runs", {"trace_run": ingest.id, **values, "options": codec.dumps(trace.options), "created": now()})


def _find(connection: DuckDBPyConnection, dataset_id: int, identity: str) -> int | None:
    found = first(connection, "SELECT trace_run FROM trace_runs WHERE dataset_id = ? AND identity = ?", [dataset_id, identity])
    return None if found is None else int(found[0])
