"""The trace of a run: what it says, and that asking for it, stopping and resuming change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
import torch

from workbench.finetune._features import IGNORED
from workbench.finetune._trace import epoch_ends, target_measures
from workbench.types import TrainContext

if TYPE_CHECKING:
    from pathlib import Path
    from types import SimpleNamespace

SCHEMA = pa.schema(
    [("epoch", pa.int32()), ("row", pa.int64()), *((name, pa.float64()) for name in ("loss", "log_probability", "margin", "correct", "error_norm"))]
)
STEPS = 8


def traced(case, folder: Path, run: str, *, steps: int | None = STEPS, **context) -> tuple[pa.Table, object]:
    """The trace of a run, and its artifact."""
    plan, encoded = case.ready(folder, steps=steps)
    tables: list[pa.Table] = []
    artifact = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=folder / run, trace=tables.append, **context))
    (table,) = tables
    return table, artifact


@pytest.fixture(scope="module")
def _wholes() -> dict[str, tuple[pa.Table, object]]:
    return {}


@pytest.fixture
def whole_of(_wholes: dict[str, tuple[pa.Table, object]], tmp_path_factory: pytest.TempPathFactory):
    """The trace of an uninterrupted run of each head, and its artifact, trained once for all tests."""

    def find(case) -> tuple[pa.Table, object]:
        if case.adapter.name not in _wholes:
            _wholes[case.adapter.name] = traced(case, tmp_path_factory.mktemp(case.adapter.name), "whole")
        return _wholes[case.adapter.name]

    return find


def test_the_measures_are_those_of_the_formulas():
    """By hand: probabilities of 1/2, 1/4, 1/4 over three classes, right, wrong and without a target."""
    logits = torch.log(torch.tensor([[[0.5, 0.25, 0.25]] * 3, [[0.5, 0.25, 0.25]] * 3]))
    labels = torch.tensor([[0, 1, IGNORED], [IGNORED] * 3])
    sums, targets = target_measures(logits, labels)
    nats, margin, correct, error = np.log(2) + np.log(4), np.log(2) - np.log(2), 1.0, (0.25 + 0.125) ** 0.5 + (0.25 + 0.5625 + 0.0625) ** 0.5
    np.testing.assert_allclose(sums.numpy(), [[nats, margin, correct, error], [0.0] * 4], atol=1e-6)
    assert [2.0, 0.0] == targets.tolist()


@pytest.mark.parametrize(
    ("usable", "batch", "steps", "expected"),
    [(64, 16, 8, {4: 1, 8: 2}), (64, 16, 6, {4: 1, 6: 2}), (10, 4, 5, {3: 1, 5: 2}), (3, 3, 2, {1: 1, 2: 2}), (64, 16, 2, {2: 1})],
)
def test_epochs_end_where_a_pass_does_and_with_the_run(usable: int, batch: int, steps: int, expected: dict[int, int]):
    """The last one may be a part of a pass."""
    assert expected == epoch_ends(usable, batch, steps)


def test_asking_changes_no_weight(toys: SimpleNamespace, whole_of, tmp_path: Path):
    """A run that is traced ends with the weights of one that is not, bit for bit."""
    case = toys.cases["classification"]
    plan, encoded = case.ready(tmp_path, steps=STEPS)
    plain = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "plain"))
    assert all(torch.equal(tensor, plain.model.state_dict()[name]) for name, tensor in whole_of(case)[1].model.state_dict().items())


def test_every_head_gives_one_row_per_epoch_and_example(case, whole_of):
    """In the columns of the contract, with the values that scoring the trained model gives in the last epoch."""
    table, artifact = whole_of(case)
    epochs = -(-STEPS * artifact.codec.plan.batch_size // len(case.train))
    assert SCHEMA == table.schema
    assert [each for epoch in range(1, epochs + 1) for each in [epoch] * len(case.train)] == table["epoch"].to_pylist()
    last = table.filter(pa.compute.equal(table["epoch"], epochs))
    assert case.train.values("row") == last["row"].to_pylist()
    for kind in ("loss", "log_probability"):
        np.testing.assert_allclose(last[kind].to_numpy(), case.adapter.score(artifact, case.train, kind)[kind].to_numpy(), rtol=1e-4)
    correct, margin, error = (last[name].to_numpy() for name in ("correct", "margin", "error_norm"))
    assert ((correct >= 0) & (correct <= 1) & (error >= 0) & (error <= 2**0.5 + 1e-6)).all()
    assert (margin[correct == 1] > 0).all()
    assert (margin[correct == 0] <= 0).all()


def test_a_resumed_run_gives_the_same_trace(case, whole_of, tmp_path: Path):
    """Stopped in the second epoch and started again, bit for bit; nothing is given before the run has ended."""
    whole, _ = whole_of(case)
    seen: list[int] = []
    given: list[pa.Table] = []
    plan, encoded = case.ready(tmp_path, steps=STEPS)
    first_end = min(epoch_ends(len(encoded.features), plan.batch_size, STEPS))
    stopping = TrainContext(
        seed=0,
        folder=tmp_path / "cut",
        trace=given.append,
        emit=lambda event: seen.append(event.step),
        stopped=lambda: bool(seen) and seen[-1] >= first_end,
    )
    with pytest.raises(KeyboardInterrupt):
        case.adapter.train(encoded, plan, stopping)
    assert [] == given
    again, _ = traced(case, tmp_path, "cut")
    assert whole.equals(again)


def test_a_lost_epoch_is_not_made_up(toys: SimpleNamespace, whole_of, tmp_path: Path):
    """Where an epoch before the checkpoint is gone, or was not asked for, the run begins again and gives the whole trace."""
    case = toys.cases["classification"]
    whole, _ = whole_of(case)
    plan, encoded = case.ready(tmp_path, steps=STEPS)
    for run, trace, loses in (("untraced", None, False), ("lost", lambda _table: None, True)):
        seen: list[int] = []
        stopping = TrainContext(
            seed=0,
            folder=tmp_path / run,
            trace=trace,
            emit=lambda event, seen=seen: seen.append(event.step),
            stopped=lambda seen=seen: seen[-1:] == [5],
        )
        with pytest.raises(KeyboardInterrupt):
            case.adapter.train(encoded, plan, stopping)
        if loses:
            (tmp_path / run / "checkpoints" / "trace" / "1.parquet").unlink()
        again, _ = traced(case, tmp_path, run)
        assert whole.equals(again)


def test_rows_of_weight_zero_are_traced_and_one_class_has_no_margin(toys: SimpleNamespace, tmp_path: Path):
    """What is not trained on is judged like the rest; with one label there is nothing to be ahead of."""
    case = toys.cases["classification"]
    weights = np.where(np.arange(len(case.train)) % 2, 1.0, 0.0)
    table, _ = traced(case, tmp_path, "run", steps=2, weights=weights)
    assert [1] * len(case.train) == table["epoch"].to_pylist()
    assert 0 == table["loss"].null_count
    same = toys.examples(text=["one", "two"], label=["x", "x"])
    table, _ = traced(type(case)(case.adapter, case.model, same, same, {"batch_size": 2}), tmp_path / "one", "run", steps=1)
    assert ([0.0] * 2, [None] * 2, [1.0] * 2) == tuple(table[name].to_pylist() for name in ("loss", "margin", "correct"))
