"""The section that people read first: whether curation helped, and how sure that is."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal

from workbench.compare import Finding, claim
from workbench.report.facts import CURATED, FLOOR
from workbench.report.model import Section
from workbench.report.numbers import p_value
from workbench.types import TableBlock, TextBlock

if TYPE_CHECKING:
    from workbench.compare import Comparison
    from workbench.report.facts import Facts, Scale
    from workbench.types import Block

_STYLES: dict[Finding, Literal["good", "bad", "warning"]] = {Finding.HELPED: "good", Finding.HURT: "bad"}
ONE_SEED = "This proves nothing: one seed was run, and another seed alone can move a result by as much. Run three or more."


def answer_section(facts: Facts) -> Section:
    """The claim in words, with the effects, intervals and tests that it rests on."""
    blocks = tuple(_blocks(facts))
    return Section(title="The answer", blocks=blocks, brief=blocks)


def _blocks(facts: Facts) -> list[Block]:
    metric = facts.primary
    done, planned = sum(run.state == "finished" for run in facts.runs), len(facts.runs)
    compared = [each for each in facts.comparisons if each.metric == metric and each.a]
    if metric is None or not compared:
        told = f"Nothing to conclude yet: {done} of {planned} runs are finished, and no arms have been compared."
        return [TextBlock(text=told, style="warning")]
    scale = facts.metrics[metric]
    said = claim([dataclasses.replace(each, metric=scale.name) for each in compared], metric=scale.name)
    decisive = [each for each in compared if each.b == CURATED and each.a != FLOOR] or compared
    one_seed = min(each.seeds for each in decisive) == 1
    blocks: list[Block] = [TextBlock(text=ONE_SEED, style="warning")] if one_seed else []
    blocks.append(TextBlock(text=said.sentence, style="warning" if one_seed else _STYLES.get(said.word, "warning")))
    if done < planned:
        told = f"{planned - done} of {planned} runs failed or are not finished; what follows is about the others."
        blocks.append(TextBlock(text=told, style="warning"))
    return [*blocks, _table(facts, scale, compared), TextBlock(text=_reading(scale, compared))]


def _table(facts: Facts, scale: Scale, compared: list[Comparison]) -> TableBlock:
    """What the curated arm is held against, random subsets first."""
    order = {"random": 0, "raw": 1, FLOOR: 2}
    arms = sorted([each for each in compared if each.b == CURATED] or compared, key=lambda each: order.get(each.a, 3))
    rows = tuple(
        (
            f"{each.b} against {each.a}",
            scale.effect(each.effect),
            scale.bounds(each.low, each.high, signed=True),
            p_value(each.p),
            p_value(each.p_adjusted),
            scale.value(each.detectable),
            facts.verdict(each),
        )
        for each in arms
    )
    return TableBlock(
        title=f"What this rests on: {scale.title}{f', in{scale.unit}' if scale.unit else ''}",
        columns=("comparison", "effect", "95 % interval", "p", "p, Holm", "smallest detectable effect", "verdict"),
        rows=rows,
    )


def _reading(scale: Scale, compared: list[Comparison]) -> str:
    """What the words mean, with this experiment's numbers."""
    margin = next((each.margin for each in compared if each.margin is not None), None)
    direction = f"For {scale.name}, {scale.direction} is better. " if scale.direction in {"higher", "lower"} else ""
    as_good = f"As good: the whole interval lies within ±{scale.value(margin)}{scale.unit}. " if margin is not None else ""
    return (
        f"{direction}Better or worse: the interval excludes zero and p, corrected by Holm over the pairs of arms, is at most 0.05. {as_good}"
        f"Inconclusive: neither; an effect below the smallest detectable one would have been missed more often than one time in five. "
        f"Judged on {max(each.n for each in compared):,} evaluation examples."
    )
