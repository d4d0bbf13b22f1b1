"""What a trained head gives: predictions, scores, and the same again from a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from workbench.errors import PluginError, RunError, UnknownNameError
from workbench.types import ExampleTable, FineTuneAdapter

if TYPE_CHECKING:
    from pathlib import Path
    from types import SimpleNamespace

TARGETS = {"sequence-classification": "label", "span-qa": "answers", "seq2seq": "summary", "causal": "response"}
GIVEN = {
    "sequence-classification": {"label", "probabilities", "log_probability"},
    "span-qa": {"text", "span", "log_probability"},
    "seq2seq": {"text", "log_probability", "tokens"},
    "causal": {"text", "log_probability", "tokens"},
}


def wanted(case, table: ExampleTable) -> list[str]:
    target = table.values(TARGETS[case.adapter.head])
    return [answer[0]["text"] for answer in target] if case.adapter.head == "span-qa" else target


def given(case, predictions: pa.Table) -> list[str]:
    return predictions.column("label" if case.adapter.head == "sequence-classification" else "text").to_pylist()


def test_every_head_keeps_the_contract(case):
    """Each adapter is one by the protocol."""
    assert isinstance(case.adapter, FineTuneAdapter)


def test_every_head_learns_a_toy_mapping(trained):
    """A model that saw the mapping answers nearly all unseen examples right."""
    case, artifact, _ = trained
    predictions = case.adapter.predict(artifact, case.test)
    assert np.mean([a == b for a, b in zip(given(case, predictions), wanted(case, case.test), strict=True)]) > 0.9


def test_predictions_have_the_columns_of_the_contract(trained):
    """One row per example, every column of its type, null where the head has nothing to say."""
    case, artifact, _ = trained
    predictions = case.adapter.predict(artifact, case.test)
    assert [
        ("text", pa.large_string()),
        ("label", pa.large_string()),
        ("probabilities", pa.large_list(pa.float64())),
        ("span", pa.struct([("start", pa.int32()), ("end", pa.int32()), ("no_answer", pa.float64())])),
        ("log_probability", pa.float64()),
        ("tokens", pa.int32()),
    ] == [(field.name, field.type) for field in predictions.schema]
    assert len(case.test) == predictions.num_rows
    full = {name for name in predictions.column_names if predictions.column(name).null_count == 0}
    empty = {name for name in predictions.column_names if predictions.column(name).null_count == len(case.test)}
    assert (GIVEN[case.adapter.head], set(predictions.column_names) - GIVEN[case.adapter.head]) == (full, empty)


def test_a_saved_model_predicts_the_same_again(trained, tmp_path: Path):
    """Saving and loading gives the very same predictions; weights are safetensors, and the checkpoints of the run are gone."""
    case, artifact, folder = trained
    case.adapter.save(artifact, tmp_path / "model")
    loaded = case.adapter.load(tmp_path / "model", artifact.codec.plan)
    assert case.adapter.predict(artifact, case.test).equals(case.adapter.predict(loaded, case.test))
    assert ["model.safetensors"] == [file.name for file in (tmp_path / "model").iterdir() if file.suffix in {".safetensors", ".bin", ".pt", ".pth"}]
    assert not (folder / "run" / "checkpoints").exists()


def test_a_half_written_model_is_refused(trained, tmp_path: Path):
    """A folder without its last file is not loaded."""
    case, artifact, _ = trained
    case.adapter.save(artifact, tmp_path)
    (tmp_path / "plan.json").unlink()
    with pytest.raises(RunError, match="cut off"):
        case.adapter.load(tmp_path, artifact.codec.plan)


def test_a_single_example_and_none_are_predicted(trained):
    """Alone, an example gets the answer that it gets in company; no examples give an empty table."""
    case, artifact, _ = trained
    assert given(case, case.adapter.predict(artifact, case.test))[:1] == given(case, case.adapter.predict(artifact, case.test.slice(0, 1)))
    assert case.adapter.predict(artifact, case.test.slice(0, 0)).num_rows == 0
    assert [0, 0] == [case.adapter.score(artifact, case.test.slice(0, 0), kind).num_rows for kind in ("loss", "hidden")]


def test_predictions_need_no_target(trained):
    """Examples without the target's column are predicted alike, with no log-probability."""
    case, artifact, _ = trained
    kept = [name for name in case.test.table.column_names if name != TARGETS[case.adapter.head]]
    blind = ExampleTable(case.test.table.select(kept), tuple(role for role in case.test.roles if role in kept))
    predictions = case.adapter.predict(artifact, blind)
    assert given(case, case.adapter.predict(artifact, case.test)) == given(case, predictions)
    assert [None] * len(blind) == predictions.column("log_probability").to_pylist()


