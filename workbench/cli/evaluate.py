"""``workbench evaluate``: score predictions that were made elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.output import Table

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


@app.command()
def evaluate(
    ctx: typer.Context,
    task: Annotated[str, typer.Option(help="The task whose metrics are computed.")],
    references: Annotated[str, typer.Option(metavar="FILE", help="The evaluation examples, in any format that a recipe reads.")],
    predictions: Annotated[Path, typer.Option(metavar="FILE", help="A JSON object of id to text, JSON Lines, or one prediction a line.")],
    name: Annotated[str, typer.Option(help="What to call the predictions. [default: the file's stem]")] = "",
    key: Annotated[str, typer.Option(help="The column of the references with the ids that the predictions go by.")] = "",
    field: Annotated[list[str], typer.Option(metavar="ROLE=COLUMN", help="The column of a role; may be repeated.")] = [],  # noqa: B006 - typer copies it
    metric: Annotated[list[str], typer.Option(help="A metric; may be repeated. [default: the task's]")] = [],  # noqa: B006 - typer copies it
) -> None:
    """Score a file of predictions; needs no model."""
    from workbench.cli.data import role_columns
    from workbench.experiment import evaluate_file
    from workbench.store import Store

    session: Session = ctx.obj
    component = session.host.task(task)
    metrics = [session.host.metric(each, task=component.id) for each in (metric or component.value.metrics)]
    run = evaluate_file(
        Store.create(session.store),
        component,
        metrics,
        references=references,
        predictions=predictions,
        name=name or predictions.name.partition(".")[0],
        fields=role_columns(field),
        key=key or None,
    )
    scores = Store.open(session.store).results.scores(run_id=run.run_id).to_pylist()
    columns = ("metric", "value", "n", "not_scored", "stray", "signature")
    session.output.show(
        "evaluation",
        {"name": run.name, "task": component.id},
        Table(name="scores", columns=columns, rows=[tuple(each[column] for column in columns) for each in scores]),
    )
