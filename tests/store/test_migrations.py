from __future__ import annotations

import shutil

import duckdb
import pytest
from store_builders import examples, imported, numbered, verdict_table

from workbench.errors import StoreVersionError
from workbench.store import Store, schema
from workbench.store.door import Door

NEXT = f"{len(schema.MIGRATIONS) + 1:04}_next.sql"


@pytest.fixture
def chain(tmp_path):
    """The migrations that there are, and a next one."""
    folder = tmp_path / "migrations"
    shutil.copytree(schema.__file__.replace("schema.py", "migrations"), folder)
    (folder / NEXT).write_text("ALTER TABLE ledger_pins ADD COLUMN reason VARCHAR DEFAULT ''; CREATE TABLE later (a INTEGER);")
    return schema.read_migrations(folder)


def test_older_store_is_upgraded_on_opening(store, chain, monkeypatch):
    """A store of an older schema keeps what is in it and gets what is new; an object that was open before goes on working."""
    record = imported(store, examples(numbered(3)))
    store.ledger.pin("data", [0], "keep", author="ann")
    monkeypatch.setattr(schema, "MIGRATIONS", chain)
    upgraded = Store.open(store.path)
    assert len(chain) == upgraded.status().schema_version
    assert upgraded.sql("SELECT reason FROM ledger_pins").to_pylist() == [{"reason": ""}]
    assert upgraded.sql("FROM later").num_rows == 0
    assert ["text 0", "text 1", "text 2"] == upgraded.datasets.examples(record.dataset_id).values("text")
    assert Store.open(store.path).status() == upgraded.status()


def test_newer_store_is_refused_even_when_it_was_open(store, chain, monkeypatch):
    """What a newer workbench migrated, an older one neither opens nor goes on writing to."""
    with monkeypatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", chain)
        Store.open(store.path)
    for attempt in (
        lambda: Store.open(store.path),
        lambda: Store.create(store.path),
        store.ledger.number,
        lambda: store.ledger.append("x", {}, dataset="data", author="ann"),
    ):
        with pytest.raises(StoreVersionError, match=f"schema version {len(chain)}"):
            attempt()


def test_failing_migration_changes_nothing(store, chain, monkeypatch):
    """A migration runs as a whole or not at all, the ones before it included."""
    broken = (*chain[:-1], schema.Migration(number=len(chain), sql=chain[-1].sql + " SELECT * FROM nowhere;"))
    with monkeypatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", broken)
        with pytest.raises(duckdb.CatalogException):
            Store.open(store.path)
    assert len(schema.MIGRATIONS) == Store.open(store.path).status().schema_version
    assert [] == [row for row in store.sql("SHOW TABLES").to_pylist() if row["name"] == "later"]


def test_migrations_are_numbered_without_a_gap(tmp_path):
    """A missing or doubled number is a mistake that shows at once."""
    for name in ("0001_a.sql", "0003_c.sql"):
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(ValueError, match="not numbered"):
        schema.read_migrations(tmp_path)


def test_pins_and_verdicts_of_the_first_schema_are_kept(tmp_path, monkeypatch):
    """Pins that know no row are found by id and by raw row as before, beside new ones that do; verdicts stay as they were."""
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        door = Door(tmp_path / "old.duckdb", tmp_path / "old.duckdb.files", wait=1)
        door.files.mkdir()
        door.upgrade()
    store = Store.open(door.path)
    assert len(schema.MIGRATIONS) == store.status().schema_version
    record = imported(store, examples(numbered(3)))
    number = store.curation.save(record.dataset_id, "hash", 0, verdict_table(["keep", "drop", "keep"]), {})
    for row, decision in ((0, "keep"), (1, "drop"), (1, "keep")):
        store.ledger.pin("data", [row], decision, author="ann")
    with store._door.write() as connection:  # as the first schema left them
        connection.execute("UPDATE ledger_pins SET dataset_id = NULL, row = NULL")
    store.ledger.pin("data", [2], "drop", author="ann")
    expected = [(0, "keep"), (1, "keep"), (2, "drop")]
    assert expected == [(pin.row, pin.decision) for pin in store.ledger.pins(record.dataset_id)]
    assert expected[1:] == [(pin.row, pin.decision) for pin in store.ledger.pins(record.dataset_id, rows=[1, 2])]
    assert [1, 2] == store.ledger.touched(record.dataset_id, 2, 4).tolist()
    assert ["keep", "drop", "keep"] == store.curation.verdicts(number)["verdict"].to_pylist()
