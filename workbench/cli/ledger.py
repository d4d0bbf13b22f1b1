"""What the commands on the ledger share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from workbench.cli.output import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.store import LedgerEntry

_LONGEST = 100


def entries(listed: Iterable[LedgerEntry], *, whole: bool) -> Table:
    """Entries of the ledger as a table, in the order given; unless ``whole``, with what is long cut as a terminal needs it."""
    from workbench.curate.told import told

    rows = [
        (
            entry.number,
            entry.time.isoformat(timespec="seconds"),
            entry.author,
            entry.action,
            entry.dataset,
            told(entry) if whole else _short(told(entry)),
            str(entry.payload.get("note") or ""),
            payload if whole else _short(payload),
            entry.undoes,
            entry.undone,
        )
        for entry, payload in ((entry, json.dumps(dict(entry.payload), ensure_ascii=False, default=str)) for entry in listed)
    ]
    return Table(name="entries", columns=("number", "time", "author", "action", "dataset", "what", "note", "payload", "undoes", "undone"), rows=rows)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
