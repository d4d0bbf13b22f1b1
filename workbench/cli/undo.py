"""``workbench undo``: take back one's own last step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from workbench.cli.lazy import command_app
from workbench.cli.ledger import entries

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


@app.command()
def undo(
    ctx: typer.Context,
    dataset: Annotated[str, typer.Option(help="Only steps on this dataset.")] = "",
    to: Annotated[int | None, typer.Option(metavar="NUMBER", min=0, help="Take back all your own steps after this entry of the log.")] = None,
) -> None:
    """Take back your own last step."""
    from workbench.store import Store

    session: Session = ctx.obj
    ledger = Store.open(session.store).ledger
    before = ledger.number()
    newest = ledger.undo(author=session.signature, dataset=dataset or None, to=to)
    taken_back = [
        entry
        for entry in ledger.log(limit=max(1, newest.number - before))
        if entry.number > before and entry.author == newest.author and entry.undoes
    ]
    stand = sorted({number for entry in taken_back for number in cast("list[int]", entry.payload.get("built_on", []))})
    told = [f"Others have decided on the same since; their steps stand: {', '.join(map(str, stand))}."] if stand else []
    session.output.show("undo", entries(taken_back, whole=session.json), *told, "Do it again with: workbench redo")
