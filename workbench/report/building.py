"""Puts a report together from what the store holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.answer import answer_section
from workbench.report.charts import draw
from workbench.report.curated import curation_section
from workbench.report.evaluation import evaluation_section
from workbench.report.facts import gather
from workbench.report.imported import data_section
from workbench.report.model import Report, Section
from workbench.report.numbers import cell
from workbench.report.planted import planted_section
from workbench.report.provenance import provenance_section
from workbench.report.reader import StoreReader
from workbench.report.results import comparisons_section, results_section
from workbench.report.text import printable
from workbench.report.training import training_section
from workbench.types import ChartBlock, TableBlock, TextBlock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.report.facts import Facts
    from workbench.store import ExperimentRecord, Store
    from workbench.types import ExperimentReader, ReportSection, Task


def build(store: Store, experiment: ExperimentRecord, *, task: Task | None, sections: Iterable[ReportSection] = (), quote: int = 3) -> Report:
    """Tell what the store knows of one experiment.

    Args:
        store: where everything is read from.
        experiment: a finished one, or one that is under way or failed; what is not there yet is said to be missing.
        task: needed for the recall of planted defects alone; None where its plugin is not installed.
        sections: further sections, of plugins. One that raises or breaks its contract is told in its place and takes nothing else with it.
        quote: how many record texts are quoted at most in one place. With 0 rows are named by id, file and line alone.
    """
    facts = gather(store, experiment)
    parts = [answer_section(facts), data_section(store, facts.dataset, quote=quote)]
    if facts.decision is not None:
        parts.append(curation_section(store, facts.dataset, facts.selector_runs, facts.decision, facts.policy, quote=quote))
        planted = planted_section(store, facts.dataset, task, facts.selector_runs, facts.decision, quote=quote)
        parts += [planted] if planted is not None else []
    evaluation = evaluation_section(store, facts.dataset, quote=quote)
    parts += [evaluation] if evaluation is not None else []
    parts += [training_section(store, facts), results_section(facts), comparisons_section(facts), provenance_section(store, facts)]
    reader = StoreReader(store, experiment)
    parts += [built for section in sections if (built := plugin_section(section, reader)) is not None]
    label = experiment.name if experiment.revision == 1 else f"{experiment.name}@{experiment.revision}"
    return Report(name=label, title=label, subtitle=_subtitle(facts), sections=tuple(parts))


def plugin_section(section: ReportSection, reader: ExperimentReader) -> Section | None:
    """A plugin's section; None where it has nothing to say about this experiment."""
    try:
        if not section.applies_to(reader):
            return None
        blocks = tuple(section.build(reader))
        for block in blocks:
            _check(block)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and the rest of the report is still worth reading
        failed = TextBlock(text=f"This section could not be built: {type(error).__name__}: {error}", style="warning")
        return Section(title=str(getattr(section, "title", type(section).__name__)), blocks=(failed,))
    return Section(title=section.title, blocks=blocks)


def _check(block: object) -> None:
    """Refuse what a renderer could not show, while it is known whose it is."""
    match block:
        case TextBlock():
            printable(block.text)
        case ChartBlock():
            draw(block)
        case TableBlock():
            if any(len(row) != len(block.columns) for row in block.rows):
                raise ValueError(f"the table {block.title!r} has rows of another length than its {len(block.columns)} columns")
            for value in (value for row in block.rows for value in row):
                cell(value)
        case _:
            raise TypeError(f"got a {type(block).__name__}, expected a TextBlock, TableBlock or ChartBlock")


def _subtitle(facts: Facts) -> str:
    experiment = facts.experiment
    finished = f"{experiment.finished:%Y-%m-%d %H:%M} UTC" if experiment.finished else f"begun {experiment.created:%Y-%m-%d %H:%M} UTC"
    runs = len(facts.runs)
    arms = len(facts.arm_names)
    return f"{experiment.task} · {arms} {'arm' if arms == 1 else 'arms'}, {runs} {'run' if runs == 1 else 'runs'} · {experiment.state} · {finished}"
