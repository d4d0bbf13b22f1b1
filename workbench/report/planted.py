"""The section on planted defects: how many of them the selectors found, and what else they flagged."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, cast

from workbench.curate import measure
from workbench.report.model import Section
from workbench.report.numbers import MISSING, share
from workbench.report.records import named
from workbench.types import ChartBlock, TableBlock, TextBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.curate import Decision, Flagged, Recall
    from workbench.store import DatasetRecord, SelectorRun, Store
    from workbench.types import Block, Task


def planted_section(
    store: Store,
    dataset: DatasetRecord,
    task: Task | None,
    runs: Sequence[SelectorRun],
    decision: Decision,
    *,
    quote: int = 3,
) -> Section | None:
    """Recall by selector and kind, and flagged rows by what is known of them; None where nothing was planted.

    Args:
        store: where the dataset is.
        dataset: the version that was planted in.
        task: knows which selectors are meant to find which kind; None where its plugin is not installed.
        runs: the selector runs of the policy.
        decision: what it decided.
        quote: how many flagged rows are quoted at most for each selector.
    """
    kinds = Counter(store.datasets.planted(dataset.dataset_id)["kind"].to_pylist())
    if not kinds:
        return None
    told = f"{sum(kinds.values()):,} known defects of {len(kinds)} kinds were planted into train, and into nothing else, to measure with."
    blocks: list[Block] = [TextBlock(text=told)]
    if task is None:
        absent = "The plugin of the task is not installed, so that nothing here knows which selector is meant to find which kind."
        blocks += [TextBlock(text=absent, style="warning"), TableBlock(title="Planted", columns=("kind", "rows"), rows=tuple(sorted(kinds.items())))]
    else:
        recalls, flagged = measure(store, dataset, task, runs, decision.verdict_set)
        blocks += [*_recall(recalls, kinds), _split(flagged), *_others(store, dataset, flagged, quote)]
    return Section(title="Planted defects", blocks=tuple(blocks), brief=tuple(block for block in blocks if not isinstance(block, ChartBlock)))


def _recall(recalls: Sequence[Recall], kinds: Counter[str]) -> list[Block]:
    sought = {recall.kind for recall in recalls}
    rows: list[tuple[str | int, ...]] = [
        (recall.kind, recall.selector, recall.planted, recall.found, share(recall.found, recall.planted)) for recall in recalls
    ]
    rows += [(kind, "no selector here is meant to find it", count, MISSING, MISSING) for kind, count in sorted(kinds.items()) if kind not in sought]
    blocks: list[Block] = [
        TableBlock(
            title="Recall of planted defects",
            columns=("kind", "selector", "planted", "found", "recall"),
            rows=tuple(rows),
            note="Found: a rule of the selector fired on the row, or, for a planted copy, on its original.",
        ),
    ]
    if recalls:
        points = tuple((f"{recall.kind} by {recall.selector}", 100 * recall.found / recall.planted, None, None) for recall in recalls)
        blocks.append(ChartBlock(title="Recall by kind and selector", kind="bar", x="kind and selector", y="recall, %", series={"recall": points}))
    return blocks


def _split(flagged: Sequence[Flagged]) -> TableBlock:
    return TableBlock(
        title="What the selectors flagged",
        columns=("selector", "flagged", "planted", "confirmed", "other"),
        rows=tuple((each.selector, each.flagged, each.planted, each.confirmed, each.other) for each in flagged),
        note=(
            "Flagged: rows that a rule of the selector fired on. Planted: a planted defect of any kind, or the original of a planted copy. "
            "Confirmed: natural, and the same content stands in train more than once, counted by brute force. Other: neither; read them."
        ),
    )


def _others(store: Store, dataset: DatasetRecord, flagged: Sequence[Flagged], quote: int) -> list[Block]:
    """The flagged rows of which nothing is known, a few by name."""
    wanted = {example_id for each in flagged for example_id in each.examples}
    if not wanted:
        return []
    train = store.datasets.examples(dataset.dataset_id, split="train")
    rows = {name: cast("int", row) for name, row in zip(train.texts("example_id"), train.values("row"), strict=True) if name in wanted}
    names = named(store, dataset.dataset_id, list(rows.values()))
    table = []
    for each in flagged:
        for place, example_id in enumerate(each.examples):
            entry = names[rows[example_id]]
            quoted = (entry.text if place < quote else "",) if quote else ()
            table.append((each.selector, entry.example_id, entry.source, *quoted))
    columns = ("selector", "example", "from", *(("text",) if quote else ()))
    return [TableBlock(title="Some of the others", columns=columns, rows=tuple(table))]
