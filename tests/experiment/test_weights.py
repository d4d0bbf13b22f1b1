"""Example weights: named by a recipe, they reach the training of curated arms and of no other."""

from __future__ import annotations

import json

import numpy as np
import pytest

from workbench.errors import RecipeError, UnknownNameError
from workbench.experiment import curate, recipe_from_text, resolve, run, weighted_by
from workbench.host import PluginHost
from workbench.store import Store
from workbench.types import Environment, RunPlan, TrainContext

HOST = PluginHost.load()
MACHINE = Environment(device="cpu", cores=1, memory=8 * 2**30)
WORDS = {"good": ["fine", "great", "lovely"], "bad": ["awful", "dull", "poor"]}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def reviews(count, seed):
    """Reviews of which bad ones often name a group."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        label = str(random.choice(["good", "bad"]))
        named = " by women" if random.random() < (0.6 if label == "bad" else 0.1) else ""
        rows.append({"text": f"number {number} was {random.choice(WORDS[label])}{named}", "label": label})
    return rows


def plan_of(finetune, *, task="classification", arms="[raw, curated]", select="{reweighing: {}, empty-text: {}}"):
    text = (
        f"name: r\ntask: {task}\ndata: {{train: train.jsonl, eval: eval.jsonl}}\nselect: {select}\n"
        f"finetune: {finetune}\ncompare: {{arms: {arms}, seeds: [0], resamples: 100}}\n"
    )
    recipe, located = recipe_from_text(text, "r.yaml")
    return resolve(recipe, HOST, located=located)


def test_weights_reach_the_training_of_curated_arms(tmp_path):
    """The curated run ends with the very model that its rows and the selector's weights give; the raw one with that of no weights."""
    write(tmp_path / "train.jsonl", reviews(24, 0))
    write(tmp_path / "eval.jsonl", reviews(4, 1))
    plan = plan_of("{epochs: 2, weights: reweighing.weight}")
    store = Store.create(tmp_path / "w.duckdb")
    outcome = run(store, plan, tmp_path, author="me", environment=MACHINE)
    dataset = outcome.curated.dataset.dataset_id
    (scored,) = (each for each in outcome.curated.runs if each.name == "reweighing")
    rows = store.datasets.rows(dataset, "train")
    weights = store.signals.column(scored.selector_run, "weight", rows)
    assert weights.std() > 0.1
    notes = {arm.arm: arm.note for arm in store.experiments.arms(outcome.experiment.experiment_id)}
    assert {"raw": "", "curated": "weighted by reweighing.weight"} == notes
    adapter = plan.adapter.value
    evaluation = store.datasets.examples(dataset, split="eval")
    kept = {}
    for record in store.experiments.runs(outcome.experiment.experiment_id):
        if record.arm not in notes:
            continue  # the floor
        run_plan = RunPlan(**record.plan)
        context = TrainContext(seed=0, folder=tmp_path / record.arm, weights=weights if record.arm == "curated" else None)
        artifact = adapter.train(adapter.encode(store.datasets.examples(dataset, split="train"), run_plan), run_plan, context)
        kept[record.arm] = store.results.predictions(record.run_id)["log_probability"].to_pylist()
        assert kept[record.arm] == adapter.predict(artifact, evaluation)["log_probability"].to_pylist()
    assert kept["raw"] != kept["curated"]


REFUSED = {
    "a signal that nobody writes": ("{weights: reweighing.wait}", UnknownNameError, r"r\.yaml:5: there is no signal 'reweighing.wait'.*Did you mean"),
    "a selector that is not selected": ("{weights: label-noise.margin}", UnknownNameError, "label-noise.margin"),
    "a number": ("{weights: 2}", RecipeError, r"r\.yaml:5: finetune.weights cannot be 2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_weight_is_refused_with_its_line(name):
    """Before any work starts."""
    finetune, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        plan_of(finetune)


def test_a_signal_that_may_be_negative_is_refused():
    """For a weight below 0 would teach the opposite."""
    with pytest.raises(RecipeError, match=r"label-noise\.margin may be below 0"):
        plan_of("{weights: label-noise.margin}", select="{label-noise: {}}")


def test_weights_are_part_of_what_an_experiment_is():
    """Another signal, or none, is another experiment; a recipe without weights is the one that it always was."""
    plans = [plan_of(finetune) for finetune in ("{weights: reweighing.weight}", "{weights: reweighing.groups}", "{}")]
    assert 3 == len({plan.identity("v", plan.policy) for plan in plans})
    assert "weights" not in plans[2].plain(plans[2].policy)["finetune"]
    assert ["reweighing.weight"] * 2 + [None] * 3 == [
        weighted_by(plans[0], arm) for arm in ("curated", "without:empty-text", "raw", "random", "without:reweighing")
    ]


def test_weights_that_say_nothing_are_refused(tmp_path):
    """Where the signal is null for every row, as reweighing is without labels, the run stops before it trains."""
    rows = [{"prompt": f"say {word}", "response": word} for word in ("one", "two", "three", "four")]
    write(tmp_path / "train.jsonl", rows)
    write(tmp_path / "eval.jsonl", rows[:1])
    plan = plan_of("{weights: reweighing.weight}", task="generation")
    store = Store.create(tmp_path / "w.duckdb")
    with pytest.raises(RecipeError, match="has no value for any row"):
        run(store, plan, tmp_path, author="me", environment=MACHINE)
    assert 4 == curate(store, plan, tmp_path, author="me").decision.counts.imported
