"""Scores predictions that were made elsewhere; needs no model."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.data import DataSource, load
from workbench.data.loading import with_split
from workbench.errors import DataError
from workbench.experiment.importing import ingest
from workbench.experiment.training import metric_results
from workbench.types import RoleType

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from workbench.host import Component
    from workbench.store import RunRecord, Store
    from workbench.types import ExampleTable, Metric, Task

FIELDS = {"text": RoleType.TEXT, "label": RoleType.TEXT, "log_probability": RoleType.NUMBER, "tokens": RoleType.NUMBER}
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
    key: str | None = None,
) -> RunRecord:
    """Import the references, score the predictions with each metric that they serve, and store both.

    Args:
        store: where they go.
        task: reads the references.
        metrics: one that needs what no prediction has is left out.
        references: a location as a recipe's ``eval``; becomes the evaluation split of a dataset named after the file.
        predictions: a JSON object of id to prediction; JSON Lines or a JSON array, each with ``id`` or in the order of the
            references; or text, one a line.
        name: the name of the set of predictions.
        fields: role to column.
        key: the column of the references with the ids that predictions go by, where the task does not know it.

    Raises:
        DataError: where predictions and references do not match.
    """
    if store.experiments.find_run(name) is not None:
        raise DataError(f"there is a run {name!r} already.", advice="Give these predictions another name: --name NAME")
    loaded = load(task.value, DataSource(train=references, fields=fields, key=key))
    loaded = dataclasses.replace(loaded, tables={"eval": with_split(loaded.tables["train"], "eval")}, counts={"eval": loaded.counts["train"]})
    origin = json.dumps({"eval": references, "fingerprint": loaded.fingerprint})
    dataset = ingest(store, task, loaded, name=Path(references).name, origin=origin)
    evaluation = store.datasets.examples(dataset.dataset_id, split="eval")
    table = _prediction_table(_read(predictions), evaluation, predictions)
    served = [metric for metric in metrics if all(table[need.value].null_count < len(table) for need in metric.value.needs)]
    if not served:
        needed = sorted({need.value for metric in metrics for need in metric.value.needs})
        raise DataError(f"{predictions} serves none of the metrics.", expected=f"predictions with one of: {', '.join(needed)}")
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


def _read(path: Path) -> Mapping[str, object] | Sequence[object]:
    """Predictions by id, or in order."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", expected="a file of predictions") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8: {error}.", expected="a file of predictions in UTF-8") from None
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    if isinstance(whole, dict):
        return whole
    rows = whole if isinstance(whole, list) else _lines(text, path)
    ids = [row.get("id") if isinstance(row, dict) else None for row in rows]
    given = [str(each) for each in ids if each is not None]
    if not given:
        return rows
    if len(given) < len(rows):
        raise DataError(f"{path} gives an id with {len(given)} of {len(rows)} predictions.", expected="an id with each, or with none")
    by_id = dict(zip(given, rows, strict=True))
    if len(by_id) < len(rows):
        twice = next(each for each, times in Counter(given).items() if times > 1)
        raise DataError(f"{path} has several predictions with the id {twice!r}.", expected="one prediction for each reference")
    return by_id


def _lines(text: str, path: Path) -> list[object]:
    """JSON Lines where every line that is not blank begins an object; else each line is a text, be it empty."""
    lines = text.removesuffix("\n").split("\n")
    filled = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not all(line.lstrip().startswith("{") for _, line in filled):
        return list(lines)
    rows: list[object] = []
    for number, line in filled:
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise DataError(f"{path}, line {number}: {error}.", expected="a JSON object on each line") from None
    return rows


def _prediction_table(read: Mapping[str, object] | Sequence[object], evaluation: ExampleTable, path: Path) -> pa.Table:
    """Predictions in the order of the references, in the columns that adapters give; what is null in the file is null here, and not scored."""
    import pyarrow as pa

    ids = [str(each) for each in evaluation.values("example_id")]
    if isinstance(read, Mapping):
        missing = [each for each in ids if each not in read]
        extra = read.keys() - set(ids)
        if missing or extra:
            sample = ", ".join([*missing[:3], *sorted(extra)[:3]])
            raise DataError(
                f"{path} lacks {len(missing)} of {len(ids)} references, and has {len(extra)} predictions for none of them ({sample}).",
                expected="one prediction for each reference, by its id",
                advice="Name the column of the references that holds these ids: --key COLUMN" if len(missing) == len(ids) else "",
            )
        rows = [read[each] for each in ids]
    else:
        rows = list(read)
        if len(rows) != len(ids):
            raise DataError(f"{path} has {len(rows)} predictions for {len(ids)} references.", expected="one for each, in the same order")
    structured = [row if isinstance(row, dict) else {"text": row, "label": row} for row in rows]
    columns = {field: _column([row.get(field) for row in structured], field, path) for field in FIELDS}
    columns["probabilities"] = pa.nulls(len(rows), pa.large_list(pa.float64()))
    columns["span"] = pa.nulls(len(rows), pa.struct([("start", pa.int32()), ("end", pa.int32()), ("no_answer", pa.float64())]))
    return pa.table({name: columns[name] for name in ("text", "label", "probabilities", "span", "log_probability", "tokens")})


def _column(values: list[object], field: str, path: Path) -> pa.Array:
    """One field of all predictions; numbers and booleans become text as those of the references do."""
    import pyarrow as pa

    from workbench.data.values import as_column, as_role

    column, problems = as_role(as_column(values), FIELDS[field])
    if problems:
        place = min(problems)
        raise DataError(f"{path}, prediction {place + 1}: {field} {problems[place]}.", expected=f"{', '.join(FIELDS)} as texts and numbers")
    try:
        return column.cast(pa.int32()) if field == "tokens" else column
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: {field}: {error}.", expected="whole numbers") from None
