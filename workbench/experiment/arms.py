"""The training sets of an experiment, frozen when they are made."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal

import numpy as np

from workbench.curate import Material, decide, training_rows
from workbench.experiment.resolve import WITHOUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.curate import Decision
    from workbench.store import ArmRecord, ExperimentRecord, PolicyRecord, SelectorRun, Store


def freeze_arms(
    store: Store,
    experiment: ExperimentRecord,
    runs: Sequence[SelectorRun],
    policy: PolicyRecord,
    decision: Decision,
    *,
    arms: Sequence[str],
    seeds: Sequence[int],
    matched: Literal["rows", "tokens"] = "rows",
    notes: Mapping[str, str],
) -> list[ArmRecord]:
    """Fix which rows each arm trains on; arms that are frozen already stay as they are.

    ``matched`` is what a random arm has as many of as the curated one; ``notes`` is what one should know of an arm.
    """
    dataset_id = experiment.dataset_id
    raw = store.datasets.rows(dataset_id, "train")
    curated = training_rows(store, decision)
    frozen = []
    for arm in arms:
        drawn: list[tuple[int | None, np.ndarray]]
        note = notes.get(arm, "")
        if arm == "random" and matched == "tokens":
            tokens = Material(store, dataset_id, runs).tokens()
            wanted = int(tokens[np.isin(raw, curated)].sum())
            drawn = [(seed, random_by_tokens(raw, tokens, wanted, seed)) for seed in seeds]
            note = f"drawn to the {wanted:,} tokens of curated, to the nearest row; words count, and characters in scripts without spaces"
        elif arm == "random":
            drawn = [(seed, _random_subset(raw, len(curated), seed)) for seed in seeds]
        elif arm.startswith(WITHOUT):
            drawn = [(None, _without(store, dataset_id, runs, decision, arm.removeprefix(WITHOUT)))]
        else:
            drawn = [(None, raw if arm == "raw" else curated)]
        frozen += [
            store.experiments.freeze(
                experiment.experiment_id,
                arm,
                seed,
                rows,
                policy_id=policy.policy_id,
                ledger_number=decision.ledger_number,
                note=note,
            )
            for seed, rows in drawn
        ]
    return frozen


def arm_of(arms: Sequence[ArmRecord], name: str, seed: int) -> ArmRecord:
    """The frozen arm that a run of this name and seed trains on."""
    return next(arm for arm in arms if arm.arm == name and arm.seed in {None, seed})


def _random_subset(rows: np.ndarray, size: int, seed: int) -> np.ndarray:
    """``size`` rows without replacement: the control that has the same number of examples and no choice in it."""
    return np.sort(np.random.default_rng(seed).choice(rows, size=size, replace=False))


def random_by_tokens(rows: np.ndarray, tokens: np.ndarray, wanted: int, seed: int) -> np.ndarray:
    """Rows in a random order until their tokens come as near to ``wanted`` as they do, ascending: the control that has the same amount of text.

    Args:
        rows: int64 [n].
        tokens: int64 [n], of each.
        wanted: tokens.
        seed: of the order.
    """
    order = np.random.default_rng(seed).permutation(len(rows))
    reached = np.concatenate([[0], np.cumsum(tokens[order])])
    return np.sort(rows[order[: int(np.abs(reached - wanted).argmin())]])


def _without(store: Store, dataset_id: int, runs: Sequence[SelectorRun], decision: Decision, selector: str) -> np.ndarray:
    """What the policy would keep had this selector no say in it, as of the same ledger number."""
    rules = tuple(item for item in decision.policy.rules if not item.signal.startswith(f"{selector}."))
    policy = dataclasses.replace(decision.policy, rules=rules)
    return training_rows(store, decide(store, dataset_id, runs, policy, ledger_number=decision.ledger_number))
