"""The documentation inside the running Python."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from workbench.data import corpus
from workbench.errors import DataError


@pytest.fixture(scope="module")
def documentation():
    return corpus.documentation()


def test_a_corpus_has_its_columns(documentation):
    """All of them text; only a signature may be absent."""
    assert ["area", "module", "name", "kind", "signature", "docstring", "group"] == documentation.column_names
    assert {pa.string()} == set(documentation.schema.types)
    assert ["signature"] == [name for name in documentation.column_names if documentation.column(name).null_count]
    assert {"module", "class", "function", "method", "topic"} == set(documentation.column("kind").to_pylist())


def test_every_area_has_texts_enough_to_learn_from(documentation):
    """Eight areas, each with some hundred texts of eight words and more."""
    texts = Counter()
    for area, text in {*zip(documentation.column("area").to_pylist(), documentation.column("docstring").to_pylist(), strict=True)}:
        texts[area] += len(text.split()) >= 8

    assert 8 == len(corpus.AREAS)
    assert set(corpus.AREAS) == set(texts)
    assert all(count >= 100 for count in texts.values())


def test_texts_repeat_as_they_do_in_nature(documentation):
    """There is something for duplicate selectors to find, and most texts stand once."""
    distinct = len(set(documentation.column("docstring").to_pylist()))

    assert 0.5 < distinct / documentation.num_rows < 0.98


def test_known_objects_are_described_as_they_are(documentation):
    """A function, a class and a method of the library, compared with the objects themselves."""
    import inspect
    import json
    import textwrap

    rows = {row["name"]: row for row in documentation.to_pylist() if row["kind"] != "topic"}

    assert inspect.cleandoc(textwrap.dedent.__doc__) == rows["textwrap.dedent"]["docstring"]
    assert "(text)" == rows["textwrap.dedent"]["signature"]
    assert ("text", "function", "textwrap") == tuple(rows["textwrap.dedent"][name] for name in ("area", "kind", "group"))
    assert "json.decoder:JSONDecoder" == rows["json.decoder.JSONDecoder.decode"]["group"]
    assert inspect.cleandoc(json.JSONDecoder.decode.__doc__) == rows["json.decoder.JSONDecoder.decode"]["docstring"]


def test_nothing_of_this_machine_stands_in_it(documentation):
    """No address of an object, no environment, no folder: the same Python gives the same text elsewhere."""
    read = documentation.filter(pc.not_equal(documentation["kind"], "topic"))  # what the topics show was written by hand
    parts = [part for name in ("signature", "docstring") for part in read.column(name).to_pylist() if part]

    assert [] == [part for part in parts if re.search(r"at 0x[0-9a-f]{6}", part)]
    assert [] == [part for part in documentation.column("signature").to_pylist() if part and ("environ(" in part or sys.prefix in part)]
    assert os.path.sep + "bin" not in "".join(part for part in documentation.column("signature").to_pylist() if part)


def test_what_has_side_effects_is_left_out(documentation):
    """Modules that open a browser, print, or run as programs."""
    modules = set(documentation.column("module").to_pylist())

    assert set() == {module for module in modules if re.search(r"(^|\.)(antigravity|this|idlelib|turtledemo|__main__|test|tests)(\.|$)", module)}


def test_every_process_reads_the_same(documentation, monkeypatch):
    """Another hash seed, and an environment of the user's own, change nothing."""
    for name, value in {"PYTHONHASHSEED": "7", "PYTHONOPTIMIZE": "2", "LANG": "C", "COLUMNS": "30", "SECRET": "in a default"}.items():
        monkeypatch.setenv(name, value)

    assert documentation == corpus._collect(())


def test_a_python_without_docstrings_is_told():
    """As with -OO: a clear message instead of a demo without data."""
    with pytest.raises(DataError, match="has no docstrings"):
        corpus._collect(("-OO",))


def test_a_split_keeps_groups_whole_in_each_area(documentation):
    """Members of a class stand on one side; each area gives about its share."""
    train, held_out = corpus.split_by_group(documentation, share=0.2, seed=0)

    pairs = [set(zip(table.column("area").to_pylist(), table.column("group").to_pylist(), strict=True)) for table in (train, held_out)]
    assert set() == pairs[0] & pairs[1]
    assert documentation.num_rows == train.num_rows + held_out.num_rows
    sizes = [Counter(table.column("area").to_pylist()) for table in (train, held_out)]
    assert all(0.15 < sizes[1][area] / (sizes[0][area] + sizes[1][area]) < 0.25 for area in corpus.AREAS)


def test_seen_texts_are_dropped_from_the_held_out_part(documentation):
    """None of its texts stands in train, whatever the case and the white space; all others stay, in order."""
    train, held_out = corpus.split_by_group(documentation, share=0.2, seed=0)

    clean = corpus.drop_seen(held_out, train)

    seen = {" ".join(text.split()).casefold() for text in train.column("docstring").to_pylist()}
    expected = [row for row in held_out.to_pylist() if " ".join(row["docstring"].split()).casefold() not in seen]
    assert 0 < clean.num_rows < held_out.num_rows
    assert expected == clean.to_pylist()


def test_several_columns_can_be_looked_at_for_what_was_seen():
    """A row goes when any of its texts was seen in the same column."""
    train = pa.table({"a": ["One  text"], "b": ["x"]})
    held_out = pa.table({"a": ["one text", "x", "new", "new"], "b": ["y", "One text", "X", "y"]})

    assert [{"a": "x", "b": "One text"}, {"a": "new", "b": "y"}] == corpus.drop_seen(held_out, train, ("a", "b")).to_pylist()


def make_examples(documentation):
    columns = {"text": "docstring", "label": "area", "source": "module", "area": "area", "group": "group"}
    return pa.table({name: documentation.column(column) for name, column in columns.items()})


def test_a_sample_is_planted_in_training_alone(documentation):
    """It has as many rows as asked for, roles and source only, and an evaluation split of which no text stands in training."""
    from workbench.data.plant import ExactDuplicate, LabelFlip

    plants = [(LabelFlip(found_by=()), 0.2), (ExactDuplicate(found_by=()), 0.1)]

    sample = corpus.sample_of(make_examples(documentation), seen=("text",), plants=plants, seed=3, size=2_000)

    assert ["text", "label", "source"] == sample.train.column_names == sample.eval.column_names
    assert (2_200, 400) == (sample.train.num_rows, sample.eval.num_rows)
    assert {"label-flip": 400, "exact-duplicate": 200} == Counter(sample.planted.column("kind").to_pylist())
    assert set() == set(sample.train.column("text").to_pylist()) & set(sample.eval.column("text").to_pylist())


def test_a_sample_follows_its_seed(documentation):
    """The same seed gives the same sample, another one other rows; all rows where fewer stand there than are asked for."""
    examples = make_examples(documentation)
    one, same, other, whole = (
        corpus.sample_of(examples, seen=("text",), plants=(), seed=seed, size=size) for seed, size in ((0, 99), (0, 99), (1, 99), (0, 10**6))
    )

    assert one == same
    assert one.train != other.train
    assert corpus.split_by_group(examples, share=0.2, seed=0)[0].num_rows == whole.train.num_rows
    assert (99, corpus.FEWEST) == (one.train.num_rows, one.eval.num_rows)
