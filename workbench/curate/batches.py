"""Scores a batch of examples with a row selector, whatever it raises: one bad row costs no other its score.

What comes of it is a table of *records*, one per example: the signals in their declared order, a list of findings, and whether it could not be
scored. Unlike findings, records can be kept, sent and put together row by row.
"""

from __future__ import annotations

import dataclasses
import json
import os
import traceback
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import PluginError, RecipeError
from workbench.types import Findings

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.types import ExampleTable, Selector, SelectorContext

EVIDENCE = "_evidence"
ERROR = "_error"


def score_batch(selector: Selector, examples: ExampleTable, context: SelectorContext) -> tuple[pa.Table, tuple[str, ...]]:
    """The records of some examples, and what the selector noted.

    A batch that fails is halved until the rows that it failed for stand alone; these have null signals and, as their finding, what was raised.

    Raises:
        RecipeError: for parameters that the selector cannot work with; no row is to blame for these.
    """
    import pyarrow as pa

    try:
        findings = checked(selector, selector.score(examples, context), len(examples))
        evidence = _nested(findings.evidence, len(examples))
    except RecipeError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises is told with the row that it was raised for
        if len(examples) == 1:
            return failed(selector, error), ()
        half = len(examples) // 2
        first, notes = score_batch(selector, examples.slice(0, half), context)
        second, more = score_batch(selector, examples.slice(half, len(examples) - half), context)
        return pa.concat_tables([first, second]), notes + tuple(note for note in more if note not in notes)
    errors = pa.array(np.zeros(len(examples), dtype=bool))
    return findings.signals.append_column(EVIDENCE, evidence).append_column(ERROR, errors), findings.notes


def failed(selector: Selector, error: Exception) -> pa.Table:
    """The record of one example that could not be scored."""
    import pyarrow as pa

    place = traceback.extract_tb(error.__traceback__)
    where = f"{os.path.basename(place[-1].filename)}:{place[-1].lineno}" if place else ""  # noqa: PTH119 - a name, not a path
    values = json.dumps({"error": repr(error)[:500], "line": where})
    finding = {"signal": selector.signals[0].name, "reason": "error", "values": values, "spans": []}
    columns = {field.name: pa.nulls(1, field.type) for field in signal_schema(selector)}
    return pa.table({**columns, EVIDENCE: pa.array([[finding]], _evidence_type()), ERROR: [True]})


def as_findings(selector: Selector, records: pa.Table, notes: tuple[str, ...]) -> Findings:
    """Records as the findings that they were made of."""
    import pyarrow as pa

    signals = records.select(signal_schema(selector).names)
    lists = records[EVIDENCE].combine_chunks()
    found = lists.flatten()
    if not len(found):
        return Findings(signals=signals, notes=notes)
    position = pa.array(np.repeat(np.arange(len(lists)), lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)))
    columns = {name: found.field(name) for name in ("signal", "reason", "values")}
    partners = pa.array([[]] * len(found), pa.list_(pa.int64()))
    return Findings(
        signals=signals, evidence=pa.table({"position": position, **columns, "partners": partners, "spans": found.field("spans")}), notes=notes
    )


def empty_records(selector: Selector) -> pa.Table:
    """No records."""
    import pyarrow as pa

    schema = signal_schema(selector)
    return pa.schema([*schema, pa.field(EVIDENCE, _evidence_type()), pa.field(ERROR, pa.bool_())]).empty_table()


def signal_schema(selector: Selector) -> pa.Schema:
    """The declared signals as Arrow types."""
    import pyarrow as pa

    types = {"float64": pa.float64(), "int64": pa.int64(), "bool": pa.bool_()}
    return pa.schema([(signal.name, types[signal.dtype]) for signal in selector.signals])


def checked(selector: Selector, findings: Findings, size: int) -> Findings:
    """Hold findings against the contract, with the declared columns in the declared order and type.

    Raises:
        PluginError: where they break it.
    """
    expected = signal_schema(selector)
    table = findings.signals
    if table.num_rows != size or set(table.column_names) != set(expected.names):
        raise PluginError(f"{selector.name} gave {table.num_rows} rows of {table.column_names}.", expected=f"{size} rows of {expected.names}")
    return dataclasses.replace(findings, signals=table.select(expected.names).cast(expected))


def _evidence_type() -> pa.DataType:
    import pyarrow as pa

    text = pa.string()
    span = pa.struct([("role", text), ("start", pa.int32()), ("end", pa.int32())])
    return pa.list_(pa.struct([("signal", text), ("reason", text), ("values", text), ("spans", pa.list_(span))]))


def _nested(evidence: pa.Table | None, size: int) -> pa.Array:
    """Evidence as one list per position; row selectors have no partners."""
    import pyarrow as pa

    kind = _evidence_type()
    if evidence is None or not evidence.num_rows:
        return pa.array([[]] * size, kind)
    evidence = evidence.sort_by("position").combine_chunks()
    position = evidence["position"].to_numpy()
    if position[0] < 0 or position[-1] >= size:
        raise PluginError(f"a finding is about position {position[-1]}.", expected=f"a position from 0 to {size - 1}")
    fields = list(kind.value_type)
    chunks = [evidence[field.name].cast(field.type).combine_chunks() for field in fields]
    arrays = [chunk.chunk(0) if isinstance(chunk, pa.ChunkedArray) else chunk for chunk in chunks]
    offsets = np.searchsorted(position, np.arange(size + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(arrays, fields=fields))
