"""What is in force for a dataset: its newest version, the newest run of each selector, the policy applied last, and the verdicts that follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.curate.verdicts import Decision, decide
from workbench.errors import DataError, UnknownNameError
from workbench.types import Policy, PolicyRule

if TYPE_CHECKING:
    from workbench.curate.material import Material
    from workbench.store import DatasetRecord, PolicyRecord, SelectorRun, Store


@dataclass(frozen=True, kw_only=True)
class Current:
    """The state of curation of one dataset.

    Attributes:
        dataset: the newest version.
        runs: the newest run of each selector on it.
        policy: the policy in force, or None where the selectors' default rules decide.
        decision: the verdicts.
    """

    dataset: DatasetRecord
    runs: tuple[SelectorRun, ...]
    policy: PolicyRecord | None
    decision: Decision


def current(store: Store, name: str, *, material: Material | None = None) -> Current:
    """The state of curation of the dataset ``name``.

    Args:
        store: where it is.
        name: of the dataset.
        material: of its newest version and runs, where it is at hand; one of others is not used.

    Raises:
        UnknownNameError: where there is no such dataset.
        DataError: where no selector has scored it yet.
    """
    with store.reading():
        dataset, runs = newest_runs(store, name)
        if not runs:
            raise DataError(f"no selector has scored the dataset {name!r} yet.", advice="Run `workbench curate RECIPE` first.")
        policy = store.ledger.in_force(name)
    if material is not None and not material.fits(dataset, runs):
        material = None
    decision = decide(store, dataset.dataset_id, runs, policy.policy if policy else _defaults(runs), material=material)
    return Current(dataset=dataset, runs=runs, policy=policy, decision=decision)


def newest_runs(store: Store, name: str) -> tuple[DatasetRecord, tuple[SelectorRun, ...]]:
    """The newest version of a dataset and the newest run of each selector on it, if any.

    Raises:
        UnknownNameError: where there is no such dataset.
    """
    with store.reading():
        dataset = store.datasets.find(name)
        if dataset is None:
            raise UnknownNameError("dataset", name, [record.name for record in store.datasets.list()])
        return dataset, tuple({run.selector: run for run in store.signals.runs(dataset.dataset_id)}.values())


def deciding(store: Store, name: str, runs: tuple[SelectorRun, ...]) -> Policy:
    """The policy in force for a dataset; where none was applied, the default rules of what these runs wrote."""
    record = store.ledger.in_force(name)
    return record.policy if record else _defaults(runs)


def _defaults(runs: tuple[SelectorRun, ...]) -> Policy:
    return Policy(
        rules=tuple(PolicyRule(signal=f"{run.name}.{signal.name}", rule=signal.rule) for run in runs for signal in run.signals if signal.rule),
    )
