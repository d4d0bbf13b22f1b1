"""What a candidate policy would come to, drawn beside the one in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from workbench.dashboard.navigation import link
from workbench.dashboard.record import COLOURS
from workbench.dashboard.show import table, text
from workbench.report.numbers import share
from workbench.report.text import excerpt, printable
from workbench.types import RoleType, Verdict

if TYPE_CHECKING:
    from workbench.curate import Preview
    from workbench.store import DatasetRecord

SAMPLE = 10
_SLICES = 20


def draw_counts(preview: Preview) -> None:
    """The sum before and after; without keys, because a first answer is replaced by the whole one."""
    before, after = preview.before, preview.after
    with st.container(horizontal=True):
        for label, old, new in (
            ("Kept", before.kept, after.kept),
            ("Dropped", before.dropped, after.dropped),
            ("Under review", before.review, after.review),
        ):
            st.metric(label, f"{new:,}", f"{new - old:+,}" if new != old else None, delta_color="off", width="content")
    st.text(f"{after.imported:,} imported = {after.kept:,} kept + {after.dropped:,} dropped + {after.review:,} under review")
    # Always a third line: what is drawn in this place next replaces lines one by one, and would leave one more standing.
    st.text(f"updating: the numbers of {', '.join(preview.updating)}" if preview.updating else "These are all: duplicates are gone through as well.")


def draw_change(preview: Preview, dataset: DatasetRecord) -> None:
    """By rule, where rules overlap, by slice, and some of the rows that would change."""
    moves = "; ".join(f"{count:,} from {before.value} to {after.value}" for (before, after), count in preview.moves.items())
    text(f"{preview.changed:,} rows would change{': ' + moves if moves else ''}", key="title-moves")
    rules, overlap, slices, sample = st.tabs(["Rules", "Overlap", "Slices", "Rows that change"])
    with rules:
        _draw_rules(preview)
    with overlap:
        _draw_overlap(preview)
    with slices:
        _draw_slices(preview, dataset)
    with sample:
        _draw_sample(preview, dataset)


def _draw_rules(preview: Preview) -> None:
    old = {(rule.signal, rule.action): rule for rule in preview.before.rules}
    listed = [(rule, old.get((rule.signal, rule.action))) for rule in preview.after.rules]
    table(
        {
            "rule": [f"{rule.signal} {rule.action} {rule.rule}" for rule, _ in listed],
            "fired": [_moved(before.fired if before else None, rule.fired) for rule, before in listed],
            "only it": [_moved(before.only if before else None, rule.only) for rule, before in listed],
        },
    )


def _moved(before: int | None, after: int) -> str:
    return f"{after:,}" if before in {None, after} else f"{before:,} → {after:,}"


def _draw_overlap(preview: Preview) -> None:
    """A number for each pair of rules; columns are called by the numbers of the rules."""
    rules = preview.after.rules
    table(
        {
            "rule": [f"{number}  {rule.signal} {rule.action}" for number, rule in enumerate(rules, 1)],
            **{str(number): preview.overlap[:, number - 1].tolist() for number in range(1, len(rules) + 1)},
        },
    )
    text("Rows on which both rules fire; where a rule meets itself, rows that it fires on.", key="quiet-overlap")


def _draw_slices(preview: Preview, dataset: DatasetRecord) -> None:
    labels = [role.name for role in dataset.roles if role.type is RoleType.LABEL]
    by = st.segmented_control("By", [*labels, "source"], default=[*labels, "source"][0], key="slices-by", required=True)
    slices = preview.slices(by, _SLICES)
    table(
        {
            "value": [excerpt(printable(each.value), 60) for each in slices],
            "rows": [each.before.imported for each in slices],
            "dropped before": [share(each.before.dropped, each.before.imported) for each in slices],
            "dropped after": [share(each.after.dropped, each.after.imported) for each in slices],
            "changed": [each.changed for each in slices],
        },
    )


def _draw_sample(preview: Preview, dataset: DatasetRecord) -> None:
    if not preview.changed:
        text("None. Move a threshold.", key="quiet-no-change")
    for row in preview.sample(SAMPLE):
        with st.container(border=True, gap="xsmall", key=f"change-{row.row}"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                _draw_move(row.before, row.after)
                text(", ".join(row.fired_after) or "no rule fires", key=f"mono-change-{row.row}", width="content")
                link("Record", "Open", dataset=dataset.name, example=row.example_id)
            text(excerpt(" · ".join(str(value) for value in row.roles.values() if value is not None)), key=f"small-change-{row.row}")


def _draw_move(before: Verdict, after: Verdict) -> None:
    st.badge(before.value, color=COLOURS[before.value])
    st.text("→")
    st.badge(after.value, color=COLOURS[after.value])
