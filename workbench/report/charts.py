"""From the data of a chart to shapes on a plane; what draws them (SVG in the HTML report) decides on colours.

Bars and intervals lie on their side, because categories have long names. Lengths are in the units of the drawing, ``WIDTH`` of them across.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from workbench.report.numbers import cell, decimals, fixed, interval
from workbench.report.text import excerpt, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.types import ChartBlock

Point: TypeAlias = "tuple[str | float, float, float | None, float | None]"
"""x, y, low and high, as in ``ChartBlock.series``."""

WIDTH = 720.0
COLOURS = 8
"""Series beyond this many share colours."""
MOST_CATEGORIES = 40
MOST_POINTS = 240
_FONT = 13.0
_LABEL = 300.0
_LANE = 20.0
_PLOT_HEIGHT = 240.0
_LEAST, _GREATEST = 1e-100, 1e100  # beyond these, arithmetic on an axis runs out of floats


@dataclass(frozen=True, kw_only=True)
class Line:
    """A straight line; ``css`` names the classes that colour it."""

    css: str
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A line through points ``x,y x,y ...``; ``area`` closes and fills it."""

    css: str
    points: str
    tip: str
    area: bool = False


@dataclass(frozen=True, kw_only=True)
class Box:
    """A bar."""

    css: str
    x: float
    y: float
    width: float
    height: float
    tip: str


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A value."""

    css: str
    x: float
    y: float
    tip: str


@dataclass(frozen=True, kw_only=True)
class Label:
    """A word or number; ``anchor`` is ``start``, ``middle`` or ``end``."""

    css: str
    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A chart as shapes, drawn in this order.

    Attributes:
        legend: class and name of each series; empty for a single one.
        description: the same in words, for those who don't see it.
        note: what was left out, or empty.
    """

    width: float
    height: float
    lines: tuple[Line, ...]
    curves: tuple[Curve, ...]
    boxes: tuple[Box, ...]
    dots: tuple[Dot, ...]
    labels: tuple[Label, ...]
    legend: tuple[tuple[str, str], ...]
    description: str
    note: str


def draw(chart: ChartBlock) -> Drawing | None:
    """Lay a chart out; None where it has no finite value to show."""
    series = finite(chart)
    if not any(series.values()):
        return None
    return _draw_lines(chart, series) if chart.kind == "line" else _draw_lanes(chart, series)


def finite(chart: ChartBlock) -> dict[str, list[Point]]:
    """The points that can be drawn; a bound that cannot is none."""
    return {
        name: [(x, y, _bound(low), _bound(high)) for x, y, low, high in points if _drawable(chart.kind, x) and abs(y) <= _GREATEST]
        for name, points in chart.series.items()
    }


def describe(chart: ChartBlock) -> str:
    """A chart in words: each value of a short one, beginning, end and extremes of a line."""
    series = finite(chart)
    digits = decimals([y for points in series.values() for _, y, _, _ in points])
    parts = []
    for name, points in series.items():
        if not points:
            continue
        if chart.kind == "line":
            values = [y for _, y, _, _ in points]
            text = (
                f"from {fixed(values[0], digits)} at {_x(points[0][0])} to {fixed(values[-1], digits)} at {_x(points[-1][0])}, "
                f"lowest {fixed(min(values), digits)}, highest {fixed(max(values), digits)}"
            )
        else:
            text = "; ".join(f"{_x(x)} {_value(y, low, high, digits)}" for x, y, low, high in points[:MOST_CATEGORIES])
        parts.append(f"{name}: {text}" if name and len(series) > 1 else text)
    return f"{chart.y} by {chart.x}. " + ". ".join(parts) + "."


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values that cover ``low`` to ``high``, at most about ``most`` of them: multiples of 1, 2 or 5 times a power of ten."""
    size = max(abs(low), abs(high))
    if high - low <= size * 1e-9 or size < _LEAST:
        high = low + (size if size >= _LEAST else 1.0)
    raw = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [index * step for index in range(first, last + 1)]


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """Values to positions."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 2)


