"""From signals to verdicts: the three stages of a policy, with every rule held against every row.

Stage 1 is row rules, stage 2 duplicates, stage 3 a choice. Pins override all three. Nothing short-circuits: a row that one rule drops is still shown
to all others, which is what makes "rows that only this rule dropped" a number that can be trusted.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from workbench.curate.duplicates import ABSENT, PairRule, survivors
from workbench.curate.policies import format_rule, policy_hash
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.types import Action, PairKind, Policy, PolicyRule, Rule, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from workbench.store import Pin, SelectorRun, Store
    from workbench.types import Choice

_COMPARE = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
CHOICE = "choose"


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
    """What became of the imported rows of train: ``imported = kept + dropped + review``."""

    imported: int
    kept: int
    dropped: int
    review: int
    pinned: int
    rules: tuple[RuleCount, ...]

    def __post_init__(self) -> None:
        if self.imported != self.kept + self.dropped + self.review:
            message = f"counts do not add up: {self.imported} imported, {self.kept} kept, {self.dropped} dropped, {self.review} under review"
            raise AssertionError(message)

    @classmethod
    def from_plain(cls, plain: Mapping[str, object]) -> Counts:
        """Read what ``dataclasses.asdict`` wrote."""
        fields = dict(plain)
        rules = tuple(RuleCount(**rule) for rule in cast("list[dict[str, object]]", fields.pop("rules")))  # type: ignore[arg-type]
        return cls(**fields, rules=rules)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Verdicts of one policy on one dataset at one ledger number.

    Attributes:
        verdict_set: the store's number of it.
        policy: what decided.
        ledger_number: the newest ledger entry that it knows of.
        counts: how it came out.
    """

    verdict_set: int
    policy: Policy
    ledger_number: int
    counts: Counts


def decide(store: Store, dataset_id: int, runs: Sequence[SelectorRun], policy: Policy, *, ledger_number: int | None = None) -> Decision:
    """Give every row of train its verdict, or find that this was done before.

    Args:
        store: where signals and pins are.
        dataset_id: the dataset version.
        runs: the selector runs whose signals the policy may name.
        policy: what decides.
        ledger_number: decide as of this entry of the ledger; None is now.

    Raises:
        UnknownNameError: where the policy names a signal that none of the runs wrote.
    """
    key = policy_hash(policy) + "-" + "-".join(str(run.selector_run) for run in sorted(runs, key=lambda run: run.selector_run))
    with store.reading():
        number = store.ledger.number() if ledger_number is None else ledger_number
        found = store.curation.find(dataset_id, key, number)
    if found is not None:
        return Decision(verdict_set=found[0], policy=policy, ledger_number=number, counts=Counts.from_plain(found[1]))
    pins = store.ledger.pins(dataset_id, at=number) if policy.pins else []
    verdicts, counts = _evaluate(store, dataset_id, runs, policy, pins)
    verdict_set = store.curation.save(dataset_id, key, number, verdicts, dataclasses.asdict(counts))
    return Decision(verdict_set=verdict_set, policy=policy, ledger_number=number, counts=counts)


def training_rows(store: Store, decision: Decision) -> np.ndarray:
    """The rows that a curated arm trains on: int64, ascending."""
    table = store.curation.verdicts(decision.verdict_set)
    verdict = np.array(table["verdict"].to_pylist(), dtype=object)
    leaves = {Verdict.DROP.value} | ({Verdict.REVIEW.value} if decision.policy.review == "exclude" else set())
    rows = cast("np.ndarray", table["row"].to_numpy())
    return np.sort(rows[[word not in leaves for word in verdict]])


