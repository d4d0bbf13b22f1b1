"""Writes the examples that a policy keeps, with a manifest and a data card that say how they came to be chosen.

Rows are read page by page and written outside the store's lock, at one fixed ledger number; file, card and manifest appear under their names
when all of them are whole.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.curate.card import data_card
from workbench.curate.formats import check_format, write_examples
from workbench.curate.policies import to_plain
from workbench.curate.verdicts import training_rows
from workbench.errors import DataError
from workbench.files import whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from workbench.curate.current import Current
    from workbench.curate.formats import FormatName
    from workbench.store import DatasetRecord, Store

PAGE = 20_000


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A finished export: ``imported = written + left_out``.

    Attributes:
        path: the file, or the directory of ``datasets``.
        manifest: JSON beside it: where every row came from and what chose it.
        card: Markdown beside it, for people.
    """

    path: Path
    manifest: Path
    card: Path
    imported: int
    written: int
    left_out: int


def export(store: Store, state: Current, path: Path, *, format: FormatName, quote: int = 3) -> Exported:  # noqa: A002 - the word that users know
    """Write what is trained on to ``path``, and ``<path>.manifest.json`` and ``<path>.card.md`` beside it.

    Args:
        store: where the examples are.
        state: the dataset and the decision on it; what is decided meanwhile does not count.
        path: where to.
        format: see ``formats``.
        quote: how many examples the card quotes for each reason.

    Raises:
        DataError: the format cannot hold these examples, or the file cannot be written.
    """
    check_format(format, state.dataset)
    chosen = training_rows(store, state.decision)
    exported = Exported(
        path=path,
        manifest=path.with_name(f"{path.name}.manifest.json"),
        card=path.with_name(f"{path.name}.card.md"),
        imported=state.decision.counts.imported,
        written=len(chosen),
        left_out=state.decision.counts.imported - len(chosen),
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _see_that_it_is_free(exported)
        with whole(path) as file, whole(exported.card) as card, whole(exported.manifest) as manifest:
            written = write_examples(format, _pages(store, state.dataset, chosen), file, state.dataset)
            if written != len(chosen):
                raise DataError(f"{written} rows were written of {len(chosen)} chosen.", advice="The dataset changed meanwhile; export it again.")
            manifest.write_text(json.dumps(_manifest(store, state, exported, format), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            card.write_text(data_card(store, state, chosen, name=path.name, quote=quote), encoding="utf-8")
            if path.is_dir():
                shutil.rmtree(path)
    except OSError as error:
        raise DataError(f"{path} could not be written: {error.strerror}.", expected="a place that can be written to") from error
    return exported


def _see_that_it_is_free(exported: Exported) -> None:
    """A directory is replaced only where an export stands already; a file is replaced by a file."""
    if exported.path.is_dir() and any(exported.path.iterdir()) and not exported.manifest.exists():
        raise DataError(f"{exported.path} is a folder with other files in it.", expected="a new name, or an earlier export")


def _pages(store: Store, dataset: DatasetRecord, chosen: np.ndarray) -> Iterator[pa.Table]:
    """The chosen examples: id, source, meta and roles."""
    for batch in store.datasets.batches(dataset.dataset_id, split="train", size=PAGE):
        inside = np.isin(batch.column("row").to_numpy(), chosen, assume_unique=True)
        yield batch.table.select(["example_id", "source", "meta", *batch.roles]).filter(inside)


def _manifest(store: Store, state: Current, exported: Exported, name: str) -> dict[str, object]:
    dataset, decision = state.dataset, state.decision
    pins: dict[str, list[str]] = {"keep": [], "drop": []}
    for pin in store.ledger.pins(dataset.dataset_id, at=decision.ledger_number) if decision.policy.pins else []:
        pins[pin.decision].append(pin.example_id)
    return {
        "schema": "workbench.export/2",
        "file": exported.path.name,
        "format": name,
        "dataset": {"name": dataset.name, "version": dataset.version, "task": dataset.task, "license": dataset.license},
        "rows": {"imported": exported.imported, "written": exported.written, "left_out": exported.left_out},
        "ledger_number": decision.ledger_number,
        "policy": {
            "name": state.policy.name if state.policy else None,
            "version": state.policy.version if state.policy else None,
            "rules": to_plain(decision.policy),
        },
        "pins": pins,
        "counts": dataclasses.asdict(decision.counts),
        "selectors": [
            {
                "selector": run.selector,
                "version": run.version,
                "params": dict(run.params),
                "distribution": run.distribution,
                "distribution_version": run.distribution_version,
            }
            for run in state.runs
        ],
    }
