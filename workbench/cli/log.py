"""``workbench log``: what people decided, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.ledger import entries

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


@app.command()
def log(
    ctx: typer.Context,
    dataset: Annotated[str, typer.Option(help="Only steps on this dataset.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many entries.")] = 50,
) -> None:
    """List what people decided, newest first."""
    from workbench.store import Store

    session: Session = ctx.obj
    session.output.show("log", entries(Store.open(session.store).ledger.log(dataset=dataset or None, limit=limit), whole=session.json))
