"""The one append-only history: pins and policy changes, who made them, and what they take back.

An entry is *undone* while an entry that is not undone itself takes it back. So undoing appends an entry that names the one it takes back, and redoing
appends one that takes back that. Nothing is ever changed in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from workbench.errors import DataError, UnknownNameError
from workbench.store import codec, history, pins
from workbench.store.records import LedgerEntry, Pin, PolicyRecord
from workbench.store.rows import arrays, aware, first, next_id, records, store, stored_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from duckdb import DuckDBPyConnection

    from workbench.store.door import Door
    from workbench.types import Policy

_PIN, _SURVIVOR, _POLICY = "pin", "survivor", "policy"


class Ledger:
    """History, pins and policies of a store."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def append(self, action: str, payload: Mapping[str, object], *, dataset: str, author: str, undoes: int | None = None) -> LedgerEntry:
        """Append one entry.

        Args:
            action: what was done, in a word.
            payload: how, JSON values.
            dataset: the name of the dataset it was done to.
            author: who did it.
            undoes: number of the entry that it takes back.

        Raises:
            DataError: there is no entry ``undoes``.
        """
        with self._door.write() as connection:
            if undoes is not None and not 1 <= undoes <= history.newest(connection):
                raise DataError(f"There is no ledger entry {undoes}.", expected=f"a number from 1 to {history.newest(connection)}")
            return history.append(connection, action, payload, dataset=dataset, author=author, undoes=undoes)

    def pin(
        self,
        dataset: str,
        rows: Sequence[int],
        decision: Literal["keep", "drop", "none"],
        *,
        author: str,
        note: str = "",
        chosen: Mapping[str, object] | None = None,
    ) -> LedgerEntry:
        """Override the verdict of some rows: one entry, one step to undo.

        Args:
            dataset: the name; rows are those of the version imported last.
            rows: their numbers.
            decision: what they are from now on; ``none`` takes pins away.
            author: who says so.
            note: and why.
            chosen: the filter that chose the rows, for the history; JSON values.

        Raises:
            UnknownNameError: there is no such dataset.
            DataError: another decision, no rows, or a row that the dataset does not have.
        """
        if decision not in {"keep", "drop", "none"}:
            raise DataError(f"A pin says {decision!r}.", expected="keep, drop or none")
        payload = {"decision": decision, "note": note, **({"filter": dict(chosen)} if chosen else {})}
        return self._decide(_PIN, dataset, rows, decision, payload, author=author)

    def survive(self, dataset: str, row: int, *, author: str, note: str = "") -> LedgerEntry:
        """Let a row stay for its duplicates, where the rules keep it: it comes before all that have no pin, and before whatever was chosen earlier.

        Args:
            dataset: the name; the row is one of the version imported last.
            row: its number.
            author: who says so.
            note: and why.

        Raises:
            UnknownNameError: there is no such dataset.
            DataError: a row that the dataset does not have.
        """
        return self._decide(_SURVIVOR, dataset, [row], pins.FIRST, {"note": note}, author=author)

    def _decide(self, action: str, dataset: str, rows: Sequence[int], decision: str, payload: Mapping[str, object], *, author: str) -> LedgerEntry:
        wanted = np.unique(np.asarray(rows, dtype=np.int64))
        with self._door.write() as connection:
            newest = "SELECT dataset_id FROM datasets WHERE name = ? ORDER BY last_imported DESC, dataset_id DESC LIMIT 1"
            found = first(connection, newest, [dataset])
            if found is None:
                raise UnknownNameError("dataset", dataset, [name for (name,) in connection.execute("SELECT DISTINCT name FROM datasets").fetchall()])
            (dataset_id,) = found
            if not len(wanted):
                raise DataError(f"A pin names no row of {dataset!r}.", expected="rows that the dataset has")
            entry = history.append(connection, action, {**payload, "rows": len(wanted)}, dataset=dataset, author=author)
            pins.add(connection, dataset_id, wanted, dataset=dataset, number=entry.number, decision=decision)
        return entry

    def pins(self, dataset_id: int, at: int | None = None, *, rows: Sequence[int] | None = None) -> list[Pin]:
        """The pins in force on a dataset version, in row order.

        A pin holds for the example with its split and id. Where there is none, as after a change of ``parse``, it holds for the example that comes
        from the same raw row, provided that all examples of that raw row are equal. The last one on an example counts.

        Args:
            dataset_id: of the version.
            at: as it stood when this was the newest ledger number; None is now.
            rows: only on these.

        Raises:
            DataError: there is no such dataset.
        """
        with self._door.read() as connection:
            query = pins.in_force(connection, dataset_id, at, rows=rows)
            found = records(
                connection,
                f"""
                {query}
                SELECT e.row, e.split, e.example_id, f.decision, l.author, l.time, f.number, l.payload ->> '$.note' AS note, f.text_changed
                FROM in_force f JOIN ledger l USING (number) JOIN _examples_{int(dataset_id)} e ON e.row = f.row
                WHERE f.decision <> 'none'
                ORDER BY e.row
                """,
            )
        return [Pin(**{**row, "time": aware(row["time"]), "note": row["note"] or ""}) for row in found]

    def pinned(self, dataset_id: int, at: int | None = None, *, rows: np.ndarray | None = None) -> Mapping[str, np.ndarray]:
        """What ``pins`` says, as arrays for many of them: ``row`` int64, ``keep`` bool (else drop), ``text_changed`` bool, in row order.

        Raises:
            DataError: there is no such dataset.
        """
        with self._door.read() as connection:
            query = pins.in_force(connection, dataset_id, at, rows=rows)
            pinned = "SELECT row, decision = 'keep' AS keep, text_changed FROM in_force WHERE decision <> 'none' ORDER BY row"
            return arrays(connection, f"{query} {pinned}")

    def survivors(self, dataset_id: int, at: int | None = None, *, rows: np.ndarray | None = None) -> Mapping[str, np.ndarray]:
        """The rows that people chose to stay for their duplicates: ``row`` int64, ``number`` int64 (of the entry), in row order.

        Raises:
            DataError: there is no such dataset.
        """
        with self._door.read() as connection:
            query = pins.in_force(connection, dataset_id, at, survivors=True, rows=rows)
            return arrays(connection, f"{query} SELECT row, number FROM in_force ORDER BY row")

    def touched(self, dataset_id: int, since: int, at: int) -> np.ndarray:
        """The rows whose pins, or choices as survivors, may be others at a ledger number than at an earlier one: int64 [n], ascending.

        Raises:
            DataError: there is no such dataset.
        """
        with self._door.read() as connection:
            return pins.touched(connection, dataset_id, since, at)

    def decided(self, dataset_id: int, number: int) -> np.ndarray:
        """The rows of a dataset version that an entry decided on: int64 [n], ascending; none for an entry that is no decision on rows.

        Raises:
            DataError: there is no such dataset.
        """
        with self._door.read() as connection:
            return pins.named(connection, dataset_id, number)

    def undo(self, *, author: str, dataset: str | None = None, to: int | None = None) -> LedgerEntry:
        """Take back the author's own last step that is not undone, on one dataset or on any.

        Where others have since decided on the same examples, or changed the same policy, their steps stand; the entry lists their numbers under
        ``built_on``.

        Args:
            author: whose step.
            dataset: its name; None is any.
            to: take back all of the author's own steps after this number, one by one; the last entry is returned.

        Raises:
            DataError: there is no such step.
        """
        with self._door.write() as connection:
            entry = None
            while (step := history.last_step(connection, author, dataset, after=to or 0)) is not None:
                number, action, of = step
                others = history.built_on(connection, number)
                payload = {"action": action, **({"built_on": others} if others else {})}
                entry = history.append(connection, history.UNDO, payload, dataset=of, author=author, undoes=number)
                if to is None:
                    break
        if entry is None:
            raise _nothing("undo", author, dataset)
        return entry

    def redo(self, *, author: str, dataset: str | None = None) -> LedgerEntry:
        """Take back the author's own last undo, unless they have done something else since.

        Raises:
            DataError: there is none.
        """
        with self._door.write() as connection:
            undone = history.undone(connection, history.newest(connection))
            for number, action, of in history.own(connection, author, dataset):
                if action == history.UNDO and number not in undone:
                    return history.append(connection, history.REDO, {"action": history.UNDO}, dataset=of, author=author, undoes=number)
                if action not in {history.UNDO, history.REDO}:
                    break
            raise _nothing("redo", author, dataset)

    def log(self, *, dataset: str | None = None, action: str | None = None, number: int | None = None, limit: int | None = 50) -> list[LedgerEntry]:
        """The newest entries, newest first: on one dataset or on any, of one action, of one number or of any, all of them where ``limit`` is None."""
        with self._door.read() as connection:
            undone = history.undone(connection, history.newest(connection))
            query = """
                SELECT * FROM ledger WHERE (dataset = $name OR $name IS NULL) AND (action = $action OR $action IS NULL)
                  AND (number = $number OR $number IS NULL)
                ORDER BY number DESC LIMIT $limit
            """
            found = records(connection, query, {"name": dataset, "action": action, "number": number, "limit": limit})
            return [history.entry(row, undone) for row in found]

    def number(self) -> int:
        """The newest number; 0 where nothing has happened."""
        with self._door.read() as connection:
            return history.newest(connection)

    def put_policy(self, dataset: str, name: str, policy: Policy, *, author: str) -> PolicyRecord:
        """Let a policy be in force for a dataset, as a new version of its name unless it is the one in force under that name already.

        The change stands in the ledger and can be undone; where nothing changes, nothing is written.
        """
        content = codec.dumps(policy)
        with self._door.write() as connection:
            present = _policy(connection, dataset, name)
            if present is not None and present.policy == codec.policy(content):
                if _applied(connection, dataset) != (name, present.version):
                    history.append(connection, _POLICY, {"name": name, "version": present.version}, dataset=dataset, author=author)
                return present
            query = "SELECT coalesce(max(version), 0) + 1 FROM policies WHERE dataset = ? AND name = ?"
            version = int(connection.execute(query, [dataset, name]).fetchall()[0][0])
            entry = history.append(connection, _POLICY, {"name": name, "version": version}, dataset=dataset, author=author)
            values = {
                "policy_id": next_id(connection, "_policy_ids"),
                "dataset": dataset,
                "name": name,
                "version": version,
                "policy": content,
                "created": stored_time(entry.time),
                "author": author,
                "ledger_number": entry.number,
            }
            store(connection, "policies", values)
            (added,) = _policies(connection, "WHERE policy_id = ?", [values["policy_id"]])
        return added

    def apply_policy(self, dataset: str, name: str, version: int, *, author: str) -> LedgerEntry:
        """Let a stored version be in force again; a step that can be undone.

        Raises:
            UnknownNameError: there is no such version.
        """
        with self._door.write() as connection:
            if _policy(connection, dataset, name, version) is None:
                known = [f"{each.name}@{each.version}" for each in _policies(connection, "WHERE dataset = ?", [dataset])]
                raise UnknownNameError("policy", f"{name}@{version}", known)
            return history.append(connection, _POLICY, {"name": name, "version": version}, dataset=dataset, author=author)

    def policy(self, dataset: str, name: str, version: int | None = None) -> PolicyRecord | None:
        """A version of a policy; without ``version`` the one that was applied last under this name and has not been undone."""
        with self._door.read() as connection:
            return _policy(connection, dataset, name, version)

    def in_force(self, dataset: str, at: int | None = None) -> PolicyRecord | None:
        """The policy that was applied last and has not been undone, of any name; as it stood at a ledger number, or now."""
        with self._door.read() as connection:
            applied = _applied(connection, dataset, at=at)
            return applied and _policy(connection, dataset, *applied)

    def policies(self, dataset: str | None = None) -> list[PolicyRecord]:
        """All versions of all policies, by dataset, name and version."""
        with self._door.read() as connection:
            return _policies(connection, "WHERE dataset = $name OR $name IS NULL", {"name": dataset})


