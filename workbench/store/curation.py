"""Rules over signals, and the verdicts that came of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import numpy as np

from workbench.errors import DataError, UnknownNameError
from workbench.store import codec, columns
from workbench.store.filtering import RowFilter, condition, meta_path
from workbench.store.ingest import VERDICT_SET, Ingest, Stage, discard, remove_discarded
from workbench.store.rows import arrays, first, now, records, store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from workbench.store.door import Door
    from workbench.store.records import SelectorRun
    from workbench.types import Operator, PolicyRule, Role

_SQL_OPERATORS: Mapping[Operator, str] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=", "!=": "<>"}
_PAGE_ROWS = 1_000_000
_KEPT_SETS = 16
"""How many verdict sets of one dataset version are kept at least, beside those that an experiment was made at and those that others differ from."""
_MOST_SETS = 32
"""How many there are when the old ones go."""
_COLUMNS = columns.listing(columns.VERDICTS)
_WHOLE = f"(SELECT {_COLUMNS} FROM _verdicts WHERE verdict_set = $set)"
_CHANGED = f"""(
    FROM {_WHOLE}
    UNION ALL
    SELECT {_COLUMNS} FROM _verdicts b ANTI JOIN (SELECT row FROM _verdicts WHERE verdict_set = $set) d ON d.row = b.row WHERE b.verdict_set = $base
)"""


class GoneError(DataError):
    """A verdict set that newer ones have taken the place of."""


class Curation:
    """Which rules fire, and the verdicts of whole policies."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def fired(self, runs: Sequence[SelectorRun], rules: Sequence[PolicyRule], *, dataset_id: int | None = None) -> pa.Table:
        """Evaluate every rule on every row of the split ``train``.

        Args:
            runs: of one dataset version; rules are looked up among their signals, by the selector's short name or component id.
            rules: the row rules.
            dataset_id: the version; needed only where there are no runs.

        Returns:
            ``row`` int64, in order, and one bool column per rule: ``r0``, ``r1``, ... A rule does not fire on a null, nor on a NaN.

        Raises:
            UnknownNameError: no run wrote the signal of a rule.
            DataError: a rule's operator is none of those that ``Operator`` lists, or the dataset is not there.
        """
        import pyarrow as pa

        dataset = runs[0].dataset_id if runs else dataset_id
        if dataset is None:
            raise DataError("Rules were asked about without a dataset.", expected="selector runs, or the number of a dataset version")
        by_run: dict[int, list[tuple[int, str, Operator, float]]] = {}
        for number, rule in enumerate(rules):
            if rule.rule.operator not in _SQL_OPERATORS:
                raise DataError(f"A rule on {rule.signal!r} compares by {rule.rule.operator!r}.", expected=f"one of {' '.join(_SQL_OPERATORS)}")
            run, signal = _written(runs, rule.signal)
            by_run.setdefault(run, []).append((number, signal, rule.rule.operator, rule.rule.threshold))
        with self._door.read() as connection:
            if not first(connection, "SELECT 1 FROM datasets WHERE dataset_id = ?", [dataset]):
                raise DataError(f"There is no dataset number {dataset}.", expected="one that has not been removed")
            rows = arrays(connection, f"SELECT row FROM _examples_{dataset} WHERE split = 'train' ORDER BY row")["row"]
        # Rows are numbered without gaps over all splits, so a row is also its position in an array of this length.
        length = int(rows[-1]) + 1 if len(rows) else 0
        fired = np.zeros((len(rules), length), dtype=bool)
        for run, wanted in by_run.items():
            for start in range(0, length, _PAGE_ROWS):
                self._fire(run, wanted, start, min(start + _PAGE_ROWS, length), fired)
        return pa.table({"row": rows, **{f"r{number}": fired[number, rows] for number in range(len(rules))}})

    def save(
        self, dataset_id: int, policy_hash: str, ledger_number: int, verdicts: pa.Table, counts: Mapping[str, object], *, base: int | None = None
    ) -> int:
        """Keep the verdicts of a policy at a ledger number; they become visible with the last slice.

        Older sets of the same dataset version go when there are many, but for those that an arm was frozen at.

        Args:
            dataset_id: of the version.
            policy_hash: of the whole policy.
            ledger_number: the newest entry that they take account of.
            verdicts: ``row`` int64, ``verdict`` string, ``fired`` list<string> (all rules that fired, as ``<selector>.<signal> <action>``),
                ``partner`` int64 (the survivor's row, or null), ``pin`` string (``keep``, ``drop`` or null).
            counts: what to remember with them, JSON values.
            base: a set of all rows that these differ from; ``verdicts`` then holds the rows that differ.

        Returns:
            The number of the verdict set; of the present one where these verdicts were saved before.

        Raises:
            GoneError: there is no set ``base`` any more.
            DataError: the table has other columns, or the dataset was removed meanwhile.
        """
        verdicts = columns.shaped(verdicts, columns.VERDICTS, "A table of verdicts").sort_by("row")
        with Ingest(self._door, VERDICT_SET) as ingest:
            ingest.fill("_verdicts", verdicts, select="{id}, *")
            with self._door.write() as connection:
                present = _find(connection, dataset_id, policy_hash, ledger_number)
                if present is not None:
                    return present[0]
                if not first(connection, "SELECT 1 FROM datasets WHERE dataset_id = ?", [dataset_id]):
                    raise DataError(f"The dataset number {dataset_id} was removed while its verdicts were made.", advice="Import it again.")
                if base is not None and not first(connection, "SELECT 1 FROM verdict_sets WHERE verdict_set = ?", [base]):
                    raise GoneError(f"The verdict set number {base} is gone.", expected="one that is still kept", advice="Save all rows.")
                ingest.complete(connection)
                store(
                    connection,
                    "verdict_sets",
                    {
                        "verdict_set": ingest.id,
                        "dataset_id": dataset_id,
                        "policy_hash": policy_hash,
                        "ledger_number": ledger_number,
                        "counts": codec.dumps(counts),
                        "created": now(),
                        "base": base,
                    },
                )
                ((sets,),) = connection.execute("SELECT count(*) FROM verdict_sets WHERE dataset_id = ?", [dataset_id]).fetchall()
        if sets > _MOST_SETS:
            self._drop_old_sets(dataset_id)
        return ingest.id

    def newest(self, dataset_id: int, policy_hash: str, ledger_number: int) -> tuple[int, int, int, np.ndarray] | None:
        """The verdict set of a policy at this ledger number or the last before it: what one at this number may differ little from.

        Returns:
            Its number, its ledger number, the set of all rows that it rests on (itself, where it has all), and the rows in which it differs from
            that, int64 [n]; None where there is none.
        """
        query = """
            SELECT verdict_set, ledger_number, base FROM verdict_sets WHERE dataset_id = ? AND policy_hash = ? AND ledger_number <= ?
            ORDER BY ledger_number DESC LIMIT 1
        """
        with self._door.read() as connection:
            found = first(connection, query, [dataset_id, policy_hash, ledger_number])
            if found is None:
                return None
            verdict_set, number, base = found
            if base is None:
                return verdict_set, number, verdict_set, np.empty(0, dtype=np.int64)
            differ = arrays(connection, "SELECT row FROM _verdicts WHERE verdict_set = ? ORDER BY row", [verdict_set])["row"]
        return verdict_set, number, base, differ

    def find(self, dataset_id: int, policy_hash: str, ledger_number: int) -> tuple[int, Mapping[str, object]] | None:
        """The verdict set of a policy at a ledger number, and its counts."""
        with self._door.read() as connection:
            return _find(connection, dataset_id, policy_hash, ledger_number)

    def dataset_id(self, verdict_set: int) -> int:
        """The dataset version that a set is of.

        Raises:
            DataError: there is no such set.
        """
        with self._door.read() as connection:
            return _of(connection, verdict_set)[0]

    def verdicts(self, verdict_set: int) -> pa.Table:
        """All verdicts of a set, in row order, with the columns that ``save`` takes.

        Raises:
            DataError: there is no such set.
        """
        with self._door.read() as connection:
            _dataset_id, _roles, verdicts, given = _of(connection, verdict_set)
            return columns.fetch(connection, f"SELECT {_COLUMNS} FROM {verdicts} ORDER BY row", given, columns=columns.VERDICTS)

    def verdict(self, verdict_set: int, row: int) -> Mapping[str, Any] | None:
        """The verdict on one row, with the columns that ``save`` takes; None for a row of another split."""
        with self._door.read() as connection:
            _dataset_id, _roles, verdicts, given = _of(connection, verdict_set)
            found = records(connection, f"SELECT {_COLUMNS} FROM {verdicts} WHERE row = $row", {**given, "row": int(row)})
        return found[0] if found else None

    def page(self, verdict_set: int, chosen: RowFilter | None = None, *, after_row: int = -1, limit: int = 50) -> pa.Table:
        """One page of records with their verdicts, in row order.

        Args:
            verdict_set: its number.
            chosen: which rows; None is all of them.
            after_row: the last row of the page before.
            limit: rows at most.

        Returns:
            ``row``, ``example_id``, ``split``, then ``verdict``, ``fired``, ``partner``, ``pin`` as in ``save``, then one column per role.

        Raises:
            DataError: there is no such set, or the filter cannot be used.
        """
        with self._door.read() as connection:
            dataset_id, roles, verdicts, of_set = _of(connection, verdict_set)
            where, given = condition(chosen or RowFilter(), dataset_id, roles)
            hits = f"SELECT row FROM {verdicts} v WHERE row > $after AND {where} ORDER BY row LIMIT $limit"
            with _usable(chosen):
                found = arrays(connection, hits, {**of_set, **given, "after": after_row, "limit": limit})["row"]
            names = [role.name for role in roles]
            query = f"""
                SELECT v.row, e.example_id, e.split, v.verdict, v.fired, v.partner, v.pin, {columns.listing(names, "e")}
                FROM {verdicts} v JOIN _examples_{dataset_id} e ON e.row = v.row
                WHERE v.row IN (SELECT unnest($rows::BIGINT[])) AND v.row BETWEEN $first AND $last AND e.row BETWEEN $first AND $last
                ORDER BY v.row
            """
            rows = [int(row) for row in found]
            low, high = (rows[0], rows[-1]) if rows else (0, -1)
            shape = {"row": "int64", "example_id": "string", "split": "string", **columns.VERDICTS, **columns.of_roles(roles)}
            return columns.fetch(connection, query, {**of_set, "rows": rows, "first": low, "last": high}, columns=shape)

    def count(self, verdict_set: int, chosen: RowFilter | None = None) -> int:
        """How many rows ``page`` would go through with the same filter."""
        return int(self._of_filter(verdict_set, chosen, "count(*) AS n", "")["n"][0])

    def rows(self, verdict_set: int, chosen: RowFilter | None = None) -> np.ndarray:
        """The rows that ``page`` would go through with the same filter: int64 [n], ascending."""
        return self._of_filter(verdict_set, chosen, "row", "ORDER BY row")["row"]

    def verdict_counts(self, verdict_set: int, chosen: RowFilter | None = None) -> dict[str, int]:
        """How many rows of a filter have each verdict; a verdict that none has is left out."""
        found = self._of_filter(verdict_set, chosen, "verdict, count(*) AS n", "GROUP BY verdict")
        return dict(zip(found["verdict"].tolist(), found["n"].tolist(), strict=True))

    def _of_filter(self, verdict_set: int, chosen: RowFilter | None, select: str, end: str) -> dict[str, np.ndarray]:
        with self._door.read() as connection, _usable(chosen):
            dataset_id, roles, verdicts, of_set = _of(connection, verdict_set)
            where, given = condition(chosen or RowFilter(), dataset_id, roles)
            return arrays(connection, f"SELECT {select} FROM {verdicts} v WHERE {where} {end}", {**of_set, **given})

    def facet(
        self, verdict_set: int, chosen: RowFilter | None = None, *, of: Literal["source", "label", "slice"], name: str = "", limit: int = 50
    ) -> list[tuple[str, int]]:
        """The commonest values of the source, of a role or of a column of the metadata, with the rows of a filter that have them.

        Args:
            verdict_set: its number.
            chosen: which rows; None is all of them.
            of: what ``name`` names: nothing, a role, or a column of the metadata.
            name: of the role or the column.
            limit: values at most.

        Raises:
            UnknownNameError: there is no such role.
            DataError: there is no such set, or the filter cannot be used.
        """
        with self._door.read() as connection, _usable(chosen):
            dataset_id, roles, verdicts, of_set = _of(connection, verdict_set)
            known = {role.name for role in roles}
            if of == "label" and name not in known:
                raise UnknownNameError("role", name, known)
            value = {"source": "e.source", "label": f"CAST(e.{columns.quote(name)} AS VARCHAR)", "slice": "e.meta ->> $key"}[of]
            where, given = condition(chosen or RowFilter(), dataset_id, roles)
            query = f"""
                SELECT {value} AS value, count(*) AS n FROM {verdicts} v JOIN _examples_{dataset_id} e ON e.row = v.row
                WHERE {where} AND value IS NOT NULL
                GROUP BY value ORDER BY n DESC, value LIMIT $limit
            """
            more = {"key": meta_path(name)} if of == "slice" else {}
            return [(str(found), int(n)) for found, n in connection.execute(query, {**of_set, **given, **more, "limit": limit}).fetchall()]

    def histogram(self, verdict_set: int, run: SelectorRun, signal: str, *, bins: int = 40) -> pa.Table:
        """How the values of a signal spread over the rows of a verdict set, by verdict.

        Args:
            verdict_set: its number.
            run: the selector run that wrote the signal.
            signal: its name.
            bins: equal parts of the range from the least to the greatest value.

        Returns:
            ``low`` float64, ``high`` float64 (the bounds of a part), ``verdict`` string, ``rows`` int64; parts without rows are left out, and so are
            rows without a value.

        Raises:
            UnknownNameError: the run wrote no such signal.
        """
        known = {each.name for each in run.signals}
        if signal not in known:
            raise UnknownNameError("signal", signal, known)
        value = f"CAST(s.{columns.quote(signal)} AS DOUBLE)"
        query = """
            WITH found AS (
                SELECT {value} AS value, v.verdict FROM signals_{run} s JOIN {verdicts} v ON v.row = s.row
                WHERE value IS NOT NULL AND isfinite(value)
            ), span AS (SELECT min(value) AS low, greatest((max(value) - min(value)) / $bins, 1e-300) AS width FROM found),
            parts AS (SELECT least(floor((value - low) / width), $bins - 1) AS part, low, width, verdict FROM found, span)
            SELECT low + part * width AS low, low + (part + 1) * width AS high, verdict, count(*) AS rows
            FROM parts GROUP BY low, width, part, verdict ORDER BY 1, verdict
        """
        shape = {"low": "float64", "high": "float64", "verdict": "string", "rows": "int64"}
        with self._door.read() as connection:
            _dataset_id, _roles, verdicts, given = _of(connection, verdict_set)
            query = query.format(value=value, run=run.selector_run, verdicts=verdicts)
            return columns.fetch(connection, query, {**given, "bins": bins}, columns=shape)

    def _fire(self, run: int, rules: Sequence[tuple[int, str, Operator, float]], start: int, stop: int, fired: np.ndarray) -> None:
        """Evaluate rules on the signals of one run for the rows [start, stop), into ``fired`` bool [rules, rows]."""
        values = (f"CAST({columns.quote(signal)} AS DOUBLE)" for _number, signal, _operator, _threshold in rules)
        # DuckDB takes NaN for the greatest number.
        tests = [
            f"coalesce({value} {_SQL_OPERATORS[comparison]} ? AND NOT isnan({value}), false) AS r{number}"
            for value, (number, _signal, comparison, _threshold) in zip(values, rules, strict=True)
        ]
        thresholds = [float(threshold) for _number, _signal, _operator, threshold in rules]
        with self._door.read() as connection:
            query = f"SELECT row, {', '.join(tests)} FROM signals_{run} WHERE row >= ? AND row < ?"
            found = arrays(connection, query, [*thresholds, start, stop])
        for number, _signal, _operator, _threshold in rules:
            fired[number, found["row"]] = found[f"r{number}"]

    def _drop_old_sets(self, dataset_id: int) -> None:
        query = """
            WITH sets AS (FROM verdict_sets WHERE dataset_id = $dataset),
            frozen AS (SELECT a.ledger_number FROM arms a JOIN experiments e USING (experiment_id) WHERE e.dataset_id = $dataset),
            newest AS (SELECT verdict_set FROM sets ORDER BY verdict_set DESC LIMIT $kept),
            kept AS (FROM sets WHERE verdict_set IN (FROM newest) OR ledger_number IN (FROM frozen))
            SELECT verdict_set FROM sets
            WHERE verdict_set NOT IN (SELECT verdict_set FROM kept UNION ALL SELECT base FROM kept WHERE base IS NOT NULL)
        """
        given = {"dataset": dataset_id, "kept": _KEPT_SETS}
        with self._door.read() as connection:
            if not connection.execute(query, given).fetchall():
                return
        stage = Stage(self._door.files)
        try:
            with self._door.write() as connection:
                for (number,) in connection.execute(query, given).fetchall():
                    discard(connection, stage, VERDICT_SET, number)
            remove_discarded(self._door, stage)
        finally:
            stage.close()


