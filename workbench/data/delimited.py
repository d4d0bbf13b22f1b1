"""CSV and TSV as batches of rows, with the line that each row begins on.

Quotes are read strictly, for a lenient reader silently changes text around a stray quote, or takes many rows for one.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, cast

from workbench.data.files import open_text
from workbench.data.readers import BATCH_BYTES, BATCH_ROWS, Batch, Failure, excerpt
from workbench.data.values import as_column
from workbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from workbench.data.files import InputFile

_SURROGATES = re.compile(r"[\udc80-\udcff]")  # how Python carries bytes that are not UTF-8
_DELIMITERS = {"csv": ",", "tsv": "\t"}
_LONGEST_CELL = 2**31 - 1
_LOOK_AHEAD = 100  # lines by which a quote that is not closed is told from a cell of many lines


class _Record(NamedTuple):
    number: int
    cells: list[str]
    size: int
    problem: str
    excerpt: str


class _Lines:
    """Hands lines to the csv module, and takes back those of a record that went wrong."""

    def __init__(self, stream: Iterable[str]) -> None:
        self._stream = iter(stream)
        self._back: deque[str] = deque()
        self._number = 1
        self.record: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._stream)
        self.record.append(line)
        return line

    def begin(self) -> int:
        """A record begins; the number of its first line."""
        self._number += len(self.record)
        self.record = []
        return self._number

    def take_back(self) -> None:
        """All lines of the record but its first are to be read again."""
        self._back.extendleft(reversed(self.record[1:]))
        del self.record[1:]


def read_delimited(file: InputFile, *, header: bool) -> Iterator[Batch]:
    """Read a CSV or TSV file; see ``readers.read``."""
    csv.field_size_limit(_LONGEST_CELL)  # the module's own is 128 KiB, and a text may well be longer
    with open_text(file) as (stream, raw):
        text = io.TextIOWrapper(cast("io.BufferedReader", stream), encoding="utf-8", errors="surrogateescape", newline="")
        records = _records(_Lines(text), _DELIMITERS[file.format])
        names = _header(records, file) if header else []
        rows: list[_Record] = []
        size = 0
        for record in records:
            rows.append(record)
            size += record.size
            if len(rows) >= BATCH_ROWS or size >= BATCH_BYTES:
                yield _batch(rows, names, file, raw.tell())
                rows, size = [], 0
        yield _batch(rows, names, file, raw.tell())


def _records(lines: _Lines, delimiter: str) -> Iterator[_Record]:
    """The records of a file, as wide as the first one; blank lines are none."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    width = 0
    while True:
        number = lines.begin()
        cells: list[str] = []
        problem = ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"badly quoted: {error}"
        else:
            if not cells:
                continue
            width = width or len(cells)
            if len(cells) != width:
                problem = f"{len(cells)} cells, expected {width}"
        if problem and _are_rows(lines.record[1:], delimiter, width):
            lines.take_back()
            problem = "a quote is not closed on its line"
        source = "".join(lines.record)
        if not source.isascii() and _SURROGATES.search(source):
            problem = problem or "not UTF-8"
            source = source[:800].encode(errors="surrogateescape").decode(errors="backslashreplace")
        yield _Record(number, cells, len(source), problem, excerpt(source) if problem else "")


def _are_rows(lines: Sequence[str], delimiter: str, width: int) -> bool:
    """Whether lines that one record ran over look like rows of their own: the mark of a quote that was never closed."""
    looked_at = lines[:_LOOK_AHEAD]
    good = 0
    for line in looked_at:
        with contextlib.suppress(csv.Error):
            good += len(next(csv.reader([line], delimiter=delimiter, strict=True), ())) == width
    return good * 2 > len(looked_at)


def _header(records: Iterator[_Record], file: InputFile) -> list[str]:
    first = next(records, None)
    if first is None:
        return []
    if first.problem:
        raise DataError(f"{file.name}, line {first.number}: the header cannot be read: {first.problem}.", expected="the names of the columns")
    repeated = sorted({name for name in first.cells if first.cells.count(name) > 1})
    if repeated:
        raise DataError(f"{file.name}: the header names {', '.join(map(repr, repeated))} more than once.", expected="each column by its own name")
    return first.cells


def _batch(rows: Sequence[_Record], names: Sequence[str], file: InputFile, consumed: int) -> Batch:
    good = [row for row in rows if not row.problem]
    bad = [Failure(file=file.name, line=row.number, reason=row.problem, excerpt=row.excerpt) for row in rows if row.problem]
    columns = [as_column(list(column)) for column in zip(*(row.cells for row in good), strict=True)]
    named = dict(zip(names or map(str, range(len(columns))), columns, strict=True)) if good else {}
    return Batch(file=file.name, lines=[row.number for row in good], columns=named, failures=bad, consumed=consumed)
