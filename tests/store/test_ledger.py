from __future__ import annotations

from contextlib import suppress
from typing import get_args

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_builders import examples, imported, numbered, rule

from workbench.errors import DataError, UnknownNameError
from workbench.store import Store
from workbench.types import Action, Choice, Operator, Policy, PolicyRule, Rule

ROWS = 4
STEPS = st.tuples(
    st.sampled_from(["pin", "pin", "undo", "redo"]),
    st.sampled_from(["ann", "bob"]),
    st.sampled_from(["left", "right"]),
    st.sets(st.integers(0, ROWS - 1), min_size=1),
    st.sampled_from(["keep", "drop", "none"]),
)


class Model:
    """What the ledger should amount to, kept as plain lists."""

    def __init__(self) -> None:
        self.steps = []
        self.done = {"ann": [], "bob": []}
        self.undone = {"ann": [], "bob": []}

    def pin(self, author, dataset, rows, decision):
        """Pin rows; what was undone before cannot be redone after this."""
        self.steps.append({"dataset": dataset, "pins": dict.fromkeys(rows, decision), "done": True})
        self.done[author].append(self.steps[-1])
        self.undone[author].clear()

    def move(self, author, action):
        """Undo or redo."""
        source, target = (self.done, self.undone) if action == "undo" else (self.undone, self.done)
        step = source[author].pop()
        step["done"] = action == "redo"
        target[author].append(step)
        return step["dataset"]

    def pins(self, dataset):
        """Rows and decisions in force."""
        found = {}
        for step in self.steps:
            if step["done"] and step["dataset"] == dataset:
                found |= step["pins"]
        return sorted((row, decision) for row, decision in found.items() if decision != "none")


def history(store):
    return store.sql("FROM ledger ORDER BY number").to_pylist(), store.sql("FROM ledger_pins ORDER BY rowid").to_pylist()


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, min_size=5, max_size=12))
def test_pins_undo_and_redo_follow_a_simple_model(tmp_path_factory, steps):
    """Whatever two people pin, undo and redo, the pins in force are those of the steps still done, and no line of history ever changes."""
    store = Store.create(tmp_path_factory.mktemp("ledger") / "test.duckdb")
    numbers = {name: imported(store, examples(numbered(ROWS)), name=name).dataset_id for name in ("left", "right")}
    model, before = Model(), ([], [])
    for number, (action, author, dataset, rows, decision) in enumerate(steps):
        if action == "pin":
            store.ledger.pin(dataset, sorted(rows), decision, author=author)
            model.pin(author, dataset, rows, decision)
            touched = dataset
        elif (model.done if action == "undo" else model.undone)[author]:
            getattr(store.ledger, action)(author=author)
            touched = model.move(author, action)
        else:
            with pytest.raises(DataError, match=f"nothing to {action}"):
                getattr(store.ledger, action)(author=author)
            continue
        assert model.pins(touched) == [(pin.row, pin.decision) for pin in store.ledger.pins(numbers[touched])]
        if number % 4 == 0 or number == len(steps) - 1:
            after = history(store)
            assert before == (after[0][: len(before[0])], after[1][: len(before[1])])
            before = after
    assert list(range(1, store.ledger.number() + 1)) == [entry.number for entry in reversed(store.ledger.log())]


def test_pins_as_they_stood(store):
    """A ledger number names a moment: pins set or taken back later don't count then."""
    dataset_id = imported(store, examples(numbered(2))).dataset_id
    store.ledger.pin("data", [0], "keep", author="ann")
    store.ledger.pin("data", [0], "drop", author="ann")
    store.ledger.undo(author="ann")
    decisions = [[pin.decision for pin in store.ledger.pins(dataset_id, at)] for at in range(5)]
    assert [[], ["keep"], ["drop"], ["keep"], ["keep"]] == decisions


