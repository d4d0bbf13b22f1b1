"""Gopher's filters for long texts, as signals with the published thresholds."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, buffers, findings, over_distinct, text_of
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, Operator, SelectorContext

_STOP_WORDS: Final = ("the", "be", "to", "of", "and", "that", "have", "with", "的", "一", "是", "不", "了", "在", "有", "和")
"""Gopher's eight, and the eight most frequent Chinese characters beside them."""


@dataclass(frozen=True, kw_only=True)
class GopherParams:
    """What is looked at.

    Attributes:
        roles: long texts; where there are several, the worst of their values counts.
        least_words: texts of fewer words are not judged: the fractions mean nothing there.
    """

    roles: tuple[str, ...] = ("text",)
    least_words: int = 50


def _signal(name: str, what: str, operator: Operator, threshold: float, high: float | None = 1.0) -> Signal:
    return Signal(
        name=name,
        dtype="float64",
        summary=f"{what[0].upper()}{what[1:]}.",
        low=0.0,
        high=high,
        direction=Direction.LOWER if operator == ">" else Direction.HIGHER,
        rule=Rule(action=Action.REVIEW, operator=operator, threshold=threshold),
        reasons={name: f"{{role}}: {what} is {{value}}"},
    )


_REPETITION: Final = (
    _signal("duplicate-lines", "share of lines that stood there before", ">", 0.30),
    _signal("duplicate-paragraphs", "share of paragraphs that stood there before", ">", 0.30),
    _signal("duplicate-line-characters", "share of characters in repeated lines", ">", 0.20),
    _signal("duplicate-paragraph-characters", "share of characters in repeated paragraphs", ">", 0.20),
    _signal("top-2-gram", "share of characters in the most frequent word pair", ">", 0.20, None),
    _signal("top-3-gram", "share of characters in the most frequent three words", ">", 0.18, None),
    _signal("top-4-gram", "share of characters in the most frequent four words", ">", 0.16, None),
    *(
        _signal(f"duplicate-{size}-grams", f"share of characters in repeated sequences of {size} words", ">", threshold)
        for size, threshold in ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
    ),
)
_QUALITY: Final = (
    _signal("words", "number of words", "<", 50.0, None),
    _signal("short-words", "mean length of words in characters", "<", 3.0, None),
    _signal("long-words", "mean length of words in characters", ">", 10.0, None),
    _signal("hashes", "number of hash signs per word", ">", 0.1, None),
    _signal("ellipses", "number of ellipses per word", ">", 0.1, None),
    _signal("bullet-lines", "share of lines that begin with a bullet", ">", 0.9),
    _signal("ellipsis-lines", "share of lines that end in an ellipsis", ">", 0.3),
    _signal("alphabetic-words", "share of words with a letter", "<", 0.8),
    _signal("stop-words", "number of different stop words", "<", 2.0, None),
)


@dataclass(frozen=True, kw_only=True)
class GopherRepetition:
    """Finds long texts that repeat themselves, by the fractions and thresholds of MassiveText (Rae et al. 2021, appendix A.1.1, table A1).

    Words are runs without white space, and single characters in scripts without spaces; where most are such, sequences are of twice as many. The
    decisions are those of datatrove's filter on words split at white space (``tests/benchmarks/row_selectors.py`` holds them against one another).
    Forms, verse and dialogues repeat themselves for good reasons: for review.
    """

    params: GopherParams = GopherParams()
    name: str = "gopher-repetition"
    version: str = "2"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = _REPETITION

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are looked at."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        from workbench.selectors._gopher_scan import repetition
        from workbench.selectors._unicode import tables

        unicode = tables()
        texts = [text_of(examples, role) for role in self.params.roles]
        least = self.params.least_words
        shares = [over_distinct(each, lambda some: repetition(*buffers(some), unicode.classes, unicode.points, least)) for each in texts]
        return _worst(self.signals, self.params.roles, texts, shares)


@dataclass(frozen=True, kw_only=True)
class GopherQuality:
    """Finds texts that do not read like prose, by the quality heuristics of MassiveText (Rae et al. 2021, appendix A.1.1).

    They were made for web pages: answers, labels, lists and code fail them for good reasons, so no task runs them unless asked to. The mean length of
    words is null where most are of scripts without spaces; there, Chinese stop words count.
    """

    params: GopherParams = GopherParams(least_words=0)
    name: str = "gopher-quality"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = _QUALITY

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are looked at."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        from workbench.selectors._gopher_scan import quality
        from workbench.selectors._unicode import tables

        unicode = tables()
        known = _characters()
        texts = [text_of(examples, role) for role in self.params.roles]
        counts = [quality(*buffers(each), unicode.classes, unicode.points, known.symbols, known.letters, known.stops) for each in texts]
        for each in counts:
            each[each[:, 0] < self.params.least_words] = np.nan
        columns = [each[:, [0, 1, 1, 2, 3, 4, 5, 6, 7]] for each in counts]  # the mean length of words has a rule at either end
        return _worst(self.signals, self.params.roles, texts, columns)


@dataclass(frozen=True, kw_only=True)
class _Characters:
    """Which code points are punctuation or controls, and which are letters, bool each; and the stop words, uint64."""

    symbols: np.ndarray
    letters: np.ndarray
    stops: np.ndarray


@functools.cache
def _characters() -> _Characters:
    import numpy as np
    import pyarrow as pa

    from workbench.selectors._gopher_scan import first_words
    from workbench.selectors._unicode import CONTROL, IGNORED, PUNCTUATION, TABLE_SIZE, tables

    unicode = tables()
    symbols = np.isin(unicode.classes, [PUNCTUATION, CONTROL, IGNORED])
    symbols[[ord(character) for character in "%&*/\\$+<=>^`|~"]] = True
    letters = np.array([chr(point).isalpha() for point in range(TABLE_SIZE)])
    stops = first_words(*buffers(pa.array(_STOP_WORDS, pa.large_string())), unicode.classes, unicode.points)
    return _Characters(symbols=symbols, letters=letters, stops=stops)


def _worst(signals: Sequence[Signal], roles: Sequence[str], texts: Sequence[pa.LargeStringArray], measured: Sequence[np.ndarray]) -> Findings:
    """Of each signal the value of the role that comes nearest to its rule, with evidence where the rule fires."""
    import numpy as np
    import pyarrow as pa

    evidence = Evidence()
    columns: dict[str, pa.Array | np.ndarray] = {}
    present = np.stack([each.is_valid().to_numpy(zero_copy_only=False) for each in texts])
    for place, signal in enumerate(signals):
        below = signal.rule is not None and signal.rule.operator == "<"
        sign = -1.0 if below else 1.0
        values = sign * np.stack([each[:, place] for each in measured])
        values = np.where(present & ~np.isnan(values), values, -np.inf)
        which, value = values.argmax(axis=0), values.max(axis=0)
        column = np.where(np.isneginf(value), np.nan, sign * value)
        columns[signal.name] = pa.array(column, from_pandas=True)
        if signal.rule is not None:
            for position in np.flatnonzero(value > sign * signal.rule.threshold):
                evidence.add(position, signal.name, signal.name, {"value": float(column[position]), "role": roles[which[position]]})
    return findings(tuple(signals), columns, evidence=evidence)
