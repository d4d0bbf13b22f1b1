from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from store_builders import examples, imported, numbered, scored

from workbench.store import Store

ROWS = 45


def outcome(store):
    """What a person sees of the dataset, its scores and pins; and that nothing lies about that nobody sees."""
    record = store.datasets.find("data")
    assert store.sql("FROM _ingests").num_rows == 0
    assert list((store.files / "stage").glob("*")) == []
    assert list((store.files / "tmp").glob("*")) == []
    whole = {row["dataset_id"] for row in store.sql("SELECT dataset_id FROM datasets").to_pylist()}
    tables = {row["name"] for row in store.sql("SHOW TABLES").to_pylist()}
    assert whole == {int(name.split("_")[2]) for name in tables if name.startswith("_examples_")}
    assert {f"roles_{number}" for number in whole} == {name for name in tables if name.startswith("roles_")}
    assert {name for name in tables if name.startswith("_signals_")} == set()
    if record is None:
        return None
    runs = store.signals.runs(record.dataset_id)
    return (
        store.datasets.examples(record.dataset_id).values("text"),
        [store.signals.read(run.selector_run).column("score").to_pylist() for run in runs],
        store.sql("SELECT count(*) AS n FROM findings").to_pylist(),
        len(store.ledger.pins(record.dataset_id)),
    )


def prepared(path, what):
    """A store as each kind of victim finds it."""
    store = Store.create(path)
    if what != "import":
        record = imported(store, examples(numbered(ROWS)))
        if what == "remove":
            scored(store, record.dataset_id, [0.5] * ROWS)
    return store


CASES = [
    ("import", 0, "after"),  # staged and not begun
    ("import", 1, "inside"),
    ("import", 1, "after"),
    ("import", 3, "inside"),
    ("import", 5, "inside"),  # all slices there, the last one not committed
    ("import", 5, "after"),  # whole, though nobody was told
    ("score", 2, "after"),
    ("score", 5, "inside"),
    ("remove", 1, "after"),  # invisible, but still there
    ("remove", 2, "inside"),
    ("pin", 1, "inside"),
]
DONE = {("import", 5, "after"), ("remove", 1, "after"), ("remove", 2, "inside")}


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    """What each kind of work leads to when nothing disturbs it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    found = {}
    for what in {what for what, _write, _where in CASES}:
        store = prepared(folder / f"{what}.duckdb", what)
        subprocess.run([sys.executable, Path(__file__).with_name("victim.py"), store.path, what], check=True, capture_output=True)
        found[what] = outcome(Store.open(store.path))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_killed_at_any_point_leaves_all_or_nothing(tmp_path, start, ends, case):
    """A process killed in the middle leaves a store that opens, with every acknowledged entry, and the work either done or as if never begun;
    doing it again ends as if nothing had happened.
    """
    what, _write, _where = case
    store = prepared(tmp_path / "killed.duckdb", what)
    before = outcome(store)
    victim = start("victim.py", store.path, *case)
    acknowledged, complaint = victim.communicate()
    assert (-signal.SIGKILL, "") == (victim.returncode, complaint)
    assert acknowledged == "1 2\n"

    store = Store.open(store.path)
    assert [2, 1] == [entry.number for entry in store.ledger.log() if entry.action == "before"]
    assert (ends[what] if case in DONE else before) == outcome(store)
    if what != "remove":
        again = start("victim.py", store.path, what)
        assert again.communicate() == ("3 4\ndone\n", "")
        assert ends[what] == outcome(Store.open(store.path))


def test_acknowledged_commits_survive_a_kill_at_any_time(store, start):
    """Whatever a committing process was doing when it was killed, each entry that it reported is there, in order and once."""
    reported = []
    for author, count in (("a", 1), ("b", 4), ("c", 7)):
        committer = start("committer.py", store.path, author, 1000)
        reported += [int(committer.stdout.readline()) for _ in range(count)]
        committer.kill()
        rest, _complaint = committer.communicate()
        reported += [int(number) for number in rest.split()]
        store = Store.open(store.path)
        entries = [entry.number for entry in reversed(store.ledger.log(limit=1000))]
        assert list(range(1, len(entries) + 1)) == entries
        assert set(reported) <= set(entries)
        assert len(entries) <= len(reported) + 3  # per kill, at most one was committed and not yet reported
