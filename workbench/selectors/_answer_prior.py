"""What can be guessed of an answer without reading: where it stands, and of what kind it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from workbench.selectors._columns import Evidence, composed, findings, no_values, nullable, text_of
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_TOLD_FROM: Final = 0.5
_NAMED: Final = 5
_QUESTIONS: Final = {
    "how many": r"(?i)\bhow (?:many|much|long|old|far|often|tall|high)\b|多少|几[个年月日岁次名位人家]|多[长大高远久]",
    "when": r"(?i)\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|time)\b|什么时候|何时|哪[一]?年|几[年月]|哪[一]?天",
    "who": r"(?i)\bwho(?:m|se)?\b|谁|哪[一]?[位个]人|何人",
    "where": r"(?i)\bwhere\b|\b(?:what|which) (?:city|country|state|place)\b|哪里|何处|哪[个一]?[座国省市地]|什么地方|在哪",
    "why": r"(?i)\bwhy\b|为什么|为何|原因",
    "how": r"(?i)\bhow\b|如何|怎[么样]",
}
"""In order of precedence, in RE2's syntax."""
_ANSWERS: Final = {
    "yes or no": r"(?i)^\W*(?:yes|no|true|false|是的?|不是|否|对|不对)\W*$",
    "a date": r"(?i)^\W*(?:(?:in|on|by|since|early|late|mid)\W+)*(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\W+"
    r"(?:\d{1,2}\b\W*)?(?:\d{4})?|(?:1\d|20)\d\ds?)\W*$|\d+年|\d+月\d+日|^[一二三四五六七八九十〇零]+年",
    "a number": r"(?i)^\W*(?:(?:about|over|around|nearly|more than|approximately)\W+)?"
    r"(?:[\d.,]+|one|two|three|four|five|six|seven|eight|nine|ten|twelve)(?:\W+[a-z]+)?\W*$"
    r"|^[约近超过]*[\d.,]+\S{0,4}$|^[一二三四五六七八九十百千万亿两]+\S{0,2}$",
    "a name": r"^\W*(?:the |The )?[A-Z][\w'’.-]*(?:\W+(?:of|the|and|de|von|van|[A-Z][\w'’.-]*))*\W*$|^《[^》]+》$",
}
"""In order of precedence, in RE2's syntax; all others are phrases."""


@dataclass(frozen=True, kw_only=True)
class AnswerPriorParams:
    """What is looked at.

    Attributes:
        question: the text role of the question.
        context: the text role that answers stand in.
        answers: the role of spans; of several the first counts.
        alpha: the chance of any false finding among the places, and among the pairs of question and answer.
        least_rows: with fewer answers nothing is tested.
    """

    question: str = "question"
    context: str = "context"
    answers: str = "answers"
    alpha: float = 0.01
    least_rows: int = 20


