"""The page where people look at verdicts, why they fell, and overrule them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import streamlit as st

from workbench.curate import current
from workbench.dashboard.access import errors_told, open_store
from workbench.dashboard.decisions import author, draw_notice, draw_signature, draw_undo
from workbench.dashboard.place import PAGE, Place
from workbench.dashboard.record import draw_record
from workbench.dashboard.show import nothing_yet, text
from workbench.report.numbers import cell
from workbench.report.text import excerpt
from workbench.types import RoleType, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.curate import Counts, Current
    from workbench.store import Store

ANY = "any"
PINNED = "pinned"
MARKS = {
    Verdict.KEEP: ":green[keep]",
    Verdict.DROP: ":red[drop]",
    Verdict.REVIEW: ":orange[review]",
}


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which rows are listed; None is any."""

    verdict: str | None = None
    pinned: bool | None = None
    rule: str | None = None
    text: str | None = None


def curation_page() -> None:
    """Choose a dataset and rows of it, read them, decide."""
    with errors_told():
        store = open_store()
        names = list(dict.fromkeys(record.name for record in reversed(store.datasets.list())))
        if not names:
            nothing_yet("No dataset has been imported into this store yet. The demo brings one of its own, a recipe names yours:", *_FIRST_STEPS)
            return
        with st.sidebar:
            name = st.selectbox("Dataset", names, key="dataset", bind="query-params")
        state = current(store, name)
        with st.sidebar:
            chosen = _filter(state.decision.counts)
            _rules(state.decision.counts)
            if author():
                draw_signature()
        _counters(state.decision.counts)
        _records(store, state, chosen)


_SCROLL = """<script>/* row %d */document.querySelector('[class*="st-key-focus-"]')?.scrollIntoView({block: "nearest"})</script>"""
_FIRST_STEPS = ("workbench demo", "workbench run RECIPE")


def _filter(counts: Counts) -> Filter:
    verdict = st.radio("Verdict", [ANY, *(each.value for each in Verdict), PINNED], key="verdict", bind="query-params")
    rule = st.selectbox("Selector or rule that fired", [ANY, *_rule_names(counts)], key="rule", bind="query-params")
    words = st.text_input("Text", key="text", bind="query-params", placeholder="words to look for", type="search")
    return Filter(
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


def _rules(counts: Counts) -> None:
    """What each rule did, in a grid that leaves names whole."""
    with st.container(key="rules", gap="xsmall"):
        _rule_line("heading", "Rule", "Fired", "Only it")
        for number, rule in enumerate(counts.rules):
            _rule_line(str(number), f"{rule.signal}\n{rule.action} {rule.rule}", cell(rule.fired), cell(rule.only))


def _rule_line(key: str, rule: str, fired: str, only: str) -> None:
    name, first, second = st.columns([6, 2, 2], gap="xsmall")
    with name:
        text(rule, key=f"small-rule-{key}")
    with first:
        text(fired, key=f"small-right-fired-{key}")
    with second:
        text(only, key=f"small-right-only-{key}")


def _counters(counts: Counts) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="counters"):
        for sign, label, value in (
            ("", "Imported", counts.imported),
            ("=", "Kept", counts.kept),
            ("+", "Dropped", counts.dropped),
            ("+", "Under review", counts.review),
        ):
            if sign:
                st.text(sign)
            with st.container(key=f"counter-{label.lower().replace(' ', '-')}", width="content"):
                st.metric(label, cell(value), width="content")
        st.space("stretch")
        with st.container(key="counter-pinned", width="content"):
            st.metric("Pinned by people", cell(counts.pinned), width="content")


def _records(store: Store, state: Current, chosen: Filter) -> None:
    place = _place((state.dataset.dataset_id, chosen))
    filters = {"verdict": chosen.verdict, "pinned": chosen.pinned, "rule": chosen.rule, "text": chosen.text}
    while True:
        listed = store.curation.page(state.decision.verdict_set, after_row=place.starts[-1], limit=PAGE + 1, **filters).to_pylist()
        if listed or len(place.starts) == 1:
            break
        place.starts.pop()
    if not listed:
        nothing_yet("No row answers to this filter. Choose another verdict or rule, or clear the text, in the panel at the left.")
        if author():
            draw_undo(state.dataset, place, key="undo-nothing")
            draw_notice()
        return
    more, listed = len(listed) > PAGE, listed[:PAGE]
    rows = [row["row"] for row in listed]
    index = place.index(rows)
    total = store.curation.count(state.decision.verdict_set, **filters)
    queue, record = st.columns([3, 5], gap="medium")
    with queue:
        _queue(state, listed, index, place, total, more=more)
    with record:
        draw_record(store, state, listed[index]["row"], place, rows, more=more)


def _place(scope: object) -> Place:
    place = cast("Place | None", st.session_state.get("place"))
    if place is None or place.scope != scope:
        place = Place(scope=scope)
        st.session_state["place"] = place
    return place


def _queue(state: Current, listed: Sequence[Mapping[str, object]], focus: int, place: Place, total: int, *, more: bool) -> None:
    """The page as a list of one line each; a click on a line puts its record in focus."""
    roles = [role.name for role in state.dataset.roles if role.type is not RoleType.LABEL] or [role.name for role in state.dataset.roles]
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        first = (len(place.starts) - 1) * PAGE
        text(f"{total:,} rows" if not more and first == 0 else f"{total:,} rows, page {len(place.starts):,}", key="quiet-total")
        st.space("stretch")
        st.button("‹", key="page-before", help="The page before", disabled=first == 0, on_click=place.starts.pop)
        st.button("›", key="page-after", help="The next page", disabled=not more, on_click=place.starts.append, args=(listed[-1]["row"],))
    with st.container(height=640, key="queue", gap=None):
        for position, row in enumerate(listed):
            _queue_line(row, roles, in_focus=position == focus, place=place)
    # The list follows the focus. Nothing but a row number goes into the script, and it runs anew because that is another one.
    st.html(_SCROLL % listed[focus]["row"], unsafe_allow_javascript=True)


def _queue_line(row: Mapping[str, object], roles: Sequence[str], *, in_focus: bool, place: Place) -> None:
    key = f"{'focus' if in_focus else 'line'}-{row['row']}"
    beginning = " · ".join(str(row[role])[:200] for role in roles if row[role] is not None)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False, key=key):
        mark = MARKS[Verdict(cast("str", row["verdict"]))]
        st.button(mark, key=f"open-{row['example_id']}", type="tertiary", on_click=place.go_to, args=(row["row"],), width=64)
        text(excerpt(beginning), key=f"small-{key}", wrap=False)
