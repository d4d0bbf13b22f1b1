"""The filter beside the list: verdict, rule, words, facets, and the histogram of a signal with its thresholds on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import streamlit as st

from workbench.dashboard.access import open_store
from workbench.dashboard.show import text
from workbench.report.numbers import cell
from workbench.report.text import excerpt, printable
from workbench.store import Range, RowFilter
from workbench.types import RoleType, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    import altair as alt
    import pyarrow as pa

    from workbench.curate import Counts, Current
    from workbench.store import SelectorRun
    from workbench.types import PolicyRule

ANY = "any"
PINNED = "pinned"
OPEN = "not yet looked at"
VERDICT_COLOURS = {Verdict.KEEP.value: "#2e9e6b", Verdict.DROP.value: "#d1495b", Verdict.REVIEW.value: "#e09f3e"}
"""Told apart on light and on dark ground, and by lightness alone."""
_HEIGHT = 150
_LONGEST_IN_ADDRESS = 500
"""Code points of a value; browsers and mail programs cut longer links."""


def choose_filter(state: Current) -> RowFilter:
    """Draw the filter and say what it lets through."""
    verdict = st.radio("Verdict", [ANY, *(each.value for each in Verdict), PINNED, OPEN], key="verdict", bind="query-params")
    rule = st.selectbox("Selector or rule that fired", [ANY, *_rule_names(state.decision.counts)], key="rule", bind="query-params")
    words = st.text_input("Text", key="text", bind="query-params", placeholder="words to look for", type="search")
    expression = st.checkbox("as a regular expression", key="expression", bind="query-params")
    chosen = RowFilter(
        verdict=None if verdict in {ANY, PINNED, OPEN} else verdict,
        pinned={PINNED: True, OPEN: False}.get(verdict),
        flagged=True if verdict == OPEN else None,
        rule=None if rule == ANY else rule,
        text=words if words and not expression else None,
        pattern=words if words and expression else None,
    )
    return replace(_choose_facets(state, chosen), values=_choose_values(state))


def _rule_names(counts: Counts) -> list[str]:
    """What fired can be asked by: each rule, and before several of one selector the selector itself."""
    by_selector: dict[str, list[str]] = {}
    for rule in counts.rules:
        by_selector.setdefault(rule.signal.rpartition(".")[0], []).append(f"{rule.signal} {rule.action}")
    return [name for selector, rules in by_selector.items() for name in ([selector, *rules] if len(rules) > 1 else rules)]


# --- facets -----------------------------------------------------------------------------------------------------------------------------------------


def _choose_facets(state: Current, chosen: RowFilter) -> RowFilter:
    """One chooser for each label, for the source and for each column of the metadata, each value with its rows."""
    labels = [role.name for role in state.dataset.roles if role.type is RoleType.LABEL]
    found: dict[str, tuple[str, str]] = {}
    for of, names in (("label", labels), ("source", [""]), ("slice", _slices(state.dataset.dataset_id))):
        for name in names:
            value = _choose_value(state, chosen, cast("Literal['label', 'source', 'slice']", of), name)
            if value is not None:
                found[of] = (name, value)
    return replace(chosen, label=found.get("label"), slice=found.get("slice"), source=found["source"][1] if "source" in found else None)


def _choose_value(state: Current, chosen: RowFilter, of: Literal["label", "source", "slice"], name: str) -> str | None:
    values = dict(_facet(state.decision.verdict_set, chosen, of, name))
    key, parameter = f"facet-{of}-{name}", of if of == "source" else f"{of}.{name}"
    if key not in st.session_state and parameter in st.query_params:
        st.session_state[key] = st.query_params[parameter]
    present = cast("str | None", st.session_state.get(key))
    if present is not None:
        values.setdefault(present, 0)
    if len(values) < 2:
        return None
    # Names and values come from data; a select box reads no Markdown in its options, and its label is one of our words or a role's.
    label = {"label": "Label", "source": "Source", "slice": "Slice"}[of]
    if of == "slice":
        text(f"by {name}", key=f"quiet-{key}")
    value = st.selectbox(
        label,
        list(values),
        index=None,
        key=key,
        placeholder=ANY,
        persist_state="session",
        format_func=lambda value: f"{excerpt(printable(value), 60)}  ({values.get(value, 0):,})",
    )
    _put_into_address(parameter, value)
    return value


def _put_into_address(parameter: str, value: str | None) -> None:
    """So that a shared link opens the same filter; a box that is bound to the address would write its options with their counts."""
    if value is None or len(value) > _LONGEST_IN_ADDRESS:
        st.query_params.pop(parameter, None)
    elif st.query_params.get(parameter) != value:
        st.query_params[parameter] = value


def _facet(verdict_set: int, chosen: RowFilter, of: Literal["label", "source", "slice"], name: str) -> list[tuple[str, int]]:
    """What was counted once is remembered: for a verdict set, which never changes, or for the dataset where no verdict matters."""
    by_verdict = any(each is not None for each in (chosen.verdict, chosen.rule, chosen.pinned, chosen.flagged))
    return _counted((verdict_set, 0) if by_verdict else (0, _dataset(verdict_set)), chosen, of, name, _verdict_set=verdict_set)


@st.cache_data(show_spinner=False, max_entries=200)
def _counted(
    scope: tuple[int, int],  # noqa: ARG001 - what it is remembered for
    chosen: RowFilter,
    of: Literal["label", "source", "slice"],
    name: str,
    *,
    _verdict_set: int,
) -> list[tuple[str, int]]:
    return open_store().curation.facet(_verdict_set, chosen, of=of, name=name)


@st.cache_data(show_spinner=False, max_entries=200)
def _dataset(verdict_set: int) -> int:
    return open_store().curation.dataset_id(verdict_set)


@st.cache_data(show_spinner=False, max_entries=50)
def _slices(dataset_id: int) -> list[str]:
    return open_store().datasets.meta_names(dataset_id)


# --- signals ----------------------------------------------------------------------------------------------------------------------------------------


def _choose_values(state: Current) -> Range | None:
    """The histogram of a signal; a brush over it, or the slider below it, narrows the list."""
    signals = {f"{run.name}.{signal.name}": (run, signal.name) for run in state.runs for signal in run.signals}
    reference = st.selectbox("Values of a signal", list(signals), index=None, key="signal", placeholder="none", bind="query-params")
    if reference is None:
        return None
    run, signal = signals[reference]
    parts = _histogram(state.decision.verdict_set, run, signal)
    if not parts.num_rows:
        text("No row has a value of it.", key="quiet-no-values")
        return None
    rules = [item for item in state.decision.policy.rules if item.signal == reference]
    key = f"range-{run.selector_run}-{signal}"
    low, high = min(parts["low"].to_pylist()), max(parts["high"].to_pylist())
    st.altair_chart(
        histogram_chart(parts, rules),
        key=f"brush-{key}",
        on_select=lambda: _take_brush(f"brush-{key}", key, low, high),
        selection_mode=["brush"],
        alt=f"Histogram of {printable(reference)}",
    )
    for item in rules:
        text(f"{item.rule.action.value} {item.rule.operator} {item.rule.threshold:g}", key=f"small-threshold-{item.rule.action.value}")
    if not low < high:
        return None
    least, most = st.slider(
        "Rows with values from, to", low, high, (low, high), key=key, step=(high - low) / 200, format="%.3g", persist_state="session"
    )
    return None if (least, most) == (low, high) else Range(selector_run=run.selector_run, signal=signal, low=least, high=most)


def _take_brush(brush: str, key: str, low: float, high: float) -> None:
    """Move the slider to where the brush is; a brush that was taken away frees it."""
    selected = cast("dict[str, list[float]]", st.session_state[brush]["selection"].get("brush", {}))
    ends = sorted(next(iter(selected.values()), [low, high]))
    st.session_state[key] = (max(low, float(ends[0])), min(high, float(ends[-1])))


def bounds(state: Current, run: SelectorRun, signal: str) -> tuple[float, float]:
    """The least and the greatest value that a signal has on any row; zeros where it has none."""
    parts = _histogram(state.decision.verdict_set, run, signal)
    return min(parts["low"].to_pylist(), default=0.0), max(parts["high"].to_pylist(), default=0.0)


@st.cache_data(show_spinner=False, max_entries=100)
def _histogram(verdict_set: int, run: SelectorRun, signal: str) -> pa.Table:
    return open_store().curation.histogram(verdict_set, run, signal)


def histogram_chart(parts: pa.Table, rules: Sequence[PolicyRule]) -> alt.LayerChart | alt.FacetChart:
    """Rows by value, coloured by verdict, each threshold a line; fields have names of our own."""
    import altair as alt

    points = [{"low": part["low"], "high": part["high"], "verdict": part["verdict"], "rows": part["rows"]} for part in parts.to_pylist()]
    scale = alt.Scale(domain=list(VERDICT_COLOURS), range=list(VERDICT_COLOURS.values()))
    bars = (
        alt.Chart(alt.InlineData(values=points))
        .mark_bar()
        .encode(
            x=alt.X("low:Q", title=None, axis=alt.Axis(format=".3~g", tickCount=5)),
            x2="high:Q",
            y=alt.Y("rows:Q", title=None, axis=alt.Axis(format="~s", tickCount=4)),
            color=alt.Color("verdict:N", legend=None, scale=scale),
            tooltip=[alt.Tooltip("low:Q", format=".4~g"), alt.Tooltip("high:Q", format=".4~g"), "verdict:N", "rows:Q"],
        )
        .add_params(alt.selection_interval(name="brush", encodings=["x"]))
    )
    lines = [{"threshold": item.rule.threshold, "action": item.rule.action.value} for item in rules]
    marks = (
        alt.Chart(alt.InlineData(values=lines))
        .mark_rule(strokeWidth=2, strokeDash=[4, 2])
        .encode(x="threshold:Q", color=alt.Color("action:N", legend=None, scale=scale), tooltip=["action:N", "threshold:Q"])
    )
    return alt.layer(bars, marks).properties(height=_HEIGHT)


def draw_rules(counts: Counts) -> None:
    """What each rule did, as one text: a page has to be drawn again after every decision, and each element costs."""
    with st.expander("What each rule did"):
        lines = [f"{rule.signal}\n{rule.action} {rule.rule}: fired {cell(rule.fired)}, only it {cell(rule.only)}" for rule in counts.rules]
        text("\n".join(lines) or "The policy has no rule.", key="small-rules")
