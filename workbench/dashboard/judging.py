"""Judging a sample of removed pairs: side by side, by keyboard, with the precision that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import streamlit as st

from workbench.curate import judge, removed_pairs
from workbench.dashboard.access import open_store
from workbench.dashboard.decisions import author, draw_notice, draw_signature, draw_undo, is_newest, outcome_told, tell
from workbench.dashboard.navigation import link
from workbench.dashboard.record import draw_differences, passages
from workbench.dashboard.show import heading, nothing_yet, passage, short_id, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.curate import Current, RemovedPairs, SampledPair

# Streamlit keeps R and C for itself.
_WORDS: dict[Literal["duplicate", "different"], tuple[str, str]] = {"duplicate": ("Duplicates", "Y"), "different": ("Different", "N")}


def draw_judging(state: Current) -> None:
    """The first pair of the sample that nobody has judged, and what was found so far."""
    store = open_store()
    with store.reading():
        removed = removed_pairs(store, state)
        waiting = _waiting(state, removed)
        rows = sorted({waiting[0].row, waiting[0].partner}) if waiting else []
        examples = {
            each["row"]: each for each in store.datasets.examples(state.dataset.dataset_id, rows=np.array(rows, dtype=np.int64)).table.to_pylist()
        }
    heading(f"{removed.judged:,} of {len(removed.pairs):,} sampled pairs are judged", "judged", level=1)
    text(precision(removed), key="title-precision")
    text(
        f"{removed.near:,} rows left for a similar one: this is a sample of them. {removed.copies:,} left for an equal one, which needs none.",
        key="quiet-sample",
    )
    if not removed.pairs:
        nothing_yet("No row left for a similar one, so there is nothing to judge. A lower threshold on the page Policy lets more of them leave.")
        link("Policy", "Policy", dataset=state.dataset.name)
        return
    if not author():
        draw_signature()
    elif waiting:
        _draw_buttons(state, waiting[0])
    else:
        _draw_end(state, removed)
    if waiting:
        _draw_pair(state, waiting[0], examples)


def precision(removed: RemovedPairs) -> str:
    """What the judgements say, in words."""
    if removed.low is None or removed.high is None:
        return "Nobody has judged any of them yet."
    share = removed.right / removed.judged
    return f"{removed.right:,} of {removed.judged:,} are duplicates: precision {share:.3f}, 95 % interval {removed.low:.3f} to {removed.high:.3f}"


def _waiting(state: Current, removed: RemovedPairs) -> list[SampledPair]:
    """The pairs without a judgement, but for those that were skipped in this session."""
    return [pair for pair in removed.pairs if pair.judgement is None and (pair.example_id, pair.partner_id) not in _skipped(state)]


def _skipped(state: Current) -> set[tuple[str, str]]:
    return cast("set[tuple[str, str]]", st.session_state.setdefault(f"skipped-{state.dataset.name}", set()))


def _draw_buttons(state: Current, pair: SampledPair) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="decide"):
        for judgement, (label, shortcut) in _WORDS.items():
            st.button(label, key=f"{judgement}-{pair.row}-{pair.partner}", shortcut=shortcut, on_click=_judge, args=(state, pair, judgement))
        st.button("Skip", key=f"skip-{pair.row}-{pair.partner}", shortcut="S", on_click=_skip, args=(state, pair))
        draw_undo(state.dataset, key="undo-judgement")
    draw_notice("Is the row at the left rightly gone, because the one at the right says the same? Y yes, N no, S skips, U takes back.")


def _draw_end(state: Current, removed: RemovedPairs) -> None:
    left = len(removed.pairs) - removed.judged
    text(f"{left:,} of the sample skipped." if left else "The sample is judged.", key="quiet-end")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button("Show the skipped ones again", key="unskip", on_click=_skipped(state).clear, disabled=not left)
        draw_undo(state.dataset, key="undo-judgement")
    draw_notice()


def _draw_pair(state: Current, pair: SampledPair, examples: Mapping[int, Mapping[str, object]]) -> None:
    """What differs word by word, then both in full beside one another."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"pair-{pair.row}-{pair.partner}"):
        text(f"{pair.selector} {pair.similarity:.3f}", key="mono-pair", width="content")
    roles = {role.name: role for role in state.dataset.roles}
    draw_differences(examples[pair.row], examples[pair.partner], roles, f"pair-{pair.row}-{pair.partner}")
    left, right = st.columns(2, gap="medium")
    for column, word, row, example_id in ((left, "Leaves", pair.row, pair.example_id), (right, "Stays", pair.partner, pair.partner_id)):
        with column:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                text(word, key=f"title-pair-{row}", width="content")
                text(short_id(example_id), key=f"mono-pair-{row}", width="content")
                link("Record", "Open", dataset=state.dataset.name, example=example_id)
            for number, role in enumerate(state.dataset.roles):
                text(role.name, key=f"quiet-pair-{row}-{number}")
                for position, each in enumerate(passages(role, examples[row][role.name])):
                    passage(each, f"pair-{row}-{number}-{position}")


def _judge(state: Current, pair: SampledPair, judgement: Literal["duplicate", "different"]) -> None:
    with outcome_told():
        store = open_store()
        if is_newest(store, state.dataset):
            entry = judge(store, state.dataset, pair.row, pair.partner, judgement, author=author())
            tell(f"Step {entry.number}: {short_id(pair.example_id)} and {short_id(pair.partner_id)} are {_called(judgement)}")


def _called(judgement: Literal["duplicate", "different"]) -> str:
    return "duplicates" if judgement == "duplicate" else "different"


def _skip(state: Current, pair: SampledPair) -> None:
    _skipped(state).add((pair.example_id, pair.partner_id))
    tell(f"Skipped {short_id(pair.example_id)} and {short_id(pair.partner_id)}")
