"""Signals, the evidence behind them, and the edges between similar examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError
from workbench.store import codec, columns
from workbench.store.ingest import SELECTOR_RUN, Ingest
from workbench.store.records import SelectorRun
from workbench.store.rows import arrays, aware, first, now, records, store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from workbench.store.door import Door
    from workbench.store.records import NewSelectorRun
    from workbench.types import Findings

_PAGE_ROWS = 1_000_000


class Signals:
    """What selectors found, by selector run."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def find(self, dataset_id: int, selector: str, version: str, params_hash: str) -> SelectorRun | None:
        """The run of this selector (a component id), version and parameters on this dataset version."""
        with self._door.read() as connection:
            return _find(connection, dataset_id, selector, version, params_hash)

    def runs(self, dataset_id: int) -> list[SelectorRun]:
        """All runs on a dataset version, in the order they were made."""
        with self._door.read() as connection:
            return _runs(connection, "WHERE dataset_id = ?", [dataset_id])

    def add(self, run: NewSelectorRun, rows: np.ndarray, findings: Findings) -> SelectorRun:
        """Store what a selector found; it becomes visible with the last slice.

        Args:
            run: what ran.
            rows: int64 [n], the row of each position of the findings.
            findings: see ``Findings``.

        Returns:
            The run with its number, or the one of the same dataset, selector, version and parameters that was there already.

        Raises:
            DataError: tables of the findings do not fit the declared signals, or the dataset was removed meanwhile.
            StoreError: the store cannot be written.
        """
        signals, evidence, edges = _by_row(run, rows, findings)
        with Ingest(self._door, SELECTOR_RUN) as ingest:
            ingest.put(lambda connection: connection.execute(f"CREATE TABLE {ingest.own} ({columns.signals_definition(run.signals)})"))
            ingest.fill("{own}", signals)
            ingest.fill("_evidence", evidence, select="{id}, *")
            ingest.fill("_duplicate_edges", edges, select="{id}, least(a, b), greatest(a, b), signal, kind, similarity")
            with self._door.write() as connection:
                present = _find(connection, run.dataset_id, run.selector, run.version, run.params_hash)
                if present is not None:
                    return present
                if not first(connection, "SELECT 1 FROM datasets WHERE dataset_id = ?", [run.dataset_id]):
                    raise DataError(f"The dataset number {run.dataset_id} was removed while {run.selector!r} scored it.", advice="Import it again.")
                ingest.complete(connection)
                connection.execute(f"ALTER TABLE {ingest.own} RENAME TO signals_{ingest.id}")
                store(
                    connection,
                    "selector_runs",
                    {
                        "selector_run": ingest.id,
                        "dataset_id": run.dataset_id,
                        "selector": run.selector,
                        "name": run.name,
                        "version": run.version,
                        "kind": run.kind,
                        "scope": run.scope,
                        "plugin": run.plugin,
                        "distribution": run.distribution,
                        "distribution_version": run.distribution_version,
                        "params": codec.dumps(run.params),
                        "params_hash": run.params_hash,
                        "signals": codec.dumps(run.signals),
                        "scored": run.scored,
                        "cached": run.cached,
                        "errors": run.errors,
                        "seconds": run.seconds,
                        "notes": codec.dumps(run.notes),
                        "created": now(),
                    },
                )
                rebuild_findings(connection)
                (added,) = _runs(connection, "WHERE selector_run = ?", [ingest.id])
        return added

    def read(self, selector_run: int) -> pa.Table:
        """``row`` int64 and one column per signal, in row order.

        Raises:
            DataError: there is no such run.
        """
        import pyarrow as pa

        run = self._get(selector_run)
        names = {"row": "int64", **columns.of_signals(run.signals)}
        pages = [columns.schema(names).empty_table()]
        with self._door.read() as connection:
            ((last,),) = connection.execute(f"SELECT coalesce(max(row), -1) FROM signals_{selector_run}").fetchall()
        for start in range(0, last + 1, _PAGE_ROWS):
            query = f"SELECT * FROM signals_{selector_run} WHERE row >= ? AND row < ? ORDER BY row"
            with self._door.read() as connection:
                pages.append(columns.fetch(connection, query, [start, start + _PAGE_ROWS], columns=names))
        return pa.concat_tables(pages)

    def of_row(self, selector_run: int, row: int) -> Mapping[str, object]:
        """Signal name to value of one row; empty for a row that was not scored."""
        with self._door.read() as connection:
            found = records(connection, f"SELECT * FROM signals_{int(selector_run)} WHERE row = ?", [int(row)])
        return {name: value for name, value in found[0].items() if name != "row"} if found else {}

    def edges(self, selector_run: int) -> pa.Table:
        """``a`` < ``b`` int64 (rows), ``signal`` string, ``kind`` string (``PairKind``), ``similarity`` float64, ordered by a and b."""
        with self._door.read() as connection:
            query = "SELECT a, b, signal, kind, similarity FROM duplicate_edges WHERE selector_run = ? ORDER BY a, b, signal"
            return columns.fetch(connection, query, [selector_run], columns=columns.EDGES)

    def pairs(self, selector_run: int, signal: str, kind: str) -> Mapping[str, np.ndarray]:
        """Edges of one signal and kind as arrays: ``a`` < ``b`` int64 (rows), ``similarity`` float64, in no order."""
        with self._door.read() as connection:
            query = "SELECT a, b, similarity FROM duplicate_edges WHERE selector_run = ? AND signal = ? AND kind = ?"
            return arrays(connection, query, [selector_run, signal, kind])

    def column(self, selector_run: int, signal: str, rows: np.ndarray) -> np.ndarray:
        """One signal at these rows (ascending): float64, NaN where there is none."""
        values = np.full(len(rows), np.nan)
        length = int(rows[-1]) + 1 if len(rows) else 0
        for start in range(0, length, _PAGE_ROWS):
            query = f"SELECT row, CAST({columns.quote(signal)} AS DOUBLE) AS value FROM signals_{int(selector_run)} WHERE row >= ? AND row < ?"
            with self._door.read() as connection:
                found = arrays(connection, f"SELECT * FROM ({query}) WHERE value IS NOT NULL", [start, start + _PAGE_ROWS])
            values[np.searchsorted(rows, found["row"])] = found["value"]
        return values

    def evidence(self, dataset_id: int, rows: Sequence[int]) -> pa.Table:
        """Evidence on these rows from all selector runs of a dataset version.

        Returns:
            ``row`` int64, ``signal``, ``reason``, ``values`` (JSON), ``partners`` (rows), ``spans``, ``selector`` string (component id),
            ``selector_run`` int64; ordered by row.
        """
        query = """
            SELECT e.row, e.signal, e.reason, e.values, e.partners, e.spans, r.selector, r.selector_run
            FROM _evidence e JOIN selector_runs r USING (selector_run)
            WHERE r.dataset_id = ? AND e.row IN (SELECT row FROM wanted)
            ORDER BY e.row, r.selector_run, e.signal
        """
        with self._door.read() as connection:
            connection.register("wanted", {"row": np.asarray(rows, dtype=np.int64)})
            return columns.fetch(connection, query, [dataset_id], columns={**columns.EVIDENCE, "selector": "string", "selector_run": "int64"})

    def edges_of(self, dataset_id: int, row: int) -> pa.Table:
        """Edges that touch one row: as ``edges``, with ``selector`` string (component id) and ``selector_run`` int64, most similar first."""
        query = """
            SELECT e.a, e.b, e.signal, e.kind, e.similarity, r.selector, r.selector_run
            FROM _duplicate_edges e JOIN selector_runs r USING (selector_run)
            WHERE r.dataset_id = $dataset AND (e.a = $row OR e.b = $row)
            ORDER BY e.similarity DESC, e.a, e.b
        """
        with self._door.read() as connection:
            return columns.fetch(
                connection, query, {"dataset": dataset_id, "row": int(row)}, columns={**columns.EDGES, "selector": "string", "selector_run": "int64"}
            )

    def _get(self, selector_run: int) -> SelectorRun:
        with self._door.read() as connection:
            found = _runs(connection, "WHERE selector_run = ?", [selector_run])
        if not found:
            raise DataError(f"There is no selector run number {selector_run}.", expected="one whose dataset has not been removed")
        return found[0]


