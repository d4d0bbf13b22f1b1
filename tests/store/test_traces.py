from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest
from store_builders import examples, imported, numbered

from workbench.errors import DataError
from workbench.store import NewTrace, Store

MEASURES = ("loss", "log_probability", "margin", "correct", "error_norm")


def trace_of(epochs=2, rows=3):
    """A table as adapters give it, with a null in it."""
    values = np.arange(epochs * rows, dtype=np.float64)
    values[1] = np.nan
    table = {
        "epoch": pa.array(np.repeat(np.arange(1, epochs + 1), rows), pa.int32()),
        "row": pa.array(np.tile(np.arange(rows), epochs), pa.int64()),
        **{name: pa.array(values + at, from_pandas=True) for at, name in enumerate(MEASURES)},
    }
    return pa.table(table)


def new_trace(dataset_id, identity="abc"):
    return NewTrace(
        dataset_id=dataset_id,
        identity=identity,
        adapter="classification.sequence-classification",
        version="1",
        head="sequence-classification",
        plugin="classification",
        distribution="sft-workbench",
        distribution_version="0.1.0",
        model="scratch:encoder-tiny",
        options={"epochs": 2.0},
        seed=0,
        seconds=1.5,
    )


def test_a_trace_is_found_by_what_decides_it(store):
    """As it was given, by whoever opens the store; another identity, another dataset and a second trace of the first change nothing."""
    record = imported(store, examples(numbered(3)))
    assert store.traces.find(record.dataset_id, "abc") is None
    store.traces.add(new_trace(record.dataset_id), trace_of())
    store.traces.add(new_trace(record.dataset_id), trace_of(epochs=1))
    store.traces.add(new_trace(record.dataset_id, "def"), trace_of(epochs=1))
    found = Store.open(store.path).traces.find(record.dataset_id, "abc")
    assert ("sequence-classification", trace_of()) == (found.head, found.table)
    assert 2 == len(store.sql("FROM trace_runs"))
    assert [{"n": 9}] == store.sql("SELECT count(*) AS n FROM traces").to_pylist()
    assert store.traces.find(record.dataset_id + 1, "abc") is None


def test_what_is_forgotten_or_removed_is_traced_no_more(store):
    """The rows of an example go with it, all of them with their dataset."""
    record = imported(store, examples(numbered(3)))
    store.traces.add(new_trace(record.dataset_id), trace_of())
    store.forget(record.dataset_id, 1, author="ann", reason="asked to")
    assert [0, 2, 0, 2] == store.traces.find(record.dataset_id, "abc").table["row"].to_pylist()
    store.datasets.remove("data", force=True)
    assert [0, 0] == [len(store.sql(f"FROM {table}")) for table in ("trace_runs", "_traces")]


def test_what_is_no_trace_is_refused(store):
    """A table that lacks a column, and a dataset that is gone."""
    record = imported(store, examples(numbered(3)))
    with pytest.raises(DataError, match="A trace lacks margin"):
        store.traces.add(new_trace(record.dataset_id), trace_of().drop_columns(["margin"]))
    with pytest.raises(DataError, match="was removed while it was traced"):
        store.traces.add(dataclasses.replace(new_trace(record.dataset_id), dataset_id=99), trace_of())
