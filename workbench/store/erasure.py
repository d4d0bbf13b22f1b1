"""The one exception to a store that never deletes: what somebody must not find in it any more.

An example is erased from every dataset version that holds it, with its scores, evidence, pairs, verdicts and predictions. What stays is one line of
the ledger with its hash, when, by whom and why; by that line an import sets the same text aside. In the counts of its datasets it moves from imported
to rejected. The file itself still holds the bytes until it is written anew (``compact``).
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from workbench.store import codec, history
from workbench.store.eval_checks import delete_checks
from workbench.store.failures import speaking_of
from workbench.store.ingest import VERDICT_SET, Stage, discard, remove_discarded

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from workbench.store.door import Door
    from workbench.store.records import LedgerEntry

FORGET = history.FORGET
# Of whatever dataset: what a row has in common with an example that models are judged on is told with that example's own words.
_QUOTED = """DELETE FROM _evidence WHERE json_extract_string("values", '$.other.content_hash') IN (SELECT unnest(?::VARCHAR[]))"""
_BY_RUN = ("encode_audits", "predictions", "statistics")


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What was erased.

    Attributes:
        entry: what the ledger keeps.
        rows: examples erased, over all versions of all datasets.
        similar: ids of examples that were paired with it; they may say much the same, and stay.
        models: names of runs that trained on it; their models stay.
    """

    entry: LedgerEntry
    rows: int
    similar: tuple[str, ...]
    models: tuple[str, ...]


def forget(door: Door, dataset_id: int, row: int, *, author: str, reason: str) -> Forgotten:
    """Erase one example, and every other of equal content or, in versions of the same dataset, of the same id."""
    stage = Stage(door.files)
    try:
        with door.write() as connection:
            name, hashes = _hashes(connection, dataset_id, row)
            rows = {number: found for number in _dataset_ids(connection) if (found := _rows(connection, number, hashes))}
            similar = {each for number, found in rows.items() for each in _paired(connection, number, found)}
            models = {each for number, found in rows.items() for each in _trained(connection, number, found)}
            payload = {"content_hashes": hashes, "rows": sum(map(len, rows.values())), "reason": reason}
            entry = history.append(connection, FORGET, payload, dataset=name, author=author)
            without = "UPDATE ledger_pins SET example_id = content_hash, dataset_id = NULL, row = NULL"
            connection.execute(f"{without} WHERE content_hash IN (SELECT unnest(?::VARCHAR[]))", [hashes])
            connection.execute(_QUOTED, [hashes])
            for number, found in rows.items():
                _erase(connection, number, found, reason=f"forgotten: {reason}" if reason else "forgotten")
                delete_checks(connection, [number])  # they may quote it; the next one is made without it
                for (verdict_set,) in connection.execute("SELECT verdict_set FROM verdict_sets WHERE dataset_id = ?", [number]).fetchall():
                    discard(connection, stage, VERDICT_SET, verdict_set)
        remove_discarded(door, stage)
        shutil.rmtree(door.files / "cache", ignore_errors=True)  # it may quote the example, and nothing rests on it
    finally:
        stage.close()
    return Forgotten(entry=entry, rows=sum(map(len, rows.values())), similar=tuple(sorted(similar)), models=tuple(sorted(models)))


def compact(door: Door) -> tuple[int, int]:
    """Write the file anew, without the room of what was removed; everybody else waits for as long as that takes.

    Returns:
        Bytes before and after.

    Raises:
        StoreLockedError, StoreError: as any access; also where there is no room for a second copy.
    """
    fresh = door.files / f"compact.{os.getpid()}.duckdb"
    before = door.path.stat().st_size
    try:
        with door.alone() as memory_limit, speaking_of(door.path):
            with duckdb.connect(config={"memory_limit": f"{memory_limit // 2**20}MiB", "temp_directory": str(door.files / "tmp")}) as connection:
                connection.execute(f"ATTACH {_literal(door.path)} AS old; ATTACH {_literal(fresh)} AS fresh")
                connection.execute("CHECKPOINT old; COPY FROM DATABASE old TO fresh; CHECKPOINT fresh; DETACH old; DETACH fresh")
            os.replace(fresh, door.path)  # noqa: PTH105 - one step, also where the target exists
    finally:
        fresh.unlink(missing_ok=True)
    return before, door.path.stat().st_size


def forgotten(connection: DuckDBPyConnection) -> set[str]:
    """The content hashes that must not come back."""
    found = connection.execute("SELECT payload FROM ledger WHERE action = ?", [FORGET]).fetchall()
    return {each for (payload,) in found for each in codec.loads(payload)["content_hashes"]}


