"""Summaries that speak of a woman or a man where their document does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, findings, joined_text, nullable, text_of
from workbench.selectors._input_target import InputTargetParams
from workbench.selectors._swap import KEPT, PAIRS
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import re

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_PRONOUNS: Final = {"men": (r"\b(?:he|him|his|himself)\b", "他"), "women": (r"\b(?:she|her|hers|herself)\b", "她")}
_TALK: Final = r"(?i)\b(?:i|me|my|mine|myself|we|us|our|you|your|yours)\b|我|你|您|咱"
_MOST_SPANS: Final = 20


@dataclass(frozen=True, kw_only=True)
class PronounChange:
    """Finds pronouns of a summary, he and she, 他 and 她, that its document gives no reason for.

    ``changed``: the document has words for the other gender alone (pronouns, and words such as mother, Mr or 女士), so the summary may have changed a
    person's; a name may have told it, so for review. Documents in which somebody says "I" or "you" are left out: speakers have a gender without a
    word for it, and all of nine such cases that were read were right. ``introduced``: the document has no word for any gender, and the summary picks
    one; the notes tell which one, with its interval, and whether it is one more often than the other (exact binomial test). 他 stands for everybody
    in much Chinese, so that men are introduced more often there.
    """

    params: InputTargetParams = InputTargetParams(inputs=("document",), target="summary")
    name: str = "pronoun-change"
    version: str = "1"
    kind: SelectorKind = SelectorKind.BIAS
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="changed",
            dtype="bool",
            summary="Whether its summary has pronouns of a gender, and its document words for the other gender alone.",
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=1.0),
            reasons={"changed": "{target} says {pronoun!r}, where the input has words for {other} alone"},
        ),
        Signal(
            name="introduced",
            dtype="bool",
            summary="Whether its summary has pronouns of a gender, and its document no word for any.",
            direction=Direction.LOWER,
            reasons={"introduced": "{target} says {pronoun!r}, where the input has no word for men or women"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input, and the target."""
        return (*self.params.inputs, self.params.target)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        from workbench.selectors._patterns import matching

        inputs, targets = joined_text(examples, self.params.inputs), text_of(examples, self.params.target).fill_null("")
        named = {gender: _named(inputs, gender) for gender in _PRONOUNS}
        talk = matching(inputs, _TALK)
        judged = np.array([bool(text.strip()) for text in targets.to_pylist()], dtype=bool)
        columns: dict[str, pa.Array | np.ndarray] = {name: np.zeros(len(examples), dtype=bool) for name in ("changed", "introduced")}
        picked = dict.fromkeys(_PRONOUNS, 0)
        evidence = Evidence()
        for gender, other in (("men", "women"), ("women", "men")):
            candidates = matching(targets, "(?i)" + "|".join(_PRONOUNS[gender])) & ~named[gender] & judged
            for position in np.flatnonzero(candidates).tolist():
                places = _pronouns(targets[position].as_py(), gender)
                if not places:
                    continue
                if named[other][position] and talk[position]:
                    continue
                signal = "changed" if named[other][position] else "introduced"
                columns[signal][position] = True
                picked[gender] += signal == "introduced"
                values = {"target": self.params.target, "pronoun": places[0][0], "other": other}
                spans = [(self.params.target, place.start(), place.end()) for place in places[:_MOST_SPANS]]
                evidence.add(position, signal, signal, values, spans=spans)
        told = {name: nullable(np.asarray(values), judged) for name, values in columns.items()}
        return findings(self.signals, told, evidence=evidence, notes=_picked(picked["men"], picked["women"]))


def _named(texts: pa.LargeStringArray, gender: str) -> np.ndarray:
    """Which texts have a word for a gender: bool [n]."""
    from workbench.selectors._patterns import matching
    from workbench.selectors._text import is_unspaced

    side = ("men", "women").index(gender)
    terms = sorted({pair[side] for pair in PAIRS["gender"]} | ({"mrs", "miss", "mum", "mother-in-law"} if gender == "women" else {"guy"}))
    words = "|".join(term for term in terms if not is_unspaced(term))
    inside = "|".join(term for term in terms if is_unspaced(term) and len(term) > 1)
    own, expression = _PRONOUNS[gender][1], "|".join((_PRONOUNS[gender][0], rf"\b(?:{words})\b", inside))
    found = matching(texts, f"(?i){expression}")
    # A single character is a part of many words: what is left once these are taken out.
    import pyarrow.compute as pc

    bare = pc.replace_substring_regex(texts, "|".join(KEPT), "")
    one = {"men": "男", "women": "女"}[gender]
    result: np.ndarray = found | matching(bare, f"[{own}{one}]")
    return result


def _pronouns(text: str, gender: str) -> list[re.Match[str]]:
    from workbench.selectors._text import compiled

    expression = "|".join((*KEPT, *_PRONOUNS[gender]))
    return [found for found in compiled(f"(?ai:{expression})").finditer(text) if found[0] not in KEPT]


def _picked(men: int, women: int) -> list[str]:
    """What the summaries that pick a gender pick."""
    from scipy.stats import binomtest

    from workbench.selectors._representation import share_of

    if not men + women:
        return ["no summary has a pronoun that its document gives no reason for"]
    share = share_of(men, men + women)
    p = binomtest(men, men + women).pvalue
    told = (
        f"{men + women} summaries have a pronoun where their document has no word for men or women: {share.share:.0%} "
        f"[{share.low:.1%}, {share.high:.1%}] of them that of men (p = {p:.2g} against equal shares)"
    )
    return [told]