def test_undo_takes_back_ones_own_step_on_one_dataset(store):
    """Undo leaves other people's steps, and other datasets' where one is named."""
    for name in ("left", "right"):
        imported(store, examples(numbered(2)), name=name)
    store.ledger.pin("left", [0], "keep", author="ann")
    store.ledger.pin("right", [0], "keep", author="ann")
    store.ledger.pin("left", [1], "drop", author="bob")
    entry = store.ledger.undo(author="ann", dataset="left")
    assert ("undo", "left", 1) == (entry.action, entry.dataset, entry.undoes)
    assert [False, False, False, True] == [each.undone for each in store.ledger.log()]
    assert [4, 3, 1] == [each.number for each in store.ledger.log(dataset="left")]
    assert [4] == [each.number for each in store.ledger.log(limit=1)]
    assert store.ledger.number() == 4


def test_pins_survive_new_versions(store):
    """A pin follows its example through appended, reordered and re-parsed data, and is gone where the example is."""
    rows, raw = [("a", "x"), ("b", "x"), ("c", "x"), ("c", "x")], ["raw a", "raw b", "raw c", "raw c"]
    imported(store, examples(rows, raw=raw))
    store.ledger.pin("data", [0], "keep", author="ann", note="seen")
    store.ledger.pin("data", [3], "drop", author="ann")
    reordered = imported(store, examples([("new", "x"), *reversed(rows)], raw=["raw new", *reversed(raw)]))
    assert [(2, "drop"), (4, "keep")] == [(pin.row, pin.decision) for pin in store.ledger.pins(reordered.dataset_id)]
    parsed = imported(store, examples([(text.upper(), "x") for text, _label in rows], raw=raw))
    found = store.ledger.pins(parsed.dataset_id)
    assert [(0, "keep", "seen", False), (3, "drop", "", False)] == [(pin.row, pin.decision, pin.note, pin.text_changed) for pin in found]
    without = imported(store, examples([("b", "x")], raw=["raw b"]))
    assert store.ledger.pins(without.dataset_id) == []


def test_pin_on_an_ambiguous_raw_row_is_not_guessed(store):
    """Where one raw row gives several different examples, a pin on one of them does not move to another when parsing changes."""
    imported(store, examples([("a", "x"), ("b", "x")], raw=["article", "article"]))
    store.ledger.pin("data", [0], "drop", author="ann")
    parsed = imported(store, examples([("A", "x"), ("B", "x")], raw=["article", "article"]))
    assert store.ledger.pins(parsed.dataset_id) == []


def test_changed_text_under_a_key_is_marked(store):
    """With the user's own ids a pin stays on a changed text, and says that it changed; changed metadata alone is no change."""
    imported(store, examples([("a", "x"), ("b", "x")], keys=["k1", "k2"], raw=["raw a", "raw b"]), keyed=True)
    store.ledger.pin("data", [0, 1], "keep", author="ann")
    record = imported(store, examples([("a", "x"), ("B!", "x")], keys=["k1", "k2"], raw=["raw a, moved", "raw B!"]), keyed=True)
    assert [("k1", False), ("k2", True)] == [(pin.example_id, pin.text_changed) for pin in store.ledger.pins(record.dataset_id)]


@pytest.mark.parametrize(
    ("dataset", "rows", "decision", "error"),
    [("data", [2], "keep", DataError), ("data", [], "keep", DataError), ("data", [0], "maybe", DataError), ("date", [0], "keep", UnknownNameError)],
)
def test_pins_that_are_refused(store, dataset, rows, decision, error):
    """A pin needs a dataset, rows of it and a decision; a refused one leaves no trace."""
    imported(store, examples(numbered(2)))
    with pytest.raises(error):
        store.ledger.pin(dataset, rows, decision, author="ann")
    assert store.ledger.number() == 0


def test_append(store):
    """Other actions stand in the same history, can be undone, and can take back earlier ones."""
    first = store.ledger.append("survivor", {"group": [1, 2], "survivor": 2}, dataset="data", author="ann")
    assert (1, {"group": [1, 2], "survivor": 2}, None) == (first.number, first.payload, first.undoes)
    store.ledger.append("swap back", {}, dataset="data", author="bob", undoes=1)
    assert [False, True] == [entry.undone for entry in store.ledger.log()]
    with pytest.raises(DataError, match="no ledger entry 7"):
        store.ledger.append("x", {}, dataset="data", author="bob", undoes=7)


