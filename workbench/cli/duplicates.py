"""``workbench duplicates``: a sample of what rules on duplicates removed, for people to judge."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.ledger import entries
from workbench.cli.output import Table
from workbench.errors import DataError

if TYPE_CHECKING:
    from workbench.cli.session import Session
    from workbench.types import ExampleTable

app = command_app()


@app.callback(no_args_is_help=True)
def duplicates() -> None:
    """Judge a sample of removed pairs, and see how often removal is right."""


class Judged(StrEnum):
    """What a person can say of a pair; ``none`` takes it back."""

    DUPLICATE = "duplicate"
    DIFFERENT = "different"
    NONE = "none"


@app.command()
def sample(
    ctx: typer.Context,
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="The dataset's name.")],
    size: Annotated[int, typer.Option(min=1, help="How many pairs.")] = 50,
    seed: Annotated[int, typer.Option(help="For another sample.")] = 0,
) -> None:
    """List a seeded sample of removed pairs, and what people found in it."""
    import numpy as np

    from workbench.curate import current, removed_pairs
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    state = current(store, dataset)
    removed = removed_pairs(store, state, size=size, seed=seed)
    wanted = sorted({row for pair in removed.pairs for row in (pair.row, pair.partner)})
    texts = _texts(store.datasets.examples(state.dataset.dataset_id, rows=np.array(wanted, dtype=np.int64)))
    columns = ("example_id", "partner_id", "selector", "similarity", "judgement", "left", "stays")
    rows = [
        (pair.example_id, pair.partner_id, pair.selector, pair.similarity, pair.judgement, texts[pair.row], texts[pair.partner])
        for pair in removed.pairs
    ]
    session.output.show(
        "removed-pairs",
        Table(name="pairs", columns=columns, rows=rows),
        {
            "near": removed.near,
            "copies": removed.copies,
            "judged": removed.judged,
            "right": removed.right,
            "low": removed.low,
            "high": removed.high,
        },
        f"{removed.near:,} rows left for a similar one and {removed.copies:,} for an equal one; {len(rows):,} of the similar ones are shown.",
        _interval(removed.judged, removed.right, removed.low, removed.high),
        "Judge one with: workbench duplicates judge EXAMPLE_ID PARTNER_ID duplicate|different",
    )


@app.command()
def judge(
    ctx: typer.Context,
    example: Annotated[str, typer.Argument(metavar="ID", help="The id of one example, or the beginning of it.")],
    partner: Annotated[str, typer.Argument(metavar="PARTNER", help="The id of the other.")],
    judgement: Annotated[Judged, typer.Argument(help="What they are to one another; none takes it back.")],
    dataset: Annotated[str, typer.Option(help="The dataset, where the ids stand in several.")] = "",
    note: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Say whether two examples are duplicates."""
    from workbench.curate import judge as judge_pair
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    record, row = store.datasets.resolve(example, dataset or None)
    other_record, other = store.datasets.resolve(partner, dataset or None)
    if other_record.dataset_id != record.dataset_id:
        raise DataError(f"the examples are of {record.name!r} and {other_record.name!r}.", expected="two examples of one dataset")
    entry = judge_pair(store, record, row, other, judgement.value, author=session.signature, note=note)
    session.output.show("judge", entries([entry], whole=session.json), "Take it back with: workbench undo")


def _interval(judged: int, right: int, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "Nobody has judged any of them yet."
    return f"{right} of {judged} judged pairs are duplicates: precision {right / judged:.3f}, 95 % interval {low:.3f} to {high:.3f}."


def _texts(examples: ExampleTable) -> dict[int, str]:
    """Row to its roles in one text."""
    table = examples.table.select(["row", *examples.roles]).to_pylist()
    return {
        example.pop("row"): "\n".join(
            f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
            for name, value in example.items()
            if value is not None
        )
        for example in table
    }