@dataclass(kw_only=True)
class _Canvas:
    """Collects shapes."""

    lines: list[Line] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    def drawing(self, chart: ChartBlock, height: float, names: Sequence[str], note: str = "") -> Drawing:
        return Drawing(
            width=WIDTH,
            height=height,
            lines=tuple(self.lines),
            curves=tuple(self.curves),
            boxes=tuple(self.boxes),
            dots=tuple(self.dots),
            labels=tuple(self.labels),
            legend=tuple((_colour(index), name) for index, name in enumerate(names)) if len(names) > 1 else (),
            description=describe(chart),
            note=note,
        )


def _draw_lanes(chart: ChartBlock, series: dict[str, list[Point]]) -> Drawing:
    """Bars or intervals: a lane for each category and series, the numbers at the right."""
    categories = list(dict.fromkeys(str(x) for points in series.values() for x, _, _, _ in points))
    shown = categories[:MOST_CATEGORIES]
    note = f"{len(categories) - len(shown):,} further categories are not drawn." if len(categories) > len(shown) else ""
    points = [point for listed in series.values() for point in listed if str(point[0]) in shown]
    edges = [value for _, y, low, high in points for value in (y, low, high) if value is not None]
    if chart.zero or chart.kind == "bar":
        edges.append(0.0)
    marks = ticks(min(edges), max(edges))
    digits = decimals(edges)

    def number(point: Point) -> str:
        return _value(point[1], point[2], point[3], digits, signed=chart.zero)

    names = {name: _fitted(printable(name)) for name in shown}
    left = max(map(_measure, names.values())) + 12
    right = WIDTH - max(_measure(number(point)) for point in points) - 16
    scale = _Scale(low=marks[0], high=marks[-1], start=left, end=right)
    lanes = len(series)
    band = _LANE * lanes + 10
    bottom = 8 + band * len(shown)
    canvas = _Canvas()
    for mark in marks:
        css = "zero" if abs(mark) < 1e-12 else "grid"
        canvas.lines.append(Line(css=css, x1=scale(mark), y1=4, x2=scale(mark), y2=bottom))
        canvas.labels.append(Label(css="tick", x=scale(mark), y=bottom + 17, text=_tick(mark, marks), anchor="middle"))
    canvas.labels.append(Label(css="axis", x=(left + right) / 2, y=bottom + 36, text=chart.y, anchor="middle"))
    for index, name in enumerate(shown):
        top = 8 + band * index
        canvas.labels.append(Label(css="category", x=left - 10, y=top + band / 2 + 1, text=names[name], anchor="end"))
        for lane, (series_name, listed) in enumerate(series.items()):
            middle = top + 5 + _LANE * (lane + 0.5)
            for point in (each for each in listed if str(each[0]) == name):
                tip = f"{series_name}: {name} {number(point)}" if lanes > 1 else f"{name} {number(point)}"
                _lane(canvas, chart.kind, point, scale, middle=middle, colour=_colour(lane), tip=tip)
                canvas.labels.append(Label(css="number", x=WIDTH, y=middle + 1, text=number(point), anchor="end"))
    return canvas.drawing(chart, bottom + 44, list(series), note)


def _lane(canvas: _Canvas, kind: str, point: Point, scale: _Scale, *, middle: float, colour: str, tip: str) -> None:
    """One bar or one interval."""
    _, y, low, high = point
    if kind == "bar":
        start, end = sorted((scale(0.0), scale(y)))
        canvas.boxes.append(Box(css=colour, x=start, y=middle - 7, width=round(end - start, 2), height=14, tip=tip))
    if low is not None and high is not None:
        css = f"whisker {'over' if kind == 'bar' else colour}"
        canvas.lines.append(Line(css=css, x1=scale(low), y1=middle, x2=scale(high), y2=middle))
        canvas.lines += [Line(css=css, x1=scale(bound), y1=middle - 4, x2=scale(bound), y2=middle + 4) for bound in (low, high)]
    if kind == "interval":
        canvas.dots.append(Dot(css=colour, x=scale(y), y=middle, tip=tip))


