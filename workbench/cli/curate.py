"""``workbench curate``: the curation half of a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.output import Table
from workbench.cli.progress import Steps

if TYPE_CHECKING:
    from workbench.cli.session import Session
    from workbench.experiment import Curated
    from workbench.store import Store

app = command_app()


@app.command()
def curate(ctx: typer.Context, recipe: Annotated[Path, typer.Argument(help="The recipe, a YAML file.")]) -> None:
    """Import, score and decide: the curation half of a recipe, without training."""
    from workbench.experiment import curate as curate_recipe
    from workbench.experiment import read_recipe, resolve
    from workbench.store import Store

    session: Session = ctx.obj
    read, located, text = read_recipe(recipe)
    plan = resolve(read, session.host, located=located, text=text)
    store = Store.create(session.store)
    done = curate_recipe(store, plan, recipe.parent, author=session.signature, progress=Steps(session.output))
    counts, dataset = done.decision.counts, done.dataset
    session.output.show(
        "curation",
        {
            "dataset": dataset.name,
            "version": dataset.version,
            "policy": f"{done.policy.name}@{done.policy.version}",
            **({"alarms": "; ".join(counts.alarms)} if counts.alarms else {}),
        },
        f"{dataset.read:,} read = {dataset.imported:,} imported + {dataset.rejected:,} rejected",
        f"{counts.imported:,} imported for training = {counts.kept:,} kept + {counts.dropped:,} dropped + {counts.review:,} review",
        Table(
            name="rules",
            title="Rules",
            columns=("signal", "action", "rule", "fired", "only"),
            rows=[(rule.signal, rule.action, rule.rule, rule.fired, rule.only) for rule in counts.rules],
        ),
        *_eval(store, done),
        "Look at them with: workbench dashboard",
    )


def _eval(store: Store, done: Curated) -> list[str | Table]:
    """What is suspected of the evaluation split, which no rule acts on."""
    from workbench.curate import limits

    check = done.eval_check
    if check is None:
        return []
    fired = [(rule.rule, rule.about, rule.sure, rule.fired) for rule in check.rules if rule.fired]
    table = Table(name="evaluation", title="The evaluation split, which no rule acts on", columns=("rule", "about", "sure", "fired"), rows=fired)
    return [*(f"{each}." for each in limits(store, check)), *([table] if fired else [])]
