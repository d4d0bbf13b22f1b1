"""``workbench pin``: override the verdict on examples."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.ledger import entries
from workbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.cli.session import Session
    from workbench.store import RowFilter, Store
    from workbench.types import Verdict

app = command_app()


class Pinning(StrEnum):
    """What a pin can say; ``none`` takes the pin off, ``survivor`` is no pin, but lets an example stay for its duplicates."""

    KEEP = "keep"
    DROP = "drop"
    NONE = "none"
    SURVIVOR = "survivor"


@app.command()
def pin(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="[ID]... DECISION", help="Examples, by id or how it begins; then what becomes of them.")],
    dataset: Annotated[str, typer.Option(help="The dataset, where there are several.")] = "",
    note: Annotated[str, typer.Option(help="Why.")] = "",
    verdict: Annotated[str, typer.Option(help="All rows with this verdict: keep, drop or review.")] = "",
    rule: Annotated[str, typer.Option(metavar="RULE", help="All rows that a rule fired on: SELECTOR or SELECTOR.SIGNAL.")] = "",
    text: Annotated[str, typer.Option(help="All rows that contain this text.")] = "",
    match: Annotated[str, typer.Option(metavar="REGEX", help="All rows that this regular expression matches.")] = "",
    label: Annotated[str, typer.Option(metavar="ROLE=VALUE", help="All rows with this label.")] = "",
    source: Annotated[str, typer.Option(help="All rows from this source.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many rows it would decide on, and change nothing.")] = False,
) -> None:
    """Override the verdict on examples: keep, drop, none, or survivor.

    Name examples by id, or choose all rows of a filter; filters combine. One call is one step, which undo takes back.
    """
    from workbench.store import RowFilter, Store

    session: Session = ctx.obj
    *examples, said = words
    if said not in set(Pinning):
        raise DataError(f"An example cannot be pinned {said!r}.", expected="examples, and then keep, drop, none or survivor")
    role, equals, value = label.partition("=")
    if label and not equals:
        raise DataError(f"{label!r} names no label.", expected="ROLE=VALUE")
    chosen = RowFilter(
        verdict=_verdict(verdict),
        rule=rule or None,
        text=text or None,
        pattern=match or None,
        label=(role, value) if label else None,
        source=source or None,
    )
    by_filter = chosen != RowFilter()
    if bool(examples) == by_filter:
        raise DataError(
            "Examples were named by id and by a filter." if examples else "No example was named.",
            expected="ids, or a filter such as --verdict review --rule near-duplicates",
        )
    store = Store.open(session.store)
    name, rows = _filtered(store, dataset, chosen) if by_filter else _named(store, examples, dataset)
    if dry_run or not rows:
        session.output.show("pin-preview", {"dataset": name, "rows": len(rows)}, "Nothing was changed.")
        return
    if said == Pinning.SURVIVOR:
        if len(rows) > 1:
            raise DataError(f"{len(rows):,} examples cannot all stay for one another.", expected="one example")
        entry = store.ledger.survive(name, rows[0], author=session.signature, note=note)
    else:
        entry = store.ledger.pin(name, rows, Pinning(said).value, author=session.signature, note=note, chosen=chosen.given())  # type: ignore[arg-type]
    session.output.show("pin", entries([entry], whole=session.json), "Take it back with: workbench undo")


def _verdict(word: str) -> Verdict | None:
    from workbench.types import Verdict

    if word and word not in set(Verdict):
        raise DataError(f"There is no verdict {word!r}.", expected="keep, drop or review")
    return Verdict(word) if word else None


def _filtered(store: Store, dataset: str, chosen: RowFilter) -> tuple[str, list[int]]:
    """The dataset, and all rows of a filter."""
    from workbench.curate import current, find_dataset

    state = current(store, find_dataset(store, dataset or None).name)
    return state.dataset.name, store.curation.rows(state.decision.verdict_set, chosen).tolist()


def _named(store: Store, examples: Sequence[str], dataset: str) -> tuple[str, list[int]]:
    """The dataset, and the rows of training examples by id."""
    found = [(each, *store.datasets.resolve(each, dataset or None)) for each in examples]
    names = {record.name for _each, record, _row in found}
    if len(names) > 1:
        raise DataError(
            f"These examples stand in several datasets: {', '.join(sorted(names))}.", expected="examples of one", advice="Name it with --dataset."
        )
    record = found[0][1]
    train = set(store.datasets.rows(record.dataset_id, "train").tolist())
    for each, _record, row in found:
        if row not in train:
            given = f"the example {each!r} is not in the train split of {record.name!r}."
            raise DataError(given, expected="a training example: only these are curated")
    return record.name, [row for _each, _record, row in found]
