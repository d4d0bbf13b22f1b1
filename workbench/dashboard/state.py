"""What is in force for the dataset on a page, with the signals that decide on it read once for all sessions."""

from __future__ import annotations

import streamlit as st

from workbench.curate import Current, Material, current, newest_runs
from workbench.curate.revision import prepare
from workbench.dashboard.access import open_store
from workbench.dashboard.scoring import draw_scoring
from workbench.errors import DataError

_KEPT = 3
"""Datasets whose signals are kept in memory."""


def state_of(name: str) -> Current:
    """The state of curation of a dataset; see ``workbench.curate.current``. Where nothing has scored it, the page offers that and ends."""
    kept = _materials()
    try:
        state = current(open_store(), name, material=kept.get(name))
    except DataError:
        dataset, runs = newest_runs(open_store(), name)
        if runs:
            raise
        draw_scoring(dataset)
        st.stop()
    _keep(state)
    return state


def material_of(state: Current) -> Material:
    """What policies on this dataset version are held against."""
    return _keep(state)


def _keep(state: Current) -> Material:
    kept = _materials()
    material = kept.get(state.dataset.name)
    if material is None or not material.fits(state.dataset, state.runs):
        material = Material(open_store(), state.dataset.dataset_id, state.runs)
        for other in list(kept)[: max(0, len(kept) + 1 - _KEPT)]:
            kept.pop(other, None)
        kept[state.dataset.name] = material
        prepare(material, state.decision.policy, state.decision.ledger_number)
    return material


@st.cache_resource(show_spinner=False)
def _materials() -> dict[str, Material]:
    """By name of the dataset; the oldest go first. Threads may share one, and making one twice does no harm."""
    return {}
