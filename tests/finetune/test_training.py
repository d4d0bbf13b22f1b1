"""Training: deterministic, resumable, weighted, silent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from workbench.errors import DataError, RunError
from workbench.types import RunEvent, TrainContext

if TYPE_CHECKING:
    from pathlib import Path
    from types import SimpleNamespace

STEPS = 6


def weights_of(artifact) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in artifact.model.state_dict().items()}


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def test_the_same_seed_gives_the_same_weights(case, tmp_path: Path):
    """Two runs of one plan agree bit for bit; another seed gives other weights."""
    plan, encoded = case.ready(tmp_path, steps=STEPS)
    runs = [
        weights_of(case.adapter.train(encoded, plan, TrainContext(seed=seed, folder=tmp_path / str(index)))) for index, seed in enumerate([7, 7, 8])
    ]
    assert (True, False) == (same(runs[0], runs[1]), same(runs[0], runs[2]))


def test_a_stopped_run_goes_on_to_the_same_weights(case, tmp_path: Path):
    """Stopped at a step boundary and started again, a run ends with the weights of an uninterrupted one, bit for bit."""
    plan, encoded = case.ready(tmp_path, steps=STEPS)
    whole = weights_of(case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "whole")))
    events: list[RunEvent] = []
    stopping = TrainContext(seed=0, folder=tmp_path / "cut", emit=events.append, stopped=lambda: any(event.step == 3 for event in events))
    with pytest.raises(KeyboardInterrupt):
        case.adapter.train(encoded, plan, stopping)
    assert "checkpoint" == events[-1].kind
    resumed: list[RunEvent] = []
    second = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "cut", emit=resumed.append))
    assert ("resume", events[-1].step) == (resumed[0].kind, resumed[0].step)
    assert same(whole, weights_of(second))


KILLED = """
    import sys
    from pathlib import Path
    from workbench.finetune import SequenceClassification
    from workbench.types import FineTuneSpec, RunPlan, TrainContext, ExampleTable
    import json, pyarrow.parquet as pq
    folder = Path(sys.argv[1])
    plan = RunPlan(**json.loads((folder / "plan.json").read_text()))
    adapter = SequenceClassification()
    examples = ExampleTable(pq.read_table(folder / "train.parquet"), ("text", "label"))
    emit = lambda event: print(event.kind, event.step, flush=True)
    adapter.train(adapter.encode(examples, plan), plan, TrainContext(seed=0, folder=folder / "run", emit=emit))
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_weights(toys: SimpleNamespace, tmp_path: Path):
    """After SIGKILL in another process, a run resumes from its newest whole checkpoint to the weights of an uninterrupted one, bit for bit."""
    import json
    from dataclasses import asdict

    import pyarrow.parquet as pq

    case = toys.cases["classification"]
    plan, encoded = case.ready(tmp_path, steps=30, checkpoint_seconds=0)
    (tmp_path / "plan.json").write_text(json.dumps(asdict(plan)))
    pq.write_table(case.train.table, tmp_path / "train.parquet")
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path)]
    # The child sees the package where this process found it, installed or not.
    path = os.pathsep.join(entry for entry in sys.path if entry)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("checkpoint 1"):
                process.send_signal(signal.SIGKILL)
                break
    events: list[RunEvent] = []
    resumed = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "run", emit=events.append))
    assert "resume" == events[0].kind
    assert 0 < events[0].step < 30
    quiet = replace(plan, options={**plan.options, "checkpoint_seconds": 1e6})
    whole = case.adapter.train(encoded, quiet, TrainContext(seed=0, folder=tmp_path / "whole"))
    assert same(weights_of(whole), weights_of(resumed))


def stop_at(step: int):
    events: list[RunEvent] = []
    return {"emit": events.append, "stopped": lambda: any(event.step >= step for event in events)}


def test_a_damaged_checkpoint_is_passed_over(toys: SimpleNamespace, tmp_path: Path):
    """A checkpoint with a cut-off file is not used: the run resumes at the one before it, to the same weights."""
    case = toys.cases["classification"]
    plan, encoded = case.ready(tmp_path, steps=STEPS, checkpoint_seconds=0)
    with pytest.raises(KeyboardInterrupt):
        case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "cut", **stop_at(3)))
    checkpoints = sorted((tmp_path / "cut" / "checkpoints").iterdir())
    newest = checkpoints[-1] / "optimizer.pt"
    newest.write_bytes(newest.read_bytes()[:1000])
    events: list[RunEvent] = []
    resumed = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "cut", emit=events.append))
    assert ("resume", int(checkpoints[-2].name.split("-")[1])) == (events[0].kind, events[0].step)
    whole = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "whole"))
    assert same(weights_of(whole), weights_of(resumed))


