"""What a recipe would cost, told before it is paid."""

from __future__ import annotations

import dataclasses
import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.experiment.against import read_against
from workbench.experiment.importing import load_data
from workbench.experiment.models import as_examples
from workbench.types import Silent, TrainContext

if TYPE_CHECKING:
    from workbench.experiment.resolve import Plan
    from workbench.types import Environment, Progress

STEPS = 6
"""Training steps that are timed; the first of them, which warms up, does not count."""
TRACED = 1.3
"""Time of a traced run, in times of one that is not: measured 1.22 to 1.27 on encoders, in batches of 16."""
CHECKPOINT = 3
"""A checkpoint holds the weights and two moments of each."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a recipe would do.

    Attributes:
        rows: training rows of the raw arm.
        rejected: rows set aside.
        runs: arms times seeds.
        steps: optimizer steps of each run.
        minutes: of training and predicting all runs on this machine, and of the run that selectors learn from, if any, extrapolated from a few steps.
        disk: bytes that the models of all runs take, and one run's checkpoint.
    """

    rows: int
    rejected: int
    runs: int
    steps: int
    minutes: float
    disk: int


def dry_run(plan: Plan, base: Path, environment: Environment, *, progress: Progress | None = None) -> Estimate:
    """Read the data, time a few training steps in a folder that is thrown away, and extrapolate; the store is not touched."""
    progress = progress or Silent()
    adapter = plan.adapter.value
    read_against(plan, base, progress)  # what is wrong with these files is told now
    loaded = load_data(plan, base, progress)
    roles = tuple(role.name for role in plan.task.value.roles)
    train, evaluation = (as_examples(loaded.tables[split], roles) for split in ("train", "eval"))
    compare = plan.recipe.compare
    with tempfile.TemporaryDirectory() as folder:
        assets = Path(folder) / "assets"
        progress.begin("estimate")
        adapter.prepare(train, plan.spec, assets)
        full = adapter.plan(dataclasses.replace(plan.spec, assets=assets), environment)
        steps = max(1, round(math.ceil(len(train) / full.batch_size) * full.epochs))
        short = adapter.plan(dataclasses.replace(plan.spec, assets=assets, max_steps=STEPS), environment)
        sample = train.take(np.arange(min(len(train), STEPS * full.batch_size)))
        times: list[float] = []
        context = TrainContext(seed=0, folder=Path(folder) / "run", emit=lambda _event: times.append(time.monotonic()))
        context.folder.mkdir()
        artifact = adapter.train(adapter.encode(sample, short), short, context)
        per_step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        few = evaluation.take(np.arange(min(len(evaluation), 32)))
        started = time.monotonic()
        adapter.predict(artifact, few)
        per_prediction = (time.monotonic() - started) / len(few)
        model = Path(folder) / "model"
        adapter.save(artifact, model)
        size = sum(file.stat().st_size for file in model.rglob("*") if file.is_file())
        progress.end()
    runs = len(compare.arms) * len(compare.seeds)
    seconds = runs * (steps * per_step + len(evaluation) * per_prediction)
    if "trace" in plan.uses:
        seconds += TRACED * math.ceil(len(train) / full.batch_size) * (plan.recipe.trace.epochs or full.epochs) * per_step
    return Estimate(
        rows=len(train),
        rejected=loaded.rejected.num_rows,
        runs=runs,
        steps=steps,
        minutes=seconds / 60,
        disk=runs * size + CHECKPOINT * size,
    )
