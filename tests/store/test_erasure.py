"""What is forgotten is nowhere in the file any more, and everything else is as it was."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from store_builders import SCORE, examples, imported, metric_result, numbered, planned_run, rejected, run_of, stage, verdict_table

from workbench.errors import DataError
from workbench.types import Findings

PRIVATE = "mary had a little lamb whose fleece was white as snow"


@pytest.fixture
def filled(store):
    """A dataset with a row to forget: scored, paired, judged, predicted; and a second dataset that holds it too."""
    rows = [*numbered(3), (PRIVATE, "label 0"), *numbered(6)[4:]]
    record = imported(store, examples(rows))
    imported(store, examples([(PRIVATE, "label 0"), ("other", "label 1")]), name="other")
    evidence = pa.table(
        {
            "position": pa.array([3, 1, 2], pa.int64()),
            "signal": ["score"] * 3,
            "reason": ["like"] * 3,
            "values": [f'{{"text": "{PRIVATE}"}}', f'{{"text": "{PRIVATE}"}}', "{}"],
            "partners": pa.array([[1], [3], [0]], pa.list_(pa.int64())),
            "spans": pa.nulls(3, pa.list_(pa.struct([("role", pa.string()), ("start", pa.int32()), ("end", pa.int32())]))),
        }
    )
    edges = pa.table({"a": [1, 0], "b": [3, 2], "signal": ["score"] * 2, "kind": ["near"] * 2, "similarity": [0.9, 0.8]})
    signals = pa.table({"score": pa.array(np.arange(6.0))})
    store.signals.add(run_of(record.dataset_id, (SCORE,)), np.arange(6), Findings(signals=signals, evidence=evidence, edges=edges))
    store.curation.save(record.dataset_id, "p", 0, verdict_table(["keep"] * 6), {})
    store.ledger.pin("data", [3, 4], "drop", author="ann")
    run = planned_run(store, record.dataset_id)
    predictions = {"row": pa.array([3, 4], pa.int64()), "text": pa.array([PRIVATE, "b"], pa.large_string()), "label": pa.nulls(2, pa.large_string())}
    span = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("no_answer", pa.float64())])
    nothing = {"probabilities": pa.large_list(pa.float64()), "span": span, "log_probability": pa.float64(), "tokens": pa.int32()}
    columns = predictions | {name: pa.nulls(2, kind) for name, kind in nothing.items()}
    store.results.save(run.run_id, predictions=pa.table(columns), metrics=[metric_result(np.array([[1.0], [0.0]]))])
    return store, record


def test_a_forgotten_example_is_nowhere_in_the_file(filled):
    """Not in a table, and after compacting not in a byte of the file; the history keeps hash, author and reason."""
    store, record = filled
    content = store.datasets.examples(record.dataset_id, rows=np.array([3])).table["content_hash"][0].as_py()
    done = store.forget(record.dataset_id, 3, author="ann", reason="asked to")
    store.compact()
    assert PRIVATE.encode() not in store.path.read_bytes()
    assert (2, 1, ()) == (done.rows, len(done.similar), done.models)
    assert (content, "asked to", "ann") == (done.entry.payload["content_hashes"][0], done.entry.payload["reason"], done.entry.author)
    for table in ("examples", "evidence", "predictions"):
        assert store.sql(f"SELECT count(*) AS n FROM {table} t WHERE CAST(t AS VARCHAR) LIKE '%lamb%'").to_pylist() == [{"n": 0}]
    assert [{"row": 4}] == store.sql("SELECT row FROM statistics").to_pylist()


def test_the_rest_is_as_it_was(filled):
    """Rows keep their numbers, sums still hold, pins on others stand, and undo does not bring it back."""
    store, record = filled
    done = store.forget(record.dataset_id, 3, author="ann", reason="asked to")
    (example_id,) = done.similar
    now = store.datasets.get(record.dataset_id)
    assert (6, 5, 1, {"train": 5}) == (now.read, now.imported, now.rejected, now.splits)
    assert ["forgotten: asked to"] == store.datasets.rejected(record.dataset_id)["reason"].to_pylist()
    table = store.datasets.examples(record.dataset_id).table
    assert [0, 1, 2, 4, 5] == table["row"].to_pylist()
    assert example_id == table["example_id"][1].as_py()
    assert [5] == store.datasets.examples(record.dataset_id, rows=np.array([5])).table["row"].to_pylist()
    assert [4] == [pin.row for pin in store.ledger.pins(record.dataset_id)]
    assert [(0, 2)] == [(edge["a"], edge["b"]) for edge in store.sql("FROM duplicate_edges").to_pylist()]
    assert [{"row": 2}] == store.sql("SELECT row FROM evidence").to_pylist()
    assert [0.0, 1.0, 2.0, 4.0, 5.0] == store.signals.read(1)["score"].to_pylist()
    assert "pin" == store.ledger.undo(author="ann").payload["action"]
    with pytest.raises(DataError, match="names row 3"):
        store.ledger.pin("data", [3], "keep", author="ann")


def test_evidence_that_quotes_it_goes_with_it(filled):
    """A training row that overlaps an evaluation example has that example's words as evidence, in whatever dataset; the row and its score stay."""
    store, record = filled
    example = store.datasets.examples(record.dataset_id, rows=np.array([3])).table
    quotes = [{"text": PRIVATE, "content_hash": example["content_hash"][0].as_py()}, {"text": "of no interest", "content_hash": "0" * 32}, "a word"]
    training = imported(store, examples(numbered(3)), name="training")
    evidence = pa.table(
        {
            "position": pa.array([0, 1, 2], pa.int64()),
            "signal": ["score"] * 3,
            "reason": ["like"] * 3,
            "values": [json.dumps({"other": each}) for each in quotes],
            "partners": pa.nulls(3, pa.list_(pa.int64())),
            "spans": pa.nulls(3, pa.list_(pa.struct([("role", pa.string()), ("start", pa.int32()), ("end", pa.int32())]))),
        }
    )
    run = run_of(training.dataset_id, (SCORE,))
    store.signals.add(run, np.arange(3), Findings(signals=pa.table({"score": [0.9, 0.8, 0.7]}), evidence=evidence))
    store.forget(record.dataset_id, 3, author="ann", reason="asked to")
    store.compact()
    assert PRIVATE.encode() not in store.path.read_bytes()
    assert [1, 2] == sorted(store.signals.evidence(training.dataset_id, [0, 1, 2])["row"].to_pylist())
    assert 3 == store.datasets.get(training.dataset_id).imported


