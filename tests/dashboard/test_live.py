"""Following what other processes write."""

from __future__ import annotations

from workbench.dashboard.live import stamp


def test_a_stamp_changes_with_every_write_and_with_nothing_else(store):
    """So that nothing has to be asked of a store that nobody has written to."""
    seen = [stamp(store)]
    for number in range(3):
        store.ledger.append("note", {"number": number}, dataset="", author="ada")
        store.ledger.number()
        assert stamp(store) == stamp(store)
        assert stamp(store) not in seen
        seen.append(stamp(store))
