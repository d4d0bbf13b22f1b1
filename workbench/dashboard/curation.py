"""The page where people look at verdicts, why they fell, and overrule them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

from workbench.dashboard import facets
from workbench.dashboard.access import errors_told, open_store
from workbench.dashboard.bulk import draw_bulk
from workbench.dashboard.decisions import author, draw_note, draw_notice, draw_signature, draw_undo, pin
from workbench.dashboard.facets import choose_filter, draw_rules
from workbench.dashboard.listing import read_listing
from workbench.dashboard.navigation import choose_dataset, link
from workbench.dashboard.place import Place
from workbench.dashboard.queue import draw_queue
from workbench.dashboard.record import draw_record
from workbench.dashboard.show import nothing_yet, text
from workbench.dashboard.state import state_of
from workbench.report.numbers import cell
from workbench.store import RowFilter
from workbench.types import RoleType

if TYPE_CHECKING:
    from workbench.curate import Counts, Current
    from workbench.dashboard.listing import Listing
    from workbench.store import DatasetRecord

OPEN = RowFilter(flagged=True, pinned=False)
KEYS = "K keeps, D drops, S skips, P goes back, U takes back your last step; Esc leaves a field."


def curation_page() -> None:
    """Choose a dataset and rows of it, read them, decide."""
    with errors_told():
        store = open_store()
        name = choose_dataset(store)
        state = state_of(name)
        with store.reading():
            with st.sidebar:
                chosen = choose_filter(state)
                draw_rules(state.decision.counts)
                if author():
                    draw_signature()
            place = _place((state.dataset.dataset_id, chosen))
            listing = read_listing(store, state, chosen, place)
            unseen = store.curation.count(state.decision.verdict_set, OPEN)
        _draw_counters(state.decision.counts, unseen)
        if listing is None:
            nothing_yet("No row answers to this filter. Choose another verdict or rule, or clear the text, in the panel at the left.")
            if author():
                draw_undo(state.dataset, place, key="undo-nothing")
                draw_notice()
            return
        queue, record = st.columns([3, 5], gap="medium")
        with queue:
            _draw_queue(state, chosen, listing, place)
        with record:
            _draw_buttons(state.dataset, listing, place)
            draw_record(state.dataset, listing.record)


def _draw_counters(counts: Counts, unseen: int) -> None:
    """The sum that always holds, and how many of its rows people decided or have yet to look at."""
    parts = (("", "Imported", counts.imported), ("=", "Kept", counts.kept), ("+", "Dropped", counts.dropped), ("+", "Under review", counts.review))
    with st.container(horizontal=True, vertical_alignment="bottom", key="counters"):
        for sign, label, value in parts:
            if sign:
                st.text(sign)
            _draw_counter(label, value)
        st.space("stretch")
        _draw_counter("Pinned", counts.pinned, "Rows that a person has decided.")
        _draw_counter("Not yet looked at", unseen, "Rows on which a rule fired and that nobody has decided.")
        if unseen and st.session_state["verdict"] != facets.OPEN:
            st.button("Go through them", key="go-through", on_click=lambda: st.session_state.update(verdict=facets.OPEN))


def _draw_counter(label: str, value: int, meaning: str | None = None) -> None:
    with st.container(key=f"counter-{label.lower().replace(' ', '-')}", width="content"):
        st.metric(label, cell(value), width="content", help=meaning)


def _place(scope: object) -> Place:
    """Where this session is in the list; at its beginning where the list is another one now."""
    place = cast("Place | None", st.session_state.get("place"))
    if place is None or place.scope != scope:
        place = Place(scope=scope)
        st.session_state["place"] = place
    return place


def _draw_queue(state: Current, chosen: RowFilter, listing: Listing, place: Place) -> None:
    """The page as a list of one line each; a click on a line puts its record in focus."""
    roles = [role.name for role in state.dataset.roles if role.type is not RoleType.LABEL] or [role.name for role in state.dataset.roles]
    page = len(place.starts)
    rows = f"{listing.total:,} row{'' if listing.total == 1 else 's'}"
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="xsmall"):
        text(f"{rows}, page {page:,}" if listing.more or page > 1 else rows, key="quiet-total")
        st.space("stretch")
        if author():
            draw_bulk(state, chosen, listing.total)
    draw_queue(listing, roles, place)
    with st.container(horizontal=True, gap="xsmall", key="paging"):
        st.button("Back", key="page-before", disabled=page == 1, on_click=place.page_before)
        st.button("More", key="page-after", disabled=not listing.more, on_click=place.page_after, args=(listing.numbers[-1],))


def _draw_buttons(dataset: DatasetRecord, listing: Listing, place: Place) -> None:
    known, rows = listing.record.known, listing.numbers
    if not author():
        draw_signature()
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False, key="decide"):
        if author():
            for word, shortcut, icon in (("keep", "K", ":material/check:"), ("drop", "D", ":material/close:")):
                st.button(
                    word.capitalize(),
                    key=f"{word}-{known.example_id}",
                    icon=icon,
                    shortcut=shortcut,
                    on_click=pin,
                    args=(dataset, listing, place, word),
                )
        first = listing.index == 0 and len(place.starts) == 1
        last = listing.index == len(rows) - 1 and not listing.more
        st.button("Skip", key="next", shortcut="S", on_click=place.forward, args=(rows,), kwargs={"more": listing.more}, disabled=last)
        st.button("Previous", key="previous", shortcut="P", on_click=place.backward, args=(rows,), disabled=first)
        if author():
            draw_undo(dataset, place, key=f"undo-{known.example_id}")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if author():
            draw_notice(KEYS)
            draw_note()
        link("Record", "Open", dataset=dataset.name, example=known.example_id)
