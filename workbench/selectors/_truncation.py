"""Texts that stop in the middle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, findings
from workbench.selectors._patterns import matching
from workbench.selectors._roles import RolesParams, worst
from workbench.selectors._text import compiled, words
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_LEAST_WORDS: Final = 8
_WHITE: Final = "\t\n\f\r "
# RE2's syntax: the last character of a text that may go on.
_OPEN: Final = r"^[\p{L}\p{N}\p{M},，、；;(（\[{“‘\-–—]$"
_DANGLING: Final = r"(?:[,，、(（\[{“‘–—]|\b(?:a|an|the|of|and|or|because|but|which|their|its|my|your|our)|(?:和|与|及|或|以及|因为|但是|并且|如果|而且|所以|把|被))$"  # noqa: E501 - one pattern
_FINISHED_BEFORE: Final = r"[。！？]|(?<![\d\W])(?<!\b\w)(?<!\.\w)[.!?][\"”’)]*\s+[A-Z\"“(]"
# Of those, whose last line has a sentence that was finished before, or a last word that asks for more; Python's pattern below judges.
_MAY_BE_CUT: Final = (
    r"(?:[。！？]|[.!?][\"”’)]*[\s]+[A-Z\"“(])[^\n]*$|[,，、(（\[{“‘–—]\s*$|(?:\b(?:a|an|the|of|and|or|because|but|which|their|its|my|your|our)|"
    r"和|与|及|或|因为|但是|并且|如果|而且|所以|把|被)\s*$"
)
_CODE: Final = r"(?m)```|[;{}]\s*$|^\s*(?:def|class|import|return|SELECT|#include)\b"
_LIST_ITEM: Final = r"\s*(?:[-*•·]|\(?\d{1,3}[.)、:]|[A-Za-z][.)])\s*"


@dataclass(frozen=True, kw_only=True)
class Truncation:
    """Finds texts of at least eight words that look cut off, by what stands in the text itself.

    Such a text ends in a letter, digit, comma or opening bracket, and either its last word asks for another (``the``, ``because``, ``和``), or a
    sentence before on its last line was ended by a full stop. Code, lists and headlines end otherwise and are left alone. A sentence cut off alone,
    without a sign of it, is not seen; nor is a text cut off at the end of a sentence. For review.
    """

    params: RolesParams = RolesParams()
    name: str = "truncation"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="unfinished",
            dtype="bool",
            summary="Whether the text looks cut off.",
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=1.0),
            reasons={
                "dangling": "{role} ends in {end!r}, which asks for more",
                "open": "the last sentence of {role} has no end, though the one before it has",
            },
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are looked at."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        found = worst(examples, self.params.roles, _unfinished)
        evidence = Evidence()
        for position in np.flatnonzero(found.values == 1):
            which = found.roles[position]
            text = found.texts[which][int(position)].as_py().rstrip()
            reason = sign_of_truncation(text)
            values = {"role": self.params.roles[which], "end": text[-20:]}
            evidence.add(position, "unfinished", reason, values, spans=[(self.params.roles[which], max(len(text) - 20, 0), len(text))])
        return findings(self.signals, {"unfinished": found.array()}, evidence=evidence)


def _unfinished(texts: pa.LargeStringArray) -> np.ndarray:
    import numpy as np
    import pyarrow.compute as pc

    values = np.zeros(len(texts))
    candidates = np.flatnonzero(matching(pc.utf8_slice_codeunits(pc.utf8_rtrim(texts, characters=_WHITE), -1), _OPEN))
    candidates = candidates[matching(texts.take(candidates), _MAY_BE_CUT)]
    for position, text in zip(candidates.tolist(), texts.take(candidates).to_pylist(), strict=True):
        values[position] = bool(sign_of_truncation(text.rstrip()))
    return values


def sign_of_truncation(text: str) -> str:
    """Why a text without trailing white space looks cut off: ``dangling``, ``open``, or empty where it does not."""
    last_line = text[text.rfind("\n") + 1 :]
    if len(words(text[-2_000:])) < _LEAST_WORDS or compiled(_CODE).search(text[-2_000:]) or compiled(_LIST_ITEM).match(last_line):
        return ""
    if compiled(_DANGLING).search(last_line):
        return "dangling"
    return "open" if compiled(_FINISHED_BEFORE).search(last_line[-4_000:]) else ""