def _written(runs: Sequence[SelectorRun], name: str) -> tuple[int, str]:
    """The selector run and the column that ``<selector>.<signal>`` stands for."""
    selector, _dot, signal = name.rpartition(".")
    for run in runs:
        if selector in {run.name, run.selector} and signal in {each.name for each in run.signals}:
            return run.selector_run, signal
    raise UnknownNameError("signal", name, {f"{run.name}.{each.name}" for run in runs for each in run.signals})


def _find(connection: DuckDBPyConnection, dataset_id: int, policy_hash: str, ledger_number: int) -> tuple[int, Mapping[str, object]] | None:
    query = "SELECT verdict_set, counts FROM verdict_sets WHERE dataset_id = ? AND policy_hash = ? AND ledger_number = ?"
    found = first(connection, query, [dataset_id, policy_hash, ledger_number])
    return None if found is None else (int(found[0]), codec.loads(found[1]))


def _of(connection: DuckDBPyConnection, verdict_set: int) -> tuple[int, tuple[Role, ...], str, dict[str, object]]:
    """The dataset and the roles behind a verdict set; its verdicts on all rows as a table expression, and the parameters of that."""
    query = "SELECT dataset_id, roles, base FROM verdict_sets JOIN datasets USING (dataset_id) WHERE verdict_set = ?"
    found = first(connection, query, [verdict_set])
    if found is None:
        raise DataError(f"There is no verdict set number {verdict_set}.", advice="Newer ones have taken its place: apply the policy again.")
    dataset_id, roles, base = found
    given: dict[str, object] = {"set": verdict_set} if base is None else {"set": verdict_set, "base": base}
    return int(dataset_id), codec.roles(roles), _WHOLE if base is None else _CHANGED, given


@contextmanager
def _usable(chosen: RowFilter | None) -> Iterator[None]:
    """Say what is wrong with a filter that people can write wrongly."""
    try:
        yield
    except duckdb.Error as error:
        if chosen is None or chosen.pattern is None:
            raise
        raise DataError(f"{chosen.pattern!r} is no regular expression: {error}", expected="one that RE2 takes, such as ^No\\b") from error
