"""Roles as Arrow columns of text, whatever their type, and the tables that findings are made of."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Final

from workbench.types import Findings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, PairKind, Signal

_LONG_TEXT: Final = 200
"""Mean bytes of texts of which it is worth to see whether they repeat."""


def text_of(examples: ExampleTable, role: str) -> pa.LargeStringArray:
    """A role as one text per example, null where it is absent.

    Lists of texts, spans and messages are joined by line breaks: the texts, the texts of the spans, the contents of the messages.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    column = examples.column(role).combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # a column of no chunks stays one
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_large_string(column.type):
        return column
    if not pa.types.is_large_list(column.type):
        return column.cast(pa.large_string())
    values = column.values
    for part in ("text", "content"):
        if pa.types.is_struct(values.type) and values.type.get_field_index(part) >= 0:
            values = values.field(part)  # keeps its place even where the struct is null
            break
    texts = pa.LargeListArray.from_arrays(column.offsets, pc.fill_null(values.cast(pa.large_string()), ""))
    joined = pc.binary_join(texts, pa.scalar("\n", pa.large_string()))
    return pc.if_else(column.is_valid(), joined, pa.scalar(None, pa.large_string()))


def chunks_of(examples: ExampleTable, role: str) -> list[pa.LargeStringArray]:
    """What ``text_of`` gives, in pieces: a column of text in its own, without a copy."""
    import pyarrow as pa

    column = examples.column(role)
    return column.chunks if pa.types.is_large_string(column.type) else [text_of(examples, role)]


def joined_text(examples: ExampleTable, roles: Sequence[str]) -> pa.LargeStringArray:
    """Several roles as one text per example, a line break between them; an absent one is empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [pc.fill_null(text_of(examples, role), "") for role in roles]
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, pa.scalar("\n", pa.large_string()))


def composed(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """The texts in Unicode's composed form (NFC). Most are in it already, which is quicker to see than to make."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if _is_ascii(texts):
        return texts
    foreign = pc.invert(pc.string_is_ascii(pc.fill_null(texts, "")))
    others = texts.filter(foreign).to_pylist()
    if all(unicodedata.is_normalized("NFC", text) for text in others):
        return texts
    replacements = pa.array([unicodedata.normalize("NFC", text) for text in others], pa.large_string())
    return pc.replace_with_mask(texts, foreign, replacements)


def _is_ascii(texts: pa.LargeStringArray) -> bool:
    """Whether all bytes of the texts are ASCII; what an absent text hides counts, too."""
    import numpy as np

    _, offsets, data = texts.buffers()
    if len(texts) == 0 or data is None:
        return True
    start, end = np.frombuffer(offsets, dtype=np.int64, count=len(texts) + 1, offset=8 * texts.offset)[[0, -1]]
    return bool(np.frombuffer(data, dtype=np.uint8)[start:end].max(initial=0) < 0x80)


def over_distinct(texts: pa.LargeStringArray, measure: Callable[[pa.LargeStringArray], np.ndarray]) -> np.ndarray:
    """Measure texts, each distinct one once where long ones repeat, as the context of many questions does.

    Args:
        texts: null counts as empty.
        measure: gives one row per text.
    """
    found, places = distinct(texts)
    measured = measure(found)
    return measured if places is None else measured[places]


def distinct(texts: pa.LargeStringArray) -> tuple[pa.LargeStringArray, np.ndarray | None]:
    """The distinct ones of some texts, and of each which it is (int64 [n]); the texts themselves and None where they are short or few repeat."""
    import pyarrow.compute as pc

    texts = pc.fill_null(texts, "")
    if texts.nbytes < _LONG_TEXT * len(texts):
        return texts, None
    encoded = texts.dictionary_encode()
    if 2 * len(encoded.dictionary) > len(texts):
        return texts, None
    return encoded.dictionary, encoded.indices.to_numpy()