def rebuild_findings(connection: DuckDBPyConnection) -> None:
    """Let the view ``findings`` cover the selector runs that there are now."""
    parts = [
        "SELECT 0::BIGINT AS dataset_id, 0::BIGINT AS selector_run, '' AS selector, 0::BIGINT AS row, '' AS signal, 0.0::DOUBLE AS value WHERE false"
    ]
    for run in _runs(connection):
        for signal in run.signals:
            value = f"CAST({columns.quote(signal.name)} AS DOUBLE)"
            parts.append(
                f"SELECT {run.dataset_id}, {run.selector_run}, {_text(run.name)}, row, {_text(signal.name)}, {value} "
                f"FROM signals_{run.selector_run} WHERE {columns.quote(signal.name)} IS NOT NULL"
            )
    connection.execute("CREATE OR REPLACE VIEW findings AS " + " UNION ALL ".join(parts))


def _text(value: str) -> str:
    """A string as an SQL literal; views take no parameters."""
    return "'" + value.replace("'", "''") + "'"


def _runs(connection: DuckDBPyConnection, clause: str = "", parameters: Sequence[object] = ()) -> list[SelectorRun]:
    return [
        SelectorRun(
            **{
                **values,
                "params": codec.loads(values["params"]),
                "signals": codec.signals(values["signals"]),
                "notes": tuple(codec.loads(values["notes"])),
                "created": aware(values["created"]),
            }
        )
        for values in records(connection, f"SELECT * FROM selector_runs {clause} ORDER BY selector_run", parameters)
    ]


