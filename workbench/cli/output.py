"""How results, messages and progress reach people and programs.

A command says what it found as tables and fields; they become one JSON object, tables on a terminal, or plain lines in a pipe. Results go to standard
output, all else to standard error. Text from datasets and plugins is hostile: no markup is read in it, and no control sequence of it gets through.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Cell = str | int | float | bool | None

LONGEST_CELL = 200  # characters; JSON has them all
_SECONDS_BETWEEN_LINES = 5.0

_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x9b[0-?]*[ -/]*[@-~]"  # the same as one C1 character
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, SOS, PM, APC: titles, links, clipboard
    r"|\x1b[ -/]*[0-~]"  # the rest
)
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")  # C0, C1, direction overrides
_UNPRINTABLE = re.compile(r"[\ud800-\udfff]")
_UNSAFE_IN_JSON = re.compile(
    r"[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)  # json.dumps leaves these as they are


def clean(text: str) -> str:
    """Give ``text`` without control sequences, control characters (but newline and tab) and direction overrides; lone surrogates as U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", _INVISIBLE.sub("", _SEQUENCES.sub("", text)))


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of a result.

    Attributes:
        name: its key in the JSON object.
        columns: the names of its fields; headings are these with spaces for underscores.
        rows: its cells as plain Python values.
        title: a heading above it.
    """

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Output:
    """Where a command's result and its progress go.

    Attributes:
        json: whether the result is printed as one JSON object.
        quiet: whether progress stays silent.
        out: takes the result.
        err: takes messages and progress.
    """

    json: bool = False
    quiet: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)

    def show(self, schema: str, *parts: Table | Mapping[str, object] | str) -> None:
        """Print a result.

        Args:
            schema: what kind of document it is, such as ``"plugins"``; JSON calls it ``workbench.plugins/1``.
            parts: tables; fields, which become keys of the JSON object and lines ``name: value`` for people; and sentences for people alone.
        """
        if self.json:
            document: dict[str, object] = {"schema": f"workbench.{schema}/1"}
            for part in parts:
                if isinstance(part, Table):
                    document[part.name] = [dict(zip(part.columns, row, strict=True)) for row in part.rows]
                elif not isinstance(part, str):
                    document.update(part)
            self.out.write(_as_json(document) + "\n")
            return
        for part in parts:
            if isinstance(part, Table):
                self._print_table(part)
            elif isinstance(part, str):
                self.out.write(clean(part) + "\n")
            else:
                for name, value in part.items():
                    self.out.write(f"{name.replace('_', ' ')}: {_as_text(value)}\n")

    def say(self, message: str) -> None:
        """Tell how the work goes; silent with ``-q``."""
        if not self.quiet:
            self.err.write(clean(message) + "\n")

    def warn(self, message: str) -> None:
        """Tell what must not be missed, ``-q`` or not."""
        self.err.write(clean(message) + "\n")

    @contextlib.contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int, int], None]]:
        """Show the progress of a long step: a bar on a terminal, now and then a line elsewhere, nothing with ``-q``.

        Yields:
            a function to be called with (done, total), from any thread; total 0 is unknown.
        """
        if self.quiet:
            yield lambda _done, _total: None
        elif self.err.isatty():
            with _bar(clean(label), self.err) as advance:
                yield advance
        else:
            yield _lines(clean(label), self.err)

    def _print_table(self, table: Table) -> None:
        if table.title:
            self.out.write(f"\n{clean(table.title)}\n")
        headings = [_as_cell(column.replace("_", " ")) for column in table.columns]
        rows = [[_as_cell(cell) for cell in row] for row in table.rows]
        numeric = [all(row[index] is None or _is_number(row[index]) for row in table.rows) for index in range(len(headings))]
        draw = _draw_rich if self.out.isatty() else _draw_plain
        draw(self.out, headings, rows, numeric)


# --- values -----------------------------------------------------------------------------------------------------------------------------------------


def _as_json(document: Mapping[str, object]) -> str:
    text = json.dumps(_plain(document), ensure_ascii=False, allow_nan=False)
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _plain(value: object) -> object:
    """Give ``value`` in JSON's own types: a number that is none is null, times are ISO 8601."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case dt.date():
            return value.isoformat()
        case Path():
            return str(value)
    raise TypeError(f"a result holds a {type(value).__name__}, which JSON cannot say")


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return "" if math.isnan(value) else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
        case list() | tuple():
            return ", ".join(_as_text(each) for each in value)
    return clean(str(value))


def _as_cell(value: Cell) -> str:
    if not isinstance(value, str):
        return _as_text(value)
    text = " ".join(clean(value[: 5 * LONGEST_CELL]).split())
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"


def _is_number(value: Cell) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# --- drawing ----------------------------------------------------------------------------------------------------------------------------------------


def _draw_plain(out: TextIO, headings: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool]) -> None:
    """Columns two spaces apart, wide characters counted as two."""
    from rich.cells import cell_len

    lines = [headings, *rows]
    widths = [max(cell_len(line[index]) for line in lines) for index in range(len(headings))]
    for line in lines:
        cells = []
        for text, width, right in zip(line, widths, numeric, strict=True):
            space = " " * (width - cell_len(text))
            cells.append(space + text if right else text + space)
        out.write("  ".join(cells).rstrip() + "\n")


def _draw_rich(out: TextIO, headings: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, right in zip(headings, numeric, strict=True):
        grid.add_column(Text(heading), justify="right" if right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    Console(file=out).print(grid)


@contextlib.contextmanager
def _bar(label: str, stream: TextIO) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream)) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


def _lines(label: str, stream: TextIO) -> Callable[[int, int], None]:
    started = told = time.monotonic()
    finished = False

    def advance(done: int, total: int) -> None:
        nonlocal told, finished
        now = time.monotonic()
        ends = 0 < total <= done
        if finished or not (ends or now - told >= _SECONDS_BETWEEN_LINES):
            return
        told, finished = now, ends
        stream.write(f"{label}: {done:,}{f' of {total:,}' if total else ''}, {now - started:.1f} s\n")

    return advance
