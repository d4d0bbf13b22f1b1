"""``workbench explain``: all that is known of one example."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.output import Table

if TYPE_CHECKING:
    from workbench.cli.session import Session
    from workbench.curate import Explanation

app = command_app()


@app.command()
def explain(
    ctx: typer.Context,
    example: Annotated[str, typer.Argument(metavar="ID", help="The example's id, or the beginning of it.")],
    dataset: Annotated[str, typer.Option(help="The dataset, where the id stands in several.")] = "",
) -> None:
    """Tell why an example has its verdict, and where it took part."""
    from workbench.curate import current
    from workbench.curate import explain as explain_example
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    record, row = store.datasets.resolve(example, dataset or None)
    state = current(store, record.name)
    explanation = explain_example(store, record, row, state.runs, state.decision)
    session.output.show("explain", _fields(explanation), *_tables(explanation))


def _fields(explanation: Explanation) -> dict[str, object]:
    roles = {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for name, value in explanation.roles.items()}
    return {
        "example_id": explanation.example_id,
        "dataset": explanation.dataset,
        "split": explanation.split,
        "source": explanation.source,
        "verdict": explanation.verdict or "none: only train is curated",
        "pin": explanation.pin,
        **roles,
    }


def _tables(explanation: Explanation) -> tuple[Table, ...]:
    return (
        Table(
            name="signals",
            title="Every signal, and the rules on it",
            columns=("signal", "value", "rules", "fired", "version"),
            rows=[(each.signal, each.value, ", ".join(each.rules), ", ".join(each.fired), each.version) for each in explanation.signals],
        ),
        Table(
            name="findings",
            title="Findings",
            columns=("signal", "reason", "spans", "partners", "text", "other_text"),
            rows=[
                (
                    each.signal,
                    each.reason,
                    ", ".join(f"{role} {start}-{end}" for role, start, end in each.spans),
                    ", ".join(each.partners),
                    " ".join(f"⟦{_part(explanation.roles.get(role), start, end)}⟧" for role, start, end in each.spans),
                    each.other.marked if each.other else "",
                )
                for each in explanation.findings
            ],
        ),
        Table(
            name="partners",
            title="Partners",
            columns=("example_id", "signal", "kind", "similarity", "stays"),
            rows=[(each.example_id, each.signal, each.kind, each.similarity, each.survives) for each in explanation.partners],
        ),
        Table(
            name="took_part",
            title="Runs that trained on it",
            columns=("experiment", "arm", "seed"),
            rows=list(explanation.took_part),
        ),
    )


def _part(value: object, start: int, end: int) -> str:
    """The text of a span, where the role is a text."""
    return value[start:end] if isinstance(value, str) else ""
