"""Example weights: a signal that says how often each example counts in training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import RecipeError
from workbench.experiment.resolve import WITHOUT

if TYPE_CHECKING:
    from workbench.experiment.resolve import Plan
    from workbench.experiment.runner import Curated
    from workbench.store import Store
    from workbench.types import Progress


def weighted_by(plan: Plan, arm: str) -> str | None:
    """The signal that the examples of an arm are weighted by.

    Weights are a part of curation: the curated arm has them, and what it is compared with, raw and random subsets, has none. An arm without the
    selector that they come from has none either.
    """
    signal = plan.recipe.finetune.weights
    if signal is None or arm in {"raw", "random"} or arm == WITHOUT + signal.partition(".")[0]:
        return None
    return signal


def read_weights(store: Store, plan: Plan, curated: Curated, progress: Progress) -> tuple[np.ndarray, np.ndarray] | None:
    """The weights that the recipe asks for: rows of train int64 [n], ascending, and the weight of each, float64 [n]; None where it asks for none.

    Raises:
        RecipeError: where the signal has no value for any row.
    """
    reference = plan.recipe.finetune.weights
    if reference is None:
        return None
    selector, _, signal = reference.partition(".")
    number = next(run.selector_run for run in curated.runs if run.name == selector)
    rows = store.datasets.rows(curated.dataset.dataset_id, "train")
    weights = store.signals.column(number, signal, rows)
    missing = np.isnan(weights)
    if missing.all():
        raise RecipeError(
            f"{reference} has no value for any row, so there is nothing to weigh by.",
            expected="a signal that says something of this task's examples",
            advice="What it told when it scored says why: workbench curate RECIPE",
        )
    if missing.any():
        progress.say(f"{int(missing.sum())} rows have no {reference} and weigh 1")
    return rows, np.where(missing, 1.0, weights)
