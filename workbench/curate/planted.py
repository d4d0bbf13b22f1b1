"""How well selectors found the defects that were planted, and what else they flagged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.store import DatasetRecord, SelectorRun, Store
    from workbench.types import Task


@dataclass(frozen=True, kw_only=True)
class Recall:
    """How many planted defects of one kind one selector flagged."""

    selector: str
    kind: str
    planted: int
    found: int


@dataclass(frozen=True, kw_only=True)
class Flagged:
    """The rows that one selector's rules fired on, by what is known of them.

    Attributes:
        planted: rows with a planted defect of any kind, and originals of planted copies.
        confirmed: not planted, and the content stands more than once in train (counted by brute force).
        other: neither of these.
        examples: example ids of up to three of the others.
    """

    selector: str
    flagged: int
    planted: int
    confirmed: int
    other: int
    examples: tuple[str, ...]


def measure(store: Store, dataset: DatasetRecord, task: Task, runs: Sequence[SelectorRun], verdict_set: int) -> tuple[list[Recall], list[Flagged]]:
    """Hold what the selectors flagged against what was planted.

    A planted copy counts as found where the copy or its original is flagged: which of two equals stays is not the selector's choice.
    """
    table = store.curation.verdicts(verdict_set)
    flagged: dict[str, set[int]] = {run.name: set() for run in runs}
    for row, fired in zip(table["row"].to_pylist(), table["fired"].to_pylist(), strict=True):
        for name in fired:
            flagged.setdefault(name.rpartition(".")[0], set()).add(row)
    planted = store.datasets.planted(dataset.dataset_id).to_pylist()
    originals = {each["row"]: json.loads(each["detail"] or "{}").get("original") for each in planted}
    recalls = []
    for plant in task.plants:
        rows = [each["row"] for each in planted if each["kind"] == plant.name]
        for name in plant.found_by:
            if rows and name in flagged:
                found = sum(row in flagged[name] or originals[row] in flagged[name] for row in rows)
                recalls.append(Recall(selector=name, kind=plant.name, planted=len(rows), found=found))
    known = set(originals) | {row for row in originals.values() if row is not None}
    repeated = _repeated(store, dataset)
    ids = _ids(store, dataset)
    return recalls, [_split(name, rows, known, repeated, ids) for name, rows in flagged.items() if name in {run.name for run in runs}]


def _split(name: str, rows: set[int], known: set[int], repeated: set[int], ids: Mapping[int, str]) -> Flagged:
    natural = rows - known
    other = sorted(natural - repeated)
    return Flagged(
        selector=name,
        flagged=len(rows),
        planted=len(rows & known),
        confirmed=len(natural & repeated),
        other=len(other),
        examples=tuple(ids[row] for row in other[:3]),
    )


def _repeated(store: Store, dataset: DatasetRecord) -> set[int]:
    """Rows of train whose content stands there more than once."""
    table = store.datasets.examples(dataset.dataset_id, split="train").table
    counts: dict[str, int] = {}
    hashes = table["content_hash"].to_pylist()
    for content in hashes:
        counts[content] = counts.get(content, 0) + 1
    return {row for row, content in zip(table["row"].to_pylist(), hashes, strict=True) if counts[content] > 1}


def _ids(store: Store, dataset: DatasetRecord) -> dict[int, str]:
    table = store.datasets.examples(dataset.dataset_id, split="train").table
    return dict(zip(table["row"].to_pylist(), table["example_id"].to_pylist(), strict=True))
