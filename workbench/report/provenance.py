"""The section on how the results came about: time, model, budget, components, and the recipe as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.model import Section
from workbench.report.numbers import duration, share
from workbench.types import TableBlock, TextBlock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.facts import Facts
    from workbench.store import Store
    from workbench.types import Block


def provenance_section(store: Store, facts: Facts) -> Section:
    """Everything that is needed to judge the experiment and to do it again."""
    judged = judged_on_same(store, facts)
    times = "once" if judged == 1 else f"{judged} times"
    told = (
        f"Experiments in this store have been judged on these evaluation examples {times}. "
        "The more often an evaluation set decides, the less a good result on it means."
    )
    times_of_steps = _times(facts)
    blocks: list[Block] = [times_of_steps, *_plan(facts), TextBlock(text=told), _components(facts), *_signatures(facts)]
    recipe = TextBlock(text=facts.experiment.recipe or "(none)", style="verbatim")
    blocks += [TextBlock(text="The recipe, as it was written:"), recipe]
    return Section(title="How it was done", blocks=tuple(blocks), brief=(times_of_steps,))


def judged_on_same(store: Store, facts: Facts) -> int:
    """How many experiments of this store have finished runs on the same evaluation examples, this one among them."""
    finished = {run.experiment_id for run in store.experiments.runs() if run.state == "finished" and run.experiment_id is not None}
    users = [record for record in store.experiments.list() if record.experiment_id in finished]
    mine = facts.dataset.dataset_id
    versions = {record.dataset_id: record for record in store.datasets.list()}
    size = facts.dataset.splits.get("eval", 0)
    alike = [number for number in {record.dataset_id for record in users} - {mine} if versions[number].splits.get("eval", 0) == size]
    content = _eval_content(store, mine) if alike else []
    same = {mine, *(number for number in alike if _eval_content(store, number) == content)}
    return sum(record.dataset_id in same for record in users)


def _eval_content(store: Store, dataset_id: int) -> list[str]:
    return sorted(store.datasets.examples(dataset_id, split="eval").texts("content_hash"))


def _times(facts: Facts) -> TableBlock:
    total = sum(facts.experiment.steps.values())
    rows = [(step, duration(seconds), share(seconds, total)) for step, seconds in facts.experiment.steps.items()]
    rows.append(("all steps", duration(total), share(total, total)))
    return TableBlock(title="Time of each step", columns=("step", "time", "of all"), rows=tuple(rows))


def _plan(facts: Facts) -> list[Block]:
    """How the runs were trained; what differs between them shows all of its values."""
    plans = [run.plan for run in facts.runs if run.plan]
    machines = [run.environment for run in facts.runs if run.environment]
    rows = [*_merged(plans), *((f"machine: {name}", value) for name, value in _merged(machines))]
    return [TableBlock(title="Model and plan", columns=("what", "value"), rows=tuple(rows))] if rows else []


def _merged(mappings: list[Mapping[str, object]]) -> list[tuple[str, str]]:
    """Each key with its distinct values, without those that are empty or name folders of one machine."""
    names = dict.fromkeys(name for mapping in mappings for name in mapping if name != "assets")
    merged = []
    for name in names:
        values = list(dict.fromkeys(_in_words(mapping.get(name)) for mapping in mappings))
        if any(values):
            merged.append((name.replace("_", " "), " / ".join(value or "none" for value in values)))
    return merged


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(str(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _components(facts: Facts) -> TableBlock:
    """What made the results, and which distribution it came from; as it was then, whether or not it is still installed."""
    made: dict[tuple[str, ...], None] = {("task", facts.experiment.task, "", "", ""): None}
    for run in facts.selector_runs:
        made["selector", run.selector, run.version, run.distribution, run.distribution_version] = None
    for record in facts.runs:
        made["adapter", record.adapter, record.version, record.distribution, record.distribution_version] = None
    for score in facts.scores:
        made["metric", score.metric, score.version, score.distribution, score.distribution_version] = None
    return TableBlock(
        title="Components",
        columns=("kind", "component", "version", "distribution", "its version"),
        rows=tuple(tuple(row) for row in made),
    )


def _signatures(facts: Facts) -> list[Block]:
    signatures = dict.fromkeys((facts.metrics[score.metric].name, score.signature) for score in facts.scores)
    return [TableBlock(title="Metric signatures", columns=("metric", "signature"), rows=tuple(signatures))] if signatures else []
