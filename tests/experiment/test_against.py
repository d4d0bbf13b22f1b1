from __future__ import annotations

import json

import pytest

from workbench.cli.explain import _tables
from workbench.curate import explain
from workbench.errors import DataError, RecipeError
from workbench.experiment import curate, recipe_from_text, resolve
from workbench.experiment.against import read_against
from workbench.host import PluginHost
from workbench.store import Store

HOST = PluginHost.load()
SENTENCE = "The tide comes in twice a day and leaves shells on the long grey beach"
TRAIN = [{"text": f"text number {number} of train", "label": str(number % 2)} for number in range(20)]
EVAL = [{"text": f"held out text {number}", "label": "0"} for number in range(4)]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def plan(tmp_path):
    """A recipe on a folder of files, with what training examples are compared with."""
    write(tmp_path / "train.jsonl", TRAIN)
    write(tmp_path / "eval.jsonl", EVAL)

    def make(against, task="classification", fields="{}"):
        text = (
            f"name: r\ntask: {task}\ndata: {{train: train.jsonl, eval: eval.jsonl, fields: {fields}}}\n"
            f"select: {{contamination: {{against: {json.dumps(against)}}}}}\n"
        )
        recipe, located = recipe_from_text(text, "r.yaml")
        return resolve(recipe, HOST, located=located)

    return make


FILES = {
    "of the same layout": ([{"text": SENTENCE, "label": "1"}], "classification", "text"),
    "without a label": ([{"text": SENTENCE}], "classification", "text"),
    "of a column that texts often have": ([{"id": 7, "question": SENTENCE, "choices": ["a", "b"]}], "classification", "text"),
    "a prompt alone": ([{"task_id": 7, "prompt": SENTENCE, "canonical_solution": "x"}], "generation", "prompt"),
    "messages": ([{"messages": [{"role": "user", "content": SENTENCE}, {"role": "assistant", "content": "Yes."}]}], "generation", "prompt"),
    "questions without answers": ([{"question": SENTENCE, "context": "A beach."}], "qa", "question"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_for_the_roles_that_it_has(plan, tmp_path, name):
    """Whatever else it has or lacks."""
    rows, task, role = FILES[name]
    write(tmp_path / "bench.jsonl", rows)
    ((selector, table),) = read_against(plan(["bench.jsonl"], task), tmp_path).items()
    assert f"{task}.contamination" == selector
    assert [(SENTENCE, "bench.jsonl", 1)] == [(each[role], each["source"], each["line"]) for each in table.table.to_pylist()]


def test_a_folder_a_glob_and_an_odd_file_are_read_together(plan, tmp_path):
    """Each by its own layout."""
    (tmp_path / "bench").mkdir()
    write(tmp_path / "bench" / "one.jsonl", [{"text": "one", "label": "x"}])
    write(tmp_path / "bench" / "two.jsonl", [{"sentence": "two"}])
    (tmp_path / "three.csv").write_text("content,extra\nthree,4\n")
    ((_, table),) = read_against(plan(["bench", "*.csv"]), tmp_path).items()
    assert [("one", "bench/one.jsonl"), ("two", "bench/two.jsonl"), ("three", "three.csv")] == list(
        zip(table.texts("text"), table.texts("source"), strict=True)
    )


def test_a_file_that_cannot_be_compared_with_is_refused_before_work_begins(plan, tmp_path):
    """The store has nothing in it."""
    store = Store.create(tmp_path / "w.duckdb")
    with pytest.raises(DataError, match=r"there is no file 'nothing.jsonl'"):
        curate(store, plan(["nothing.jsonl"]), tmp_path, author="me")
    assert [] == store.datasets.list()


def test_a_text_is_a_list_of_one_and_a_variable_is_replaced(plan, tmp_path, monkeypatch):
    """As in other paths of a recipe."""
    write(tmp_path / "bench.jsonl", EVAL)
    monkeypatch.setenv("BENCH", str(tmp_path))
    assert (f"{tmp_path}/bench.jsonl",) == plan("${BENCH}/bench.jsonl").selectors[0].params["against"]
    monkeypatch.delenv("BENCH")
    with pytest.raises(RecipeError, match=r"r.yaml:4: the environment has no variable BENCH"):
        plan("${BENCH}/bench.jsonl")


def test_what_is_found_is_dropped_and_explained_with_both_texts(plan, tmp_path):
    """Items of the recipe's own evaluation file and of further files; a file that changes is compared with anew."""
    write(tmp_path / "bench.jsonl", [{"text": SENTENCE}, {"text": "text number 3 of TRAIN!"}])
    store = Store.create(tmp_path / "w.duckdb")
    recipe = plan(["bench.jsonl"])
    write(tmp_path / "train.jsonl", [*TRAIN, {"text": "Held out text 2.", "label": "1"}, {"text": f"He wrote: {SENTENCE[:50]}", "label": "1"}])
    done = curate(store, recipe, tmp_path, author="me")
    (run,) = done.runs
    signals = store.signals.read(run.selector_run).to_pylist()
    assert [3, 20] == [each["row"] for each in signals if each["exact"]]
    assert (1, 2) == (done.decision.counts.review, done.decision.counts.dropped)
    explanation = explain(store, done.dataset, 21, done.runs, done.decision)
    (finding,) = explanation.findings
    assert "11 words in a row are those of bench.jsonl, line 1, 0.7333 of it" == finding.reason
    assert f"⟦{SENTENCE[:50]}⟧{SENTENCE[50:]}" == finding.other.marked
    (row,) = next(table for table in _tables(explanation) if table.name == "findings").rows
    assert (f"⟦{SENTENCE[:50]}⟧", finding.other.marked) == row[-2:]
    equal = explain(store, done.dataset, 20, done.runs, done.decision).findings
    assert ["equals eval.jsonl, line 3"] == [each.reason for each in equal]
    write(tmp_path / "bench.jsonl", [{"text": "text number 5 of train"}])
    (again,) = curate(store, recipe, tmp_path, author="me").runs
    assert [5, 20] == [each["row"] for each in store.signals.read(again.selector_run).to_pylist() if each["exact"]]


def test_a_selector_of_another_tasks_roles_is_refused_with_its_line(plan, tmp_path):
    """Before it fails on every row."""
    recipe, located = recipe_from_text("name: r\ntask: qa\ndata: {train: t.jsonl, eval: e.jsonl}\nselect: {classification.garbled: {}}\n", "r.yaml")
    with pytest.raises(RecipeError, match=r"r\.yaml:4: garbled reads the role 'text', which the task qa has not"):
        resolve(recipe, HOST, located=located)
