"""The section on the evaluation split: what is suspected of it, and what that leaves of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.curate import DUPLICATE, limits
from workbench.report.model import Section
from workbench.report.numbers import share
from workbench.report.records import named
from workbench.types import TableBlock, TextBlock

if TYPE_CHECKING:
    from workbench.store import DatasetRecord, EvalCheck, EvalRule, Store
    from workbench.types import Block

SHOWN = 50
"""Rows that are named."""
_ABOUT = "For the report alone: nothing here decided, removed or trained anything. Labels were judged by models of the split's other labels."


def evaluation_section(store: Store, dataset: DatasetRecord, *, quote: int = 3) -> Section | None:
    """What selectors say of the evaluation split; None where it was not checked.

    Args:
        store: where the dataset is.
        dataset: the version that was judged on.
        quote: how many rows are quoted at most.
    """
    check = store.eval_checks.find(dataset.dataset_id)
    if check is None:
        return None
    found = bool(sum(rule.fired for rule in check.rules))
    brief: tuple[Block, ...] = tuple(TextBlock(text=f"{each}.", style="warning" if found else "plain") for each in limits(store, check))
    rules = TableBlock(
        title="What each rule says of the evaluation split",
        columns=("rule", "about", "sure", "fired on", "of the split"),
        rows=tuple(
            (
                rule.rule,
                _about(rule),
                "yes" if rule.sure else "no",
                rule.fired,
                share(rule.fired, check.rows),
            )
            for rule in check.rules
        ),
        note="Sure: the selector drops by it unless told otherwise, for it is right nine times in ten.",
    )
    notes = tuple((note,) for note in check.notes)
    told = [TableBlock(title="What the selectors say", columns=("note",), rows=notes)] if notes else []
    return Section(title="Evaluation split", blocks=(*brief, TextBlock(text=_ABOUT), rules, *_rows(store, dataset, check, quote), *told), brief=brief)


def _about(rule: EvalRule) -> str:
    return "likeness to an earlier row" if rule.about == DUPLICATE else "the target"


def _rows(store: Store, dataset: DatasetRecord, check: EvalCheck, quote: int) -> list[Block]:
    """The first of the rows by name, each with its reason; a reason may quote the row that it is about."""
    listed = store.eval_checks.findings(check.eval_check).to_pylist()
    shown = listed[:SHOWN]
    if not shown:
        return []
    names = named(store, dataset.dataset_id, [*(each["row"] for each in shown), *(each["partner"] for each in shown if each["partner"] is not None)])
    rows = []
    for place, each in enumerate(shown):
        row, partner = names[each["row"]], names.get(each["partner"])
        quoted = (each["reason"], row.text if place < quote else "") if quote else ()
        rows.append((row.example_id, row.source, each["rule"], partner.example_id if partner else "", *quoted))
    return [
        TableBlock(
            title=f"The first {SHOWN} of {len(listed):,} findings" if len(listed) > SHOWN else "The findings",
            columns=("example", "from", "rule", "like", *(("why", "text") if quote else ())),
            rows=tuple(rows),
        )
    ]
