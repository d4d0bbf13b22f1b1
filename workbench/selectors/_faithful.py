"""Summaries against their documents: how much is copied, and what the document lacks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, buffers, composed, findings, joined_text, nullable, text_of
from workbench.selectors._input_target import InputTargetParams
from workbench.selectors._patterns import matching
from workbench.selectors._profile import holds_visible
from workbench.selectors._text import compiled, words
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_LEAD: Final = 0.9
_LEAST_WORDS: Final = 5
_NUMBER: Final = r"\d+(?:[.,]\d+)*"
_UNITS: Final = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety hundred"
_NUMBER_WORDS: Final = (
    {name: str(value) for value, name in enumerate(_UNITS.split())}
    | {name: str(10 * value) for value, name in enumerate(_TENS.split(), start=2)}
    | {"first": "1", "second": "2", "third": "3", "twice": "2", "dozen": "12", "thousand": "1000", "million": "1000000"}
)
_ZH_DIGITS: Final = str.maketrans("零〇一二两三四五六七八九０１２３４５６７８９", "001223456789" + "0123456789")
_NAME: Final = r"(?<=[\w,] )[A-Z][a-z]{2,}(?:['’]s)?\b"
_SENTENCE_ENDS: Final = (".", "!", "?", "。", "！", "？", '"', "”", "」")
_MAY_BE_NUMBER: Final = r"\d[.,]?\d"
_MAY_BE_NAME: Final = r"\S[ ,]+[A-Z][a-z]{2}|《"
_ZH_QUOTED: Final = r"《([^《》\n]{2,20})》"


@dataclass(frozen=True, kw_only=True)
class Extractiveness:
    """Measures how a target is put together from pieces of its input (Grusky, Naaman and Artzi 2018, "Newsroom", section 4).

    ``coverage`` is the share of its words in such pieces (equation 1), ``density`` the mean length of the piece that a word is in (equation 2),
    ``compression`` the words of the input per word of the target (equation 3). ``lead`` is the share of the target's words (of five or more) that the
    input begins with: a summary that is the document's lead teaches to copy it. Words are compared in lower case; characters, in scripts without
    spaces. Headlines, and datasets that take the lead on purpose, are so by nature: the lead is for review, the others are only shown.
    """

    params: InputTargetParams = InputTargetParams(inputs=("document",), target="summary")
    name: str = "extractiveness"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(name="coverage", dtype="float64", summary="Share of the target's words in pieces of its input.", low=0.0, high=1.0),
        Signal(name="density", dtype="float64", summary="Mean length, in words, of the piece of the input that a word of the target is in.", low=0.0),
        Signal(name="compression", dtype="float64", summary="Words of the input per word of the target.", low=0.0),
        Signal(
            name="lead",
            dtype="float64",
            summary="Share of the target's words that the input begins with.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=_LEAD),
            reasons={"lead": "{target} is how its input begins: {words} words are the same"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input, and the target."""
        return (*self.params.inputs, self.params.target)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        from workbench.selectors._faithful_scan import extraction
        from workbench.selectors._unicode import tables

        unicode = tables()
        source, target = composed(joined_text(examples, self.params.inputs)), composed(text_of(examples, self.params.target).fill_null(""))
        counts = extraction(*buffers(source), *buffers(target), unicode.classes, unicode.folded)
        judged = (counts[:, 0] > 0) & (counts[:, 1] > 0)
        own = np.maximum(counts[:, 1], 1)
        lead = counts[:, 4] / own
        evidence = Evidence()
        long_enough = judged & (counts[:, 1] >= _LEAST_WORDS)
        for position in np.flatnonzero(long_enough & (lead >= _LEAD)):
            evidence.add(position, "lead", "lead", {"target": self.params.target, "words": int(counts[position, 4])})
        columns: dict[str, pa.Array | np.ndarray] = {
            "coverage": nullable(counts[:, 2] / own, judged),
            "density": nullable(counts[:, 3] / own, judged),
            "compression": nullable(counts[:, 0] / own, judged),
            "lead": nullable(lead, long_enough),
        }
        return findings(self.signals, columns, evidence=evidence)


@dataclass(frozen=True, kw_only=True)
class Unsupported:
    """Finds numbers and names in a target that its input lacks, as entity-level checks of faithfulness do (Nan et al. 2021, section 3).

    ``numbers`` counts numbers of at least two digits that are not in the input, in figures or words; ``names`` capitalised words inside a sentence,
    and Chinese titles in 《》, that it lacks in any case. Titles write any word with a capital: in a target that is no sentence, only those behind a
    word in lower case count. A summary may count, round or know a full name: for review.
    """

    params: InputTargetParams = InputTargetParams(inputs=("document",), target="summary")
    name: str = "unsupported"
    version: str = "2"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = tuple(
        Signal(
            name=name,
            dtype="int64",
            summary=f"How many {name} of the target its input lacks.",
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={name: "{target} says {found}, which its input does not"},
        )
        for name in ("numbers", "names")
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input, and the target."""
        return (*self.params.inputs, self.params.target)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        sources, targets = joined_text(examples, self.params.inputs), text_of(examples, self.params.target)
        judged = holds_visible(sources) & holds_visible(targets)
        evidence = Evidence()
        columns: dict[str, pa.Array | np.ndarray] = {}
        for name, sieve, places in (("numbers", _MAY_BE_NUMBER, _foreign_numbers), ("names", _MAY_BE_NAME, _foreign_names)):
            counts = np.zeros(len(examples), dtype=np.int64)
            some = np.flatnonzero(judged & matching(targets, sieve))
            for position, target, source in zip(some.tolist(), targets.take(some).to_pylist(), sources.take(some).to_pylist(), strict=True):
                found = list(places(target, source))
                counts[position] = len(found)
                if found:
                    values = {"target": self.params.target, "found": ", ".join(place[0] for place in found[:5])}
                    evidence.add(position, name, name, values, spans=[(self.params.target, place.start(), place.end()) for place in found[:20]])
            columns[name] = nullable(counts, judged)
        return findings(self.signals, columns, evidence=evidence)


def _figures_in(text: str) -> set[str]:
    """The numbers of a text that are written in figures, without separators."""
    return {found[0].replace(",", "") for found in compiled(_NUMBER, re.ASCII).finditer(text.translate(_ZH_DIGITS))}


def _foreign_numbers(target: str, source: str) -> Iterator[re.Match[str]]:
    found = [place for place in compiled(_NUMBER, re.ASCII).finditer(target) if sum(map(str.isdigit, place[0])) > 1]
    if found:
        figures = _figures_in(source)
        found = [place for place in found if place[0].replace(",", "") not in figures]
    if found:
        spelt = {_NUMBER_WORDS[word] for word in map(str.lower, words(source)) if word in _NUMBER_WORDS}
        yield from (place for place in found if place[0].replace(",", "") not in spelt)


def _foreign_names(target: str, source: str) -> Iterator[re.Match[str]]:
    sentence = target.rstrip().endswith(_SENTENCE_ENDS)
    for place in (*compiled(_NAME).finditer(target), *compiled(_ZH_QUOTED).finditer(target)):
        name = place[1] if place.re.groups else compiled(r"['’]s$").sub("", place[0])
        if name in source or name.casefold() in source.casefold():
            continue
        if sentence or place.re.groups or not target[: place.start()].rsplit(maxsplit=1)[-1][:1].isupper():
            yield place