def _draw_lines(chart: ChartBlock, series: dict[str, list[Point]]) -> Drawing:
    """Curves over a numeric axis, with a band where there are intervals."""
    thin = {name: _thinned(sorted(points, key=lambda point: float(point[0]))) for name, points in series.items()}
    xs = [float(x) for points in thin.values() for x, _, _, _ in points]
    ys = [value for points in thin.values() for _, y, low, high in points for value in (y, low, high) if value is not None]
    reach = [*ys, 0.0] if chart.zero else ys
    x_marks, y_marks = ticks(min(xs), max(xs), 7), ticks(min(reach), max(reach), 5)
    left = max(_measure(_tick(mark, y_marks)) for mark in y_marks) + 34
    right, bottom = WIDTH - 12, 10 + _PLOT_HEIGHT
    across = _Scale(low=x_marks[0], high=x_marks[-1], start=left, end=right)
    up = _Scale(low=y_marks[0], high=y_marks[-1], start=bottom, end=10)
    canvas = _Canvas()
    for mark in y_marks:
        canvas.lines.append(Line(css="grid", x1=left, y1=up(mark), x2=right, y2=up(mark)))
        canvas.labels.append(Label(css="tick", x=left - 8, y=up(mark) + 1, text=_tick(mark, y_marks), anchor="end"))
    for mark in x_marks:
        canvas.labels.append(Label(css="tick", x=across(mark), y=bottom + 18, text=_tick(mark, x_marks), anchor="middle"))
    canvas.labels.append(Label(css="axis", x=(left + right) / 2, y=bottom + 38, text=chart.x, anchor="middle"))
    canvas.labels.append(Label(css="axis sideways", x=-(10 + bottom) / 2, y=12, text=chart.y, anchor="middle"))
    for index, (name, points) in enumerate(thin.items()):
        _curve(canvas, points, across, up, colour=_colour(index), name=name or chart.y)
    return canvas.drawing(chart, bottom + 46, list(series))


def _curve(canvas: _Canvas, points: Sequence[Point], across: _Scale, up: _Scale, *, colour: str, name: str) -> None:
    band = [(across(float(x)), up(low), up(high)) for x, _, low, high in points if low is not None and high is not None]
    if band:
        outline = [*((x, high) for x, _, high in band), *((x, low) for x, low, _ in reversed(band))]
        canvas.curves.append(Curve(css=colour, points=" ".join(f"{x},{y}" for x, y in outline), tip=name, area=True))
    if len(points) == 1:
        canvas.dots.append(Dot(css=colour, x=across(float(points[0][0])), y=up(points[0][1]), tip=name))
    elif points:
        canvas.curves.append(Curve(css=colour, points=" ".join(f"{across(float(x))},{up(y)}" for x, y, _, _ in points), tip=name))


def _thinned(points: Sequence[Point]) -> list[Point]:
    """At most ``MOST_POINTS`` of them, evenly chosen, the first and the last among them."""
    if len(points) <= MOST_POINTS:
        return list(points)
    return [points[round(index * (len(points) - 1) / (MOST_POINTS - 1))] for index in range(MOST_POINTS)]


def _value(y: float, low: float | None, high: float | None, digits: int, *, signed: bool = False) -> str:
    if low is None or high is None:
        return fixed(y, digits, signed=signed)
    return f"{fixed(y, digits, signed=signed)} {interval(low, high, digits, signed=signed)}"


def _tick(mark: float, marks: Sequence[float]) -> str:
    """A tick with as many decimals as the step between ticks needs."""
    step = marks[1] - marks[0]
    return fixed(mark, max(0, -math.floor(math.log10(step) + 1e-9)))


def _x(value: str | float) -> str:
    return cell(value)


def _colour(index: int) -> str:
    return f"c{index % COLOURS}"


def _measure(text: str) -> float:
    """About how wide a text is; ideographs take a whole em."""
    return sum(_FONT if unicodedata.east_asian_width(letter) in "WF" else 0.56 * _FONT for letter in text)


def _fitted(text: str) -> str:
    """As much of a text as there is room for beside a lane."""
    return next(cut for limit in range(60, 0, -1) if _measure(cut := excerpt(text, limit)) <= _LABEL)


def _drawable(kind: str, x: str | float) -> bool:
    """A line needs numbers across; a lane takes any name."""
    return kind != "line" or (not isinstance(x, str) and abs(x) <= _GREATEST)


def _bound(value: float | None) -> float | None:
    return value if value is not None and abs(value) <= _GREATEST else None
