"""Row selectors that hold the target against the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, buffers, composed, findings, joined_text, nullable, text_of
from workbench.selectors._profile import holds_visible, profile_of
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_TOLD_FROM: Final = 0.8
_BLOCK: Final = 2_000
"""Rows whose shingles are held at once."""


@dataclass(frozen=True, kw_only=True)
class InputTargetParams:
    """What is held against what.

    Attributes:
        inputs: the roles of the input.
        target: the role that answers it.
    """

    inputs: tuple[str, ...] = ("prompt",)
    target: str = "response"


@dataclass(frozen=True, kw_only=True)
class TargetCopiesInput:
    """Finds targets that repeat their input: the Jaccard similarity of their shingles (see ``NearDuplicates``), greatest over the input's roles.

    Tasks such as correcting or translating have good answers that repeat their input in full; a plugin whose tasks have none may drop.
    """

    params: InputTargetParams = InputTargetParams()
    name: str = "target-copies-input"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="similarity",
            about_target=True,
            dtype="float64",
            summary="Jaccard similarity of the target and the input.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=0.9),
            reasons={"copied": "{target} repeats {role}: similarity {value}"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input, and the target."""
        return (*self.params.inputs, self.params.target)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        size = len(examples)
        target = composed(text_of(examples, self.params.target).fill_null(""))
        greatest, which = np.zeros(size), np.zeros(size, dtype=np.int64)
        told = holds_visible(target)
        for place, role in enumerate(self.params.inputs):
            source = composed(text_of(examples, role).fill_null(""))
            similarity = _similarity(source, target)
            which = np.where(similarity > greatest, place, which)
            greatest = np.maximum(greatest, similarity)
        evidence = Evidence()
        for position in np.flatnonzero(told & (greatest >= _TOLD_FROM)):
            values = {"value": greatest[position], "role": self.params.inputs[which[position]], "target": self.params.target}
            evidence.add(position, "similarity", "copied", values)
        return findings(self.signals, {"similarity": nullable(greatest, told)}, evidence=evidence)


def _similarity(one: pa.LargeStringArray, other: pa.LargeStringArray) -> np.ndarray:
    """The Jaccard similarity of the shingles of texts, row by row: float64 [n]."""
    import numpy as np

    from workbench.selectors._repetition_scan import shared_shares
    from workbench.selectors._sketch import SHORTEST, shingles
    from workbench.selectors._unicode import tables

    unicode = tables()
    similarity = np.empty(len(one))
    for start in range(0, len(one), _BLOCK):
        sets = []
        for texts in (one.slice(start, _BLOCK), other.slice(start, _BLOCK)):
            form, words = np.empty(len(texts), dtype=np.uint8), np.empty(len(texts), dtype=np.int64)
            sets += [*shingles(*buffers(texts), unicode.classes, unicode.folded, SHORTEST, form, words), form]
        similarity[start : start + _BLOCK] = shared_shares(*sets)
    return similarity


@dataclass(frozen=True, kw_only=True)
class TargetLength:
    """Measures how long the target is beside its input: words of the one per word of the other (characters, in scripts without spaces).

    In summarization this is the compression ratio turned round: above 1 the summary is longer than its document.
    """

    params: InputTargetParams = InputTargetParams()
    name: str = "target-length"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="ratio",
            dtype="float64",
            summary="Words of the target per word of the input.",
            low=0.0,
            direction=Direction.NONE,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=1.0),
            reasons={"longer": "{target} has {target_words} words, its input {input_words}"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input, and the target."""
        return (*self.params.inputs, self.params.target)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        source = profile_of(joined_text(examples, self.params.inputs)).words
        target = profile_of(text_of(examples, self.params.target)).words
        ratio: np.ndarray = target / np.maximum(source, 1)
        evidence = Evidence()
        for position in np.flatnonzero((source > 0) & (ratio > 1)):
            values = {"target": self.params.target, "target_words": int(target[position]), "input_words": int(source[position])}
            evidence.add(position, "ratio", "longer", values)
        columns: dict[str, pa.Array | np.ndarray] = {"ratio": nullable(ratio, source > 0)}
        return findings(self.signals, columns, evidence=evidence)