def test_a_checkpoint_of_another_run_is_not_used(toys: SimpleNamespace, tmp_path: Path):
    """A folder with checkpoints of another seed gives the weights of this one."""
    case = toys.cases["classification"]
    plan, encoded = case.ready(tmp_path, steps=STEPS)
    with pytest.raises(KeyboardInterrupt):
        case.adapter.train(encoded, plan, TrainContext(seed=1, folder=tmp_path / "shared", **stop_at(3)))
    events: list[RunEvent] = []
    mixed = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "shared", emit=events.append))
    clean = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "clean"))
    assert "resume" not in {event.kind for event in events}
    assert same(weights_of(clean), weights_of(mixed))


def test_a_run_speaks_through_events_alone(case, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """Steps, validations and the end arrive as events in order, with their numbers; nothing is printed."""
    events: list[RunEvent] = []
    plan, encoded = case.ready(tmp_path, steps=STEPS, evaluations=2)
    context = TrainContext(seed=0, folder=tmp_path / "run", validation=case.adapter.encode(case.test, plan), emit=events.append)
    case.adapter.predict(case.adapter.train(encoded, plan, context), case.test.slice(0, 2))
    assert [("step", 1), ("step", 2), ("step", 3), ("validation", 3), ("step", 4), ("step", 5), ("step", 6), ("validation", 6), ("end", 6)] == [
        (event.kind, event.step) for event in events
    ]
    assert {STEPS} == {event.total for event in events}
    assert all(np.isfinite(event.values["loss"]) for event in events if event.kind in {"step", "validation"})
    assert ("", "") == tuple(capfd.readouterr())


def test_validation_does_not_change_the_weights(toys: SimpleNamespace, tmp_path: Path):
    """Looking at the validation loss on the way leaves the result as it was."""
    case = toys.cases["classification"]
    plan, encoded = case.ready(tmp_path, steps=STEPS)
    validation = case.adapter.encode(case.test, plan)
    runs = [
        case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / str(bool(given)), validation=given)) for given in (None, validation)
    ]
    assert same(*map(weights_of, runs))


def test_keep_best_ends_with_the_lowest_validation_loss(toys: SimpleNamespace, tmp_path: Path):
    """With ``keep_best`` the final model is the one of the lowest validation loss, here an early one, since validation has its labels swapped."""
    case = toys.cases["classification"]
    swapped = ["bad" if label == "good" else "good" for label in case.test.texts("label")]
    test = toys.examples(text=case.test.texts("text"), label=swapped)
    plan, encoded = case.ready(tmp_path, evaluations=6, keep_best=True)
    events: list[RunEvent] = []
    validation = case.adapter.encode(test, plan)
    artifact = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "run", validation=validation, emit=events.append))
    seen = [event.values["loss"] for event in events if event.kind == "validation"]
    assert min(seen) < seen[-1]
    assert min(seen) == pytest.approx(np.mean(case.adapter.score(artifact, test, "loss").column("loss").to_numpy()), rel=1e-4)


def gradient(case, encoded, positions: list[int], weights: list[float], artifact) -> tuple[float, dict[str, torch.Tensor]]:
    from workbench.finetune._features import collate
    from workbench.finetune._losses import weighted_mean

    features = encoded.features
    rows = np.concatenate([np.flatnonzero(features.example == position) for position in positions])
    weight = torch.tensor([weights[positions.index(features.example[row])] for row in rows])
    artifact.model.zero_grad()
    loss = weighted_mean(*case.adapter._losses(artifact.model, collate(features, rows, artifact.codec.pad)), weight)
    loss.backward()
    return float(loss.detach()), {name: parameter.grad.clone() for name, parameter in artifact.model.named_parameters() if parameter.grad is not None}


