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
from workbench.curate.policies import format_rule
from workbench.curate.second_stage import SecondStage, second_stage, with_alarms
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

    def revised(self, material: Material, ledger_number: int, changed: np.ndarray | None) -> Self:
        """The pins on these rows as they stood at a ledger number, where they can differ at some positions only (None: at all)."""
        rows = None if changed is None else material.rows[changed]
        with material.store.reading():
            found = material.store.ledger.pinned(material.dataset_id, ledger_number, rows=rows)
            chosen = material.store.ledger.survivors(material.dataset_id, ledger_number, rows=rows)
        keep, drop, text_changed, first = (values.copy() for values in (self.keep, self.drop, self.changed, self.first))
        where = slice(None) if changed is None else changed
        for values in (keep, drop, text_changed, first):
            values[where] = 0
        positions, inside = material.positions(found["row"])
        kept, other = found["keep"][inside], found["text_changed"][inside]
        text_changed[positions] = other
        keep[positions] = kept & ~other
        drop[positions] = ~kept & ~other
        positions, inside = material.positions(chosen["row"])
        first[positions] = chosen["number"][inside]
        return type(self)(keep=keep, drop=drop, changed=text_changed, first=first)

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
        eligible: bool [n], rows that row rules and pins keep, of which the second stage chooses those that stay.
        duplicates: what the second stage says.
        verdict: int8 [n], codes of ``VERDICTS``.
        pinned: the pins that it took account of.
        chosen: the order of the choice, if any.
        counted: ``count`` of all rows, where that is known already.
    """

    rules: tuple[PolicyRule, ...]
    fired: np.ndarray
    eligible: np.ndarray
    duplicates: SecondStage
    verdict: np.ndarray
    pinned: Pinned
    chosen: Chosen | None = None
    counted: np.ndarray | None = None

    @property
    def partner(self) -> np.ndarray:
        """int64 [n], the position of the duplicate that stays, or ``ABSENT``."""
        return self.duplicates.partner

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Those that were raised."""
        return self.duplicates.alarms

    @cached_property
    def counts(self) -> Counts:
        """How it came out."""
        kept, dropped, review, pinned, *by_rule = self.total.tolist()
        texts = [self.chosen.rule if self.chosen is not None and item.signal == CHOICE else format_rule(item.rule) for item in self.rules]
        pairs = zip(self.rules, texts, by_rule[: len(self.rules)], by_rule[len(self.rules) :], strict=True)
        return Counts(
            imported=len(self.verdict),
            kept=kept,
            dropped=dropped,
            review=review,
            pinned=pinned,
            rules=tuple(
                RuleCount(signal=item.signal, action=item.rule.action.value, rule=text, fired=fired, only=only) for item, text, fired, only in pairs
            ),
            alarms=tuple(alarm.message for alarm in self.alarms),
        )

    @cached_property
    def total(self) -> np.ndarray:
        """``count`` of all rows."""
        return self.count(slice(None)) if self.counted is None else self.counted

    def count(self, which: np.ndarray | slice) -> np.ndarray:
        """What some rows (positions) add to the counts: int64 [4 + 2 * rules].

        Kept, dropped, under review, pinned; then for each rule the rows that it fired on, and for each the rows that it alone decided.
        """
        verdict, fired = self.verdict[which], self.fired[:, which]
        pinned = self.pinned.keep[which] | self.pinned.drop[which] | self.pinned.changed[which]
        only = np.zeros(len(self.rules), dtype=np.int64)
        for action in Action:
            same = _of(self.rules, action)
            alone = (fired[same].sum(axis=0, dtype=np.int16) == 1) & (verdict == (DROP if action is Action.DROP else REVIEW))
            only[same] = [np.count_nonzero(fired[index] & alone) for index in same]
        by_verdict = np.bincount(verdict, minlength=len(VERDICTS))
        return np.concatenate([by_verdict, [np.count_nonzero(pinned)], [np.count_nonzero(each) for each in fired], only]).astype(np.int64)


def pinned_at(material: Material, policy: Policy, ledger_number: int) -> Pinned:
    """The pins that a policy takes account of, as they stood at a ledger number."""
    if not policy.pins:
        return Pinned.none(len(material))

    def make() -> Pinned:
        near = material.nearest(("pinned",), ledger_number)
        if near is None:
            return Pinned.none(len(material)).revised(material, ledger_number, None)
        before = pinned_at(material, policy, near)
        return before.revised(material, ledger_number, touched(material, near, ledger_number))

    return material.once(("pinned", ledger_number), make)