def _find(connection: DuckDBPyConnection, dataset_id: int, selector: str, version: str, params_hash: str) -> SelectorRun | None:
    clause = "WHERE dataset_id = ? AND selector = ? AND version = ? AND params_hash = ?"
    found = _runs(connection, clause, [dataset_id, selector, version, params_hash])
    return found[0] if found else None


def _by_row(run: NewSelectorRun, rows: np.ndarray, findings: Findings) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Signals, evidence and edges with the store's rows in place of positions."""
    import pyarrow as pa
    import pyarrow.compute as pc

    what = f"What {run.selector!r} found"
    rows = np.ascontiguousarray(rows, dtype=np.int64)
    if findings.signals.num_rows != len(rows):
        raise DataError(f"{what} has {findings.signals.num_rows} rows.", expected=f"{len(rows)}, one per example")
    if len(np.unique(rows)) != len(rows):
        raise DataError(f"{what} names a row twice.", expected="each row once")

    def place(positions: pa.Array | pa.ChunkedArray) -> pa.Array:
        numbers = positions.to_numpy(zero_copy_only=False)
        if len(numbers) and not (numbers.min() >= 0 and numbers.max() < len(rows)):
            raise DataError(f"{what} points at position {numbers.max()}.", expected=f"a position from 0 to {len(rows) - 1}")
        return pa.array(rows[numbers.astype(np.int64)])

    signals = columns.shaped(findings.signals, columns.of_signals(run.signals), what).add_column(0, "row", pa.array(rows))
    evidence = columns.schema(columns.EVIDENCE).empty_table()
    if findings.evidence is not None and findings.evidence.num_rows:
        found = columns.shaped(findings.evidence, columns.FOUND_EVIDENCE, f"{what}, as evidence,")
        partners = found.column("partners").combine_chunks()
        offsets = np.concatenate([[0], np.cumsum(pc.fill_null(pc.list_value_length(partners), 0).to_numpy())]).astype(np.int32)
        placed = pa.ListArray.from_arrays(pa.array(offsets), place(partners.flatten()), mask=partners.is_null())
        evidence = found.set_column(0, "row", place(found.column("position")))
        evidence = evidence.set_column(evidence.column_names.index("partners"), "partners", placed)
    edges = columns.schema(columns.EDGES).empty_table()
    if findings.edges is not None and findings.edges.num_rows:
        found = columns.shaped(findings.edges, columns.EDGES, f"{what}, as edges,")
        edges = found.set_column(0, "a", place(found.column("a"))).set_column(1, "b", place(found.column("b")))
    return signals, evidence, edges
