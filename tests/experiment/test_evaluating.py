"""Predictions of others are scored as they were meant, or refused."""

import json

import pytest

from workbench.errors import DataError
from workbench.experiment import evaluate_file
from workbench.host import PluginHost
from workbench.store import Store

REFERENCES = [{"id": "a", "text": "one", "label": True}, {"id": "b", "text": "two", "label": False}, {"id": "c", "text": "three", "label": True}]


@pytest.fixture(scope="module")
def host():
    return PluginHost.load()


@pytest.fixture
def score(host, tmp_path):
    """Scores the text of a file of predictions: accuracy, how many it is about, and how many labels were made up."""
    references = tmp_path / "references.jsonl"
    store = Store.create(tmp_path / "store.duckdb")

    def scored(text, *, keyed=True):
        references.write_text("\n".join(map(json.dumps, REFERENCES)), encoding="utf-8")
        predictions = tmp_path / "predictions.json"
        predictions.write_text(text, encoding="utf-8")
        task = host.task("classification")
        metric = host.metric("accuracy", task=task.id)
        at = {"references": str(references), "predictions": predictions, "key": "id" if keyed else None}
        run = evaluate_file(store, task, [metric], name="made elsewhere", fields={}, **at)
        (row,) = store.results.scores(run_id=run.run_id).to_pylist()
        return round(row["value"] * row["n"]), row["n"], row["stray"]

    return scored


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": true, "b": "false", "c": "other"}', (2, 3, 1)),
        ('{"a": true, "b": null, "c": ""}', (1, 2, 1)),
        ('{"id": "c", "label": true}\n\n{"id": "b", "label": true}\n{"id": "a", "label": true}\n', (2, 3, 0)),
        ('\ufeff{"id": "c", "label": true}\n{"id": "b", "label": true}\n{"id": "a", "label": false}\n', (1, 3, 0)),
        ('[{"id": "b", "label": false}, {"id": "c", "label": 1}, {"id": "a", "label": 1}]', (1, 3, 2)),
    ],
    ids=["booleans as references have them", "null is not scored", "a blank line", "a byte order mark", "an array goes by its ids"],
)
def test_predictions_with_ids_go_to_their_references(score, text, expected):
    """Right, scored and made up, whatever the layout and the order."""
    assert expected == score(text)


@pytest.mark.parametrize(("text", "expected"), [("true\nfalse\n\n", (2, 3, 1)), ("[true, true, null]", (1, 2, 0)), ('{"label": 1}\n' * 3, (0, 3, 3))])
def test_predictions_without_ids_go_in_order(score, text, expected):
    """An empty line is an empty prediction."""
    assert expected == score(text, keyed=False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"id": "a", "label": "x"}\n{"label": "x"}\n{"id": "b", "label": "x"}', "an id with 2 of 3 predictions"),
        ('{"id": "a", "label": "x"}\n{"id": "a", "label": "y"}\n{"id": "b", "label": "x"}', "several predictions with the id 'a'"),
        ('{"a": "x", "b": ["x"], "c": "x"}', "prediction 2: text is a list, expected text"),
        ('{"id": "a", "label": "x"}\n{"id": "b", \n{"id": "c"}', "line 2: "),
        ('{"a": {"label": "x", "tokens": 1.5}, "b": {}, "c": {}}', "whole numbers"),
        ('{"a": "x"}', "lacks 2 of 3 references"),
    ],
)
def test_predictions_that_are_not_clear_are_refused(score, text, message):
    """Whose they are and what they say is never guessed."""
    with pytest.raises(DataError, match=message):
        score(text)


def test_ids_that_the_references_lack_are_told(score):
    """With the option that names their column."""
    with pytest.raises(DataError, match=r"lacks 3 of 3 .*--key COLUMN"):
        score('{"a": "x", "b": "x", "c": "x"}', keyed=False)
