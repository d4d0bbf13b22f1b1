"""The section on what was read, and what was set aside and why."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from workbench.report.model import Section
from workbench.report.text import excerpt
from workbench.types import TableBlock, TextBlock

if TYPE_CHECKING:
    from workbench.store import DatasetRecord, Store
    from workbench.types import Block

SHOWN = 5
"""Rejected rows that are named one by one."""
_REASONS = 10
_SPLITS = {
    "train": "curated, and trained on",
    "validation": "early stopping and checkpoints; the same for every arm",
    "eval": "judged on; what selectors say of it decides nothing",
}


def data_section(store: Store, dataset: DatasetRecord, *, quote: int = 3) -> Section:
    """``read = imported + rejected``, where it came from, and what was set aside.

    Args:
        store: where the dataset is.
        dataset: the version that is told of.
        quote: how many rejected rows are quoted at most.
    """
    sums = TextBlock(text=f"read {dataset.read:,} = imported {dataset.imported:,} + rejected {dataset.rejected:,}")
    splits, rejected = _splits(dataset), _rejected(store, dataset, quote)
    return Section(title="Data", blocks=(sums, _identity(dataset), splits, *rejected), brief=(sums, splits, *rejected))


def _identity(dataset: DatasetRecord) -> TableBlock:
    roles = ", ".join(f"{role.name} ({role.type.value})" for role in dataset.roles)
    return TableBlock(
        title="Where it comes from",
        columns=("what", "value"),
        rows=(
            ("dataset", dataset.name),
            *_source(dataset.source),
            ("licence", dataset.license or "not stated"),
            ("version", dataset.version),
            ("imported", f"{dataset.created:%Y-%m-%d %H:%M} UTC"),
            ("roles", roles),
            ("learned role", dataset.target),
            ("known by", "the data's own ids" if dataset.keyed else "a hash of the content"),
        ),
    )


def _source(source: str) -> list[tuple[str, str]]:
    """Files, samples and plants by name, where the importer left them as a JSON object; else the source as it stands."""
    try:
        origin = json.loads(source)
    except ValueError:
        origin = None
    if not isinstance(origin, dict):
        return [("source", source)]
    return [(name, _in_words(value)) for name, value in origin.items() if value and name not in {"fingerprint", "recipe"}]


def _in_words(value: object) -> str:
    return ", ".join(f"{name} {inner}" for name, inner in value.items()) if isinstance(value, dict) else str(value)


def _splits(dataset: DatasetRecord) -> TableBlock:
    order = {split: index for index, split in enumerate(_SPLITS)}
    splits = sorted(dataset.splits.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))
    return TableBlock(title="Splits", columns=("split", "rows", "used for"), rows=tuple((name, rows, _SPLITS.get(name, "")) for name, rows in splits))


def _rejected(store: Store, dataset: DatasetRecord, quote: int) -> list[Block]:
    """How many rows were set aside for which reason, and the first of them by file and line."""
    entries = store.datasets.rejected(dataset.dataset_id).to_pylist()
    if not entries:
        return []
    reasons = Counter(excerpt(entry["reason"]) for entry in entries).most_common()
    further = f"{len(reasons) - _REASONS:,} further reasons are not listed." if len(reasons) > _REASONS else ""
    rows = []
    for index, entry in enumerate(entries[:SHOWN]):
        quoted = (excerpt(entry["excerpt"], 80) if index < quote else "",) if quote else ()
        rows.append((excerpt(entry["file"]), entry["line"], excerpt(entry["reason"]), *quoted))
    return [
        TableBlock(title="Set aside, by reason", columns=("reason", "rows"), rows=tuple(reasons[:_REASONS]), note=further),
        TableBlock(
            title=f"The first {len(rows)} of {len(entries):,} rows set aside" if len(entries) > SHOWN else "The rows set aside",
            columns=("file", "line", "reason", *(("begins with",) if quote else ())),
            rows=tuple(rows),
        ),
    ]
