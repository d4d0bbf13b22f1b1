"""``workbench model``: the models that runs left."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.output import Table
from workbench.errors import DataError

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


@app.callback(no_args_is_help=True)
def model() -> None:
    """List, export and remove the models that runs left."""


@app.command("list")
def list_models(ctx: typer.Context) -> None:
    """List the runs that have a model."""
    from workbench.experiment import model_folder
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    rows = []
    for run in store.experiments.runs():
        folder = model_folder(store, run)
        if folder.is_dir():
            size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            rows.append((run.run_id, run.name, run.state, run.adapter, str(run.plan.get("model", "")), run.rows, run.steps, size))
    columns = ("run", "name", "state", "adapter", "model", "rows", "steps", "bytes")
    session.output.show("models", Table(name="models", columns=columns, rows=rows))


@app.command()
def export(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's name or number.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="A folder that does not exist yet.")],
) -> None:
    """Copy a run's model to a folder that transformers can load."""
    from workbench.experiment import find_model
    from workbench.store import Store

    session: Session = ctx.obj
    record, folder = find_model(Store.open(session.store), run)
    if to.exists():
        raise DataError(f"{to} exists already.", expected="a folder that does not exist yet")
    shutil.copytree(folder, to)
    session.output.show("model", {"run": record.name, "folder": str(to)})


@app.command()
def remove(ctx: typer.Context, run: Annotated[str, typer.Argument(help="The run's name or number.")]) -> None:
    """Remove a run's model; its predictions and scores stay."""
    from workbench.experiment import find_model
    from workbench.store import Store

    session: Session = ctx.obj
    record, folder = find_model(Store.open(session.store), run)
    shutil.rmtree(folder)
    session.output.show("model", {"run": record.name, "removed": True})
