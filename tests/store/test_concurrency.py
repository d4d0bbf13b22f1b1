from __future__ import annotations

import pytest
from store_builders import examples, imported, numbered

COMMITS = 200


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_fails_and_nothing_is_lost(store, start):
    """Two hundred commits beside four polling readers and a dashboard whose threads read and write: every acknowledged entry is there, once."""
    imported(store, examples(numbered(3)))
    readers = [start("poller.py", store.path) for _ in range(4)]
    dashboard = start("dashboard.py", store.path)
    committer = start("committer.py", store.path, "job", COMMITS)
    committed, complaint = committer.communicate()
    assert complaint == ""
    outputs = [process.communicate("\n") for process in (dashboard, *readers)]
    assert [""] * 5 == [complaint for _output, complaint in outputs]
    assert [0] * 6 == [process.returncode for process in (committer, dashboard, *readers)]
    entries = {entry.number: entry.author for entry in reversed(store.ledger.log(limit=10_000))}
    assert list(range(1, len(entries) + 1)) == list(entries)
    assert [int(number) for number in committed.split()] == [number for number, author in entries.items() if author == "job"]
    assert sorted(int(number) for number in outputs[0][0].split()) == [number for number, author in entries.items() if author == "dashboard"]
    assert len(committed.split()) == COMMITS
    assert all(int(reads) > 0 for reads, _complaint in outputs[1:])
