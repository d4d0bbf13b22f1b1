"""Selectors that go by what others wrote, or towards the examples of a file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from workbench.errors import RecipeError
from workbench.experiment import curate, recipe_from_text, resolve
from workbench.host import PluginHost
from workbench.store import Store

HOST = PluginHost.load()
WORDS = ["tide", "shell", "beach", "storm", "bank", "loan", "rate", "细胞", "基因", "海浪"]
TRAIN = [{"text": " ".join(WORDS[(at * step) % 10] for step in range(1, 3 + at % 4)) + f" {at % 7}", "label": str(at % 2)} for at in range(60)]


def lines(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def curated(tmp_path):
    """Curate with these selectors, and give runs by name with their signals."""
    lines(tmp_path / "train.jsonl", TRAIN)
    lines(tmp_path / "eval.jsonl", [{"text": "a loan of the bank", "label": "1"}])
    store = Store.create(tmp_path / "w.duckdb")

    def make(select, policy="{}"):
        text = f"name: r\ntask: classification\ndata: {{train: train.jsonl, eval: eval.jsonl}}\nselect: {select}\npolicy: {policy}\n"
        recipe, located = recipe_from_text(text, "r.yaml")
        done = curate(store, resolve(recipe, HOST, located=located), tmp_path, author="me")
        return done, {run.name: (run, store.signals.read(run.selector_run)) for run in done.runs}

    return make


def test_a_score_of_another_selector_decides_the_order(curated):
    """Whatever the order in the recipe; the runs come in that order. Another score, or the same one scored anew, scores it anew."""
    done, runs = curated("{diverse: {score: random-order.number, tau: 1.0}, random-order: {draw: 1}}", "{choose: {by: diverse.place, k: 40}}")
    assert ["diverse", "random-order"] == [run.name for run in done.runs]
    numbers = runs["random-order"][1]["number"].to_numpy()
    places = runs["diverse"][1]["place"].to_numpy()
    taken = np.argsort(-places)[:10]
    assert taken.tolist() == np.argsort(-numbers)[:10].tolist()
    assert (40, 20) == (done.decision.counts.kept, done.decision.counts.dropped)
    _, again = curated("{random-order: {draw: 1}, diverse: {score: random-order.number, tau: 1.0}}")
    assert runs["diverse"][0].selector_run == again["diverse"][0].selector_run
    _, other = curated("{random-order: {draw: 2}, diverse: {score: random-order.number, tau: 1.0}}")
    assert places.tolist() != other["diverse"][1]["place"].to_pylist()


REFUSED = {
    "a signal that nothing writes": ("{diverse: {score: label-noise.margin}}", "label-noise.margin.*none of the recipe's selectors"),
    "its own signal": ("{diverse: {score: diverse.place}}", "rest on its own"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_before_work_begins(curated, name):
    """With what could be."""
    select, message = REFUSED[name]
    with pytest.raises(RecipeError, match=message):
        curated(select)


@pytest.mark.parametrize(("selector", "signal"), [("dsir", "log-weight"), ("rds", "similarity")])
def test_a_choice_goes_towards_a_file(curated, tmp_path, selector, signal):
    """A file of another layout will do; one that changes scores anew; one that holds what is judged on is told."""
    lines(tmp_path / "like.jsonl", [{"text": "tide shell beach storm"}, {"text": "海浪"}])
    select = f"{{{selector}: {{towards: like.jsonl}}}}"
    first, runs = curated(select)
    assert runs[selector][0].selector_run == curated(select)[1][selector][0].selector_run
    best = TRAIN[int(np.argmax(runs[selector][1][signal].to_numpy()))]["text"]
    assert {"tide", "shell", "beach", "storm", "海浪"} & set(best.split())
    assert not any("judged" in note for note in first.runs[0].notes)
    lines(tmp_path / "like.jsonl", [{"text": "a loan of the bank", "label": "1"}, {"text": "bank loan rate"}])
    again, other = curated(select)
    assert runs[selector][0].selector_run != other[selector][0].selector_run
    assert "1 of 2 examples to go towards are evaluation examples: the choice knows what it is judged on" in again.runs[0].notes
