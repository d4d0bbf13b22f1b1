"""The page of bias: how often groups of people are named, and with which outcomes, before and after the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from workbench.curate import training_rows
from workbench.dashboard.access import errors_told, open_store
from workbench.dashboard.navigation import choose_dataset
from workbench.dashboard.show import heading, nothing_yet, table, text
from workbench.dashboard.state import state_of
from workbench.report.numbers import MISSING, share
from workbench.report.text import excerpt
from workbench.selectors import AXES, Mentions, axis_shares, mentions
from workbench.types import RoleType, SelectorContext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.curate import Current
    from workbench.selectors import Representation, Share
    from workbench.store import DatasetRecord


_MOST = 50_000
"""Rows that are read; of a larger dataset a seeded sample shows the same within half a percentage point, and in a second."""


def bias_page() -> None:
    """Three tables, each before and after, and what the bias selectors told."""
    with errors_told():
        store = open_store()
        state = state_of(choose_dataset(store))
        if not _input_texts(state.dataset):
            nothing_yet("This task's input has no role that is a text, so no groups of people can be looked for in it.")
            return
        found, rows, of = _mentions(state.dataset.dataset_id, _dataset=state.dataset)
        stays = np.isin(rows, training_rows(store, state.decision))
        heading("Groups of people before and after the policy", "bias", level=1)
        looked_at = f"all {of:,} rows of train" if len(rows) == of else f"{len(rows):,} rows of train, drawn at random from {of:,}"
        text(
            f"Before: {looked_at}. After: the {int(stays.sum()):,} of them that it trains on. Shares with 95 % intervals (Wilson).",
            key="quiet-before-after",
        )
        named = found.representation(stays)
        if not named:
            nothing_yet("No row names a group of people of the built-in lexicon, English or Chinese. A recipe's `select` can bring another one.")
            return
        heading("How often groups are named", "representation")
        _draw(named, "of the rows")
        heading("How each axis is shared", "axes")
        _draw_axes(found, stays)
        heading("With which outcomes they go", "association")
        _draw(found.associations(stays), "of the group's rows")
        text(
            "The pairs that are furthest from what the outcome's share among all rows would give, at most 40, groups of at least 10 rows.",
            key="quiet-pairs",
        )
        _draw_notes(state)


def sample(rows: np.ndarray, most: int) -> np.ndarray:
    """So many of the rows at the most, the same ones each time: int64 [at most ``most``], ascending."""
    return rows if len(rows) <= most else np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def _input_texts(dataset: DatasetRecord) -> list[str]:
    return [role.name for role in dataset.roles if role.type is RoleType.TEXT and role.name != dataset.target]


@st.cache_resource(show_spinner="Looking for groups of people", max_entries=3)
def _mentions(dataset_id: int, *, _dataset: DatasetRecord) -> tuple[Mentions, np.ndarray, int]:
    """Who is named in which rows, and of how many; texts of a dataset version never change, so they are read once."""
    datasets = open_store().datasets
    roles = {role.name: role for role in _dataset.roles}
    every = datasets.rows(dataset_id, "train")
    rows = sample(every, _MOST)
    examples = datasets.examples(dataset_id, rows=rows)
    return mentions(examples, SelectorContext(roles=roles, target=_dataset.target), _input_texts(_dataset)), rows, len(every)


def _draw(listed: Sequence[Representation], of: str) -> None:
    outcomes = [excerpt(each.outcome, 60) for each in listed]
    table(
        {
            "group": [each.group for each in listed],
            **({"outcome": outcomes} if any(outcomes) else {}),
            "rows": [each.before.part for each in listed],
            f"share {of}": [_interval(each.before) for each in listed],
            "rows after": [each.after.part for each in listed],
            "share after": [_interval(each.after) for each in listed],
            "change": [_change(each) for each in listed],
        },
    )


def _draw_axes(found: Mentions, stays: np.ndarray) -> None:
    """Total variation distances to equal shares of the groups that are named; a recipe's ``representation`` states another reference."""
    before = axis_shares(found.named, found.groups, AXES, {})
    after = {each.axis: each for each in axis_shares(found.named[np.flatnonzero(stays)], found.groups, AXES, {})}
    table(
        {
            "axis": [each.axis for each in before],
            "groups": [", ".join(f"{group} {count:,}" for group, count in each.counts.items()) for each in before],
            "distance to equal shares": [f"{each.distance:.3f}" for each in before],
            "distance after": [f"{after[each.axis].distance:.3f}" if each.axis in after else MISSING for each in before],
        },
    )


def _interval(found: Share) -> str:
    if not found.whole:
        return MISSING
    return f"{share(found.part, found.whole)} [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def _change(each: Representation) -> str:
    """In percentage points; said to be beyond chance only where the intervals do not meet."""
    if not each.before.whole or not each.after.whole:
        return MISSING
    apart = each.after.low > each.before.high or each.after.high < each.before.low
    return f"{100 * (each.after.share - each.before.share):+.1f} points{', intervals apart' if apart else ''}"


def _draw_notes(state: Current) -> None:
    notes = [(run.name, note) for run in state.runs if run.kind == "bias" for note in run.notes]
    if notes:
        heading("What the selectors say", "notes")
        table({"selector": [name for name, _ in notes], "note": [note for _, note in notes]})
