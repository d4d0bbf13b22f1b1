"""Reads what metrics need out of prediction and example tables: plain Python values, with None for what is absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable


def predicted(predictions: pa.Table, column: str) -> list[str | None]:
    """A text column of a prediction table.

    Raises:
        DataError: the table has no such column.
    """
    values: list[str | None] = _text(prediction_column(predictions, column)).to_pylist()
    return values


def predicted_numbers(predictions: pa.Table, column: str) -> np.ndarray:
    """A number column of a prediction table as float64 [n], NaN where it is null.

    Raises:
        DataError: the table has no such column.
    """
    import numpy as np
    import pyarrow as pa

    numbers = prediction_column(predictions, column).cast(pa.float64()).to_numpy()
    return np.asarray(numbers, dtype=np.float64)


def reference_texts(references: ExampleTable, role: str) -> list[list[str] | None]:
    """The reference texts of each example: one for a text or label, several for a list of texts or of spans; None where the role is absent.

    Raises:
        DataError: there is no such role, or it is not made of text.
    """
    import pyarrow as pa

    column = reference_column(references, role)
    kind = column.type
    if _is_text(kind) or pa.types.is_null(kind):
        return [None if value is None else [value] for value in column.to_pylist()]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        if _is_text(kind.value_type):
            return [None if values is None else [value for value in values if value is not None] for values in column.to_pylist()]
        if pa.types.is_struct(kind.value_type) and kind.value_type.get_field_index("text") >= 0:
            return [None if spans is None else [span["text"] for span in spans] for spans in column.to_pylist()]
    raise DataError(f"The role {role!r} holds {kind}, which is no reference text.", expected="a text, a label, a list of texts or a list of spans")


def codes(column: pa.ChunkedArray, labels: Sequence[str]) -> np.ndarray:
    """Positions of a column's values in a list of labels, float64 [n]: the length of the list for a value that is not in it, NaN for a null."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = _text(column)
    places = pc.index_in(texts, value_set=pa.array(labels, pa.large_string())).fill_null(len(labels)).to_numpy().astype(np.float64)
    places[texts.is_null().to_numpy()] = np.nan
    return np.asarray(places)


def prediction_column(predictions: pa.Table, column: str) -> pa.ChunkedArray:
    """One column of a prediction table.

    Raises:
        DataError: the table has no such column.
    """
    if column not in predictions.column_names:
        raise DataError(
            f"The predictions have no column '{column}'.",
            expected=f"it beside: {', '.join(predictions.column_names)}",
            advice="Add the column, or choose a metric that does not need it.",
        )
    return predictions.column(column)


def reference_column(references: ExampleTable, role: str) -> pa.ChunkedArray:
    """The column of one role.

    Raises:
        DataError: there is no such role.
    """
    if role not in references.table.column_names:
        raise DataError(
            f"The references have no role {role!r}.",
            expected=f"one of: {', '.join(references.roles)}",
            advice="Name the role that holds the reference when the metric is made.",
        )
    return references.column(role)


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers that stand for labels become their digits."""
    import pyarrow as pa

    return column.cast(pa.large_string())


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
