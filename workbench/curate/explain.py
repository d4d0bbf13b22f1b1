"""Everything that is known of one example: why it has its verdict, and where it took part."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from workbench.curate.choosing import CHOICE
from workbench.curate.verdicts import choice_reasons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.curate.verdicts import Decision
    from workbench.store import DatasetRecord, SelectorRun, Store
    from workbench.types import Signal


@dataclass(frozen=True, kw_only=True)
class SignalValue:
    """One signal of one example.

    Attributes:
        signal: ``<selector>.<signal>``.
        value: None where the signal does not apply.
        rules: the policy's rules on it, such as ``drop >= 0.8``.
        fired: the actions whose rule fired.
        summary: what the value means.
        version: the selector's version.
    """

    signal: str
    value: float | None
    rules: tuple[str, ...]
    fired: tuple[str, ...]
    summary: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Other:
    """A text outside of the dataset that an example is like.

    Attributes:
        where: what to call it, such as its file and line.
        text: the part of it that is worth showing.
        start, end: the span that the two have in common, in code points of the text.
    """

    where: str
    text: str
    start: int
    end: int

    @property
    def marked(self) -> str:
        """The text with the span between brackets."""
        return f"{self.text[: self.start]}⟦{self.text[self.start : self.end]}⟧{self.text[self.end :]}"

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Other | None:
        """The one that a finding's values hold (see ``Findings.evidence``), if any."""
        match values.get("other"):
            case {"where": str(where), "text": str(text), "start": int(start), "end": int(end)}:
                return cls(where=where, text=text, start=start, end=end)
        return None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding of one example, with its reason in words.

    Attributes:
        signal: ``<selector>.<signal>``, or ``choose`` for the policy's choice.
        reason: the sentence.
        spans: (role, start, end) in code points.
        partners: example ids.
        other: a text outside of the dataset that it is like.
    """

    signal: str
    reason: str
    spans: tuple[tuple[str, int, int], ...]
    partners: tuple[str, ...]
    other: Other | None = None


@dataclass(frozen=True, kw_only=True)
class Partner:
    """Another example that this one is paired with."""

    example_id: str
    signal: str
    kind: str
    similarity: float
    survives: bool


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What ``workbench explain`` tells of one example.

    Attributes:
        example_id: its id.
        row: its store row.
        verdict: keep, drop or review.
        pin: keep, drop or None.
        fired: all that asks for a verdict, as ``<selector>.<signal> <action>``; the choice is called ``choose``, an alarm ``alarm.<name>``.
        roles: the parts of the example as they were imported.
        signals: every signal that was scored.
        findings: evidence with reasons.
        partners: its pairs, the most similar first.
        took_part: experiment, arm and seed of each run that trained on it.
    """

    example_id: str
    row: int
    dataset: str
    split: str
    source: str
    verdict: str
    pin: str | None
    fired: tuple[str, ...]
    roles: Mapping[str, object]
    signals: tuple[SignalValue, ...]
    findings: tuple[Finding, ...]
    partners: tuple[Partner, ...]
    took_part: tuple[tuple[str, str, int | None], ...]


def explain(store: Store, dataset: DatasetRecord, row: int, runs: Sequence[SelectorRun], decision: Decision) -> Explanation:
    """Tell all that is known of one example of train."""
    import numpy as np

    examples = store.datasets.examples(dataset.dataset_id, rows=np.array([row]))
    example = examples.table.to_pylist()[0]
    verdict = store.curation.verdict(decision.verdict_set, row)
    fired = verdict["fired"] if verdict else []
    part = store.experiments.takes_part(dataset.dataset_id, row).to_pylist()
    return Explanation(
        example_id=example["example_id"],
        row=row,
        dataset=dataset.name,
        split=example["split"],
        source=example["source"],
        verdict=verdict["verdict"] if verdict else "",
        pin=verdict["pin"] if verdict else None,
        fired=tuple(fired),
        roles={name: example[name] for name in examples.roles},
        signals=tuple(_signal_values(store, runs, decision, row, fired)),
        findings=(*findings(store, dataset, row, runs), *_choice(store, dataset, row, runs, decision)),
        partners=tuple(_partners(store, dataset, row, runs, verdict["partner"] if verdict else None)),
        took_part=tuple((f"{each['experiment']}@{each['revision']}", each["arm"], each["seed"]) for each in part),
    )


