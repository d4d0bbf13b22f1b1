"""The loop: import, score, decide, freeze the arms, fine-tune each with each seed, compare. Started again, it goes on where it was."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.curate import Decision, check_evaluation, decide, find_policy, score, training_rows
from workbench.errors import RunError, WorkbenchError
from workbench.experiment.against import read_against
from workbench.experiment.arms import arm_of, freeze_arms
from workbench.experiment.importing import import_data
from workbench.experiment.judge import FLOOR, judge
from workbench.experiment.selecting import PlanModels
from workbench.experiment.training import execute, metric_results
from workbench.experiment.weights import read_weights, weighted_by
from workbench.finetune import environment as this_machine
from workbench.types import Silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbench.experiment.resolve import Plan
    from workbench.store import ArmRecord, DatasetRecord, EvalCheck, ExperimentRecord, PolicyRecord, RunRecord, SelectorRun, Store
    from workbench.types import Environment, ExampleTable, Progress, RunPlan


@dataclass(frozen=True, kw_only=True)
class Curated:
    """The curation half of a recipe, done.

    Attributes:
        dataset: what was imported.
        runs: one per selector.
        policy: as it stands in the store.
        decision: the verdicts.
        eval_check: what selectors say of the evaluation split, for reports alone; None where there was nothing to look at.
        steps: seconds by step.
    """

    dataset: DatasetRecord
    runs: tuple[SelectorRun, ...]
    policy: PolicyRecord
    decision: Decision
    eval_check: EvalCheck | None
    steps: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """An experiment that came to its end.

    Attributes:
        experiment: its record.
        curated: the curation half.
        repeated: runs that an earlier start had finished.
        failed: runs that failed, by name and with the reason.
        error: what ended the first of them.
    """

    experiment: ExperimentRecord
    curated: Curated
    repeated: int
    failed: tuple[RunRecord, ...]
    error: WorkbenchError | None


def curate(store: Store, plan: Plan, base: Path, *, author: str, environment: Environment | None = None, progress: Progress | None = None) -> Curated:
    """Import, score and decide.

    Args:
        store: where everything goes.
        plan: the resolved recipe.
        base: the folder that its relative paths start from.
        author: who is told to have set the policy.
        environment: the machine that models of selectors run on; None looks at this one when there are any.
        progress: what is told how far it is.
    """
    progress = progress or Silent()
    steps: dict[str, float] = {}
    against = read_against(plan, base, progress)
    with _timed(steps, "import"):
        dataset = import_data(store, plan, base, progress)
    with _timed(steps, "score"):
        models = PlanModels(store, plan, dataset, environment=environment, progress=progress)
        runs = score(store, dataset, plan.selectors, models=models, against=against, progress=progress)
    with _timed(steps, "decide"):
        policy = _stored_policy(store, plan, dataset, author)
        decision = decide(store, dataset.dataset_id, runs, policy.policy)
    for alarm in decision.counts.alarms:
        progress.say(f"alarm: {alarm}")
    with _timed(steps, "check eval"):
        check = check_evaluation(store, dataset, plan.selectors, policy.policy, progress=progress)
    return Curated(dataset=dataset, runs=tuple(runs), policy=policy, decision=decision, eval_check=check, steps=steps)


def run(store: Store, plan: Plan, base: Path, *, author: str, environment: Environment | None = None, progress: Progress | None = None) -> Outcome:
    """Do everything that the recipe says and that is not done yet.

    A run that fails is told and recorded, and the others go on; the experiment then counts as failed.

    Args:
        store: where everything goes.
        plan: the resolved recipe.
        base: the folder that relative locations start from.
        author: who signs the policy.
        environment: the machine to train on; None looks at this one when there is something to train.
        progress: told of each step.
    """
    progress = progress or Silent()
    curated = curate(store, plan, base, author=author, environment=environment, progress=progress)
    experiment, decision = _open(store, plan, curated)
    store.experiments.update(experiment.experiment_id, steps=_unless_known(experiment, curated.steps))
    compare = plan.recipe.compare
    weighted = read_weights(store, plan, curated, progress)
    notes = {arm: f"weighted by {signal}" for arm in compare.arms if (signal := weighted_by(plan, arm))}
    arms = freeze_arms(
        store, experiment, curated.runs, curated.policy, decision, arms=compare.arms, seeds=compare.seeds, matched=compare.random, notes=notes
    )
    evaluation = store.datasets.examples(curated.dataset.dataset_id, split="eval")
    if not len(evaluation):
        raise RunError(f"the dataset {curated.dataset.name!r} has no evaluation examples.", expected="at least one row in `eval`")
    runs = _plan_runs(store, plan, experiment, curated, arms, environment or this_machine(), progress)
    repeated = sum(each.state == "finished" for each, _ in runs)
    validation = store.datasets.examples(curated.dataset.dataset_id, split="validation")
    first: WorkbenchError | None = None
    for each, run_plan in runs:
        if each.state == "finished":
            continue
        rows = store.experiments.arm_rows(arm_of(arms, each.arm, each.seed).arm_id)
        weights = None if weighted is None or weighted_by(plan, each.arm) is None else weighted[1][np.searchsorted(weighted[0], rows)]
        try:
            seconds = execute(
                store, plan, each, run_plan, rows=rows, weights=weights, validation=validation, evaluation=evaluation, progress=progress
            )
        except WorkbenchError as error:
            store.experiments.fail_run(each.run_id, str(error))
            progress.say(f"failed: {each.name}: {error}")
            first = first or error
            continue
        _add_steps(store, experiment, seconds)
    compared: dict[str, float] = {}
    with _timed(compared, "compare"):
        progress.begin("compare")
        _floor(store, plan, experiment, curated, evaluation)
        judge(store, plan, experiment)
        progress.end()
    failed = tuple(each for each in store.experiments.runs(experiment.experiment_id) if each.state == "failed")
    store.experiments.update(experiment.experiment_id, state="failed" if failed else "finished", steps=_unless_known(experiment, compared))
    return Outcome(experiment=store.experiments.get(experiment.experiment_id), curated=curated, repeated=repeated, failed=failed, error=first)


def _stored_policy(store: Store, plan: Plan, dataset: DatasetRecord, author: str) -> PolicyRecord:
    """The policy that the recipe states, as a version in the store; or the stored one that it names."""
    if plan.policy is not None:
        return store.ledger.put_policy(dataset.name, plan.recipe.name, plan.policy, author=author)
    return find_policy(store, dataset.name, plan.stored_policy)


def _open(store: Store, plan: Plan, curated: Curated) -> tuple[ExperimentRecord, Decision]:
    """The experiment of this recipe on this data with these pins; one that is unfinished goes on with the pins that it began with."""
    base = plan.identity(curated.dataset.version, curated.policy.policy)
    for record in store.experiments.list():
        if record.name == plan.recipe.name and record.state == "running" and record.resolved.get("base") == base:
            arms = store.experiments.arms(record.experiment_id)
            number = arms[0].ledger_number if arms else curated.decision.ledger_number
            return record, decide(store, curated.dataset.dataset_id, curated.runs, curated.policy.policy, ledger_number=number)
    chosen = training_rows(store, curated.decision)
    identity = hashlib.blake2b(base.encode() + chosen.tobytes(), digest_size=16).hexdigest()
    record = store.experiments.open(
        name=plan.recipe.name,
        identity=identity,
        task=plan.task.id,
        dataset_id=curated.dataset.dataset_id,
        recipe=plan.text,
        resolved={**plan.plain(curated.policy.policy), "base": base},
    )
    return record, curated.decision


def _plan_runs(  # noqa: PLR0917 - what a run needs to be planned; each is named for what it is
    store: Store,
    plan: Plan,
    experiment: ExperimentRecord,
    curated: Curated,
    arms: list[ArmRecord],
    environment: Environment,
    progress: Progress,
) -> list[tuple[RunRecord, RunPlan]]:
    """One run per arm and seed. With equal steps, the raw arm's epochs say how many steps every arm gets."""
    adapter = plan.adapter.value
    assets = store.files / "assets" / experiment.identity
    raw = store.datasets.rows(curated.dataset.dataset_id, "train")
    if not (assets / "done").is_file():
        progress.begin("prepare")
        adapter.prepare(store.datasets.examples(curated.dataset.dataset_id, rows=raw), plan.spec, assets)
        (assets / "done").touch()
        progress.end()
    spec = dataclasses.replace(plan.spec, assets=assets)
    base = adapter.plan(spec, environment)
    for warning in base.warnings:
        progress.say(warning)
    compare = plan.recipe.compare
    planned = []
    for arm in compare.arms:
        for seed in compare.seeds:
            rows = len(raw) if compare.budget == "steps" else arm_of(arms, arm, seed).rows
            steps = max(1, round(math.ceil(rows / base.batch_size) * base.epochs))
            run_plan = adapter.plan(dataclasses.replace(spec, max_steps=steps), environment)
            record = store.experiments.plan_run(
                experiment_id=experiment.experiment_id,
                dataset_id=curated.dataset.dataset_id,
                name=f"{_label(experiment)}/{arm}/{seed}",
                arm=arm,
                seed=seed,
                adapter=plan.adapter.id,
                version=adapter.version,
                plugin=plan.adapter.plugin,
                distribution=plan.adapter.distribution,
                distribution_version=plan.adapter.distribution_version,
                plan=json.loads(json.dumps(dataclasses.asdict(run_plan), default=str)),
                environment=dataclasses.asdict(environment),
                rows=arm_of(arms, arm, seed).rows,
            )
            planned.append((record, run_plan))
    return planned


