"""``workbench dashboard``: the pages in a browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.errors import DataError

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


@app.command()
def dashboard(
    ctx: typer.Context,
    port: Annotated[int | None, typer.Option("--port", metavar="N", help="Where to listen; 0: any free port. [default: from 8501 on]")] = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen at. Beyond this machine it takes a password.")] = "127.0.0.1",
    name: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Another name that browsers call this machine by.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="A file whose first line is the password that the pages ask for.")] = None,
) -> None:
    """Open the dashboard.

    It is served to browsers of this machine alone, until Ctrl+C ends it. With --host others can reach it, with the password of --password-file or of
    WORKBENCH_DASHBOARD_PASSWORD; passwords cross the network as they are, so put a server with TLS before it.
    """
    from workbench.dashboard import serve
    from workbench.store import Store

    session: Session = ctx.obj
    Store.open(session.store)  # what is wrong with it is told here and not on a page

    def announce(url: str) -> None:
        session.output.show("dashboard", {"url": url}, "Open this address in a browser. Ctrl+C ends it.")
        session.output.out.flush()

    serve(
        session.store,
        author=session.signature,
        plugins=lambda: session.host,
        host=host,
        names=name or [],
        password=_password(password_file),
        port=port,
        announce=announce,
    )


def _password(file: Path | None) -> str:
    """From the file, else from the environment: what stands on a command line can be read by everybody on the machine."""
    if file is None:
        return os.environ.get("WORKBENCH_DASHBOARD_PASSWORD", "")
    try:
        password = file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read ({error}).", expected="a text file whose first line is the password") from error
    if not password:
        raise DataError(f"The first line of {file} is empty.", expected="the password")
    return password