def test_it_does_not_come_back_with_the_next_import(filled):
    """The same text is set aside, planted defects still point at their rows, and read = imported + rejected."""
    store, record = filled
    store.forget(record.dataset_id, 3, author="ann", reason="")
    with stage(store, "again") as importing:
        importing.add(examples([("a", "x"), (PRIVATE, "label 0"), ("b", "x")]))
        importing.reject(rejected(1))
        importing.plant(pa.table({"row": pa.array([1, 2], pa.int64()), "kind": ["k", "k"], "detail": ["{}", "{}"]}))
        again = importing.finish(read=4)
    assert (2, 2) == (again.imported, again.rejected)
    assert ["a", "b"] == store.datasets.examples(again.dataset_id).table["text"].to_pylist()
    assert [1] == store.datasets.planted(again.dataset_id)["row"].to_pylist()


def test_compacting_keeps_everything(filled):
    """Tables, views, numbers to come and what is decided are the same; the file is not larger."""
    store, record = filled
    before = [store.sql(f"FROM {table} ORDER BY ALL").to_pylist() for table in ("examples", "findings", "ledger", "verdicts", "predictions")]
    sizes = store.compact()
    assert before == [store.sql(f"FROM {table} ORDER BY ALL").to_pylist() for table in ("examples", "findings", "ledger", "verdicts", "predictions")]
    assert sizes[1] <= sizes[0]
    assert imported(store, examples(numbered(2)), name="new").dataset_id > record.dataset_id
    assert [] == list(store.files.glob("compact*"))
