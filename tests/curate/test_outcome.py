"""What policies and pins come to, held against a reading of every rule on every row by hand."""

from __future__ import annotations

import dataclasses
import itertools
import operator
from contextlib import suppress

import numpy as np
import pytest
from curate_builders import import_rows, policy, rule, score_rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.curate import Material, current, decide, training_rows, what_if
from workbench.curate.outcome import VERDICTS, Pinned, evaluate
from workbench.curate.revision import outcome_at
from workbench.curate.verdicts import verdict_table
from workbench.errors import DataError, UnknownNameError
from workbench.selectors import words
from workbench.store import Store
from workbench.types import Alarms, Choice

COUNT = 14
OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}
ROW_RULES = st.lists(
    st.builds(
        rule,
        st.sampled_from(["noise.x", "noise.y"]),
        st.sampled_from(["drop", "review"]),
        st.sampled_from(sorted(OPERATORS)),
        st.integers(0, 4).map(float),
    ),
    max_size=4,
    unique_by=lambda item: (item.signal, item.rule.action),
)
PAIR_RULES = st.lists(
    st.builds(rule, st.just("near.jaccard"), st.sampled_from(["drop", "review"]), st.just(">="), st.sampled_from([0.6, 0.7, 0.8, 0.9, 1.0])),
    max_size=2,
    unique_by=lambda item: item.rule.action,
)
POLICIES = st.builds(
    lambda rows, pairs, **changes: policy(*rows, *pairs, **changes),
    ROW_RULES,
    PAIR_RULES,
    survivor=st.sampled_from(["longest", "noise.x"]),
    choice=st.none()
    | st.builds(
        Choice,
        signal=st.just("noise.y"),
        k=st.sampled_from([0.5, 3.0, 12.0]),
        order=st.sampled_from(["highest", "lowest"]),
        unit=st.sampled_from(["rows", "tokens"]),
    ),
    pins=st.booleans(),
)
PINS = st.dictionaries(st.integers(0, COUNT - 1), st.sampled_from(["keep", "drop"]), max_size=5)
FIRSTS = st.dictionaries(st.integers(0, COUNT - 1), st.integers(1, 9), max_size=3)


def scored_rows(store, seed):
    """A dataset of texts of different lengths, scored, with a split that no policy touches."""
    rng = np.random.default_rng(seed)
    record = import_rows(store, [("w" * int(rng.integers(1, 9)) + f" {number}", f"label {number % 3}") for number in range(COUNT)])
    return record, score_rows(store, record, seed)


READ: dict[object, tuple] = {}


def stored(store, record, runs):
    """Signals, edges and examples as plain lists."""
    if store.path not in READ:
        noise, near = runs
        signals = {f"noise.{name}": store.signals.read(noise.selector_run)[name].to_pylist() for name in ("x", "y")}
        edges, texts = store.signals.edges(near.selector_run).to_pylist(), store.datasets.examples(record.dataset_id).table.to_pylist()
        READ[store.path] = (signals, edges, texts)
    return READ[store.path]


