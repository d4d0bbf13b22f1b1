"""``workbench report``: the report of an experiment, as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.experiments import REPORTS, build_report, write_report
from workbench.cli.lazy import command_app
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


@app.command()
def report(
    ctx: typer.Context,
    experiment: Annotated[str, typer.Argument(help="The experiment: NAME for its newest revision, or NAME@N.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where the report goes.")] = REPORTS,
    format: Annotated[str, typer.Option(help="html, md, or both with a comma between.")] = "html,md",  # noqa: A002 - the word that users know
    quote: Annotated[int, typer.Option(min=0, help="How many records are quoted in one place at most; 0 names them only.")] = 3,
) -> None:
    """Write the report of an experiment."""
    from workbench.experiment import find_experiment
    from workbench.report import FORMATS
    from workbench.store import Store

    session: Session = ctx.obj
    formats = tuple(each.strip() for each in format.split(","))
    for each in formats:
        if each not in FORMATS:
            raise WorkbenchError(f"there is no report format {each!r}.", expected="html, md, or html,md")
    store = Store.open(session.store)
    written = write_report(build_report(session, store, find_experiment(store, experiment), quote=quote), to, formats)
    session.output.show("report", {"files": [str(file) for file in written]})
