from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_builders import ROLES, digest, examples, imported, numbered, planned_run, rejected, scored, stage

from workbench.errors import DataError, StoreError, UnknownNameError
from workbench.store import Store
from workbench.store import ingest as ingest_module
from workbench.types import Role, RoleType

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ON_ONE_STORE = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))  # few and large: each is an import or more


def test_import_counts(store):
    """An import remembers what was read, imported and set aside, by split, and read is the sum of both."""
    with stage(store) as importing:
        importing.add(examples(numbered(4)))
        importing.add(examples(numbered(2), split="eval"))
        importing.reject(rejected(3))
        record = importing.finish(read=9)
    assert (record.read, record.imported, record.rejected) == (9, 6, 3)
    assert record.splits == {"train": 4, "eval": 2}
    assert record.roles == ROLES
    assert rejected(3) == store.datasets.rejected(record.dataset_id)
    assert [record] == store.datasets.list()
    assert record == store.datasets.get(record.dataset_id)


@pytest.mark.parametrize("read", [5, 7])
def test_import_that_loses_rows_is_refused(store, read):
    """Where read is not imported + rejected, nothing becomes visible and nothing stays behind."""
    with stage(store) as importing:
        importing.add(examples(numbered(4)))
        importing.reject(rejected(2))
        with pytest.raises(StoreError, match="read = imported"):
            importing.finish(read=read)
    assert store.datasets.list() == []
    assert list((store.files / "stage").iterdir()) == []


@ON_ONE_STORE
@given(data=st.data())
def test_same_content_in_any_order_is_the_same_version(store, data):
    """The fingerprint depends on the multiset of examples and on nothing else, and importing it again adds nothing."""
    rows = data.draw(st.lists(st.tuples(TEXTS, st.sampled_from("ab")), min_size=1, max_size=12))
    shuffled = data.draw(st.permutations(rows))
    name = f"data {digest(*rows)}"
    first = imported(store, examples(rows), name=name)
    again = imported(store, *(examples([row]) for row in shuffled), name=name)
    assert first == again
    changed = imported(store, examples([*rows, ("one more", "a")]), name=name)
    assert first.version != changed.version
    assert changed == store.datasets.find(name)
    assert first == store.datasets.find(name, first.version)


def test_split_task_and_roles_are_part_of_the_version(store):
    """The same rows in another split, or read by another task, are another version."""
    versions = {imported(store, examples(numbered(2)), name="a").version, imported(store, examples(numbered(2), split="eval"), name="b").version}
    with stage(store, "c", task="other.task") as importing:
        importing.add(examples(numbered(2)))
        versions.add(importing.finish(read=2).version)
    assert len(versions) == 3


def test_last_import_is_the_newest_version(store):
    """Importing an old content again makes it the one that the name stands for."""
    old = imported(store, examples(numbered(2)))
    new = imported(store, examples(numbered(3)))
    assert new == store.datasets.find("data")
    imported(store, examples(numbered(2)))
    assert old == store.datasets.find("data")


def test_equal_examples_are_told_apart_by_occurrence(store):
    """The first of equal examples in a split has the bare hash, the next ones count from 1."""
    record = imported(store, examples([("a", "x"), ("b", "x"), ("a", "x"), ("a", "x")]), examples([("a", "x")], split="eval"))
    a, b = digest("a", "x"), digest("b", "x")
    assert [a, b, f"{a}.1", f"{a}.2", a] == store.datasets.examples(record.dataset_id).values("example_id")


def test_keys_are_the_ids(store):
    """With the user's own ids, examples are known by these, and rows without one by their content."""
    record = imported(store, examples([("a", "x"), ("a", "x"), ("a", "x")], keys=["k1", None, "k2"]), keyed=True)
    assert record.keyed
    assert ["k1", digest("a", "x"), "k2"] == store.datasets.examples(record.dataset_id).values("example_id")


def test_key_that_stands_twice_is_refused(store):
    """A key must be unique within its split; the message names it."""
    imported(store, examples([("a", "x")], keys=["k"]), examples([("b", "x")], keys=["k"], split="eval"), keyed=True)
    with stage(store, keyed=True) as importing:
        importing.add(examples([("a", "x"), ("b", "x")], keys=["k", "k"]))
        with pytest.raises(DataError, match="'k' stands 2 times in the split 'train'"):
            importing.finish(read=2)


MESSAGE = st.fixed_dictionaries({name: st.none() | TEXTS for name in ("role", "content", "name", "tool_call_id", "tool_calls")})
SPAN = st.fixed_dictionaries({"start": st.integers(0, 2**31 - 1), "end": st.integers(0, 2**31 - 1), "text": TEXTS})
VALUES = {
    RoleType.TEXT: TEXTS,
    RoleType.LABEL: TEXTS,
    RoleType.NUMBER: st.floats(allow_nan=False),
    RoleType.TEXTS: st.lists(TEXTS, max_size=3),
    RoleType.SPANS: st.lists(SPAN, max_size=2),
    RoleType.MESSAGES: st.lists(MESSAGE, max_size=2),
}
ALL_ROLES = tuple(Role(name=f"{kind}_role", type=kind, required=False) for kind in RoleType)


