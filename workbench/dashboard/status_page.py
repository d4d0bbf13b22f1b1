"""The page of the store itself: how large, which version, who holds it, and what is in it."""

from __future__ import annotations

import time

import streamlit as st

from workbench.dashboard.access import errors_told, open_store
from workbench.dashboard.show import heading, table, text
from workbench.report.numbers import duration

EVERY = 10


def status_page() -> None:
    """Looks again by itself."""
    heading("Status", "status", level=1)
    st.fragment(_draw, run_every=EVERY)()


def _draw() -> None:
    with errors_told():
        store = open_store()
        began = time.monotonic()
        status = store.status()
        waited = time.monotonic() - began
        table(
            {
                "what": ["file", "size", "schema version", "memory limit of one access", "lock"],
                "value": [
                    str(status.path),
                    _bytes(status.bytes),
                    str(status.schema_version),
                    _bytes(status.memory_limit),
                    f"free: this look at it took {duration(waited)}, waiting for others included",
                ],
            },
        )
        heading("What is in it", "counts")
        table({"table": list(status.counts), "records": list(status.counts.values())}, {"records": st.column_config.NumberColumn(format="localized")})
        text('Any of it can be asked for: workbench sql "SELECT * FROM datasets"', key="quiet-sql")


def _bytes(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1024
    return f"{size:,.1f} GiB"
