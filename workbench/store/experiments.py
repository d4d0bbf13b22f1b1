"""Experiments, their arms, and the runs that train them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from workbench.errors import DataError
from workbench.store import codec, columns
from workbench.store.records import ArmRecord, ExperimentRecord, RunRecord
from workbench.store.rows import aware, next_id, now, records, store, stored_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from workbench.store.door import Door
    from workbench.types import RunEvent

_OF_RUNS = ("predictions", "scores", "statistics", "run_events", "encode_audits")


class Experiments:
    """The experiments of a store."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def open(self, *, name: str, identity: str, task: str, dataset_id: int, recipe: str, resolved: Mapping[str, object]) -> ExperimentRecord:
        """The experiment of this name and identity; where there is none, a new revision under the name, in the state ``running``."""
        with self._door.write() as connection:
            found = _experiments(connection, "WHERE name = ? AND identity = ?", [name, identity])
            if found:
                return found[-1]
            query = "SELECT coalesce(max(revision), 0) + 1 FROM experiments WHERE name = ?"
            values = {
                "experiment_id": next_id(connection, "_experiment_ids"),
                "name": name,
                "revision": connection.execute(query, [name]).fetchall()[0][0],
                "identity": identity,
                "task": task,
                "dataset_id": dataset_id,
                "recipe": recipe,
                "resolved": codec.dumps(resolved),
                "state": "running",
                "created": now(),
                "steps": "{}",
            }
            store(connection, "experiments", values)
            return _experiment(connection, int(values["experiment_id"]))

    def find(self, name: str, revision: int | None = None) -> ExperimentRecord | None:
        """A revision by name, the newest when None."""
        with self._door.read() as connection:
            found = _experiments(
                connection, "WHERE name = $name AND (revision = $revision OR $revision IS NULL)", {"name": name, "revision": revision}
            )
        return found[-1] if found else None

    def get(self, experiment_id: int) -> ExperimentRecord:
        """A revision by number.

        Raises:
            DataError: there is none.
        """
        with self._door.read() as connection:
            return _experiment(connection, experiment_id)

    def update(
        self, experiment_id: int, *, state: Literal["running", "finished", "failed"] | None = None, steps: Mapping[str, float] | None = None
    ) -> None:
        """Change the state, and merge in seconds by step. What is finished and found finished once more keeps the time at which it was.

        Raises:
            DataError: there is no such experiment.
        """
        with self._door.write() as connection:
            present = _experiment(connection, experiment_id)
            after = state or present.state
            ended = state is not None and (state, present.state) != ("finished", "finished")
            finished = None if after == "running" else now() if ended else present.finished and stored_time(present.finished)
            connection.execute(
                "UPDATE experiments SET state = ?, finished = ?, steps = ? WHERE experiment_id = ?",
                [after, finished, codec.dumps({**present.steps, **(steps or {})}), experiment_id],
            )

    def freeze(
        self, experiment_id: int, arm: str, seed: int | None, rows: np.ndarray, *, policy_id: int | None, ledger_number: int, note: str = ""
    ) -> ArmRecord:
        """Fix the training set of an arm, once; an arm of this experiment, name and seed that is there already stays as it is.

        Args:
            experiment_id: of the experiment.
            arm: its name.
            seed: that it was drawn for; None where all seeds train on the same rows.
            rows: int64 [n], in training order.
            policy_id: of the stored policy that chose them, if any.
            ledger_number: the newest entry that they take account of.
            note: what people should know about it.

        Raises:
            DataError: there is no such experiment.
        """
        with self._door.write() as connection:
            _experiment(connection, experiment_id)
            found = _arms(connection, "WHERE experiment_id = ? AND arm = ? AND seed IS NOT DISTINCT FROM ?", [experiment_id, arm, seed])
            if found:
                return found[0]
            values = {
                "arm_id": next_id(connection, "_arm_ids"),
                "experiment_id": experiment_id,
                "arm": arm,
                "seed": seed,
                "policy_id": policy_id,
                "ledger_number": ledger_number,
                "rows": len(rows),
                "note": note,
            }
            store(connection, "arms", values)
            connection.register("frozen", {"row": np.asarray(rows, dtype=np.int64)})
            connection.execute("INSERT INTO arm_rows SELECT ?, row FROM frozen", [values["arm_id"]])
            (added,) = _arms(connection, "WHERE arm_id = ?", [values["arm_id"]])
            return added

    def arms(self, experiment_id: int) -> list[ArmRecord]:
        """The arms of an experiment, in the order they were frozen."""
        with self._door.read() as connection:
            return _arms(connection, "WHERE experiment_id = ?", [experiment_id])

    def arm_rows(self, arm_id: int) -> np.ndarray:
        """The rows of an arm, int64 [n], in training order."""
        with self._door.read() as connection:
            found = connection.execute("SELECT row FROM arm_rows WHERE arm_id = ? ORDER BY rowid", [arm_id]).fetchnumpy()
        return np.asarray(found["row"], dtype=np.int64)

    def plan_run(
        self,
        *,
        experiment_id: int | None,
        dataset_id: int,
        name: str,
        arm: str,
        seed: int,
        adapter: str,
        version: str,
        plugin: str,
        distribution: str,
        distribution_version: str,
        plan: Mapping[str, object],
        environment: Mapping[str, object],
        rows: int,
    ) -> RunRecord:
        """Put a run on the list as ``planned``; one of this name in the experiment (or on this dataset, outside any) stays as it is."""
        with self._door.write() as connection:
            clause = "WHERE experiment_id IS NOT DISTINCT FROM ? AND dataset_id = ? AND name = ?"
            found = _runs(connection, clause, [experiment_id, dataset_id, name])
            if found:
                return found[-1]
            values = {
                "run_id": next_id(connection, "_run_ids"),
                "experiment_id": experiment_id,
                "dataset_id": dataset_id,
                "name": name,
                "arm": arm,
                "seed": seed,
                "state": "planned",
                "adapter": adapter,
                "version": version,
                "plugin": plugin,
                "distribution": distribution,
                "distribution_version": distribution_version,
                "plan": codec.dumps(plan),
                "environment": codec.dumps(environment),
                "rows": rows,
                "steps": 0,
                "seconds": 0.0,
                "error": "",
                "created": now(),
            }
            store(connection, "runs", values)
            (added,) = _runs(connection, "WHERE run_id = ?", [values["run_id"]])
            return added

    def start_run(self, run_id: int) -> None:
        """Mark a run as running.

        Raises:
            DataError: there is no such run.
        """
        self._change_run(run_id, "state = 'running', error = '', finished = NULL", [])

    def finish_run(self, run_id: int, *, steps: int, seconds: float) -> None:
        """Mark a run as finished after so many optimizer steps and seconds.

        Raises:
            DataError: there is no such run.
        """
        self._change_run(run_id, "state = 'finished', error = '', steps = ?, seconds = ?, finished = ?", [steps, seconds, now()])

    def fail_run(self, run_id: int, error: str) -> None:
        """Mark a run as failed, and why.

        Raises:
            DataError: there is no such run.
        """
        self._change_run(run_id, "state = 'failed', error = ?, finished = ?", [error, now()])

    def runs(self, experiment_id: int | None = None) -> list[RunRecord]:
        """The runs of an experiment, or all, in the order they were planned."""
        with self._door.read() as connection:
            return _runs(connection, "WHERE experiment_id = $experiment OR $experiment IS NULL", {"experiment": experiment_id})

    def find_run(self, name_or_id: str) -> RunRecord | None:
        """The newest run of a name, or the run with this number."""
        with self._door.read() as connection:
            found = _runs(connection, "WHERE name = ?", [name_or_id]) or _runs(connection, "WHERE run_id = try_cast(? AS BIGINT)", [name_or_id])
        return found[-1] if found else None

    def add_events(self, run_id: int, events: Sequence[tuple[datetime, RunEvent]]) -> None:
        """Append events of a run, in one transaction."""
        import pyarrow as pa

        names = columns.schema(columns.EVENTS)
        times = [stored_time(time) for time, _event in events]
        table = pa.table(
            {
                "time": pa.array(times, pa.timestamp("us")),
                "kind": [event.kind for _time, event in events],
                "step": pa.array([event.step for _time, event in events], pa.int64()),
                "total": pa.array([event.total for _time, event in events], pa.int64()),
                "values": [codec.dumps(event.values) for _time, event in events],
            }
        )
        with self._door.write() as connection:
            columns.insert(connection, "run_events", table, select=f"{int(run_id)}, {columns.listing(names.names)}")

    def events(self, run_id: int) -> pa.Table:
        """Events of a run in the order they were added: ``time`` timestamp (UTC), ``kind``, ``step``, ``total``, ``values`` (JSON)."""
        with self._door.read() as connection:
            query = "SELECT time, kind, step, total, values FROM run_events WHERE run_id = ? ORDER BY rowid"
            return columns.fetch(connection, query, [run_id], columns=columns.EVENTS)

    def add_audit(self, run_id: int, audit: pa.Table) -> None:
        """Keep what encoding did to each example (see ``Encoded.audit``), in place of an earlier audit of the run."""
        table = columns.shaped(audit, columns.AUDIT, "An audit")
        with self._door.write() as connection:
            connection.execute("DELETE FROM encode_audits WHERE run_id = ?", [run_id])
            columns.insert(connection, "encode_audits", table, select=f"{int(run_id)}, *")

    def audit(self, run_id: int) -> pa.Table:
        """The audit of a run, in the order it was given; no rows where there is none."""
        with self._door.read() as connection:
            query = f"SELECT {columns.listing(columns.AUDIT)} FROM encode_audits WHERE run_id = ? ORDER BY rowid"
            return columns.fetch(connection, query, [run_id], columns=columns.AUDIT)

    def takes_part(self, dataset_id: int, row: int) -> pa.Table:
        """The arms and runs that train on an example.

        Returns:
            ``experiment`` string, ``revision`` int64, ``arm`` string, ``seed`` int64, ``state`` string of the run; seed and state are null where an
            arm has no run yet.
        """
        query = """
            SELECT e.name AS experiment, e.revision, a.arm, coalesce(r.seed, a.seed) AS seed, r.state
            FROM arms a
            JOIN experiments e USING (experiment_id)
            LEFT JOIN runs r ON r.experiment_id = a.experiment_id AND r.arm = a.arm AND (a.seed IS NULL OR a.seed = r.seed)
            WHERE e.dataset_id = ? AND a.arm_id IN (SELECT arm_id FROM arm_rows WHERE row = ?)
            ORDER BY e.experiment_id, a.arm_id, seed
        """
        names = {"experiment": "string", "revision": "int64", "arm": "string", "seed": "int64", "state": "string"}
        with self._door.read() as connection:
            return columns.fetch(connection, query, [dataset_id, int(row)], columns=names)

    def _change_run(self, run_id: int, assignments: str, values: Sequence[object]) -> None:
        with self._door.write() as connection:
            ((changed,),) = connection.execute(f"UPDATE runs SET {assignments} WHERE run_id = ?", [*values, run_id]).fetchall()
            if not changed:
                raise DataError(f"There is no run number {run_id}.", expected="one whose dataset has not been removed")

    def list(self) -> list[ExperimentRecord]:
        """All revisions of all experiments, in the order they were made."""
        with self._door.read() as connection:
            return _experiments(connection)


