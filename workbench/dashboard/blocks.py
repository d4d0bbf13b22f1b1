"""The blocks of a report, drawn with Streamlit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from workbench.dashboard.show import table, text
from workbench.report.charts import describe, finite
from workbench.report.numbers import cell, is_numeric
from workbench.report.text import excerpt, printable
from workbench.types import ChartBlock, TableBlock, TextBlock

if TYPE_CHECKING:
    import altair as alt

    from workbench.types import Block

COLOURS = ("#3b82f6", "#f59e0b", "#10b981", "#ef4444", "#a855f7", "#0ea5b7", "#ec4899", "#8a94a6")
"""Told apart on light and on dark ground; series beyond these share them."""
CURVE_HEIGHT = 300
_LANE_HEIGHT = 22
_FRAME_HEIGHT = 90
"""Of axis, title and legend."""


def draw(block: Block, key: str) -> None:
    """Draw one block; ``key`` tells it from the others on the page."""
    match block:
        case TextBlock():
            text(block.text, key="" if block.style == "plain" else f"style-{block.style}-{key}")
        case TableBlock():
            _draw_table(block, key)
        case ChartBlock():
            _draw_chart(block, key)


def _draw_table(block: TableBlock, key: str) -> None:
    if block.title:
        text(block.title, key=f"title-{key}")
    names = [name if block.columns.index(name) == index else f"{name} ({index + 1})" for index, name in enumerate(block.columns)]
    columns = {printable(name): [row[index] for row in block.rows] for index, name in enumerate(names)}
    right = {name: st.column_config.TextColumn(alignment="right") for name, values in columns.items() if is_numeric(values)}
    table({name: [cell(value) for value in values] for name, values in columns.items()}, right)
    if block.note:
        text(block.note, key=f"quiet-{key}")


def _draw_chart(block: ChartBlock, key: str) -> None:
    if block.title:
        text(block.title, key=f"title-{key}")
    if any(finite(block).values()):
        st.altair_chart(chart(block), width="stretch", key=f"chart-{key}", alt=printable(describe(block)))
    else:
        text("There is nothing to draw yet.", key=f"quiet-{key}")


def chart(block: ChartBlock) -> alt.LayerChart | alt.FacetChart:
    """The chart of a block; bars and intervals lie on their side, because categories have long names.

    Fields have names of our own: a tooltip field whose name comes from data could ask the browser for an image.
    """
    import altair as alt

    series = finite(block)
    names = list(dict.fromkeys(_name(name) for name in series))
    points = [
        {"series": _name(name), "x": _name(x) if isinstance(x, str) else x, "y": y, "low": low, "high": high}
        for name, listed in series.items()
        for x, y, low, high in listed
    ]
    legend = alt.Legend(orient="top", title=None) if len(series) > 1 else None
    colour = alt.Color("series:N", sort=None, legend=legend, scale=alt.Scale(domain=names, range=COLOURS))
    scale = alt.Scale(zero=block.zero or block.kind == "bar")
    tooltip = [alt.Tooltip("series:N"), alt.Tooltip("x:Q" if block.kind == "line" else "x:N"), alt.Tooltip("y:Q", format=".4~g")]
    base = alt.Chart(alt.InlineData(values=points)).encode(color=colour, tooltip=tooltip)
    if block.kind == "line":
        curve = base.mark_line(strokeWidth=1.5).encode(x=alt.X("x:Q", title=block.x), y=alt.Y("y:Q", title=block.y, scale=scale))
        return alt.layer(curve).properties(height=CURVE_HEIGHT)
    base = base.encode(y=alt.Y("x:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)))
    if len(series) > 1:
        base = base.encode(yOffset=alt.YOffset("series:N", sort=None))
    mark = base.mark_bar() if block.kind == "bar" else base.mark_point(filled=True, size=70, opacity=1)
    bounds = base.transform_filter("datum.low != null").mark_rule(strokeWidth=1.5).encode(x=alt.X("low:Q", title=block.y), x2="high:Q")
    lanes = max(len(listed) for listed in series.values()) * len(series)
    return alt.layer(mark.encode(x=alt.X("y:Q", title=block.y, scale=scale)), bounds).properties(height=lanes * _LANE_HEIGHT + _FRAME_HEIGHT)


def _name(name: str) -> str:
    return excerpt(printable(name), 60)
