"""The same decisions from Python, with results that a notebook shows as tables."""

from __future__ import annotations

import pytest
from curate_builders import import_rows, policy, rule, score_rows

import workbench
from workbench.store import RowFilter

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m"


@pytest.fixture
def dataset(store):
    """A scored dataset under a small policy, opened as a user does."""
    record = import_rows(store, [(f"{HOSTILE} {number}", f"label {number % 3}") for number in range(60)])
    score_rows(store, record, 1)
    store.ledger.put_policy("data", "strict", policy(rule("noise.x", "drop", ">=", 3.0)), author="ann")
    return workbench.open(store.path, author="ann").dataset()


def test_rows_are_shown_as_text(dataset):
    """Nothing of a dataset becomes markup or a control sequence, long tables are cut and say so, and Arrow has all of it."""
    rows = dataset.rows(limit=60)
    shown = rows._repr_html_()
    assert "<script" not in shown
    assert "<img" not in shown
    assert "\x1b" not in shown + repr(rows)
    assert "&lt;script&gt;" in shown
    assert "10 more rows" in shown
    assert (60, 50) == (rows.arrow.num_rows, shown.count("<tr>") - 1)
    assert rows[-1]["row"] == 59
    assert 60 == len(list(rows))


def test_a_notebook_decides_as_the_command_line_does(dataset, tmp_path):
    """Pins by id and by filter, previews, policies, undo and export."""
    opened = workbench.open(dataset._store.path, author="ann")
    chosen = RowFilter(verdict="drop")
    dropped = [row["row"] for row in dataset.rows(chosen, limit=60)]
    candidate = dataset.policy({"noise.x": {"drop": ">= 4"}})
    preview = dataset.what_if(candidate)
    assert preview.before == dataset.state.decision.counts
    dataset.apply(candidate, "strict")
    assert preview.after == dataset.state.decision.counts
    opened.undo()
    entry = dataset.pin(chosen, "keep", note="all of them")[0]
    assert "'note': 'all of them'" in entry["payload"]
    assert 0 == len(dataset.rows(chosen))
    assert dataset.explain(dataset.rows(limit=1)[0]["example_id"]).verdict == "keep"
    opened.undo()
    assert dropped == [row["row"] for row in dataset.rows(chosen, limit=60)]
    opened.redo()
    done = dataset.export(tmp_path / "kept.jsonl")
    assert (60, 60) == (done.imported, done.written)
    assert f"60 imported = {60} kept" in repr(dataset.rules())
    assert ["redo", "undo"] == [each["action"] for each in opened.log(limit=2)]
    assert opened.datasets()[0]["name"] == "data"