POLICY = Policy(
    rules=(
        PolicyRule(signal="near-duplicates.jaccard", rule=Rule(action=Action.DROP, operator=">=", threshold=0.8)),
        *(rule("label-noise.self-confidence", operator, 1, Action.REVIEW) for operator in get_args(Operator)),
    ),
    survivor="quality.score",
    choice=Choice(signal="length.words", k=100, order="lowest"),
    pins=False,
    review="exclude",
)


def test_policies_are_versioned(store):
    """A changed policy is a new version, an unchanged one is not; undoing the change brings the version before back."""
    first = store.ledger.put_policy("data", "strict", Policy(), author="ann")
    assert first == store.ledger.put_policy("data", "strict", Policy(), author="bob")
    second = store.ledger.put_policy("data", "strict", POLICY, author="ann")
    assert (1, 2) == (first.version, second.version)
    assert POLICY == second.policy
    assert second == store.ledger.policy("data", "strict")
    assert first == store.ledger.policy("data", "strict", 1)
    store.ledger.undo(author="ann")
    assert first == store.ledger.policy("data", "strict")
    third = store.ledger.put_policy("data", "strict", POLICY, author="ann")
    assert third.version == 3
    assert [first, second, third] == store.ledger.policies("data")
    assert store.ledger.policies("other") == []
    assert store.ledger.policy("data", "lenient") is None


def test_the_policy_applied_last_is_in_force(store):
    """Of any name and version; applying a version again is a step like any other, and undoing it brings the one before back."""
    assert store.ledger.in_force("data") is None
    lenient = store.ledger.put_policy("data", "lenient", Policy(), author="ann")
    strict = store.ledger.put_policy("data", "strict", POLICY, author="ann")
    assert strict == store.ledger.in_force("data")
    assert lenient == store.ledger.in_force("data", at=1)
    assert lenient == store.ledger.put_policy("data", "lenient", Policy(), author="ann") == store.ledger.in_force("data")
    assert store.ledger.put_policy("data", "lenient", Policy(), author="ann") == lenient
    assert store.ledger.number() == 3
    store.ledger.apply_policy("data", "strict", 1, author="ann")
    assert strict == store.ledger.in_force("data")
    store.ledger.undo(author="ann")
    assert lenient == store.ledger.in_force("data")
    with pytest.raises(UnknownNameError, match="Did you mean 'strict@1'"):
        store.ledger.apply_policy("data", "strict", 2, author="ann")


def test_chosen_survivors_are_no_pins(store):
    """They have a place of their own beside pins, follow their example to a new version, and are undone like any step."""
    rows = numbered(3)
    imported(store, examples(rows))
    store.ledger.pin("data", [1], "drop", author="ann")
    store.ledger.survive("data", 1, author="ann", note="better wording")
    store.ledger.survive("data", 2, author="bob")
    record = imported(store, examples([("new", "x"), *rows]))
    assert [(2, "drop")] == [(pin.row, pin.decision) for pin in store.ledger.pins(record.dataset_id)]
    found = store.ledger.survivors(record.dataset_id)
    assert [(2, 2), (3, 3)] == list(zip(found["row"].tolist(), found["number"].tolist(), strict=True))
    store.ledger.undo(author="ann")
    assert [3] == store.ledger.survivors(record.dataset_id)["row"].tolist()
    pinned = store.ledger.pinned(record.dataset_id)
    assert [[2], [False], [False]] == [pinned[name].tolist() for name in ("row", "keep", "text_changed")]


def test_undo_says_what_others_built_on_the_step(store):
    """Steps of others on the same examples, or on the same policy, are named and stand; those on other examples are not."""
    record = imported(store, examples(numbered(4)))
    store.ledger.pin("data", [0, 1], "drop", author="ann")
    store.ledger.pin("data", [1, 2], "keep", author="bob")
    store.ledger.pin("data", [3], "keep", author="bob")
    entry = store.ledger.undo(author="ann")
    assert {"action": "pin", "built_on": [2]} == entry.payload
    assert [(1, "keep"), (2, "keep"), (3, "keep")] == [(pin.row, pin.decision) for pin in store.ledger.pins(record.dataset_id)]
    store.ledger.put_policy("data", "strict", Policy(), author="ann")
    later = store.ledger.put_policy("data", "strict", POLICY, author="bob")
    assert [6] == store.ledger.undo(author="ann").payload["built_on"]
    assert later == store.ledger.in_force("data")
    store.ledger.undo(author="bob")
    assert "built_on" not in store.ledger.undo(author="bob").payload


