"""Perplexity and bits per byte, and the floor under them."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from workbench.errors import DataError
from workbench.metrics import BitsPerByte, Perplexity, evaluate, likelihoods
from workbench.metrics.floors import constant_answer, lead_sentence, majority_label


def predictions(log_probability, tokens):
    return pa.table({"log_probability": pa.array(log_probability, pa.float64()), "tokens": pa.array(tokens, pa.int32())})


def values(table, references):
    return {one.metric: one for one in evaluate([(metric.name, metric) for metric in likelihoods()], table, references)}


def test_values_by_hand(examples):
    """The exponential of nats per token, and bits per UTF-8 byte, over all examples together and not as a mean of means."""
    found = values(predictions([-2 * math.log(8), -6 * math.log(2)], [2, 1]), examples(response=["ab", "中"]))

    assert pytest.approx(2 ** ((6 + 6) / 3), rel=1e-12) == found["perplexity"].value
    assert pytest.approx((6 + 6) / (2 + 3), rel=1e-12) == found["bits-per-byte"].value


def test_not_scored(examples):
    """Null and infinite log-probabilities, no tokens and empty references are counted and not scored."""
    table = predictions([None, -math.inf, -1.0, -1.0, -1.0], [1, 1, 0, 1, 1])

    found = values(table, examples(response=["a", "a", "a", "", "a"]))

    assert (math.e, 2, 3) == (found["perplexity"].value, found["perplexity"].n, found["perplexity"].not_scored)
    assert (pytest.approx(1 / math.log(2)), 2, 3) == (found["bits-per-byte"].value, found["bits-per-byte"].n, found["bits-per-byte"].not_scored)


def test_a_hopeless_model_is_infinite_and_not_an_error(examples):
    """A perplexity beyond the range of numbers is infinite."""
    assert math.inf == values(predictions([-1e6], [1]), examples(response=["a"]))["perplexity"].value


def test_several_references_are_refused(examples):
    """The log-probability is of one target: a list of them is an error that says so."""
    with pytest.raises(DataError, match="several references"):
        evaluate([("bits-per-byte", BitsPerByte())], predictions([-1.0], [1]), examples(response=[["a", "b"]]))


def test_missing_column_is_named(examples, texts):
    """Predictions without the column are refused with its name."""
    with pytest.raises(DataError, match="no column 'log_probability'"):
        evaluate([("perplexity", Perplexity())], texts(["a"]), examples(response=["a"]))


def test_byte_frequencies_are_a_language_model(examples):
    """The floor's bits per byte are those of add-one byte frequencies of train, end symbol included; it has no perplexity per token."""
    train, evaluation = examples(response=["aa", "ab", None]), examples(response=["ab", "中", None])

    table = constant_answer(train, evaluation, target="response")

    total = 257 + 4 + 2
    letters = math.log(4 / total) + math.log(2 / total)
    assert [letters + math.log(3 / total), 3 * math.log(1 / total) + math.log(3 / total)] == pytest.approx(
        table.column("log_probability").to_pylist()[:2], rel=1e-12
    )
    assert ["aa"] * 3 == table.column("text").to_pylist()
    assert table.column("log_probability")[2].as_py() is None
    found = values(table, evaluation)
    assert (1, 3) == (found["bits-per-byte"].not_scored, found["perplexity"].not_scored)


def test_byte_frequencies_of_english_beat_uniform_bytes(examples):
    """On running text the floor needs well under the 8 bits of a uniform byte."""
    text = "The floor knows how often each byte occurs and nothing else, which is worth about four and a half bits."
    table = constant_answer(examples(response=[text] * 20), examples(response=[text]), target="response")

    assert 4 < values(table, examples(response=[text]))["bits-per-byte"].value < 5


def test_majority_label(examples):
    """The most frequent label of train, the first in order of equals, and nothing else."""
    table = majority_label(examples(label=["b", "a", "b", "a", None]), examples(label=["c", "c"]))

    assert ["a", "a"] == table.column("label").to_pylist()
    assert 2 == table.column("text").null_count == table.column("log_probability").null_count


def test_constant_answer_of_spans(question_answers):
    """For question answering the most frequent first answer counts; no answer is the empty one."""
    train = question_answers([["yes", "no"], ["yes"], [], ["no"]])

    assert ["yes"] * 2 == constant_answer(train, question_answers([["a"], ["b"]]), target="answers").column("text").to_pylist()
    assert [""] == constant_answer(question_answers([[], [], ["x"]]), question_answers([["a"]]), target="answers").column("text").to_pylist()


def test_lead_sentence(examples):
    """The first sentence of each document, in either script; an empty document has an empty lead."""
    evaluation = examples(document=["One. Two.", "今天下雨。明天晴。", "", None], summary=["x", "y", "z", "z"])

    table = lead_sentence(examples(document=["d"], summary=["s"]), evaluation, document="document", target="summary")

    assert ["One.", "今天下雨。", "", ""] == table.column("text").to_pylist()
    assert 0 == table.column("log_probability").null_count


def test_floor_without_training_targets_is_refused(examples):
    """Nothing to take a floor from is an error that names the role."""
    with pytest.raises(DataError, match="'label'"):
        majority_label(examples(label=[None]), examples(label=["a"]))