def experiments_on(connection: DuckDBPyConnection, dataset_ids: Sequence[int]) -> list[str]:
    """What was made with these dataset versions, for people: experiments with their revision, and evaluated predictions."""
    query = """
        SELECT 'the experiment ' || name || '@' || revision FROM experiments WHERE dataset_id IN (SELECT unnest($ids::BIGINT[]))
        UNION ALL
        SELECT 'the predictions ' || name FROM runs WHERE experiment_id IS NULL AND dataset_id IN (SELECT unnest($ids::BIGINT[]))
    """
    return [what for (what,) in connection.execute(query, {"ids": list(dataset_ids)}).fetchall()]


def delete_experiments(connection: DuckDBPyConnection, dataset_ids: Sequence[int]) -> list[int]:
    """Remove everything that was made with these dataset versions; the numbers of the runs, whose folders are left to the caller."""
    given = {"ids": list(dataset_ids)}
    made = "dataset_id IN (SELECT unnest($ids::BIGINT[]))"
    runs = [run_id for (run_id,) in connection.execute(f"SELECT run_id FROM runs WHERE {made}", given).fetchall()]
    for table in _OF_RUNS:
        connection.execute(f"DELETE FROM {table} WHERE run_id IN (SELECT run_id FROM runs WHERE {made})", given)
    experiments = f"experiment_id IN (SELECT experiment_id FROM experiments WHERE {made})"
    connection.execute(f"DELETE FROM comparisons WHERE {experiments}", given)
    connection.execute(f"DELETE FROM arm_rows WHERE arm_id IN (SELECT arm_id FROM arms WHERE {experiments})", given)
    connection.execute(f"DELETE FROM arms WHERE {experiments}", given)
    connection.execute(f"DELETE FROM runs WHERE {made}", given)
    connection.execute(f"DELETE FROM experiments WHERE {made}", given)
    return runs


