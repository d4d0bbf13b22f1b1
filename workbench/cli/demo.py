"""``workbench demo``: the whole loop on the documentation inside the running Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.experiments import REPORTS, perform
from workbench.cli.lazy import command_app
from workbench.errors import PluginError

if TYPE_CHECKING:
    from workbench.cli.session import Session
    from workbench.types import Task

app = command_app()

ARMS = ("raw", "curated", "random")
SEEDS = (0, 1, 2)
RATES = {"sequence-classification": 400.0, "span-qa": 120.0, "seq2seq": 70.0, "causal": 90.0}
"""Training examples per second of the scratch models on two cores, by head; rounded down from measurements."""
BUDGETS = {"sequence-classification": 220.0}
"""Seconds of training that the demo of a task plans with."""
OTHER_BUDGET = 360.0
QUICK_BUDGET = 15.0
SMALLEST = 200


@app.command()
def demo(
    ctx: typer.Context,
    task: Annotated[str, typer.Option(help="The task: classification, qa, summarization, generation, or one of a plugin.")] = "classification",
    quick: Annotated[bool, typer.Option("--quick", help="One seed and few rows, in under a minute. Proves nothing.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Decides which defects are planted where.")] = 0,
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where the report goes.")] = REPORTS,
) -> None:
    """Show the whole loop on the documentation of this Python: plant defects, find them, and see what that was worth.

    Needs no network and no GPU. The same demo again finds its runs done.
    """
    from workbench.experiment import recipe_from_text, resolve

    session: Session = ctx.obj
    component = session.host.task(task)
    if component.value.sample is None:
        advice = "Run a recipe on your own data: workbench run RECIPE"
        raise PluginError(f"the task {task!r} has no sample.", expected="a task with one", advice=advice)
    head = session.host.adapter(component.value.adapter, task=component.id).value.head
    text = _recipe(component.id, component.value, head, quick=quick, seed=seed)
    recipe, located = recipe_from_text(text, "the demo's recipe")
    plan = resolve(recipe, session.host, located=located, text=text)
    session.output.say(_announcement(head, text, quick=quick))
    perform(session, plan, Path(), store_file=session.store, to=to)


def _recipe(task_id: str, task: Task, head: str, *, quick: bool, seed: int) -> str:
    """The recipe of the demo, as a person would write it: rows follow from the time that training may take."""
    from workbench.curate import format_rule

    seeds = SEEDS[:1] if quick else SEEDS
    epochs = task.epochs
    size = max(SMALLEST, int(_budget(head, quick=quick) * RATES.get(head, 60.0) / (len(ARMS) * len(seeds) * epochs)))
    rules = [f'  {item.signal}: {{{item.rule.action.value}: "{format_rule(item.rule)}"}}' for item in task.sample_policy]
    name = f"demo-{task.name}" + ("-quick" if quick else "") + (f"-seed-{seed}" if seed else "")
    lines = [
        f"name: {name}",
        f"task: {task_id}",
        f"data: {{sample: {{size: {size}, seed: {seed}}}, validation: {{share: 0.1}}}}",
        *(["policy:", *rules] if rules else []),
        f"finetune: {{epochs: {epochs:g}}}",
        f"compare: {{arms: [{', '.join(ARMS)}], seeds: [{', '.join(map(str, seeds))}], resamples: 2000}}",
    ]
    return "\n".join(lines) + "\n"


def _budget(head: str, *, quick: bool) -> float:
    return QUICK_BUDGET if quick else BUDGETS.get(head, OTHER_BUDGET)


def _announcement(head: str, text: str, *, quick: bool) -> str:
    rate = RATES.get(head, 60.0)
    lines = [
        f"Planned for {_budget(head, quick=quick):g} s of training at {rate:g} examples a second on two cores; rows and steps follow from that:",
        text,
    ]
    if quick:
        lines.append("One seed and few rows: this shows how it works and proves nothing.")
    return "\n".join(lines)
