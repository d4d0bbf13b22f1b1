"""Deciding from the command line: pins, undo and policies."""

from __future__ import annotations

import json

import pytest
from curate_builders import import_rows, policy, rule, score_rows

from workbench.cli import main
from workbench.curate import current


@pytest.fixture
def scored(store):
    """Fourteen scored rows under a small policy."""
    record = import_rows(store, [(f"{'long ' * (number % 4)}text {number}", f"label {number % 3}") for number in range(14)])
    score_rows(store, record, 1)
    store.ledger.put_policy("data", "strict", policy(rule("noise.x", "drop", ">=", 3.0), rule("noise.y", "review", ">=", 4.0)), author="ann")
    return store


@pytest.fixture
def run(scored, capsys):
    """Run a command on that store, give its JSON."""

    def call(*words, author="ann", code=0):
        found = main(["--store", str(scored.path), "--json", "--author", author, *words])
        captured = capsys.readouterr()
        assert (found, code) == (code, found), captured.err
        return json.loads(captured.out) if code == 0 else captured.err

    return call


def verdicts(store):
    state = current(store, "data")
    return store.curation.verdicts(state.decision.verdict_set)["verdict"].to_pylist()


@pytest.mark.parametrize(
    ("options", "where", "told"),
    [
        (["--verdict", "drop"], lambda row, state: state[row] == "drop", "the verdict is drop"),
        (["--label", "label=label 1"], lambda row, _state: row % 3 == 1, "label is label 1"),
        (["--text", "LONG LONG"], lambda row, _state: row % 4 >= 2, 'it contains "LONG LONG"'),
        (["--match", r"text [135]$"], lambda row, _state: row in {1, 3, 5}, r"it matches /text [135]$/"),
        (
            ["--source", "file 0", "--label", "label=label 0"],
            lambda row, _state: row % 6 == 0,
            "the source is file 0 and label is label 0",
        ),
    ],
    ids=["verdict", "label", "text", "expression", "both"],
)
def test_a_whole_filter_is_pinned_in_one_step_that_undo_takes_back(scored, run, options, where, told):
    """The preview counts the rows and changes nothing; the step remembers its filter, and the history tells it."""
    before = verdicts(scored)
    expected = [row for row in range(14) if where(row, before)]
    assert len(expected) == run("pin", "keep", *options, "--dry-run")["rows"] > 0
    number = scored.ledger.number()
    run("pin", "keep", *options, "--note", "seen")
    entry, *_ = scored.ledger.log()
    assert (number + 1, len(expected), "seen") == (entry.number, entry.payload["rows"], entry.payload["note"])
    assert (f"kept {len(expected)} rows where {told}", "seen") == (run("log")["entries"][0]["what"], run("log")["entries"][0]["note"])
    assert expected == [pin.row for pin in scored.ledger.pins(current(scored, "data").dataset.dataset_id)]
    assert ["keep"] * len(expected) == [verdict for row, verdict in enumerate(verdicts(scored)) if row in expected]
    run("undo")
    assert before == verdicts(scored)
    run("redo")
    assert "keep" == verdicts(scored)[expected[0]]


def test_a_selection_is_pinned_by_ids(scored, run):
    """Several ids are one step."""
    dataset_id = current(scored, "data").dataset.dataset_id
    ids = scored.datasets.examples(dataset_id).table["example_id"].to_pylist()
    run("pin", ids[3], ids[5][:20], "drop")
    assert [3, 5] == [pin.row for pin in scored.ledger.pins(dataset_id)]
    run("pin", ids[2], "survivor")
    assert [2] == scored.ledger.survivors(dataset_id)["row"].tolist()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["abc", "maybe"], "cannot be pinned 'maybe'"),
        (["drop"], "No example was named"),
        (["abc", "drop", "--verdict", "keep"], "by id and by a filter"),
        (["drop", "--verdict", "dropped"], "no verdict 'dropped'"),
        (["drop", "--match", "("], "no regular expression"),
        (["drop", "--label", "positive"], "names no label"),
        (["survivor", "--verdict", "keep"], "cannot all stay"),
    ],
)
def test_pins_that_mean_nothing_are_refused(scored, run, words, message):
    """Each with what was expected, and nothing written."""
    number = scored.ledger.number()
    assert message in run("pin", *words, code=2)
    assert number == scored.ledger.number()


def test_undo_tells_whose_steps_stand(scored, run):
    """What others decided on the same rows is named."""
    run("pin", "keep", "--verdict", "drop")
    run("pin", "drop", "--label", "label=label 0", author="bob")
    entry, *_ = run("undo")["entries"]
    assert [3] == json.loads(entry["payload"])["built_on"]
    assert "nothing to undo" in run("undo", author="eve", code=2)
    run("pin", "keep", "--verdict", "drop")
    run("pin", "drop", "--verdict", "keep")
    assert [5, 6] == [entry["undoes"] for entry in run("undo", "--to", "1")["entries"]]


def test_policies_are_shown_compared_applied_and_copied(scored, run, tmp_path):
    """A file written is a file read; applying is a step that undo takes back; a preview changes nothing and tells what applying gives."""
    file = tmp_path / "strict.yaml"
    shown = run("policy", "show", "--to", str(file))
    assert {"drop": ">= 3"} == shown["policy"]["noise.x"]
    assert [] == run("policy", "diff", str(file))["changes"]
    file.write_text(file.read_text(encoding="utf-8").replace(">= 3", ">= 2"), encoding="utf-8")
    preview = run("policy", "apply", str(file), "--dry-run")
    assert ("strict", 1) == (run("policy", "show")["name"], run("policy", "show")["version"])
    applied = run("policy", "apply", str(file))
    assert ("strict@2", preview["dropped"], preview["rules"]) == (applied["policy"], applied["dropped"], applied["rules"])
    assert preview["dropped"] == verdicts(scored).count("drop") > preview["dropped_before"]
    compared = run("policy", "diff", "strict@1", "strict@2")
    assert [{"what": "noise.x drop", "before": ">= 3", "after": ">= 2"}] == compared["changes"]
    assert compared["changed"] == preview["changed"]
    run("undo")
    assert verdicts(scored).count("drop") == preview["dropped_before"]
    run("policy", "apply", "strict@2")
    assert [False, True] == [each["in_force"] for each in run("policy", "list")["policies"]]
    record = import_rows(scored, [("one text", "label 0"), ("another", "label 1")], name="other")
    score_rows(scored, record, 0, pairs=1)
    run("policy", "apply", "strict@1", "--dataset", "other", "--from", "data", "--name", "copied")
    assert ("copied", 1) == (scored.ledger.in_force("other").name, scored.ledger.in_force("other").version)
    assert scored.ledger.policy("data", "strict", 1).policy == scored.ledger.in_force("other").policy


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[1, 2]", "holds no rules"),
        ("a: [", "is no YAML"),
        ("noise.x: {drop: many}", "cannot be read"),
        ("noise.z: {drop: '> 1'}", "no signal 'noise.z'"),
    ],
)
def test_a_file_that_is_no_policy_is_refused(scored, run, tmp_path, content, message):
    """With the file's name, or the signal that is not there; nothing is applied."""
    file = tmp_path / "broken.yaml"
    file.write_text(content, encoding="utf-8")
    assert message in run("policy", "apply", str(file), code=2)
    assert 1 == scored.ledger.number()
