"""Brings a recipe's data into the store, once."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, cast

from workbench.data import DataSource, EvalSplit, apply_plants, from_sample, load, source_fingerprint
from workbench.experiment.recipe import ValidationShare
from workbench.types import Silent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from workbench.data import Loaded
    from workbench.experiment.recipe import Data
    from workbench.experiment.resolve import Plan
    from workbench.host import Component
    from workbench.store import DatasetRecord, Store
    from workbench.types import Progress, Task


def import_data(store: Store, plan: Plan, base: Path, progress: Progress | None = None) -> DatasetRecord:
    """Import what the recipe names, or find that the same bytes were imported in the same way before.

    Raises:
        DataError: where files are missing, empty or unreadable, or too many rows are set aside.
    """
    progress = progress or Silent()
    data, task = plan.recipe.data, plan.task
    source = None if data.sample is not None else data_source(data, base)
    origin = _origin(task, data, source, plan.recipe.plant)
    known = _find(store, plan.recipe.name, origin)
    if known is not None:
        return known
    loaded = load_data(plan, base, progress)
    progress.begin("ingest")
    record = ingest(store, task, loaded, name=plan.recipe.name, origin=origin, license=data.license)
    progress.end()
    return record


def load_data(plan: Plan, base: Path, progress: Progress) -> Loaded:
    """Read what the recipe names, or make the task's sample, and plant what it asks for."""
    data, task = plan.recipe.data, plan.task.value
    progress.begin("import")
    if data.sample is not None:
        share = data.validation.share if isinstance(data.validation, ValidationShare) else None
        loaded = from_sample(task, seed=data.sample.seed, size=data.sample.size, validation=share)
    else:
        loaded = load(task, data_source(data, base), progress=progress)
        for split, counts in loaded.counts.items():
            if counts.left_out:
                progress.say(f"{counts.left_out:,} further rows of {split} are left out: the recipe's limit is {data.limit:,}")
    shares = {name: share for name, share in plan.recipe.plant.items() if name != "seed"}
    return apply_plants(task, loaded, shares, seed=int(plan.recipe.plant.get("seed", 0))) if shares else loaded


def data_source(data: Data, base: Path) -> DataSource:
    """The data section of a recipe, as the readers take it."""
    validation = data.validation if data.validation is None or isinstance(data.validation, str) else data.validation.share
    split = data.split
    return DataSource(
        train=cast("str", data.train),
        validation=validation,
        eval=data.eval if split is None else EvalSplit(share=split.eval, by=split.by or "", seed=split.seed),
        fields=data.fields,
        key=data.key,
        limit=data.limit,
        format=data.format,
        max_rejected=data.max_rejected,
        base=base,
    )


def import_file(
    store: Store, task: Component[Task], location: str, *, name: str, fields: Mapping[str, str], key: str | None, progress: Progress | None = None
) -> DatasetRecord:
    """Import one location as the train split of the dataset ``name``, without a recipe."""
    loaded = load(task.value, DataSource(train=location, fields=fields, key=key), progress=progress)
    return ingest(store, task, loaded, name=name, origin=json.dumps({"train": location, "fingerprint": loaded.fingerprint}, ensure_ascii=False))


def ingest(
    store: Store,
    task: Component[Task],
    loaded: Loaded,
    *,
    name: str,
    origin: str,
    license: str = "",  # noqa: A002 - the field's name
) -> DatasetRecord:
    """Put loaded examples into the store, as a version of the dataset ``name``."""
    with store.datasets.stage(
        name=name,
        task=task.id,
        source=origin,
        license=license or loaded.license,
        roles=task.value.roles,
        target=task.value.target,
        keyed=loaded.keyed,
    ) as stage:
        for table in loaded.tables.values():
            stage.add(table)
        stage.reject(loaded.rejected)
        stage.plant(loaded.planted)
        return stage.finish(read=loaded.read)


def _origin(task: Component[Task], data: Data, source: DataSource | None, plant: Mapping[str, float]) -> str:
    """Where the data is from and what was done to it, as JSON: the same text means the same dataset."""
    how = data.model_dump(mode="json", exclude={"license", "max_rejected"})
    body = json.dumps([task.id, task.distribution_version, how, dict(plant)], sort_keys=True)
    digest = hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
    where = (
        {"sample": data.sample.model_dump()} if data.sample is not None else {"train": data.train, "validation": how["validation"], "eval": data.eval}
    )
    files = source_fingerprint(source) if source is not None else ""
    return json.dumps({**where, "plant": dict(plant), "fingerprint": files, "recipe": digest}, ensure_ascii=False)


def _find(store: Store, name: str, origin: str) -> DatasetRecord | None:
    return next((record for record in store.datasets.list() if record.name == name and record.source == origin), None)
