"""The three stages of a policy, with every rule held against every row.

Stage 1 is row rules, stage 2 duplicates, stage 3 a choice. Pins override all three. Nothing short-circuits: a row that one rule drops is still shown
to all others, which is what makes "rows that only this rule dropped" a number that can be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self, cast

import numpy as np

from workbench.curate.choosing import CHOICE, Chosen, choose
from workbench.curate.policies import format_rule, policy_hash
from workbench.curate.second_stage import SecondStage, second_stage
from workbench.types import Action, PolicyRule, Rule, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.curate.alarms import Alarm
    from workbench.curate.material import Material
    from workbench.types import Policy

VERDICTS = (Verdict.KEEP, Verdict.DROP, Verdict.REVIEW)
"""What the codes in ``Outcome.verdict`` stand for."""
KEEP, DROP, REVIEW = range(len(VERDICTS))


@dataclass(frozen=True, kw_only=True)
class RuleCount:
    """What one rule did.

    Attributes:
        signal: ``<selector>.<signal>``, or ``choose``.
        action: drop or review.
        rule: operator and threshold.
        fired: rows that it fired on.
        only: rows that it dropped (or sent to review) and no other rule did.
    """

    signal: str
    action: str
    rule: str
    fired: int
    only: int


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What became of the imported rows of train: ``imported = kept + dropped + review``.

    Attributes:
        pinned: rows that people decided.
        rules: what each rule did.
        alarms: where drops of duplicates became reviews, and why, one sentence each.
    """

    imported: int
    kept: int
    dropped: int
    review: int
    pinned: int
    rules: tuple[RuleCount, ...]
    alarms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.imported != self.kept + self.dropped + self.review:
            message = f"counts do not add up: {self.imported} imported, {self.kept} kept, {self.dropped} dropped, {self.review} under review"
            raise AssertionError(message)

    @classmethod
    def from_plain(cls, plain: Mapping[str, object]) -> Counts:
        """Read what ``dataclasses.asdict`` wrote."""
        fields = dict(plain)
        rules = tuple(RuleCount(**rule) for rule in cast("list[dict[str, object]]", fields.pop("rules")))  # type: ignore[arg-type]
        alarms = tuple(cast("list[str]", fields.pop("alarms", [])))
        return cls(**fields, rules=rules, alarms=alarms)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pinned:
    """What people decided, by position.

    Attributes:
        keep, drop: bool [n].
        changed: bool [n], pins whose text changed: they neither keep nor drop, but ask for a look.
        first: int64 [n], the ledger number at which a row was chosen to stay for its duplicates; 0 where it was not.
    """

    keep: np.ndarray
    drop: np.ndarray
    changed: np.ndarray
    first: np.ndarray

    @classmethod
    def read(cls, material: Material, ledger_number: int) -> Self:
        """The pins on these rows as they stood at a ledger number."""
        with material.store.reading():
            found = material.store.ledger.pinned(material.dataset_id, ledger_number)
            chosen = material.store.ledger.survivors(material.dataset_id, ledger_number)
        pinned = cls.none(len(material))
        positions, inside = material.positions(found["row"])
        keep, changed = found["keep"][inside], found["text_changed"][inside]
        pinned.changed[positions] = changed
        pinned.keep[positions] = keep & ~changed
        pinned.drop[positions] = ~keep & ~changed
        positions, inside = material.positions(chosen["row"])
        pinned.first[positions] = chosen["number"][inside]
        return pinned

    @classmethod
    def none(cls, size: int) -> Self:
        """No pin at all."""
        keep, drop, changed = (np.zeros(size, dtype=bool) for _ in range(3))
        return cls(keep=keep, drop=drop, changed=changed, first=np.zeros(size, dtype=np.int64))


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What a policy comes to on n rows.

    Attributes:
        rules: row rules, then duplicate rules, then the choice, if any, as a rule ``choose``.
        fired: bool [rules, n].
        held: bool [rules, n], where a rule that fired asks for a review although its action is a drop (see ``second_stage``).
        partner: int64 [n], the position of the duplicate that stays, or ``ABSENT``.
        alarms: those that were raised.
        verdict: int8 [n], codes of ``VERDICTS``.
        pinned: the pins that it took account of.
        chosen: the order of the choice, if any.
    """

    rules: tuple[PolicyRule, ...]
    fired: np.ndarray
    held: np.ndarray
    partner: np.ndarray
    alarms: tuple[Alarm, ...]
    verdict: np.ndarray
    pinned: Pinned
    chosen: Chosen | None = None

    @cached_property
    def counts(self) -> Counts:
        """How it came out."""
        kept, dropped, review = np.bincount(self.verdict, minlength=len(VERDICTS)).tolist()
        return Counts(
            imported=len(self.verdict),
            kept=kept,
            dropped=dropped,
            review=review,
            pinned=int((self.pinned.keep | self.pinned.drop | self.pinned.changed).sum()),
            rules=tuple(self._rule_counts()),
            alarms=tuple(alarm.message for alarm in self.alarms),
        )

    def _rule_counts(self) -> list[RuleCount]:
        counts = []
        for action in Action:
            same = _of(self.rules, action)
            alone = (self.fired[same].sum(axis=0, dtype=np.int16) == 1) & (self.verdict == (DROP if action is Action.DROP else REVIEW))
            for index in same:
                item = self.rules[index]
                text = self.chosen.rule if self.chosen is not None and item.signal == CHOICE else format_rule(item.rule)
                fired = self.fired[index]
                only = int(np.count_nonzero(fired & alone))
                counts.append((index, RuleCount(signal=item.signal, action=action.value, rule=text, fired=int(np.count_nonzero(fired)), only=only)))
        return [count for _index, count in sorted(counts, key=lambda pair: pair[0])]


def outcome_at(material: Material, policy: Policy, ledger_number: int) -> Outcome:
    """What a policy comes to with the pins as they stood at a ledger number; nothing is stored.

    Raises:
        UnknownNameError: where the policy names a signal that none of the runs wrote.
    """
    material.check(policy)
    key = ("outcome", policy_hash(policy), ledger_number)
    return material.once(key, lambda: evaluate(material, policy, pinned_at(material, policy, ledger_number)))


def pinned_at(material: Material, policy: Policy, ledger_number: int) -> Pinned:
    """The pins that a policy takes account of, as they stood at a ledger number."""
    if not policy.pins:
        return Pinned.none(len(material))
    return material.once(("pinned", ledger_number), lambda: Pinned.read(material, ledger_number))


def evaluate(material: Material, policy: Policy, pinned: Pinned, *, second: Outcome | None = None) -> Outcome:
    """Hold a policy against all rows.

    Args:
        material: the rows.
        policy: what decides; it names only what is there (see ``Material.check``).
        pinned: the pins to take account of.
        second: where duplicates are not to be looked at anew, an outcome to take their rules' firing from; rules that it lacks fire on nothing.
    """
    pair_rules = [item for item in policy.rules if material.declared(item.signal).pairwise]
    row_rules = [item for item in policy.rules if not material.declared(item.signal).pairwise]
    first = material.fired(row_rules)
    eligible = (~_any(first, row_rules, Action.DROP) | pinned.keep) & ~pinned.drop
    if second is None:
        duplicates = _duplicates(material, policy, pair_rules, eligible=eligible, pinned=pinned, cautioned=_cautioned(row_rules, first))
    else:
        duplicates = _taken_over(second, pair_rules, len(material))
    rules = [*row_rules, *pair_rules]
    fired, held = np.vstack([first, duplicates.fired]), np.vstack([np.zeros_like(first), duplicates.held])
    chosen = None
    if policy.choice is not None:
        chosen = choose(material, policy.choice, (eligible & ~_any(fired & ~held, rules, Action.DROP)) | pinned.keep)
        passed_over = chosen.passed_over
        rules.append(PolicyRule(signal=CHOICE, rule=Rule(action=Action.DROP, operator=">", threshold=policy.choice.k)))
        fired, held = np.vstack([fired, passed_over]), np.vstack([held, np.zeros_like(passed_over)])
    verdict = np.where(_any(fired, rules, Action.REVIEW) | held.any(axis=0), np.int8(REVIEW), np.int8(KEEP))
    verdict[_any(fired & ~held, rules, Action.DROP)] = DROP
    verdict[pinned.keep] = KEEP
    verdict[pinned.drop] = DROP
    verdict[pinned.changed] = REVIEW
    return Outcome(
        rules=tuple(rules),
        fired=fired,
        held=held,
        partner=duplicates.partner,
        alarms=duplicates.alarms,
        verdict=verdict,
        pinned=pinned,
        chosen=chosen,
    )


def _duplicates(
    material: Material, policy: Policy, rules: Sequence[PolicyRule], *, eligible: np.ndarray, pinned: Pinned, cautioned: Mapping[str, np.ndarray]
) -> SecondStage:
    order = material.order(policy, pinned.keep, pinned.first) if rules else np.empty(0, dtype=np.int64)
    return second_stage(material, policy, rules, order=order, eligible=eligible, pinned=pinned.keep, cautioned=cautioned)


def _cautioned(rules: Sequence[PolicyRule], fired: np.ndarray) -> dict[str, np.ndarray]:
    """Selector to the rows on which a review rule of it fires, bool [n]."""
    found: dict[str, np.ndarray] = {}
    for index in _of(rules, Action.REVIEW):
        selector = rules[index].signal.rpartition(".")[0]
        found[selector] = found.get(selector, np.zeros_like(fired[index])) | fired[index]
    return found


def _taken_over(second: Outcome, rules: Sequence[PolicyRule], size: int) -> SecondStage:
    """What an earlier outcome says of these rules; those that it lacks fire on nothing."""
    known = {(item.signal, item.rule.action): index for index, item in enumerate(second.rules)}
    fired, held = np.zeros((2, len(rules), size), dtype=bool)
    for place, item in enumerate(rules):
        index = known.get((item.signal, item.rule.action))
        if index is not None:
            fired[place], held[place] = second.fired[index], second.held[index]
    return SecondStage(fired=fired, held=held, partner=second.partner, alarms=second.alarms)


def _of(rules: Sequence[PolicyRule], action: Action) -> list[int]:
    """The positions of the rules with this action."""
    return [index for index, item in enumerate(rules) if item.rule.action is action]


def _any(fired: np.ndarray, rules: Sequence[PolicyRule], action: Action) -> np.ndarray:
    return cast("np.ndarray", fired[_of(rules, action)].any(axis=0))