def _experiments(
    connection: DuckDBPyConnection, clause: str = "", parameters: Sequence[object] | Mapping[str, object] = ()
) -> list[ExperimentRecord]:
    return [
        ExperimentRecord(
            **{
                **row,
                "resolved": codec.loads(row["resolved"]),
                "created": aware(row["created"]),
                "finished": row["finished"] and aware(row["finished"]),
                "steps": codec.loads(row["steps"]),
            }
        )
        for row in records(connection, f"SELECT * FROM experiments {clause} ORDER BY experiment_id", parameters)
    ]


def _experiment(connection: DuckDBPyConnection, experiment_id: int) -> ExperimentRecord:
    found = _experiments(connection, "WHERE experiment_id = ?", [experiment_id])
    if not found:
        raise DataError(f"There is no experiment number {experiment_id}.", expected="one whose dataset has not been removed")
    return found[0]


def _arms(connection: DuckDBPyConnection, clause: str, parameters: Sequence[object]) -> list[ArmRecord]:
    return [ArmRecord(**row) for row in records(connection, f"SELECT * FROM arms {clause} ORDER BY arm_id", parameters)]


def _runs(connection: DuckDBPyConnection, clause: str, parameters: Sequence[object] | Mapping[str, object]) -> list[RunRecord]:
    return [
        RunRecord(
            **{
                **row,
                "plan": codec.loads(row["plan"]),
                "environment": codec.loads(row["environment"]),
                "created": aware(row["created"]),
                "finished": row["finished"] and aware(row["finished"]),
            }
        )
        for row in records(connection, f"SELECT * FROM runs {clause} ORDER BY run_id", parameters)
    ]
