"""The page of datasets: what was imported, what was set aside and why, and the import of another file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from workbench.curate import newest_runs
from workbench.dashboard.access import errors_told, first_steps, open_store, settings
from workbench.dashboard.navigation import link
from workbench.dashboard.scoring import draw_scoring
from workbench.dashboard.show import heading, nothing_yet, table, text

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from workbench.store import DatasetRecord, Store

REJECTED = 500
"""Rows set aside that are listed."""
SUFFIXES = ("jsonl", "json", "csv", "tsv", "parquet", "gz")


def datasets_page() -> None:
    """All versions, one of them in detail, and a form to import a file."""
    with errors_told():
        store = open_store()
        records = store.datasets.list()
        heading("Datasets", "datasets", level=1)
        if records:
            _draw_list(records)
        else:
            nothing_yet("No dataset has been imported into this store yet. Import a file below, or begin with one of these:", *first_steps())
        if st.session_state.pop("import-done", False):
            st.session_state["import-form"] = False  # what comes next stands below it
        with st.expander("Import a file", expanded=not records, key="import-form", on_change="rerun"):
            _draw_import(store)
        text(str(st.session_state.get("imported", "")), key="quiet-imported")
        if records:
            _draw_dataset(store, records)


def _draw_list(records: list[DatasetRecord]) -> None:
    table(
        {
            "name": [each.name for each in records],
            "fingerprint": [each.version[:12] for each in records],
            "task": [each.task for each in records],
            "read": [each.read for each in records],
            "imported": [each.imported for each in records],
            "rejected": [each.rejected for each in records],
            "splits": [", ".join(f"{split} {count:,}" for split, count in each.splits.items()) for each in records],
            "imported at (UTC)": [f"{each.created:%Y-%m-%d %H:%M}" for each in records],
        },
        {name: st.column_config.NumberColumn(format="localized") for name in ("read", "imported", "rejected")},
    )


def _draw_dataset(store: Store, records: list[DatasetRecord]) -> None:
    """One version: the sum that always holds, where it comes from, and what was set aside."""
    known = {_label(each): each for each in records}
    record = known[st.selectbox("Version", list(known), key="version", bind="query-params")]
    newest, runs = newest_runs(store, record.name)
    if not runs and newest.dataset_id == record.dataset_id:
        draw_scoring(record)
    text(f"read {record.read:,} = imported {record.imported:,} + rejected {record.rejected:,}", key="title-sum")
    with st.container(horizontal=True, vertical_alignment="center"):
        link("Curate", "Curate it", dataset=record.name)
        link("Export", "Export it", dataset=record.name)
        link("History", "Its history", dataset=record.name)
    table(
        {
            "what": ["fingerprint", "task", "from", "licence", "roles", "target", "examples are known by"],
            "value": [
                record.version,
                record.task,
                record.source,
                record.license or "none given",
                ", ".join(f"{role.name} ({role.type})" for role in record.roles),
                record.target,
                "your own ids" if record.keyed else "their content",
            ],
        },
    )
    heading("Rows that were set aside", "rejected")
    rejected = store.datasets.rejected(record.dataset_id)
    if not rejected.num_rows:
        text("None.")
        return
    listed = rejected.slice(0, REJECTED)
    table({name: listed[name].to_pylist() for name in ("file", "line", "reason", "excerpt")})
    if rejected.num_rows > REJECTED:
        text(f"and {rejected.num_rows - REJECTED:,} more: workbench data show {record.name}", key="quiet-more-rejected")


def _label(record: DatasetRecord) -> str:
    return f"{record.name} {record.version[:12]}"


def _draw_import(store: Store) -> None:
    """A file from this browser, or one that the server reads; it becomes the train split of a dataset."""
    tasks = [component.id for component in settings().plugins().tasks()]
    with st.form("import", border=False, clear_on_submit=True):
        upload = st.file_uploader("A file", type=SUFFIXES, key="upload")
        task = st.selectbox("Task that reads it", tasks, key="import-task")
        name = st.text_input("Name", key="import-name", placeholder="the file's name without its suffix", max_chars=200)
        key = st.text_input("Column with your own ids", key="import-key", placeholder="none")
        if not st.form_submit_button("Import", type="primary"):
            return
    if upload is None:
        text("Choose a file first.", key="quiet-no-file")
        return
    record = _import(store, upload, task, name.strip(), key.strip())
    st.session_state["import-done"] = True
    st.session_state["version"] = _label(record)  # what was imported is what one looks at next
    st.session_state["imported"] = f"Imported {record.name}: read {record.read:,} = imported {record.imported:,} + rejected {record.rejected:,}"
    st.rerun()


def _import(store: Store, upload: UploadedFile, task: str, name: str, key: str) -> DatasetRecord:
    """Readers read files, so what the browser sent is one for as long as that takes; its own name stays the name of the source."""
    from workbench.experiment import import_file

    with tempfile.TemporaryDirectory() as folder, st.spinner("Importing"):
        file = Path(folder, Path(upload.name.replace("\\", "/")).name)
        file.write_bytes(upload.getbuffer())
        return import_file(store, settings().plugins().task(task), str(file), name=name or file.name.partition(".")[0], fields={}, key=key or None)
