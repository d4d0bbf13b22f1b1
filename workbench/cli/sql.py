"""``workbench sql``: ask the store anything, without being able to change it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.output import Cell, Table
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


@app.command()
def sql(ctx: typer.Context, query: Annotated[str, typer.Argument(help="The query; docs/tables.md lists the tables.")]) -> None:
    """Query the store, read-only.

    For example: workbench sql "select name, imported, rejected from datasets"
    """
    from workbench.store import Store

    session: Session = ctx.obj
    table = Store.open(session.store).sql(query)
    names = table.column_names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise WorkbenchError(
            f"the query gives {', '.join(map(repr, twice))} more than once.", expected="each column by its own name", advice="Use AS."
        )
    rows = [tuple(map(_cell, row.values())) for row in table.to_pylist()]
    session.output.show("sql", Table(name="rows", columns=tuple(names), rows=rows))


def _cell(value: object) -> Cell:
    """A value as a cell: lists and structs as JSON, so that programs can read on."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value)
