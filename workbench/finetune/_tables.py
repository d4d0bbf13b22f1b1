"""The Arrow tables that adapters give: audits, predictions, scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.types import ExampleTable

_SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("no_answer", pa.float64())])
_PREDICTIONS = pa.schema(
    [
        ("text", pa.large_string()),
        ("label", pa.large_string()),
        ("probabilities", pa.large_list(pa.float64())),
        ("span", _SPAN),
        ("log_probability", pa.float64()),
        ("tokens", pa.int32()),
    ]
)


def audit_table(
    examples: ExampleTable,
    *,
    tokens: Sequence[int] | np.ndarray,
    supervised: Sequence[int] | np.ndarray,
    truncated: Sequence[bool],
    stop: Sequence[bool] | None,
) -> pa.Table:
    """The audit of an encoding, see ``types.Encoded``; ``stop`` None is a head without a stop token."""
    return pa.table(
        {
            "row": examples.column("row").cast(pa.int64()),
            "tokens": pa.array(tokens, pa.int32()),
            "supervised_tokens": pa.array(supervised, pa.int32()),
            "truncated": pa.array(truncated, pa.bool_()),
            "stop_token_trained": pa.nulls(len(examples), pa.bool_()) if stop is None else pa.array(stop, pa.bool_()),
        }
    )


def prediction_table(rows: int, **columns: pa.Array) -> pa.Table:
    """The predictions of a head, see ``FineTuneAdapter.predict``; columns that it does not give are null."""
    return pa.table([columns.get(field.name, pa.nulls(rows, field.type)) for field in _PREDICTIONS], schema=_PREDICTIONS)


def probability_array(probabilities: np.ndarray) -> pa.Array:
    """float64 [n, labels] as lists."""
    rows, labels = probabilities.shape
    return pa.LargeListArray.from_arrays(pa.array(np.arange(rows + 1) * labels, pa.int64()), pa.array(probabilities.ravel(), pa.float64()))


def span_array(starts: np.ndarray, ends: np.ndarray, no_answer: np.ndarray, found: np.ndarray) -> pa.Array:
    """Spans as structs, null where none was found."""
    children = [pa.array(starts, pa.int32()), pa.array(ends, pa.int32()), pa.array(no_answer, pa.float64())]
    return pa.StructArray.from_arrays(children, fields=list(_SPAN), mask=pa.array(~found))


def numbers(values: np.ndarray) -> pa.Array:
    """float64 [n], null where not a number."""
    return pa.array(values, pa.float64(), from_pandas=True)


def vectors(values: np.ndarray) -> pa.Array:
    """float32 [n, d] as fixed-size lists."""
    return pa.FixedSizeListArray.from_arrays(pa.array(values.astype(np.float32).ravel(), pa.float32()), values.shape[1])