def findings(store: Store, dataset: DatasetRecord, row: int, runs: Sequence[SelectorRun]) -> list[Finding]:
    """The evidence on one example, each with its sentence rendered from the signal's declaration."""
    signals = {(run.selector_run, signal.name): (run, signal) for run in runs for signal in run.signals}
    listed = []
    for each in store.signals.evidence(dataset.dataset_id, [row]).to_pylist():
        declared = signals.get((each["selector_run"], each["signal"]))
        if declared is None:
            continue
        run, signal = declared
        values = json.loads(each["values"] or "{}")
        listed.append(
            Finding(
                signal=f"{run.name}.{signal.name}",
                reason=render_reason(signal, each["reason"], values),
                spans=tuple((span["role"], span["start"], span["end"]) for span in each["spans"] or ()),
                partners=tuple(_ids(store, dataset, each["partners"] or [])),
                other=Other.of(values),
            ),
        )
    return listed


def _choice(store: Store, dataset: DatasetRecord, row: int, runs: Sequence[SelectorRun], decision: Decision) -> list[Finding]:
    """Where the example stands in the order of the policy's choice, if it makes one."""
    reasons = choice_reasons(store, dataset.dataset_id, runs, decision, [row])
    return [Finding(signal=CHOICE, reason=reason, spans=(), partners=()) for reason in reasons.values()]


def render_reason(signal: Signal, code: str, values: Mapping[str, object]) -> str:
    """The sentence of a reason code with its values; a code or a value that the signal does not declare is shown as it is."""
    template = signal.reasons.get(code)
    shown = {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in values.items()}
    if template is not None:
        try:
            return template.format_map(shown)
        except (KeyError, ValueError, IndexError, AttributeError):
            pass  # the template and the evidence disagree; both are told below
    return f"{code}: " + ", ".join(f"{name} {value}" for name, value in shown.items())


def _signal_values(store: Store, runs: Sequence[SelectorRun], decision: Decision, row: int, fired: Sequence[str]) -> list[SignalValue]:
    listed = []
    for run in runs:
        values = store.signals.of_row(run.selector_run, row)
        for signal in run.signals:
            reference = f"{run.name}.{signal.name}"
            value = values.get(signal.name)
            rules = [item.rule for item in decision.policy.rules if item.signal == reference]
            listed.append(
                SignalValue(
                    signal=reference,
                    value=None if value is None else float(cast("float", value)),
                    rules=tuple(f"{rule.action.value} {rule.operator} {rule.threshold:g}" for rule in rules),
                    fired=tuple(rule.action.value for rule in rules if f"{reference} {rule.action.value}" in fired),
                    summary=signal.summary,
                    version=run.version,
                ),
            )
    return listed


def _partners(store: Store, dataset: DatasetRecord, row: int, runs: Sequence[SelectorRun], survivor: int | None) -> list[Partner]:
    names = {run.selector_run: run.name for run in runs}
    edges = [edge for edge in store.signals.edges_of(dataset.dataset_id, row).to_pylist() if edge["selector_run"] in names]
    others = [edge["b"] if edge["a"] == row else edge["a"] for edge in edges]
    ids = dict(zip(sorted(set(others)), _ids(store, dataset, sorted(set(others))), strict=True))
    partners = [
        Partner(
            example_id=ids[other],
            signal=f"{names[edge['selector_run']]}.{edge['signal']}",
            kind=edge["kind"],
            similarity=edge["similarity"],
            survives=other == survivor,
        )
        for edge, other in zip(edges, others, strict=True)
    ]
    return sorted(partners, key=lambda partner: (-partner.similarity, partner.example_id, partner.signal))


def _ids(store: Store, dataset: DatasetRecord, rows: Sequence[int]) -> list[str]:
    import numpy as np

    if not rows:
        return []
    wanted = np.array(rows)
    table = store.datasets.examples(dataset.dataset_id, rows=np.unique(wanted)).table
    ids = dict(zip(table["row"].to_pylist(), table["example_id"].to_pylist(), strict=True))
    return [ids[row] for row in wanted.tolist()]
