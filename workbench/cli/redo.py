"""``workbench redo``: do again what was undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.ledger import entries

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


@app.command()
def redo(ctx: typer.Context, dataset: Annotated[str, typer.Option(help="Only steps on this dataset.")] = "") -> None:
    """Do again what you undid last."""
    from workbench.store import Store

    session: Session = ctx.obj
    entry = Store.open(session.store).ledger.redo(author=session.signature, dataset=dataset or None)
    session.output.show("redo", entries([entry], whole=session.json))
