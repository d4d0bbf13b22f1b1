"""Files of every format, good and bad."""

from __future__ import annotations

import codecs
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.data import DataSource, load
from workbench.errors import DataError

ROWS = [
    {"text": "Where is my card?", "label": "card"},
    {"text": 'A "quoted", text\nof two lines', "label": "other"},
    {"text": "我的卡在哪里", "label": "card"},
]
PAIRS = [(row["text"], row["label"]) for row in ROWS]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
CSV = 'text,label\nWhere is my card?,card\n"A ""quoted"", text\nof two lines",other\n我的卡在哪里,card\n'.encode()
GOOD = "".join(f'{{"text": "row {number}", "label": "a"}}\n' for number in range(20)).encode()

GOOD_FILES = [
    ("data.jsonl", LINES),
    ("data.ndjson", LINES.replace(b"\n", b"\r\n")),
    ("data.jsonl.gz", gzip.compress(LINES)),
    ("DATA.JSONL.GZ", gzip.compress(LINES)),
    ("data.jsonl", codecs.BOM_UTF8 + LINES),
    ("data.jsonl", LINES.replace(b"\n", b"\n \n\n")),
    ("data.json", json.dumps(ROWS).encode()),
    ("data.json", json.dumps(ROWS, indent=2, ensure_ascii=False).encode()),
    ("data.json", codecs.BOM_UTF8 + b"\n" + json.dumps(ROWS).encode()),
    ("data.json.gz", gzip.compress(json.dumps(ROWS).encode())),
    ("data.json", LINES),
    ("data.csv", CSV),
    ("data.CSV", CSV),
    ("data.csv", codecs.BOM_UTF8 + CSV.replace(b"\n", b"\r\n").replace(b"text\r\nof", b"text\nof")),
    ("data.csv.gz", gzip.compress(CSV)),
    ("data.tsv", CSV.replace(b",card", b"\tcard").replace(b'",other', b'"\tother').replace(b"text,label", b"text\tlabel")),
]


def read(task, folder, name="data.jsonl", content=None, **options):
    if content is not None:
        (folder / name).write_bytes(content)
    return load(task, DataSource(train=name, base=folder, **options))


def pairs(loaded):
    train = loaded.tables["train"]
    return list(zip(train.column("text").to_pylist(), train.column("label").to_pylist(), strict=True))


def rejected(loaded):
    return [(each["line"], each["reason"]) for each in loaded.rejected.to_pylist()]


@pytest.mark.parametrize(("name", "content"), GOOD_FILES)
def test_a_file_is_read_by_its_suffix(classification, tmp_path, name, content):
    """Every text format gives the same rows, packed or not, with or without a byte order mark, in either style of line ends."""
    assert PAIRS == pairs(read(classification, tmp_path, name, content))


def test_a_parquet_file_is_read(classification, tmp_path):
    """Parquet brings its columns; the number of a row stands for its line."""
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "data.parquet")

    loaded = read(classification, tmp_path, "data.parquet")

    assert PAIRS == pairs(loaded)
    assert [1, 2, 3] == loaded.tables["train"].column("line").to_pylist()


@pytest.mark.parametrize(("name", "content"), [("data.txt", LINES), ("data", LINES), ("odd.csv", LINES)])
def test_a_format_can_be_given(classification, tmp_path, name, content):
    """Where the suffix says nothing, or the wrong thing, ``format`` decides."""
    assert PAIRS == pairs(read(classification, tmp_path, name, content, format="jsonl"))


def test_a_saved_dataset_is_read_with_the_names_of_its_classes(classification, tmp_path):
    """A directory of ``datasets`` gives class names for class numbers, and no label for -1."""
    import datasets

    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["card", "other"])})
    rows = {"text": ["a", "b", "c"], "label": [1, 0, -1]}
    datasets.disable_progress_bars()
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(tmp_path / "saved")

    loaded = read(classification, tmp_path, "saved", max_rejected=0.5)

    assert [("a", "other"), ("b", "card")] == pairs(loaded)
    assert [(3, "no label")] == rejected(loaded)


def test_a_saved_dictionary_of_splits_asks_for_one(classification, tmp_path):
    """Which split is meant is the user's to say."""
    import datasets

    datasets.disable_progress_bars()
    datasets.DatasetDict({"train": datasets.Dataset.from_list(ROWS), "test": datasets.Dataset.from_list(ROWS)}).save_to_disk(tmp_path / "saved")

    with pytest.raises(DataError, match="Name it: saved/test"):
        read(classification, tmp_path, "saved")
    assert PAIRS == pairs(read(classification, tmp_path, "saved/train"))


