"""Curating what stands in the store already, without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.curate import default_policy, score
from workbench.experiment.resolve import default_selectors

if TYPE_CHECKING:
    from workbench.host import PluginHost
    from workbench.store import DatasetRecord, SelectorRun, Store
    from workbench.types import Progress


def score_stored(store: Store, host: PluginHost, dataset: DatasetRecord, *, author: str, progress: Progress | None = None) -> list[SelectorRun]:
    """Score a dataset with its task's own selectors, and put the task's own policy in force where no other is.

    What was scored before is not scored again, so that it can be called once more after an interrupt.

    Raises:
        UnknownNameError, PluginError, RecipeError: where the task's plugin is gone, or one of its selectors fails.
    """
    task = host.task(dataset.task)
    selectors = default_selectors(task, host)
    runs = score(store, dataset, selectors, progress=progress)
    if store.ledger.in_force(dataset.name) is None:
        store.ledger.put_policy(dataset.name, dataset.name, default_policy(task.value, [each.selector for each in selectors]), author=author)
    return runs
