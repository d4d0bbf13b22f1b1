"""The page that answers whether curation helped: the report's own sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from workbench.dashboard.access import errors_told, first_steps, open_store, settings
from workbench.dashboard.blocks import draw
from workbench.dashboard.live import ENDED, follow
from workbench.dashboard.runs import choose_experiment
from workbench.dashboard.show import heading, nothing_yet, text
from workbench.errors import WorkbenchError
from workbench.report import Report, build

if TYPE_CHECKING:
    from workbench.store import ExperimentRecord, Store

ALL = "all of them"


def comparison_page() -> None:
    """The report of one experiment."""
    with errors_told():
        store = open_store()
        follow(store)
        records = store.experiments.list()
        if not records:
            nothing_yet("There is nothing to compare yet. A recipe fine-tunes the arms of an experiment; the demo is one:", *first_steps())
            return
        chosen = choose_experiment(records)
        report = _report(store, chosen)
        heading(report.title, "report", level=1)
        text(report.subtitle, key="quiet-subtitle")
        if chosen.state == "running":
            runs = store.experiments.runs(chosen.experiment_id)
            ended = sum(run.state in ENDED for run in runs)
            text(f"{ended:,} of {len(runs):,} runs have ended. This page follows the others by itself.", key="title-progress")
        titles = [section.title for section in report.sections]
        with st.sidebar:
            wanted = st.selectbox("Section", [ALL, *titles], key="section", bind="query-params")
        for number, section in enumerate(report.sections):
            if wanted not in {ALL, section.title}:
                continue
            heading(section.title, f"section-{number}")
            for position, block in enumerate(section.blocks):
                draw(block, f"{number}-{position}")


def _report(store: Store, experiment: ExperimentRecord) -> Report:
    host = settings().plugins()
    try:
        task = host.task(experiment.task).value
    except WorkbenchError:
        task = None  # its plugin is gone; what the store holds is shown without it
    return build(store, experiment, task=task, sections=[component.value for component in host.report_sections()])
