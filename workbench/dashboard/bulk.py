"""One decision on every row of a filter: counted first, confirmed, and one step to take back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import streamlit as st

from workbench.dashboard.access import errors_told, open_store
from workbench.dashboard.decisions import decide
from workbench.dashboard.show import text
from workbench.types import Verdict

if TYPE_CHECKING:
    from workbench.curate import Current
    from workbench.store import RowFilter

_WORDS: dict[str, Literal["keep", "drop", "none"]] = {"Drop": "drop", "Keep": "keep", "Take pins away": "none"}


def draw_bulk(state: Current, chosen: RowFilter, total: int) -> None:
    """The button that opens the preview."""
    if st.button("Decide on all", key="bulk", help="Decide on every row that the filter lets through, in one step"):
        _preview(state, chosen, total)


@st.dialog("Decide on every row of the filter")
def _preview(state: Current, chosen: RowFilter, total: int) -> None:
    """What the filter holds, what would change, and the button that does it."""
    with errors_told():
        store = open_store()
        word = st.radio("Decision", list(_WORDS), horizontal=True, key="bulk-decision")
        decision = _WORDS[word]
        with store.reading():
            counts = store.curation.verdict_counts(state.decision.verdict_set, chosen)
            pinned = store.curation.count(state.decision.verdict_set, _pinned(chosen)) if chosen.pinned is not False else 0
        found = ", ".join(f"{counts.get(each.value, 0):,} {each.value}" for each in Verdict)
        text(f"The filter lets {total:,} of {state.decision.counts.imported:,} rows through: {found}.", key="bulk-found")
        text(_consequence(decision, counts, pinned, total), key="bulk-consequence")
        note = st.text_input("Why (stands in the history)", key="bulk-note", max_chars=500)
        st.caption("It is one step: Undo takes all of it back.")
        if st.button(f"{word}: {total:,} rows", key="bulk-confirm", type="primary", disabled=decision == "none" and not pinned):
            rows = store.curation.rows(state.decision.verdict_set, chosen)
            decide(state.dataset, rows.tolist(), decision, f"{total:,} rows", note=note, chosen=chosen)
            st.rerun()


def _pinned(chosen: RowFilter) -> RowFilter:
    return replace(chosen, pinned=True)


def _consequence(decision: Literal["keep", "drop", "none"], counts: dict[str, int], pinned: int, total: int) -> str:
    if decision == "none":
        return f"{pinned:,} pins are taken away, and the policy decides on those rows again." if pinned else "No row of it is pinned."
    changed = total - counts.get(decision, 0)
    over = f" {pinned:,} of the rows carry a pin already; this takes its place." if pinned else ""
    return f"{changed:,} rows become {decision}; all {total:,} are pinned.{over}"
