"""Datasets that no file gives: a task's own sample, and the defects that a recipe plants."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.data.identity import content_hashes, json_objects, json_values
from workbench.data.loading import EVAL, PLANTED, REJECTED, TRAIN, VALIDATION, Counts, Loaded, parted, with_split
from workbench.data.planting import moved_detail, plant_all
from workbench.data.roles import table_schema
from workbench.data.splits import cut
from workbench.errors import DataError, PluginError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.types import Task


def from_sample(task: Task, *, seed: int, size: int, validation: float | None = 0.1) -> Loaded:
    """A task's own sample, in the shape that ``load`` gives.

    Validation is cut from the rows of train that neither are planted, nor were copied by a plant, nor equal such a row: it stays as clean as the
    evaluation split, and no planted copy loses its original.

    Args:
        task: one that has a sample.
        seed: of sample and cut.
        size: rows of train before planting.
        validation: the share of train that is cut, or None.

    Raises:
        DataError: for a task without a sample.
        PluginError: for a sample that lacks a column.
    """
    if task.sample is None:
        raise DataError(f"the task {task.name!r} has no sample.", advice="Give it a recipe with data of your own.")
    sample = task.sample(seed, size)
    train, held_out = _table(task, sample.train), _table(task, sample.eval)
    planted = sample.planted.select(PLANTED.names).cast(PLANTED)
    tables = {TRAIN: train}
    if validation is not None:
        mask = _clean_cut(train, planted, validation, seed)
        tables[TRAIN], tables[VALIDATION] = parted(train, mask)
        planted = _moved(planted, mask)
    tables[EVAL] = held_out
    return Loaded(
        tables={name: with_split(table, name) for name, table in tables.items()},
        rejected=REJECTED.empty_table(),
        planted=planted,
        counts={name: Counts(imported=table.num_rows) for name, table in tables.items()},
        fingerprint=_fingerprint(train, held_out),
        license=sample.license,
    )


def apply_plants(task: Task, loaded: Loaded, shares: Mapping[str, float], *, seed: int) -> Loaded:
    """Plant defects into the training examples of a dataset, as a recipe's ``plant`` asks.

    Appended rows have no line, no other columns, and, where the data has keys, keys of their own that begin with ``planted-``. They count as read.

    Args:
        task: whose plants are used.
        loaded: what to plant them in; it is left as it is.
        shares: name of a plant to the share of rows, which add up to at most 1.
        seed: decides on everything.

    Raises:
        UnknownNameError: for a plant that the task does not have.
        DataError: where the shares do not fit, or defects are planted already.
        PluginError: for a plant that breaks its contract.
    """
    plants = {plant.name: plant for plant in task.plants}
    for name in shares:
        if name not in plants:
            raise UnknownNameError(f"plant of the task {task.name}", name, plants)
    if loaded.planted.num_rows:
        raise DataError("defects are planted in this dataset already.", advice="Leave plant out for a task's own sample.")
    train = loaded.tables[TRAIN]
    roles = [role.name for role in task.roles]
    planted = plant_all(train.select(["source", *roles]), [(plants[name], share) for name, share in shares.items()], seed)
    hashes = content_hashes(planted.table, roles)
    more = planted.table.num_rows - train.num_rows
    new = {
        "split": pa.repeat(pa.scalar(TRAIN), more),
        "key": pa.array([f"planted-{number}" for number in range(more)] if loaded.keyed else [None] * more, pa.string()),
        "raw_hash": hashes.slice(train.num_rows).combine_chunks(),
        "line": pa.nulls(more, pa.int64()),
        "meta": pa.array(["{}"] * more, pa.string()),
    }
    columns = {name: planted.table.column(name) for name in planted.table.column_names} | {"content_hash": hashes}
    for name, values in new.items():
        columns[name] = pa.chunked_array([*train.column(name).chunks, values], values.type)
    table = pa.table(columns).select(train.column_names)
    return dataclasses.replace(
        loaded,
        tables={**loaded.tables, TRAIN: table},
        planted=planted.rows.cast(PLANTED),
        counts={**loaded.counts, TRAIN: dataclasses.replace(loaded.counts[TRAIN], imported=table.num_rows)},
    )


def _table(task: Task, sample: pa.Table) -> pa.Table:
    """A sample's table with the columns of an import; columns that are no role become ``meta``."""
    schema = table_schema(task)
    roles = [role.name for role in task.roles]
    absent = [name for name in ("source", *roles) if name not in sample.column_names]
    if absent:
        raise PluginError(f"the sample of the task {task.name!r} lacks the columns {', '.join(absent)}.", expected="one per role, and source")
    others = [name for name in sample.column_names if name not in {"source", *roles}]
    cast = sample.select(["source", *roles]).cast(pa.schema([schema.field(name) for name in ("source", *roles)]))
    hashes = content_hashes(cast, roles)
    meta = [json_objects({name: json_values(batch.column(name)) for name in others}, batch.num_rows) for batch in sample.select(others).to_batches()]
    columns = {name: cast.column(name) for name in cast.column_names} | {
        "key": pa.nulls(sample.num_rows, pa.string()),
        "raw_hash": hashes,
        "content_hash": hashes,
        "line": pa.nulls(sample.num_rows, pa.int64()),
        "meta": pa.chunked_array(meta, pa.large_string()).cast(pa.string()) if others else pa.repeat(pa.scalar("{}"), sample.num_rows),
    }
    return pa.table(columns).select(schema.names)


def _clean_cut(train: pa.Table, planted: pa.Table, share: float, seed: int) -> np.ndarray:
    """Which rows of train go to validation."""
    originals = [json.loads(detail).get("original") for detail in planted.column("detail").to_pylist()]
    touched = sorted({*planted.column("row").to_pylist(), *(row for row in originals if row is not None)})
    spoilt = train.column("content_hash").take(pa.array(touched, pa.int64()))
    clean = pc.invert(pc.is_in(train.column("content_hash"), value_set=spoilt.combine_chunks())).to_numpy()
    mask = np.zeros(train.num_rows, dtype=bool)
    wanted = min(share * train.num_rows / max(int(clean.sum()), 1), 0.5)
    mask[clean] = cut(train.column("content_hash").filter(pa.array(clean)), wanted, seed=seed, purpose=VALIDATION)
    return mask


def _moved(planted: pa.Table, mask: np.ndarray) -> pa.Table:
    """Planted rows by their positions after the rows inside the mask are gone."""
    places = (np.cumsum(~mask) - 1).tolist()
    rows = [places[row] for row in planted.column("row").to_pylist()]
    details = [moved_detail(detail, places) for detail in planted.column("detail").to_pylist()]
    return pa.table([rows, planted.column("kind"), details], schema=PLANTED)


def _fingerprint(*tables: pa.Table) -> str:
    body = "\n".join(value for table in tables for value in table.column("content_hash").to_pylist())
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
