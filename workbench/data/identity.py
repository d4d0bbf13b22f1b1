"""What an example is known by: hashes of its roles, and of the raw row that it came from.

Both are BLAKE2b with a digest of 128 bits over canonical JSON: keys sorted, no spaces, characters as themselves in UTF-8 and not normalised, absent
values left out. It is built by columns, and equals what ``json.dumps(..., sort_keys=True, ensure_ascii=False, separators=(",", ":"))`` gives by rows.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.data.values import as_list

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.data.values import Column

_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\b", "\\b"), ("\f", "\\f"))
_CONTROL = re.compile(r"[\x00-\x1f]")
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def content_hashes(table: pa.Table, roles: Sequence[str]) -> pa.ChunkedArray:
    """The content hash of each example.

    Args:
        table: the examples, one column per role in its Arrow type.
        roles: the names of these columns.

    Returns:
        string, 32 hexadecimal digits each.
    """
    batches = table.select(list(roles)).to_batches()
    chunks = [digests(json_objects({role: json_values(batch.column(role)) for role in roles}, batch.num_rows)) for batch in batches]
    return pa.chunked_array(chunks, pa.string())


def json_values(column: Column) -> pa.Array:
    """Each value as canonical JSON, large_string; null stays null."""
    if not isinstance(column, list):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            return _quoted(column.cast(pa.large_string()))
        if pa.types.is_integer(column.type):
            return column.cast(pa.large_string())
    return pa.array([None if (plain := _plain(value)) is None else _utf8(_encode(plain)) for value in as_list(column)], pa.large_string())


def json_objects(values: Mapping[str, pa.Array], length: int) -> pa.Array:
    """One canonical JSON object per row from columns of JSON values, as ``json_values`` gives them.

    Args:
        values: JSON values by key; null is left out.
        length: the number of rows.
    """
    # The brace is part of what is joined, for pyarrow (26) joins columns of nothing but nulls to a column without rows.
    brace = pa.repeat(pa.scalar("{", pa.large_string()), length)
    pairs = [_joined(f"{_encode(key)}:", values[key]) for key in sorted(values)]
    joined = pc.binary_join_element_wise(brace, *pairs, pa.scalar(",", pa.large_string()), null_handling="skip")
    return _joined(pc.replace_substring(joined, "{,", "{", max_replacements=1), "}")


def digests(texts: pa.Array) -> pa.Array:
    """The hash of each text, string, 32 hexadecimal digits."""
    return pa.array([hashlib.blake2b(text, digest_size=16).hexdigest() for text in texts.cast(pa.large_binary()).to_pylist()], pa.string())


def _utf8(text: str) -> str:
    """The text, lone surrogates in it escaped as JSON does."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def _joined(*parts: str | pa.Array) -> pa.Array:
    whole = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*whole, pa.scalar("", pa.large_string()))


def _quoted(texts: pa.Array) -> pa.Array:
    """Texts as JSON strings."""
    if pc.any(pc.match_substring_regex(texts, '["\\\\\\x00-\\x1f]')).as_py():
        for character, escape in _ESCAPES:
            texts = pc.replace_substring(texts, character, escape)
        if pc.any(pc.match_substring_regex(texts, "[\\x00-\\x1f]")).as_py():  # the rare rest of the control characters
            texts = pa.array([None if text is None else _CONTROL.sub(_escape, text) for text in texts.to_pylist()], pa.large_string())
    return _joined('"', texts, '"')


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _plain(value: object) -> object:
    """A value of any column in JSON's terms; absent keys of objects are left out, so that it does not matter how a format stores them."""
    match value:
        case None | str() | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {str(key): plain for key, inner in value.items() if (plain := _plain(inner)) is not None}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case bytes():  # pictures and the like: what it was, not all of it
            return f"{len(value)} bytes, BLAKE2b {hashlib.blake2b(value, digest_size=16).hexdigest()}"
    return str(value)