def test_a_row_of_weight_two_trains_like_the_row_twice(trained):
    """Loss and gradient of a batch with a row of weight 2 are those of the batch that holds the row twice."""
    case, artifact, _ = trained
    encoded = case.adapter.encode(case.train, artifact.codec.plan)
    loss, gradients = gradient(case, encoded, [0, 1, 2], [2.0, 1.0, 1.0], artifact)
    loss_twice, gradients_twice = gradient(case, encoded, [0, 0, 1, 2], [1.0] * 4, artifact)
    loss_once, _ = gradient(case, encoded, [0, 1, 2], [1.0] * 3, artifact)
    assert loss == pytest.approx(loss_twice, rel=1e-5)
    assert loss != pytest.approx(loss_once, rel=1e-3)
    for name, tensor in gradients.items():
        torch.testing.assert_close(tensor, gradients_twice[name], rtol=1e-3, atol=1e-6)


def test_a_row_of_weight_zero_trains_like_no_row(case, tmp_path: Path):
    """Weights reach the loss of a whole run: rows of weight 0 leave the weights that a run without them gives, bit for bit."""
    plan, encoded = case.ready(tmp_path, steps=STEPS)
    half = case.adapter.encode(case.train.slice(0, 32), plan)
    weights = np.where(np.arange(len(case.train)) < 32, 1.0, 0.0)
    weighted = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "weighted", weights=weights))
    without = case.adapter.train(half, plan, TrainContext(seed=0, folder=tmp_path / "without"))
    assert same(weights_of(weighted), weights_of(without))


def test_weights_decide_between_contradictory_rows(toys: SimpleNamespace, tmp_path: Path):
    """Where every text stands with both labels, the model follows the label that weighs more."""
    base = toys.cases["classification"]
    texts = base.train.texts("text")
    table = toys.examples(text=texts * 2, label=["good"] * len(texts) + ["bad"] * len(texts))
    case = type(base)(base.adapter, base.model, table, table, base.options)
    plan, encoded = case.ready(tmp_path)
    weights = np.repeat([1.0, 9.0], len(texts))
    artifact = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "run", weights=weights))
    predictions = case.adapter.predict(artifact, base.test)
    assert {"bad"} == set(predictions.column("label").to_pylist())
    assert np.mean(np.array(predictions.column("probabilities").to_pylist())[:, 0]) == pytest.approx(0.9, abs=0.08)


@pytest.mark.parametrize("weights", [np.ones(3), np.full(64, -1.0), np.full(64, np.nan)], ids=["too few", "negative", "not a number"])
def test_unusable_weights_are_refused(toys: SimpleNamespace, tmp_path: Path, weights: np.ndarray):
    """Weights that do not fit the examples stop the run before it starts."""
    case = toys.cases["classification"]
    plan, encoded = case.ready(tmp_path, steps=1)
    with pytest.raises(RunError, match="weight"):
        case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "run", weights=weights))


def test_an_empty_arm_is_refused(toys: SimpleNamespace, tmp_path: Path):
    """No examples, or none of any weight, is a plain message."""
    case = toys.cases["classification"]
    plan, encoded = case.ready(tmp_path, steps=1)
    with pytest.raises(RunError, match="no training examples"):
        case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "run", weights=np.zeros(64)))
    with pytest.raises(RunError, match="no training examples"):
        case.adapter.train(case.adapter.encode(case.train.slice(0, 0), plan), plan, TrainContext(seed=0, folder=tmp_path / "run"))
    with pytest.raises(DataError, match="no training example"):
        case.adapter.prepare(case.train.slice(0, 0), case.spec(tmp_path), tmp_path / "assets")


def test_a_single_training_example_is_enough(case, tmp_path: Path):
    """An arm of one example trains, in batches of that one."""
    events: list[RunEvent] = []
    plan, _ = case.ready(tmp_path, steps=2)
    encoded = case.adapter.encode(case.train.slice(0, 1), plan)
    case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "run", emit=events.append))
    assert 2 == events[-1].step


def test_epochs_decide_the_steps_where_nothing_fixes_them(toys: SimpleNamespace, tmp_path: Path):
    """64 rows in batches of 16 for one and a half epochs are six steps; a plan with max_steps takes those, whatever the arm's size."""
    case = toys.cases["classification"]
    for spec, expected in (({"epochs": 1.5}, 6), ({"steps": 3}, 3)):
        events: list[RunEvent] = []
        plan, encoded = case.ready(tmp_path, **spec)
        case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / str(expected), emit=events.append))
        assert expected == events[-1].step
