"""Report blocks as the dashboard draws them."""

from __future__ import annotations

import math

import pytest

from workbench.dashboard.blocks import chart
from workbench.types import ChartBlock

BLOCKS = [
    ChartBlock(title="t", kind="bar", x="rule", y="rows", series={"image": (("a", 3.0, None, None), ("b", 1.0, None, None))}),
    ChartBlock(title="t", kind="interval", x="arm", y="f1", series={"image": (("a", 0.5, 0.4, 0.6),), "\x1b[31m": (("a", 0.1, None, None),)}),
    ChartBlock(title="t", kind="line", x="step", y="loss", series={"image": ((1.0, 2.0, None, None), (2.0, math.nan, None, None))}),
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.kind)
def test_charts_show_each_finite_point_under_field_names_of_our_own(block):
    """No field, and so no entry of a tooltip, is named by data; what cannot be drawn is left out."""
    specification = chart(block).to_dict()
    (points,) = specification["datasets"].values()

    assert [point[1] for points in block.series.values() for point in points if math.isfinite(point[1])] == [point["y"] for point in points]
    assert {"series", "x", "y", "low", "high"} == {name for point in points for name in point}
    shown = {tip["field"] for part in specification["layer"] for tip in part["encoding"]["tooltip"]}
    assert shown <= {"series", "x", "y"}
    assert all("\x1b" not in point["series"] for point in points)
