"""The second stage of a policy: what rules on duplicates say, and what of it is held back for people to look at.

A drop is held back, and becomes a review,

- along a similar edge of a row on which a review rule of the same selector fires (a dense group: not all of its pairs are known),
- where an alarm is raised (see ``alarms``).

Copies are copies in a dense group too.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from workbench.curate.alarms import LEAST_ROWS, Alarm, clusters, raise_alarms
from workbench.curate.duplicates import ABSENT, PairRule, survivors
from workbench.curate.policies import policy_hash
from workbench.types import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.curate.material import Material
    from workbench.types import Policy, PolicyRule


@dataclass(frozen=True, kw_only=True, eq=False)
class SecondStage:
    """What rules on duplicates say.

    Attributes:
        fired: bool [rules, n].
        soft: bool [rules, n], where a drop is held back for a cautioned row.
        held: bool [rules, n], where a rule that fired asks for a review although its action is a drop: ``soft``, and where an alarm was raised.
        partner: int64 [n], the row that stays and that this row leaves for, or would leave for if it were not held, or ``ABSENT``.
        alarms: those that were raised.
    """

    fired: np.ndarray
    soft: np.ndarray
    held: np.ndarray
    partner: np.ndarray
    alarms: tuple[Alarm, ...] = ()

    @classmethod
    def silent(cls, rules: int, size: int) -> Self:
        """Rules that fire on nothing."""
        nothing = np.zeros((rules, size), dtype=bool)
        return cls(fired=nothing, soft=nothing, held=nothing, partner=np.full(size, ABSENT, dtype=np.int64))


def second_stage(
    rules: Sequence[PolicyRule],
    edges: Sequence[PairRule],
    *,
    order: np.ndarray,
    eligible: np.ndarray,
    pinned: np.ndarray,
    cautioned: Mapping[str, np.ndarray],
) -> SecondStage:
    """Hold rules on duplicates against their edges, before any alarm.

    Args:
        rules: on pairwise signals.
        edges: what each acts on.
        order: int64 [n], as ``survivors`` takes it.
        eligible: bool [n], rows that row rules and pins keep.
        pinned: bool [n], rows that people keep.
        cautioned: selector to bool [n], rows on which a review rule of it fires.
    """
    size = len(order)
    if not rules:
        return SecondStage.silent(0, size)
    fired, held = np.zeros((2, len(rules), size), dtype=bool)
    drops = _drops(rules)
    split = {index: _split(edges[index], cautioned.get(rules[index].signal.rpartition(".")[0])) for index in drops}
    stays = survivors([split[index][0] for index in drops], order=order, eligible=eligible, pinned=pinned)
    fired[drops] = stays.fired
    partner = stays.partner.copy()
    still = eligible & (stays.partner == ABSENT)
    for index, edge in enumerate(edges):
        looked = survivors([split[index][1] if index in split else edge], order=order, eligible=still, pinned=pinned)
        if index in split:
            held[index] = looked.fired[0] & ~fired[index]
            partner = np.where(partner == ABSENT, looked.partner, partner)
        fired[index] |= looked.fired[0]
    return SecondStage(fired=fired, soft=held, held=held, partner=partner)


def with_alarms(
    found: SecondStage,
    material: Material,
    policy: Policy,
    rules: Sequence[PolicyRule],
    *,
    eligible: np.ndarray,
    cautioned: Callable[[], Mapping[str, np.ndarray]],
) -> SecondStage:
    """What rules on duplicates say of all rows of the material, with the alarms that this raises; other arguments as in ``second_stage``."""
    drops = _drops(rules)
    lost = (found.fired & ~found.soft)[drops].any(axis=0) & eligible

    def firm() -> np.ndarray:
        looked = cautioned()
        edges = [_split(material.pairs(rules[index]), looked.get(rules[index].signal.rpartition(".")[0]))[0] for index in drops]
        return clusters(edges, len(material))

    # Neither pins nor choices of survivors change what hangs together.
    by_cluster = lambda: material.once(("clusters", policy_hash(policy)), firm)  # noqa: E731
    sources = lambda: material.facet("source", len(material) // LEAST_ROWS)  # noqa: E731
    alarms = tuple(raise_alarms(lost, by_cluster, eligible, policy.alarms, sources))
    held = found.soft
    if alarms:
        held = held.copy()
        for alarm in alarms:
            held[drops] |= found.fired[drops] & alarm.rows
    return dataclasses.replace(found, held=held, alarms=alarms)


def _drops(rules: Sequence[PolicyRule]) -> list[int]:
    return [index for index, item in enumerate(rules) if item.rule.action is Action.DROP]


def _split(rule: PairRule, cautioned: np.ndarray | None) -> tuple[PairRule, PairRule]:
    """What the rule may act on, and the similar pairs that people should look at first (with the copies, which extend these to whole groups)."""
    soft = np.zeros(len(rule.similar), dtype=bool) if cautioned is None else cautioned[rule.similar].any(axis=1)
    looked = PairRule(copies=rule.copies if soft.any() else rule.copies[:0], similar=rule.similar[soft])
    return dataclasses.replace(rule, similar=rule.similar[~soft]), looked