def touched(material: Material, since: int, ledger_number: int) -> np.ndarray:
    """The positions whose pins, or choices as survivors, may be others at a ledger number than at an earlier one: int64 [m], ascending."""

    def make() -> np.ndarray:
        return material.positions(material.store.ledger.touched(material.dataset_id, since, ledger_number))[0]

    return material.once(("touched", since, ledger_number), make)


def evaluate(material: Material, policy: Policy, pinned: Pinned, *, second: Outcome | None = None) -> Outcome:
    """Hold a policy against all rows.

    Args:
        material: the rows.
        policy: what decides; it names only what is there (see ``Material.check``).
        pinned: the pins to take account of.
        second: where duplicates are not to be looked at anew, an outcome to take their rules' firing from; rules that it lacks fire on nothing.
    """
    row_rules, pair_rules = split_rules(material, policy)
    first = material.fired(row_rules)
    eligible = eligible_rows(row_rules, first, pinned, slice(None))
    cautioned = cautioned_rows(row_rules, first)
    if second is not None:
        duplicates = _taken_over(second, pair_rules, len(material))
    elif pair_rules:
        order = material.order(policy, pinned.keep, pinned.first)
        edges = [material.pairs(item) for item in pair_rules]
        duplicates = second_stage(pair_rules, edges, order=order, eligible=eligible, pinned=pinned.keep, cautioned=cautioned)
        duplicates = with_alarms(duplicates, material, policy, pair_rules, eligible=eligible, cautioned=lambda: cautioned)
    else:
        duplicates = SecondStage.silent(0, len(material))
    rules = [*row_rules, *pair_rules]
    fired, held = np.vstack([first, duplicates.fired]), np.vstack([np.zeros_like(first), duplicates.held])
    chosen = None
    if policy.choice is not None:
        chosen = choose(material, policy.choice, (eligible & ~_any(fired & ~held, rules, Action.DROP)) | pinned.keep)
        passed_over = chosen.passed_over
        rules.append(PolicyRule(signal=CHOICE, rule=Rule(action=Action.DROP, operator=">", threshold=policy.choice.k)))
        fired, held = np.vstack([fired, passed_over]), np.vstack([held, np.zeros_like(passed_over)])
    verdict = verdicts_of(rules, fired, held, pinned, slice(None))
    return Outcome(rules=tuple(rules), fired=fired, eligible=eligible, duplicates=duplicates, verdict=verdict, pinned=pinned, chosen=chosen)


def split_rules(material: Material, policy: Policy) -> tuple[list[PolicyRule], list[PolicyRule]]:
    """The rules of a policy on single rows, and those on duplicates."""
    pairwise = [material.declared(item.signal).pairwise for item in policy.rules]
    return tuple([item for item, pair in zip(policy.rules, pairwise, strict=True) if pair is which] for which in (False, True))  # type: ignore[return-value]


def eligible_rows(rules: Sequence[PolicyRule], fired: np.ndarray, pinned: Pinned, which: np.ndarray | slice) -> np.ndarray:
    """Which of some rows the row rules and the pins keep, bool [m], where ``fired`` is of these rows."""
    return cast("np.ndarray", (~_any(fired, rules, Action.DROP) | pinned.keep[which]) & ~pinned.drop[which])


def verdicts_of(rules: Sequence[PolicyRule], fired: np.ndarray, held: np.ndarray, pinned: Pinned, which: np.ndarray | slice) -> np.ndarray:
    """The verdicts on some rows, int8 [m], where ``fired`` and ``held``, bool [rules, m], are of these rows."""
    verdict = np.where(_any(fired, rules, Action.REVIEW) | held.any(axis=0), np.int8(REVIEW), np.int8(KEEP))
    verdict[_any(fired & ~held, rules, Action.DROP)] = DROP
    verdict[pinned.keep[which]] = KEEP
    verdict[pinned.drop[which]] = DROP
    verdict[pinned.changed[which]] = REVIEW
    return verdict


def cautioned_rows(rules: Sequence[PolicyRule], fired: np.ndarray) -> dict[str, np.ndarray]:
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
    first = len(second.rules) - len(second.duplicates.held) - any(item.signal == CHOICE for item in second.rules)
    for place, item in enumerate(rules):
        index = known.get((item.signal, item.rule.action))
        if index is not None:
            fired[place], held[place] = second.fired[index], second.duplicates.held[index - first]
    return SecondStage(fired=fired, soft=held, held=held, partner=second.partner, alarms=second.alarms)


def _of(rules: Sequence[PolicyRule], action: Action) -> list[int]:
    """The positions of the rules with this action."""
    return [index for index, item in enumerate(rules) if item.rule.action is action]


def _any(fired: np.ndarray, rules: Sequence[PolicyRule], action: Action) -> np.ndarray:
    return cast("np.ndarray", fired[_of(rules, action)].any(axis=0))