@ON_ONE_STORE
@given(rows=st.lists(st.fixed_dictionaries({f"{kind}_role": st.none() | values for kind, values in VALUES.items()}), min_size=1, max_size=20))
def test_examples_come_back_as_they_went_in(store, rows):
    """Values of every role type survive the store exactly: NUL, any script, nulls at any depth, empty lists."""
    base = examples([("", "")] * len(rows)).drop_columns(["text", "label"])
    schema = store_schema()
    table = base
    for name in schema.names:
        table = table.append_column(schema.field(name), pa.array([row[name] for row in rows], schema.field(name).type))
    with stage(store, f"data {digest(repr(rows))}", roles=ALL_ROLES) as importing:
        importing.add(table.set_column(3, "content_hash", pa.array([digest(repr(row), position) for position, row in enumerate(rows)])))
        record = importing.finish(read=len(rows))
    found = store.datasets.examples(record.dataset_id)
    assert schema == found.table.select(schema.names).schema
    assert rows == found.table.select(schema.names).to_pylist()


def store_schema() -> pa.Schema:
    text = pa.large_string()
    span = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("text", text)])
    message = pa.struct([(name, text) for name in ("role", "content", "name", "tool_call_id", "tool_calls")])
    types = [text, text, pa.float64(), pa.large_list(text), pa.large_list(span), pa.large_list(message)]
    return pa.schema(list(zip([role.name for role in ALL_ROLES], types, strict=True)))


def test_examples_by_split_rows_and_batches(store, monkeypatch):
    """However they are asked for, over however many slices and pages, examples come in row order and once."""
    monkeypatch.setattr(ingest_module, "SLICE_ROWS", 7)
    train, held_out = numbered(30), [(f"held out {number}", "x") for number in range(5)]
    record = imported(store, examples(train[:10]), examples(held_out, split="eval"), examples(train[10:]))
    everything = train[:10] + held_out + train[10:]
    expected = [text for text, _label in everything]
    assert expected == store.datasets.examples(record.dataset_id).values("text")
    assert [text for text, _label in train] == store.datasets.examples(record.dataset_id, split="train").values("text")
    assert [expected[3], expected[20]] == store.datasets.examples(record.dataset_id, rows=np.array([20, 3, 20])).values("text")
    assert [expected[20]] == store.datasets.examples(record.dataset_id, split="train", rows=np.array([20, 12])).values("text")
    assert [*range(10), *range(15, 35)] == store.datasets.rows(record.dataset_id, "train").tolist()
    pages = list(store.datasets.batches(record.dataset_id, split="train", size=8))
    assert all(1 <= len(page) <= 8 for page in pages)
    assert [text for text, _label in train] == [text for page in pages for text in page.values("text")]
    assert len(store.datasets.examples(record.dataset_id, rows=np.array([], dtype=np.int64))) == 0


def test_empty_dataset(store):
    """A dataset without a row is one, too."""
    with stage(store) as importing:
        importing.reject(rejected(1))
        record = importing.finish(read=1)
    found = store.datasets.examples(record.dataset_id)
    assert (len(found), found.table.column_names) == (0, ["row", "example_id", "content_hash", "split", "source", "meta", "text", "label"])
    assert list(store.datasets.batches(record.dataset_id)) == []


def test_planted_rows_are_counted_within_train(store):
    """Planted defects are given by position in train and kept by row of the store."""
    with stage(store) as importing:
        importing.add(examples(numbered(2), split="eval"))
        importing.add(examples(numbered(3)))
        importing.plant(pa.table({"row": [2, 0], "kind": ["label-flip", "garbled"], "detail": ["{}", "{}"]}))
        record = importing.finish(read=5)
    assert [(row["row"], row["kind"]) for row in store.datasets.planted(record.dataset_id).to_pylist()] == [(2, "garbled"), (4, "label-flip")]


def adding(store, table):
    with stage(store) as importing:
        importing.add(table)


REFUSED = {
    "a role called like a column": lambda store: stage(store, roles=(Role(name="split", type=RoleType.TEXT),)),
    "a missing column": lambda store: adding(store, examples(numbered(1)).drop_columns(["label"])),
    "a column of another type": lambda store: adding(store, examples(numbered(1)).set_column(5, "line", pa.array(["one"]))),
    "a null where none may be": lambda store: adding(store, examples(numbered(1)).set_column(3, "content_hash", pa.nulls(1, pa.string()))),
    "an unknown number": lambda store: store.datasets.get(7),
    "examples of an unknown number": lambda store: store.datasets.examples(7),
    "a row that is not there": lambda store: store.datasets.examples(imported(store, examples(numbered(2))).dataset_id, rows=np.array([2])),
}


