"""Predictions of runs, the statistics and values that metrics drew from them, and what comparing them said."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError
from workbench.store import codec, columns
from workbench.store.rows import first, store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from workbench.store.door import Door
    from workbench.store.records import MetricResult

_SCORES: columns.Columns = {
    "run_id": "int64",
    "name": "string",
    "arm": "string",
    "seed": "int64",
    "metric": "string",
    "version": "string",
    "value": "float64",
    "n": "int64",
    "not_scored": "int64",
    "stray": "int64",
    "signature": "string",
    "direction": "string",
    "percent": "bool",
    "kind": "string",
    "distribution": "string",
    "distribution_version": "string",
}


class Results:
    """What runs predicted and how good it was."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def save(self, run_id: int, *, predictions: pa.Table, metrics: Sequence[MetricResult]) -> None:
        """Keep predictions and metrics of a run in one transaction, in place of earlier ones.

        Args:
            run_id: of the run.
            predictions: ``row`` int64 and the columns of ``FineTuneAdapter.predict``; a column that is absent is null.
            metrics: with one row of statistics per prediction, in the same order.

        Raises:
            DataError: there is no such run, or statistics do not fit the predictions.
        """
        table = _predictions(predictions)
        statistics = [_statistics(table, metric) for metric in metrics]
        with self._door.write() as connection:
            if not connection.execute("SELECT 1 FROM runs WHERE run_id = ?", [run_id]).fetchall():
                raise DataError(f"There is no run number {run_id}.", expected="one whose dataset has not been removed")
            for name in ("predictions", "statistics", "scores"):
                connection.execute(f"DELETE FROM {name} WHERE run_id = ?", [run_id])
            columns.insert(connection, "predictions", table, select=f"{int(run_id)}, *")
            for metric, of_metric in zip(metrics, statistics, strict=True):
                columns.insert(connection, "statistics", of_metric, select=f"{int(run_id)}, *")
                store(
                    connection,
                    "scores",
                    {
                        "run_id": run_id,
                        "metric": metric.metric,
                        "version": metric.version,
                        "value": None if metric.value is None or math.isnan(metric.value) else float(metric.value),
                        "n": int(metric.n),
                        "not_scored": int(metric.not_scored),
                        "stray": int(metric.stray),
                        "signature": metric.signature,
                        "state": codec.dumps(metric.state),
                        "direction": str(metric.direction),
                        "percent": metric.percent,
                        "kind": str(metric.kind),
                        "plugin": metric.plugin,
                        "distribution": metric.distribution,
                        "distribution_version": metric.distribution_version,
                    },
                )

    def predictions(self, run_id: int) -> pa.Table:
        """``row`` int64 and the columns of ``FineTuneAdapter.predict``, in the order they were saved."""
        with self._door.read() as connection:
            query = f"SELECT {columns.listing(columns.PREDICTIONS)} FROM predictions WHERE run_id = ? ORDER BY rowid"
            return columns.fetch(connection, query, [run_id], columns=columns.PREDICTIONS)

    def statistics(self, run_id: int, metric: str) -> tuple[np.ndarray, np.ndarray, Mapping[str, object]]:
        """What a metric drew from each prediction of a run.

        Returns:
            Rows int64 [n], statistics float64 [n, k] (a row of NaN is not scored), and the state that ``Metric.prepare`` gave.

        Raises:
            DataError: the metric was not computed for this run.
        """
        with self._door.read() as connection:
            found = first(connection, "SELECT state FROM scores WHERE run_id = ? AND metric = ?", [run_id, metric])
            if found is None:
                raise DataError(f"The run number {run_id} has no metric {metric!r}.", advice="Evaluate it with this metric first.")
            query = "SELECT row, values FROM statistics WHERE run_id = ? AND metric = ? ORDER BY rowid"
            table = columns.fetch(connection, query, [run_id, metric], columns={"row": "int64", "values": "list<float64>"})
        lists = table.column("values").combine_chunks()
        scored = np.asarray(lists.is_valid())
        numbers = np.asarray(lists.flatten(), dtype=np.float64)
        width = len(numbers) // scored.sum() if scored.any() else 1
        values = np.full((len(lists), width), np.nan)
        values[scored] = numbers.reshape(-1, width)
        return table.column("row").to_numpy(), values, codec.loads(found[0])

    def scores(self, experiment_id: int | None = None, run_id: int | None = None) -> pa.Table:
        """Values of metrics, of an experiment, a run, or all.

        Returns:
            ``run_id``, ``name``, ``arm``, ``seed``, ``metric`` (component id), ``version``, ``value`` (null where nothing was scored), ``n``,
            ``not_scored``, ``stray``, ``signature``, ``direction``, ``percent``, ``kind``, ``distribution``, ``distribution_version``; by
            run, then in the order of the metrics.
        """
        query = """
            SELECT s.run_id, r.name, r.arm, r.seed, s.metric, s.version, s.value, s.n, s.not_scored, s.stray, s.signature,
                s.direction, s.percent, s.kind, s.distribution, s.distribution_version
            FROM scores s JOIN runs r USING (run_id)
            WHERE (r.experiment_id = $experiment OR $experiment IS NULL) AND (s.run_id = $run OR $run IS NULL)
            ORDER BY s.run_id, s.rowid
        """
        with self._door.read() as connection:
            return columns.fetch(connection, query, {"experiment": experiment_id, "run": run_id}, columns=_SCORES)

    def save_comparisons(self, experiment_id: int | None, table: pa.Table) -> None:
        """Keep the comparisons of an experiment (None: of what stands outside any), in place of earlier ones.

        Args:
            experiment_id: of the experiment.
            table: ``metric``, ``a``, ``b``, ``effect``, ``low``, ``high``, ``p``, ``p_adjusted``, ``n``, ``seeds``, ``detectable``, ``verdict``,
                ``method``, ``family``, ``margin``.

        Raises:
            DataError: a column is missing.
        """
        table = columns.shaped(table, columns.COMPARISONS, "A table of comparisons")
        with self._door.write() as connection:
            connection.execute("DELETE FROM comparisons WHERE experiment_id IS NOT DISTINCT FROM ?", [experiment_id])
            columns.insert(connection, "comparisons", table, select=f"{'NULL' if experiment_id is None else int(experiment_id)}, *")

    def comparisons(self, experiment_id: int | None) -> pa.Table:
        """The comparisons of an experiment, with the columns that ``save_comparisons`` takes, in the order they were saved."""
        with self._door.read() as connection:
            query = f"SELECT {columns.listing(columns.COMPARISONS)} FROM comparisons WHERE experiment_id IS NOT DISTINCT FROM ? ORDER BY rowid"
            return columns.fetch(connection, query, [experiment_id], columns=columns.COMPARISONS)


