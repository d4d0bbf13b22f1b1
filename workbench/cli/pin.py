"""``workbench pin``: override the verdict on an example."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.ledger import entries
from workbench.errors import DataError

if TYPE_CHECKING:
    from workbench.cli.session import Session

app = command_app()


class Pinning(StrEnum):
    """What a pin can say; ``none`` takes the pin off."""

    KEEP = "keep"
    DROP = "drop"
    NONE = "none"


@app.command()
def pin(
    ctx: typer.Context,
    example: Annotated[str, typer.Argument(metavar="ID", help="The example's id, or the beginning of it.")],
    decision: Annotated[Pinning, typer.Argument(help="What becomes of it; none takes the pin off.")],
    dataset: Annotated[str, typer.Option(help="The dataset, where the id stands in several.")] = "",
    note: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Override the verdict on an example: keep, drop or none."""
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    record, row = store.datasets.resolve(example, dataset or None)
    if row not in store.datasets.rows(record.dataset_id, "train"):
        given = f"the example {example!r} is not in the train split of {record.name!r}."
        raise DataError(given, expected="a training example: only these are curated")
    entry = store.ledger.pin(record.name, [row], decision.value, author=session.signature, note=note)
    session.output.show("pin", entries([entry]), "Take it back with: workbench undo")
