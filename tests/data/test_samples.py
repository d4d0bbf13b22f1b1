"""A task's own sample, and what a recipe plants."""

from __future__ import annotations

import dataclasses
import json

import pyarrow as pa
import pytest

from workbench.data import DataSource, apply_plants, content_hashes, from_sample, load
from workbench.data.loading import PLANTED
from workbench.data.plant import ExactDuplicate, LabelFlip, NearDuplicate, plant_all
from workbench.errors import DataError, PluginError, UnknownNameError
from workbench.types import Sample

PLANTS = (ExactDuplicate(found_by=("exact",)), NearDuplicate(role="text", found_by=("near",)), LabelFlip(found_by=("noise",)))


def rows(count, prefix):
    return pa.table(
        {
            "text": [f"{prefix} text number {number} has words enough to be edited a little" for number in range(count)],
            "label": ["ab"[number % 2] for number in range(count)],
            "source": [prefix] * count,
            "page": list(range(count)),
        },
    )


def make_sample(seed, size):
    planted = plant_all(rows(size, "train"), [(plant, 0.1) for plant in PLANTS], seed)
    return Sample(train=planted.table, eval=rows(size // 4, "eval"), planted=planted.rows, license="CC0-1.0")


@pytest.fixture(scope="module")
def task(classification):
    return dataclasses.replace(classification, sample=make_sample, plants=PLANTS)


def holds(table, planted):
    """Whether each planted row is what its kind says, by position."""
    values = table.select(["text", "label"]).to_pylist()
    for each in planted.to_pylist():
        facts = json.loads(each["detail"])
        row = values[each["row"]]
        match each["kind"]:
            case "exact-duplicate":
                assert values[facts["original"]] == row
            case "near-duplicate":
                assert values[facts["original"]]["text"][:5] == row["text"][:5] or facts["similarity"] < 1
                assert values[facts["original"]]["text"] != row["text"]
            case "label-flip":
                assert facts["after"] == row["label"]


def test_a_sample_has_the_shape_of_loaded_data(task, tmp_path):
    """The same columns, types and counts; columns that are no role are meta."""
    (tmp_path / "data.jsonl").write_text('{"text": "a", "label": "b"}\n')

    loaded = from_sample(task, seed=0, size=200)

    expected = load(task, DataSource(train="data.jsonl", base=tmp_path)).tables["train"].schema
    assert {"train", "validation", "eval"} == set(loaded.tables)
    assert [expected] * 3 == [table.schema for table in loaded.tables.values()]
    assert [name for name, table in loaded.tables.items() for _ in range(table.num_rows)] == [
        split for table in loaded.tables.values() for split in table.column("split").to_pylist()
    ]
    assert 240 + 50 == loaded.read == sum(table.num_rows for table in loaded.tables.values())
    assert '{"page":0}' == loaded.tables["eval"].column("meta")[0].as_py()
    assert "CC0-1.0" == loaded.license


def test_validation_of_a_sample_is_clean(task):
    """No planted row, no original of a copy, and nothing equal to them goes there; planted rows are told by their new positions."""
    loaded = from_sample(task, seed=1, size=200, validation=0.1)

    validation, train = loaded.tables["validation"], loaded.tables["train"]
    assert 24 == validation.num_rows
    assert 60 == loaded.planted.num_rows
    assert set() == set(validation.column("content_hash").to_pylist()) & set(train.column("content_hash").to_pylist())
    holds(train, loaded.planted)


def test_a_sample_without_validation_stays_whole(task):
    """All rows are train then."""
    loaded = from_sample(task, seed=1, size=200, validation=None)

    assert ["train", "eval"] == list(loaded.tables)
    assert 240 == loaded.tables["train"].num_rows
    holds(loaded.tables["train"], loaded.planted)


def test_a_sample_without_defects_is_cut_as_well(task):
    """Then all of train is clean."""
    loaded = from_sample(
        dataclasses.replace(task, sample=lambda seed, size: dataclasses.replace(make_sample(seed, size), planted=PLANTED.empty_table())),
        seed=0,
        size=100,
    )

    assert (0, 12) == (loaded.planted.num_rows, loaded.tables["validation"].num_rows)


def test_the_same_seed_gives_the_same_sample(task):
    """And the same fingerprint; another seed gives another."""
    one, same, other = (from_sample(task, seed=seed, size=100) for seed in (0, 0, 1))

    assert one.tables == same.tables
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_a_task_without_a_sample_is_told(classification):
    """There is nothing to show then."""
    with pytest.raises(DataError, match="the task 'reading' has no sample"):
        from_sample(classification, seed=0, size=10)


def test_a_sample_that_lacks_a_column_is_the_plugins_fault(task):
    """It is named."""
    broken = dataclasses.replace(
        task, sample=lambda seed, size: dataclasses.replace(make_sample(seed, size), eval=pa.table({"text": ["a"], "source": ["s"]}))
    )

    with pytest.raises(PluginError, match="lacks the columns label"):
        from_sample(broken, seed=0, size=10)


@pytest.fixture
def loaded(task, tmp_path):
    with (tmp_path / "data.jsonl").open("w") as stream:
        for row in rows(200, "file").to_pylist():
            stream.write(json.dumps(row) + "\n")
    return load(task, DataSource(train="data.jsonl", validation=0.1, key="page", base=tmp_path))


def test_plants_go_into_train_alone(task, loaded):
    """Its rows stay where they are with their keys; appended ones count as read and have keys of their own; hashes follow the content."""
    planted = apply_plants(task, loaded, {"exact-duplicate": 0.1, "label-flip": 0.2}, seed=0)

    before, after = loaded.tables["train"], planted.tables["train"]
    assert before.schema == after.schema
    assert before.column("key").to_pylist() == after.column("key").to_pylist()[: before.num_rows]
    assert after.num_rows == len(set(after.column("key").to_pylist()))
    assert before.num_rows + 18 == after.num_rows == planted.counts["train"].imported
    assert loaded.read + 18 == planted.read
    assert content_hashes(after, ["text", "label"]) == after.column("content_hash")
    assert loaded.tables["validation"] == planted.tables["validation"]
    assert 0 == loaded.planted.num_rows
    assert {"exact-duplicate": 18, "label-flip": 36} == {
        kind: planted.planted.column("kind").to_pylist().count(kind) for kind in ("exact-duplicate", "label-flip")
    }
    holds(after, planted.planted)


def test_an_unknown_plant_is_refused_with_the_nearest(task, loaded):
    """Plants are those of the task."""
    with pytest.raises(UnknownNameError, match="Did you mean 'label-flip'"):
        apply_plants(task, loaded, {"label-flips": 0.1}, seed=0)


def test_planting_twice_is_refused(task):
    """A task's own sample has its defects already."""
    with pytest.raises(DataError, match="planted in this dataset already"):
        apply_plants(task, from_sample(task, seed=0, size=100), {"label-flip": 0.1}, seed=0)
