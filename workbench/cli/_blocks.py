"""Report sections on a terminal, or as plain lines where the output is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

from workbench.report import printable
from workbench.report.charts import finite
from workbench.report.numbers import cell, decimals, fixed, interval, is_numeric
from workbench.types import TableBlock, TextBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from workbench.report import Report
    from workbench.report.charts import Point
    from workbench.types import Block, ChartBlock

MOST_ROWS = 60
"""Rows of one table that are printed; how many are left out is said."""

_STYLES = {"good": "bold green", "bad": "bold red", "warning": "bold yellow", "plain": "", "verbatim": "dim"}
_WIDEST_WORD = 20
_WIDEST_LABEL = 40
_GAP = 2
_BAR = 40


def print_report(console: Console, report: Report, *, brief: bool = False) -> None:
    """Print a report under its headings, whole or in brief.

    No text of it is taken as markup, and none reaches the terminal with control characters in it.
    """
    _line(console, report.title, "bold")
    _line(console, report.subtitle, "dim")
    for section in report.sections:
        blocks = section.brief if brief else section.blocks
        if not blocks:
            continue
        _line(console)
        if console.is_terminal:
            console.rule(Text(printable(section.title), style="bold"), align="left", style="dim")
        else:
            _line(console, section.title)
            _line(console, "=" * cell_len(printable(section.title)))
        for block in blocks:
            _print_block(console, block)


def _print_block(console: Console, block: Block) -> None:
    if isinstance(block, TextBlock):
        style = _STYLES[block.style]
        for line in block.text.splitlines() if block.style == "verbatim" else [block.text]:
            _line(console, line, style)
    elif isinstance(block, TableBlock):
        _print_table(console, block)
    else:
        _print_chart(console, block)


def _print_table(console: Console, block: TableBlock) -> None:
    _line(console)
    _line(console, block.title, "bold")
    rows = [[" ".join(printable(cell(value)).split()) for value in row] for row in block.rows[:MOST_ROWS]]
    columns = [" ".join(printable(name).split()) for name in block.columns]
    numeric = [is_numeric(column) for column in zip(*block.rows, strict=True)] or [False] * len(columns)
    if not rows:
        _line(console, "none", "dim")
    elif not console.is_terminal:
        _print_plain(console, columns, numeric, rows)
    elif (widths := _widths(columns, numeric, rows, console.width)) is not None:
        _print_grid(console, columns, numeric, rows, widths)
    else:
        _print_records(console, columns, rows)
    if len(block.rows) > MOST_ROWS:
        _line(console, f"{len(block.rows) - MOST_ROWS:,} further rows are not shown.", "dim")
    if block.note:
        _line(console, block.note, "dim")


def _widths(columns: Sequence[str], numeric: Sequence[bool], rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Widths that fit into ``room`` and keep numbers whole and words unbroken up to a length; None where there are none."""
    whole, least = [], []
    for index, (name, is_number) in enumerate(zip(columns, numeric, strict=True)):
        cells = [row[index] for row in rows]
        words = [word for text in [name, *([] if is_number else cells)] for word in text.split()]
        parts = [part for text in cells for part in _two_lines(text).splitlines()] if is_number else []
        whole.append(max([1, *map(cell_len, [name, *cells])]))
        least.append(max([1, *(min(_WIDEST_WORD, cell_len(word)) for word in words), *map(cell_len, parts)]))
    room -= _GAP * (len(columns) - 1)
    if sum(least) > room:
        return None
    while sum(whole) > room:
        most = max(range(len(columns)), key=lambda index: whole[index] - least[index])
        whole[most] -= 1
    return whole


def _two_lines(text: str) -> str:
    """A value above its interval."""
    return text.replace(" [", "\n[")


def _print_grid(console: Console, columns: Sequence[str], numeric: Sequence[bool], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, _GAP - 1, 0, 0), header_style="bold", show_edge=False)
    for name, is_number, width in zip(columns, numeric, widths, strict=True):
        table.add_column(Text(name), justify="right" if is_number else "left", overflow="fold", width=width)
    for row in rows:
        wrapped = [numeric[index] and cell_len(text) > widths[index] for index, text in enumerate(row)]
        table.add_row(*(Text(_two_lines(text) if wrap else text) for text, wrap in zip(row, wrapped, strict=True)))
    console.print(table)


