"""The evaluation split under the same selectors, as a report only: wrong targets and copies in it limit what any comparison can show.

Nothing is decided and nothing removed. What is found is kept apart from the signals of train, where no policy and no arm can see it.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from typing import TYPE_CHECKING

import numpy as np

from workbench.curate.batches import as_findings as findings_of
from workbench.curate.batches import checked, score_batch
from workbench.curate.explain import render_reason
from workbench.curate.interrupts import interruptible
from workbench.curate.material import COMPARE
from workbench.curate.policies import format_rule
from workbench.curate.scoring import selector_key
from workbench.errors import WorkbenchError
from workbench.store import EvalRule
from workbench.types import Action, PairKind, ReadsSignals, Scope, SelectorContext, SelectorKind, Silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from workbench.curate.scoring import ConfiguredSelector
    from workbench.store import DatasetRecord, EvalCheck, Store
    from workbench.types import ExampleTable, Findings, Policy, PolicyRule, Progress, Signal

DUPLICATE, TARGET = "duplicate", "target"
"""What a rule is about: rows that are like an earlier one, and rows whose target looks wrong."""

_Row = tuple[int, str, str, "int | None"]


def check_evaluation(
    store: Store, dataset: DatasetRecord, selectors: Sequence[ConfiguredSelector], policy: Policy, *, seed: int = 0, progress: Progress | None = None
) -> EvalCheck | None:
    """Hold the policy's rules on targets and duplicates against the evaluation split, or find that this was done before.

    A selector that fails is told of among the notes. Label errors are judged within the split alone, by models that saw nothing of train. Of labels
    flipped in 5 % of the rows, ``label-noise.label-issue`` flagged 93 % in Banking77's test split and 82 % in 1,000 rows of AG News, and
    ``random-label`` 77 % and 48 %; of what they flagged 47 % and 34 %, and 91 % and 48 %, was flipped, the rest being hard texts and those sets' own
    errors. So what is suspected is more than what is wrong, and the strictest rule tells it best.

    Args:
        store: where the dataset is and the check goes.
        dataset: the version.
        selectors: the recipe's; those of duplicates, and those with a signal that is about the target, are run.
        policy: whose rules fire.
        seed: for everything random in them.
        progress: is told what is done.

    Returns:
        None where the dataset has no evaluation split, or no rule of the policy is about targets or duplicates.
    """
    wanted = [(each, items) for each in selectors if (items := _rules(each, policy))]
    if not wanted or not dataset.splits.get("eval"):
        return None
    key = _key(wanted, seed)
    known = store.eval_checks.find(dataset.dataset_id, key)
    if known is not None:
        return known
    progress = progress or Silent()
    progress.begin("check eval")
    started = time.monotonic()
    examples = store.datasets.examples(dataset.dataset_id, split="eval")
    numbers = examples.column("row").to_numpy()
    fired: list[EvalRule] = []
    notes: list[str] = []
    found: list[_Row] = []
    with interruptible() as stopped:
        roles = {role.name: role for role in dataset.roles}
        context = SelectorContext(seed=seed, roles=roles, target=dataset.target, threads=os.cpu_count() or 1, stopped=stopped)
        for each, items in wanted:
            try:
                findings = _scored(each, examples, context)
            except WorkbenchError as error:
                notes.append(f"{each.id} could not be run on the evaluation split: {error}")
                continue
            notes += [f"{each.id}: {note}" for note in findings.notes]
            for item, signal in items:
                rows = list(_found(item, signal, findings))
                about = DUPLICATE if signal.pairwise else TARGET
                sure = signal.rule is not None and signal.rule.action is Action.DROP
                fired.append(EvalRule(rule=_name(item), about=about, sure=sure, fired=len(rows)))
                found += rows
    seconds = time.monotonic() - started
    table = _table(found, numbers)
    check = store.eval_checks.add(dataset.dataset_id, key, rows=len(examples), rules=fired, notes=notes, seconds=seconds, found=table)
    progress.end()
    return check


def limits(store: Store, check: EvalCheck) -> tuple[str, ...]:
    """What the findings mean for comparisons on this split, one sentence each.

    A system may have learned what a wrong target says, and another not: where m of n are wrong, a metric that counts rows may differ by m / n for
    that reason alone (compare Northcutt et al. 2021, "Pervasive label errors in test sets destabilize machine learning benchmarks").
    """
    rules = {rule.rule: rule for rule in check.rules}
    rows: dict[str, set[int]] = {TARGET: set(), DUPLICATE: set()}
    sure: set[int] = set()
    table = store.eval_checks.findings(check.eval_check)
    for row, name in zip(table["row"].to_pylist(), table["rule"].to_pylist(), strict=True):
        rows[rules[name].about].add(row)
        sure |= {row} if rules[name].about == TARGET and rules[name].sure else set()
    looked = {rule.about for rule in check.rules}
    told = []
    if sure:
        further = f"; {len(rows[TARGET]) - len(sure):,} more are worth a look" if len(rows[TARGET]) > len(sure) else ""
        told.append(
            f"Of {check.rows:,} evaluation rows {len(sure):,} {'is' if len(sure) == 1 else 'are'} suspected mislabelled: "
            f"a difference below {100 * len(sure) / check.rows:.1f} points cannot be told from their errors{further}"
        )
    elif most := len(rows[TARGET]):
        least = min(rule.fired for rule in check.rules if rule.about == TARGET and rule.fired)
        count = f"{least:,} (by the strictest rule) to {most:,} (by any)" if least < most else f"{most:,}"
        points = f"{100 * least / check.rows:.1f} to {100 * most / check.rows:.1f}" if least < most else f"{100 * most / check.rows:.1f}"
        told.append(
            f"Of {check.rows:,} evaluation rows {count} may be mislabelled, worth a look: "
            f"where they are, a difference below {points} points cannot be told from their errors"
        )
    if alike := len(rows[DUPLICATE]):
        wider = math.sqrt(check.rows / max(check.rows - alike, 1)) - 1
        told.append(
            f"Of {check.rows:,} evaluation rows {alike:,} {'is' if alike == 1 else 'are'} like an earlier one: "
            f"intervals, which count each row as new evidence, should be about {wider:.1%} wider"
        )
    if not looked:
        return (f"The {check.rows:,} evaluation rows could not be checked",)
    if not told:
        names = {TARGET: "wrong target", DUPLICATE: "duplicate"}
        told.append(f"Among {check.rows:,} evaluation rows no {' and no '.join(names[each] for each in names if each in looked)} is suspected")
    return tuple(told)


def _key(wanted: Sequence[tuple[ConfiguredSelector, list[tuple[PolicyRule, Signal]]]], seed: int) -> str:
    """32 hexadecimal digits of all that decides a check, beside the dataset."""
    parts = [[each.id, each.selector.version, selector_key(each), [_name(item) for item, _ in items]] for each, items in wanted]
    return hashlib.blake2b(json.dumps([parts, seed]).encode(), digest_size=16).hexdigest()


def _name(item: PolicyRule) -> str:
    return f"{item.signal} {format_rule(item.rule)}"


def _rules(configured: ConfiguredSelector, policy: Policy) -> list[tuple[PolicyRule, Signal]]:
    """The policy's rules on a selector's signals that are about the target, or tell duplicates."""
    selector = configured.selector
    if isinstance(selector, ReadsSignals) and selector.reads_signals:
        return []
    signals = {
        f"{selector.name}.{signal.name}": signal
        for signal in selector.signals
        if signal.about_target or (signal.pairwise and selector.kind is SelectorKind.DEDUP)
    }
    return [(item, signals[item.signal]) for item in policy.rules if item.signal in signals]


def _scored(configured: ConfiguredSelector, examples: ExampleTable, context: SelectorContext) -> Findings:
    selector = configured.selector
    try:
        if selector.scope is Scope.ROW:
            records, notes = score_batch(selector, examples, context)
            return findings_of(selector, records, notes)
        return checked(selector, selector.score(examples, context), len(examples))
    except WorkbenchError:
        raise
    except Exception as error:
        raise WorkbenchError(f"it raised {error!r}.") from error


def _found(item: PolicyRule, signal: Signal, findings: Findings) -> Iterator[_Row]:
    """Position, rule, reason and partner of each row that a rule fires on."""
    name, compare = _name(item), COMPARE[item.rule.operator]
    if signal.pairwise:
        edges = findings.edges.to_pylist() if findings.edges is not None else []
        alike = [each for each in edges if each["signal"] == signal.name and each["kind"] in {PairKind.COPY, PairKind.NEAR}]
        beyond = [each for each in alike if compare(each["similarity"], item.rule.threshold)]
        earlier: dict[int, tuple[int, float]] = {}
        for each in sorted(beyond, key=lambda each: -each["similarity"]):
            earlier.setdefault(each["b"], (each["a"], each["similarity"]))
        for position, (partner, similarity) in sorted(earlier.items()):
            yield position, name, f"like an earlier row, with a similarity of {similarity:.4g}", partner
        return
    reasons, partners = _evidence(signal, findings)
    values = findings.signals[signal.name].cast("float64").to_numpy()
    for position in np.flatnonzero(compare(values, item.rule.threshold) & ~np.isnan(values)).tolist():
        yield position, name, reasons.get(position, f"{signal.name} is {values[position]:.4g}"), partners.get(position)


def _evidence(signal: Signal, findings: Findings) -> tuple[dict[int, str], dict[int, int]]:
    """Reason and partner by position."""
    reasons: dict[int, str] = {}
    partners: dict[int, int] = {}
    for each in findings.evidence.to_pylist() if findings.evidence is not None else []:
        if each["signal"] == signal.name:
            reasons.setdefault(each["position"], render_reason(signal, each["reason"], json.loads(each["values"] or "{}")))
            if each["partners"]:
                partners.setdefault(each["position"], each["partners"][0])
    return reasons, partners


def _table(found: Sequence[_Row], numbers: np.ndarray) -> pa.Table:
    """What was found, with the store's rows in place of positions."""
    import pyarrow as pa

    return pa.table(
        {
            "row": pa.array([int(numbers[position]) for position, *_ in found], pa.int64()),
            "rule": pa.array([rule for _, rule, _, _ in found], pa.string()),
            "reason": pa.array([reason for _, _, reason, _ in found], pa.string()),
            "partner": pa.array([None if partner is None else int(numbers[partner]) for *_, partner in found], pa.int64()),
        }
    )