@dataclass(frozen=True, kw_only=True)
class AnswerPrior:
    """Finds what a model could learn in the place of reading: answers that stand in one sentence more often than chance, or that are of the kind that
    the question gives away.

    ``position`` is the effect of the answer's place where it is beyond chance (see ``_positions.place_tests``): contexts of two sentences or more.
    ``type`` is that of the kind of answer (a name, a number, a date, yes or no) among questions of one kind (see ``_statistics.associations``);
    "who" asks for names rightly, so it is only shown.
    """

    params: AnswerPriorParams = AnswerPriorParams()
    name: str = "answer-prior"
    version: str = "1"
    kind: SelectorKind = SelectorKind.BIAS
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="position",
            dtype="float64",
            summary="How surely the sentence that its answer stands in has the answer: 0 no more than chance, 1 always.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=0.5),
            reasons={"position": "its answer stands in the {place} sentence, as in {share} of {rows} examples; by chance {base} (z = {z})"},
        ),
        Signal(
            name="type",
            dtype="float64",
            summary="How surely its kind of question has its kind of answer: 0 no more than chance, 1 always.",
            low=0.0,
            high=1.0,
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """Question, context and answers."""
        return (self.params.question, self.params.context, self.params.answers)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        from workbench.selectors._positions import PLACES, carried_effect, place_tests

        spans = [cast("Sequence[Mapping[str, object]] | None", each) for each in examples.values(self.params.answers)]
        answered = np.array([bool(each) for each in spans], dtype=bool)
        if answered.sum() < self.params.least_rows:
            return no_values(self.signals, len(examples), ["there are too few answers to test"])
        held, counts, sentence = _places(spans, examples.texts(self.params.context))
        tests = place_tests(held[counts > 1], counts[counts > 1], self.params.alpha)
        effect, which = carried_effect(held, tests)
        evidence = Evidence()
        for position in np.flatnonzero((effect >= _TOLD_FROM) & (counts > 1)):
            test = tests[which[position]]
            values = {"place": PLACES[test.place], "share": test.share, "rows": test.rows, "base": test.base, "z": test.z, "p": test.p}
            evidence.add(position, "position", "position", values, spans=[(self.params.context, *sentence[int(position)])])
        notes = [test.sentence("answers stand in") for test in tests] or ["answers stand in no sentence more often than chance"]
        first = [str(each[0]["text"] or "") if each else "" for each in spans]
        kinds, told = self._types(composed(text_of(examples, self.params.question)), first, answered)
        columns: dict[str, pa.Array | np.ndarray] = {"position": nullable(effect, counts > 1), "type": nullable(kinds, answered)}
        return findings(self.signals, columns, evidence=evidence, notes=[*notes, *told])

    def _types(self, questions: pa.LargeStringArray, answers: Sequence[str], answered: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """The effect of each example's kinds of question and answer, and the strongest pairs in words."""
        import numpy as np
        import pyarrow as pa

        from workbench.selectors._statistics import associations, carriers, indicators

        asked = _kinds(questions, _QUESTIONS, answered)
        given = _kinds(pa.array(answers, pa.large_string()), {**_ANSWERS, "a phrase": ""}, answered)
        rows = np.flatnonzero(answered)
        place = np.full(len(answered), -1)
        place[rows] = np.arange(len(rows))
        features = indicators([place[each] for each in asked.values()], len(rows))
        outcomes = indicators([place[each] for each in given.values()], len(rows))
        tests = associations(features, outcomes, alpha=self.params.alpha, least_rows=self.params.least_rows)
        values = np.zeros(len(answered))
        values[rows] = carriers(features, outcomes, tests).effect
        questions_named, answers_named = list(asked), list(given)
        return values, [
            f"{test.share:.0%} of the {test.rows} questions with {questions_named[test.feature]!r} are answered by {answers_named[test.outcome]}, "
            f"of all {test.base:.1%} (z = {test.z:.1f})"
            for test in tests[:_NAMED]
        ]


def _places(
    spans: Sequence[Sequence[Mapping[str, object]] | None], contexts: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, dict[int, tuple[int, int]]]:
    """What each place holds of the answer (0 or 1), sentences of the context (0 where the answer has no place in it), and the answer's sentence."""
    import numpy as np

    from workbench.selectors._positions import PLACES, weights_by_place
    from workbench.selectors._text import sentence_spans

    held, counts = np.full((len(spans), len(PLACES)), np.nan), np.zeros(len(spans), dtype=np.int64)
    sentence: dict[int, tuple[int, int]] = {}
    known: dict[str, list[tuple[int, int]]] = {}
    for position, (answers, context) in enumerate(zip(spans, contexts, strict=True)):
        start = answers[0]["start"] if answers else None
        if start is None:
            continue
        if context not in known:
            known[context] = sentence_spans(context)
        bounds = known[context]
        own = next((place for place, (first, last) in enumerate(bounds) if first <= cast("int", start) < last), None)
        if own is not None:
            counts[position], sentence[position] = len(bounds), bounds[own]
            held[position] = weights_by_place([float(place == own) for place in range(len(bounds))])
    return held, counts, sentence


def _kinds(texts: pa.LargeStringArray, kinds: Mapping[str, str], among: np.ndarray) -> dict[str, np.ndarray]:
    """The positions of the texts of each kind, each in the first that it matches; an empty expression takes the rest."""
    import numpy as np

    from workbench.selectors._patterns import matching

    left = among.copy()
    found = {}
    for name, expression in kinds.items():
        hit = left & (matching(texts, expression) if expression else True)
        found[name] = np.flatnonzero(hit)
        left &= ~hit
    return found
