import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workbench.report.charts import MOST_CATEGORIES, MOST_POINTS, WIDTH, describe, draw, ticks
from workbench.types import ChartBlock

REAL = st.floats(-1e9, 1e9) | st.floats(allow_nan=False, allow_infinity=False)


def chart(kind, series, *, zero=False):
    """A chart with these series."""
    return ChartBlock(title="t", kind=kind, x="what", y="how much", series=series, zero=zero)


@settings(deadline=None)
@given(st.floats(-1e100, 1e100), st.floats(-1e100, 1e100) | st.floats(-10, 10))
def test_ticks_cover_the_values_with_round_steps(one, other):
    """A handful of them, evenly spaced by 1, 2 or 5 times a power of ten."""
    low, high = min(one, other), max(one, other)
    marks = ticks(low, high)
    step = marks[1] - marks[0]
    assert marks[0] <= low + 1e-6 * step
    assert marks[-1] >= high - 1e-6 * step
    assert 2 <= len(marks) <= 9
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-6)
    assert min(abs(mantissa - round_one) for round_one in (1, 2, 5)) < 1e-3


POINT = st.tuples(st.text(max_size=60), REAL, st.none() | REAL, st.none() | REAL)


@settings(deadline=None)
@given(st.sampled_from(["bar", "interval"]), st.dictionaries(st.text(max_size=20), st.lists(POINT, max_size=5).map(tuple), max_size=3), st.booleans())
def test_everything_is_drawn_inside_the_picture(kind, series, zero):
    """Whatever the names and the values."""
    drawing = draw(chart(kind, series, zero=zero))
    if drawing is None:
        assert not any(abs(y) <= 1e100 for points in series.values() for _, y, _, _ in points)
        return
    spots = [(line.x1, line.y1) for line in drawing.lines] + [(line.x2, line.y2) for line in drawing.lines]
    spots += [(dot.x, dot.y) for dot in drawing.dots] + [(box.x + box.width, box.y + box.height) for box in drawing.boxes]
    for x, y in spots:
        assert -1e-6 <= x <= WIDTH + 1e-6
        assert 0 <= y <= drawing.height
    assert all(box.width >= 0 for box in drawing.boxes)


@settings(deadline=None)
@given(st.lists(st.tuples(REAL, REAL, st.none(), st.none()), min_size=1, max_size=20))
def test_curves_run_from_left_to_right(points):
    """In the order of x, however they were given."""
    drawing = draw(chart("line", {"loss": tuple(points)}))
    assume(drawing is not None)
    for curve in drawing.curves:
        xs = [float(pair.split(",")[0]) for pair in curve.points.split()]
        assert xs == sorted(xs)
        assert 0 <= xs[0] <= xs[-1] <= WIDTH


def test_values_that_are_no_numbers_are_left_out():
    """A loss that became NaN leaves a curve of the others; a chart of nothing else is no chart."""
    nan = float("nan")
    drawing = draw(chart("line", {"loss": ((1.0, 2.0, None, None), (2.0, nan, None, None), (3.0, 1.0, None, None))}))
    assert 2 == len(drawing.curves[0].points.split())
    assert draw(chart("bar", {"loss": (("a", nan, None, None),)})) is None
    assert draw(chart("line", {"loss": (("no number", 1.0, None, None),)})) is None


def test_a_bound_that_is_no_number_is_no_bound():
    """The value is drawn without whiskers."""
    drawing = draw(chart("interval", {"": (("a", 1.0, float("nan"), 2.0), ("b", 2.0, 1.0, 3.0))}))
    assert (2, 3) == (len(drawing.dots), sum("whisker" in line.css for line in drawing.lines))


@pytest.mark.parametrize(("kind", "zero", "expected"), [("bar", False, True), ("interval", True, True), ("interval", False, False)])
def test_the_axis_reaches_zero_where_it_must(kind, zero, expected):
    """Bars always, effects because they are asked to, values only where they lie there."""
    drawing = draw(chart(kind, {"": (("a", 50.0, None, None), ("b", 51.0, None, None))}, zero=zero))
    assert expected == any(line.css == "zero" for line in drawing.lines)


def test_very_many_categories_are_cut_and_told():
    """A chart per class of 10,000 classes is no picture."""
    drawing = draw(chart("bar", {"": tuple((f"class {index}", 1.0, None, None) for index in range(10_000))}))
    assert MOST_CATEGORIES == len(drawing.boxes)
    assert "9,960 further categories are not drawn." == drawing.note


def test_very_long_curves_are_thinned():
    """The first and the last point stay."""
    drawing = draw(chart("line", {"": tuple((float(step), float(step), None, None) for step in range(100_000))}))
    pairs = drawing.curves[0].points.split()
    assert MOST_POINTS == len(pairs)


def test_a_chart_is_described_in_words():
    """For those who do not see it."""
    effects = chart("interval", {"effect": (("curated against raw", 0.031, 0.01, 0.052),)})
    assert "how much by what. curated against raw 0.031 [0.010, 0.052]." == describe(effects)
    losses = chart("line", {"raw": ((1.0, 2.0, None, None), (9.0, 0.5, None, None)), "curated": ((1.0, 1.5, None, None),)})
    assert (
        "how much by what. raw: from 2.000 at 1 to 0.500 at 9, lowest 0.500, highest 2.000. "
        "curated: from 1.500 at 1 to 1.500 at 1, lowest 1.500, highest 1.500." == describe(losses)
    )
