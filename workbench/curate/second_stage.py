"""The second stage of a policy: what rules on duplicates say, and what of it is held back for people to look at.

A drop is held back, and becomes a review,

- along a similar edge of a row on which a review rule of the same selector fires (a dense group: not all of its pairs are known),
- where an alarm is raised (see ``alarms``).

Copies are copies in a dense group too.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.curate.alarms import LEAST_ROWS, Alarm, raise_alarms
from workbench.curate.duplicates import ABSENT, PairRule, survivors
from workbench.types import Action

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.curate.material import Material
    from workbench.types import Policy, PolicyRule


@dataclass(frozen=True, kw_only=True, eq=False)
class SecondStage:
    """What rules on duplicates say.

    Attributes:
        fired: bool [rules, n].
        held: bool [rules, n], where a rule that fired asks for a review although its action is a drop.
        partner: int64 [n], the row that stays and that this row leaves for, or would leave for if it were not held, or ``ABSENT``.
        alarms: those that were raised.
    """

    fired: np.ndarray
    held: np.ndarray
    partner: np.ndarray
    alarms: tuple[Alarm, ...] = ()


def second_stage(
    material: Material,
    policy: Policy,
    rules: Sequence[PolicyRule],
    *,
    order: np.ndarray,
    eligible: np.ndarray,
    pinned: np.ndarray,
    cautioned: Mapping[str, np.ndarray],
) -> SecondStage:
    """Hold the rules on duplicates against the stored edges.

    Args:
        material: the rows, with their edges.
        policy: for the limits of alarms.
        rules: its rules on pairwise signals.
        order: int64 [n], as ``survivors`` takes it.
        eligible: bool [n], rows that row rules and pins keep.
        pinned: bool [n], rows that people keep.
        cautioned: selector to bool [n], rows on which a review rule of it fires.
    """
    size = len(material)
    fired, held = np.zeros((2, len(rules), size), dtype=bool)
    if not rules:
        return SecondStage(fired=fired, held=held, partner=np.full(size, ABSENT, dtype=np.int64))
    drops = [index for index, item in enumerate(rules) if item.rule.action is Action.DROP]
    edges = [material.pairs(item) for item in rules]
    split = {index: _split(edges[index], cautioned.get(rules[index].signal.rpartition(".")[0])) for index in drops}

    firm = [split[index][0] for index in drops]
    stays = survivors(firm, order=order, eligible=eligible, pinned=pinned)
    fired[drops] = stays.fired
    partner = stays.partner.copy()
    still = eligible & (stays.partner == ABSENT)
    for index, edge in enumerate(edges):
        looked = survivors([split[index][1] if index in split else edge], order=order, eligible=still, pinned=pinned)
        if index in split:
            held[index] = looked.fired[0] & ~fired[index]
            partner = np.where(partner == ABSENT, looked.partner, partner)
        fired[index] |= looked.fired[0]
    lost = (fired & ~held)[drops].any(axis=0) & eligible
    alarms = tuple(raise_alarms(lost, firm, eligible, policy.alarms, lambda: material.facet("source", size // LEAST_ROWS)))
    for alarm in alarms:
        held[drops] |= fired[drops] & alarm.rows
    return SecondStage(fired=fired, held=held, partner=partner, alarms=alarms)


def _split(rule: PairRule, cautioned: np.ndarray | None) -> tuple[PairRule, PairRule]:
    """What the rule may act on, and the similar pairs that people should look at first (with the copies, which extend these to whole groups)."""
    soft = np.zeros(len(rule.similar), dtype=bool) if cautioned is None else cautioned[rule.similar].any(axis=1)
    looked = PairRule(copies=rule.copies if soft.any() else rule.copies[:0], similar=rule.similar[soft])
    return dataclasses.replace(rule, similar=rule.similar[~soft]), looked