def by_hand(store, record, runs, chosen, *, pins, firsts=None):
    """Verdict and firing rules of each row, without an array in sight."""
    signals, edges, texts = stored(store, record, runs)
    pins, firsts = (pins, firsts or {}) if chosen.pins else ({}, {})

    def fires(item, value):
        return value is not None and OPERATORS[item.rule.operator](value, item.rule.threshold)

    fired = {row: [] for row in range(COUNT)}
    row_rules = [item for item in chosen.rules if item.signal != "near.jaccard"]
    for row, item in itertools.product(range(COUNT), row_rules):
        if fires(item, signals[item.signal][row]):
            fired[row].append(item)
    dropped = {row for row in range(COUNT) if any(item.rule.action == "drop" for item in fired[row])}
    eligible = {row for row in range(COUNT) if (row not in dropped or pins.get(row) == "keep") and pins.get(row) != "drop"}

    def best(row):
        length = len(texts[row]["text"]) + len(texts[row]["label"])
        score = signals[chosen.survivor][row] if chosen.survivor != "longest" else 0
        return (np.inf if score is None else -score, -length, texts[row]["content_hash"], row)

    order = sorted(range(COUNT), key=lambda row: (pins.get(row) != "keep", -firsts.get(row, 0), *best(row)))

    def related(item):
        first = {edge["b"]: edge["a"] for edge in edges if edge["kind"] == "copy" and fires(item, edge["similarity"])}
        near_pairs = {(edge["a"], edge["b"]) for edge in edges if edge["kind"] == "near" and fires(item, edge["similarity"])}
        group = [first.get(row, row) for row in range(COUNT)]
        return lambda a, b: a != b and (group[a] == group[b] or (group[a], group[b]) in near_pairs or (group[b], group[a]) in near_pairs)

    def leave(items, may_stay):
        gone, stays = {}, []
        for row in order:
            if row in may_stay and row not in gone:
                stays.append(row)
                for other in range(COUNT):
                    if other not in gone and pins.get(other) != "keep" and any(related(item)(row, other) for item in items):
                        gone[other] = row
        for row, item in itertools.product(range(COUNT), items):
            if pins.get(row) != "keep" and row not in stays and any(related(item)(row, other) for other in stays):
                fired[row].append(item)
        return gone

    gone = leave([item for item in chosen.rules if item.signal == "near.jaccard" and item.rule.action == "drop"], eligible)
    leave([item for item in chosen.rules if item.signal == "near.jaccard" and item.rule.action == "review"], eligible - set(gone))
    passed_over = set()
    if chosen.choice is not None:
        candidates = [
            row for row in range(COUNT) if pins.get(row) == "keep" or (row in eligible and not any(item.rule.action == "drop" for item in fired[row]))
        ]
        sign = -1 if chosen.choice.order == "highest" else 1
        values = {row: np.inf if value is None else sign * value for row, value in enumerate(signals["noise.y"])}
        size = {row: 1 if chosen.choice.unit == "rows" else sum(len(words(texts[row][role])) for role in ("text", "label")) for row in range(COUNT)}
        k = round(chosen.choice.k * sum(size[row] for row in candidates)) if chosen.choice.k < 1 else int(chosen.choice.k)
        for row in range(COUNT):  # one that is no candidate stands where it would, and takes no other's place
            ahead = [other for other in candidates if (values[other], other) < (values[row], row)]
            passed_over |= {row} if sum(size[other] for other in ahead) + size[row] > k else set()
    verdicts = []
    for row in range(COUNT):
        actions = {item.rule.action.value for item in fired[row]} | ({"drop"} if row in passed_over else set())
        verdicts.append(pins.get(row) or ("drop" if "drop" in actions else "review" if "review" in actions else "keep"))
    names = [{f"{item.signal} {item.rule.action.value}" for item in fired[row]} | ({"choose drop"} if row in passed_over else set()) for row in fired]
    return verdicts, names, [gone.get(row) for row in range(COUNT)]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2), chosen=POLICIES, pins=PINS, firsts=FIRSTS)
def test_verdicts_are_those_of_every_rule_on_every_row(tmp_path_factory, seed, chosen, pins, firsts):
    """For any policy, pins and choices of survivors: verdicts, firing rules, partners and counts are as read by hand, and ``imported = kept + dropped + review``."""
    material, record = prepared(tmp_path_factory, seed)
    verdicts, names, partners = by_hand(material.store, record, material.runs, chosen, pins=pins, firsts=firsts)
    keep, drop = (np.array([pins.get(row) == decision for row in range(COUNT)]) & chosen.pins for decision in ("keep", "drop"))
    firsts = np.array([firsts.get(row, 0) for row in range(COUNT)]) * chosen.pins
    outcome = evaluate(material, chosen, Pinned(keep=keep, drop=drop, changed=np.zeros(COUNT, dtype=bool), first=firsts))
    assert verdicts == [VERDICTS[code] for code in outcome.verdict]
    told = [f"{item.signal} {item.rule.action.value}" for item in outcome.rules]
    assert names == [{name for name, fired in zip(told, column, strict=True) if fired} for column in outcome.fired.T]
    assert partners == [None if row < 0 else row for row in outcome.partner.tolist()]
    counts = outcome.counts
    assert COUNT == counts.imported == counts.kept + counts.dropped + counts.review
    assert (verdicts.count("keep"), verdicts.count("drop")) == (counts.kept, counts.dropped)
    for each, name in zip(counts.rules, told, strict=True):
        alone = [
            row
            for row in range(COUNT)
            if verdicts[row] == each.action and {other for other in names[row] if other.endswith(f" {each.action}")} == {name}
        ]
        assert (sum(name in fired for fired in names), len(alone)) == (each.fired, each.only)


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(chosen=POLICIES, pins=PINS, other=POLICIES)
def test_what_is_stored_is_what_the_preview_told(tmp_path_factory, chosen, pins, other):
    """Pins made in the store, the preview of a policy, and the same policy applied: one and the same result."""
    material, record = prepared(tmp_path_factory, 0)
    store, runs = material.store, material.runs
    number = pin_exactly(store, pins)
    verdicts, names, partners = by_hand(store, record, runs, chosen, pins=pins)
    preview = what_if(material, other, chosen, ledger_number=number)
    decision = decide(store, record.dataset_id, runs, chosen)
    assert preview.after == decision.counts
    assert preview.before == decide(store, record.dataset_id, runs, other, material=material).counts
    table = store.curation.verdicts(decision.verdict_set)
    assert verdicts == table["verdict"].to_pylist()
    assert names == [set(each) for each in table["fired"].to_pylist()]
    assert partners == table["partner"].to_pylist()
    assert [pins.get(row) if chosen.pins else None for row in range(COUNT)] == table["pin"].to_pylist()
    stay = [row for row in range(COUNT) if verdicts[row] != "drop"]
    assert stay == training_rows(store, decision).tolist()
    differ = [row for row in range(COUNT) if preview.outcomes[0].verdict[row] != preview.outcomes[1].verdict[row]]
    assert (len(differ), differ) == (preview.changed, [each.row for each in preview.sample(COUNT)])