def test_a_directory_is_read_in_the_order_of_its_names(classification, tmp_path):
    """Formats may be mixed, folders nested; hidden files and files of other kinds are left alone."""
    (tmp_path / "set" / "more").mkdir(parents=True)
    for name, content in {
        "b.csv": b"text,label\nsecond,b\n",
        "a.jsonl": b'{"text": "first", "label": "a"}\n',
        "more/c.json": b'[{"sentence": "third", "category": 3}]',
        "empty.jsonl": b"",
        "README.md": b"# no data",
        ".hidden.jsonl": b"not data",
    }.items():
        (tmp_path / "set" / name).write_bytes(content)

    loaded = read(classification, tmp_path, "set")

    assert [("first", "a"), ("second", "b"), ("third", "3")] == pairs(loaded)
    assert ["set/a.jsonl", "set/b.csv", "set/more/c.json"] == loaded.tables["train"].column("source").to_pylist()


def test_a_glob_names_files(classification, tmp_path):
    """``**`` goes into folders; the order is that of the paths."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "part-1.jsonl").write_bytes(LINES)
    (tmp_path / "part-2.jsonl").write_bytes(LINES)

    loaded = read(classification, tmp_path, "**/part-*.jsonl")

    assert ["deep/part-1.jsonl"] * 3 + ["part-2.jsonl"] * 3 == loaded.tables["train"].column("source").to_pylist()


def test_columns_by_position_mean_that_there_is_no_header(classification, tmp_path):
    """Integers as fields are positions, and the first line is a row."""
    loaded = read(classification, tmp_path, "data.csv", b'"3","Title","Text"\n"4","T","Other"\n', fields={"label": 0, "text": 2})

    assert [("Text", "3"), ("Other", "4")] == pairs(loaded)
    assert ['{"1":"Title"}', '{"1":"T"}'] == loaded.tables["train"].column("meta").to_pylist()


def test_a_text_of_five_megabytes_is_read(classification, tmp_path):
    """Long texts are no special case in any format."""
    text = "long text, 长 " * 400_000
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": text, "label": "x"}) + "\n")
    (tmp_path / "b.csv").write_text(f'text,label\n"{text}",x\n')

    assert [(text, "x")] * 2 == pairs(read(classification, tmp_path, "*.*"))


BAD_LINES = [
    (b'{"text": "half a li\n', "not JSON: Unterminated string starting at column 10"),
    (b'{"text": "a", "label": "b"} {"text": "a", "label": "b"}\n', "not JSON: Extra data at column 29"),
    (b'["text", "label"]\n', "a list, expected an object"),
    (b"17\n", "a number, expected an object"),
    (b"null\n", "null, expected an object"),
    (b'{"text": "caf\xe9", "label": "a"}\n', "not UTF-8: byte 0xe9 at byte 14 of the line"),
    (b'{"text": "\\ud800", "label": "a"}\n', "a lone surrogate, which is no character"),
    (b'{"text": "a", "label": "b", "\\uDC00": 1}\n', "a lone surrogate, which is no character"),
    (b'{"text": "a", "label": "b", "more": ' + b"[" * 500 + b"]" * 500 + b"}\n", "nested deeper than 100 levels"),
    (b'{"text": "a", "label": "b", "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", "nested deeper than 100 levels"),
    (b'{"text": "a"}\n', "no label"),
    (b'{"text": null, "label": "a"}\n', "no text"),
    (b'{"text": "a", "label": " "}\n', "no label"),
    (b'{"text": "a", "label": NaN}\n', "no label"),
    (b'{"text": ["a"], "label": "a"}\n', "text is a list, expected text"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_LINES)
def test_a_bad_line_is_set_aside_with_its_place(classification, tmp_path, line, reason):
    """It takes no other row with it, and stands among the rejected with file, line, reason and a printable beginning."""
    loaded = read(classification, tmp_path, content=GOOD + line + GOOD)

    assert 40 == loaded.counts["train"].imported
    assert 41 == loaded.counts["train"].read
    assert [(21, reason)] == rejected(loaded)
    row = loaded.rejected.to_pylist()[0]
    assert "data.jsonl" == row["file"]
    assert 0 < len(row["excerpt"]) <= 200
    assert row["excerpt"].isprintable()


def test_a_good_surrogate_pair_is_a_character(classification, tmp_path):
    """Only a lone half of one is not."""
    assert [("😀", "a")] == pairs(read(classification, tmp_path, content=b'{"text": "\\ud83d\\ude00", "label": "a"}\n'))


def test_bad_elements_of_an_array_are_set_aside(classification, tmp_path):
    """So are the elements of a JSON array that are no objects, or hold bytes that are not UTF-8."""
    content = b"[\n" + GOOD.replace(b"\n", b",\n") + b'17,\n{"text": "caf\xe9", "label": "a"}\n]'

    loaded = read(classification, tmp_path, "data.json", content)

    assert 20 == loaded.counts["train"].imported
    assert [(22, "a number, expected an object"), (23, "not UTF-8")] == rejected(loaded)


CSV_HEAD = b"text,label\n" + b"".join(b"row %d,a\n" % number for number in range(30))
BAD_RECORDS = [
    (b"one,two,three\n", "3 cells, expected 2"),
    (b"one\n", "1 cells, expected 2"),
    (b'"one" two,a\n', "badly quoted: ',' expected after '\"'"),
    (b"caf\xe9,a\n", "not UTF-8"),
    (b'"a quote that is left open,a\n', "a quote is not closed on its line"),
    (b"row,\n", "no label"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_RECORDS)
@pytest.mark.parametrize("after", [CSV_HEAD[11:], CSV_HEAD[11:] + b'"quoted, later",a\n', b""])
def test_a_bad_record_is_set_aside_alone(classification, tmp_path, line, reason, after):
    """A quote that is never closed does not swallow the rows behind it."""
    loaded = read(classification, tmp_path, "data.csv", CSV_HEAD + line + after)

    assert 30 + after.count(b"\n") == loaded.counts["train"].imported
    assert [32] == [place for place, _ in rejected(loaded)]
    assert reason in {rejected(loaded)[0][1], "a quote is not closed on its line" if not after else None}


def test_lines_within_cells_count(classification, tmp_path):
    """The line of a record is the one that it begins on."""
    loaded = read(classification, tmp_path, "data.csv", b'text,label\n"one\ntwo\n\nthree",a\nfour,b\n')

    assert [2, 6] == loaded.tables["train"].column("line").to_pylist()


def test_texts_of_parquet_that_are_not_utf8_are_set_aside(classification, tmp_path):
    """Arrow does not look; we do."""
    texts = pa.array([b"good"] * 10 + [b"caf\xe9"], pa.binary())
    bad = pa.StringArray.from_buffers(11, texts.buffers()[1], texts.buffers()[2])
    pq.write_table(pa.table({"text": bad, "label": ["a"] * 11}), tmp_path / "data.parquet")

    loaded = read(classification, tmp_path, "data.parquet")

    assert 10 == loaded.counts["train"].imported
    assert [(11, "text: not UTF-8")] == rejected(loaded)


def test_times_of_parquet_that_python_has_not_are_set_aside(classification, tmp_path):
    """A day beyond the year 9999 in any column takes its row with it and no other."""
    days = pa.array([0] * 10 + [2**30], pa.date32())
    pq.write_table(pa.table({"text": [str(number) for number in range(11)], "label": ["a"] * 11, "day": days}), tmp_path / "data.parquet")

    loaded = read(classification, tmp_path, "data.parquet")

    assert 10 == len(pairs(loaded))
    ((line, reason),) = rejected(loaded)
    assert (11, True) == (line, reason.startswith("day: "))


LATIN = "text,label\nDer Käufer möchte größere Geräte,a\nÜber die Rücksendung,b\n".encode("cp1252")
REFUSED = [
    ("data.jsonl", b"", "data.jsonl is empty"),
    ("data.jsonl", b"\n \n", "is empty"),
    ("data.csv", b"text,label\n", "is empty"),
    ("data.json", b"", "is empty"),
    ("data.json", b"[]", "is empty"),
    ("data.json", b'[{"text": "a", "label": "b"}', "is not JSON from line 1, column 29, on: expected ',' or ']'"),
    ("data.json", b'[\n{"text": "a", "la', "is not JSON from line 2, column 15, on"),
    ("data.json", b'[{"text": "a", "label": "b"}] more', "something follows the array"),
    ("data.json", b'{"text": "a"} more', "something follows the document"),
    ("data.json", b"[" * 100_000, "is not JSON"),
    ("data.jsonl", LINES.decode().encode("utf-16"), "looks like UTF-16LE"),
    ("data.jsonl", "".join(LINES.decode()).encode("utf-16-be"), "looks like UTF-16BE"),
    ("data.csv", CSV.decode().encode("utf-32"), "looks like UTF-32LE"),
    ("data.csv", LATIN, "looks like an 8-bit encoding such as Windows-1252"),
    ("data.csv", ("我想知道我的卡什么时候能到,卡\n" * 9).encode("gb18030"), "looks like an older encoding such as GB18030"),
    ("data.csv", b"text,text,label\na,b,c\n", "names 'text' more than once"),
    ("data.csv", b'text,"lab"el\na,b\n', "the header cannot be read"),
    ("data.jsonl.gz", gzip.compress(LINES * 50)[:-20], "is damaged"),
    ("data.jsonl.gz", LINES, "is damaged"),
    ("data.parquet", b"PAR1 but not really", "Expected a whole Parquet file"),
    ("data.txt", b"a", "Say it with format"),
    ("data.parquet.gz", b"a", "the format of data.parquet.gz is not known"),
]


@pytest.mark.parametrize(("name", "content", "message"), REFUSED)
def test_a_file_that_cannot_be_read_as_a_whole_is_refused(classification, tmp_path, name, content, message):
    """With what it is and what to do, and without a traceback of a library."""
    with pytest.raises(DataError) as caught:
        read(classification, tmp_path, name, content)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("trian.jsonl", "there is no file 'trian.jsonl'"),
        ("trian.jsonl", "Did you mean 'train.jsonl'?"),
        ("*.csv", "there is no file '*.csv'"),
        ("empty", "holds no file that can be read"),
        ("hf://owner/name", "Expected hf://owner/name@split"),
    ],
)
def test_a_location_without_data_is_refused(classification, tmp_path, location, message):
    """The message shows the location as it was given."""
    (tmp_path / "train.jsonl").write_bytes(LINES)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "README.md").write_text("no data")

    with pytest.raises(DataError) as caught:
        read(classification, tmp_path, location)

    assert message in str(caught.value)


def test_a_name_on_the_hub_is_passed_on(classification, tmp_path):
    """Without a network, what ``datasets`` says becomes one message with another way to go."""
    with pytest.raises(DataError, match=r"hf://owner/name@train cannot be loaded: .*\. Without a network, give files or a saved dataset\."):
        read(classification, tmp_path, "hf://owner/name@train")


def test_a_damaged_saved_dataset_is_refused(classification, tmp_path):
    """Whatever ``datasets`` raises becomes one message."""
    (tmp_path / "saved").mkdir()
    for name in ("state.json", "dataset_info.json"):
        (tmp_path / "saved" / name).write_text("{}")

    with pytest.raises(DataError, match="saved cannot be read by datasets"):
        read(classification, tmp_path, "saved")


def test_a_class_that_a_saved_dataset_does_not_name_is_no_label(classification, tmp_path):
    """The number of a class may be anything in a damaged file."""
    import datasets

    datasets.disable_progress_bars()
    rows = datasets.Dataset.from_dict({"text": ["a", "b"], "label": [0, 7]})
    rows.info.features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["card", "other"])})
    rows.save_to_disk(tmp_path / "saved")

    loaded = read(classification, tmp_path, "saved", max_rejected=0.5)

    assert [("a", "card")] == pairs(loaded)
    assert [(2, "no label")] == rejected(loaded)


def test_a_command_that_is_advised_does_what_it_says(classification, tmp_path):
    """Whatever a file is called, a shell takes its name for one word."""
    with pytest.raises(DataError, match=r"iconv -f UTF-16LE -t UTF-8 'a; touch b\.jsonl'$"):
        read(classification, tmp_path, "a; touch b.jsonl", "text".encode("utf-16"))


def test_a_message_shows_nothing_that_controls_a_terminal(classification, tmp_path):
    """Neither names of columns nor reasons of a plugin's reach it as they are."""
    with pytest.raises(DataError) as caught:
        read(classification, tmp_path, content=json.dumps({"\x1b[2J\u202e" + "x" * 500: 1}).encode())

    assert str(caught.value).isprintable()
    assert "\\x1b[2J\\u202ex" in str(caught.value)
    assert len(str(caught.value)) < 400


def test_batches_follow_rows_bytes_and_cells(tmp_path, monkeypatch):
    """A batch ends at a number of rows, bytes or cells, so that memory does not depend on the file."""
    from workbench.data import readers
    from workbench.data.files import find_files

    (tmp_path / "data.jsonl").write_bytes(b'{"text": "1234567890"}\n' * 10)
    (file,) = find_files("data.jsonl", tmp_path)
    lengths = []
    for name, value in (("BATCH_ROWS", 4), ("BATCH_BYTES", 60), ("BATCH_CELLS", 2)):
        with monkeypatch.context() as changed:
            changed.setattr(readers, name, value)
            lengths.append([len(batch.lines) for batch in readers.read(file)])

    assert [[4, 4, 2], [3, 3, 3, 1], [2, 2, 2, 2, 2, 0]] == lengths


def test_an_absolute_location_needs_no_base(classification, tmp_path):
    """It stays as given in the table."""
    (tmp_path / "data.jsonl").write_bytes(LINES)
    location = str(tmp_path / "data.jsonl")

    loaded = load(classification, DataSource(train=location, base=Path("elsewhere")))

    assert {location} == set(loaded.tables["train"].column("source").to_pylist())
