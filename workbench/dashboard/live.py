"""Following work that another process does: a look at the file costs nothing, and nothing is asked of the store until the file has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from workbench.dashboard.access import errors_told, open_store

if TYPE_CHECKING:
    from workbench.store import Store

EVERY = 2
"""Seconds between two looks."""

ENDED = frozenset({"finished", "failed"})
"""States of a run that has come to its end."""

Stamp = tuple[tuple[int, int], ...]
Progress = tuple[tuple[int, str, int], ...]


@dataclass(kw_only=True)
class _Seen:
    """What a page was drawn from.

    Attributes:
        stamp: the file's, at the last look.
        progress: of all experiments, when the page was drawn.
    """

    stamp: Stamp
    progress: Progress


def stamp(store: Store) -> Stamp:
    """Changes whenever someone has written to the store; nothing is opened for it."""
    found = []
    for path in (store.path, store.path.with_name(f"{store.path.name}.wal")):
        try:
            status = path.stat()
        except FileNotFoundError:
            found.append((0, 0))
        else:
            found.append((status.st_mtime_ns, status.st_size))
    return tuple(found)


def follow(store: Store) -> None:
    """Draw the page again when an experiment begins or ends, or a run of one does."""
    seen = _Seen(stamp=stamp(store), progress=_progress(store))
    st.fragment(_look, run_every=EVERY)(seen)


def _look(seen: _Seen) -> None:
    with errors_told():
        store = open_store()
        now = stamp(store)
        if now == seen.stamp:
            return
        seen.stamp = now
        if _progress(store) != seen.progress:
            st.rerun()


def _progress(store: Store) -> Progress:
    """Number, state and ended runs of each experiment."""
    with store.reading():
        ended = [run.experiment_id for run in store.experiments.runs() if run.state in ENDED]
        return tuple((each.experiment_id, each.state, ended.count(each.experiment_id)) for each in store.experiments.list())
