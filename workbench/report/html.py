"""The report as one HTML file that loads nothing: style and charts stand inside, and there is no script.

Every text goes through the template's escaping; nothing is marked as safe by hand. A content security policy in the file forbids what the template
does not contain, so that a mistake here would still not fetch or run anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from workbench.report.charts import Drawing, draw
from workbench.report.model import MOST_ROWS, WEAK
from workbench.report.numbers import cell, is_numeric
from workbench.report.text import printable
from workbench.types import ChartBlock, TableBlock, TextBlock

if TYPE_CHECKING:
    import jinja2

    from workbench.report.model import Report
    from workbench.types import Block

_LONG = 20

_TONES = {"better": "good", "worse": "bad", "as good": "level", "inconclusive": "open", WEAK: "weak"}
_VERDICT = re.compile(rf"({'|'.join(_TONES)})( \([^)]*\))?")
"""Verdicts, with their effect or without, are coloured; the words stay, so that colour alone never tells."""


@dataclass(frozen=True, kw_only=True)
class _Cell:
    text: str
    css: str


@dataclass(frozen=True, kw_only=True)
class _Table:
    block: TableBlock
    headings: tuple[_Cell, ...]
    rows: tuple[tuple[_Cell, ...], ...]
    hidden: int


@dataclass(frozen=True, kw_only=True)
class _Chart:
    block: ChartBlock
    drawing: Drawing | None


def to_html(report: Report) -> str:
    """Render a report as a self-contained page."""
    sections = [(section.title, [_view(block) for block in section.blocks]) for section in report.sections]
    return _template().render(report=report, sections=sections)


@cache
def _template() -> jinja2.Template:
    """The page, where every value is escaped and none can hold a control character."""
    import jinja2
    from markupsafe import Markup

    def shown(value: object) -> object:
        return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("workbench.report"),
        autoescape=True,
        finalize=shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")


def _view(block: Block) -> tuple[str, object]:
    """The kind of a block and what the template needs of it."""
    if isinstance(block, TextBlock):
        return "text", block
    if isinstance(block, TableBlock):
        return "table", _table(block)
    return "chart", _Chart(block=block, drawing=draw(block))


def _table(block: TableBlock) -> _Table:
    numeric = [is_numeric(column) for column in zip(*block.rows, strict=True)] if block.rows else [False] * len(block.columns)
    rows = tuple(tuple(_cell(value, is_number) for value, is_number in zip(row, numeric, strict=True)) for row in block.rows[:MOST_ROWS])
    headings = tuple(_Cell(text=name, css="number" if is_number else "") for name, is_number in zip(block.columns, numeric, strict=True))
    return _Table(block=block, headings=headings, rows=rows, hidden=max(0, len(block.rows) - MOST_ROWS))


def _cell(value: str | float | None, is_number: bool) -> _Cell:  # noqa: FBT001 - says what the column is
    text = cell(value)
    verdict = _VERDICT.fullmatch(text)
    if is_number:
        return _Cell(text=_unbroken(text.replace("-", "\N{MINUS SIGN}")), css="number")
    if verdict:
        return _Cell(text=_unbroken(text), css=f"tone {_TONES[verdict[1]]}")
    return _Cell(text=text, css="long" if len(text) > _LONG else "")


def _unbroken(text: str) -> str:
    """The text on one line, but for an interval, which may stand below its value."""
    return text.replace(" ", "\N{NO-BREAK SPACE}").replace("\N{NO-BREAK SPACE}[", " [")
