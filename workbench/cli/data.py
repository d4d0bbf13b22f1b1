"""``workbench data``: the datasets in the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from workbench.cli.lazy import command_app
from workbench.cli.output import Table
from workbench.errors import DataError

if TYPE_CHECKING:
    from workbench.cli.session import Session
    from workbench.curate import FormatName

app = command_app()


@app.callback(no_args_is_help=True)
def data() -> None:
    """List, show, import, export, remove and compact datasets; forget an example."""


@app.command("list")
def list_datasets(ctx: typer.Context) -> None:
    """List the datasets, the newest version of each first."""
    from workbench.store import Store

    session: Session = ctx.obj
    columns = ("name", "version", "task", "read", "imported", "rejected", "splits", "created")
    rows = [
        (
            each.name,
            each.version[:12],
            each.task,
            each.read,
            each.imported,
            each.rejected,
            ", ".join(f"{split} {count:,}" for split, count in each.splits.items()),
            each.created.isoformat(timespec="seconds"),
        )
        for each in Store.open(session.store).datasets.list()
    ]
    session.output.show("datasets", Table(name="datasets", columns=columns, rows=rows))


@app.command()
def show(ctx: typer.Context, name: Annotated[str, typer.Argument(help="The dataset's name.")]) -> None:
    """Show a dataset: its counts, and the rows that were set aside."""
    from workbench.curate import find_dataset
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    record = find_dataset(store, name)
    rejected = store.datasets.rejected(record.dataset_id).to_pylist()
    session.output.show(
        "dataset",
        {
            "name": record.name,
            "version": record.version,
            "task": record.task,
            "source": record.source,
            "license": record.license,
            "read": record.read,
            "imported": record.imported,
            "rejected": record.rejected,
            **{f"split_{split}": count for split, count in record.splits.items()},
        },
        Table(
            name="rejected_rows",
            title="Rows that were set aside",
            columns=("file", "line", "reason", "excerpt"),
            rows=[(each["file"], each["line"], each["reason"], each["excerpt"]) for each in rejected],
        ),
    )


@app.command("import")
def import_file(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="A file, a glob, a directory, or hf://owner/name@split.")],
    task: Annotated[str, typer.Option(help="The task that reads it.")],
    name: Annotated[str, typer.Option(help="What to call it. [default: the file's stem]")] = "",
    key: Annotated[str, typer.Option(help="The column with your own ids.")] = "",
    field: Annotated[list[str], typer.Option(metavar="ROLE=COLUMN", help="The column of a role; may be repeated.")] = [],  # noqa: B006 - typer copies it
) -> None:
    """Import a file as the train split of a dataset."""
    from workbench.experiment import import_file as import_into
    from workbench.store import Store

    session: Session = ctx.obj
    name = name or Path(file).name.partition(".")[0]
    if not name or not set("*?[").isdisjoint(name):
        raise DataError(f"{file!r} gives the dataset no name.", expected="one, such as --name reviews")
    record = import_into(
        Store.create(session.store),
        session.host.task(task),
        file,
        name=name,
        fields=role_columns(field),
        key=key or None,
    )
    session.output.show(
        "dataset",
        {"name": record.name, "version": record.version, "read": record.read, "imported": record.imported, "rejected": record.rejected},
        f"{record.read:,} read = {record.imported:,} imported + {record.rejected:,} rejected",
    )


@app.command()
def export(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The dataset's name.")],
    to: Annotated[Path, typer.Option(help="The file to write; a folder for the format datasets.")],
    format: Annotated[str, typer.Option(help="jsonl, parquet, datasets, messages, alpaca, sharegpt or squad. [default: by the suffix]")] = "",  # noqa: A002 - the word users know
    quote: Annotated[int, typer.Option(min=0, help="How many examples the data card quotes for each reason.")] = 3,
) -> None:
    """Write what the policy keeps, with a manifest and a data card beside it."""
    from workbench.curate import by_suffix, current
    from workbench.curate import export as export_to
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    done = export_to(store, current(store, name), to, format=cast("FormatName", format or by_suffix(to)), quote=quote)
    session.output.show(
        "export",
        {"file": str(done.path), "manifest": str(done.manifest), "card": str(done.card)},
        {"imported": done.imported, "written": done.written, "left_out": done.left_out},
        f"{done.imported:,} imported = {done.written:,} written + {done.left_out:,} left out",
    )


@app.command()
def remove(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The dataset's name.")],
    force: Annotated[bool, typer.Option("--force", help="Remove it although experiments used it.")] = False,
) -> None:
    """Remove a dataset, all its versions and everything derived from it."""
    from workbench.store import Store

    session: Session = ctx.obj
    session.output.show("removed", {"name": name, "versions": Store.open(session.store).datasets.remove(name, force=force)})


@app.command()
def forget(
    ctx: typer.Context,
    example: Annotated[str, typer.Argument(metavar="ID", help="The example's id, or the beginning of it.")],
    reason: Annotated[str, typer.Option(help="Why; the history keeps it.")],
    dataset: Annotated[str, typer.Option(help="The dataset, where the id stands in several.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it; nothing brings it back.")] = False,
) -> None:
    """Erase an example for good, such as personal data.

    Its text, scores, evidence and predictions go from all versions of all datasets, and the file is written anew. The history keeps its hash.
    """
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    record, row = store.datasets.resolve(example, dataset or None)
    if not yes:
        raise DataError(f"This erases {example!r} of {record.name!r} for good.", expected="--yes", advice="Undo does not bring it back.")
    done = store.forget(record.dataset_id, row, author=session.signature, reason=reason)
    before, after = store.compact()
    stay = [f"Models that were trained on it stay; remove them with: workbench model remove {name}" for name in done.models]
    alike = [f"Examples that are much like it stay: {', '.join(done.similar)}"] if done.similar else []
    session.output.show(
        "forgotten",
        {"rows": done.rows, "ledger_number": done.entry.number, "similar": list(done.similar), "models": list(done.models)},
        {"bytes_before": before, "bytes_after": after},
        *alike,
        *stay,
        "Exports and reports that were written before may still quote it.",
    )


@app.command()
def compact(ctx: typer.Context) -> None:
    """Write the store's file anew, without the room of what was removed.

    Everybody else waits for as long as that takes.
    """
    from workbench.store import Store

    session: Session = ctx.obj
    before, after = Store.open(session.store).compact()
    session.output.show("compacted", {"bytes_before": before, "bytes_after": after})


def role_columns(pairs: list[str]) -> dict[str, str]:
    """The columns of roles that ``ROLE=COLUMN`` options name."""
    columns = {}
    for text in pairs:
        role, equals, column = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"{text!r} is no ROLE=COLUMN")
        columns[role] = column
    return columns
