"""Values of raw columns, and what they become in a role.

A raw column is an Arrow array, or a list of Python values where a file mixes types. The rules:

* null is absent, and so is a number that is not a number.
* Text and labels take numbers and booleans as text: ``1`` is ``"1"``, ``true`` is ``"true"``; a float without a fraction is written as an integer,
  for many tools write integers with gaps as floats; any other float as Python writes it.
* Numbers take text that Python's ``float`` reads. An empty text is absent in every role but text.
* Lists of text take one text as a list of one. Lists, spans and messages may also stand as JSON in a text.
* Spans come as ``[{"text", "start" or "answer_start", "end"?}]`` or as ``{"text": [...], "answer_start": [...]}``; a missing end follows from the
  text.
* Messages keep the keys of the role's type and lose others.
"""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from workbench.types import RoleType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Column: TypeAlias = "pa.Array | list[object]"
SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("text", pa.large_string())])
MESSAGE = pa.struct([(name, pa.large_string()) for name in ("role", "content", "name", "tool_call_id", "tool_calls")])
_ONE_TYPE = {str: pa.large_string(), int: pa.int64()}
_ARROW = {
    RoleType.TEXT: pa.large_string(),
    RoleType.LABEL: pa.large_string(),
    RoleType.NUMBER: pa.float64(),
    RoleType.TEXTS: pa.large_list(pa.large_string()),
    RoleType.SPANS: pa.large_list(SPAN),
    RoleType.MESSAGES: pa.large_list(MESSAGE),
}


class BadValueError(Exception):
    """A value that a role cannot take; the message goes on from the role's name."""


def arrow_type(kind: RoleType) -> pa.DataType:
    """The Arrow type of a role's column."""
    return _ARROW[kind]


def as_column(values: list[object]) -> Column:
    """An Arrow array where all values are text, or all are integers, beside null; else the list itself."""
    kinds = set(map(type, values)) - {type(None)}
    if len(kinds) == 1 and not kinds.isdisjoint(_ONE_TYPE):
        try:
            return pa.array(values, _ONE_TYPE[kinds.pop()])
        except (UnicodeEncodeError, OverflowError):  # a lone surrogate, an integer beyond 64 bits
            return values
    return pa.array(values, pa.large_string()) if not kinds else values


def as_list(column: Column) -> list[object]:
    """A column as Python values."""
    values: list[object] = column if isinstance(column, list) else column.to_pylist()
    return values


def as_role(column: Column, kind: RoleType) -> tuple[pa.Array, Mapping[int, str]]:
    """A column in the type of a role.

    Returns:
        The array, null where a value is absent or could not be taken, and for each of the latter its position and what was wrong with it.
    """
    ready = None if isinstance(column, list) else _cast(column, kind)
    if ready is not None:
        return ready, {}
    convert = _CONVERTERS[kind]
    values: list[object] = []
    problems: dict[int, str] = {}
    for position, value in enumerate(as_list(column)):
        try:
            values.append(None if value is None or (value == "" and kind is not RoleType.TEXT) else convert(value))
        except BadValueError as error:
            problems[position] = str(error)
            values.append(None)
    try:
        return pa.array(values, arrow_type(kind)), problems
    except UnicodeEncodeError:
        bad = {position for position, value in enumerate(values) if not _encodable(value, kind)}
        problems |= dict.fromkeys(bad, "holds a lone surrogate, which is no character")
        return pa.array([None if position in bad else value for position, value in enumerate(values)], arrow_type(kind)), problems


def _encodable(value: object, kind: RoleType) -> bool:
    try:
        pa.array([value], arrow_type(kind))
    except UnicodeEncodeError:
        return False
    return True