STORES: dict[object, tuple] = {}


def prepared(factory, seed):
    """The material of a scored dataset, made once for each seed, and the dataset."""
    if seed not in STORES:
        store = Store.create(factory.mktemp("outcome") / "test.duckdb")
        record, runs = scored_rows(store, seed)
        STORES[seed] = (Material(store, record.dataset_id, runs), record)
    return STORES[seed]


def pin_exactly(store, pins):
    """Let these pins be in force and no others; gives the ledger number."""
    store.ledger.pin("data", range(COUNT), "none", author="ann")
    for decision in ("keep", "drop"):
        rows = [row for row, what in pins.items() if what == decision]
        if rows:
            store.ledger.pin("data", rows, decision, author="ann")
    return store.ledger.number()


@pytest.fixture
def scored(store):
    """A scored store with a small policy."""
    record, runs = scored_rows(store, 0)
    return store, record, runs, policy(rule("noise.x", "drop", ">=", 4.0), rule("near.jaccard", "drop", ">=", 0.8))


def test_a_preview_tells_overlap_moves_and_slices_that_add_up(scored):
    """Slices of any facet sum to the counts, the diagonal of the overlap is what fired, and moves count the changed rows."""
    store, record, runs, in_force = scored
    candidate = policy(rule("noise.x", "drop", ">=", 2.0), rule("noise.y", "review", ">=", 3.0), rule("near.jaccard", "drop", ">=", 0.6))
    preview = what_if(Material(store, record.dataset_id, runs), in_force, candidate)
    assert [each.fired for each in preview.after.rules] == preview.overlap.diagonal().tolist()
    fired = [set(np.flatnonzero(row)) for row in preview.outcomes[1].fired]
    assert [[len(a & b) for b in fired] for a in fired] == preview.overlap.tolist()
    assert preview.changed == sum(preview.moves.values()) > 0
    for by in ("label", "source", "text", "meta.topic", "meta.absent"):
        slices = preview.slices(by, most=2)
        assert preview.after.dropped == sum(each.after.dropped for each in slices)
        assert preview.before.kept == sum(each.before.kept for each in slices)
        assert (COUNT, preview.changed) == (sum(each.before.imported for each in slices), sum(each.changed for each in slices))
    assert ["label 0", "label 1", "(other values)"] == [each.value for each in preview.slices("label", most=2)]
    assert ["(none)"] == [each.value for each in preview.slices("meta.absent")]
    with pytest.raises(UnknownNameError, match="column to tell examples apart by"):
        preview.slices("lable")
    (move, count), *_ = preview.moves.items()
    moved = preview.sample(COUNT, move=move)
    assert [move] * count == [(each.before, each.after) for each in moved]
    assert preview.sample(2, seed=1) == preview.sample(2, seed=1)
    assert () == what_if(preview.material, in_force, in_force).sample()


def test_a_preview_without_duplicates_says_what_is_still_updating(scored):
    """Row rules are exact at once; duplicate rules keep the numbers of the policy in force, and are named."""
    store, record, runs, in_force = scored
    candidate = policy(rule("noise.x", "drop", ">=", 2.0), rule("near.jaccard", "drop", ">=", 0.6))
    material = Material(store, record.dataset_id, runs)
    quick, whole = (what_if(material, in_force, candidate, duplicates=each) for each in (False, True))
    assert (("near.jaccard",), ()) == (quick.updating, whole.updating)
    assert whole.after.rules[0].fired == quick.after.rules[0].fired
    assert quick.before.rules[1].fired == quick.after.rules[1].fired
    rows_only = policy(rule("noise.x", "drop", ">=", 2.0))
    assert what_if(material, in_force, rows_only, duplicates=False).updating == ()
    assert what_if(material, in_force, in_force, duplicates=False).updating == ()