def buffers(texts: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """The bytes (uint8) and offsets (int64 [n + 1]) of texts, without a copy; nulls count as empty."""
    import numpy as np
    import pyarrow.compute as pc

    texts = pc.fill_null(texts, "")
    _, offsets, data = texts.buffers()
    if len(texts) == 0:
        return _readable(b""), np.frombuffer(bytes(8), dtype=np.int64)
    numbers = np.frombuffer(offsets, dtype=np.int64, count=len(texts) + 1, offset=8 * texts.offset)
    numbers.flags.writeable = False  # Arrow's buffers may be either, and kernels would be compiled for both
    return _readable(data), numbers


def _readable(data: object) -> np.ndarray:
    """Bytes as a read-only array; kernels are compiled for those."""
    import numpy as np

    if data is None or len(data) == 0:  # type: ignore[arg-type]
        return np.frombuffer(b"\0", dtype=np.uint8)
    found: np.ndarray = np.frombuffer(data, dtype=np.uint8)  # type: ignore[call-overload]
    found.flags.writeable = False
    return found


def nullable(values: np.ndarray, valid: np.ndarray) -> pa.Array:
    """An array that is null where ``valid`` is not."""
    import pyarrow as pa

    return pa.array(values, mask=~valid)


class Evidence:
    """Collects the evidence of a selector, row by row; it is sparse."""

    def __init__(self) -> None:
        self._rows: list[dict[str, object]] = []

    def add(
        self,
        position: int | np.integer,
        signal: str,
        reason: str,
        values: Mapping[str, object] | None = None,
        *,
        partners: Sequence[int] = (),
        spans: Sequence[tuple[str, int, int]] = (),
    ) -> None:
        """Add one finding; ``spans`` are (role, start, end) in code points."""
        self._rows.append(
            {
                "position": int(position),
                "signal": signal,
                "reason": reason,
                "values": json.dumps(values or {}, ensure_ascii=False),
                "partners": [int(partner) for partner in partners],
                "spans": [{"role": role, "start": start, "end": end} for role, start, end in spans],
            },
        )

    def table(self) -> pa.Table | None:
        """The evidence as ``Findings`` takes it; None where there is none."""
        import pyarrow as pa

        if not self._rows:
            return None
        span = pa.struct([("role", pa.string()), ("start", pa.int32()), ("end", pa.int32())])
        schema = pa.schema(
            [
                ("position", pa.int64()),
                ("signal", pa.string()),
                ("reason", pa.string()),
                ("values", pa.string()),
                ("partners", pa.list_(pa.int64())),
                ("spans", pa.list_(span)),
            ],
        )
        return pa.Table.from_pylist(self._rows, schema)


def edge_table(parts: Sequence[tuple[np.ndarray, np.ndarray, str, PairKind, np.ndarray | float]]) -> pa.Table | None:
    """Edges as ``Findings`` takes them, of parts ``(a, b, signal, kind, similarity)``; None where there is none."""
    import numpy as np
    import pyarrow as pa

    parts = [part for part in parts if len(part[0])]
    if not parts:
        return None
    low = np.concatenate([np.minimum(a, b) for a, b, _, _, _ in parts])
    high = np.concatenate([np.maximum(a, b) for a, b, _, _, _ in parts])
    similarities = np.concatenate([np.broadcast_to(similarity, len(a)) for a, _, _, _, similarity in parts])
    order = np.argsort(low * (int(high.max()) + 1) + high, kind="stable")
    part = pa.array(np.repeat(np.arange(len(parts)), [len(a) for a, _, _, _, _ in parts])[order])
    return pa.table(
        {
            "a": pa.array(low[order], pa.int64()),
            "b": pa.array(high[order], pa.int64()),
            "signal": pa.array([signal for _, _, signal, _, _ in parts], pa.string()).take(part),
            "kind": pa.array([kind.value for _, _, _, kind, _ in parts], pa.string()).take(part),
            "similarity": pa.array(similarities[order], pa.float64()),
        },
    )


def findings(
    signals: tuple[Signal, ...],
    columns: Mapping[str, pa.Array | np.ndarray],
    *,
    evidence: Evidence | None = None,
    edges: pa.Table | None = None,
    notes: Sequence[str] = (),
) -> Findings:
    """Findings with the declared columns in their declared order and type."""
    import pyarrow as pa

    types = {"float64": pa.float64(), "int64": pa.int64(), "bool": pa.bool_()}
    table = pa.table({signal.name: pa.array(columns[signal.name]).cast(types[signal.dtype]) for signal in signals})
    return Findings(signals=table, evidence=evidence.table() if evidence else None, edges=edges, notes=tuple(notes))


def no_values(signals: tuple[Signal, ...], size: int, notes: Sequence[str] = ()) -> Findings:
    """Findings that say nothing of any row."""
    import pyarrow as pa

    return findings(signals, {signal.name: pa.nulls(size, pa.float64()) for signal in signals}, notes=notes)
