"""The page of the export: what the policy keeps, as a file with its manifest and its data card."""

from __future__ import annotations

import re
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import streamlit as st

from workbench.curate import Exported, export, formats_for
from workbench.dashboard.access import errors_told, open_store, settings
from workbench.dashboard.navigation import choose_dataset
from workbench.dashboard.show import heading, text
from workbench.dashboard.state import state_of
from workbench.errors import DataError

if TYPE_CHECKING:
    from workbench.curate import Current, FormatName

MEANINGS: dict[str, str] = {
    "jsonl": "JSON Lines: one example a line",
    "parquet": "Parquet",
    "datasets": "a folder that datasets.load_from_disk reads",
    "messages": "chat messages, as trainers of chat models read them",
    "alpaca": "Alpaca: instruction, input, output",
    "sharegpt": "ShareGPT: conversations",
    "squad": "SQuAD",
}
_SUFFIXES = {"jsonl": ".jsonl", "parquet": ".parquet", "datasets": "", "messages": ".jsonl", "alpaca": ".json", "sharegpt": ".json", "squad": ".json"}
_LARGEST = 500 * 2**20
"""Bytes of a file that a browser is offered; a download goes through the server's memory."""


def export_page() -> None:
    """Choose a format and a name, write the file, take it along."""
    with errors_told():
        state = state_of(choose_dataset(open_store()))
        counts, review = state.decision.counts, state.decision.policy.review
        heading(f"Export {state.dataset.name}", "export", level=1)
        stays = counts.kept if review == "exclude" else counts.kept + counts.review
        text(f"{stays:,} of {counts.imported:,} rows", key="title-rows")
        parts = f"{counts.kept:,} kept" + ("" if review == "exclude" else f" and {counts.review:,} under review")
        left = f"{counts.dropped:,} dropped" + (f" and {counts.review:,} under review" if review == "exclude" else "")
        text(f"Written: {parts}. Left out: {left}. People's decisions count.", key="quiet-parts")
        chosen = _choose(state)
        if chosen is not None:
            _draw_outcome(state, *chosen)


def folder() -> Path:
    """Where exports go: beside the store."""
    return settings().store.parent / "exports"


def _choose(state: Current) -> tuple[Path, FormatName] | None:
    """The form; the file and the format that it names, or None where that is no name."""
    format = st.selectbox("Format", formats_for(state.dataset), key="export-format", format_func=lambda name: f"{name}, {MEANINGS[name]}", width=460)  # noqa: A001 - the word that users know
    plain = re.sub(r"[^\w.-]+", "-", state.dataset.name).strip("-.") or "dataset"
    name = st.text_input(
        "File name", f"{plain}-curated{_SUFFIXES[format]}", key=f"export-name-{state.dataset.dataset_id}-{format}", max_chars=120, width=460
    ).strip()
    quote = st.number_input("Examples that the data card quotes for each reason", 0, 20, 3, key="export-quote", width=460)
    text(f"It goes into {folder()}, with a manifest and a data card beside it.", key="quiet-folder")
    if not name or name.startswith(".") or name != Path(name).name or "\\" in name or not name.isprintable():
        text("A file name has no slash and does not begin with a dot.", key="quiet-no-name")
        return None
    path = folder() / name
    if path.exists():
        text("A file of this name is there; exporting takes its place.", key="quiet-replaces")
    if st.button("Export", key="export", type="primary"):
        with st.spinner("Writing"):
            done = export(open_store(), state, path, format=format, quote=quote)
        st.session_state["exported"] = (done, state.decision.ledger_number)
    return path, format


def _draw_outcome(state: Current, path: Path, format: FormatName) -> None:  # noqa: A002 - the word that users know
    """What was written last, and how to do it again or take it along."""
    done, number = cast("tuple[Exported | None, int]", st.session_state.get("exported", (None, 0)))
    if done is not None and done.path == path:
        with st.container(border=True, key="export-done"):
            text(f"{done.imported:,} imported = {done.written:,} written + {done.left_out:,} left out", key="title-done")
            since = "" if number == state.decision.ledger_number else " Something was decided since: export again to have it in the file."
            text(f"As decided up to step {number}.{since}", key="quiet-number")
            st.code("\n".join(str(each) for each in (done.path, done.manifest, done.card)), language=None)
            _draw_downloads(done)
    text("The same from the command line:", key="quiet-command")
    store = ["--store", str(settings().store)]
    st.code(shlex.join(["workbench", "data", "export", state.dataset.name, "--to", str(path), "--format", format, *store]), language=None)


def _draw_downloads(done: Exported) -> None:
    with st.container(horizontal=True, gap="small"):
        for label, path in (("Download the file", done.path), ("Manifest", done.manifest), ("Data card", done.card)):
            if path.is_file() and path.stat().st_size <= _LARGEST:
                st.download_button(
                    label,
                    partial(_read, path),
                    path.name,
                    "application/octet-stream",
                    key=f"download-{label}",
                    on_click="ignore",
                    type="primary" if path == done.path else "secondary",
                )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", advice="Export it again.") from error