def test_scores_agree_with_predictions(trained):
    """The log-probability of a score is that of the prediction, the loss is the same per target, and both name their rows."""
    case, artifact, _ = trained
    predicted = case.adapter.predict(artifact, case.test).column("log_probability").to_pylist()
    scored = case.adapter.score(artifact, case.test, "log_probability")
    assert case.test.values("row") == scored.column("row").to_pylist()
    assert predicted == pytest.approx(scored.column("log_probability").to_pylist(), abs=1e-5)
    loss = case.adapter.score(artifact, case.test, "loss").column("loss").to_numpy()
    targets = {"sequence-classification": 1, "span-qa": 2}.get(case.adapter.head) or case.adapter.predict(artifact, case.test).column(
        "tokens"
    ).to_numpy()
    assert -np.array(predicted) / targets == pytest.approx(loss, abs=1e-5)


def test_hidden_states_are_one_vector_per_example(trained):
    """Hidden states are as wide as the model, and finite."""
    case, artifact, _ = trained
    hidden = case.adapter.score(artifact, case.test, "hidden").column("hidden")
    assert pa.list_(pa.float32(), 128) == hidden.type
    assert np.isfinite(hidden.combine_chunks().flatten().to_numpy()).all()


def test_logits_belong_to_classification_alone(trained):
    """Logits have one value per label; a head that has no label set refuses them by name."""
    case, artifact, _ = trained
    if case.adapter.head == "sequence-classification":
        assert pa.list_(pa.float32(), 2) == case.adapter.score(artifact, case.test, "logits").column("logits").type
    else:
        with pytest.raises(UnknownNameError, match="logits"):
            case.adapter.score(artifact, case.test, "logits")


def test_a_foreign_artifact_is_refused(case):
    """An artifact of another adapter's making is named, not crashed on."""
    with pytest.raises(PluginError, match="the artifact is a str"):
        case.adapter.predict("model", case.test)


def test_probabilities_stand_in_the_order_of_the_sorted_labels(toys: SimpleNamespace, tmp_path: Path):
    """The label is the most probable of the sorted label set, and probabilities sum to one."""
    case = toys.cases["classification"]
    predictions = case.adapter.predict(case.fit(tmp_path, epochs=1), case.test)
    probabilities = np.array(predictions.column("probabilities").to_pylist())
    assert [["bad", "good"][index] for index in probabilities.argmax(1)] == predictions.column("label").to_pylist()
    assert probabilities.sum(1) == pytest.approx(np.ones(len(case.test)))


def test_a_constant_label_is_learned_without_a_crash(toys: SimpleNamespace, tmp_path: Path):
    """One class is a degenerate task, not an error: it is always predicted, with probability 1."""
    table = toys.examples(text=["one text", "another text", "a third"], label=["same"] * 3)
    case = type(toys.cases["classification"])(toys.cases["classification"].adapter, "scratch:encoder-tiny", table, table, {"epochs": 1})
    predictions = case.adapter.predict(case.fit(tmp_path), table)
    assert (["same"] * 3, [[1.0]] * 3) == (predictions.column("label").to_pylist(), predictions.column("probabilities").to_pylist())


@pytest.mark.parametrize("case", ["seq2seq", "causal"], indirect=True)
def test_generation_stops_at_the_stop_token(trained):
    """What is written is the short answer alone, far below the length that it may have."""
    case, artifact, _ = trained
    assert set(wanted(case, case.train)) >= set(case.adapter.predict(artifact, case.test).column("text").to_pylist())


def test_unanswerable_questions_are_told_apart(toys: SimpleNamespace, tmp_path: Path):
    """Trained with unanswerable examples, a model gives the empty answer to those, and its no-answer score separates them."""
    train, test = toys.cities(96, unanswerable=True), toys.cities(48, seed=1, unanswerable=True)
    base = toys.cases["qa"]
    case = type(base)(base.adapter, base.model, train, test, base.options)
    predictions = case.adapter.predict(case.fit(tmp_path), test)
    truth = [bool(answers) for answers in test.values("answers")]
    assert np.mean([bool(text) == answerable for text, answerable in zip(predictions.column("text").to_pylist(), truth, strict=True)]) > 0.9
    scores = np.array([span["no_answer"] for span in predictions.column("span").to_pylist()])
    assert scores[np.array(truth)].mean() < 0 < scores[~np.array(truth)].mean()


@pytest.mark.parametrize("case", ["qa"], indirect=True)
def test_spans_count_code_points(trained):
    """The span of a Chinese answer beside emoji cuts exactly the predicted text out of the context."""
    case, artifact, _ = trained
    predictions = case.adapter.predict(artifact, case.test)
    spans = predictions.column("span").to_pylist()
    cut = [context[span["start"] : span["end"]] for context, span in zip(case.test.texts("context"), spans, strict=True)]
    assert cut == predictions.column("text").to_pylist()
