"""``workbench compare``: paired comparison of runs, or of predictions made elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.output import Table

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()

COLUMNS = ("metric", "a", "b", "effect", "low", "high", "p", "p_adjusted", "n", "seeds", "detectable", "verdict", "method", "family")


@app.command()
def compare(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="A B [...]", help="Runs, evaluated predictions, or EXPERIMENT/ARM for all seeds of an arm.")],
    margin: Annotated[float, typer.Option(help="The effect that is as good as none: 0.01 is one point, or 1 % on open scales.")] = 0.01,
    resamples: Annotated[int, typer.Option(min=100, help="Bootstrap resamples.")] = 10_000,
) -> None:
    """Compare each with the first, on the same evaluation examples.

    One that has no effect beyond the margin is as good; one whose interval is too wide to tell is inconclusive.
    """
    from workbench.experiment import compare_named
    from workbench.store import Store

    session: Session = ctx.obj
    if len(names) < 2:
        raise typer.BadParameter("give two names at least")
    rows = compare_named(Store.open(session.store), session.host, names, margin=margin, resamples=resamples).to_pylist()
    session.output.show(
        "comparison",
        Table(name="comparisons", columns=COLUMNS, rows=[tuple(each[column] for column in COLUMNS) for each in rows]),
        "The effect is b minus a; the verdict is said of b.",
    )
