"""Answers against their questions, and questions against one another."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, buffers, findings, nullable, text_of
from workbench.selectors._profile import profile_of
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_LONG_SHARE: Final = 0.5
_LEAST_CONTEXT: Final = 30
_LEAST_VISIBLE: Final = 4


@dataclass(frozen=True, kw_only=True)
class AnswerParams:
    """The parts of a question with its answer.

    Attributes:
        question, context: text roles.
        answers: a role of spans or texts, the first of which is looked at.
    """

    question: str = "question"
    context: str = "context"
    answers: str = "answers"


@dataclass(frozen=True, kw_only=True)
class AnswerForm:
    """Finds answers that are no answer: nearly the whole context, or what the question says already.

    ``share`` is the first answer's words by those of a context of at least 30; ``in-question`` tells that the question holds the first answer (of at
    least four characters) as it stands. Most such questions name what they ask to choose from, so that is only shown; the share is for review.
    """

    params: AnswerParams = AnswerParams()
    name: str = "answer-form"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="share",
            dtype="float64",
            summary="Words of the answer per word of its context.",
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=_LONG_SHARE),
            reasons={"long": "the answer has {words} words of the context's {of}"},
        ),
        Signal(
            name="in-question",
            dtype="bool",
            summary="Whether the question says the answer already.",
            direction=Direction.LOWER,
            reasons={"in-question": "the question says {answer!r} already"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """Question, context and answers."""
        return (self.params.question, self.params.context, self.params.answers)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        first = first_answers(examples, self.params.answers)
        own, whole = profile_of(first), profile_of(text_of(examples, self.params.context))
        there = own.visible > 0
        judged = there & (whole.words >= _LEAST_CONTEXT)
        share = own.words / np.maximum(whole.words, 1)
        evidence = Evidence()
        for position in np.flatnonzero(judged & (share >= _LONG_SHARE)):
            evidence.add(position, "share", "long", {"words": int(own.words[position]), "of": int(whole.words[position])})
        inside = self._inside(first, text_of(examples, self.params.question), evidence)
        columns: dict[str, pa.Array | np.ndarray] = {
            "share": nullable(share, judged),
            "in-question": nullable(inside, there & (own.visible >= _LEAST_VISIBLE)),
        }
        return findings(self.signals, columns, evidence=evidence)

    def _inside(self, answers: pa.LargeStringArray, questions: pa.LargeStringArray, evidence: Evidence) -> np.ndarray:
        """Where the question says the answer: bool [n]."""
        import numpy as np

        from workbench.selectors._answers_scan import lower_case, may_hold
        from workbench.selectors._unicode import tables

        inside = np.zeros(len(answers), dtype=bool)
        some = np.flatnonzero(may_hold(*buffers(questions), *buffers(answers), tables().classes, *lower_case()))
        for position, given, asked in zip(some.tolist(), answers.take(some).to_pylist(), questions.take(some).to_pylist(), strict=True):
            answer, question = (given or "").strip(), asked or ""
            at = question.lower().find(answer.lower()) if len(answer) >= _LEAST_VISIBLE else -1
            if at >= 0 and _whole(question, at, at + len(answer)):
                inside[position] = True
                evidence.add(position, "in-question", "in-question", {"answer": answer[:80]}, spans=[(self.params.question, at, at + len(answer))])
        return inside


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a place is there and does not cut an ASCII word."""
    if end > len(text):  # lower case can be longer than the text
        return False
    before, behind = text[start - 1 : start], text[end : end + 1]
    return not (before.isascii() and before.isalnum()) and not (behind.isascii() and behind.isalnum())


def first_answers(examples: ExampleTable, role: str) -> pa.LargeStringArray:
    """The text of the first of some answers, null where there is none."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    column = examples.column(role)
    if not pa.types.is_large_list(column.type):
        return text_of(examples, role)
    lists = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    values = lists.values.field("text") if pa.types.is_struct(lists.values.type) else lists.values
    starts = lists.offsets.to_numpy()[:-1]
    return values.take(pa.array(np.where(lengths > 0, starts, 0), mask=lengths == 0)).cast(pa.large_string())


@dataclass(frozen=True, kw_only=True)
class ContradictingAnswers:
    """Finds equal questions on equal contexts that are answered differently, one of them perhaps not at all.

    Compared without regard to case and spacing. Answers differ where neither holds the other. Of equal questions at least one has the wrong answer,
    or the question has several: for review.
    """

    params: AnswerParams = AnswerParams()
    name: str = "contradicting-answers"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="others",
            about_target=True,
            dtype="int64",
            summary="How many equal questions have another answer.",
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={
                "answered": "answered {answer!r}, an equal question {other!r}",
                "unanswerable": "answered {answer!r}, an equal question not at all",
            },
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """Question, context and answers."""
        return (self.params.question, self.params.context, self.params.answers)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``."""
        import numpy as np

        from workbench.selectors._keys import group_codes

        answers = [_plain(text) for text in first_answers(examples, self.params.answers).to_pylist()]
        groups = group_codes(examples, (self.params.question, self.params.context), context, fold_case=True)
        order = np.argsort(groups, kind="stable")
        counts = np.zeros(len(examples), dtype=np.int64)
        evidence = Evidence()
        bounds = np.flatnonzero(np.diff(groups[order], prepend=-1, append=-1)) if len(order) else np.empty(0, dtype=np.int64)
        for begin, end in itertools.pairwise(bounds.tolist()):
            members = sorted(order[begin:end].tolist())
            for position in members if len(members) > 1 else []:
                others = [other for other in members if _differ(answers[position], answers[other])]
                counts[position] = len(others)
                if others:
                    values = {"answer": answers[position][:80], "other": answers[others[0]][:80]}
                    reason = "answered" if answers[others[0]] else "unanswerable"
                    evidence.add(position, "others", reason, values, partners=others[:20])
        return findings(self.signals, {"others": counts}, evidence=evidence)


def _plain(text: str | None) -> str:
    return " ".join((text or "").casefold().split())


def _differ(one: str, other: str) -> bool:
    return one not in other and other not in one if one and other else one != other
