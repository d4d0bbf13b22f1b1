"""Loading: splits, limits, and the account of every row."""

from __future__ import annotations

import csv
import gzip
import json
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data import DataSource, EvalSplit, content_hashes, load, source_fingerprint
from workbench.data.values import arrow_type
from workbench.errors import DataError

# Raw NUL bytes are how UTF-16 is known; JSON escapes them, the delimited formats cannot.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
labels = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=5).filter(lambda label: not label.isspace())
rows_of_all_roles = st.lists(
    st.fixed_dictionaries(
        {
            "text": texts,
            "label": labels.filter(str.strip),
            "note": st.none() | texts.filter(bool),
            "score": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "references": st.lists(texts.filter(lambda text: text[:1] not in {"[", "{"}), min_size=1, max_size=3),
        },
    ),
    min_size=1,
    max_size=6,
)


def write(folder, name, rows):
    """Rows in the format that a name's suffix says; lists as JSON where a cell is text."""
    path = Path(folder) / name
    flat = [{key: json.dumps(value) if isinstance(value, list) else value for key, value in row.items()} for row in rows]
    match path.suffixes:
        case [".jsonl"]:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        case [".jsonl", ".gz"]:
            path.write_bytes(gzip.compress("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()))
        case [".json"]:
            path.write_text(json.dumps(rows, indent=1))
        case [".parquet"]:
            pq.write_table(pa.Table.from_pylist(rows), path)
        case _:
            with path.open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, list(rows[0]), delimiter="," if path.suffix == ".csv" else "\t")
                writer.writeheader()
                writer.writerows(flat)


@settings(deadline=None, max_examples=30)
@given(rows_of_all_roles)
def test_every_format_gives_the_same_content(every_role, content, rows):
    """What is written in a format and loaded from it has the content hashes of the rows themselves."""
    roles = {role.name: pa.array([row.get(role.name) for row in rows], arrow_type(role.type)) for role in every_role.roles}
    expected = content(pa.table({"content_hash": content_hashes(pa.table(roles), list(roles))}))

    with tempfile.TemporaryDirectory() as folder:
        for name in ("data.jsonl", "data.jsonl.gz", "data.json", "data.csv", "data.tsv", "data.parquet"):
            write(folder, name, rows)
            loaded = load(every_role, DataSource(train=name, base=Path(folder)))
            assert expected == content(loaded.tables["train"]), name


def numbered(count, groups=7):
    """Rows of which each third repeats the content of the one before, in groups."""
    return [
        {"text": f"text {number - (number % 3 == 2)}", "label": "ab"[number % 2 and number % 3 != 2], "topic": f"t{number % groups}"}
        for number in range(count)
    ]


@settings(deadline=None, max_examples=40)
@given(
    count=st.integers(5, 60),
    limit=st.none() | st.integers(1, 50),
    by=st.sampled_from(["", "topic", "label"]),
    seed=st.integers(0, 3),
    random=st.randoms(),
)
def test_splits_do_not_depend_on_the_order_of_the_rows(classification, content, *, count, limit, by, seed, random):
    """Eval cut, limit and validation cut take the same content after the rows are shuffled and spread over files."""
    rows = numbered(count)
    split = EvalSplit(share=0.3, by=by, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        write(folder, "whole.jsonl", rows)
        random.shuffle(rows)
        write(folder, "part-1.jsonl", rows[: count // 2])
        write(folder, "part-2.csv", rows[count // 2 :])
        sources = (
            DataSource(train=name, base=Path(folder), eval=split, limit=limit, validation=0.2, seed=seed) for name in ("whole.jsonl", "part-*")
        )
        one, other = (load(classification, source) for source in sources)

    assert one.counts == other.counts
    assert {name: content(table) for name, table in one.tables.items()} == {name: content(table) for name, table in other.tables.items()}


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 60), st.none() | st.integers(1, 50), st.integers(0, 5))
def test_every_row_is_accounted_for(classification, count, limit, bad):
    """Rows found are rows imported, rejected or left out by the limit; what is read is what is imported and rejected."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, "data.jsonl", numbered(count))
        with (Path(folder) / "data.jsonl").open("a") as stream:
            stream.write("cut in ha\n" * bad)
        loaded = load(
            classification, DataSource(train="data.jsonl", base=Path(folder), eval=EvalSplit(share=0.3), limit=limit, validation=0.2, max_rejected=1)
        )

    counts = loaded.counts.values()
    assert count + bad == sum(each.imported + each.rejected + each.left_out for each in counts)
    assert sum(each.imported + each.rejected for each in counts) == loaded.read
    assert bad == loaded.rejected.num_rows
    assert {name: table.num_rows for name, table in loaded.tables.items()} == {name: each.imported for name, each in loaded.counts.items()}


def test_a_table_has_the_columns_of_an_import(every_role, tmp_path):
    """In the order and the types that the store takes."""
    write(tmp_path, "data.jsonl", [{"text": "a", "label": "b", "references": ["c"]}])

    table = load(every_role, DataSource(train="data.jsonl", base=tmp_path)).tables["train"]

    names = ["split", "key", "raw_hash", "content_hash", "source", "line", "meta", *(role.name for role in every_role.roles)]
    assert names == table.column_names
    assert [pa.string()] * 5 + [pa.int64(), pa.string()] == table.schema.types[:7]
    assert [arrow_type(role.type) for role in every_role.roles] == table.schema.types[7:]


def test_groups_stay_whole(classification, tmp_path):
    """No topic stands on both sides of a split by topic, and the split holds about its share."""
    write(tmp_path, "data.jsonl", numbered(700, groups=70))

    tables = load(classification, DataSource(train="data.jsonl", base=tmp_path, eval=EvalSplit(share=0.2, by="topic"))).tables
    topics = {name: {json.loads(meta)["topic"] for meta in table.column("meta").to_pylist()} for name, table in tables.items()}

    assert set() == topics["train"] & topics["eval"]
    assert 140 == tables["eval"].num_rows


def test_identical_content_stays_on_one_side(classification, content, tmp_path):
    """No row of train stands in validation, nor in an evaluation split that is cut without a group."""
    write(tmp_path, "data.jsonl", numbered(300))

    tables = load(classification, DataSource(train="data.jsonl", base=tmp_path, validation=0.2, eval=EvalSplit(share=0.2))).tables

    assert ["train", "validation", "eval"] == list(tables)
    train, validation, held_out = (set(content(table)) for table in tables.values())
    assert set() == train & validation | train & held_out | validation & held_out


@pytest.mark.parametrize(("by", "message"), [("topic", "all have the same topic"), ("", "are all alike")])
def test_an_eval_split_that_would_be_empty_is_refused(classification, tmp_path, by, message):
    """One group cannot stand on both sides."""
    write(tmp_path, "data.jsonl", [{"text": "a", "label": "b", "topic": "c"}] * 9)

    with pytest.raises(DataError, match=f"no eval split can be cut from train: its rows {message}"):
        load(classification, DataSource(train="data.jsonl", base=tmp_path, eval=EvalSplit(share=0.2, by=by)))


def test_files_of_each_split_are_read(classification, tmp_path):
    """Validation and eval come from files where these are given, and the limit leaves validation whole."""
    for name in ("train", "validation", "test"):
        write(tmp_path, f"{name}.csv", numbered(30))

    loaded = load(classification, DataSource(train="train.csv", validation="validation.csv", eval="test.csv", base=tmp_path, limit=20))

    assert {"train": 20, "validation": 30, "eval": 20} == {name: table.num_rows for name, table in loaded.tables.items()}
    assert [10, 0, 10] == [each.left_out for each in loaded.counts.values()]


def test_a_limit_takes_the_same_rows_of_a_longer_file_or_later_ones(classification, content, tmp_path):
    """The limited set of a file is nested in that of a higher limit."""
    write(tmp_path, "data.jsonl", numbered(300))
    small, large = (content(load(classification, DataSource(train="data.jsonl", base=tmp_path, limit=limit)).tables["train"]) for limit in (50, 100))

    assert small <= large


def test_the_rows_that_stay_keep_their_order(classification, tmp_path):
    """Cuts and limit take rows out and move none."""
    write(tmp_path, "data.jsonl", numbered(300))

    loaded = load(classification, DataSource(train="data.jsonl", base=tmp_path, limit=200, validation=0.2, eval=EvalSplit(share=0.2)))

    for table in loaded.tables.values():
        lines = table.column("line").to_pylist()
        assert sorted(lines) == lines


def test_too_many_bad_rows_are_an_error_with_the_first_reasons(classification, tmp_path):
    """More than the share that may be set aside: the message says how many, the first three, and what to do."""
    write(tmp_path, "data.jsonl", [{"text": "a", "label": "b"}] * 16)
    with (tmp_path / "data.jsonl").open("a") as stream:
        stream.write('{"text": "cut in ha\n' + '{"text": "a"}\n' * 3)

    with pytest.raises(DataError) as caught:
        load(classification, DataSource(train="data.jsonl", base=tmp_path))

    expected = (
        "data.jsonl: 4 of 20 rows cannot be used. The first: data.jsonl, line 17: not JSON: Unterminated string starting at column 10; "
        "data.jsonl, line 18: no label; data.jsonl, line 19: no label. Expected at most 10%. Mend them, or raise max_rejected in a recipe."
    )
    assert expected == str(caught.value)
    assert 16 == load(classification, DataSource(train="data.jsonl", base=tmp_path, max_rejected=0.2)).counts["train"].imported
    with pytest.raises(DataError, match=r"Expected at most 0\.5%"):
        load(classification, DataSource(train="data.jsonl", base=tmp_path, max_rejected=0.005))


def test_an_odd_encoding_is_named_where_rows_fail_for_it(classification, tmp_path):
    """A file of which some lines are not UTF-8 says so too."""
    (tmp_path / "data.csv").write_bytes(b"text,label\n" + ("plain,a\nplain,a\nplain,a\ncafé,b\n" * 9).encode("cp1252"))

    with pytest.raises(DataError, match="convert it to UTF-8"):
        load(classification, DataSource(train="data.csv", base=tmp_path))


def test_a_file_of_nothing_but_bad_rows_is_an_error(classification, tmp_path):
    """Even where all of them may be set aside."""
    (tmp_path / "data.jsonl").write_text("bad\n")

    with pytest.raises(DataError, match="Expected at least one row that can"):
        load(classification, DataSource(train="data.jsonl", base=tmp_path, max_rejected=1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation": 1.0}, "the validation share is 1.0"),
        ({"eval": EvalSplit(share=0.0)}, "the eval share is 0.0"),
        ({"limit": 0}, "the limit is 0"),
        ({"max_rejected": 1.5}, "max_rejected is 1.5"),
    ],
)
def test_a_number_out_of_range_is_refused(classification, tmp_path, options, message):
    """Before any file is looked for."""
    with pytest.raises(DataError, match=message):
        load(classification, DataSource(train="none", base=tmp_path, **options))


def test_the_fingerprint_is_that_of_the_bytes(classification, tmp_path):
    """A file's name and date do not matter, its bytes and its split do; loading gives the same one."""
    for name in ("a.jsonl", "b.jsonl"):
        write(tmp_path, name, numbered(5))
    write(tmp_path, "c.jsonl", numbered(6))
    sources = [DataSource(train=name, base=tmp_path) for name in ("a.jsonl", "b.jsonl", "c.jsonl", "?.jsonl")]
    sources.append(DataSource(train="a.jsonl", eval="b.jsonl", base=tmp_path))
    found = [source_fingerprint(source) for source in sources]

    assert found[0] == found[1]
    assert 4 == len(set(found))
    assert found[4] == load(classification, sources[4]).fingerprint


def test_a_thousand_labels_and_more_are_read(classification, tmp_path):
    """Ten thousand classes are no special case."""
    write(tmp_path, "data.csv", [{"text": f"text {number}", "label": f"class {number}"} for number in range(10_000)])

    assert 10_000 == len(set(load(classification, DataSource(train="data.csv", base=tmp_path)).tables["train"].column("label").to_pylist()))


def test_progress_is_told_in_bytes(classification, tmp_path):
    """It begins with the size of the files and ends at it."""
    told = []

    class Progress:
        def begin(self, step, total=None):
            told.append((step, total))

        def advance(self, done, total=None):
            told.append((done, total))

        def end(self):
            told.append("end")

        def say(self, message):
            raise AssertionError(message)

    for name in ("a.jsonl", "b.csv"):
        write(tmp_path, name, numbered(5))
    size = sum(each.stat().st_size for each in tmp_path.iterdir())

    load(classification, DataSource(train="*.*", base=tmp_path), progress=Progress())

    assert [("reading a.jsonl and 1 more files", size), "end"] == [told[0], told[-1]]
    assert size == max(done for done, _ in told[1:-1])
