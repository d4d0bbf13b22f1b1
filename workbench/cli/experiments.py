"""What ``run`` and ``demo`` share: doing an experiment, printing what came out, and writing its report."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.progress import Steps
from workbench.errors import RunError

if TYPE_CHECKING:
    from workbench.cli.session import Session
    from workbench.experiment import Plan
    from workbench.report import Report
    from workbench.store import ExperimentRecord, Store

REPORTS = Path("reports") / "out"
"""Where reports go unless the user says otherwise."""


def perform(session: Session, plan: Plan, base: Path, *, store_file: Path, to: Path) -> None:
    """Do what the plan says and is not done yet, print it, and write the report.

    Raises:
        RunError: where a run failed; all others are done and reported then.
    """
    from workbench.experiment import run
    from workbench.store import Store

    store = Store.create(store_file)
    progress = Steps(session.output)
    outcome = run(store, plan, base, author=session.signature, progress=progress)
    if outcome.repeated:
        session.output.say(f"{outcome.repeated} runs were finished already and are not repeated.")
    progress.begin("report")
    report = build_report(session, store, outcome.experiment)
    files = write_report(report, to)
    progress.end()
    print_report(session, report, files, store_file)
    if outcome.failed:
        names = "; ".join(f"{each.name}: {each.error}" for each in outcome.failed)
        advice = "The others are finished. The same command tries the failed ones again."
        raise RunError(f"{len(outcome.failed)} runs failed: {names}", advice=advice) from outcome.error


def build_report(session: Session, store: Store, experiment: ExperimentRecord, *, quote: int = 3) -> Report:
    """The report of an experiment, with what plugins have to add."""
    from workbench.errors import WorkbenchError
    from workbench.report import build

    try:
        task = session.host.task(experiment.task).value
    except WorkbenchError:
        task = None  # the plugin is gone; what the store holds is shown without it
    sections = [component.value for component in session.host.report_sections()]
    return build(store, experiment, task=task, sections=sections, quote=quote)


def write_report(report: Report, to: Path, formats: tuple[str, ...] = ("html", "md")) -> list[Path]:
    """Write the report's files."""
    from workbench.report import write

    return write(report, to, formats)


def print_report(session: Session, report: Report, files: list[Path], store_file: Path) -> None:
    """Print the report, in brief unless the user wants to know more, and where everything is."""
    from rich.console import Console

    from workbench.cli._blocks import print_report as print_blocks

    dashboard = f"workbench dashboard --store {shlex.quote(str(store_file))}"
    where = {"store": str(store_file), "report": [str(file) for file in files], "dashboard": dashboard}
    if session.json:
        import dataclasses

        sections = [{"title": each.title, "blocks": [dataclasses.asdict(block) for block in each.blocks]} for each in report.sections]
        session.output.show("report", {"title": report.title, "sections": sections, **where})
        return
    print_blocks(Console(file=session.output.out, highlight=False), report, brief=not session.verbose)
    session.output.show("report", "", where)
