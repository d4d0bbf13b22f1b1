"""The workbench for notebooks and scripts: the same decisions as on the command line, with results that a notebook shows as tables."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from workbench.curate import Current, Explanation, Exported, FormatName, Preview
    from workbench.store import LedgerEntry, RowFilter, Store
    from workbench.types import Policy

_SHOWN = 50
_LONGEST = 300


class Workbench:
    """A store, and decisions on it that are signed by one author.

    Args:
        store: what it works on; ``store`` gives access to everything else.
        author: who signs.
    """

    def __init__(self, store: Store, author: str) -> None:
        self.store = store
        self.author = author

    def sql(self, query: str, parameters: Sequence[object] = ()) -> Rows:
        """One query that reads; see ``Store.sql``."""
        return Rows(self.store.sql(query, parameters))

    def datasets(self) -> Rows:
        """All dataset versions, the last imported first."""
        names = ("name", "version", "task", "read", "imported", "rejected")
        return _rows({name: getattr(each, name) for name in names} for each in self.store.datasets.list())

    def dataset(self, name: str | None = None) -> Dataset:
        """A dataset by name; without one the only one that there is.

        Raises:
            UnknownNameError, DataError: there is no such dataset, or there are several.
        """
        from workbench.curate import find_dataset

        return Dataset(self, find_dataset(self.store, name).name)

    def log(self, limit: int = 50) -> Rows:
        """What people decided, newest first."""
        return _entries(self.store.ledger.log(limit=limit))

    def undo(self) -> Rows:
        """Take back the author's own last step."""
        return _entries([self.store.ledger.undo(author=self.author)])

    def redo(self) -> Rows:
        """Do again what the author undid last."""
        return _entries([self.store.ledger.redo(author=self.author)])


class Dataset:
    """The newest version of a dataset, and what is decided on it now.

    Args:
        workbench: where it is.
        name: its name.
    """

    def __init__(self, workbench: Workbench, name: str) -> None:
        self._workbench = workbench
        self._store = workbench.store
        self.name = name

    @property
    def state(self) -> Current:
        """Version, policy and verdicts as they are now."""
        from workbench.curate import current

        return current(self._store, self.name)

    def rules(self) -> Rows:
        """What each rule of the policy in force did, under the sum of all rows."""
        counts = self.state.decision.counts
        title = f"{counts.imported:,} imported = {counts.kept:,} kept + {counts.dropped:,} dropped + {counts.review:,} review"
        return _rows((vars(each) for each in counts.rules), title)

    def rows(self, chosen: RowFilter | None = None, *, limit: int = 50, after: int = -1) -> Rows:
        """A page of examples with their verdicts; ``after`` is the last row of the page before."""
        return Rows(self._store.curation.page(self.state.decision.verdict_set, chosen, limit=limit, after_row=after))

    def explain(self, example: str) -> Explanation:
        """All that is known of an example, by id or the beginning of it."""
        from workbench.curate import explain

        state = self.state
        record, row = self._store.datasets.resolve(example, self.name)
        return explain(self._store, record, row, state.runs, state.decision)

    def pin(self, which: str | Iterable[str] | RowFilter, decision: Literal["keep", "drop", "none"], note: str = "") -> Rows:
        """Override the verdict on an example, some examples (by id), or all rows of a filter: one step, which ``undo`` takes back."""
        from workbench.store import RowFilter

        chosen = which.given() if isinstance(which, RowFilter) else None
        if isinstance(which, RowFilter):
            rows = self._store.curation.rows(self.state.decision.verdict_set, which).tolist()
        else:
            rows = [self._store.datasets.resolve(each, self.name)[1] for each in ([which] if isinstance(which, str) else which)]
        return _entries([self._store.ledger.pin(self.name, rows, decision, author=self._workbench.author, note=note, chosen=chosen)])

    def policy(self, changes: Mapping[str, object] | None = None) -> Policy:
        """The policy in force, with changes as a recipe writes them: ``{"near-duplicates.jaccard": {"drop": ">= 0.9"}}``."""
        from workbench.curate import from_plain

        return from_plain(changes or {}, self.state.decision.policy)

    def what_if(self, policy: Policy) -> Preview:
        """What another policy would come to beside the one in force."""
        from workbench.curate import Material, what_if

        state = self.state
        return what_if(Material(self._store, state.dataset.dataset_id, state.runs), state.decision.policy, policy)

    def apply(self, policy: Policy, name: str) -> Rows:
        """Let a policy decide from now on, as a version of this name: one step, which ``undo`` takes back."""
        self._store.ledger.put_policy(self.name, name, policy, author=self._workbench.author)
        return self.rules()

    def export(self, path: str | Path, format: FormatName | None = None) -> Exported:  # noqa: A002 - the word that users know
        """Write what the policy keeps, with a manifest and a data card beside it; see ``curate.export``."""
        from workbench.curate import by_suffix, export

        return export(self._store, self.state, Path(path), format=format or by_suffix(Path(path)))


class Rows:
    """Rows with named columns, which a notebook shows as a table.

    Args:
        table: what is shown.
        title: a line above it.

    Attributes:
        arrow: all of it, as an Arrow table.
    """

    def __init__(self, table: pa.Table, title: str = "") -> None:
        self.arrow = table
        self._title = title

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def to_pylist(self) -> list[dict[str, Any]]:
        """All rows by column, as plain values."""
        rows: list[dict[str, Any]] = self.arrow.to_pylist()
        return rows

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Each row by column."""
        return iter(self.arrow.to_pylist())

    def __getitem__(self, position: int) -> Mapping[str, Any]:
        row: Mapping[str, Any] = self.arrow.slice(range(len(self))[position], 1).to_pylist()[0]
        return row

    def __repr__(self) -> str:
        columns = " | ".join(self.arrow.column_names)
        lines = [" | ".join(_short(value) for value in row.values()) for row in self.arrow.slice(0, _SHOWN).to_pylist()]
        return "\n".join([*([self._title] if self._title else []), columns, *lines, *self._rest()])

    def _repr_html_(self) -> str:
        """The beginning of it, every text escaped."""
        heads = "".join(f"<th>{html.escape(name)}</th>" for name in self.arrow.column_names)
        rows = ("".join(f"<td>{html.escape(_short(value))}</td>" for value in row.values()) for row in self.arrow.slice(0, _SHOWN).to_pylist())
        body = "".join(f"<tr>{cells}</tr>" for cells in rows)
        caption = f"<caption>{html.escape(self._title)}</caption>" if self._title else ""
        rest = "".join(f"<p>{each}</p>" for each in self._rest())
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{rest}"

    def _rest(self) -> list[str]:
        more = len(self) - _SHOWN
        return [f"{more:,} more rows"] if more > 0 else []


def _rows(records: Iterable[Mapping[str, object]], title: str = "") -> Rows:
    import pyarrow as pa

    return Rows(pa.Table.from_pylist([dict(each) for each in records]), title)


def _entries(listed: Iterable[LedgerEntry]) -> Rows:
    names = ("number", "time", "author", "action", "dataset", "undoes", "undone")
    return _rows({**{name: getattr(each, name) for name in names}, "payload": str(dict(each.payload))} for each in listed)


def _short(value: object) -> str:
    """A value as text, on one line and cut."""
    if value is None:
        return ""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)[: 4 * _LONGEST]
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
