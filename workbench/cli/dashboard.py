"""``workbench dashboard``: the pages in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


@app.command()
def dashboard(
    ctx: typer.Context,
    port: Annotated[int | None, typer.Option("--port", metavar="N", help="Where to listen; 0: any free port. [default: from 8501 on]")] = None,
) -> None:
    """Open the dashboard.

    It is served to browsers of this machine alone, until Ctrl+C ends it.
    """
    from workbench.dashboard import serve
    from workbench.store import Store

    session: Session = ctx.obj
    Store.open(session.store)  # what is wrong with it is told here and not on a page

    def announce(url: str) -> None:
        session.output.show("dashboard", {"url": url}, "Open this address in a browser of this machine. Ctrl+C ends it.")
        session.output.out.flush()

    serve(session.store, author=session.signature, plugins=lambda: session.host, port=port, announce=announce)
