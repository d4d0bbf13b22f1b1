"""The page of the history: who decided what and when, and ways back and forth through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from workbench.curate import built_on, told
from workbench.dashboard.access import errors_told, open_store
from workbench.dashboard.decisions import author, draw_notice, draw_signature, outcome_told, redo, tell, undo
from workbench.dashboard.navigation import choose_dataset
from workbench.dashboard.show import heading, nothing_yet, table, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.store import DatasetRecord, LedgerEntry

PAGE = 100
EVERY = 5
"""Seconds between two looks at what others have done."""


def history_page() -> None:
    """The ledger of one dataset, the newest first."""
    with errors_told():
        store = open_store()
        dataset = store.datasets.find(choose_dataset(store))
        if dataset is None:
            st.rerun()
        with st.sidebar:
            draw_signature()
        heading(f"History of {dataset.name}", "history", level=1)
        if author():
            _draw_ways(dataset)
        st.fragment(_draw_entries, run_every=EVERY)(dataset)


def _draw_ways(dataset: DatasetRecord) -> None:
    """One step back, one step forth, or back to a point."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button("Undo my last step", key="undo", icon=":material/undo:", shortcut="U", on_click=undo, args=(dataset,))
        st.button("Redo", key="redo", icon=":material/redo:", shortcut="Y", on_click=redo, args=(dataset,))
        number = st.number_input("Take back my steps after number", min_value=0, value=None, step=1, key="back-to", width=240)
        st.button("Take them back", key="undo-to", disabled=number is None, on_click=_undo_to, args=(dataset, number))
    draw_notice("Undo takes back your own steps only; nothing is ever erased from the history.")


def _undo_to(dataset: DatasetRecord, number: int) -> None:
    """Take back the author's own steps after ``number``, the newest first; each is an entry of its own."""
    with outcome_told():
        store = open_store()
        newest = store.ledger.number()
        entry = store.ledger.undo(author=author(), dataset=dataset.name, to=number)
        tell(f"Took back your steps after number {number}: entries {newest + 1:,} to {entry.number:,} say so{built_on(entry)}")


def _draw_entries(dataset: DatasetRecord) -> None:
    with errors_told():
        entries = open_store().ledger.log(dataset=dataset.name, limit=PAGE)
        if not entries:
            nothing_yet("Nobody has decided anything on this dataset yet. Keep and Drop on the page Curate do.")
            return
        table(
            {
                "step": [entry.number for entry in entries],
                "when (UTC)": [f"{entry.time:%Y-%m-%d %H:%M:%S}" for entry in entries],
                "who": [entry.author for entry in entries],
                "what": [told(entry) for entry in entries],
                "note": [str(entry.payload.get("note") or "") for entry in entries],
                "state": [_state(entry, entries) for entry in entries],
            },
        )
        if len(entries) == PAGE:
            text(f"The newest {PAGE:,}. All of them: workbench log", key="quiet-more-entries")


def _state(entry: LedgerEntry, entries: Sequence[LedgerEntry]) -> str:
    if not entry.undone:
        return ""
    by = next((other.number for other in entries if other.undoes == entry.number and not other.undone), None)
    return f"taken back by step {by}" if by is not None else "taken back"
