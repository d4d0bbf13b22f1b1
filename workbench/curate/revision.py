"""A few pins more or less: what a policy comes to then, found by looking only at the rows that these pins can touch.

A pin touches its own row and whatever hangs together with it along the edges of the policy's duplicate rules: the greedy of the second stage goes
through each of these groups by itself. Only alarms and a choice look at all rows at once.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from workbench.curate.alarms import clusters
from workbench.curate.duplicates import ABSENT, PairRule
from workbench.curate.outcome import Outcome, cautioned_rows, eligible_rows, evaluate, pinned_at, split_rules, touched, verdicts_of
from workbench.curate.policies import policy_hash
from workbench.curate.second_stage import second_stage, with_alarms
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.curate.material import Material
    from workbench.curate.outcome import Pinned
    from workbench.curate.second_stage import SecondStage
    from workbench.types import Policy, PolicyRule

_HEAD_START = 1.0
"""Seconds that whoever asked has the machine to themselves."""


def outcome_at(material: Material, policy: Policy, ledger_number: int) -> Outcome:
    """What a policy comes to with the pins as they stood at a ledger number; nothing is stored.

    Raises:
        UnknownNameError: where the policy names a signal that none of the runs wrote.
    """
    material.check(policy)
    name = ("outcome", policy_hash(policy))

    def make() -> Outcome:
        near = material.nearest(name, ledger_number)
        if near is None:
            return evaluate(material, policy, pinned_at(material, policy, ledger_number))
        return revised(material, policy, near, ledger_number)[0]

    return material.once((*name, ledger_number), make)


def prepare(material: Material, policy: Policy, ledger_number: int) -> None:
    """Begin, a second from now and beside everything else, to read and work out what the next pin is a small change of."""

    def work() -> None:
        with suppress(WorkbenchError):  # whoever needs it meets the same error, and tells it
            outcome_at(material, policy, ledger_number)

    threading.Timer(_HEAD_START, work).start()  # a process that ends waits for it: DuckDB must not be stopped in the middle


def revised(material: Material, policy: Policy, since: int, ledger_number: int) -> tuple[Outcome, np.ndarray]:
    """The outcome at a ledger number, and the positions in which it may differ from the one at an earlier number: int64 [m], ascending."""
    before = outcome_at(material, policy, since)
    with material.store.reading():
        changed = touched(material, since, ledger_number) if policy.pins else np.empty(0, dtype=np.int64)
        if not len(changed):
            return before, changed
        pinned = pinned_at(material, policy, ledger_number)
    after, rows = (_anew if policy.choice is not None else _revise)(material, policy, before, pinned, changed)
    return material.once(("outcome", policy_hash(policy), ledger_number), lambda: after), rows


def _anew(material: Material, policy: Policy, before: Outcome, pinned: Pinned, changed: np.ndarray) -> tuple[Outcome, np.ndarray]:
    """All rows again; those that differ."""
    after = evaluate(material, policy, pinned)
    differ = (before.fired != after.fired).any(axis=0) | (before.verdict != after.verdict) | (before.partner != after.partner)
    differ[changed] = True
    return after, np.flatnonzero(differ | _alarm_moved(before.duplicates, after.duplicates))


def _revise(material: Material, policy: Policy, before: Outcome, pinned: Pinned, changed: np.ndarray) -> tuple[Outcome, np.ndarray]:
    row_rules, pair_rules = split_rules(material, policy)
    rules, first = [*row_rules, *pair_rules], before.fired[: len(row_rules)]
    rows = _group(material, policy, pair_rules, changed)
    eligible = before.eligible.copy()
    eligible[rows] = eligible_rows(row_rules, first[:, rows], pinned, rows)
    duplicates = before.duplicates
    if pair_rules:
        part = second_stage(
            pair_rules,
            [_within(material.pairs(item), rows) for item in pair_rules],
            order=material.order(policy, pinned.keep, pinned.first, among=rows)[rows],
            eligible=eligible[rows],
            pinned=pinned.keep[rows],
            cautioned=cautioned_rows(row_rules, first[:, rows]),
        )
        duplicates = with_alarms(
            _patched(duplicates, part, rows), material, policy, pair_rules, eligible=eligible, cautioned=lambda: cautioned_rows(row_rules, first)
        )
        rows = np.union1d(rows, np.flatnonzero(_alarm_moved(before.duplicates, duplicates)))
    fired = np.vstack([first, duplicates.fired])
    held = np.vstack([np.zeros((len(row_rules), len(rows)), dtype=bool), duplicates.held[:, rows]])
    verdict = before.verdict.copy()
    verdict[rows] = verdicts_of(rules, fired[:, rows], held, pinned, rows)
    after = Outcome(rules=before.rules, fired=fired, eligible=eligible, duplicates=duplicates, verdict=verdict, pinned=pinned)
    return replace(after, counted=before.total - before.count(rows) + after.count(rows)), rows


def _group(material: Material, policy: Policy, rules: Sequence[PolicyRule], changed: np.ndarray) -> np.ndarray:
    """These positions and all that hang together with them along the edges of any duplicate rule."""
    if not rules:
        return changed
    groups = material.once(("groups", policy_hash(policy)), lambda: clusters([material.pairs(item) for item in rules], len(material)))
    reached = np.zeros(len(material), dtype=bool)
    reached[groups[changed]] = True
    return np.flatnonzero(reached[groups])


def _within(edges: PairRule, rows: np.ndarray) -> PairRule:
    """The edges among some positions, which hang together with no other, as indices into these."""
    copies, similar = (
        np.searchsorted(rows, pairs[_among(pairs[:, 0], rows)]).reshape(-1, 2).astype(np.int64) for pairs in (edges.copies, edges.similar)
    )
    return PairRule(copies=copies, similar=similar)


def _among(ends: np.ndarray, rows: np.ndarray) -> np.ndarray:
    inside = np.zeros(max(int(ends.max(initial=-1)), int(rows.max(initial=-1))) + 1, dtype=bool)
    inside[rows] = True
    return cast("np.ndarray", inside[ends])


def _patched(whole: SecondStage, part: SecondStage, rows: np.ndarray) -> SecondStage:
    fired, soft, partner = whole.fired.copy(), whole.soft.copy(), whole.partner.copy()
    fired[:, rows], soft[:, rows] = part.fired, part.soft
    partner[rows] = np.where(part.partner == ABSENT, ABSENT, rows[part.partner])
    return replace(whole, fired=fired, soft=soft, partner=partner)


def _alarm_moved(before: SecondStage, after: SecondStage) -> np.ndarray:
    """Rows that an alarm is on in only one of two, bool [n]."""
    moved = np.zeros(len(before.partner), dtype=bool)
    for name in {alarm.name for alarm in (*before.alarms, *after.alarms)}:
        alarmed = [np.any([alarm.rows for alarm in stage.alarms if alarm.name == name] or [moved & False], axis=0) for stage in (before, after)]
        moved |= alarmed[0] ^ alarmed[1]
    return moved