def _evaluate(store: Store, dataset_id: int, runs: Sequence[SelectorRun], policy: Policy, pins: Sequence[Pin]) -> tuple[pa.Table, Counts]:
    """All three stages and the pins, as a table for the store and its counts."""
    pairwise = {f"{run.name}.{signal.name}" for run in runs for signal in run.signals if signal.pairwise}
    known = {f"{run.name}.{signal.name}" for run in runs for signal in run.signals}
    _check_names(policy, known)
    row_rules = [rule for rule in policy.rules if rule.signal not in pairwise]
    pair_rules = [rule for rule in policy.rules if rule.signal in pairwise]

    examples = store.datasets.examples(dataset_id, split="train")
    rows = cast("np.ndarray", examples.column("row").to_numpy())
    fired_table = store.curation.fired(runs, row_rules) if row_rules else None
    first = _align(rows, fired_table, len(row_rules))
    pin = _Pins(rows, pins)

    dropped = _any(first, row_rules, Action.DROP)
    order = _order(store, runs, policy, examples.table, pin)
    edges = [_edges(store, runs, rule, rows) for rule in pair_rules]
    drops = [index for index, rule in enumerate(pair_rules) if rule.rule.action is Action.DROP]
    eligible = (~dropped | pin.keep) & ~pin.drop
    second = np.zeros((len(pair_rules), len(rows)), dtype=bool)
    stays = survivors([edges[index] for index in drops], order=order, eligible=eligible, pinned=pin.keep)
    second[drops] = stays.fired
    for index, rule in enumerate(pair_rules):
        if rule.rule.action is Action.REVIEW:
            second[index] = survivors([edges[index]], order=order, eligible=eligible & (stays.partner == ABSENT), pinned=pin.keep).fired[0]

    rules = [*row_rules, *pair_rules]
    fired = np.vstack([first, second])
    if policy.choice is not None:
        candidates = (eligible & ~_any(fired, rules, Action.DROP)) | pin.keep
        passed_over = ~_choose(store, runs, policy.choice, rows, candidates)
        chosen_rule = Rule(action=Action.DROP, operator=">", threshold=policy.choice.k)
        rules.append(PolicyRule(signal=CHOICE, rule=chosen_rule))
        fired = np.vstack([fired, passed_over])
    return _verdicts(rows, rules, fired, stays.partner, pin)


def _verdicts(rows: np.ndarray, rules: Sequence[PolicyRule], fired: np.ndarray, partner: np.ndarray, pin: _Pins) -> tuple[pa.Table, Counts]:
    """Combine what fired with the pins."""
    import pyarrow as pa

    drop = _any(fired, rules, Action.DROP)
    review = _any(fired, rules, Action.REVIEW)
    verdict = np.where(drop, Verdict.DROP.value, np.where(review, Verdict.REVIEW.value, Verdict.KEEP.value)).astype(object)
    verdict[pin.keep] = Verdict.KEEP.value
    verdict[pin.drop] = Verdict.DROP.value
    verdict[pin.changed] = Verdict.REVIEW.value

    names = [f"{item.signal} {item.rule.action.value}" for item in rules]
    listed: list[list[str]] = [[] for _ in rows]
    for name, row_fired in zip(names, fired, strict=True):
        for position in np.flatnonzero(row_fired).tolist():
            listed[position].append(name)
    pinned = np.where(pin.keep, "keep", np.where(pin.drop, "drop", "")).astype(object)
    table = pa.table(
        {
            "row": pa.array(rows, pa.int64()),
            "verdict": pa.array(verdict.tolist(), pa.string()),
            "fired": pa.array(listed, pa.list_(pa.string())),
            "partner": pa.array([None if other == ABSENT else int(rows[other]) for other in partner], pa.int64()),
            "pin": pa.array([word or None for word in pinned], pa.string()),
        },
    )
    counts = Counts(
        imported=len(rows),
        kept=int((verdict == Verdict.KEEP.value).sum()),
        dropped=int((verdict == Verdict.DROP.value).sum()),
        review=int((verdict == Verdict.REVIEW.value).sum()),
        pinned=int((pin.keep | pin.drop | pin.changed).sum()),
        rules=tuple(_rule_counts(rules, fired, verdict)),
    )
    return table, counts


def _rule_counts(rules: Sequence[PolicyRule], fired: np.ndarray, verdict: np.ndarray) -> list[RuleCount]:
    counts = []
    for index, item in enumerate(rules):
        action = item.rule.action
        same = np.array([other.rule.action is action for other in rules])
        outcome = Verdict.DROP if action is Action.DROP else Verdict.REVIEW
        alone = fired[index] & (fired[same].sum(axis=0) == 1) & (verdict == outcome.value)
        text = f"beyond the best {item.rule.threshold:g}" if item.signal == CHOICE else format_rule(item.rule)
        counts.append(RuleCount(signal=item.signal, action=action.value, rule=text, fired=int(fired[index].sum()), only=int(alone.sum())))
    return counts


class _Pins:
    """Pins by position; a pin whose text changed neither keeps nor drops: it asks for a look."""

    def __init__(self, rows: np.ndarray, pins: Sequence[Pin]) -> None:
        size = len(rows)
        self.keep = np.zeros(size, dtype=bool)
        self.drop = np.zeros(size, dtype=bool)
        self.changed = np.zeros(size, dtype=bool)
        positions = {int(row): position for position, row in enumerate(rows.tolist())}
        for each in pins:
            position = positions.get(each.row)
            if position is None:
                continue
            target = self.changed if each.text_changed else self.keep if each.decision == "keep" else self.drop
            target[position] = True


