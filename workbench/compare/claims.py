"""Says, in words, whether curation helped: never without a control, and never of models that are too weak to tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from workbench.compare.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.compare.result import Comparison


class Finding(StrEnum):
    """What may be claimed of curation."""

    HELPED = "helped"
    HURT = "hurt"
    NO_BETTER = "no better than random"
    NOT_SHOWN = "not shown"
    TOO_WEAK = "too weak to tell"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim about curation.

    Attributes:
        word: the finding.
        sentence: the finding with its reasons, for people.
    """

    word: Finding
    sentence: str


def claim(
    comparisons: Sequence[Comparison],
    *,
    metric: str,
    curated: str = "curated",
    raw: str = "raw",
    random: str = "random",
    floor: str = "floor",
) -> Claim:
    """What the comparisons of one metric, after ``adjust``, allow to say of the curated arm.

    Curation *helped* only where the curated arm is better than random subsets of the same size and better than, or as good as, the raw arm. Nothing
    is said where the curated arm, or an arm that it is held against, does not beat the floor. Without a random arm or a raw arm nothing is shown.

    Args:
        comparisons: those of an experiment; other metrics and pairs are ignored.
        metric: the metric's component id.
        curated, raw, random, floor: names of the arms.
    """
    found = {(each.a, each.b): each for each in comparisons if each.metric == metric}
    weak = [arm for arm in (curated, raw, random) if (floor, arm) in found and found[floor, arm].verdict != Outcome.BETTER]
    if weak:
        return Claim(word=Finding.TOO_WEAK, sentence=f"Too weak to tell: {_listing(weak)} not shown to beat the floor on {metric}.")
    missing = [arm for arm in (random, raw) if (arm, curated) not in found]
    if missing:
        return Claim(word=Finding.NOT_SHOWN, sentence=f"Not shown: there is no {' and no '.join(missing)} arm to hold {curated} against.")
    against_random, against_raw = found[random, curated], found[raw, curated]
    word = _word(against_random.verdict, against_raw.verdict)
    few = " With one seed this is about these models only." if min(against_random.seeds, against_raw.seeds) == 1 else ""
    opening = {
        Finding.HELPED: "Curation helped",
        Finding.HURT: "Curation hurt",
        Finding.NO_BETTER: "Curation was no better than chance",
        Finding.NOT_SHOWN: "It is not shown that curation helped",
    }[word]
    sides = f"{_against(against_random)} random subsets of its size and {_against(against_raw)} {raw}"
    return Claim(word=word, sentence=f"{opening}: on {metric}, {curated} is {sides}.{few}")


def _word(against_random: str, against_raw: str) -> Finding:
    if against_raw == Outcome.WORSE:
        return Finding.HURT
    if against_random in {Outcome.WORSE, Outcome.AS_GOOD}:
        return Finding.NO_BETTER
    if against_random == Outcome.BETTER and against_raw in {Outcome.BETTER, Outcome.AS_GOOD}:
        return Finding.HELPED
    return Finding.NOT_SHOWN


def _against(comparison: Comparison) -> str:
    words = {
        Outcome.BETTER: "better than",
        Outcome.WORSE: "worse than",
        Outcome.AS_GOOD: "as good as",
        Outcome.INCONCLUSIVE: "not told apart from",
    }
    return words[Outcome(comparison.verdict)]


def _listing(arms: Sequence[str]) -> str:
    return f"{arms[0]} is" if len(arms) == 1 else f"{', '.join(arms[:-1])} and {arms[-1]} are"