def _literal(path: object) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _dataset_ids(connection: DuckDBPyConnection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT dataset_id FROM datasets ORDER BY dataset_id").fetchall()]


def _hashes(connection: DuckDBPyConnection, dataset_id: int, row: int) -> tuple[str, list[str]]:
    """The dataset's name, and the content of the example in all its versions."""
    ((name,),) = connection.execute("SELECT name FROM datasets WHERE dataset_id = ?", [dataset_id]).fetchall()
    of_row = f"SELECT split, example_id, content_hash FROM _examples_{dataset_id} WHERE row = ?"
    ((split, example_id, content),) = connection.execute(of_row, [row]).fetchall()
    hashes = {content}
    for (number,) in connection.execute("SELECT dataset_id FROM datasets WHERE name = ?", [name]).fetchall():
        found = connection.execute(f"SELECT content_hash FROM _examples_{number} WHERE split = ? AND example_id = ?", [split, example_id]).fetchall()
        hashes |= {each for (each,) in found}
    return str(name), sorted(hashes)


def _rows(connection: DuckDBPyConnection, dataset_id: int, hashes: list[str]) -> list[int]:
    query = f"SELECT row FROM _examples_{dataset_id} WHERE content_hash IN (SELECT unnest(?::VARCHAR[])) ORDER BY row"
    return [row for (row,) in connection.execute(query, [hashes]).fetchall()]


def _paired(connection: DuckDBPyConnection, dataset_id: int, rows: list[int]) -> list[str]:
    query = f"""
        WITH gone AS (SELECT unnest($rows::BIGINT[]) AS row),
             pairs AS (SELECT a, b FROM _duplicate_edges JOIN selector_runs USING (selector_run) WHERE dataset_id = $dataset),
             others AS (SELECT b AS row FROM pairs WHERE a IN (FROM gone) UNION SELECT a FROM pairs WHERE b IN (FROM gone))
        SELECT DISTINCT example_id FROM _examples_{dataset_id} WHERE row IN (FROM others) AND row NOT IN (FROM gone)
    """
    return [each for (each,) in connection.execute(query, {"rows": rows, "dataset": dataset_id}).fetchall()]


def _trained(connection: DuckDBPyConnection, dataset_id: int, rows: list[int]) -> list[str]:
    query = """
        SELECT DISTINCT r.name FROM runs r JOIN arms a ON a.experiment_id = r.experiment_id AND a.arm = r.arm AND (a.seed IS NULL OR a.seed = r.seed)
        JOIN arm_rows USING (arm_id) WHERE r.dataset_id = ? AND row IN (SELECT unnest(?::BIGINT[]))
    """
    return [each for (each,) in connection.execute(query, [dataset_id, rows]).fetchall()]


def _erase(connection: DuckDBPyConnection, dataset_id: int, rows: list[int], *, reason: str) -> None:
    """Take some rows of a dataset version out of every table."""
    given = {"dataset": dataset_id, "rows": rows}
    gone = "row IN (SELECT unnest($rows::BIGINT[]))"
    set_aside = f"""
        INSERT INTO _rejected_rows SELECT $dataset, source, line, $reason, '' FROM _examples_{dataset_id} WHERE {gone} ORDER BY row
    """
    connection.execute(set_aside, {**given, "reason": reason})
    by_split = f"SELECT split, count(*) FROM _examples_{dataset_id} WHERE NOT {gone} GROUP BY split ORDER BY min(row)"
    counted = codec.dumps(dict(connection.execute(by_split, {"rows": rows}).fetchall()))
    count = "UPDATE datasets SET imported = imported - $n, rejected = rejected + $n, splits = $splits WHERE dataset_id = $dataset"
    connection.execute(count, {"dataset": dataset_id, "n": len(rows), "splits": counted})
    parts = "SELECT table_name FROM duckdb_tables() WHERE regexp_matches(table_name, ?)"
    for (table,) in connection.execute(parts, [f"^_examples_{dataset_id}_[0-9]+$"]).fetchall():
        connection.execute(f"DELETE FROM {table} WHERE {gone}", {"rows": rows})
    runs = [number for (number,) in connection.execute("SELECT selector_run FROM selector_runs WHERE dataset_id = ?", [dataset_id]).fetchall()]
    for run in runs:
        connection.execute(f"DELETE FROM signals_{run} WHERE {gone}", {"rows": rows})
    of_runs = {"rows": rows, "runs": runs}
    scored = "selector_run IN (SELECT unnest($runs::BIGINT[]))"
    # Evidence on other rows may quote this one wherever it names it as a partner.
    connection.execute(f"DELETE FROM _evidence WHERE {scored} AND ({gone} OR list_has_any(partners, $rows::BIGINT[]))", of_runs)
    pair = "a IN (SELECT unnest($rows::BIGINT[])) OR b IN (SELECT unnest($rows::BIGINT[]))"
    connection.execute(f"DELETE FROM _duplicate_edges WHERE {scored} AND ({pair})", of_runs)
    connection.execute(f"DELETE FROM _planted WHERE dataset_id = $dataset AND {gone}", given)
    connection.execute(f"DELETE FROM _traces WHERE {gone} AND trace_run IN (SELECT trace_run FROM trace_runs WHERE dataset_id = $dataset)", given)
    for table in _BY_RUN:
        connection.execute(f"DELETE FROM {table} WHERE {gone} AND run_id IN (SELECT run_id FROM runs WHERE dataset_id = $dataset)", given)
    arms = "arm_id IN (SELECT arm_id FROM arms JOIN experiments USING (experiment_id) WHERE dataset_id = $dataset)"
    connection.execute(f"DELETE FROM arm_rows WHERE {gone} AND {arms}", given)
    connection.execute(f"UPDATE arms SET rows = (SELECT count(*) FROM arm_rows r WHERE r.arm_id = arms.arm_id) WHERE {arms}", {"dataset": dataset_id})