def test_a_policy_that_names_an_unknown_signal_is_refused(scored):
    """With the nearest name that is there."""
    store, record, runs, in_force = scored
    with pytest.raises(UnknownNameError, match=r"Did you mean 'noise\.[xy]'"):
        what_if(Material(store, record.dataset_id, runs), in_force, policy(rule("noise.z", "drop", ">", 1.0)))


# --- a few pins more or less ------------------------------------------------------------------------------------------------------------------------

MANY = 60
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pin", "pin", "survive", "undo", "redo", "other"]),
        st.sets(st.integers(0, MANY - 1), min_size=1, max_size=5),
        st.sampled_from(["keep", "drop", "none"]),
    ),
    min_size=2,
    max_size=4,
)
ALARMED = st.builds(
    lambda chosen, cluster, source: dataclasses.replace(chosen, alarms=Alarms(cluster=cluster, source=source)),
    POLICIES,
    st.sampled_from([0.2, 0.4, 1.0]),
    st.sampled_from([0.1, 0.4, 1.0]),
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(chosen=ALARMED, steps=STEPS)
def test_a_few_pins_cost_a_few_rows_and_give_the_same(tmp_path_factory, chosen, steps):
    """After any steps of the ledger, what is found from the rows that they touch is what all rows say, and so is what the store then holds."""
    if "many" not in STORES:
        store = Store.create(tmp_path_factory.mktemp("many") / "test.duckdb")
        record = import_rows(store, [("w" * (number % 7 + 1) + f" {number}", f"label {number % 3}") for number in range(MANY)])
        STORES["many"] = (Material(store, record.dataset_id, score_rows(store, record, 5, pairs=50)), record)
    material, record = STORES["many"]
    store, runs = material.store, material.runs
    decide(store, record.dataset_id, runs, chosen, material=material)
    for action, rows, decision in steps:
        match action:
            case "pin":
                store.ledger.pin("data", sorted(rows), decision, author="ann")
            case "survive":
                store.ledger.survive("data", min(rows), author="ann")
            case "other":
                store.ledger.append("note", {}, dataset="another", author="ann")
            case _:
                with suppress(DataError):
                    getattr(store.ledger, action)(author="ann")
        number = store.ledger.number()
        decision_now = decide(store, record.dataset_id, runs, chosen, material=material)
        found = outcome_at(material, chosen, number)
        pinned = Pinned.none(MANY).revised(material, number, None) if chosen.pins else Pinned.none(MANY)
        expected = evaluate(material, chosen, pinned)
        for name in ("keep", "drop", "changed", "first"):
            assert np.array_equal(getattr(pinned, name), getattr(found.pinned, name)), name
        assert np.array_equal(expected.fired, found.fired)
        assert np.array_equal(expected.duplicates.held, found.duplicates.held)
        assert (expected.verdict.tolist(), expected.partner.tolist()) == (found.verdict.tolist(), found.partner.tolist())
        assert expected.counts == found.counts == decision_now.counts
        assert MANY == found.counts.kept + found.counts.dropped + found.counts.review
        assert verdict_table(material, expected, np.arange(MANY)) == store.curation.verdicts(decision_now.verdict_set)
    assert store.sql("SELECT count(*) AS n FROM verdict_sets WHERE base IS NOT NULL").to_pylist() != [{"n": 0}]


def test_what_was_read_before_an_example_was_forgotten_is_not_used(scored):
    """Counts go on adding up to the rows that are left, for whoever keeps the material of a dataset in memory."""
    store, record, runs, chosen = scored
    store.ledger.put_policy("data", "chosen", chosen, author="ann")
    material = Material(store, record.dataset_id, runs)
    assert COUNT == current(store, "data", material=material).decision.counts.imported
    store.ledger.pin("data", [3], "drop", author="ann")
    store.forget(record.dataset_id, 3, author="ann")
    after = current(store, "data", material=material)
    assert (COUNT - 1, 0) == (after.decision.counts.imported, after.decision.counts.pinned)
    assert COUNT - 1 == store.curation.verdicts(after.decision.verdict_set).num_rows