def _nothing(what: str, author: str, dataset: str | None) -> DataError:
    place = f" on {dataset!r}" if dataset is not None else ""
    return DataError(f"{author!r} has nothing to {what}{place}.", expected="a step of one's own", advice="The log shows who did what.")


def _policies(connection: DuckDBPyConnection, clause: str, parameters: Sequence[object] | Mapping[str, object]) -> list[PolicyRecord]:
    query = f"SELECT * EXCLUDE (ledger_number) FROM policies {clause} ORDER BY dataset, name, version"
    return [
        PolicyRecord(**{**row, "policy": codec.policy(row["policy"]), "created": aware(row["created"])})
        for row in records(connection, query, parameters)
    ]


def _policy(connection: DuckDBPyConnection, dataset: str, name: str, version: int | None = None) -> PolicyRecord | None:
    """One version, or the one in force under this name."""
    if version is None:
        applied = _applied(connection, dataset, name)
        if applied is None:
            return None
        _name, version = applied
    found = _policies(connection, "WHERE dataset = ? AND name = ? AND version = ?", [dataset, name, version])
    return found[0] if found else None


def _applied(connection: DuckDBPyConnection, dataset: str, name: str | None = None, at: int | None = None) -> tuple[str, int] | None:
    """Name and version of the policy that was applied last, of this name or any."""
    limit = history.newest(connection) if at is None else at
    connection.register("undone", {"number": np.array(sorted(history.undone(connection, limit)), dtype=np.int64)})
    query = """
        SELECT payload ->> '$.name' AS name, CAST(payload ->> '$.version' AS INTEGER) AS version FROM ledger
        WHERE action = $action AND dataset = $dataset AND number <= $limit AND number NOT IN (SELECT number FROM undone)
          AND (payload ->> '$.name' = $name OR $name IS NULL)
        ORDER BY number DESC LIMIT 1
    """
    found = first(connection, query, {"action": _POLICY, "dataset": dataset, "limit": limit, "name": name})
    return None if found is None else (str(found[0]), int(found[1]))
