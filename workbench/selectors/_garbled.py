"""Texts whose characters were spoilt on the way."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, buffers, findings, over_distinct, text_of
from workbench.selectors._profile import profile_of
from workbench.selectors._roles import RolesParams, worst
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.selectors._profile import Profile
    from workbench.types import ExampleTable, Findings, SelectorContext

_LEAST_BROKEN: Final = 2
_LEAST_WORDS: Final = 3


@dataclass(frozen=True, kw_only=True)
class Garbled:
    """Finds garbled texts by three signs: noise within words, text that was read in the wrong encoding, and characters that are lost.

    ``noise`` counts words with digits, symbols or brackets between letters (``w#rd``), of at least three words and at least two such; ``mojibake``
    counts the characters in sequences that ftfy (Speer 2019) knows as UTF-8 read as something else; ``lost`` counts replacement, control, private and
    unassigned characters. Code, formulas, passwords and model numbers look like noise, and mojibake can be repaired: all three are for review.
    """

    params: RolesParams = RolesParams()
    name: str = "garbled"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="noise",
            dtype="float64",
            summary="Share of words with symbols, digits or brackets between their letters.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=0.15),
            reasons={"noise": "{value} of the words in {role} have symbols or digits between their letters"},
        ),
        Signal(
            name="mojibake",
            dtype="float64",
            summary="Share of characters that look like text read in the wrong encoding.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={"mojibake": "{value} of the characters in {role} look like text read in the wrong encoding, such as {example!r}"},
        ),
        Signal(
            name="lost",
            dtype="float64",
            summary="Share of characters that are lost: replacement, control, private or unassigned ones.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={"lost": "{value} of the characters in {role} are lost"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are looked at."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        evidence = Evidence()
        columns: dict[str, pa.Array | np.ndarray] = {}
        profiles = [profile_of(text_of(examples, role)) for role in self.params.roles]
        counted = {"noise": iter([_noise(each) for each in profiles]), "lost": iter([_lost(each) for each in profiles])}
        for signal in self.signals:
            shares = counted.get(signal.name)
            measure = (lambda _texts, shares=shares: next(shares)) if shares else (lambda texts: over_distinct(texts, _mojibake))
            found = worst(examples, self.params.roles, measure)
            columns[signal.name] = found.array()
            least = signal.rule.threshold if signal.rule else 0.0
            for position in np.flatnonzero((found.values >= least) & (found.values > 0)):
                which = found.roles[position]
                values: dict[str, object] = {"value": float(found.values[position]), "role": self.params.roles[which]}
                if signal.name == "mojibake":
                    values["example"] = _mojibake_in(found.texts[which][int(position)].as_py())[0]
                evidence.add(position, signal.name, signal.name, values)
        return findings(self.signals, columns, evidence=evidence)


def _noise(profile: Profile) -> np.ndarray:
    import numpy as np

    words = profile.runs + profile.unspaced
    return np.where((profile.broken >= _LEAST_BROKEN) & (words >= _LEAST_WORDS), profile.broken / np.maximum(words, 1), 0.0)


def _lost(profile: Profile) -> np.ndarray:
    import numpy as np

    shares: np.ndarray = profile.lost / np.maximum(profile.characters, 1)
    return shares


def _mojibake(texts: pa.LargeStringArray) -> np.ndarray:
    import numpy as np

    from workbench.selectors._marks import misreadable

    shares = np.zeros(len(texts))
    suspicious = np.flatnonzero(misreadable(*buffers(texts), _named()))
    for position, text in zip(suspicious.tolist(), texts.take(suspicious).to_pylist(), strict=True):
        shares[position] = sum(map(len, _mojibake_in(text))) / len(text)
    return shares


@functools.cache
def _named() -> np.ndarray:
    """Which characters other than ASCII the patterns of ftfy name: bool by code point."""
    import re

    import numpy as np
    from ftfy.badness import BADNESS_RE

    named = np.zeros(0x10000, dtype=bool)
    named[[ord(character) for character in BADNESS_RE.pattern if "\x80" <= character <= "\uffff"]] = True
    for first, last in re.findall("([\x80-\uffff])-([\x80-\uffff])", BADNESS_RE.pattern):
        named[ord(first) : ord(last) + 1] = True
    return named


def _mojibake_in(text: str) -> list[str]:
    from ftfy.badness import BADNESS_RE

    return [match[0] for match in BADNESS_RE.finditer(text)]
