"""The page of duplicates: groups by kind and size, and each member against the one that stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import streamlit as st

from workbench.dashboard.access import errors_told, open_store
from workbench.dashboard.decisions import author, draw_notice, draw_signature, draw_undo, is_newest, outcome_told, tell
from workbench.dashboard.judging import draw_judging
from workbench.dashboard.navigation import choose_dataset, link
from workbench.dashboard.record import COLOURS, draw_differences, passages
from workbench.dashboard.show import heading, nothing_yet, passage, short_id, text
from workbench.dashboard.state import state_of
from workbench.report.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.curate import Current
    from workbench.store import Store

VIEWS = ("Groups", "Judge a sample")
GROUPS = 25
"""Groups on one page."""
MEMBERS = 20
"""Members of a group that are shown; the others are counted."""
WORDS = {"copy": "exact", "near": "near", "conflict": "conflict", "template": "template"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Groups:
    """The groups of one kind of edge, the largest first.

    Attributes:
        rows: int64 [n], the members, group by group.
        starts: int64 [groups + 1], where each group begins among them, and the end.
    """

    rows: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    def members(self, group: int) -> np.ndarray:
        """int64 [size], ascending."""
        return self.rows[self.starts[group] : self.starts[group + 1]]

    def of(self, row: int) -> int | None:
        """The group that a row is in."""
        found = np.flatnonzero(self.rows == row)
        return int(np.searchsorted(self.starts, found[0], side="right")) - 1 if len(found) else None


def duplicates_page() -> None:
    """Choose a kind and a group, compare its members, let another one stay; or judge a sample of what left."""
    with errors_told():
        store = open_store()
        name = choose_dataset(store)
        state = state_of(name)
        kinds = _kinds(state)
        if not kinds:
            nothing_yet("No selector found two rows of this dataset that are alike. A recipe's `select` names selectors that look for them.")
            return
        with st.sidebar:
            st.segmented_control("View", VIEWS, default=VIEWS[0], key="view", bind="query-params", required=True)
        if st.session_state["view"] == VIEWS[1]:
            draw_judging(state)
            return
        with st.sidebar:
            kind = st.selectbox(
                "Kind", list(kinds), format_func=lambda each: f"{WORDS.get(each[2], each[2])}, {each[1]}, {kinds[each]:,} pairs", key="kind"
            )
            draw_signature()
        groups = _groups(kind[0], kind[1].rpartition(".")[2], kind[2])
        heading(f"{len(groups):,} groups of {len(groups.rows):,} rows", "groups", level=1)
        text(_meaning(kind[2]), key="quiet-meaning")
        listed, shown = st.columns([2, 5], gap="medium")
        with listed:
            group = _choose_group(groups)
        with shown:
            _draw_group(store, state, groups.members(group), kind)


def _meaning(kind: str) -> str:
    return {
        "copy": "Equal in input and target; all but one leave.",
        "near": "Almost equal; beyond the threshold all but one leave.",
        "conflict": "The same input with different targets: nothing leaves by itself, someone should look.",
        "template": "They differ in numbers, quotes or slots only: shown, and dropped by no default rule.",
    }.get(kind, "")


def _kinds(state: Current) -> dict[tuple[int, str, str], int]:
    """Kinds of edges that there are, as (selector run, signal's reference, kind), with their number."""
    found: dict[tuple[int, str, str], int] = {}
    for run in state.runs:
        if any(signal.pairwise for signal in run.signals) or run.kind in {"dedup", "decontamination"}:
            for (signal, kind), count in _count_edges(run.selector_run).items():
                found[run.selector_run, f"{run.name}.{signal}", kind] = count
    return dict(sorted(found.items(), key=lambda each: (list(WORDS).index(each[0][2]) if each[0][2] in WORDS else len(WORDS), each[0])))


@st.cache_data(show_spinner=False, max_entries=100)
def _count_edges(selector_run: int) -> dict[tuple[str, str], int]:
    counted = open_store().signals.edges(selector_run).group_by(["signal", "kind"]).aggregate([("a", "count")]).to_pylist()
    return {(each["signal"], each["kind"]): each["a_count"] for each in sorted(counted, key=lambda each: (each["signal"], each["kind"]))}


@st.cache_resource(show_spinner="Grouping", max_entries=20)
def _groups(selector_run: int, signal: str, kind: str) -> Groups:
    """What hangs together over the edges of one kind; edges of a run never change."""
    import pyarrow.compute as pc
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = open_store().signals.edges(selector_run)
    edges = edges.filter(pc.and_(pc.equal(edges["signal"], signal), pc.equal(edges["kind"], kind)))
    rows, ends = np.unique(np.concatenate([edges["a"].to_numpy(), edges["b"].to_numpy()]), return_inverse=True)
    a, b = np.split(ends, 2)
    _, labels = connected_components(coo_array((np.ones(len(a), dtype=bool), (a, b)), shape=(len(rows), len(rows))), directed=False)
    sizes = np.bincount(labels)
    rank = np.argsort(np.argsort(-sizes, kind="stable"), kind="stable")
    order = np.lexsort((rows, rank[labels]))
    return Groups(rows=rows[order], starts=np.concatenate([[0], np.cumsum(np.sort(sizes)[::-1])]))


def _choose_group(groups: Groups) -> int:
    """A page of groups by size; the address names one by a row of it, for that does not change."""
    pages = -(-len(groups) // GROUPS)
    linked = groups.of(_number(st.query_params.get("group", "")))
    page = 1
    if pages > 1:
        page = st.number_input(f"Page, 1 to {pages:,}", 1, pages, 1 + (linked or 0) // GROUPS, key="group-page")
    first = (page - 1) * GROUPS
    options = list(range(first, min(first + GROUPS, len(groups))))
    start = options.index(linked) if linked in options else 0
    key = f"group-{groups.rows[0]}-{page}"

    def remember() -> None:
        st.query_params["group"] = str(groups.members(st.session_state[key])[0])

    return st.radio(
        "Group", options, index=start, key=key, on_change=remember, format_func=lambda each: f"{each + 1}. {len(groups.members(each)):,} rows"
    )


def _number(given: str) -> int:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else -1


def _draw_group(store: Store, state: Current, members: np.ndarray, kind: tuple[int, str, str]) -> None:
    """The one that stays in full, the others by what differs."""
    with store.reading():
        verdicts = {int(row): store.curation.verdict(state.decision.verdict_set, int(row)) for row in members[:MEMBERS]}
        stays = _stays(members, verdicts)
        shown = members if len(members) <= MEMBERS else np.unique(np.append(members[:MEMBERS], stays))
        examples = {each["row"]: each for each in store.datasets.examples(state.dataset.dataset_id, rows=shown).table.to_pylist()}
        edges = store.signals.edges_of(state.dataset.dataset_id, stays).to_pylist()
    similarity = {
        edge["b"] if edge["a"] == stays else edge["a"]: edge["similarity"]
        for edge in edges
        if edge["selector_run"] == kind[0] and f".{edge['signal']}" == f".{kind[1].rpartition('.')[2]}"
    }
    if author():
        with st.container(horizontal=True, vertical_alignment="center"):
            draw_undo(state.dataset, key="undo-group")
            draw_notice("Another one can stay: the policy then decides on the group again.")
    _draw_survivor(state, examples[stays], verdicts.get(stays))
    for row in [row for row in examples if row != stays]:
        _draw_member(state, examples[stays], examples[row], verdicts.get(row), similarity.get(row))
    if len(members) > MEMBERS:
        text(f"and {len(members) - MEMBERS:,} more", key="quiet-more-members")


def _stays(members: np.ndarray, verdicts: Mapping[int, Mapping[str, object] | None]) -> int:
    """The member that the others are held against: the one that most of them left for, else the first that is not dropped."""
    partners = [cast("int", each["partner"]) for each in verdicts.values() if each and each["partner"] in set(members.tolist())]
    if partners:
        return max(set(partners), key=lambda row: (partners.count(row), -row))
    return next((row for row, each in verdicts.items() if each and each["verdict"] != "drop"), int(members[0]))


def _draw_head(state: Current, example: Mapping[str, object], verdict: Mapping[str, object] | None, *notes: str) -> None:
    row = cast("int", example["row"])
    if verdict:
        st.badge(cast("str", verdict["verdict"]), color=COLOURS[cast("str", verdict["verdict"])])
        if verdict["pin"]:
            st.badge("pinned", icon=":material/keep:", color="blue")
    for number, note in enumerate(notes):
        text(note, key=f"mono-note-{row}-{number}", width="content")
    text(short_id(cast("str", example["example_id"])), key=f"mono-member-{row}", width="content")
    text(excerpt(cast("str", example["source"]), 60), key=f"quiet-member-{row}", width="content")
    link("Record", "Open", dataset=state.dataset.name, example=cast("str", example["example_id"]))


def _draw_survivor(state: Current, example: Mapping[str, object], verdict: Mapping[str, object] | None) -> None:
    row = cast("int", example["row"])
    with st.container(border=True, gap="xsmall", key=f"survivor-{row}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _draw_head(state, example, verdict)
        for number, role in enumerate(state.dataset.roles):
            for position, each in enumerate(passages(role, example[role.name])):
                passage(each, f"{row}-{number}-{position}")


def _draw_member(
    state: Current, survivor: Mapping[str, object], example: Mapping[str, object], verdict: Mapping[str, object] | None, similarity: float | None
) -> None:
    row = cast("int", example["row"])
    roles = {role.name: role for role in state.dataset.roles}
    with st.container(border=True, gap="xsmall", key=f"member-{row}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _draw_head(state, example, verdict, "" if similarity is None else f"similarity {similarity:.3f}")
            if author():
                st.button("Let this one stay", key=f"stay-{example['example_id']}", on_click=_let_stay, args=(state, row, survivor, example))
        draw_differences(survivor, example, roles, f"member-{row}")


def _let_stay(state: Current, row: int, survivor: Mapping[str, object], example: Mapping[str, object]) -> None:
    """It comes first of its group; the one that stayed so far leaves by the rule, if the rule holds between the two."""
    with outcome_told():
        store = open_store()
        if is_newest(store, state.dataset):
            note = f"in the place of {survivor['example_id']}"
            entry = store.ledger.survive(state.dataset.name, row, author=author(), note=note)
            tell(f"Step {entry.number}: {short_id(cast('str', example['example_id']))} stays")
