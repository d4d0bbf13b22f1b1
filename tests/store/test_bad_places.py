from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import suppress

import duckdb
import pytest
from store_builders import examples, imported, numbered, scored, stage

from workbench.errors import StoreError, StoreVersionError
from workbench.store import Store

WAIT = 0.2


def newer(path):
    Store.create(path)
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'")


def somebody_elses(path):
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE meta (theirs INTEGER)")


def of_sqlite(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.close()


CASES = {
    "missing": (lambda _path: None, StoreError, "There is no store at"),
    "a folder": (lambda path: path.mkdir(), StoreError, "is a folder.*Name a file in it"),
    "in a folder that is a file": (lambda path: path.parent.rmdir() or path.parent.touch(), StoreError, "no store at|cannot be written|no folder"),
    "a text file": (lambda path: path.write_text("# notes\n" * 1000), StoreError, "is no DuckDB file"),
    "an empty file": (lambda path: path.touch(), StoreError, "is no DuckDB file"),
    "a file of SQLite": (of_sqlite, StoreError, "is no DuckDB file"),
    "a truncated file": (lambda path: Store.create(path) and os.truncate(path, 9000), StoreError, "cannot be read"),
    "somebody else's database": (somebody_elses, StoreError, "no store of the workbench"),
    "an empty database": (lambda path: duckdb.connect(path).close(), StoreError, "is an empty database"),
    "from a newer workbench": (newer, StoreVersionError, "schema version 999.*upgrade sft-workbench"),
}
MADE_BY_CREATE = {"missing", "an empty file", "an empty database"}


@pytest.fixture
def path(tmp_path):
    """A path in a folder of its own."""
    (tmp_path / "place").mkdir()
    return tmp_path / "place" / "store.duckdb"


@pytest.mark.parametrize(("make", "error", "message"), CASES.values(), ids=CASES.keys())
def test_what_is_no_store_is_refused(path, make, error, message):
    """Whatever stands at the path in place of a store is refused with what was expected, and left as it was."""
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(error, match=message) as refused:
        Store.open(path, wait=WAIT)
    assert "Expected" in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert before == (path.read_bytes() if path.is_file() else None)


@pytest.mark.parametrize("case", CASES)
def test_create_makes_a_store_only_where_nothing_is(path, case):
    """``create`` fills what is empty and refuses everything else as ``open`` does."""
    make, error, message = CASES[case]
    make(path)
    if case in MADE_BY_CREATE:
        assert Store.create(path, wait=WAIT).ledger.number() == 0
    else:
        with pytest.raises(error, match=message):
            Store.create(path, wait=WAIT)


def test_create_in_no_folder(tmp_path):
    """A folder that does not exist is not made by the way."""
    with pytest.raises(StoreError, match="There is no folder"):
        Store.create(tmp_path / "typo" / "store.duckdb")


def test_opening_what_is_no_store_leaves_no_folder(path):
    """A wrong file given by mistake gets no folder beside it."""
    path.write_text("# notes")
    with pytest.raises(StoreError):
        Store.open(path)
    assert [path] == list(path.parent.iterdir())


def test_a_link_leads_to_the_same_lock(store, tmp_path):
    """Two names of one file are one store, with one folder beside it."""
    link = tmp_path / "link.duckdb"
    link.symlink_to(store.path)
    linked = Store.open(link)
    assert (store.path, store.files) == (linked.path, linked.files)


@pytest.mark.parametrize("name", ["data.duckdb", "main.duckdb", "temp.duckdb", "meta", "a b [1]*.duckdb", "it's.duckdb", "数据.duckdb"])
def test_any_file_name(tmp_path, name):
    """A store works under any name, the words of SQL, quotes and patterns included."""
    store = Store.create(tmp_path / name)
    record = imported(store, examples(numbered(2)))
    assert ["text 0", "text 1"] == store.datasets.examples(record.dataset_id).values("text")
    assert store.sql("SELECT count(*) AS n FROM examples").to_pylist() == [{"n": 2}]


def test_store_that_vanishes_while_open(store):
    """A store whose file is gone says so, and does not make a new one."""
    store.path.unlink()
    for attempt in (store.ledger.number, lambda: store.ledger.append("x", {}, dataset="data", author="ann")):
        with pytest.raises(StoreError, match="There is no store at"):
            attempt()
    assert not store.path.exists()


@pytest.fixture
def mounted(tmp_path):
    """Mount a small file system of one's own, as root; skips where that is not allowed."""
    folder = tmp_path / "mounted"
    folder.mkdir()

    def mount(options: str) -> None:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"mounting a tmpfs is not allowed here: {done.stderr.strip()}")

    mount("size=24m")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder) -> None:
    """Leave no room."""
    with (folder / "ballast").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def test_read_only_place(mounted):
    """A store on a file system that cannot be written is refused."""
    path = mounted / "store.duckdb"
    Store.create(path)
    subprocess.run(["mount", "-o", "remount,ro", mounted], check=True)
    for attempt in (Store.open, Store.create):
        with pytest.raises(StoreError, match=r"cannot be written.*a place that can be read and written"):
            attempt(path, wait=WAIT)
    with pytest.raises(StoreError, match="cannot be written"):
        Store.create(mounted / "new.duckdb", wait=WAIT)


def append_for_ever(store):
    while True:
        store.ledger.append("x", {"text": os.urandom(20_000).hex()}, dataset="data", author="ann")


def test_full_disk(mounted):
    """With the disk full, staging, ingesting and committing fail with one clear error; the store still opens, with everything that was there and
    nothing half there; and works on when there is room.
    """
    store = Store.create(mounted / "store.duckdb")
    record = imported(store, examples(numbered(100)))
    run = scored(store, record.dataset_id, [0.5] * 100)
    store.ledger.pin("data", [0], "keep", author="ann")
    with stage(store, "large") as importing:
        importing.add(examples([(os.urandom(200).hex(), "x") for _ in range(60_000)]))
        with pytest.raises(StoreError, match=r"The disk is full.*Free some space"):
            importing.finish(read=60_000)
    assert ["data"] == [each.name for each in store.datasets.list()]
    with stage(store, "later") as importing:
        importing.add(examples(numbered(3000)))
        fill(mounted)
        with pytest.raises(StoreError, match="The disk is full"):
            importing.finish(read=3000)
    with pytest.raises(StoreError, match="The disk is full"):
        append_for_ever(store)
    entries = [entry.number for entry in reversed(store.ledger.log(limit=2000))]
    assert list(range(1, len(entries) + 1)) == entries

    store = Store.open(store.path)
    assert ["data"] == [each.name for each in store.datasets.list()]
    assert numbered(100) == list(zip(*map(store.datasets.examples(record.dataset_id).values, ("text", "label")), strict=True))
    assert [run] == store.signals.runs(record.dataset_id)
    assert [0] == [pin.row for pin in store.ledger.pins(record.dataset_id)]
    (mounted / "ballast").unlink()
    store = Store.open(store.path)
    assert store.sql("FROM _ingests").num_rows == 0
    examples_of = [row["name"] for row in store.sql("SHOW TABLES").to_pylist() if row["name"].startswith("_examples_")]
    assert [f"_examples_{record.dataset_id}", f"_examples_{record.dataset_id}_0"] == examples_of
    assert len(entries) + 1 == store.ledger.append("x", {}, dataset="data", author="ann").number
