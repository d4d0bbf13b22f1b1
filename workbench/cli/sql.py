"""``workbench sql``: ask the store anything, without being able to change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.output import Table

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
    rows = [tuple(cell if isinstance(cell, str | int | float | bool | None) else str(cell) for cell in row.values()) for row in table.to_pylist()]
    session.output.show("sql", Table(name="rows", columns=tuple(table.column_names), rows=rows))