def _floor(store: Store, plan: Plan, experiment: ExperimentRecord, curated: Curated, evaluation: ExampleTable) -> None:
    """Predictions that any useful model must beat, stored as a run like the others."""
    floor = plan.task.value.floor
    if floor is None:
        return
    record = store.experiments.plan_run(
        experiment_id=experiment.experiment_id,
        dataset_id=curated.dataset.dataset_id,
        name=f"{_label(experiment)}/{FLOOR}/0",
        arm=FLOOR,
        seed=0,
        adapter=floor.name,
        version="1",
        plugin=plan.task.plugin,
        distribution=plan.task.distribution,
        distribution_version=plan.task.distribution_version,
        plan={},
        environment={},
        rows=0,
    )
    if record.state == "finished":
        return
    predictions = floor.predict(store.datasets.examples(curated.dataset.dataset_id, split="train"), evaluation)
    results = metric_results(plan.metrics, predictions, evaluation)
    store.results.save(record.run_id, predictions=predictions.add_column(0, "row", evaluation.column("row")), metrics=results)
    store.experiments.finish_run(record.run_id, steps=0, seconds=0.0)


def _label(experiment: ExperimentRecord) -> str:
    """``name``, or ``name@revision`` from the second on."""
    return experiment.name if experiment.revision == 1 else f"{experiment.name}@{experiment.revision}"


def _add_steps(store: Store, experiment: ExperimentRecord, seconds: dict[str, float]) -> None:
    known = store.experiments.get(experiment.experiment_id).steps
    store.experiments.update(experiment.experiment_id, steps={step: known.get(step, 0.0) + value for step, value in seconds.items()})


def _unless_known(experiment: ExperimentRecord, steps: dict[str, float]) -> dict[str, float]:
    """What an earlier start measured stays: finding a thing done says nothing of the time that it takes."""
    return {step: value for step, value in steps.items() if step not in experiment.steps}


@contextmanager
def _timed(steps: dict[str, float], step: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    steps[step] = time.monotonic() - started
