"""From signals to verdicts: what a policy comes to is computed once and kept in the store."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.curate.duplicates import ABSENT
from workbench.curate.material import Material
from workbench.curate.outcome import VERDICTS, Counts, outcome_at
from workbench.curate.policies import policy_hash
from workbench.types import Action, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from workbench.curate.outcome import Outcome
    from workbench.store import SelectorRun, Store
    from workbench.types import Policy


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
    if found is not None:
        return Decision(verdict_set=found[0], policy=policy, ledger_number=number, counts=Counts.from_plain(found[1]))
    material = material or Material(store, dataset_id, runs)
    outcome = outcome_at(material, policy, number)
    counts = outcome.counts
    verdict_set = store.curation.save(dataset_id, key, number, _table(material, outcome), dataclasses.asdict(counts))
    return Decision(verdict_set=verdict_set, policy=policy, ledger_number=number, counts=counts)


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


def _table(material: Material, outcome: Outcome) -> pa.Table:
    """An outcome as the store keeps it."""
    import pyarrow as pa

    alarms = [f"alarm.{alarm.name} {Action.REVIEW.value}" for alarm in outcome.alarms]
    names = pa.array([*(f"{item.signal} {item.rule.action.value}" for item in outcome.rules), *alarms], pa.string())
    position, rule = np.nonzero(np.vstack([outcome.fired, *(alarm.rows for alarm in outcome.alarms)]).T)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(position, minlength=len(material)))]).astype(np.int32)
    left = outcome.partner == ABSENT
    words = pa.array([verdict.value for verdict in VERDICTS], pa.string())
    pin = np.where(outcome.pinned.keep, 0, 1).astype(np.int8)
    unpinned = ~(outcome.pinned.keep | outcome.pinned.drop)
    return pa.table(
        {
            "row": pa.array(material.rows, pa.int64()),
            "verdict": words.take(pa.array(outcome.verdict)),
            "fired": pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(rule))),
            "partner": pa.array(material.rows[np.where(left, 0, outcome.partner)] if len(material) else [], pa.int64(), mask=left),
            "pin": pa.array(["keep", "drop"], pa.string()).take(pa.array(pin, mask=unpinned)),
        },
    )
