"""What the curation page shows, read from the store before any of it is drawn, so that its parts never tell of different moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from workbench.curate import explain
from workbench.dashboard.place import PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.curate import Current, Explanation
    from workbench.dashboard.place import Place
    from workbench.store import Pin, RowFilter, Store


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """The record in focus.

    Attributes:
        known: all that is known of it.
        pin: the pin on it, if any.
        partners: the examples that it is paired with, by id.
    """

    known: Explanation
    pin: Pin | None
    partners: Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Listing:
    """A page of the list, of which at least one row answers to the filter.

    Attributes:
        rows: as ``store.curation.page`` gives them.
        total: how many rows answer to the filter.
        more: whether there is another page.
        index: the position of the record in focus.
        record: that record.
    """

    rows: Sequence[Mapping[str, object]]
    total: int
    more: bool
    index: int
    record: Record

    @property
    def numbers(self) -> list[int]:
        """The rows' numbers in the store, ascending."""
        return [cast("int", row["row"]) for row in self.rows]


def read_listing(store: Store, state: Current, chosen: RowFilter, place: Place) -> Listing | None:
    """Read the page that ``place`` is on, and settle its focus on a row that is there; None where no row answers to the filter."""
    while True:
        rows = store.curation.page(state.decision.verdict_set, chosen, after_row=place.starts[-1], limit=PAGE + 1).to_pylist()
        if rows or len(place.starts) == 1:
            break
        place.starts.pop()  # all rows of the last page have left the list
    if not rows:
        return None
    shown = rows[:PAGE]
    index = place.settle([row["row"] for row in shown])
    return Listing(
        rows=shown,
        total=store.curation.count(state.decision.verdict_set, chosen),
        more=len(rows) > PAGE,
        index=index,
        record=read_record(store, state, shown[index]["row"]),
    )


def read_record(store: Store, state: Current, row: int) -> Record:
    """All that is known of one row of the version that ``state`` speaks of."""
    known = explain(store, state.dataset, row, state.runs, state.decision)
    pins = store.ledger.pins(state.dataset.dataset_id, rows=[row])
    return Record(known=known, pin=next(iter(pins), None), partners=_read_partners(store, state, known))


def _read_partners(store: Store, state: Current, known: Explanation) -> dict[str, Mapping[str, object]]:
    import numpy as np

    if not known.partners:
        return {}
    edges = store.signals.edges_of(state.dataset.dataset_id, known.row)
    rows = np.unique(np.concatenate([edges["a"].to_numpy(), edges["b"].to_numpy()]))
    return {each["example_id"]: each for each in store.datasets.examples(state.dataset.dataset_id, rows=rows).table.to_pylist()}
