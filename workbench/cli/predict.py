"""``workbench predict``: what a run's model says of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


@app.command()
def predict(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's name or number.")],
    file: Annotated[str, typer.Argument(help="Examples, in any format that a recipe reads.")],
    to: Annotated[Path, typer.Option(help="The JSON Lines file to write.")] = Path("predictions.jsonl"),
) -> None:
    """Predict the examples of a file with a run's model."""
    from workbench.experiment import predict_file
    from workbench.store import Store

    session: Session = ctx.obj
    done = predict_file(Store.open(session.store), session.host, run, file, to)
    session.output.show(
        "predictions",
        {"run": run, "file": str(to), "read": done.read, "predicted": done.predicted, "rejected": done.rejected},
        f"{done.read:,} read = {done.predicted:,} predicted + {done.rejected:,} rejected",
    )
