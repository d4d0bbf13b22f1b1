"""Reads the further files that a recipe's training examples are compared with: what must not be in them, and what a choice goes towards."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from workbench.data import DataSource, load
from workbench.data.files import find_files
from workbench.errors import DataError
from workbench.types import ExampleTable, SelectorKind, Silent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

    from workbench.experiment.resolve import Plan
    from workbench.types import Progress, Selector, Task


_NAMED_BY = {SelectorKind.DECONTAMINATION: "against", SelectorKind.CHOICE: "towards"}
"""The parameter that names files, by kind of selector."""


def read_against(plan: Plan, base: Path, progress: Progress | None = None) -> dict[str, ExampleTable]:
    """The items of the files that a decontamination selector's parameter ``against`` names, or ``towards`` of one of kind ``choice``.

    A file is read as the task's data is, with the recipe's fields or the roles' usual names. One of another layout, such as a public benchmark, is
    taken where it has at least one role that the selector reads; what else it lacks is null.

    Args:
        plan: the resolved recipe.
        base: the folder that its relative paths start from.
        progress: is told of items that were set aside.

    Returns:
        Component id to a table as ``HeldOut`` has it.

    Raises:
        DataError: for a file that is missing, empty or cannot be read, or has none of the roles.
    """
    progress = progress or Silent()
    found = {}
    for configured in plan.selectors:
        locations = configured.params.get(_NAMED_BY.get(configured.selector.kind, ""), ())
        files = [file.name for location in _listed(locations, configured.id) for file in find_files(location, base)]
        if files:
            tables = [_read(plan, configured.selector, name, base, progress) for name in files]
            found[configured.id] = _as_examples(tables, plan.task.value)
    return found


def _listed(locations: object, selector: str) -> list[str]:
    if isinstance(locations, list | tuple) and all(isinstance(location, str) for location in locations):
        return list(locations)
    raise DataError(f"{selector} cannot compare against {locations!r}.", expected="a list of files, folders or globs")


def _read(plan: Plan, selector: Selector, name: str, base: Path, progress: Progress) -> pa.Table:
    """One file, as the task's data if it can be, else with whatever roles it has."""
    task, fields = plan.task.value, plan.recipe.data.fields
    relaxed = dataclasses.replace(task, parse=None, roles=tuple(dataclasses.replace(role, required=False) for role in task.roles))
    first: DataError | None = None
    for each, names in ((task, fields), (task, {}), (relaxed, fields), (relaxed, {})):
        try:
            loaded = load(each, DataSource(train=name, fields=names, base=base, max_rejected=plan.recipe.data.max_rejected), progress=progress)
        except DataError as error:
            first = first or error
            continue
        table = loaded.tables["train"]
        if any(table[role].null_count < table.num_rows for role in selector.reads):
            if loaded.rejected.num_rows:
                progress.say(f"{name}: {loaded.rejected.num_rows} of {loaded.read} items cannot be read and are not compared with")
            return table
        first = first or _without_roles(name, table, selector)
    if first is None:
        raise RuntimeError(f"{name} was neither read nor refused")
    raise first


def _without_roles(name: str, table: pa.Table, selector: Selector) -> DataError:
    columns = ", ".join(json.loads(table["meta"][0].as_py())) or "no columns"
    return DataError(f"{name} has {columns}.", expected=f"one of the roles that {selector.name} compares: {', '.join(selector.reads)}")


def _as_examples(tables: list[pa.Table], task: Task) -> ExampleTable:
    """The items of all files, with the columns that examples have."""
    import pyarrow as pa

    table = pa.concat_tables(tables)
    roles = tuple(role.name for role in task.roles)
    columns: Mapping[str, object] = {
        "row": pa.array(range(table.num_rows), pa.int64()),
        "example_id": table["content_hash"],
        "content_hash": table["content_hash"],
        "split": pa.repeat(pa.scalar("against", pa.string()), table.num_rows),
        "source": table["source"],
        "meta": table["meta"],
        **{role: table[role] for role in roles},
        "line": table["line"],
    }
    return ExampleTable(pa.table(columns), roles)
