"""The blocks of a report, drawn with Streamlit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from workbench.dashboard.show import heading, table, text
from workbench.report.charts import describe, finite
from workbench.report.numbers import cell, is_numeric
from workbench.report.text import excerpt, printable
from workbench.types import ChartBlock, TableBlock, TextBlock

if TYPE_CHECKING:
    import altair as alt

    from workbench.types import Block

_CURVE_HEIGHT = 280
_LANE_HEIGHT = 22


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
    columns = {name: [row[index] for row in block.rows] for index, name in enumerate(block.columns)}
    right = {name: st.column_config.TextColumn(alignment="right") for name, values in columns.items() if is_numeric(values)}
    table({name: [cell(value) for value in values] for name, values in columns.items()}, **right)
    if block.note:
        text(block.note, key=f"quiet-{key}")


def _draw_chart(block: ChartBlock, key: str) -> None:
    if block.title:
        text(block.title, key=f"title-{key}")
    if any(finite(block).values()):
        st.altair_chart(chart(block), width="stretch", key=f"chart-{key}", alt=printable(describe(block)))
    else:
        text("There is nothing to draw yet.", key=f"quiet-{key}")


def chart(block: ChartBlock) -> alt.LayerChart:
    """The chart of a block; bars and intervals lie on their side, because categories have long names.

    Fields have names of our own: a tooltip field whose name comes from data could ask the browser for an image.
    """
    import altair as alt

    series = finite(block)
    points = [
        {"series": excerpt(printable(name), 60), "x": excerpt(printable(x), 60) if isinstance(x, str) else x, "y": y, "low": low, "high": high}
        for name, listed in series.items()
        for x, y, low, high in listed
    ]
    continuous = block.kind == "line"
    values = alt.Scale(zero=block.zero or block.kind == "bar")
    legend = alt.Legend(orient="top", title=None) if len(series) > 1 else None
    tooltip = [alt.Tooltip("series:N"), alt.Tooltip("x:Q" if continuous else "x:N"), alt.Tooltip("y:Q", format=".4~g")]
    base = alt.Chart(alt.Data(values=points)).encode(color=alt.Color("series:N", sort=None, legend=legend), tooltip=tooltip)
    if continuous:
        curve = base.mark_line(strokeWidth=1.5).encode(x=alt.X("x:Q", title=block.x), y=alt.Y("y:Q", title=block.y, scale=values))
        return alt.layer(curve).properties(height=_CURVE_HEIGHT)
    base = base.encode(y=alt.Y("x:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)), yOffset=alt.YOffset("series:N", sort=None))
    mark = base.mark_bar() if block.kind == "bar" else base.mark_point(filled=True, size=70)
    bounds = base.transform_filter("datum.low != null").mark_rule(strokeWidth=1.5).encode(x=alt.X("low:Q", title=block.y), x2="high:Q")
    lanes = sum(len(listed) for listed in series.values())
    return alt.layer(mark.encode(x=alt.X("y:Q", title=block.y, scale=values)), bounds).properties(height=max(3, lanes) * _LANE_HEIGHT)
