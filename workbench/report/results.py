"""The sections on results: arms by metrics, and every comparison in full."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.report.facts import CURATED, FLOOR
from workbench.report.model import WEAK, Section
from workbench.report.numbers import MISSING, p_value
from workbench.types import ChartBlock, TableBlock, TextBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.compare import Comparison
    from workbench.report.facts import Facts, Scale
    from workbench.types import Block

CONTROLS = ("raw", "random")
_FREEDOM = re.compile(r", (\d+\.\d+) degrees of freedom")


def results_section(facts: Facts) -> Section:
    """Mean over seeds with its interval and the paired verdicts, the primary metric first, beside a floor."""
    if not facts.scores or facts.primary is None:
        nothing = TextBlock(text="No run has been scored yet.", style="warning")
        return Section(title="Results", blocks=(nothing,), brief=(nothing,))
    primary = _primary(facts, facts.primary)
    others = [metric for metric in facts.metrics if metric != facts.primary]
    means = [_means(facts, others)] if others else []
    chart, missing = _values_chart(facts, facts.primary), _not_scored(facts)
    return Section(
        title="Results",
        blocks=(primary, chart, *means, *_verdicts(facts, others), *missing),
        brief=(primary, chart, *means, *missing),
    )


def comparisons_section(facts: Facts) -> Section:
    """Every comparison with all of its numbers; the primary metric also as a picture."""
    compared = [each for each in facts.comparisons if each.a]
    if not compared:
        return Section(title="Comparisons", blocks=(TextBlock(text="No two arms have been compared yet.", style="warning"),))
    blocks: list[Block] = []
    for metric, scale in facts.metrics.items():
        mine = [each for each in compared if each.metric == metric]
        if metric == facts.primary:
            blocks.append(_effects_chart(scale, mine))
        if mine:
            blocks.append(_in_full(facts, scale, mine))
    blocks.append(_methods(facts, compared))
    return Section(title="Comparisons", blocks=tuple(blocks))


def _rows(facts: Facts) -> list[tuple[str, str]]:
    """Arm and how it is called, the floor first."""
    floor = [(FLOOR, f"{FLOOR} ({facts.floor.adapter})")] if facts.floor is not None else []
    return [*floor, *((arm, arm) for arm in facts.arm_names)]


def _primary(facts: Facts, metric: str) -> TableBlock:
    scale = facts.metrics[metric]
    rows: tuple[tuple[str | int, ...], ...] = tuple(
        (
            title,
            *_mean(facts, metric, arm),
            len(_scored(facts, metric, arm)),
            *(_against(facts, metric, control, arm) for control in (*CONTROLS, FLOOR)),
        )
        for arm, title in _rows(facts)
    )
    return TableBlock(
        title=f"{scale.title}, the primary metric",
        columns=("arm", "mean", "95 % interval", "seeds", "against raw", "against random", "against the floor"),
        rows=rows,
        note=f"Paired on the same evaluation examples. {WEAK.capitalize()}: this arm, or its partner, is not shown to beat the floor.",
    )


def _mean(facts: Facts, metric: str, arm: str) -> tuple[str, str]:
    """Mean over seeds and its interval; the mean alone where nothing was compared."""
    scale, value = facts.metrics[metric], facts.value(metric, arm)
    if value is not None:
        return scale.value(value.effect), scale.bounds(value.low, value.high)
    scored = _scored(facts, metric, arm)
    return (scale.value(sum(scored) / len(scored)) if scored else MISSING), MISSING


def _scored(facts: Facts, metric: str, arm: str) -> list[float]:
    return [score.value for score in facts.scores if score.metric == metric and score.arm == arm and score.value is not None]


def _against(facts: Facts, metric: str, a: str, b: str) -> str:
    """The verdict on ``b`` against ``a`` with its effect; where only the reverse was compared, nothing."""
    found = facts.pair(metric, a, b)
    if found is None:
        return MISSING
    return f"{facts.verdict(found)} ({facts.metrics[metric].effect(found.effect)})"


def _means(facts: Facts, metrics: Sequence[str]) -> TableBlock:
    """The further metrics as arms by metrics, lying on its side: metrics are many, arms are few."""
    arms = _rows(facts)
    return TableBlock(
        title="Further metrics: mean over seeds and 95 % interval",
        columns=("metric", *(title for _, title in arms)),
        rows=tuple((facts.metrics[metric].title, *(_mean_in_one(facts, metric, arm) for arm, _ in arms)) for metric in metrics),
        note="↑ higher is better, ↓ lower is better.",
    )


def _verdicts(facts: Facts, metrics: Sequence[str]) -> list[TableBlock]:
    """What the further metrics say of the curated arm, where it was compared with another."""
    controls = [control for control in (*CONTROLS, FLOOR) if any(facts.pair(metric, control, CURATED) for metric in metrics)]
    if not controls:
        return []
    return [
        TableBlock(
            title="Further metrics: the curated arm held against others",
            columns=("metric", *(f"against {control}" for control in controls)),
            rows=tuple((facts.metrics[metric].title, *(_against(facts, metric, control, CURATED) for control in controls)) for metric in metrics),
            note="Exploratory: these are not corrected for how many there are.",
        ),
    ]


def _mean_in_one(facts: Facts, metric: str, arm: str) -> str:
    mean, bounds = _mean(facts, metric, arm)
    return mean if bounds == MISSING else f"{mean} {bounds}"


def _values_chart(facts: Facts, metric: str) -> ChartBlock:
    scale = facts.metrics[metric]
    values = [(title, facts.value(metric, arm)) for arm, title in _rows(facts)]
    points = tuple((title, value.effect, value.low, value.high) for title, value in values if value is not None and value.effect is not None)
    return ChartBlock(title=f"{scale.title} by arm", kind="interval", x="arm", y=scale.title, series={"mean and 95 % interval": points})


def _effects_chart(scale: Scale, compared: Sequence[Comparison]) -> ChartBlock:
    points = tuple(
        (f"{each.b} against {each.a}", each.effect, each.low, each.high) for each in compared if each.effect is not None and each.a != FLOOR
    )
    return ChartBlock(
        title=f"Effects on {scale.title} with 95 % intervals",
        kind="interval",
        x="comparison",
        y=f"effect on {scale.name}{f', in{scale.unit}' if scale.unit else ''}",
        series={"effect": points},
        zero=True,
    )


def _in_full(facts: Facts, scale: Scale, compared: Sequence[Comparison]) -> TableBlock:
    families = {each.family for each in compared}
    note = "Pairs without a corrected p are exploratory." if len(families) > 1 else ""
    rows = tuple(
        (
            f"{each.b} against {each.a}",
            scale.effect(each.effect),
            scale.bounds(each.low, each.high, signed=True),
            p_value(each.p),
            p_value(each.p_adjusted),
            scale.value(each.detectable),
            scale.value(each.margin),
            each.n,
            each.seeds,
            facts.verdict(each),
        )
        for each in compared
    )
    return TableBlock(
        title=f"{scale.title} ({'primary' if 'primary' in families else 'exploratory'})",
        columns=("comparison", "effect", "95 % interval", "p", "p, Holm", "detectable", "margin", "n", "seeds", "verdict"),
        rows=rows,
        note=note,
    )


def _methods(facts: Facts, compared: Sequence[Comparison]) -> TableBlock:
    """How the numbers came about, once for all comparisons that it is said of; degrees of freedom, which differ in each, as a range."""
    groups: dict[str, list[Comparison]] = {}
    for each in compared:
        groups.setdefault(_FREEDOM.sub("", each.method), []).append(each)
    rows = []
    for method, group in groups.items():
        freedom = [float(found[1]) for each in group if (found := _FREEDOM.search(each.method))]
        spread = f", {min(freedom):.1f} to {max(freedom):.1f} degrees of freedom" if freedom else ""
        metrics = dict.fromkeys(facts.metrics[each.metric].name for each in group)
        pairs = dict.fromkeys(f"{each.b} against {each.a}" for each in group)
        rows.append((method + spread, "all" if len(metrics) == len(facts.metrics) else "; ".join(metrics), "; ".join(pairs)))
    note = "Detectable: the smallest effect that would be found four times in five. Margin: the effect that is as good as none."
    return TableBlock(title="Methods", columns=("method", "metrics", "comparisons"), rows=tuple(rows), note=note)


def _not_scored(facts: Facts) -> list[TableBlock]:
    """What a value does not tell: examples that it leaves out, and predicted labels that there are not."""
    odd = [score for score in facts.scores if score.not_scored or score.stray]
    if not odd:
        return []
    return [
        TableBlock(
            title="Examples that were not scored, and labels that were made up",
            columns=("metric", "arm", "seed", "scored", "not scored", "made up"),
            rows=tuple((facts.metrics[each.metric].name, each.arm, each.seed, each.n, each.not_scored, each.stray) for each in odd),
            note="What is not scored counts as missing, not as 0; a label outside the label set is an error of the true class.",
        ),
    ]
