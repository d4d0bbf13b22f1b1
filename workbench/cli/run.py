"""``workbench run``: a recipe from its data to its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.experiments import REPORTS, perform
from workbench.cli.lazy import command_app
from workbench.cli.output import Table
from workbench.cli.progress import Steps

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


@app.command()
def run(
    ctx: typer.Context,
    recipe: Annotated[Path, typer.Argument(help="The recipe, a YAML file.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and do nothing but read the data.")] = False,
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where the report goes.")] = REPORTS,
) -> None:
    """Curate, fine-tune every arm with every seed, evaluate, compare and report.

    Started again, it goes on where it was.
    """
    from workbench.experiment import dry_run as estimate
    from workbench.experiment import read_recipe, resolve, weighted_by

    session: Session = ctx.obj
    read, located, text = read_recipe(recipe)
    plan = resolve(read, session.host, located=located, text=text)
    if not dry_run:
        perform(session, plan, recipe.parent, store_file=session.store, to=to)
        return
    from workbench.finetune import environment

    found = estimate(plan, recipe.parent, environment(), progress=Steps(session.output))
    session.output.show(
        "dry-run",
        {"rows": found.rows, "rejected": found.rejected, "runs": found.runs, "steps_per_run": found.steps, "disk_bytes": found.disk},
        {"minutes": found.minutes},
        Table(
            name="arms",
            title="Arms",
            columns=("arm", "seeds", "weights"),
            rows=[(arm, len(read.compare.seeds), weighted_by(plan, arm) or "") for arm in read.compare.arms],
        ),
        "Minutes are an estimate from a few training steps on this machine. Nothing was written.",
    )