def _cast(array: pa.Array, kind: RoleType) -> pa.Array | None:
    """The array in the type of a role, where Arrow alone can do it."""
    held = array.type
    if pa.types.is_null(held):
        return array.cast(arrow_type(kind))
    if pa.types.is_dictionary(held):
        return _cast(array.dictionary_decode(), kind)
    texts = pa.types.is_string(held) or pa.types.is_large_string(held) or pa.types.is_string_view(held)
    if kind in {RoleType.TEXT, RoleType.LABEL} and (texts or pa.types.is_integer(held)):
        return array.cast(pa.large_string())
    if kind is RoleType.NUMBER and (pa.types.is_integer(held) or pa.types.is_float32(held) or pa.types.is_float64(held)):
        numbers = array.cast(pa.float64(), safe=False)
        return pc.if_else(pc.is_finite(numbers), numbers, None)
    return None


def text_of(value: object) -> str | None:
    """A value as text; None where it is not a number.

    Raises:
        BadValueError: for lists and objects, and for bytes that are not UTF-8.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            if not math.isfinite(value):
                return None
            return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                raise BadValueError("is not UTF-8") from None
        case dt.date() | dt.time() | decimal.Decimal():
            return str(value)
    raise BadValueError(f"is {_kind(value)}, expected text")


def _number(value: object) -> float | None:
    if not isinstance(value, str | int | float | decimal.Decimal):
        raise BadValueError(f"is {_kind(value)}, expected a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise BadValueError("is not a number") from None
    return number if math.isfinite(number) else None


def _texts(value: object) -> list[str]:
    value = _unpacked(value)
    if not isinstance(value, list):
        value = [value]
    return [text for each in value if each is not None and (text := text_of(each)) is not None]


def _spans(value: object) -> list[dict[str, object]]:
    value = _unpacked(value)
    if isinstance(value, dict):
        value = _turned(value)
    if not isinstance(value, list):
        raise BadValueError(f"is {_kind(value)}, expected a list of spans")
    return [_span(each) for each in value]


def _turned(columns: Mapping[str, object]) -> list[object]:
    """A list of objects from an object of lists."""
    lists = {key: value for key, value in columns.items() if isinstance(value, list)}
    if "text" not in lists or len({len(each) for each in lists.values()}) != 1:
        raise BadValueError("is an object, expected lists of equal length, one of them named text")
    return [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]


def _span(value: object) -> dict[str, object]:
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise BadValueError("holds a span without text")
    text = value["text"]
    start = value.get("start", value.get("answer_start"))
    end = value.get("end")
    if start is None or start == -1:  # how some tools say that they do not know
        return {"start": None, "end": None, "text": text}
    end = start + len(text) if end is None and isinstance(start, int) else end
    if not (isinstance(start, int) and isinstance(end, int)) or isinstance(start, bool) or isinstance(end, bool):
        raise BadValueError("holds a span whose start or end is no integer")
    if not 0 <= start <= end < 2**31:
        raise BadValueError(f"holds a span from {start} to {end}")
    return {"start": start, "end": end, "text": text}


def _messages(value: object) -> list[dict[str, object]]:
    value = _unpacked(value)
    if not isinstance(value, list):
        raise BadValueError(f"is {_kind(value)}, expected a list of messages")
    return [_message(each) for each in value]


def _message(value: object) -> dict[str, object]:
    if not isinstance(value, dict) or not isinstance(value.get("role"), str):
        raise BadValueError("holds a message without a role")
    message: dict[str, object] = {}
    for field in MESSAGE:
        part = value.get(field.name)
        if field.name == "tool_calls" and part is not None and not isinstance(part, str):
            part = json.dumps(part, ensure_ascii=False)
        if part is not None and not isinstance(part, str):
            raise BadValueError(f"holds a message whose {field.name} is {_kind(part)}, expected text")
        message[field.name] = part
    return message


def _unpacked(value: object) -> object:
    """What a text that is a JSON list or object holds; any other value as it is."""
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        try:
            unpacked: object = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return unpacked
    return value


def _kind(value: object) -> str:
    """What a person calls a value's type."""
    return _NAMES.get(type(value), type(value).__name__)


_NAMES = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object"}
_CONVERTERS: Mapping[RoleType, Callable[[object], object]] = {
    RoleType.TEXT: text_of,
    RoleType.LABEL: text_of,
    RoleType.NUMBER: _number,
    RoleType.TEXTS: _texts,
    RoleType.SPANS: _spans,
    RoleType.MESSAGES: _messages,
}
