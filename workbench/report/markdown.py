"""The report as Markdown (CommonMark and GitHub's tables).

No text of the report is markup: what Markdown, HTML or a site's autolinking would act on is escaped or broken, so that a record that says
``[click](http://...)`` or ``@everyone`` reads so and does nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.report.charts import describe, finite
from workbench.report.model import MOST_ROWS
from workbench.report.numbers import cell, decimals, fixed, interval, is_numeric
from workbench.report.text import printable
from workbench.types import ChartBlock, TableBlock, TextBlock

if TYPE_CHECKING:
    from workbench.report.model import Report
    from workbench.types import Block

_JOINER = "\N{WORD JOINER}"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SPECIAL = re.compile(r"[\\`*_\[\]|~$&<>]")
_AUTOLINK = re.compile(r"(?<=[A-Za-z0-9])(?=://)|(?<=www)(?=\.)|(?=@)|(?<=@)", re.IGNORECASE)
_LINE_START = re.compile(r"^(?:([-+#=])|(\d+)([.)]))")


def to_markdown(report: Report) -> str:
    """Render a report as Markdown."""
    parts = [f"# {escape(report.title)}", _paragraph(report.subtitle)]
    for section in report.sections:
        parts.append(f"## {escape(section.title)}")
        parts += [_block(block) for block in section.blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    """A text as inert Markdown on one line, for anywhere but the beginning of a paragraph.

    Word joiners (invisible, of no width) stand inside what sites turn into links and mentions: after the scheme of an address, around ``@``.
    """
    line = _AUTOLINK.sub(_JOINER, " ".join(printable(text).split()))
    return _SPECIAL.sub(lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), line)


def _paragraph(text: str) -> str:
    """A text as a paragraph of its own, which does not become a list, a heading or a rule."""
    return _LINE_START.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}", escape(text))


def _title(text: str) -> str:
    return f"**{escape(text)}**\n\n" if text.strip() else ""


def _block(block: Block) -> str:
    if isinstance(block, TextBlock):
        return _text(block)
    return _table(block) if isinstance(block, TableBlock) else _chart(block)


def _text(block: TextBlock) -> str:
    if block.style == "verbatim":
        text = printable(block.text)
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
        return f"{fence}text\n{text.rstrip()}\n{fence}"
    return f"> **{escape(block.text)}**" if block.style in {"good", "bad", "warning"} else _paragraph(block.text)


def _table(block: TableBlock) -> str:
    columns = list(zip(*block.rows, strict=True)) or [()] * len(block.columns)
    lines = [
        "| " + " | ".join(escape(name) for name in block.columns) + " |",
        "| " + " | ".join("---:" if is_numeric(column) else "---" for column in columns) + " |",
        *("| " + " | ".join(escape(cell(value)) for value in row) + " |" for row in block.rows[:MOST_ROWS]),
    ]
    notes = [block.note] if block.note else []
    if len(block.rows) > MOST_ROWS:
        notes.insert(0, f"{len(block.rows) - MOST_ROWS:,} further rows are not shown.")
    if not block.rows:
        notes.insert(0, "None.")
    return _title(block.title) + "\n".join(lines) + "".join(f"\n\n{_paragraph(note)}" for note in notes)


def _chart(block: ChartBlock) -> str:
    """A chart as a table of its numbers; a line as what it does from end to end."""
    series = finite(block)
    if not any(series.values()):
        return _title(block.title) + "There is no value to draw."
    if block.kind == "line":
        return _title(block.title) + _paragraph(describe(block))
    digits = decimals([value for points in series.values() for point in points for value in point[1:]])
    several, bounded = len(series) > 1, any(point[2] is not None for points in series.values() for point in points)
    columns = (*(("series",) if several else ()), block.x, block.y, *(("interval",) if bounded else ()))
    rows = tuple(
        (*((name,) if several else ()), cell(x), fixed(y, digits), *((interval(low, high, digits),) if bounded else ()))
        for name, points in series.items()
        for x, y, low, high in points
    )
    return _table(TableBlock(title=block.title, columns=columns, rows=rows))
