from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from store_builders import examples, imported, numbered, run_of, scored

from workbench.errors import DataError
from workbench.store import ingest as ingest_module
from workbench.types import Direction, Findings, Signal

SIGNALS = (
    Signal(name="self-confidence", dtype="float64", summary="", low=0.0, high=1.0, direction=Direction.HIGHER, reasons={"low": "it is {value}"}),
    Signal(name='"quoted"; --', dtype="int64", summary="a count"),
    Signal(name="flag", dtype="bool", summary="a yes or no"),
)
SPANS = pa.list_(pa.struct([("role", pa.string()), ("start", pa.int32()), ("end", pa.int32())]))


def findings(count: int) -> Findings:
    """Findings over so many rows, evidence and edges included."""
    some = range(0, count, 2)
    return Findings(
        signals=pa.table(
            {
                "self-confidence": pa.array([None if row % 5 == 0 else row / count for row in range(count)], pa.float64()),
                '"quoted"; --': pa.array(range(count), pa.int64()),
                "flag": pa.array([row % 2 == 0 for row in range(count)]),
            }
        ),
        evidence=pa.table(
            {
                "position": pa.array(some, pa.int64()),
                "signal": pa.array(["flag"] * len(some)),
                "reason": pa.array(["low"] * len(some)),
                "values": pa.array([f'{{"at": {row}}}' for row in some]),
                "partners": pa.array([None if row == 0 else [row - 1, row] for row in some], pa.list_(pa.int64())),
                "spans": pa.array([[{"role": "text", "start": 0, "end": row}] for row in some], SPANS),
            }
        ),
        edges=pa.table(
            {
                "a": pa.array(range(count - 1), pa.int64()),
                "b": pa.array(range(1, count), pa.int64()),
                "signal": ["flag"] * (count - 1),
                "kind": ["near"] * (count - 1),
                "similarity": pa.array([row / count for row in range(count - 1)], pa.float64()),
            }
        ),
    )


def test_findings_come_back_by_row(store, monkeypatch):
    """Positions become rows of the store, in signals, evidence, partners and edges alike, over however many slices."""
    monkeypatch.setattr(ingest_module, "SLICE_ROWS", 3)
    record = imported(store, examples(numbered(4), split="eval"), examples(numbered(10)))
    rows = np.arange(4, 14)
    given_run = run_of(record.dataset_id, SIGNALS, name="label-noise", notes=("read this",))
    run = store.signals.add(given_run, rows, findings(10))
    assert given_run == type(given_run)(**{name: getattr(run, name) for name in given_run.__dataclass_fields__})
    assert run == store.signals.find(record.dataset_id, "classification.label-noise", "1", "abc")
    assert [run] == store.signals.runs(record.dataset_id)
    expected = findings(10)
    assert expected.signals.add_column(0, "row", pa.array(rows)) == store.signals.read(run.selector_run)
    assert [(row, row + 1) for row in range(4, 13)] == [(edge["a"], edge["b"]) for edge in store.signals.edges(run.selector_run).to_pylist()]
    found = store.signals.evidence(record.dataset_id, [4, 6, 7]).to_pylist()
    assert [(entry["row"], entry["partners"]) for entry in found] == [(4, None), (6, [5, 6])]
    assert {"classification.label-noise"} == {entry["selector"] for entry in found}
    assert [(edge["a"], edge["b"]) for edge in store.signals.edges_of(record.dataset_id, 7).to_pylist()] == [(7, 8), (6, 7)]
    assert store.signals.of_row(run.selector_run, 7) == {"self-confidence": 0.3, '"quoted"; --': 3, "flag": False}
    assert store.signals.of_row(run.selector_run, 0) == {}


def test_edges_stay_ordered_whatever_the_order_of_rows(store):
    """An edge is stored with the smaller row first, even where positions run the other way."""
    record = imported(store, examples(numbered(3)))
    edges = pa.table({"a": [0], "b": [2], "signal": ["score"], "kind": ["copy"], "similarity": [1.0]})
    run = store.signals.add(run_of(record.dataset_id), np.array([2, 1, 0]), Findings(signals=pa.table({"score": [1.0, 2.0, 3.0]}), edges=edges))
    (edge,) = store.signals.edges(run.selector_run).to_pylist()
    assert edge == {"a": 0, "b": 2, "signal": "score", "kind": "copy", "similarity": 1.0}
    assert store.signals.read(run.selector_run).column("score").to_pylist() == [3.0, 2.0, 1.0]


def test_same_run_again_changes_nothing(store):
    """A selector, version and parameters score a dataset version once; whoever comes second gets the first one's run."""
    record = imported(store, examples(numbered(3)))
    first = scored(store, record.dataset_id, [0.1, 0.2, 0.3])
    assert first == scored(store, record.dataset_id, [0.9, 0.9, 0.9])
    assert store.signals.read(first.selector_run).column("score").to_pylist() == [0.1, 0.2, 0.3]
    assert store.sql("SELECT count(*) AS n FROM findings").to_pylist() == [{"n": 3}]
    other = scored(store, record.dataset_id, [0.9, 0.9, 0.9], params_hash="other")
    assert other != first
    assert store.sql("SELECT count(*) AS n FROM findings").to_pylist() == [{"n": 6}]


def test_findings_view_shows_every_signal(store):
    """The view has one row per value that is there, under the selector's short name, whatever the signal is called."""
    record = imported(store, examples(numbered(5)))
    store.signals.add(run_of(record.dataset_id, SIGNALS, name="it's"), np.arange(5), findings(5))
    found = store.sql("SELECT signal, count(*) AS n, max(value) AS highest FROM findings WHERE selector = 'it''s' GROUP BY signal").to_pylist()
    expected = [("self-confidence", 4, 0.8), ('"quoted"; --', 5, 4.0), ("flag", 5, 1.0)]
    assert sorted(expected) == sorted((row["signal"], row["n"], row["highest"]) for row in found)


ONE = pa.table({"score": [1.0, 2.0]})
REFUSED = {
    "too few rows": (np.arange(3), Findings(signals=ONE), "has 2 rows"),
    "a row twice": (np.array([1, 1]), Findings(signals=ONE), "names a row twice"),
    "no such signal": (np.arange(2), Findings(signals=ONE.rename_columns(["other"])), "lacks score"),
    "words for numbers": (np.arange(2), Findings(signals=pa.table({"score": ["high", "low"]})), "of another type"),
    "an edge to nowhere": (
        np.arange(2),
        Findings(signals=ONE, edges=pa.table({"a": [0], "b": [2], "signal": ["score"], "kind": ["near"], "similarity": [0.9]})),
        "points at position 2",
    ),
}


@pytest.mark.parametrize(("rows", "found", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_findings_that_do_not_fit_are_refused(store, rows, found, message):
    """A selector whose tables do not fit its declaration is named, and nothing is stored."""
    record = imported(store, examples(numbered(3)))
    with pytest.raises(DataError, match=f"classification.near-duplicates.*{message}"):
        store.signals.add(run_of(record.dataset_id), rows, found)
    assert store.signals.runs(record.dataset_id) == []


def test_signals_of_nothing(store):
    """An unknown run is refused; a dataset without runs has none."""
    record = imported(store, examples(numbered(2)))
    assert store.signals.runs(record.dataset_id) == []
    assert store.signals.evidence(record.dataset_id, [0, 1]).num_rows == 0
    with pytest.raises(DataError, match="no selector run number 9"):
        store.signals.read(9)
