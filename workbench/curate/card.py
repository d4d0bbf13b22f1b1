"""The data card of an export: what is in it, what was left out and why, and how it differs from what was imported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from workbench.curate.material import Material
from workbench.types import RoleType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.curate.current import Current
    from workbench.store import Store

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$-])")
_LONGEST = 160
_QUANTILES = (0.05, 0.5, 0.95)
_MOST_VALUES = 20


def data_card(store: Store, state: Current, chosen: np.ndarray, *, name: str, quote: int) -> str:
    """The card as Markdown; text of examples stands in it escaped, on one line and cut.

    Args:
        store: where the examples are.
        state: the dataset and the decision on it.
        chosen: int64 [n], the rows that are written.
        name: of the file.
        quote: how many examples stand under each rule.
    """
    dataset, counts = state.dataset, state.decision.counts
    policy = f"{state.policy.name}@{state.policy.version}" if state.policy else "the selectors' default rules"
    material = Material(store, dataset.dataset_id, state.runs)
    written = np.isin(material.rows, chosen)
    review = "are in it" if state.decision.policy.review == "include" else "are left out"
    origin = f"chosen from the dataset {escaped(dataset.name)} (version {dataset.version}) by the policy {escaped(policy)}"
    total = f"{counts.imported:,} imported = {counts.kept:,} kept + {counts.dropped:,} dropped + {counts.review:,} under review"
    parts = [
        f"# {escaped(name)}",
        f"{len(chosen):,} examples for the task {escaped(dataset.task)}, {origin} at step {state.decision.ledger_number} of its history.",
        f"Licence, as given: {escaped(dataset.license) or 'none was given'}.",
        "## Counts",
        f"{total}; {counts.pinned:,} decided by people. Rows under review {review}.",
        "## Reasons",
        "Rules overlap: a row counts under every rule that fired on it, and under “only” where no other rule of the kind did.",
        _table(("rule", "action", "fired", "only"), [(f"{each.signal} {each.rule}", each.action, each.fired, each.only) for each in counts.rules]),
        *_samples(store, state, quote),
        "## Before and after",
        *_distributions(state, material, written),
        "## How it was scored",
        _table(
            ("selector", "version", "from"), [(run.selector, run.version, f"{run.distribution} {run.distribution_version}") for run in state.runs]
        ),
    ]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """A text as Markdown shows it literally, on one line and cut."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text[: 4 * _LONGEST]).split())
    cut = line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
    return _PUNCTUATION.sub(r"\\\1", cut)


def _samples(store: Store, state: Current, quote: int) -> list[str]:
    """A few of the examples that each rule fired on."""
    from workbench.store import RowFilter

    parts = []
    for rule in state.decision.counts.rules if quote else ():
        chosen = RowFilter(rule=f"{rule.signal} {rule.action}")
        page = store.curation.page(state.decision.verdict_set, chosen, limit=quote).to_pylist()
        if page:
            roles = [role.name for role in state.dataset.roles]
            texts = [" / ".join(escaped(str(row[role])) for role in roles if row[role] is not None) for row in page]
            lines = [f"- {escaped(row['example_id'])}: {text}" for row, text in zip(page, texts, strict=True)]
            parts += [f"{escaped(rule.signal)} {escaped(rule.rule)} ({rule.action}), for example:", "\n".join(lines)]
    return parts


def _distributions(state: Current, material: Material, written: np.ndarray) -> list[str]:
    """Labels and sources by share, and signals by quantile, of all rows and of those that are written."""
    parts = []
    labels = [role.name for role in state.dataset.roles if role.type is RoleType.LABEL]
    for by in [*labels, "source"]:
        codes, values = material.facet(by, _MOST_VALUES)
        before, after = (np.bincount(each + 2, minlength=len(values) + 2) for each in (codes, codes[written]))
        names = ["(other values)", "(none)", *values]
        order = [*range(2, len(names)), 0, 1]
        rows = [(names[at], int(before[at]), _share(before, at), int(after[at]), _share(after, at)) for at in order if before[at]]
        parts.append(_table((by, "imported", "share", "written", "share"), rows))
    signals = {name: material.signal(name) for name in (f"{run.name}.{signal.name}" for run in state.runs for signal in run.signals)}
    spread = [(name, *_quantiles(column), *_quantiles(column[written])) for name, column in signals.items()]
    heads = [f"{when} {quantile:.0%}" for when in ("imported", "written") for quantile in _QUANTILES]
    return [*parts, _table(("signal", *heads), spread)]


def _share(counts: np.ndarray, at: int) -> str:
    return f"{counts[at] / counts.sum():.1%}" if counts.sum() else "–"


def _quantiles(values: np.ndarray) -> list[str]:
    finite = values[np.isfinite(values)]
    return [f"{each:.4g}" for each in np.quantile(finite, _QUANTILES)] if len(finite) else ["–"] * len(_QUANTILES)


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [list(map(escaped, heads)), ["---"] * len(heads)]
    lines += [[f"{cell:,}" if isinstance(cell, int) else escaped(str(cell)) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
