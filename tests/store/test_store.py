from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import nullcontext

import pytest
from store_builders import examples, imported, numbered, rejected, stage

import workbench
from workbench.errors import DataError
from workbench.store import Store, schema
from workbench.store import store as store_module


def test_sql_reads(store):
    """A query comes back as an Arrow table, its parameters bound."""
    imported(store, examples(numbered(3)))
    found = store.sql("SELECT row, text FROM examples JOIN roles_1 USING (row) WHERE text = ? OR row = ?", ["text 2", 0])
    assert found.to_pylist() == [{"row": 0, "text": "text 0"}, {"row": 2, "text": "text 2"}]
    assert workbench.open(store.path).sql("SELECT 1 AS one").to_pylist() == [{"one": 1}]
    for query in ("DESCRIBE datasets", "SUMMARIZE datasets", "FROM datasets", "SHOW TABLES", "EXPLAIN SELECT 1", "WITH a AS (SELECT 1) FROM a"):
        assert store.sql(query).num_rows > 0


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM ledger",
        "CREATE TABLE t (a INTEGER)",
        "CREATE TEMP TABLE t (a INTEGER)",
        "SELECT 1; DROP TABLE ledger",
        "COPY ledger TO '{folder}/stolen.csv'",
        "EXPORT DATABASE '{folder}/stolen'",
        "ATTACH '{folder}/other.duckdb'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA disable_checkpoint_on_shutdown",
        "SELECT * FROM read_text('{folder}/secret.txt')",
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM nowhere",
        "SELEC 1",
        "SELECT ?",
        "",
    ],
)
def test_sql_can_do_nothing_but_read_the_store(store, tmp_path, query):
    """A query cannot change the store, nor reach any other file; the message is short and the store works on."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "secret.csv").write_text("a\nsecret")
    with pytest.raises(DataError) as refused:
        store.sql(query.format(folder=tmp_path))
    assert "secret\n" not in str(refused.value)
    assert not list(tmp_path.glob("stolen*"))
    assert store.ledger.append("x", {}, dataset="data", author="ann").number == 1


def test_sql_that_takes_too_long_is_stopped(store, monkeypatch):
    """A query that would keep writers waiting is interrupted and says so; others go on meanwhile."""
    monkeypatch.setattr(store_module, "_QUERY_SECONDS", 0.5)

    def ask():
        with pytest.raises(DataError, match=r"longer than 0\.5 seconds"):
            store.sql("SELECT count(*) FROM range(10000000) a, range(10000000) b")

    meanwhile = threading.Thread(target=ask)
    meanwhile.start()
    assert store.sql("SELECT 1 AS one").num_rows == 1
    assert store.ledger.append("x", {}, dataset="data", author="ann").number == 1
    meanwhile.join()
    ask()


@pytest.mark.parametrize("within", [False, True], ids=["by itself", "among other reads"])
def test_ctrl_c_in_a_query_is_an_interrupt(store, within):
    """It ends the query at once, whichever thread works on it, as itself and not as an error; the store can be read and written afterwards."""

    def interrupted():
        with store.reading() if within else nullcontext(), store._door.read() as connection:
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
            connection.execute("SELECT count(*) FROM range(1000000000000)").fetchone()  # minutes of work

    for _ in range(5):
        since = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert time.monotonic() - since < 30
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    entry = store.ledger.append("note", {}, dataset="data", author="ada")
    assert [entry.number] == [each.number for each in store.ledger.log()]


def test_status(store):
    """The status counts what people see."""
    with stage(store) as importing:
        importing.add(examples(numbered(3)))
        importing.reject(rejected(2))
        importing.finish(read=5)
    store.ledger.pin("data", [0], "keep", author="ann")
    status = store.status()
    expected = {"datasets": 1, "examples": 3, "rejected_rows": 2, "ledger": 1, "selector_runs": 0, "runs": 0}
    assert expected.items() <= status.counts.items()
    assert (store.path, len(schema.MIGRATIONS)) == (status.path, status.schema_version)
    assert status.bytes == store.path.stat().st_size
    assert 2**30 <= status.memory_limit


def test_memory_and_temporary_files_are_limited(store):
    """No connection takes most of the machine, and what it spills goes beside the store."""
    settings = store.sql("SELECT name, value FROM duckdb_settings() WHERE name IN ('memory_limit', 'temp_directory')").to_pydict()
    values = dict(zip(settings["name"], settings["value"], strict=True))
    assert values["temp_directory"].startswith(str(store.files / "tmp"))
    assert "GiB" in values["memory_limit"]


def test_run_folder(store):
    """Each run has a folder of its own beside the store."""
    assert store.run_folder(7).is_dir()
    assert store.files / "runs" / "7" == store.run_folder(7)


def test_importing_the_store_is_light():
    """Importing the store brings no Arrow, no pandas and nothing of the field's heavy libraries."""
    program = "import sys, workbench.store; print(sorted({'pyarrow', 'pandas', 'torch', 'transformers', 'datasets', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_two_stores_side_by_side(tmp_path):
    """A thread may go from one store to another, and inside one enter the other."""
    left, right = Store.create(tmp_path / "left.duckdb"), Store.create(tmp_path / "right.duckdb")
    with left._door.read():
        assert right.ledger.append("x", {}, dataset="data", author="ann").number == 1
    assert left.ledger.number() == 0


def test_reads_within_reading_are_one_access(store, monkeypatch):
    """Reads inside ``reading``, nested or not, open the file once; a write there is refused instead of waiting for itself, and works afterwards."""
    opened = []
    check = schema.check  # of every file that was opened
    monkeypatch.setattr(schema, "check", lambda *given: (opened.append(given), check(*given))[1])
    with store.reading():
        assert 0 == store.ledger.number()
        with store.reading():
            assert [] == store.datasets.list()
        assert [] == store.ledger.log()
        with pytest.raises(RuntimeError, match="inside the store already"):
            store.ledger.append("note", {}, dataset="", author="ada")

    assert 1 == len(opened)
    assert 1 == store.ledger.append("note", {}, dataset="", author="ada").number