def _any(fired: np.ndarray, rules: Sequence[PolicyRule], action: Action) -> np.ndarray:
    mask = np.array([item.rule.action is action for item in rules], dtype=bool)
    return cast("np.ndarray", fired[mask].any(axis=0))


def _align(rows: np.ndarray, table: pa.Table | None, count: int) -> np.ndarray:
    """Which row rules fired, bool [rules, n]; a row that was never scored fires on nothing."""
    fired = np.zeros((count, len(rows)), dtype=bool)
    if table is None or table.num_rows == 0:
        return fired
    positions = np.searchsorted(rows, table["row"].to_numpy())
    for index in range(count):
        fired[index, positions] = table[f"r{index}"].to_numpy(zero_copy_only=False)
    return fired


def _edges(store: Store, runs: Sequence[SelectorRun], item: PolicyRule, rows: np.ndarray) -> PairRule:
    """The edges of the kinds that rules act on, beyond the rule's threshold, as positions."""
    selector, _, signal = item.signal.rpartition(".")
    run = next(run for run in runs if run.name == selector)
    table = store.signals.edges(run.selector_run)
    kind = np.array(table["kind"].to_pylist(), dtype=object)
    chosen = np.array([name == signal for name in table["signal"].to_pylist()], dtype=bool)
    chosen &= _COMPARE[item.rule.operator](table["similarity"].to_numpy(), item.rule.threshold)
    pairs = np.column_stack([np.searchsorted(rows, table[end].to_numpy()) for end in ("a", "b")]).astype(np.int64)
    copies = pairs[chosen & (kind == PairKind.COPY.value)]
    return PairRule(copies=copies, similar=pairs[chosen & (kind == PairKind.NEAR.value)])


def _order(store: Store, runs: Sequence[SelectorRun], policy: Policy, table: pa.Table, pin: _Pins) -> np.ndarray:
    """The rank of each row: pins first, then the policy's order, then the content hash, then the row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if policy.survivor == "longest":
        score = np.zeros(table.num_rows)
        for name in table.column_names[6:]:
            column = table[name]
            if pa.types.is_large_string(column.type):
                score += pc.fill_null(pc.utf8_length(column), 0).to_numpy()
    else:
        score = _signal(store, runs, policy.survivor, cast("np.ndarray", table["row"].to_numpy()))
        score = np.where(np.isnan(score), -np.inf, score)
    content = np.array(table["content_hash"].to_pylist())
    ranked = np.lexsort((np.arange(len(score)), content, -score, ~pin.keep))
    order = np.empty(len(score), dtype=np.int64)
    order[ranked] = np.arange(len(score))
    return order


def _signal(store: Store, runs: Sequence[SelectorRun], reference: str, rows: np.ndarray) -> np.ndarray:
    """One signal by position, float64, NaN where there is none."""
    selector, _, signal = reference.rpartition(".")
    run = next(run for run in runs if run.name == selector)
    table = store.signals.read(run.selector_run)
    values = np.full(len(rows), np.nan)
    values[np.searchsorted(rows, table["row"].to_numpy())] = table[signal].cast("float64").to_numpy(zero_copy_only=False)
    return values


def _choose(store: Store, runs: Sequence[SelectorRun], choice: Choice, rows: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Which rows are among the best, bool [n]; equal values are told apart by row."""
    values = _signal(store, runs, choice.signal, rows)
    values = np.where(np.isnan(values), -np.inf, values if choice.order == "highest" else -values)
    count = round(choice.k * candidates.sum()) if choice.k < 1 else int(choice.k)
    ranked = np.lexsort((rows, -values, ~candidates))
    chosen = np.zeros(len(rows), dtype=bool)
    chosen[ranked[: min(count, int(candidates.sum()))]] = True
    return chosen


def _check_names(policy: Policy, known: set[str]) -> None:
    named = [item.signal for item in policy.rules]
    if policy.choice is not None:
        named.append(policy.choice.signal)
    if policy.survivor != "longest":
        named.append(policy.survivor)
    for name in named:
        if name not in known:
            raise UnknownNameError("signal", name, known, where="policy")
    for item in policy.rules:
        if np.isnan(item.rule.threshold):
            raise WorkbenchError(f"the rule on {item.signal} has no threshold.", expected="a number")
