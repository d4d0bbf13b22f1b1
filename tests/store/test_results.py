from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from store_builders import examples, imported, metric_result, numbered, planned_run

from workbench.errors import DataError

SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("no_answer", pa.float64())])


@pytest.fixture
def run_id(store):
    return planned_run(store, imported(store, examples(numbered(5))).dataset_id).run_id


def test_predictions_come_back(store, run_id):
    """Predictions keep order, type and nulls, and a column that a head lacks is null."""
    table = pa.table(
        {
            "row": pa.array([4, 2], pa.int64()),
            "text": pa.array(["中文\x00", None], pa.large_string()),
            "label": pa.array(["a", "b"], pa.large_string()),
            "probabilities": pa.array([[0.25, 0.75], None], pa.large_list(pa.float64())),
            "span": pa.array([{"start": 1, "end": 2, "no_answer": 0.5}, None], SPAN),
            "log_probability": pa.array([-1.5, None], pa.float64()),
            "tokens": pa.array([3, None], pa.int32()),
        }
    )
    store.results.save(run_id, predictions=table, metrics=[])
    assert table == store.results.predictions(run_id)
    store.results.save(run_id, predictions=table.select(["row", "label"]), metrics=[])
    found = store.results.predictions(run_id)
    assert table.schema == found.schema
    assert (["a", "b"], 2) == (found.column("label").to_pylist(), found.column("text").null_count)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    statistics=hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(allow_nan=False)),
    missing=st.data(),
)
def test_statistics_come_back_exactly(store, statistics, missing):
    """Statistics survive to the last bit, and a row of NaN stays one."""
    record = store.datasets.find("data") or imported(store, examples(numbered(6)))
    run_id = planned_run(store, record.dataset_id).run_id
    statistics[missing.draw(hnp.arrays(bool, len(statistics)))] = np.nan
    rows = np.arange(len(statistics))[::-1]
    result = metric_result(statistics)
    store.results.save(run_id, predictions=pa.table({"row": rows}), metrics=[result])
    found_rows, found, state = store.results.statistics(run_id, "classification.accuracy")
    assert rows.tolist() == found_rows.tolist()
    assert {"labels": ["a", "b"]} == state
    if np.isnan(statistics).all():
        assert np.isnan(found).all()
    else:
        np.testing.assert_array_equal(statistics, found)


def test_scores(store, run_id):
    """Scores of a run come in the order of its metrics; what could not be scored is null and counted, never 0."""
    nothing = np.full((2, 1), np.nan)
    metrics = [metric_result(np.array([[1.0], [np.nan]]), name="b"), metric_result(nothing, name="a", value=float("nan"))]
    store.results.save(run_id, predictions=pa.table({"row": [0, 1]}), metrics=metrics)
    found = store.results.scores(run_id=run_id).to_pylist()
    assert [("b", 0.5, 1, 1), ("a", None, 0, 2)] == [(each["metric"], each["value"], each["n"], each["not_scored"]) for each in found]
    assert {("exp/raw/0", "raw", 0, "accuracy", "higher", False)} == {
        (each["name"], each["arm"], each["seed"], each["signature"], each["direction"], each["percent"]) for each in found
    }
    assert found == store.results.scores().to_pylist()
    assert store.results.scores(experiment_id=5).num_rows == 0


def test_saving_again_replaces(store, run_id):
    """A run that is evaluated again has one set of results."""
    for value in (0.25, 0.75):
        store.results.save(run_id, predictions=pa.table({"row": [0]}), metrics=[metric_result(np.array([[value]]), value=value)])
    assert [0.75] == store.results.scores(run_id=run_id).column("value").to_pylist()
    assert store.results.predictions(run_id).num_rows == 1
    assert [[0.75]] == store.results.statistics(run_id, "classification.accuracy")[1].tolist()


def test_results_that_do_not_fit_are_refused(store, run_id):
    """Statistics of another length, an unknown run and an unknown metric are refused by name."""
    with pytest.raises(DataError, match="one row per prediction"):
        store.results.save(run_id, predictions=pa.table({"row": [0, 1]}), metrics=[metric_result(np.array([[1.0]]))])
    with pytest.raises(DataError, match="no run number 9"):
        store.results.save(9, predictions=pa.table({"row": [0]}), metrics=[])
    with pytest.raises(DataError, match=r"no metric 'classification\.mcc'"):
        store.results.statistics(run_id, "classification.mcc")


def comparisons(metric: str) -> pa.Table:
    numbers = {name: [0.5] for name in ("effect", "low", "high", "p", "p_adjusted", "detectable", "margin")}
    words = {"metric": [metric], "a": ["curated"], "b": ["raw"], "verdict": ["better"], "method": ["bootstrap"], "family": ["primary"]}
    return pa.table({**numbers, **words, "n": [100], "seeds": [3]})


def test_comparisons_are_replaced_by_experiment(store):
    """Comparing again replaces the comparisons of that experiment, or those outside any, and no others."""
    store.results.save_comparisons(1, comparisons("old"))
    store.results.save_comparisons(None, comparisons("alone"))
    store.results.save_comparisons(1, comparisons("new"))
    assert ["new"] == store.results.comparisons(1).column("metric").to_pylist()
    assert ["alone"] == store.results.comparisons(None).column("metric").to_pylist()
    assert comparisons("new").to_pylist()[0] == store.results.comparisons(1).to_pylist()[0]