@pytest.mark.parametrize("attempt", REFUSED.values(), ids=REFUSED.keys())
def test_refused(store, attempt):
    """What cannot be right is refused with what was expected."""
    with pytest.raises(DataError, match="Expected"):
        attempt(store)


def test_planted_row_outside_train_is_refused(store):
    """A defect in a row that train does not have is a mistake of the plant."""
    with stage(store) as importing:
        importing.add(examples(numbered(2)))
        importing.plant(pa.table({"row": [2], "kind": ["label-flip"], "detail": ["{}"]}))
        with pytest.raises(DataError, match="row 2 of train"):
            importing.finish(read=2)


@pytest.fixture(scope="module")
def two_datasets(tmp_path_factory):
    """Two datasets with ids that begin alike, and one id in two splits."""
    store = Store.create(tmp_path_factory.mktemp("resolve") / "test.duckdb")
    rows = numbered(3)
    imported(store, examples(rows, keys=["apple", "apple pie", "berry"]), examples(rows[:1], split="eval", keys=["berry"]), name="one", keyed=True)
    imported(store, examples(rows[:2], keys=["cherry", "dir/apple"]), name="two", keyed=True)
    return store


@pytest.mark.parametrize(
    ("prefix", "dataset", "expected"),
    [
        ("apple", None, ("one", 0)),  # exact, though another id begins like it
        ("apple p", None, ("one", 1)),
        ("c", None, ("two", 0)),
        ("dir/a", None, ("two", 1)),  # a slash that is part of the id
        ("eval/berry", None, ("one", 3)),
        ("train/b", "one", ("one", 2)),
    ],
)
def test_resolve(two_datasets, prefix, dataset, expected):
    """An example is found by its id or any unambiguous beginning of it."""
    record, row = two_datasets.datasets.resolve(prefix, dataset)
    assert expected == (record.name, row)


@pytest.mark.parametrize(
    ("prefix", "dataset", "error", "message"),
    [
        ("app", None, DataError, "one: train/apple; one: train/apple pie"),
        ("berry", None, DataError, "one: train/berry; one: eval/berry"),
        ("zebra", None, UnknownNameError, "no example 'zebra'"),
        ("apple", "two", UnknownNameError, "no example"),
        ("apple", "ones", UnknownNameError, "Did you mean 'one'"),
        ("%", None, UnknownNameError, "no example '%'"),
    ],
)
def test_resolve_refuses(two_datasets, prefix, dataset, error, message):
    """What is ambiguous lists the candidates; what is unknown says so."""
    with pytest.raises(error, match=message):
        two_datasets.datasets.resolve(prefix, dataset)


def test_remove_takes_all_versions_and_what_was_derived(store):
    """Removing a dataset leaves no row of it anywhere, and leaves others alone."""
    for count in (2, 3):
        record = imported(store, examples(numbered(count)))
        scored(store, record.dataset_id, [0.5] * count)
    other = imported(store, examples(numbered(4)), name="other")
    scored(store, other.dataset_id, [0.25] * 4)
    assert store.datasets.remove("data") == 2
    assert [other] == store.datasets.list()
    for table in ("examples", "findings"):
        assert [{"dataset_id": other.dataset_id}] == store.sql(f"SELECT DISTINCT dataset_id FROM {table}").to_pylist()
    kept = [row["name"] for row in store.sql("SHOW TABLES").to_pylist() if row["name"][-1].isdigit()]
    assert [f"_examples_{other.dataset_id}", f"_examples_{other.dataset_id}_0", f"roles_{other.dataset_id}", "signals_3"] == kept
    assert store.sql("FROM _ingests").to_pylist() == []
    with pytest.raises(UnknownNameError, match="Did you mean"):
        store.datasets.remove("othr")


def test_remove_of_a_used_dataset_needs_force(store):
    """A dataset that experiments or predictions were made with goes only by force, and then they go with it."""
    record = imported(store, examples(numbered(3)))
    experiment = store.experiments.open(name="exp", identity="i", task="t", dataset_id=record.dataset_id, recipe="", resolved={})
    store.experiments.freeze(experiment.experiment_id, "raw", None, np.arange(3), policy_id=None, ledger_number=0)
    run = planned_run(store, record.dataset_id, experiment_id=experiment.experiment_id)
    planned_run(store, record.dataset_id, name="their system")
    folder = store.run_folder(run.run_id)
    with pytest.raises(DataError, match="the experiment exp@1, the predictions their system"):
        store.datasets.remove("data")
    assert folder.is_dir()
    assert store.datasets.remove("data", force=True) == 1
    assert {"experiments": 0, "runs": 0, "datasets": 0, "examples": 0}.items() <= store.status().counts.items()
    assert not folder.exists()
