"""The section on curation: what became of each row, and which rule was the reason."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from workbench.curate import CHOICE, Other, choice_reasons, render_reason
from workbench.report.model import Section
from workbench.report.numbers import share
from workbench.report.records import named, spread
from workbench.types import ChartBlock, TableBlock, TextBlock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.curate import Decision
    from workbench.report.records import Named
    from workbench.store import DatasetRecord, PolicyRecord, SelectorRun, Store
    from workbench.types import Block

EXAMPLES = 3
"""Rows that are named for each rule."""


def curation_section(
    store: Store,
    dataset: DatasetRecord,
    runs: Sequence[SelectorRun],
    decision: Decision,
    policy: PolicyRecord | None = None,
    *,
    quote: int = 3,
) -> Section:
    """``imported = kept + dropped + review``, per rule what it did, and examples with the reason in words.

    Args:
        store: where the dataset is.
        dataset: the version that was curated.
        runs: the selector runs that the policy decided on.
        decision: what it decided.
        policy: the stored policy, where it has a name.
        quote: how many rows are quoted at most for each rule.
    """
    counts = decision.counts
    sums = f"In train, imported {counts.imported:,} = kept {counts.kept:,} + dropped {counts.dropped:,} + review {counts.review:,}"
    alarms = [TextBlock(text=f"Alarm: {alarm}.", style="warning") for alarm in counts.alarms]
    brief: tuple[Block, ...] = (TextBlock(text=sums), TextBlock(text=_policy_in_words(decision, policy)), _rules(decision), *alarms)
    blocks: list[Block] = [*brief]
    if any(rule.fired for rule in counts.rules):
        blocks.append(_chart(decision))
    blocks += _examples(store, dataset, runs, decision, quote)
    blocks += _pins(store, dataset, decision)
    blocks.append(_selectors(runs))
    notes = tuple((run.name, note) for run in runs for note in run.notes)
    if notes:
        blocks.append(TableBlock(title="What the selectors say", columns=("selector", "note"), rows=notes))
    return Section(title="Curation", blocks=tuple(blocks), brief=brief)


def _policy_in_words(decision: Decision, policy: PolicyRecord | None) -> str:
    name = f"The policy {policy.name}@{policy.version}" if policy else "The selectors' default rules"
    review = "is trained on" if decision.policy.review == "include" else "is left out of training"
    pins = f"{decision.counts.pinned:,} rows are pinned by people" if decision.policy.pins else "pins are not taken into account"
    return (
        f"{name} decided at entry {decision.ledger_number} of the ledger. What stands under review {review}; {pins}. "
        f"Of a group of duplicates the {_survivor(decision.policy.survivor)} stays."
    )


def _survivor(order: str) -> str:
    return "longest" if order == "longest" else f"one that {order} calls best"


def _rules(decision: Decision) -> TableBlock:
    counts = decision.counts
    return TableBlock(
        title="What each rule did",
        columns=("rule", "asks for", "fired on", "only this rule", "of train"),
        rows=tuple((f"{rule.signal} {rule.rule}", rule.action, rule.fired, rule.only, share(rule.fired, counts.imported)) for rule in counts.rules),
        note="Rules overlap: every rule is held against every row. Only this rule: rows that it dropped, or sent to review, and no other rule did.",
    )


def _chart(decision: Decision) -> ChartBlock:
    fired = [(f"{rule.action} {rule.signal} {rule.rule}", rule) for rule in decision.counts.rules if rule.fired]
    return ChartBlock(
        title="Rows that each rule fired on, and rows that only it decided",
        kind="bar",
        x="rule",
        y="rows",
        series={
            "fired on": tuple((label, float(rule.fired), None, None) for label, rule in fired),
            "only this rule": tuple((label, float(rule.only), None, None) for label, rule in fired),
        },
    )


def _examples(store: Store, dataset: DatasetRecord, runs: Sequence[SelectorRun], decision: Decision, quote: int) -> list[Block]:
    """A few rows per rule: which, why, and like which other."""
    table = store.curation.verdicts(decision.verdict_set)
    by_rule: dict[str, list[int]] = {}
    partner: dict[int, int | None] = {}
    verdict: dict[int, str] = {}
    for row, fired, like, outcome in zip(*(table[name].to_pylist() for name in ("row", "fired", "partner", "verdict")), strict=True):
        partner[row], verdict[row] = like, outcome
        for rule in fired:
            by_rule.setdefault(rule, []).append(row)
    chosen = {rule: spread(rows, EXAMPLES) for rule, rows in by_rule.items()}
    wanted = sorted({row for rows in chosen.values() for row in rows})
    if not wanted:
        return []
    names = named(store, dataset.dataset_id, [*wanted, *(other for row in wanted if (other := partner[row]) is not None)])
    reasons = _reasons(store, dataset, runs, wanted) if quote else {}  # a reason may quote the record that it is about
    reasons |= {(row, CHOICE): why for row, why in choice_reasons(store, dataset.dataset_id, runs, decision, wanted).items()}
    rows = []
    for rule, listed in sorted(chosen.items()):
        signal = rule.rpartition(" ")[0]
        for place, row in enumerate(listed):
            why = reasons.get((row, signal)) or _like(names, partner[row])
            quoted = (names[row].text if place < quote else "",) if quote else ()
            rows.append((rule, verdict[row], names[row].example_id, names[row].source, why, *quoted))
    return [
        TableBlock(
            title="Examples of what the rules fired on",
            columns=("rule", "verdict", "example", "from", "why", *(("text",) if quote else ())),
            rows=tuple(rows),
            note="workbench explain EXAMPLE tells everything that is known of one.",
        ),
    ]


def _like(names: Mapping[int, Named], row: int | None) -> str:
    return f"stays behind {names[row].example_id}" if row is not None else ""


def _reasons(store: Store, dataset: DatasetRecord, runs: Sequence[SelectorRun], rows: Sequence[int]) -> dict[tuple[int, str], str]:
    """The evidence on these rows in words, by row and ``<selector>.<signal>``."""
    declared = {(run.selector_run, signal.name): (run, signal) for run in runs for signal in run.signals}
    reasons: dict[tuple[int, str], str] = {}
    for each in store.signals.evidence(dataset.dataset_id, rows).to_pylist():
        found = declared.get((each["selector_run"], each["signal"]))
        if found is not None:
            run, signal = found
            key = (each["row"], f"{run.name}.{signal.name}")
            values = json.loads(each["values"] or "{}")
            other = Other.of(values)
            reasons.setdefault(key, render_reason(signal, each["reason"], values) + (f": {other.marked}" if other else ""))
    return reasons


def _pins(store: Store, dataset: DatasetRecord, decision: Decision) -> list[Block]:
    pins = store.ledger.pins(dataset.dataset_id, at=decision.ledger_number) if decision.policy.pins else []
    if not pins:
        return []
    counted = Counter((pin.author, "review, as its text changed" if pin.text_changed else pin.decision) for pin in pins)
    rows = tuple((author, said, count) for (author, said), count in sorted(counted.items()))
    return [TableBlock(title="Rows that people pinned", columns=("author", "pinned to", "rows"), rows=rows)]


def _selectors(runs: Sequence[SelectorRun]) -> TableBlock:
    return TableBlock(
        title="Selectors",
        columns=("selector", "looks for", "scored", "from earlier runs", "failed on", "seconds"),
        rows=tuple((run.name, run.kind, run.scored, run.cached, run.errors, round(run.seconds, 1)) for run in runs),
    )
