"""Selectors that rest on the trace of a training run: their formulas by hand, and what every selector keeps to."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import RecipeError
from workbench.selectors import AreaUnderMargin, Cartography, ErrorNorm, ErrorNormParams, Forgetting, LossCurves, LossCurvesParams
from workbench.selectors._loss_curves import deal_out
from workbench.types import ModelBased, Selector, Trace

SELECTORS = [Cartography(), Forgetting(), AreaUnderMargin(), ErrorNorm(), LossCurves(params=LossCurvesParams(clusters=3))]
every_selector = pytest.mark.parametrize("selector", SELECTORS, ids=[selector.name for selector in SELECTORS])
NAMES = ("loss", "log_probability", "margin", "correct", "error_norm")


def trace_of(rows, **measures):
    """A trace of lists [epochs][examples]; what is not given is 0."""
    epochs = len(next(iter(measures.values())))
    columns = {name: np.array(measures.get(name, np.zeros((epochs, len(rows)))), dtype=np.float64).ravel() for name in NAMES}
    table = {
        "epoch": pa.array(np.repeat(np.arange(1, epochs + 1), len(rows)), pa.int32()),
        "row": pa.array(list(rows) * epochs, pa.int64()),
        **{name: pa.array(values, from_pandas=True) for name, values in columns.items()},
    }
    return Trace(table=pa.table(table), head="sequence-classification")


def drawn(rows, epochs=4, seed=0):
    """A trace of random but possible values."""
    random = np.random.default_rng(seed)
    margin = random.normal(size=(epochs, rows))
    return trace_of(
        range(rows), loss=random.exponential(size=(epochs, rows)), margin=margin, correct=margin > 0, error_norm=random.random((epochs, rows))
    )


def scored(selector, table, context, trace, **options):
    found = selector.score(table, context(trace=lambda: trace, **options))
    return found, {name: found.signals[name].to_pylist() for name in found.signals.column_names}


LN = np.log
BY_HAND = {
    "cartography": (
        Cartography(),
        {"loss": -LN([[0.2, 0.9], [0.4, 0.9]]), "correct": [[0, 1], [0.5, 1]]},
        {"confidence": [0.3, 0.9], "variability": [0.1, 0.0], "correctness": [0.25, 1.0]},
    ),
    "forgetting": (
        Forgetting(),
        {"correct": [[1, 0, 0], [0, 0, 1], [1, 0.9, 1], [0, 0, 1]]},
        {"events": [2, 0, 0], "never-learned": [False, True, False]},
    ),
    "area under the margin": (AreaUnderMargin(), {"margin": [[2.0, -1.0], [4.0, -3.0]]}, {"margin": [3.0, -2.0]}),
    "el2n of the first epochs": (ErrorNorm(), {"error_norm": [[0.2, 1.0], [0.4, 1.2], [0.0, 0.0]]}, {"norm": [0.3, 1.1]}),
    "el2n of one epoch": (ErrorNorm(params=ErrorNormParams(epochs=1)), {"error_norm": [[0.2, 1.0], [0.4, 1.2]]}, {"norm": [0.2, 1.0]}),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_signals_follow_their_formulas(name, examples, context):
    """Computed by hand from a few epochs."""
    selector, measures, expected = BY_HAND[name]
    size = len(next(iter(expected.values())))
    _, values = scored(selector, examples(text=[f"text {at}" for at in range(size)]), context, trace_of(range(size), **measures))
    assert expected.keys() == values.keys()
    for signal, wanted in expected.items():
        assert wanted == pytest.approx(values[signal], abs=1e-12)


def test_reasons_are_told_of_the_hardest_in_words(examples, context):
    """With the numbers of the trace."""
    trace = trace_of(range(2), loss=-LN([[0.25, 0.9]] * 3), margin=[[-1.5, 2.0]] * 3, correct=[[0, 1]] * 3, error_norm=[[1.2, 0.1]] * 3)
    told = []
    for selector in SELECTORS[:4]:
        found, values = scored(selector, examples(text=["one", "two"]), context, trace)
        for each in found.evidence.to_pylist():
            (signal,) = (signal for signal in selector.signals if signal.name == each["signal"])
            told.append((each["position"], signal.reasons[each["reason"]].format(value=values[signal.name][0], **json.loads(each["values"]))))
    assert [
        (0, "hard to learn: right in none of 3 epochs, with a probability of 0.25 on average"),
        (0, "right after none of 3 epochs"),
        (0, "another answer was ahead of the target by 1.50 nats on average over 3 epochs"),
        (0, "far from its target early in training: 1.20 of at most 1.41, on average over 2 epochs"),
    ] == told


def test_loss_curves_of_one_kind_are_one_cluster_and_are_dealt_evenly(examples, context):
    """Six that are easy, three that are learned and one that is never: the first three are one of each, smaller clusters come first in each round."""
    easy, learned, never = [[0.1] * 3] * 6, [[3.0, 1.0, 0.2]] * 3, [[5.0, 5.0, 5.0]]
    curves = np.array([*easy, *learned, *never]) + np.random.default_rng(0).normal(scale=0.01, size=(10, 3))
    found, values = scored(SELECTORS[-1], examples(text=[f"text {at}" for at in range(10)]), context, trace_of(range(10), loss=curves.T))
    assert [0] * 6 + [1] * 3 + [2] == values["cluster"]
    order = np.argsort(-np.array(values["place"]))
    assert [{0: 1, 1: 1, 2: 1}, {0: 2, 1: 3, 2: 1}] == [
        {cluster: [values["cluster"][at] for at in order[:k]].count(cluster) for cluster in range(3)} for k in (3, 6)
    ]
    assert ("3 clusters of loss curves over 3 epochs, of 1 to 6 different examples",) == found.notes


@settings(max_examples=50)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.integers(0, 3))
def test_any_first_k_are_as_even_as_clusters_allow(clusters, seed):
    """No cluster has two more than another that is not used up."""
    clusters = np.unique(clusters, return_inverse=True)[1]
    order = deal_out(clusters, seed)
    assert list(range(len(clusters))) == sorted(order)
    sizes = np.bincount(clusters)
    for k in range(1, len(order) + 1):
        taken = np.bincount(clusters[order[:k]], minlength=len(sizes))
        open_ones = taken[taken < sizes]
        assert not len(open_ones) or taken.max() <= open_ones.min() + 1


@every_selector
def test_without_a_trace_the_message_says_what_to_do(selector, examples, context):
    """It names the selector and the command."""
    assert isinstance(selector, Selector)
    assert isinstance(selector, ModelBased)
    with pytest.raises(RecipeError, match=rf"{selector.name} rests on the trace of a training run.*workbench curate RECIPE"):
        selector.score(examples(text=["one"]), context())


@every_selector
@pytest.mark.parametrize("rows", [0, 1, 40])
def test_findings_are_within_the_contract_and_do_not_depend_on_order(selector, rows, examples, context, shuffled):
    """For no row, one row and many, in Chinese as in English; the same again, and the examples are as they were."""
    table = examples(text=["天空是蓝色的" if at % 2 else f"text {at}" for at in range(rows)])
    copy = table.table.to_pylist()
    trace = drawn(rows)
    found, values = scored(selector, table, context, trace, seed=3)
    assert [signal.name for signal in selector.signals] == found.signals.column_names
    for signal in selector.signals:
        assert signal.rule is None
        assert all(
            value is not None and value >= (signal.low or -9) and (signal.high is None or value <= signal.high) for value in values[signal.name]
        )
    again, _ = scored(selector, table, context, trace, seed=3)
    assert (found.signals, found.evidence, found.notes) == (again.signals, again.evidence, again.notes)
    assert copy == table.table.to_pylist()
    if rows:
        moved, order = shuffled(examples(text=[f"text {at}" for at in range(rows)]))
        straight, _ = scored(selector, examples(text=[f"text {at}" for at in range(rows)]), context, trace, seed=3)
        assert straight.signals.take(order) == scored(selector, moved, context, trace, seed=3)[0].signals


@every_selector
def test_what_the_trace_says_nothing_of_has_no_value(selector, examples, context):
    """A row that was not traced, and one without a target."""
    known = drawn(10)
    table = known.table.filter(pa.compute.less(known.table["row"], 9))
    for name in NAMES:
        values = np.where(table["row"].to_numpy() == 0, np.nan, table[name].to_numpy())
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values, from_pandas=True))
    _, values = scored(selector, examples(text=[f"text {at}" for at in range(10)]), context, dataclasses.replace(known, table=table))
    assert all([0, 9] == [at for at, value in enumerate(column) if value is None] for column in values.values())


@pytest.mark.parametrize("selector", [ErrorNorm(params=ErrorNormParams(epochs=0)), LossCurves(params=LossCurvesParams(clusters=0))])
def test_parameters_that_make_no_sense_are_refused(selector, examples, context):
    """With what was expected."""
    with pytest.raises(RecipeError, match="at least 1"):
        scored(selector, examples(text=["one"]), context, drawn(1))