def _print_plain(console: Console, columns: Sequence[str], numeric: Sequence[bool], rows: Sequence[Sequence[str]]) -> None:
    """One line a row whatever its length, for programs that read lines."""
    widths = [max(cell_len(row[index]) for row in [columns, *rows]) for index in range(len(columns))]
    for row in [columns, *rows]:
        padded = [_pad(text, width, right=is_number) for text, width, is_number in zip(row, widths, numeric, strict=True)]
        _line(console, (" " * _GAP).join(padded).rstrip())


def _print_records(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table too wide for the terminal, one row after the other: its first cell, and the others below by name."""
    width = max((cell_len(name) for name in columns[1:]), default=0)
    for row in rows:
        _line(console, row[0], "bold")
        grid = Table.grid(padding=(0, 2))
        grid.add_column(min_width=min(width, _WIDEST_WORD))
        grid.add_column(overflow="fold")
        for name, text in zip(columns[1:], row[1:], strict=True):
            grid.add_row(Text(f"  {name}", style="dim"), Text(text))
        console.print(grid)


def _print_chart(console: Console, block: ChartBlock) -> None:
    """Bars and intervals as lines of characters, a curve as its ups and downs."""
    series = {name: points for name, points in finite(block).items() if points}
    _line(console)
    _line(console, block.title, "bold")
    if not series:
        _line(console, "There is no value to draw.", "dim")
        return
    edges = [value for listed in series.values() for point in listed for value in point[1:] if value is not None]
    reach = [*edges, 0.0] if block.zero or block.kind == "bar" else edges
    low, high, digits = min(reach), max(reach), decimals(edges)
    if block.kind == "line":
        rows = [(name, _curve([point[1] for point in points], low, high), _ends(points, digits)) for name, points in series.items()]
    else:
        lanes = [(point, name) for name, points in series.items() for point in points]
        places = {x: index for index, x in enumerate(dict.fromkeys(point[0] for point, _ in lanes))}
        lanes.sort(key=lambda lane: places[lane[0][0]])
        rows = [_lane(block, point, name if len(series) > 1 else "", low, high, digits) for point, name in lanes[:MOST_ROWS]]
    labels = [" ".join(printable(label).split()) for label, _, _ in rows]
    for label, (_, drawn, numbers) in zip(labels, rows, strict=True):
        width = min(_WIDEST_LABEL, max(map(cell_len, labels)))
        _line(console, f"{_pad(set_cell_size(label, width) if cell_len(label) > width else label, width)}  {_pad(drawn, _BAR + 1)}  {numbers}")
    _line(console, f"{block.y} by {block.x}", "dim")


def _lane(block: ChartBlock, point: Point, series: str, low: float, high: float, digits: int) -> tuple[str, str, str]:
    """Label, picture and numbers of one bar or interval."""
    x, y, least, most = point
    drawn = _bar(y, low, high) if block.kind == "bar" else _whisker(y, least, most, low, high, zero=block.zero)
    bounds = "" if least is None or most is None else " " + interval(least, most, digits, signed=block.zero)
    return f"{cell(x)} {series}".rstrip(), drawn, fixed(y, digits, signed=block.zero) + bounds


def _ends(points: Sequence[Point], digits: int) -> str:
    return f"{fixed(points[0][1], digits)} to {fixed(points[-1][1], digits)}"


def _bar(value: float, low: float, high: float) -> str:
    start, end = sorted((_place(0.0, low, high), _place(value, low, high)))
    return " " * start + "█" * max(1, end - start)


def _whisker(value: float, low: float | None, high: float | None, least: float, most: float, *, zero: bool) -> str:
    """``├──●──┤`` in its place, with a stroke where zero is."""
    drawn = [" "] * (_BAR + 1)
    if zero:
        drawn[_place(0.0, least, most)] = "┊"
    if low is not None and high is not None:
        first, last = _place(low, least, most), _place(high, least, most)
        drawn[first : last + 1] = "─" * (last + 1 - first)
        drawn[first], drawn[last] = "├", "┤"
    drawn[_place(value, least, most)] = "●"
    return "".join(drawn)


def _curve(values: Sequence[float], low: float, high: float) -> str:
    picked = [values[round(index * (len(values) - 1) / (_BAR - 1))] for index in range(_BAR)] if len(values) > _BAR else values
    return "".join("▁▂▃▄▅▆▇█"[round(_place(value, low, high) / _BAR * 7)] for value in picked)


def _place(value: float, low: float, high: float) -> int:
    return round((value - low) / (high - low) * _BAR) if high > low else 0


def _pad(text: str, width: int, *, right: bool = False) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def _line(console: Console, text: str = "", style: str = "") -> None:
    """One line, wrapped on a terminal only."""
    console.print(Text(printable(text), style=style), soft_wrap=not console.is_terminal)
