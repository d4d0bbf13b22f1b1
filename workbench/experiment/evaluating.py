"""Scores predictions that were made elsewhere; needs no model."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from workbench.data import DataSource, load
from workbench.data.loading import with_split
from workbench.errors import DataError
from workbench.experiment.importing import ingest
from workbench.experiment.training import metric_results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from workbench.host import Component
    from workbench.store import RunRecord, Store
    from workbench.types import ExampleTable, Metric, Task

FIELDS = ("text", "label", "log_probability", "tokens")
"""The fields of a prediction that a JSON Lines file may give; a plain string is the label of a classification and the text of all other tasks."""


def evaluate_file(
    store: Store,
    task: Component[Task],
    metrics: Sequence[Component[Metric]],
    *,
    references: str,
    predictions: Path,
    name: str,
    fields: Mapping[str, str],
) -> RunRecord:
    """Import the references, score the predictions with each metric that they serve, and store both.

    Args:
        store: where they go.
        task: reads the references.
        metrics: one that needs what no prediction has is left out.
        references: a location as a recipe's ``eval``; becomes the evaluation split of a dataset named after the file.
        predictions: a JSON object of id to prediction; JSON Lines, each with ``id`` or in the order of the references; or text, one a line.
        name: the name of the set of predictions.
        fields: role to column.

    Raises:
        DataError: where predictions and references do not match.
    """
    loaded = load(task.value, DataSource(train=references, fields=fields))
    loaded = dataclasses.replace(loaded, tables={"eval": with_split(loaded.tables["train"], "eval")}, counts={"eval": loaded.counts["train"]})
    origin = json.dumps({"eval": references, "fingerprint": loaded.fingerprint})
    dataset = ingest(store, task, loaded, name=references.rpartition("/")[2], origin=origin)
    evaluation = store.datasets.examples(dataset.dataset_id, split="eval")
    table = _prediction_table(_read(predictions), evaluation, predictions)
    served = [metric for metric in metrics if all(table[need.value].null_count < len(table) for need in metric.value.needs)]
    if not served:
        needed = sorted({need.value for metric in metrics for need in metric.value.needs})
        raise DataError(f"{predictions} serves none of the metrics.", expected=f"predictions with one of: {', '.join(needed)}")
    known = store.experiments.find_run(name)
    if known is not None:
        raise DataError(f"there is a run {name!r} already.", advice="Give these predictions another name: --name NAME")
    results = metric_results(served, table, evaluation)
    run = store.experiments.plan_run(
        experiment_id=None,
        dataset_id=dataset.dataset_id,
        name=name,
        arm=name,
        seed=0,
        adapter="",
        version="",
        plugin=task.plugin,
        distribution=task.distribution,
        distribution_version=task.distribution_version,
        plan={"predictions": str(predictions)},
        environment={},
        rows=0,
    )
    store.results.save(run.run_id, predictions=table.add_column(0, "row", evaluation.column("row")), metrics=results)
    store.experiments.finish_run(run.run_id, steps=0, seconds=0.0)
    return run


def _read(path: Path) -> dict[str, object] | list[object]:
    """Predictions by id, or in order."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", expected="a file of predictions") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8: {error}.", expected="a file of predictions in UTF-8") from None
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    if isinstance(whole, dict | list):
        return whole
    lines = text.removesuffix("\n").split("\n")
    if not all(line.lstrip().startswith("{") for line in lines):
        return list(lines)
    rows: list[object] = []
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise DataError(f"{path}, line {number}: {error}.", expected="a JSON object on each line") from None
    ids = [row.get("id") if isinstance(row, dict) else None for row in rows]
    if all(each is not None for each in ids):
        return {str(each): row for each, row in zip(ids, rows, strict=True)}
    return rows


def _prediction_table(read: dict[str, object] | list[object], evaluation: ExampleTable, path: Path) -> pa.Table:
    """Predictions in the order of the references, in the columns that adapters give."""
    import pyarrow as pa

    ids = [str(each) for each in evaluation.values("example_id")]
    if isinstance(read, dict):
        missing = [each for each in ids if each not in read]
        extra = read.keys() - set(ids)
        if missing or extra:
            sample = ", ".join([*missing[:3], *sorted(extra)[:3]])
            raise DataError(
                f"{path} lacks {len(missing)} of {len(ids)} references, and has {len(extra)} predictions for none of them ({sample}).",
                expected="one prediction for each reference, by its id",
            )
        rows = [read[each] for each in ids]
    else:
        rows = read
        if len(rows) != len(ids):
            raise DataError(f"{path} has {len(rows)} predictions for {len(ids)} references.", expected="one for each, in the same order")
    structured = [row if isinstance(row, dict) else {"text": str(row), "label": str(row)} for row in rows]
    types = {"text": pa.large_string(), "label": pa.large_string(), "log_probability": pa.float64(), "tokens": pa.int32()}
    columns = {field: pa.array([row.get(field) for row in structured], types[field]) for field in FIELDS}
    columns["probabilities"] = pa.nulls(len(rows), pa.large_list(pa.float64()))
    columns["span"] = pa.nulls(len(rows), pa.struct([("start", pa.int32()), ("end", pa.int32()), ("no_answer", pa.float64())]))
    return pa.table({name: columns[name] for name in ("text", "label", "probabilities", "span", "log_probability", "tokens")})
