"""Row selectors for answers that are spans of a context."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from workbench.selectors._columns import Evidence, buffers, findings, nullable, text_of
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext


@dataclass(frozen=True, kw_only=True)
class SpanParams:
    """Which spans point into which text.

    Attributes:
        spans: a role of spans.
        context: the text role that they point into.
    """

    spans: str = "answers"
    context: str = "context"


@dataclass(frozen=True, kw_only=True)
class AnswerNotInContext:
    """Finds answers that their context does not hold, and spans that point at something else.

    An answer counts as held where its text stands in the context once both are in Unicode's compatibility form, lower case and without white space,
    so that only a wrong answer is called ``missing``. A wrong ``offset`` can be repaired as long as the text is there, so it is for review. Examples
    without an answer are unanswerable on purpose: null.
    """

    params: SpanParams = SpanParams()
    name: str = "answer-not-in-context"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="missing",
            about_target=True,
            dtype="bool",
            summary="Whether none of the answers stands in the context.",
            direction=Direction.LOWER,
            rule=Rule(action=Action.DROP, operator=">=", threshold=1.0),
            reasons={"missing": "{answer!r} does not stand in {context}"},
        ),
        Signal(
            name="offset",
            about_target=True,
            dtype="bool",
            summary="Whether a span points at something else than its text.",
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=1.0),
            reasons={"offset": "{answer!r} is said to begin at {start}, where {context} has {found!r}"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The spans and their context."""
        return (self.params.spans, self.params.context)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np
        import pyarrow.compute as pc

        lists = examples.column(self.params.spans)
        answered = pc.fill_null(pc.list_value_length(lists), 0).to_numpy() > 0
        contexts = text_of(examples, self.params.context)
        missing, offset = np.zeros(len(examples), dtype=bool), np.zeros(len(examples), dtype=bool)
        evidence = Evidence()
        some = np.flatnonzero(answered & ~_all_right(lists, contexts))
        for position, spans, text in zip(some.tolist(), lists.take(some).to_pylist(), contexts.take(some).to_pylist(), strict=True):
            answers, held = cast("Sequence[Mapping[str, object]]", spans), text or ""
            wrong = [each for each in answers if not _points_right(each, held)]
            offset[position] = any(each["start"] is not None for each in wrong)
            missing[position] = len(wrong) == len(answers) and not any(_stands_in(str(each["text"]), held) for each in answers)
            if wrong:
                self._tell(evidence, position, wrong, held, missing=bool(missing[position]))
        return findings(self.signals, {"missing": nullable(missing, answered), "offset": nullable(offset, answered)}, evidence=evidence)

    def _tell(self, evidence: Evidence, position: int, wrong: Sequence[Mapping[str, object]], text: str, *, missing: bool) -> None:
        values: dict[str, object] = {"answer": str(wrong[0]["text"])[:200], "context": self.params.context}
        if missing:
            evidence.add(position, "missing", "missing", values)
        for each in wrong[:1]:
            start, end = cast("int | None", each["start"]), cast("int | None", each["end"])
            if start is not None:
                end = start + len(str(each["text"])) if end is None else end
                spans = [(self.params.context, start, end)] if 0 <= start <= end <= len(text) else []
                found = text[start:end][:200] if start >= 0 else ""
                evidence.add(position, "offset", "offset", {**values, "start": start, "found": found}, spans=spans)


def _all_right(lists: pa.ChunkedArray, contexts: pa.LargeStringArray) -> np.ndarray:
    """Of which rows every span points right, told in one pass: bool [n]."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from workbench.selectors._answers_scan import points_right

    column = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], lists.type)
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
    spans = column.flatten()
    starts, ends = (pc.fill_null(pc.struct_field(spans, name), -1).cast(pa.int64()).to_numpy() for name in ("start", "end"))
    texts = pc.struct_field(spans, "text").cast(pa.large_string())
    right: np.ndarray = points_right(np.concatenate([[0], np.cumsum(lengths)]), starts, ends, *buffers(texts), *buffers(contexts))
    return right


def _points_right(answer: Mapping[str, object], text: str) -> bool:
    start, end = cast("int | None", answer["start"]), cast("int | None", answer["end"])
    wanted = str(answer["text"])
    return start is not None and start >= 0 and text[start : start + len(wanted)] == wanted and end in {None, start + len(wanted)}


def _stands_in(answer: str, text: str) -> bool:
    return _plain(answer) in _plain(text)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
