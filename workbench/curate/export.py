"""Writes the examples that a policy keeps, with a manifest that says how they came to be chosen.

Rows are read page by page and written outside the store's lock, at one fixed ledger number; the file appears under its final name when it is whole.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.curate.policies import to_plain
from workbench.curate.verdicts import training_rows
from workbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import pyarrow as pa

    from workbench.curate.verdicts import Decision
    from workbench.store import DatasetRecord, SelectorRun, Store

PAGE = 20_000


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A finished export: ``imported = written + left_out``."""

    path: Path
    manifest: Path
    imported: int
    written: int
    left_out: int


def export(
    store: Store,
    dataset: DatasetRecord,
    runs: Sequence[SelectorRun],
    decision: Decision,
    path: Path,
    *,
    format: Literal["jsonl", "parquet"],  # noqa: A002 - the word that users know
) -> Exported:
    """Write what ``decision`` trains on to ``path``, and ``<path>.manifest.json`` beside it.

    Raises:
        DataError: where the file cannot be written.
    """
    chosen = training_rows(store, decision)
    tables = _pages(store, dataset, chosen)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    manifest = path.with_name(f"{path.name}.manifest.json")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        written = _write_jsonl(tables, partial) if format == "jsonl" else _write_parquet(tables, partial)
        exported = Exported(
            path=path, manifest=manifest, imported=decision.counts.imported, written=written, left_out=decision.counts.imported - written
        )
        if written != len(chosen):
            raise DataError(f"{written} rows were written of {len(chosen)} chosen.", advice="The dataset changed meanwhile; export it again.")
        _write_manifest(dataset, runs, decision, exported)
        partial.replace(path)
    except OSError as error:
        raise DataError(f"{path} could not be written: {error.strerror}.", expected="a place that can be written to") from error
    finally:
        partial.unlink(missing_ok=True)
    return exported


def _pages(store: Store, dataset: DatasetRecord, chosen: np.ndarray) -> Iterator[pa.Table]:
    """The chosen examples: id, source, meta and roles."""
    import numpy as np

    for batch in store.datasets.batches(dataset.dataset_id, split="train", size=PAGE):
        inside = np.isin(batch.column("row").to_numpy(), chosen)
        yield batch.table.select(["example_id", "source", "meta", *batch.roles]).filter(inside)


def _write_jsonl(tables: Iterator[pa.Table], path: Path) -> int:
    written = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for table in tables:
            for record in table.to_pylist():
                meta = json.loads(record.pop("meta") or "{}")
                present = {name: value for name, value in record.items() if value is not None}
                file.write(json.dumps({**meta, **present}, ensure_ascii=False) + "\n")
            written += table.num_rows
    return written


def _write_parquet(tables: Iterator[pa.Table], path: Path) -> int:
    import pyarrow.parquet as pq

    written = 0
    writer = None
    try:
        for table in tables:
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
            written += table.num_rows
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise DataError("there is nothing to export: the dataset has no examples in train.")
    return written


def _write_manifest(dataset: DatasetRecord, runs: Sequence[SelectorRun], decision: Decision, exported: Exported) -> None:
    counts = dataclasses.asdict(decision.counts)
    body = {
        "schema": "workbench.export/1",
        "file": exported.path.name,
        "dataset": {"name": dataset.name, "version": dataset.version, "task": dataset.task, "license": dataset.license},
        "rows": {"imported": exported.imported, "written": exported.written, "left_out": exported.left_out},
        "ledger_number": decision.ledger_number,
        "policy": to_plain(decision.policy),
        "counts": counts,
        "selectors": [
            {
                "selector": run.selector,
                "version": run.version,
                "params": dict(run.params),
                "distribution": run.distribution,
                "distribution_version": run.distribution_version,
            }
            for run in runs
        ],
    }
    partial = exported.manifest.with_name(f".{exported.manifest.name}.partial")
    partial.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(exported.manifest)