def _predictions(table: pa.Table) -> pa.Table:
    """A table of predictions with all columns that there are."""
    import pyarrow as pa

    names = columns.schema(columns.PREDICTIONS)
    for name in columns.PREDICTIONS:
        if name not in table.column_names and name != "row":
            table = table.append_column(name, pa.nulls(table.num_rows, names.field(name).type))
    return columns.shaped(table, columns.PREDICTIONS, "A table of predictions")


def _statistics(predictions: pa.Table, metric: MetricResult) -> pa.Table:
    """Rows of the table ``statistics``, but for the run: metric, row, values."""
    import pyarrow as pa

    values = np.ascontiguousarray(metric.statistics, dtype=np.float64)
    if values.ndim != 2 or len(values) != predictions.num_rows:
        raise DataError(
            f"The statistics of {metric.metric!r} have the shape {values.shape}.", expected=f"({predictions.num_rows}, k), one row per prediction"
        )
    count, width = values.shape
    offsets = pa.array(np.arange(count + 1, dtype=np.int64) * width)
    lists = pa.LargeListArray.from_arrays(offsets, pa.array(values.ravel()), mask=pa.array(np.isnan(values).all(axis=1)))
    return pa.table({"metric": pa.array([metric.metric] * count, pa.string()), "row": predictions.column("row"), "values": lists})
