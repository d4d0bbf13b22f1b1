"""The models that runs left: where they are, and what they say of a file."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from workbench.data import DataSource, load
from workbench.errors import DataError, UnknownNameError
from workbench.experiment.training import MODEL
from workbench.files import whole
from workbench.types import ExampleTable, RunPlan

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from workbench.host import PluginHost
    from workbench.store import ExperimentRecord, RunRecord, Store


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """What became of a file's rows: ``read = predicted + rejected``."""

    read: int
    predicted: int
    rejected: int


def find_experiment(store: Store, name: str) -> ExperimentRecord:
    """The experiment ``NAME`` (its newest revision) or ``NAME@N``.

    Raises:
        UnknownNameError: where there is none.
    """
    base, _, revision = name.partition("@")
    found = store.experiments.find(base, int(revision) if revision.isdecimal() else None)
    if found is None or (revision and not revision.isdecimal()):
        raise UnknownNameError("experiment", name, {record.name for record in store.experiments.list()})
    return found


def model_folder(store: Store, run: RunRecord) -> Path:
    """Where the model of a run is, if it has one."""
    return store.files / "runs" / str(run.run_id) / MODEL


def find_model(store: Store, name: str) -> tuple[RunRecord, Path]:
    """The run of this name or number, and the folder of its model.

    Raises:
        UnknownNameError: where no run has the name.
        DataError: where the run has no model.
    """
    run = store.experiments.find_run(name)
    if run is None:
        raise UnknownNameError("run", name, {each.name for each in store.experiments.runs()})
    folder = model_folder(store, run)
    if not folder.is_dir():
        raise DataError(
            f"the run {run.name!r} has no model.", expected="a finished run whose model was not removed", advice="See: workbench model list"
        )
    return run, folder


def predict_file(store: Store, host: PluginHost, name: str, file: str, to: Path) -> Predicted:
    """Write what a run's model says of each example of a file, one JSON object a line, in the order of the file.

    Raises:
        DataError: where the file cannot be read, or the result not be written.
    """
    if to.is_dir():
        raise DataError(f"{to} is a folder.", expected="the file to write", advice="Give one with --to.")
    run, folder = find_model(store, name)
    task = host.task(store.datasets.get(run.dataset_id).task).value
    adapter = host.adapter(run.adapter).value
    plan = RunPlan(**cast("dict[str, Any]", dict(run.plan)))
    # A file to predict on need not hold the target.
    roles = tuple(dataclasses.replace(role, required=role.required and role.name != task.target) for role in task.roles)
    loaded = load(dataclasses.replace(task, roles=roles), DataSource(train=file))
    table = loaded.tables["train"]
    examples = as_examples(table, tuple(role.name for role in roles))
    predictions = adapter.predict(adapter.load(folder, plan), examples)
    try:
        with whole(to) as partial, partial.open("w", encoding="utf-8") as out:
            for source, line, prediction in zip(table["source"].to_pylist(), table["line"].to_pylist(), predictions.to_pylist(), strict=True):
                present = {key: value for key, value in prediction.items() if value is not None}
                out.write(json.dumps({"source": source, "line": line, **present}, ensure_ascii=False) + "\n")
    except OSError as error:
        raise DataError(f"{to} could not be written: {error.strerror}.", expected="a place that can be written to") from error
    return Predicted(read=loaded.read, predicted=table.num_rows, rejected=loaded.rejected.num_rows)


def as_examples(table: pa.Table, roles: tuple[str, ...]) -> ExampleTable:
    """Loaded rows that are not in the store, as examples."""
    import numpy as np
    import pyarrow as pa

    numbered = table.select(["content_hash", "split", "source", "meta", *roles]).add_column(0, "example_id", table["content_hash"])
    return ExampleTable(numbered.add_column(0, "row", pa.array(np.arange(table.num_rows))), roles)
