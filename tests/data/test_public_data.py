"""Public datasets as their publishers made them."""

from __future__ import annotations

import json

import pytest

from workbench.data import DataSource, EvalSplit, load


def test_banking77_is_read_whole(classification, shared_data):
    """10,003 and 3,080 rows of 77 intents, of which none is set aside."""
    source = DataSource(train="banking77/train.csv", eval="banking77/test.csv", validation=0.1, base=shared_data)

    loaded = load(classification, source)

    assert (10_003 + 3_080, 0) == (loaded.read, loaded.rejected.num_rows)
    assert {"train": 9_003, "validation": 1_000, "eval": 3_080} == {name: table.num_rows for name, table in loaded.tables.items()}
    labels = {label for table in loaded.tables.values() for label in table.column("label").to_pylist()}
    assert 77 == len(labels)


def test_ag_news_without_a_header_is_read_by_position(classification, shared_data):
    """7,600 rows of four topics; the title is left as meta."""
    loaded = load(classification, DataSource(train="ag_news/test.csv", fields={"label": 0, "text": 2}, base=shared_data))

    train = loaded.tables["train"]
    assert 7_600 == train.num_rows
    assert {"1", "2", "3", "4"} == set(train.column("label").to_pylist())
    assert all(list(json.loads(meta)) == ["1"] for meta in train.column("meta").to_pylist())


@pytest.mark.parametrize(
    ("file", "questions", "misplaced"),
    # CMRC2018 as published has 200 answers that do not stand where their offsets say, of 9,657.
    [("squad/dev-v1.1.json", 10_570, 0), ("squad/dev-v2.0.json", 11_873, 0), ("cmrc2018/dev.json", 3_219, 200)],
)
def test_squad_layouts_are_read_with_offsets_in_code_points(question_answering, shared_data, file, questions, misplaced):
    """An answer stands in its context where its span says; a split by article leaves whole articles on each side."""
    tables = load(question_answering, DataSource(train=file, eval=EvalSplit(share=0.2, by="article"), base=shared_data)).tables

    assert questions == sum(table.num_rows for table in tables.values())
    sides = []
    found = 0
    for table in tables.values():
        sides.append({json.loads(meta)["article"] for meta in table.column("meta").to_pylist()})
        for context, answers in zip(table.column("context").to_pylist(), table.column("answers").to_pylist(), strict=True):
            found += sum(context[answer["start"] : answer["end"]] != answer["text"] for answer in answers)
    assert misplaced == found
    assert set() == sides[0] & sides[1]
    assert 0.15 < tables["eval"].num_rows / questions < 0.25


def test_instruction_data_in_chinese_is_read(classification, shared_data):
    """JSON arrays, with fields of other names; an empty input is absent content, not a lost row."""
    loaded = load(classification, DataSource(train="zh/alpaca_zh_demo.json", fields={"text": "output", "label": "instruction"}, base=shared_data))

    assert (1_000, 0) == (loaded.read, loaded.rejected.num_rows)


def test_a_packed_file_of_code_is_read(classification, shared_data):
    """HumanEval: 164 problems in gzipped JSON Lines."""
    source = DataSource(train="human_eval/HumanEval.jsonl.gz", fields={"text": "prompt", "label": "entry_point"}, key="task_id", base=shared_data)

    assert 164 == len(set(load(classification, source).tables["train"].column("key").to_pylist()))


def test_a_quoted_csv_of_real_comments_is_read(classification, shared_data):
    """Comments with quotes and line breaks; True and False are labels as the file has them."""
    source = DataSource(train="jigsaw/toxicity_nonfuzzed_testset.csv", fields={"text": "comment", "label": "toxic"}, base=shared_data)

    loaded = load(classification, source)

    assert (1_492, 0) == (loaded.read, loaded.rejected.num_rows)
    assert {"True", "False"} == set(loaded.tables["train"].column("label").to_pylist())
