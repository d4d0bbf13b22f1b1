from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from store_builders import examples, imported, numbered, planned_run

from workbench.errors import DataError
from workbench.types import RunEvent


@pytest.fixture
def dataset_id(store):
    return imported(store, examples(numbered(5))).dataset_id


def opened(store, dataset_id, identity="i", name="exp"):
    return store.experiments.open(
        name=name, identity=identity, task="classification.classification", dataset_id=dataset_id, recipe="task: x # 注", resolved={"a": [1]}
    )


def test_equal_identity_is_the_same_experiment(store, dataset_id):
    """An equal identity resumes; a changed one is the next revision under the name."""
    first = opened(store, dataset_id)
    assert first == opened(store, dataset_id)
    second = opened(store, dataset_id, "j")
    assert (1, 2) == (first.revision, second.revision)
    assert second == store.experiments.find("exp")
    assert first == store.experiments.find("exp", 1)
    assert [first, second] == store.experiments.list()
    assert store.experiments.find("other") is None
    assert ("running", None, {}) == (first.state, first.finished, first.steps)
    assert ("task: x # 注", {"a": [1]}) == (first.recipe, first.resolved)


def test_update_merges_steps(store, dataset_id):
    """Seconds by step add up over calls; an experiment that is found finished again finished when it did, until it runs again."""
    number = opened(store, dataset_id).experiment_id
    store.experiments.update(number, steps={"import": 1.0})
    store.experiments.update(number, state="finished", steps={"curate": 2.0})
    finished = store.experiments.get(number)
    store.experiments.update(number, state="finished", steps={"curate": 3.0})
    found = store.experiments.get(number)
    assert ("finished", {"import": 1.0, "curate": 3.0}) == (found.state, found.steps)
    assert finished.finished == found.finished
    assert found.finished is not None
    store.experiments.update(number, state="running")
    assert store.experiments.get(number).finished is None
    with pytest.raises(DataError, match="no experiment number 9"):
        store.experiments.update(9, state="failed")


def test_arms_are_frozen_once(store, dataset_id):
    """An arm keeps its rows, in training order, whatever is offered later under its name and seed."""
    number = opened(store, dataset_id).experiment_id
    raw = store.experiments.freeze(number, "raw", None, np.array([4, 0, 2]), policy_id=None, ledger_number=0)
    assert raw == store.experiments.freeze(number, "raw", None, np.array([1]), policy_id=3, ledger_number=9, note="later")
    drawn = [store.experiments.freeze(number, "random", seed, np.array([seed]), policy_id=1, ledger_number=2, note="n") for seed in (0, 1)]
    assert [raw, *drawn] == store.experiments.arms(number)
    assert [4, 0, 2] == store.experiments.arm_rows(raw.arm_id).tolist()
    assert [0, 1] == [arm.seed for arm in drawn]
    assert (3, np.int64) == (raw.rows, store.experiments.arm_rows(raw.arm_id).dtype)


def test_run_goes_through_its_states(store, dataset_id):
    """A run is planned once, runs, fails or finishes, and can be started again."""
    run = planned_run(store, dataset_id)
    assert run == planned_run(store, dataset_id)
    assert ("planned", {"epochs": 3.0}, {"cores": 2}, None) == (run.state, run.plan, run.environment, run.finished)
    store.experiments.start_run(run.run_id)
    store.experiments.fail_run(run.run_id, "it broke")
    failed = store.experiments.find_run("exp/raw/0")
    assert ("failed", "it broke") == (failed.state, failed.error)
    assert failed.finished is not None
    store.experiments.start_run(run.run_id)
    assert ("running", "", None) == tuple(getattr(store.experiments.find_run(str(run.run_id)), name) for name in ("state", "error", "finished"))
    store.experiments.finish_run(run.run_id, steps=7, seconds=1.5)
    assert ("finished", 7, 1.5) == tuple(getattr(store.experiments.find_run("exp/raw/0"), name) for name in ("state", "steps", "seconds"))
    assert store.experiments.find_run("exp/raw/1") is None
    with pytest.raises(DataError, match="no run number 9"):
        store.experiments.start_run(9)


def test_runs_by_experiment_and_newest_by_name(store, dataset_id):
    """The same name in two revisions is two runs; the name alone means the newer."""
    first, second = (opened(store, dataset_id, identity).experiment_id for identity in "ij")
    runs = [planned_run(store, dataset_id, experiment_id=number) for number in (first, second)]
    alone = planned_run(store, dataset_id, name="their system")
    assert [runs[0]] == store.experiments.runs(first)
    assert [*runs, alone] == store.experiments.runs()
    assert runs[1] == store.experiments.find_run("exp/raw/0")


def test_events_keep_their_order_and_time(store, dataset_id):
    """Events come back in the order they were added, with their time in UTC, over several batches."""
    run = planned_run(store, dataset_id).run_id
    moment = datetime(2024, 2, 29, 12, 0, tzinfo=timezone(timedelta(hours=8)))
    events = [(moment + timedelta(seconds=step), RunEvent(kind="step", step=step, total=3, values={"loss": 1.0 / step})) for step in (1, 2, 3)]
    store.experiments.add_events(run, events[:2])
    store.experiments.add_events(run, [*events[2:], (moment, RunEvent(kind="end", step=3, total=3, values={"loss": float("nan")}))])
    found = store.experiments.events(run).to_pylist()
    assert [1, 2, 3, 3] == [event["step"] for event in found]
    assert [datetime(2024, 2, 29, 4, 0, step, tzinfo=UTC) for step in (1, 2, 3, 0)] == [event["time"] for event in found]
    assert ['{"loss": 1.0}', '{"loss": null}'] == [found[0]["values"], found[3]["values"]]
    assert store.experiments.events(99).num_rows == 0


def test_audit_replaces_an_earlier_one(store, dataset_id):
    """A resumed run audits again; the newest audit counts."""
    run = planned_run(store, dataset_id).run_id
    audit = pa.table({"row": [3, 1], "tokens": [9, 8], "supervised_tokens": [1, 1], "truncated": [False, True], "stop_token_trained": [None, True]})
    store.experiments.add_audit(run, audit.slice(1))
    store.experiments.add_audit(run, audit)
    assert audit.to_pylist() == store.experiments.audit(run).to_pylist()


def test_takes_part(store, dataset_id):
    """For an example one sees the arms that hold it and the runs that trained on them, planned ones included."""
    number = opened(store, dataset_id).experiment_id
    store.experiments.freeze(number, "raw", None, np.array([0, 1, 2]), policy_id=None, ledger_number=0)
    store.experiments.freeze(number, "random", 0, np.array([1]), policy_id=None, ledger_number=0)
    store.experiments.freeze(number, "random", 1, np.array([2]), policy_id=None, ledger_number=0)
    for seed in (0, 1):
        planned_run(store, dataset_id, experiment_id=number, name=f"exp/raw/{seed}", seed=seed)
    planned_run(store, dataset_id, experiment_id=number, name="exp/random/1", arm="random", seed=1)
    assert [("raw", 0, "planned"), ("raw", 1, "planned"), ("random", 0, None)] == takes_part(store, dataset_id, 1)
    assert [("raw", 0, "planned"), ("raw", 1, "planned"), ("random", 1, "planned")] == takes_part(store, dataset_id, 2)
    assert [] == takes_part(store, dataset_id, 4)


def takes_part(store, dataset_id, row):
    found = store.experiments.takes_part(dataset_id, row).to_pylist()
    assert all(("exp", 1) == (each["experiment"], each["revision"]) for each in found)
    return [(each["arm"], each["seed"], each["state"]) for each in found]
