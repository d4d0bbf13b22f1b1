"""Classification metrics against scikit-learn."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import DataError
from workbench.metrics import LabelScore, evaluate, label_scores, value_of
from workbench.types import AdditiveMetric, ExampleTable, Metric

LABELS = st.sampled_from(["a", "b", "c", "d"])
PREDICTED = st.sampled_from(["a", "b", "c", "d", "made up"])


def reference_values(true, given):
    """What scikit-learn says with the label set of the references."""
    from sklearn import metrics

    labels = sorted(set(true))
    values = {"accuracy": metrics.accuracy_score(true, given)}
    with warnings.catch_warnings():
        # scikit-learn warns of a single label and of classes that only one side has.
        warnings.simplefilter("ignore")
        # All strays together are one further class.
        values["mcc"] = metrics.matthews_corrcoef(true, [label if label in labels else "stray" for label in given])
        for average in ("macro", "weighted"):
            precision, recall, f1, _ = metrics.precision_recall_fscore_support(true, given, labels=labels, average=average, zero_division=0)
            values |= {f"{average}-precision": precision, f"{average}-recall": recall, f"{average}-f1": f1}
    return values


def tables(true, given):
    references = ExampleTable(pa.table({"label": pa.array(true, pa.large_string())}), ("label",))
    return pa.table({"label": pa.array(given, pa.large_string())}), references


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(LABELS, PREDICTED), min_size=1, max_size=40))
def test_values_equal_scikit_learn(pairs):
    """All eight scores equal scikit-learn's with the label set fixed, absent classes and strays included."""
    true, given = [list(side) for side in zip(*pairs, strict=True)]
    expected = reference_values(true, given)
    metrics = [(metric.name, metric) for metric in label_scores()]

    actual = {found.metric: found.value for found in evaluate(metrics, *tables(true, given))}

    assert expected.keys() == actual.keys()
    for name, value in expected.items():
        assert math.isclose(value, actual[name], rel_tol=1e-12, abs_tol=1e-12), name


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(LABELS, PREDICTED), min_size=2, max_size=20), st.integers(0, 2**32 - 1))
def test_weighted_sums_equal_repeated_rows(pairs, seed):
    """Count weights times expanded statistics give the value of the resampled rows."""
    true, given = zip(*pairs, strict=True)
    predictions, references = tables(true, given)
    weights = np.random.default_rng(seed).multinomial(len(pairs), [1 / len(pairs)] * len(pairs))
    for metric in label_scores():
        state = metric.prepare(references)
        statistics = metric.statistics(predictions, references, state)

        expected = value_of(metric, np.repeat(statistics, weights, axis=0), state)
        actual = metric.finish(weights[None, :] @ metric.expand(statistics, state))[0]

        assert math.isclose(expected, actual, rel_tol=1e-12, abs_tol=1e-12), metric.name


def test_made_up_label_does_not_become_a_class():
    """One label that a model made up is counted apart and leaves the other class's share of macro-F1 alone."""
    (found,) = evaluate([("macro-f1", LabelScore(name="macro-f1"))], *tables(["a", "b"], ["a", "made up"]))

    assert (0.5, 1) == (found.value, found.stray)


def test_rare_classes_leave_the_value_inside_its_interval():
    """A resample misses one class of two examples in seven, and says nothing of it."""
    from workbench.compare import paired_bootstrap

    rng = np.random.default_rng(0)
    true = np.repeat(np.arange(30), 2)
    right = np.column_stack([true, np.where(rng.random(60) < 0.8, true, 30)]).astype(np.float64)
    wrong = np.column_stack([true, np.full(60, 30)]).astype(np.float64)

    found = paired_bootstrap(LabelScore(name="macro-recall"), {"labels": [f"{code:02}" for code in range(30)]}, wrong, right, resamples=1000)

    assert found.effect == pytest.approx((found.low + found.high) / 2, abs=0.02)


def test_null_is_not_scored():
    """A null on either side is a row of NaN, counted, and no error of the model."""
    (found,) = evaluate([("accuracy", LabelScore(name="accuracy"))], *tables(["a", None, "b", "b"], ["a", "a", None, "a"]))

    assert (0.5, 2, 2) == (found.value, found.n, found.not_scored)
    assert [False, True, True, False] == np.isnan(found.statistics).any(axis=1).tolist()


def test_nothing_scored_has_no_value():
    """Without a scored example the value is NaN, not 0."""
    found = evaluate([(metric.name, metric) for metric in label_scores()], *tables([None], [None]))

    assert all(math.isnan(one.value) and one.n == 0 for one in found)


def test_ten_thousand_classes():
    """Statistics stay two numbers per example, and their expansion stays sparse."""
    labels = [f"{code:05}" for code in range(10_000)]
    given = labels[1:] + labels[:1]
    metric = LabelScore(name="macro-f1")

    (found,) = evaluate([("macro-f1", metric)], *tables(labels + labels, labels + given))
    expanded = metric.expand(found.statistics, found.state)

    assert 0.5 == pytest.approx(found.value, rel=1e-12)
    assert (20_000, 2) == found.statistics.shape
    assert (20_000, 30_001, 50_000) == (*expanded.shape, expanded.nnz)


def test_constant_label():
    """A single class is scored; the correlation of a constant is 0."""
    found = {one.metric: one.value for one in evaluate([(metric.name, metric) for metric in label_scores()], *tables(["a"] * 3, ["a"] * 3))}

    assert {**dict.fromkeys(found, 1.0), "mcc": 0.0} == found


def test_unknown_reference_label_is_refused():
    """References that the state was not prepared from are an error that names the label."""
    predictions, references = tables(["a"], ["a"])

    with pytest.raises(DataError, match="'a' is not in the label set"):
        LabelScore(name="accuracy").statistics(predictions, references, {"labels": ["b"]})


@pytest.mark.parametrize("metric", label_scores(label="intent"), ids=lambda metric: metric.name)
def test_contract(metric):
    """Each is an additive metric that reads the role it was made with."""
    assert isinstance(metric, Metric)
    assert isinstance(metric, AdditiveMetric)
    assert ("intent",) == metric.roles
