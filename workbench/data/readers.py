"""Readers: a file as batches of raw rows, whatever its format.

A reader never holds more than a batch as Python objects (a JSON array is held as text besides). A row that it cannot read is set aside with its place
and reason; a file that cannot be read as a whole is an error.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.data.files import open_text
from workbench.data.values import as_column, as_list
from workbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.data.files import InputFile
    from workbench.data.values import Column

BATCH_ROWS = 10_000
BATCH_BYTES = 32 * 2**20
BATCH_CELLS = 2_000_000  # rows times columns: rows that all have different columns make small batches
_DEPTH = 100  # levels of nesting that a row may have: what reads it later goes down by recursion
_BLANKS = re.compile(r"[ \t\n\r]*")
_SURROGATES = re.compile(r"[\udc80-\udcff]")  # how Python carries bytes that are not UTF-8
_DECODER = json.JSONDecoder(parse_constant=lambda _name: None)  # NaN and the infinities, which are not JSON: absent
_JSON_NAMES = {list: "a list", str: "a text", int: "a number", float: "a number", bool: "a boolean"}


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A row that was set aside.

    Attributes:
        file: as messages name it.
        line: from 1, or None where the place is not known.
        reason: what is wrong with it.
        excerpt: its beginning, at most 200 printable characters.
    """

    file: str
    line: int | None
    reason: str
    excerpt: str


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some rows of a file, by columns.

    Attributes:
        file: as messages name it.
        lines: of each row, from 1 (the row's number in formats without lines); None where it is not known.
        columns: name to values; null and absent are the same.
        failures: the rows that were set aside meanwhile.
        consumed: bytes of the file that are read so far.
    """

    file: str
    lines: list[int | None]
    columns: Mapping[str, Column]
    failures: list[Failure] = field(default_factory=list)
    consumed: int = 0

    def records(self) -> Iterator[dict[str, object]]:
        """Its rows as objects without absent keys."""
        lists = {name: as_list(column) for name, column in self.columns.items()}
        for position in range(len(self.lines)):
            yield {name: values[position] for name, values in lists.items() if values[position] is not None}


def read(file: InputFile, *, header: bool = True) -> Iterator[Batch]:
    """Read a file.

    Args:
        file: what to read.
        header: whether a delimited file names its columns in its first line; else they are named ``"0"``, ``"1"`` and so on.

    Raises:
        DataError: where the file as a whole cannot be read.
    """
    match file.format:
        case "jsonl":
            yield from _read_lines(file)
        case "json":
            yield from _read_json(file)
        case "csv" | "tsv":
            from workbench.data.delimited import read_delimited

            yield from read_delimited(file, header=header)
        case _:
            from workbench.data.columnar import read_columnar

            yield from read_columnar(file)


def excerpt(row: str | bytes) -> str:
    """The beginning of a row, safe to print anywhere: at most 200 characters, none of which controls a terminal or the direction of text."""
    text = row[:800].decode(errors="backslashreplace") if isinstance(row, bytes) else row[:200]
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text[:200])[:200]


class _Rows:
    """Collects rows until they make a batch."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._reset()

    def _reset(self) -> None:
        self._rows: list[Mapping[str, object]] = []
        self._lines: list[int | None] = []
        self._names: dict[str, None] = {}  # in the order of their first appearance
        self._failures: list[Failure] = []
        self._size = 0

    def add(self, row: Mapping[str, object], line: int | None, size: int) -> None:
        self._rows.append(row)
        self._lines.append(line)
        if not row.keys() <= self._names.keys():
            self._names.update(dict.fromkeys(row))
        self._size += size

    def fail(self, line: int | None, reason: str, row: str | bytes) -> None:
        self._failures.append(Failure(file=self._file, line=line, reason=reason, excerpt=excerpt(row)))

    @property
    def full(self) -> bool:
        rows = len(self._rows) + len(self._failures)
        return rows >= BATCH_ROWS or self._size >= BATCH_BYTES or rows * len(self._names) >= BATCH_CELLS

    def take(self, consumed: int) -> Batch:
        columns = {name: as_column([row.get(name) for row in self._rows]) for name in self._names}
        batch = Batch(file=self._file, lines=self._lines, columns=columns, failures=self._failures, consumed=consumed)
        self._reset()
        return batch


class _BadRowError(Exception):
    """A row that cannot be read, with the reason."""


def _read_lines(file: InputFile) -> Iterator[Batch]:
    # By json and by line on purpose: pyarrow.json turns texts that look like dates into dates and large integers into floats, and a deeply nested row
    # crashes the process.
    rows = _Rows(file.name)
    with open_text(file) as (stream, raw):
        for number, line in enumerate(stream, start=1):
            if line.isspace():
                continue
            try:
                text = line.decode().rstrip("\r\n")
                rows.add(_row(_loads(text), text), number, len(line))
            except UnicodeDecodeError as error:
                rows.fail(number, f"not UTF-8: byte 0x{line[error.start]:02x} at byte {error.start + 1} of the line", line)
            except _BadRowError as error:
                rows.fail(number, str(error), line)
            if rows.full:
                yield rows.take(raw.tell())
        yield rows.take(raw.tell())


def _read_json(file: InputFile) -> Iterator[Batch]:
    """Read an array of objects, one document, or, as many files of this name are, JSON Lines."""
    if _holds_lines(file):
        yield from _read_lines(file)
        return
    with open_text(file) as (stream, _):
        # Bad bytes become surrogates, which set aside the row that they stand in and no other.
        text = stream.read().decode(errors="surrogateescape")
    bad_bytes = _SURROGATES.search(text) is not None
    rows = _Rows(file.name)
    for value, line, source in _values(text, file):
        try:
            if bad_bytes and _SURROGATES.search(source):
                raise _BadRowError("not UTF-8")  # noqa: TRY301 - the one place that sets rows aside
            rows.add(_row(value, source), line, len(source))
        except _BadRowError as error:
            rows.fail(line, str(error), source)
        if rows.full:
            yield rows.take(0)
    yield rows.take(file.size)


def _holds_lines(file: InputFile) -> bool:
    """Whether the first line is an object by itself and another line follows."""
    with open_text(file) as (stream, _):
        filled = (line for line in stream if not line.isspace())
        first = next(filled, b"")
        if not first.lstrip().startswith(b"{") or next(filled, None) is None:
            return False
    try:
        _loads(first.decode(errors="surrogateescape"))
    except _BadRowError:
        return False
    return True


def _values(text: str, file: InputFile) -> Iterator[tuple[object, int | None, str]]:
    """The elements of an array, each with its line and source; or the one document, without a line."""
    position = _past_blanks(text, 0)
    if position == len(text):
        return
    if text[position] != "[":
        value, end = _decode(text, position, file)
        if _past_blanks(text, end) != len(text):
            raise _damaged(text, end, "something follows the document", file)
        yield value, None, text[position:end]
        return
    line, counted = 1, 0
    position = _past_blanks(text, position + 1)
    while text[position : position + 1] != "]":
        value, end = _decode(text, position, file)
        line, counted = line + text.count("\n", counted, position), position
        yield value, line, text[position:end]
        position = _past_blanks(text, end)
        if text[position : position + 1] == ",":
            position = _past_blanks(text, position + 1)
        elif text[position : position + 1] != "]":
            raise _damaged(text, position, "expected ',' or ']'", file)
    if _past_blanks(text, position + 1) != len(text):
        raise _damaged(text, position + 1, "something follows the array", file)


def _past_blanks(text: str, position: int) -> int:
    match = _BLANKS.match(text, position)
    return match.end() if match else position


def _decode(text: str, position: int, file: InputFile) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise _damaged(text, error.pos, error.msg, file) from None
    except (ValueError, RecursionError) as error:
        raise _damaged(text, position, str(error), file) from None


def _damaged(text: str, position: int, reason: str, file: InputFile) -> DataError:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return DataError(
        f"{file.name} is not JSON from line {line}, column {column}, on: {reason}.",
        expected="an array of objects, or one document",
        advice="A damaged document cannot be read in part; of JSON Lines, only the bad rows would be set aside.",
    )


def _loads(text: str) -> object:
    try:
        value: object = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise _BadRowError(f"not JSON: {error.msg.removesuffix(' at')} at column {error.pos + 1}") from None
    except RecursionError:
        raise _BadRowError(f"nested deeper than {_DEPTH} levels") from None
    except ValueError as error:  # a number of thousands of digits
        raise _BadRowError(f"not JSON that can be read: {error}") from None
    return value


def _row(value: object, source: str) -> dict[str, object]:
    """A decoded value as a row that everything after it can work with."""
    if not isinstance(value, dict):
        raise _BadRowError(f"{_JSON_NAMES.get(type(value), 'null')}, expected an object")
    if ("\\ud" in source or "\\uD" in source) and _has_surrogates(value):
        raise _BadRowError("a lone surrogate, which is no character")
    if source.count("[") + source.count("{") > _DEPTH and _depth(value) > _DEPTH:
        raise _BadRowError(f"nested deeper than {_DEPTH} levels")
    return value


def _has_surrogates(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except RecursionError:  # told by its depth
        return False
    return False


def _depth(value: object) -> int:
    """Levels of lists and objects in a value; without recursion, which is what it guards."""
    depth, level = 0, [value]
    while level := [inner for each in level for inner in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())]:
        depth += 1
    return depth
