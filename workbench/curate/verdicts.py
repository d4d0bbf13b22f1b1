"""From signals to verdicts: what a policy comes to is computed once and kept in the store."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.curate.duplicates import ABSENT
from workbench.curate.material import Material
from workbench.curate.outcome import VERDICTS, Counts
from workbench.curate.policies import policy_hash
from workbench.curate.revision import outcome_at, revised
from workbench.store import GoneError
from workbench.types import Action, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from workbench.curate.outcome import Outcome
    from workbench.store import SelectorRun, Store
    from workbench.types import Policy

_FEW, _SMALL_SHARE = 1000, 0.02
"""A verdict set holds what differs from another one as long as that is few rows, or a small share of all; then all rows are written again."""


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


def decide(
    store: Store,
    dataset_id: int,
    runs: Sequence[SelectorRun],
    policy: Policy,
    *,
    ledger_number: int | None = None,
    material: Material | None = None,
) -> Decision:
    """Give every row of train its verdict, or find that this was done before.

    Args:
        store: where signals and pins are.
        dataset_id: the dataset version.
        runs: the selector runs whose signals the policy may name.
        policy: what decides.
        ledger_number: decide as of this entry of the ledger; None is now.
        material: of this version and these runs, where it is at hand.

    Raises:
        UnknownNameError: where the policy names a signal that none of the runs wrote.
        RecipeError: where a rule reaches below the floor that pairs were looked for at.
    """
    key = policy_hash(policy) + "-" + "-".join(str(run.selector_run) for run in sorted(runs, key=lambda run: run.selector_run))
    with store.reading():
        number = store.ledger.number() if ledger_number is None else ledger_number
        found = store.curation.find(dataset_id, key, number)
        near = None if found else store.curation.newest(dataset_id, key, number)
    if found is not None:
        return Decision(verdict_set=found[0], policy=policy, ledger_number=number, counts=Counts.from_plain(found[1]))
    material = material or Material(store, dataset_id, runs)
    nothing = np.empty(0, dtype=np.int64)
    outcome, rows = (outcome_at(material, policy, number), nothing) if near is None else revised(material, policy, near[1], number)
    verdict_set = _save(material, key, number, outcome, near and (*near[2:], rows))
    return Decision(verdict_set=verdict_set, policy=policy, ledger_number=number, counts=outcome.counts)


def _save(material: Material, key: str, number: int, outcome: Outcome, change: tuple[int, np.ndarray, np.ndarray] | None) -> int:
    """Store verdicts: where few differ from an earlier set, these alone.

    ``change`` tells of the set of all rows, the rows that differ from it already, and the positions that may differ besides.
    """
    curation = material.store.curation
    counts = dataclasses.asdict(outcome.counts)
    if change is not None:
        base, differ, positions = change
        which = np.union1d(positions, material.positions(differ)[0])
        if len(which) <= max(_FEW, _SMALL_SHARE * len(material)):
            with suppress(GoneError):  # it was the oldest, and others have saved in the meantime
                return curation.save(material.dataset_id, key, number, verdict_table(material, outcome, which), counts, base=base)
    return curation.save(material.dataset_id, key, number, verdict_table(material, outcome, np.arange(len(material))), counts)


def training_rows(store: Store, decision: Decision) -> np.ndarray:
    """The rows that a curated arm trains on: int64, ascending."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = store.curation.verdicts(decision.verdict_set)
    leaves = [Verdict.DROP.value, *([Verdict.REVIEW.value] if decision.policy.review == "exclude" else [])]
    stays = pc.invert(pc.is_in(table["verdict"], value_set=pa.array(leaves)))
    return np.sort(table["row"].filter(stays).to_numpy())


def choice_reasons(
    store: Store, dataset_id: int, runs: Sequence[SelectorRun], decision: Decision, rows: Sequence[int], *, material: Material | None = None
) -> dict[int, str]:
    """Why the policy's choice takes rows of train or passes them over, one sentence for each; empty where the policy makes no choice.

    Args:
        store: where signals and pins are.
        dataset_id: the dataset version.
        runs: the selector runs that were decided on.
        decision: as ``decide`` gave it.
        rows: which; those of other splits are left out.
        material: of this version and these runs, where it is at hand.
    """
    if decision.policy.choice is None:
        return {}
    material = material or Material(store, dataset_id, runs)
    chosen = outcome_at(material, decision.policy, decision.ledger_number).chosen
    positions, inside = material.positions(np.array(rows, dtype=np.int64))
    if chosen is None:
        return {}
    return {row: chosen.reason(at) for row, at in zip(np.array(rows)[inside].tolist(), positions.tolist(), strict=True)}


def verdict_table(material: Material, outcome: Outcome, which: np.ndarray) -> pa.Table:
    """An outcome at some positions, as the store keeps it."""
    import pyarrow as pa

    alarms = [f"alarm.{alarm.name} {Action.REVIEW.value}" for alarm in outcome.alarms]
    names = pa.array([*(f"{item.signal} {item.rule.action.value}" for item in outcome.rules), *alarms], pa.string())
    position, rule = np.nonzero(np.vstack([outcome.fired[:, which], *(alarm.rows[which] for alarm in outcome.alarms)]).T)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(position, minlength=len(which)))]).astype(np.int32)
    partner = outcome.partner[which]
    left = partner == ABSENT
    words = pa.array([verdict.value for verdict in VERDICTS], pa.string())
    keep, drop = outcome.pinned.keep[which], outcome.pinned.drop[which]
    return pa.table(
        {
            "row": pa.array(material.rows[which], pa.int64()),
            "verdict": words.take(pa.array(outcome.verdict[which])),
            "fired": pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(rule))),
            "partner": pa.array(material.rows[np.where(left, 0, partner)] if len(which) else [], pa.int64(), mask=left),
            "pin": pa.array(["keep", "drop"], pa.string()).take(pa.array(np.where(keep, 0, 1).astype(np.int8), mask=~(keep | drop))),
        },
    )
