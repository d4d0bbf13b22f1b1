"""What the commands on the ledger share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from workbench.cli.output import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.store import LedgerEntry

_LONGEST = 100


def entries(listed: Iterable[LedgerEntry]) -> Table:
    """Entries of the ledger as a table, in the order given."""
    rows = [
        (
            entry.number,
            entry.time.isoformat(timespec="seconds"),
            entry.author,
            entry.action,
            entry.dataset,
            _short(json.dumps(dict(entry.payload), ensure_ascii=False, default=str)),
            entry.undoes,
            entry.undone,
        )
        for entry in listed
    ]
    return Table(name="entries", columns=("number", "time", "author", "action", "dataset", "payload", "undoes", "undone"), rows=rows)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
