"""Evaluating a table of predictions."""

# ruff: noqa: ARG002 (the metrics of third parties below follow the protocol)

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pytest

from workbench.errors import DataError, PluginError
from workbench.metrics import (
    Rouge,
    evaluate,
    label_scores,
    likelihoods,
    rouge_scores,
    squad_scores,
    translation_scores,
    value_of,
)
from workbench.types import AdditiveMetric, Direction, Metric, MetricKind

ALL = [*label_scores(), *squad_scores(), *rouge_scores(), *translation_scores(), *likelihoods()]

IDS = [
    *("accuracy", "macro-f1", "weighted-f1", "macro-precision", "macro-recall", "weighted-precision", "weighted-recall", "mcc"),
    *("exact-match", "f1", "exact-match-v2", "f1-v2"),
    *("rouge1", "rouge2", "rougeL", "rougeLsum"),
    *("bleu", "chrf", "perplexity", "bits-per-byte"),
]


@dataclass(frozen=True)
class Distinct:
    """A set metric: the share of distinct texts."""

    name: str = "distinct"
    version: str = "1"
    kind: MetricKind = MetricKind.SET
    needs: tuple = ()
    roles: tuple = ()
    direction: Direction = Direction.HIGHER
    low: float = 0.0
    high: float = 1.0
    percent: bool = False

    def signature(self):
        return "distinct"

    def prepare(self, references):
        return {"count": len(references), "list": [1]}

    def statistics(self, predictions, references, state):
        codes = {text: float(code) for code, text in enumerate(dict.fromkeys(predictions.column("text").to_pylist()))}
        return np.array([[codes[text]] for text in predictions.column("text").to_pylist()])

    def value(self, statistics):
        return len(np.unique(statistics)) / len(statistics)


@dataclass(frozen=True)
class Weighted(Distinct):
    """A weighted metric: the weighted median position."""

    kind: MetricKind = MetricKind.WEIGHTED

    def aggregate(self, statistics, weights):
        return (weights @ statistics)[:, 0] / weights.sum(axis=1)


@dataclass(frozen=True)
class Flat(Distinct):
    """A metric that breaks the contract."""

    def statistics(self, predictions, references, state):
        return np.zeros(len(references))


def test_ids():
    """The ids that recipes know are those that exist."""
    assert sorted(IDS) == sorted(metric.name for metric in ALL)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_contract(metric):
    """Each is additive, hashable, equal to its twin, and keeps its values inside its range."""
    assert isinstance(metric, Metric)
    assert isinstance(metric, AdditiveMetric)
    assert hash(metric) == hash(replace(metric))
    assert metric.percent == (metric.high == 100.0)
    assert "\n" not in metric.signature()


def test_lengths_must_agree(examples, texts):
    """More or fewer predictions than examples are refused with both numbers."""
    with pytest.raises(DataError, match="2 predictions for 1 examples"):
        evaluate([("rouge1", Rouge(name="rouge1"))], texts(["a", "b"]), examples(summary=["a"]))


@pytest.mark.parametrize(
    ("references", "message"),
    [({"text": ["a"]}, "no role 'summary'"), ({"summary": pa.array([1.5])}, "'summary' holds double")],
)
def test_references_must_hold_text(texts, references, message):
    """A missing role, or one that is no text, is refused by name."""
    from workbench.types import ExampleTable

    table = ExampleTable(pa.table(references), tuple(references))

    with pytest.raises(DataError, match=message):
        evaluate([("rouge1", Rouge(name="rouge1"))], texts(["a"]), table)


@pytest.mark.parametrize(("metric", "expected"), [(Distinct(), 2 / 3), (Weighted(), 1 / 3)])
def test_other_kinds(examples, texts, metric, expected):
    """Set and weighted metrics of third parties are evaluated too; plain values of their state join the signature."""
    (found,) = evaluate([("mine", metric)], texts(["a", "b", "a"]), examples(summary=["x"] * 3))

    assert ("mine", pytest.approx(expected), "distinct|count:3") == (found.metric, found.value, found.signature)


def test_wrong_shape_is_the_plugins_error(examples, texts):
    """Statistics that are not one row per example name the metric and what was expected."""
    with pytest.raises(PluginError, match=r"'flat' version 1 gave statistics of shape \(1,\)"):
        evaluate([("flat", Flat())], texts(["a"]), examples(summary=["a"]))


def test_no_examples(examples, texts):
    """An empty evaluation set has no value and is no error."""
    for found in evaluate([(metric.name, metric) for metric in (*rouge_scores(), *translation_scores("summary"))], texts([]), examples(summary=[])):
        assert (0, 0) == (found.n, found.not_scored)
        assert np.isnan(found.value)


def test_value_of_ignores_what_is_not_scored():
    """Rows of NaN take no part in a value."""
    metric = Rouge(name="rouge1")

    assert 0.5 == value_of(metric, np.array([[0.25], [np.nan], [0.75]]), {})


def test_import_is_light():
    """Importing the room imports no heavy library: plugins do so at module level."""
    heavy = ["torch", "transformers", "datasets", "sklearn", "scipy", "sacrebleu", "rouge_score", "nltk", "pyarrow", "regex"]
    code = f"import sys, workbench.metrics; print([name for name in {heavy} if name in sys.modules])"

    assert "[]" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
