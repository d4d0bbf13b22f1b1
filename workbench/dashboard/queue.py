"""The page of the list as one element of the browser's own.

A page is drawn again after every decision. Thirty lines of three Streamlit elements each took most of the time that a key waits for its answer.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from workbench.report.text import excerpt, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.components.v2.types import ComponentRenderer

    from workbench.dashboard.listing import Listing
    from workbench.dashboard.place import Place


def draw_queue(listing: Listing, roles: Sequence[str], place: Place) -> None:
    """One line for each row: its verdict, whether a person decided it, and how these roles begin; a click or Enter puts its record in focus."""

    def open_row() -> None:
        opened = st.session_state["queue"].get("open")
        if opened is not None:
            place.go_to(int(opened))

    rows = [
        {
            "row": row["row"],
            "verdict": row["verdict"],
            "pinned": bool(row["pin"]),
            "beginning": printable(excerpt(" · ".join(str(row[role])[:200] for role in roles if row[role] is not None))),
        }
        for row in listing.rows
    ]
    _component()(key="queue", data={"rows": rows, "focus": listing.numbers[listing.index]}, on_open_change=open_row)


@cache
def _component() -> ComponentRenderer:
    """Nothing out of a store is part of it: what the lines say goes as data, and is set as text."""
    folder = Path(__file__).parent
    return st.components.v2.component(
        "workbench.queue",
        html="<ol></ol>",
        css=(folder / "queue.css").read_text(encoding="utf-8"),
        js=(folder / "queue.js").read_text(encoding="utf-8"),
    )
