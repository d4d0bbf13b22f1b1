"""Summaries that only say what one sentence of their document says, and always the same one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, composed, findings, joined_text, no_values, nullable, text_of
from workbench.selectors._input_target import InputTargetParams
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_TOLD_FROM: Final = 0.5
_LEAST_ROWS: Final = 20
_LEAST_SENTENCES: Final = 3
_MOST_CHARACTERS: Final = 100_000
_LEAST_SHARED: Final = 2
_LEAST_LETTERS: Final = 4
_ALPHA: Final = 0.01


@dataclass(frozen=True, kw_only=True)
class LeadBias:
    """Finds summaries that are about one sentence of their document, where that is the first (or another) one more often than chance.

    A summary is about the sentence that shares most of its words with it (words of four letters or more; pairs of characters, in scripts without
    spaces), in documents of three sentences or more and at most 100,000 characters; equal ones share it. The test stands in
    ``_positions.place_tests``. News is written so that its lead is its summary; a model that copies the lead looks good there (Kedzie et al. 2018,
    "Content Selection in Deep Learning Models of Summarization", section 6). For review.
    """

    params: InputTargetParams = InputTargetParams(inputs=("document",), target="summary")
    name: str = "lead-bias"
    version: str = "1"
    kind: SelectorKind = SelectorKind.BIAS
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="position",
            dtype="float64",
            summary="How surely the sentence that its summary is about is the one it is: 0 no more than chance, 1 always.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=_TOLD_FROM),
            reasons={"position": "{target} is about the {place} sentence, as in {share} of {rows} examples; by chance {base} (z = {z})"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input, and the target."""
        return (*self.params.inputs, self.params.target)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        from workbench.selectors._positions import PLACES, carried_effect, place_tests

        held, counts = _held(composed(joined_text(examples, self.params.inputs)), composed(text_of(examples, self.params.target).fill_null("")))
        judged = counts > 0
        if judged.sum() < _LEAST_ROWS:
            return no_values(self.signals, len(examples), ["there are too few documents of three sentences to test"])
        tests = place_tests(held[judged], counts[judged], _ALPHA)
        effect, which = carried_effect(held, tests)
        evidence = Evidence()
        for position in np.flatnonzero(effect >= _TOLD_FROM):
            test = tests[which[position]]
            values = {
                "target": self.params.target,
                "place": PLACES[test.place],
                "share": test.share,
                "rows": test.rows,
                "base": test.base,
                "z": test.z,
            }
            evidence.add(position, "position", "position", {**values, "p": test.p})
        notes = [test.sentence("summaries are about") for test in tests] or ["summaries are about no sentence more often than chance"]
        return findings(self.signals, {"position": nullable(effect, judged)}, evidence=evidence, notes=notes)


def _held(documents: pa.LargeStringArray, summaries: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """What the sentences at each place hold, float64 [n, places], and how many there are, int64 [n]: 0 where a document is not judged."""
    import numpy as np

    from workbench.selectors._positions import PLACES, weights_by_place
    from workbench.selectors._text import sentences

    held, counts = np.full((len(documents), len(PLACES)), np.nan), np.zeros(len(documents), dtype=np.int64)
    for position, (document, summary) in enumerate(zip(documents.to_pylist(), summaries.to_pylist(), strict=True)):
        wanted = _telling(summary)
        found = sentences(document) if len(wanted) >= _LEAST_SHARED and len(document) <= _MOST_CHARACTERS else []
        if len(found) < _LEAST_SENTENCES:
            continue
        shared = [len(wanted & _telling(sentence)) for sentence in found]
        most = max(shared)
        if most >= _LEAST_SHARED:
            counts[position] = len(found)
            held[position] = weights_by_place([(each == most) / shared.count(most) for each in shared])
    return held, counts


def _telling(text: str) -> set[str]:
    """The words that a summary may share with a sentence."""
    from workbench.selectors._text import is_unspaced, words

    found = words(text.lower())
    pairs = {one + other for one, other in itertools.pairwise(found) if is_unspaced(one) and is_unspaced(other)}
    return pairs | {word for word in found if len(word) >= _LEAST_LETTERS and not is_unspaced(word)}
