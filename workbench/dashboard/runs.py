"""The page that shows how fine-tuning goes, while it goes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, cast

import streamlit as st

from workbench.dashboard.access import errors_told, first_steps, open_store
from workbench.dashboard.blocks import COLOURS, CURVE_HEIGHT
from workbench.dashboard.live import ENDED, EVERY, follow, stamp
from workbench.dashboard.show import heading, nothing_yet, passage, table, text
from workbench.report.numbers import duration
from workbench.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.dashboard.live import Stamp
    from workbench.store import ExperimentRecord, RunRecord, Store

    Event = Mapping[str, object]

POINTS = 300
"""Points of a loss curve; more cannot be told apart."""
STATES: dict[str, Literal["gray", "blue", "green", "red"]] = {"planned": "gray", "running": "blue", "finished": "green", "failed": "red"}


def experiment_label(record: ExperimentRecord) -> str:
    """The experiment as the command line calls it."""
    return f"{record.name}@{record.revision}"


def choose_experiment(records: Sequence[ExperimentRecord]) -> ExperimentRecord:
    """A chooser in the sidebar, the newest first."""
    known = {experiment_label(record): record for record in sorted(records, key=lambda record: record.experiment_id, reverse=True)}
    with st.sidebar:
        return known[st.selectbox("Experiment", list(known), key="experiment", bind="query-params")]


def runs_page() -> None:
    """The experiments, and the runs of one."""
    with errors_told():
        store = open_store()
        follow(store)
        records = store.experiments.list()
        if not records:
            nothing_yet("No experiment has been started in this store yet. A recipe starts one; the demo is one:", *first_steps())
            return
        chosen = choose_experiment(records)
        st.fragment(_draw_experiment, run_every=EVERY if chosen.state == "running" else None)(chosen.experiment_id)


def _draw_experiment(experiment_id: int) -> None:
    with errors_told():
        record, runs, events = _read_experiment(experiment_id, stamp(open_store()))
        _draw_head(record, runs)
        _draw_runs(runs, events)
        _draw_losses(runs, events)
        _draw_failures(runs)
        if record.steps:
            heading("Time by step", "steps")
            table({"step": list(record.steps), "time": [duration(seconds) for seconds in record.steps.values()]})


@st.cache_resource(show_spinner=False, max_entries=8)
def _read_experiment(experiment_id: int, at: Stamp) -> tuple[ExperimentRecord, Sequence[RunRecord], Mapping[int, Sequence[Event]]]:  # noqa: ARG001 - a later stamp reads anew
    """An experiment with its runs and their events by run; whoever watches it shares what was read."""
    store = open_store()
    with store.reading():
        runs = store.experiments.runs(experiment_id)
        return store.experiments.get(experiment_id), runs, {run.run_id: _read_events(store, run) for run in runs}


def _draw_head(record: ExperimentRecord, runs: Sequence[RunRecord]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        heading(experiment_label(record), "experiment", level=1)
        with st.container(key="experiment-state", width="content"):
            st.badge(record.state, color=STATES[record.state])
    until = record.finished or datetime.now(UTC)
    took = f"{'running for' if record.state == 'running' else 'took'} {duration((until - record.created).total_seconds())}"
    text(f"{record.task}, started {record.created:%Y-%m-%d %H:%M} UTC, {took}", key="quiet-head")
    ended = sum(run.state in ENDED for run in runs)
    if runs:
        st.progress(ended / len(runs), text=f"{ended} of {len(runs)} runs")


def _draw_runs(runs: Sequence[RunRecord], events: Mapping[int, Sequence[Event]]) -> None:
    if not runs:
        text("Its runs are planned once the data is imported, scored and decided upon.")
        return
    losses = [_losses(events[run.run_id]) for run in runs]
    table(
        {
            "arm": [run.arm for run in runs],
            "seed": [run.seed for run in runs],
            "state": [run.state for run in runs],
            "progress": [_progress(run, events[run.run_id]) for run in runs],
            "loss": [curve[-1][1] if curve else None for curve in losses],
            "rows": [run.rows for run in runs],
            "steps": [run.steps or None for run in runs],
            "time": [duration(run.seconds) if run.seconds else "" for run in runs],
        },
        {
            "progress": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
            "loss": st.column_config.NumberColumn(format="%.4g"),
            "rows": st.column_config.NumberColumn(format="localized"),
            "steps": st.column_config.NumberColumn(format="localized"),
        },
    )


def _draw_losses(runs: Sequence[RunRecord], events: Mapping[int, Sequence[Event]]) -> None:
    """One line for each run, one colour for each arm."""
    import altair as alt

    points = []
    arms: dict[str, None] = {}
    for run in runs:
        curve = _losses(events[run.run_id])
        every = max(1, len(curve) // POINTS)
        arms.update({printable(run.arm): None} if curve else {})
        points += [{"arm": printable(run.arm), "seed": run.seed, "step": step, "loss": loss} for step, loss in curve[::every]]
    if not points:
        return
    chart = (
        alt.Chart(alt.InlineData(values=points))
        .mark_line(strokeWidth=1.5)
        .encode(
            x=alt.X("step:Q", title="optimizer step"),
            y=alt.Y("loss:Q", title="training loss", scale=alt.Scale(zero=False)),
            color=alt.Color("arm:N", sort=None, scale=alt.Scale(domain=list(arms), range=COLOURS), legend=alt.Legend(orient="top", title=None)),
            detail="seed:N",
            tooltip=["arm:N", "seed:N", "step:Q", alt.Tooltip("loss:Q", format=".4~g")],
        )
        .properties(height=CURVE_HEIGHT)
    )
    heading("Training loss", "losses")
    st.altair_chart(chart, width="stretch", key="losses", alt="Training loss by optimizer step, one line for each run.")


def _draw_failures(runs: Sequence[RunRecord]) -> None:
    for run in runs:
        if run.state == "failed":
            heading(f"{run.name} failed", f"failed-{run.run_id}")
            passage(run.error, f"error-{run.run_id}")


def _read_events(store: Store, run: RunRecord) -> list[Event]:
    """The events of a run; those of one that has ended are remembered."""
    match run.state:
        case "planned":
            return []
        case "running":
            return cast("list[Event]", store.experiments.events(run.run_id).to_pylist())
    return _read_final_events(run.run_id, run.finished)


@st.cache_data(show_spinner=False, max_entries=200)
def _read_final_events(run_id: int, finished: datetime | None) -> list[Event]:  # noqa: ARG001 - a run that is tried again ends anew
    return cast("list[Event]", open_store().experiments.events(run_id).to_pylist())


def _progress(run: RunRecord, events: Sequence[Event]) -> float:
    """How far a run is, 0 to 1."""
    if run.state == "finished":
        return 1.0
    return cast("int", events[-1]["step"]) / max(1, cast("int", events[-1]["total"])) if events else 0.0


def _losses(events: Sequence[Event]) -> list[tuple[int, float]]:
    """Optimizer step and training loss of each event that tells it."""
    told = ((event["step"], json.loads(cast("str", event["values"])).get("loss")) for event in events if event["kind"] == "step")
    return [(cast("int", step), float(loss)) for step, loss in told if loss is not None]
