"""Datasets: their versions, their examples, and what was set aside or planted."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError, UnknownNameError
from workbench.store import codec, columns
from workbench.store.eval_checks import delete_checks
from workbench.store.example_views import rebuild_examples
from workbench.store.experiments import delete_experiments, experiments_on
from workbench.store.filtering import meta_path
from workbench.store.ingest import DATASET, SELECTOR_RUN, TRACE_RUN, VERDICT_SET, Stage, discard, remove_discarded
from workbench.store.records import DatasetRecord
from workbench.store.rows import arrays, aware, records
from workbench.store.signals import rebuild_findings
from workbench.store.staging import ImportStage
from workbench.types import ExampleTable, RoleType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from workbench.store.door import Door
    from workbench.types import Role

_PAGE_ROWS = 100_000
_PAGE_BYTES = 64 * 2**20
_CANDIDATES = 10


class Datasets:
    """The datasets of a store."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def find(self, name: str, version: str | None = None) -> DatasetRecord | None:
        """A version of a dataset; without ``version`` the one that was imported last."""
        with self._door.read() as connection:
            return _find(connection, name, version)

    def get(self, dataset_id: int) -> DatasetRecord:
        """A version by its number.

        Raises:
            DataError: there is none.
        """
        with self._door.read() as connection:
            return _get(connection, dataset_id)

    def stage(
        self,
        *,
        name: str,
        task: str,
        source: str,
        license: str,  # noqa: A002 - what the field is called everywhere
        roles: Sequence[Role],
        target: str,
        keyed: bool,
    ) -> ImportStage:
        """Begin an import; see ``ImportStage``, which is a context manager.

        Raises:
            DataError: a role is called like a column that every example has.
            StoreError: nothing can be written beside the store.
        """
        return ImportStage(
            self._door, self.find, name=name, task=task, source=source, license=license, roles=tuple(roles), target=target, keyed=keyed
        )

    def examples(self, dataset_id: int, *, split: str | None = None, rows: np.ndarray | None = None) -> ExampleTable:
        """Examples in row order.

        Args:
            dataset_id: of the version.
            split: only those of this split.
            rows: only these; int64 [n], in any order, each counts once.

        Raises:
            DataError: there is no such dataset, or a row lies outside it.
        """
        import pyarrow as pa

        record, step = self._sized(dataset_id)
        empty = columns.schema({**columns.EXAMPLE, **columns.of_roles(record.roles)}).empty_table()
        pages = [page.table for page in self._pages(record, min(step, _PAGE_ROWS), split, rows)]
        return ExampleTable(pa.concat_tables([empty, *pages]), tuple(role.name for role in record.roles))

    def rows(self, dataset_id: int, split: str) -> np.ndarray:
        """The rows of a split: int64 [n], ascending."""
        with self._door.read() as connection:
            _get(connection, dataset_id)
            return arrays(connection, f"SELECT row FROM _examples_{dataset_id} WHERE split = ? ORDER BY row", [split])["row"]

    def lengths(self, dataset_id: int, rows: np.ndarray) -> Mapping[str, np.ndarray]:
        """How long some examples are, and their order by content.

        Args:
            dataset_id: of the version.
            rows: int64 [n].

        Returns:
            ``row`` int64 [n], ascending; ``characters`` int64, code points of all texts and labels; ``place`` int64, 1 for the first by content hash,
            then by row.

        Raises:
            DataError: there is no such dataset.
        """
        with self._door.read() as connection:
            roles = _get(connection, dataset_id).roles
            texts = [columns.quote(role.name) for role in roles if role.type in {RoleType.TEXT, RoleType.LABEL}]
            characters = " + ".join(f"coalesce(length({name}), 0)" for name in texts) or "0"
            connection.register("wanted", {"row": np.asarray(rows, dtype=np.int64)})
            query = f"""
                SELECT row, CAST({characters} AS BIGINT) AS characters, row_number() OVER (ORDER BY content_hash, row) AS place
                FROM _examples_{dataset_id} WHERE row IN (SELECT row FROM wanted) ORDER BY row
            """
            return arrays(connection, query)

    def facet(self, dataset_id: int, by: str, *, split: str = "train", most: int = 50) -> tuple[np.ndarray, list[str]]:
        """The examples of a split by the value of a column.

        Args:
            dataset_id: of the version.
            by: a role that is a text, a label or a number; ``source``; or ``meta.<column>``.
            split: its examples are told apart.
            most: how many values have a code of their own; the most frequent do.

        Returns:
            int64 [n] in row order, the position in the list of values; -1 where there is no value, -2 for one that is not on the list. And the
            values, the most frequent first.

        Raises:
            DataError: there is no such dataset.
            UnknownNameError: there is no such column.
        """
        with self._door.read() as connection:
            value, given = _facet_value(_get(connection, dataset_id), by)
            valued = f"WITH valued AS (SELECT row, {value} AS value FROM _examples_{dataset_id} WHERE split = $split)"
            listed = f"{valued} SELECT value FROM valued WHERE value IS NOT NULL GROUP BY value ORDER BY count(*) DESC, value LIMIT $most"
            values = [each for (each,) in connection.execute(listed, {**given, "split": split, "most": most}).fetchall()]
            coded = f"""
                {valued}, listed AS (SELECT unnest($values::VARCHAR[]) AS value, unnest(range(len($values::VARCHAR[]))) AS code)
                SELECT CASE WHEN valued.value IS NULL THEN -1 ELSE coalesce(listed.code, -2) END AS code
                FROM valued LEFT JOIN listed USING (value) ORDER BY valued.row
            """
            codes = arrays(connection, coded, {**given, "split": split, "values": values})["code"]
        return codes.astype(np.int64), values

    def lines(self, dataset_id: int, *, split: str) -> pa.ChunkedArray:
        """The line of its source that each example of a split stands on, in row order: int64, null where it is not known."""
        with self._door.read() as connection:
            _get(connection, dataset_id)
            query = f"SELECT line FROM _examples_{dataset_id} WHERE split = ? ORDER BY row"
            return columns.fetch(connection, query, [split], columns={"line": "int64"}).column("line")

    def batches(self, dataset_id: int, *, split: str | None = None, size: int = 20_000) -> Iterator[ExampleTable]:
        """Examples in row order, at most ``size`` at a time; the store is free in between.

        Raises:
            DataError: there is no such dataset, or it was removed in between.
        """
        record, step = self._sized(dataset_id)
        yield from (page for page in self._pages(record, min(step, size), split, None) if len(page))

    def meta_names(self, dataset_id: int) -> list[str]:
        """The columns of the metadata, as far as its first thousand examples have them."""
        with self._door.read() as connection:
            _get(connection, dataset_id)
            query = f"SELECT DISTINCT unnest(json_keys(meta)) AS name FROM (SELECT meta FROM _examples_{dataset_id} LIMIT 1000) ORDER BY name"
            return [str(name) for (name,) in connection.execute(query).fetchall()]

    def rejected(self, dataset_id: int) -> pa.Table:
        """Rows set aside: ``file`` string, ``line`` int64 (or null), ``reason`` string, ``excerpt`` string."""
        with self._door.read() as connection:
            query = "SELECT file, line, reason, excerpt FROM _rejected_rows WHERE dataset_id = ? ORDER BY rowid"
            return columns.fetch(connection, query, [dataset_id], columns=columns.REJECTED)

    def planted(self, dataset_id: int) -> pa.Table:
        """Planted defects: ``row`` int64, ``kind`` string, ``detail`` string (JSON), in row order."""
        with self._door.read() as connection:
            query = "SELECT row, kind, detail FROM planted WHERE dataset_id = ? ORDER BY row, kind, detail"
            return columns.fetch(connection, query, [dataset_id], columns=columns.PLANTED)

    def resolve(self, prefix: str, dataset: str | None = None) -> tuple[DatasetRecord, int]:
        """The example that an id, or the beginning of one, stands for, in the newest versions.

        Args:
            prefix: of the example id; ``<split>/<prefix>`` where the same id stands in several splits.
            dataset: name of the dataset to look in; all of them when None.

        Returns:
            The dataset version and the row.

        Raises:
            UnknownNameError: nothing begins like that, or there is no such dataset.
            DataError: several examples do.
        """
        with self._door.read() as connection:
            known = {
                record.dataset_id: record
                for record in _records(connection, "QUALIFY row_number() OVER (PARTITION BY name ORDER BY last_imported DESC, dataset_id DESC) = 1")
            }
            if dataset is not None:
                names = [record.name for record in known.values()]
                known = {number: record for number, record in known.items() if record.name == dataset}
                if not known:
                    raise UnknownNameError("dataset", dataset, names)
            found = _beginning_with(connection, list(known), prefix)
            if not found and "/" in prefix:
                split, _slash, rest = prefix.partition("/")
                found = [entry for entry in _beginning_with(connection, list(known), rest) if entry[2] == split]
        if not found:
            raise UnknownNameError("example", prefix, ())
        if len(found) > 1:
            names = [f"{known[number].name}: {split}/{example_id}" for number, _row, split, example_id in found[:_CANDIDATES]]
            raise DataError(
                f"{prefix!r} may be any of {'; '.join(names)}{'; ...' if len(found) > _CANDIDATES else ''}.",
                expected="the id of one example",
                advice="Give more of the id, the split before it (train/...), or the dataset.",
            )
        return known[found[0][0]], found[0][1]

    def remove(self, name: str, *, force: bool = False) -> int:
        """Remove all versions of a dataset with their signals and verdicts; pins and policies stay in the history.

        Args:
            name: of the dataset.
            force: also where experiments or evaluated predictions were made with it; these are removed too, models included.

        Returns:
            How many versions there were.

        Raises:
            UnknownNameError: there is no such dataset.
            DataError: it was used, and ``force`` is not set.
        """
        stage = Stage(self._door.files)
        try:
            with self._door.write() as connection:
                versions = _records(connection, "WHERE name = ?", [name])
                if not versions:
                    raise UnknownNameError("dataset", name, {record.name for record in _records(connection)})
                ids = [record.dataset_id for record in versions]
                users = experiments_on(connection, ids)
                if users and not force:
                    raise DataError(
                        f"The dataset {name!r} is used by {', '.join(users)}.",
                        expected="a dataset that nothing was made with",
                        advice="Removing it by force removes these as well.",
                    )
                runs = delete_experiments(connection, ids)
                delete_checks(connection, ids)
                for kind in (SELECTOR_RUN, VERDICT_SET, TRACE_RUN, DATASET):
                    numbers = connection.execute(f"SELECT {kind.key} FROM {kind.name}s WHERE dataset_id IN (SELECT unnest(?))", [ids]).fetchall()
                    for (number,) in numbers:
                        discard(connection, stage, kind, number)
                rebuild_findings(connection)
                rebuild_examples(connection)
            remove_discarded(self._door, stage)
            for run_id in runs:
                shutil.rmtree(self._door.files / "runs" / str(run_id), ignore_errors=True)
            shutil.rmtree(self._door.files / "cache", ignore_errors=True)  # it may quote the examples, and nothing rests on it
        finally:
            stage.close()
        return len(versions)

    def _sized(self, dataset_id: int) -> tuple[DatasetRecord, int]:
        """A version, and how many of its rows can be read at once."""
        with self._door.read() as connection:
            record = _get(connection, dataset_id)
            ((size,),) = connection.execute("SELECT bytes FROM datasets WHERE dataset_id = ?", [dataset_id]).fetchall()
        return record, max(1, _PAGE_BYTES * record.imported // max(size, 1))

    def _pages(self, record: DatasetRecord, step: int, split: str | None, rows: np.ndarray | None) -> Iterator[ExampleTable]:
        if rows is None:
            end = self._end(record)
            for start in range(0, end, step):
                yield self._page(record, start, min(start + step, end), split, None)
            return
        wanted = np.unique(np.asarray(rows, dtype=np.int64))
        lacking = False
        for first in range(0, len(wanted), step):
            part = wanted[first : first + step]
            page = self._page(record, int(part[0]), int(part[-1]) + 1, split, part)
            lacking = len(page) < len(part)
            yield page
        # How many rows there are is asked only where one is not found: it takes longer than to read a few.
        if lacking and not (wanted[0] >= 0 and wanted[-1] < self._end(record)):
            raise DataError(f"Row {wanted[-1]} is not in {record.name!r}.", expected=f"rows from 0 to {self._end(record) - 1}")

    def _end(self, record: DatasetRecord) -> int:
        """One more than the last row."""
        with self._door.read() as connection:
            ((end,),) = connection.execute(f"SELECT coalesce(max(row), -1) + 1 FROM _examples_{record.dataset_id}").fetchall()
        return int(end)

    def _page(self, record: DatasetRecord, start: int, stop: int, split: str | None, rows: np.ndarray | None) -> ExampleTable:
        """The examples with rows in [start, stop), or those of them in ``rows``."""
        names = [role.name for role in record.roles]
        query = f"""
            SELECT {columns.listing([*columns.EXAMPLE, *names])} FROM _examples_{record.dataset_id}
            WHERE row >= $start AND row < $stop AND (split = $split OR $split IS NULL)
        """
        if rows is not None:
            query += " AND row IN (SELECT row FROM wanted)"
        with self._door.read() as connection:
            _get(connection, record.dataset_id)
            if rows is not None:
                connection.register("wanted", {"row": rows})
            table = columns.fetch(
                connection,
                query + " ORDER BY row",
                {"start": start, "stop": stop, "split": split},
                columns={**columns.EXAMPLE, **columns.of_roles(record.roles)},
            )
        return ExampleTable(table, tuple(names))

    def list(self) -> list[DatasetRecord]:
        """All versions of all datasets, the last imported first."""
        with self._door.read() as connection:
            return _records(connection)


def _records(connection: DuckDBPyConnection, clause: str = "", parameters: Sequence[object] = ()) -> list[DatasetRecord]:
    """Dataset versions, the last imported first."""
    query = f"SELECT * EXCLUDE (last_imported, bytes, shared_raw_rows) FROM datasets {clause} ORDER BY last_imported DESC, dataset_id DESC"
    return [
        DatasetRecord(
            **{
                **values,
                "created": aware(values["created"]),
                "roles": codec.roles(values["roles"]),
                "splits": codec.loads(values["splits"]),
            }
        )
        for values in records(connection, query, parameters)
    ]


def _find(connection: DuckDBPyConnection, name: str, version: str | None = None) -> DatasetRecord | None:
    found = _records(connection, "WHERE name = ? AND (version = ? OR ? IS NULL)", [name, version, version])
    return found[0] if found else None


def _get(connection: DuckDBPyConnection, dataset_id: int) -> DatasetRecord:
    found = _records(connection, "WHERE dataset_id = ?", [dataset_id])
    if not found:
        raise DataError(f"There is no dataset number {dataset_id}.", expected="one that has not been removed")
    return found[0]


def _facet_value(record: DatasetRecord, by: str) -> tuple[str, dict[str, object]]:
    """A column as an SQL expression that gives a VARCHAR, and its parameters."""
    if by == "source":
        return "source", {}
    if by.startswith("meta."):
        return "meta ->> $path", {"path": meta_path(by.removeprefix("meta."))}
    single = [role.name for role in record.roles if role.type in {RoleType.TEXT, RoleType.LABEL, RoleType.NUMBER}]
    if by not in single:
        raise UnknownNameError("column to tell examples apart by", by, ["source", "meta.<column>", *single])
    return f"CAST({columns.quote(by)} AS VARCHAR)", {}


def _beginning_with(connection: DuckDBPyConnection, dataset_ids: list[int], prefix: str) -> list[tuple[int, int, str, str]]:
    """Examples whose id begins like this, as (dataset id, row, split, example id); where ids are exactly this, only those."""
    found = connection.execute(
        f"""
        SELECT dataset_id, row, split, example_id FROM examples
        WHERE dataset_id IN (SELECT unnest(?)) AND starts_with(example_id, ?)
        ORDER BY example_id = ? DESC, dataset_id, row
        LIMIT {_CANDIDATES + 1}
        """,
        [dataset_ids, prefix, prefix],
    ).fetchall()
    exact = [entry for entry in found if entry[3] == prefix]
    return exact or found
