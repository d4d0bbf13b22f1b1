"""Runs and predictions are compared by name, as far as they can be."""

import json

import pytest

from workbench.errors import UnknownNameError
from workbench.experiment import compare_named, evaluate_file
from workbench.host import PluginHost
from workbench.store import Store


@pytest.fixture(scope="module")
def host():
    return PluginHost.load()


@pytest.fixture
def store(host, tmp_path):
    """Two sets of predictions of one file, of which only the first says how many tokens there were."""
    store = Store.create(tmp_path / "store.duckdb")
    references = tmp_path / "references.jsonl"
    references.write_text("".join(json.dumps({"prompt": f"p {place}", "response": f"r {place}"}) + "\n" for place in range(20)), encoding="utf-8")
    task = host.task("generation")
    metrics = [host.metric(name, task=task.id) for name in ("bits-per-byte", "perplexity")]
    for name, fields in (("model", {"log_probability": -3.0, "tokens": 2}), ("floor", {"log_probability": -9.0})):
        predictions = tmp_path / f"{name}.jsonl"
        predictions.write_text((json.dumps(fields) + "\n") * 20, encoding="utf-8")
        evaluate_file(store, task, metrics, references=str(references), predictions=predictions, name=name, fields={})
    return store


def test_a_metric_that_could_not_score_one_side_is_left_out(store, host):
    """The others are compared, better first or not."""
    found = compare_named(store, host, ["floor", "model"], margin=0.01, resamples=100).to_pylist()
    assert {"generation.bits-per-byte"} == {row["metric"] for row in found}
    assert ["better"] == [row["verdict"] for row in found if row["a"]]


def test_a_run_that_is_not_finished_has_nothing_to_compare(store, host):
    """It is not taken for a set of predictions without any."""
    known = store.experiments.find_run("model")
    store.experiments.plan_run(
        experiment_id=None,
        dataset_id=known.dataset_id,
        name="begun",
        arm="begun",
        seed=0,
        adapter="",
        version="",
        plugin="",
        distribution="",
        distribution_version="",
        plan={},
        environment={},
        rows=0,
    )
    with pytest.raises(UnknownNameError, match="no finished run or arm 'begun'"):
        compare_named(store, host, ["model", "begun"], margin=0.01, resamples=100)
