"""Scoring a dataset from a page: what stands between an imported file and the first verdict."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import streamlit as st

from workbench.dashboard.access import open_store, settings
from workbench.dashboard.decisions import author
from workbench.dashboard.show import nothing_yet, text

if TYPE_CHECKING:
    from workbench.store import DatasetRecord

# One at a time: two would share the same cores, and a second scoring of the same rows would be for nothing.
_at_work = threading.Lock()


class _Steps:
    """Progress as a line of text and a bar."""

    def __init__(self) -> None:
        self._line, self._bar = st.empty(), st.progress(0.0)
        self._total: int | None = None
        self._step = ""

    def begin(self, step: str, total: int | None = None) -> None:
        self._step, self._total = step, total
        self._tell(0)

    def advance(self, done: int, total: int | None = None) -> None:
        self._total = total or self._total
        self._tell(done)

    def end(self) -> None:
        self._bar.progress(1.0)

    def say(self, message: str) -> None:
        """Notes of selectors are kept with their runs."""

    def _tell(self, done: int) -> None:
        self._line.text(f"{self._step}: {done:,} of {self._total:,}" if self._total else self._step)
        self._bar.progress(min(1.0, done / self._total) if self._total else 0.0)


def draw_scoring(dataset: DatasetRecord) -> None:
    """Say that a dataset has no scores yet, and offer to make them."""
    nothing_yet(f"No selector has scored {dataset.name} yet, so nothing says which of its {dataset.imported:,} rows to train on.")
    text("Scoring takes its task's own selectors. Stay on this page meanwhile; what is done by then is kept if you do not.", key="quiet-scoring")
    if st.button("Score it", key="score", type="primary"):
        _score(dataset)


def _score(dataset: DatasetRecord) -> None:
    from workbench.experiment import score_stored

    if not _at_work.acquire(blocking=False):
        text("Another dataset is being scored from a page now. Try again when it is done.", key="quiet-at-work")
        return
    try:
        score_stored(open_store(), settings().plugins(), dataset, author=author() or settings().author, progress=_Steps())
    finally:
        _at_work.release()
    st.rerun()
