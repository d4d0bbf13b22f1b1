"""``workbench undo``: take back one's own last step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.ledger import entries

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


@app.command()
def undo(ctx: typer.Context, dataset: Annotated[str, typer.Option(help="Only steps on this dataset.")] = "") -> None:
    """Take back your own last step."""
    from workbench.store import Store

    session: Session = ctx.obj
    entry = Store.open(session.store).ledger.undo(author=session.signature, dataset=dataset or None)
    session.output.show("undo", entries([entry]), "Do it again with: workbench redo")
