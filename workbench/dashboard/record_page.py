"""The page of one record, with an address that can be shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import streamlit as st

from workbench.dashboard.access import errors_told, open_store
from workbench.dashboard.decisions import author, decide, draw_note, draw_notice, draw_signature, draw_undo, outcome_told, take_note
from workbench.dashboard.listing import read_record
from workbench.dashboard.navigation import address, choose_dataset
from workbench.dashboard.record import draw_record
from workbench.dashboard.show import nothing_yet, short_id
from workbench.dashboard.state import state_of

if TYPE_CHECKING:
    from workbench.dashboard.listing import Record
    from workbench.store import DatasetRecord, Store


def record_page() -> None:
    """Find a record by its id, read it, decide, go on to its neighbours."""
    with errors_told():
        store = open_store()
        name = choose_dataset(store)
        with st.sidebar:
            wanted = st.text_input("Example", key="example", bind="query-params", placeholder="an id, or how it begins", type="search")
            draw_signature()
        state = state_of(name)
        rows = _train_rows(state.dataset.dataset_id)
        if not wanted and len(rows):
            wanted = _id_of(store, state.dataset, int(rows[0]))
        if not wanted:
            nothing_yet("No row of this dataset is in train.")
            return
        with store.reading():
            dataset, row = store.datasets.resolve(wanted, name)
            record = read_record(store, state, row)
        _draw_buttons(dataset, record, rows)
        draw_record(dataset, record)
        st.caption("A link to this record")
        st.code(address("record", dataset=name, example=record.known.example_id), language=None)


def _draw_buttons(dataset: DatasetRecord, record: Record, rows: np.ndarray) -> None:
    known = record.known
    at = int(np.searchsorted(rows, known.row))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="decide"):
        st.button("Previous", key="previous", shortcut="P", on_click=_go_to, args=(dataset, rows, at - 1), disabled=at == 0)
        st.button("Next", key="next", shortcut="N", on_click=_go_to, args=(dataset, rows, at + 1), disabled=at + 1 >= len(rows))
        if author() and known.verdict:
            for word, shortcut in (("keep", "K"), ("drop", "D"), ("none", "")):
                _draw_decision(dataset, record, cast("Literal['keep', 'drop', 'none']", word), shortcut)
            draw_undo(dataset, key=f"undo-{known.example_id}")
            draw_note()
    if author():
        draw_notice()


def _draw_decision(dataset: DatasetRecord, record: Record, decision: Literal["keep", "drop", "none"], shortcut: str) -> None:
    """The page is drawn again after the decision, and stays on the record."""
    known = record.known
    label = "Take the pin away" if decision == "none" else decision.capitalize()
    st.button(
        label,
        key=f"{decision}-{known.example_id}",
        shortcut=shortcut or None,
        on_click=_decide,
        args=(dataset, record, decision),
        disabled=decision == "none" and record.pin is None,
    )


def _decide(dataset: DatasetRecord, record: Record, decision: Literal["keep", "drop", "none"]) -> None:
    decide(dataset, [record.known.row], decision, short_id(record.known.example_id), note=take_note())


def _go_to(dataset: DatasetRecord, rows: np.ndarray, at: int) -> None:
    with outcome_told():
        st.session_state["example"] = _id_of(open_store(), dataset, int(rows[at]))


def _id_of(store: Store, dataset: DatasetRecord, row: int) -> str:
    """The id that finds this row again; a split is put before it where the id stands in several."""
    example = store.datasets.examples(dataset.dataset_id, rows=np.array([row])).table
    return str(example["example_id"][0].as_py())


@st.cache_data(show_spinner=False, max_entries=10)
def _train_rows(dataset_id: int) -> np.ndarray:
    return open_store().datasets.rows(dataset_id, "train")
