"""The page where people look at verdicts, why they fell, and overrule them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

from workbench.curate import current
from workbench.dashboard.access import errors_told, first_steps, open_store
from workbench.dashboard.decisions import author, draw_notice, draw_signature, draw_undo
from workbench.dashboard.listing import read_listing
from workbench.dashboard.place import Place
from workbench.dashboard.record import draw_record
from workbench.dashboard.show import nothing_yet, text
from workbench.report.numbers import cell
from workbench.report.text import excerpt
from workbench.store import RowFilter
from workbench.types import RoleType, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.curate import Counts, Current
    from workbench.dashboard.listing import Listing

ANY = "any"
PINNED = "pinned"
MARKS = {Verdict.KEEP: ":green[keep]", Verdict.DROP: ":red[drop]", Verdict.REVIEW: ":orange[review]"}

_SCROLL = """<script>/* row %d */document.querySelector('[class*="st-key-focus-"]')?.scrollIntoView({block: "nearest"})</script>"""


def curation_page() -> None:
    """Choose a dataset and rows of it, read them, decide."""
    with errors_told():
        store = open_store()
        names = list(dict.fromkeys(record.name for record in reversed(store.datasets.list())))
        if not names:
            nothing_yet("No dataset has been imported into this store yet. The demo brings one of its own, a recipe names yours:", *first_steps())
            return
        with st.sidebar:
            name = st.selectbox("Dataset", names, key="dataset", bind="query-params")
        state = current(store, name)
        with st.sidebar:
            chosen = _choose_filter(state.decision.counts)
            _draw_rules(state.decision.counts)
            if author():
                draw_signature()
        place = _place((state.dataset.dataset_id, chosen))
        with store.reading():
            listing = read_listing(store, state, chosen, place)
        _draw_counters(state.decision.counts)
        if listing is None:
            nothing_yet("No row answers to this filter. Choose another verdict or rule, or clear the text, in the panel at the left.")
            if author():
                draw_undo(state.dataset, place, key="undo-nothing")
                draw_notice()
            return
        queue, record = st.columns([3, 5], gap="medium")
        with queue:
            _draw_queue(state, listing, place)
        with record:
            draw_record(state.dataset, listing, place)


def _choose_filter(counts: Counts) -> RowFilter:
    verdict = st.radio("Verdict", [ANY, *(each.value for each in Verdict), PINNED], key="verdict", bind="query-params")
    rule = st.selectbox("Selector or rule that fired", [ANY, *_rule_names(counts)], key="rule", bind="query-params")
    words = st.text_input("Text", key="text", bind="query-params", placeholder="words to look for", type="search")
    return RowFilter(
        verdict=None if verdict in {ANY, PINNED} else verdict,
        pinned=True if verdict == PINNED else None,
        rule=None if rule == ANY else rule,
        text=words or None,
    )


def _rule_names(counts: Counts) -> list[str]:
    """What fired can be asked by: each rule, and before several of one selector the selector itself."""
    by_selector: dict[str, list[str]] = {}
    for rule in counts.rules:
        by_selector.setdefault(rule.signal.rpartition(".")[0], []).append(f"{rule.signal} {rule.action}")
    return [name for selector, rules in by_selector.items() for name in ([selector, *rules] if len(rules) > 1 else rules)]


def _draw_rules(counts: Counts) -> None:
    """What each rule did, in a grid that leaves names whole."""
    with st.container(gap="xsmall"):
        _draw_rule("heading", "Rule", "Fired", "Only it")
        for number, rule in enumerate(counts.rules):
            _draw_rule(str(number), f"{rule.signal}\n{rule.action} {rule.rule}", cell(rule.fired), cell(rule.only))


def _draw_rule(key: str, rule: str, fired: str, only: str) -> None:
    name, first, second = st.columns([6, 2, 2], gap="xsmall")
    with name:
        text(rule, key=f"small-rule-{key}")
    with first:
        text(fired, key=f"small-right-fired-{key}")
    with second:
        text(only, key=f"small-right-only-{key}")


def _draw_counters(counts: Counts) -> None:
    """The sum that always holds, and how many of its rows people decided."""
    parts = (("", "Imported", counts.imported), ("=", "Kept", counts.kept), ("+", "Dropped", counts.dropped), ("+", "Under review", counts.review))
    with st.container(horizontal=True, vertical_alignment="bottom", key="counters"):
        for sign, label, value in parts:
            if sign:
                st.text(sign)
            _draw_counter(label, value)
        st.space("stretch")
        _draw_counter("Pinned", counts.pinned)


def _draw_counter(label: str, value: int) -> None:
    with st.container(key=f"counter-{label.lower().replace(' ', '-')}", width="content"):
        st.metric(label, cell(value), width="content")


def _place(scope: object) -> Place:
    """Where this session is in the list; at its beginning where the list is another one now."""
    place = cast("Place | None", st.session_state.get("place"))
    if place is None or place.scope != scope:
        place = Place(scope=scope)
        st.session_state["place"] = place
    return place


def _draw_queue(state: Current, listing: Listing, place: Place) -> None:
    """The page as a list of one line each; a click on a line puts its record in focus."""
    roles = [role.name for role in state.dataset.roles if role.type is not RoleType.LABEL] or [role.name for role in state.dataset.roles]
    page = len(place.starts)
    rows = f"{listing.total:,} row{'' if listing.total == 1 else 's'}"
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        text(f"{rows}, page {page:,}" if listing.more or page > 1 else rows, key="quiet-total")
        st.space("stretch")
        st.button("Back", key="page-before", disabled=page == 1, on_click=place.page_before)
        st.button("More", key="page-after", disabled=not listing.more, on_click=place.page_after, args=(listing.numbers[-1],))
    with st.container(height=640, key="queue", gap=None):
        for position, row in enumerate(listing.rows):
            _draw_line(row, roles, in_focus=position == listing.index, place=place)
    # The list follows the focus. Nothing but a row number goes into the script, which runs anew when that is another one.
    st.html(_SCROLL % listing.numbers[listing.index], unsafe_allow_javascript=True)


def _draw_line(row: Mapping[str, object], roles: Sequence[str], *, in_focus: bool, place: Place) -> None:
    key = f"{'focus' if in_focus else 'line'}-{row['row']}"
    beginning = " · ".join(str(row[role])[:200] for role in roles if row[role] is not None)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False, key=key):
        st.button(
            MARKS[Verdict(cast("str", row["verdict"]))],
            key=f"open-{row['example_id']}",
            icon=":material/keep:" if row["pin"] else None,
            type="tertiary",
            width=76,
            on_click=place.go_to,
            args=(row["row"],),
        )
        text(excerpt(beginning), key=f"small-{key}", wrap=False)
