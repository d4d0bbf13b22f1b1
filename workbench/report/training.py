"""The section on what was trained, on how much, and what failed."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from workbench.report.model import Section
from workbench.report.numbers import MISSING, duration, fixed, share
from workbench.report.text import excerpt
from workbench.types import ChartBlock, TableBlock, TextBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.report.facts import Facts
    from workbench.store import RunRecord, Store
    from workbench.types import Block


def training_section(store: Store, facts: Facts) -> Section:
    """Arms with their rows, seeds and steps; what the models were shown; how the loss went; which runs failed and why."""
    failed = [run for run in facts.runs if run.state == "failed"]
    blocks: list[Block] = [TextBlock(text=_budget(facts))]
    if failed:
        told = f"{len(failed)} of {len(facts.runs)} runs failed. The results are about the others."
        table = TableBlock(title="Failed runs", columns=("run", "why"), rows=tuple((run.name, excerpt(run.error, 600)) for run in failed))
        blocks += [TextBlock(text=told, style="bad"), table]
    blocks.append(_arms(facts))
    return Section(title="Arms and training", blocks=(*blocks, *_audits(store, facts), *_losses(store, facts)), brief=tuple(blocks))


def examples_seen(rows: int, steps: int, batch_size: int) -> int:
    """Training examples that so many optimizer steps go through, where the last batch of an epoch is what is left of it."""
    if not rows or not batch_size:
        return 0
    per_epoch = -(-rows // batch_size)
    epochs, rest = divmod(steps, per_epoch)
    return epochs * rows + min(rest * batch_size, rows)


def _budget(facts: Facts) -> str:
    if facts.compare_option("budget") == "epochs":
        return "Every arm was trained for the same number of epochs, so that arms with more rows took more steps."
    return "Every arm was trained for the same number of optimizer steps, so that smaller arms went through their rows more often."


def _of(facts: Facts, arm: str) -> list[RunRecord]:
    return [run for run in facts.runs if run.arm == arm]


def _range(values: Sequence[int]) -> int | str | None:
    """One number where all are equal, else the least and the greatest."""
    if not values:
        return None
    return values[0] if min(values) == max(values) else f"{min(values):,} to {max(values):,}"


def _arms(facts: Facts) -> TableBlock:
    rows = []
    for arm in facts.arm_names:
        runs = _of(facts, arm)
        done = [run for run in runs if run.state == "finished"]
        sizes = [run.rows for run in runs] or [record.rows for record in facts.arms if record.arm == arm]
        seen = [examples_seen(run.rows, run.steps, int(str(run.plan.get("batch_size") or 0))) for run in done]
        passes = [count / run.rows for count, run in zip(seen, done, strict=True) if run.rows]
        rows.append(
            (
                arm,
                _range(sizes),
                ", ".join(str(run.seed) for run in runs) or MISSING,
                f"{len(done)} of {len(runs)}",
                _range([run.steps for run in done]),
                _range(seen),
                fixed(sum(passes) / len(passes), 1) if passes else MISSING,
                duration(sum(run.seconds for run in done) / len(done)) if done else MISSING,
            ),
        )
    notes = dict.fromkeys(f"{record.arm}: {record.note}." for record in facts.arms if record.note)
    return TableBlock(
        title="Arms",
        columns=("arm", "rows", "seeds", "finished", "steps", "examples seen", "passes", "time per run"),
        rows=tuple(rows),
        note=" ".join([_random(facts), *notes]),
    )


def _random(facts: Facts) -> str:
    """What the random arm has in common with the curated one."""
    compare = facts.experiment.resolved.get("compare")
    matched = compare.get("random", "rows") if isinstance(compare, dict) else "rows"
    return f"random: as many {matched} as curated, drawn anew for each seed."


def _audits(store: Store, facts: Facts) -> list[Block]:
    """What encoding did to the examples of each arm, over its runs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = []
    for arm in facts.arm_names:
        tables = [table for run in _of(facts, arm) if (table := store.experiments.audit(run.run_id)).num_rows]
        if not tables:
            continue
        audit = pa.concat_tables(tables)
        total = audit.num_rows
        stops = pc.drop_null(audit["stop_token_trained"])
        rows.append(
            (
                arm,
                total // len(tables),
                share(pc.sum(audit["truncated"]).as_py(), total),
                fixed(pc.mean(audit["tokens"]).as_py(), 1),
                fixed(pc.mean(audit["supervised_tokens"]).as_py(), 1),
                share(pc.sum(stops).as_py(), len(stops)) if len(stops) else "not applicable",
            ),
        )
    if not rows:
        return []
    return [
        TableBlock(
            title="What the models were shown",
            columns=("arm", "examples", "truncated", "tokens, mean", "supervised tokens, mean", "stop token trained"),
            rows=tuple(rows),
            note="Supervised tokens carry loss. An example without one stops the run.",
        ),
    ]


def _losses(store: Store, facts: Facts) -> list[Block]:
    """The loss of each arm by step, mean over its runs, where the runs told it."""
    seen: dict[str, dict[str, dict[int, list[float]]]] = {"step": {}, "validation": {}}
    for run in facts.runs:
        events = store.experiments.events(run.run_id)
        for kind, step, values in zip(*(events[name].to_pylist() for name in ("kind", "step", "values")), strict=True):
            loss = json.loads(values or "{}").get("loss")
            if kind in seen and loss is not None:
                seen[kind].setdefault(run.arm, defaultdict(list))[step].append(loss)
    titles = {"step": "Training loss, mean over seeds", "validation": "Validation loss, mean over seeds"}
    return [
        ChartBlock(
            title=titles[kind],
            kind="line",
            x="optimizer step",
            y="loss",
            series={
                arm: tuple((float(step), sum(losses) / len(losses), None, None) for step, losses in sorted(steps.items()))
                for arm in facts.arm_names
                if (steps := arms.get(arm))
            },
        )
        for kind, arms in seen.items()
        if any(len(steps) > 1 for steps in arms.values())
    ]