def test_undo_to_a_point_takes_back_ones_own_steps_since(store):
    """One entry each, the newest first, and redo brings them back one by one."""
    record = imported(store, examples(numbered(4)))
    for row, author in enumerate(["ann", "bob", "ann", "ann"]):
        store.ledger.pin("data", [row], "keep", author=author)
    store.ledger.undo(author="ann", to=1)
    assert [4, 3] == [entry.undoes for entry in reversed(store.ledger.log(limit=2))]
    assert [0, 1] == [pin.row for pin in store.ledger.pins(record.dataset_id)]
    store.ledger.redo(author="ann")
    assert [0, 1, 2] == [pin.row for pin in store.ledger.pins(record.dataset_id)]
    with pytest.raises(DataError, match="nothing to undo"):
        store.ledger.undo(author="bob", to=2)


def test_payloads_of_any_kind(store):
    """Payloads keep any script, and what JSON has no word for becomes null or plain text, so that a note never stops a pin."""
    entry = store.ledger.append("note", {"text": "保留\ud800", "nan": float("nan"), "path": pa.__name__, "of": (1, 2)}, dataset="data", author="张三")
    assert {"text": "保留\ud800", "nan": None, "path": "pyarrow", "of": [1, 2]} == store.ledger.log()[0].payload == entry.payload


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_changed_between_two_numbers_is_found_without_reading_all_pins(tmp_path_factory, data):
    """Between any two moments only touched rows differ, and pins asked for by row are those that all pins say, after new versions too."""
    store = Store.create(tmp_path_factory.mktemp("touched") / "test.duckdb")
    raw = ["raw a", "raw b", "raw c", "raw c"]
    rows = [("a", "x"), ("b", "x"), ("c", "x"), ("c", "x")]
    versions = [imported(store, examples(rows, raw=raw))]
    for _ in range(data.draw(st.integers(3, 7))):
        match data.draw(st.sampled_from(["pin", "pin", "survive", "undo", "redo", "import"])):
            case "pin":
                chosen = data.draw(st.sets(st.integers(0, 3), min_size=1))
                store.ledger.pin("data", sorted(chosen), data.draw(st.sampled_from(["keep", "drop", "none"])), author="ann")
            case "survive":
                store.ledger.survive("data", data.draw(st.integers(0, 3)), author="ann")
            case "import":
                texts = data.draw(st.permutations([*rows, ("new", "x")]))
                again = [(text.upper() if data.draw(st.booleans()) else text, label) for text, label in texts]
                versions.append(imported(store, examples(again, raw=[f"raw {text.lower()}" for text, _ in again])))
            case action:
                with suppress(DataError):
                    getattr(store.ledger, action)(author="ann")
    dataset_id, newest = versions[-1].dataset_id, store.ledger.number()
    since = data.draw(st.integers(0, newest))
    states = [
        ({pin.row: (pin.number, pin.decision, pin.text_changed) for pin in store.ledger.pins(dataset_id, at)}, store.ledger.survivors(dataset_id, at))
        for at in (since, newest)
    ]
    firsts = [dict(zip(found["row"].tolist(), found["number"].tolist(), strict=True)) for _, found in states]
    (before, _), (after, _) = states
    differ = {row for row in range(5) if before.get(row) != after.get(row) or firsts[0].get(row) != firsts[1].get(row)}
    touched = store.ledger.touched(dataset_id, since, newest).tolist()
    assert differ <= set(touched)
    asked = store.ledger.pins(dataset_id, rows=touched)
    assert {row: pin for row, pin in after.items() if row in touched} == {pin.row: (pin.number, pin.decision, pin.text_changed) for pin in asked}
    some = store.ledger.survivors(dataset_id, rows=np.array(touched, dtype=np.int64))
    assert {row: n for row, n in firsts[1].items() if row in touched} == dict(zip(some["row"].tolist(), some["number"].tolist(), strict=True))
