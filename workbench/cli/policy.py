"""``workbench policy``: what decides, in versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.ledger import entries
from workbench.cli.output import Table
from workbench.errors import DataError

if TYPE_CHECKING:
    from workbench.cli.session import Session
    from workbench.curate import Preview
    from workbench.store import PolicyRecord, Store
    from workbench.types import Policy

app = command_app()

_REFERENCE = "NAME for the version applied last, NAME@N, or a YAML file of rules."
_DATASET = "The dataset, where there are several."


@app.callback(no_args_is_help=True)
def policy() -> None:
    """List, show, compare, apply and export policies."""


@app.command("list")
def list_policies(ctx: typer.Context, dataset: Annotated[str, typer.Option(help="Only policies of this dataset.")] = "") -> None:
    """List all versions, and which is in force."""
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    records = store.ledger.policies(dataset or None)
    in_force = {name: store.ledger.in_force(name) for name in {record.dataset for record in records}}
    columns = ("dataset", "name", "version", "in_force", "rules", "author", "created")
    created = [each.created.isoformat(timespec="seconds") for each in records]
    rows = [
        (each.dataset, each.name, each.version, each == in_force[each.dataset], len(each.policy.rules), each.author, time)
        for each, time in zip(records, created, strict=True)
    ]
    session.output.show("policies", Table(name="policies", columns=columns, rows=rows))


@app.command()
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="NAME or NAME@N. [default: the policy in force]")] = "",
    dataset: Annotated[str, typer.Option(help=_DATASET)] = "",
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it to a YAML file, which policy apply and a recipe's policy: read.")] = None,
) -> None:
    """Show a policy as YAML, or write it to a file."""
    from workbench.curate import find_dataset, find_policy, to_plain, write_policy
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    record = find_policy(store, find_dataset(store, dataset or None).name, name or None)
    text = write_policy(record.policy, heading=f"{record.name}@{record.version} of the dataset {record.dataset}, by {record.author}")
    if to is not None:
        _write(to, text)
    about = {"dataset": record.dataset, "name": record.name, "version": record.version}
    session.output.show("policy", {**about, "policy": to_plain(record.policy)} if session.json else text)


@app.command()
def diff(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(help=_REFERENCE)],
    second: Annotated[str, typer.Argument(help="The other. [default: the policy in force]")] = "",
    dataset: Annotated[str, typer.Option(help=_DATASET)] = "",
) -> None:
    """Tell what two policies say differently, and what that comes to."""
    from workbench.curate import diff_policies, find_dataset
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    name = find_dataset(store, dataset or None).name
    before, after = (_named(store, name, each) for each in (first, second))
    rows = [(each.what, each.before, each.after) for each in diff_policies(before, after)]
    changes = Table(name="changes", columns=("what", "before", "after"), rows=rows)
    preview = _preview(store, name, before, after)
    session.output.show("policy-diff", changes, *(_told(preview) if preview else ()), *([] if rows else ["They say the same."]))


@app.command()
def apply(
    ctx: typer.Context,
    policy: Annotated[str, typer.Argument(help=_REFERENCE)],
    dataset: Annotated[str, typer.Option(help=_DATASET)] = "",
    source: Annotated[str, typer.Option("--from", metavar="DATASET", help="Copy the policy of another dataset.")] = "",
    name: Annotated[str, typer.Option(help="What to call it here. [default: as it is called there]")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would come to, and change nothing.")] = False,
) -> None:
    """Let a policy decide from now on; a step that undo takes back."""
    from workbench.curate import find_dataset, is_file
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    target = find_dataset(store, dataset or None).name
    chosen = _named(store, source or target, policy)
    preview = _preview(store, target, None, chosen)
    told = _told(preview) if preview else ("No selector has scored this dataset yet.",)
    if dry_run:
        session.output.show("policy-preview", *told, "Nothing was changed.")
        return
    own = name or (Path(policy).stem if is_file(policy) else policy.partition("@")[0])
    record = _apply(store, session.signature, target, own, chosen, stored="" if source or name or is_file(policy) else policy)
    about = {"dataset": target, "policy": f"{record.name}@{record.version}"}
    listed = entries(store.ledger.log(dataset=target, limit=1), whole=session.json)
    session.output.show("policy-applied", about, listed, *told, "Take it back with: workbench undo")


@app.command()
def agreement(ctx: typer.Context, dataset: Annotated[str, typer.Option(help=_DATASET)] = "") -> None:
    """Tell how often people overrule each selector, and which thresholds would agree with their pins best."""
    from workbench.curate import Material, best_thresholds, deciding, find_dataset, newest_runs, overruled
    from workbench.store import Store

    session: Session = ctx.obj
    store = Store.open(session.store)
    record, runs = newest_runs(store, find_dataset(store, dataset or None).name)
    material, policy, number = Material(store, record.dataset_id, runs), deciding(store, record.name, runs), store.ledger.number()
    judged = [
        (each.selector, each.flagged, each.judged, each.overruled, each.share, each.low, each.high) for each in overruled(material, policy, number)
    ]
    best = [
        (each.signal, each.action, each.operator, each.threshold, each.agreed, each.best, each.best_agreed, each.judged)
        for each in best_thresholds(material, policy, number)
    ]
    session.output.show(
        "agreement",
        Table(
            name="overruled",
            title="Selectors, as people see them",
            columns=("selector", "flagged", "judged", "overruled", "share", "low", "high"),
            rows=judged,
        ),
        Table(
            name="thresholds",
            title="Thresholds",
            columns=("signal", "action", "operator", "threshold", "agrees", "best", "best_agrees", "judged"),
            rows=best,
        ),
        "Shares are of the rows that people judged, with 95 % intervals; pins made by filter count every row.",
    )


def _apply(store: Store, author: str, dataset: str, name: str, policy: Policy, *, stored: str) -> PolicyRecord:
    """Apply the stored version that is named as ``stored``, or a policy as a new version of ``name``."""
    from workbench.curate import find_policy

    if not stored:
        return store.ledger.put_policy(dataset, name, policy, author=author)
    record = find_policy(store, dataset, stored)
    if store.ledger.in_force(dataset) != record:
        store.ledger.apply_policy(dataset, record.name, record.version, author=author)
    return record


def _named(store: Store, dataset: str, reference: str) -> Policy:
    from workbench.curate import find_policy, is_file, read_policy

    return read_policy(Path(reference)) if is_file(reference) else find_policy(store, dataset, reference or None).policy


def _preview(store: Store, name: str, before: Policy | None, after: Policy) -> Preview | None:
    """What a policy would come to beside another, or beside the one in force; None where nothing was scored."""
    from workbench.curate import Material, deciding, newest_runs, what_if

    dataset, runs = newest_runs(store, name)
    if not runs:
        return None
    return what_if(Material(store, dataset.dataset_id, runs), before or deciding(store, name, runs), after)


def _told(preview: Preview) -> tuple[Table | dict[str, object] | str, ...]:
    before, after = preview.before, preview.after
    fields: dict[str, object] = {
        "imported": after.imported,
        "kept": after.kept,
        "dropped": after.dropped,
        "review": after.review,
        "kept_before": before.kept,
        "dropped_before": before.dropped,
        "review_before": before.review,
        "changed": preview.changed,
    }
    moves = [(str(one), str(other), rows) for (one, other), rows in preview.moves.items()]
    rules = [(each.signal, each.action, each.rule, each.fired, each.only) for each in after.rules]
    return (
        fields,
        Table(name="rules", title="Rules", columns=("signal", "action", "rule", "fired", "only"), rows=rules),
        Table(name="moves", title="Rows that change", columns=("before", "after", "rows"), rows=moves),
    )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path} could not be written: {error.strerror}.", expected="a place that can be written to") from error
