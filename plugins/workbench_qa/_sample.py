"""Questions about functions and their arguments, with docstrings as contexts and spans of these as answers; known defects in the training half."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.data.corpus import documentation, sample_of
from workbench.data.plant import AnswerNotInContext, ExactDuplicate, GroupOutcomeBias, NearDuplicate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.types import Plant, Sample

WORDS = (15, 160)
"""Words of a docstring that serves as a context: enough to hide an answer in, and few enough for a small model's window."""


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A way to ask.

    Attributes:
        found: what the docstring must say; the group ``answer`` is the answer, further groups go into the question.
        question: with ``{name}`` for the documented object and one place for each further group.
    """

    found: re.Pattern[str]
    question: str


PATTERNS = (
    Pattern(found=re.compile(r"\b[Rr]eturns? (?P<answer>(?:an?|the|True|False|None|all)\b[^.\n:;]{5,80})[.\n]"), question="What does {name} return?"),
    Pattern(
        found=re.compile(r"\b(?P<argument>\w+) (?:argument )?defaults to (?P<answer>[^\s,;)]*[^\s,;).])"),
        question="What does {argument} of {name} default to?",
    ),
    Pattern(
        found=re.compile(r"\b[Rr]aises? (?:an? )?(?P<answer>\w*(?:Error|Exception|Warning|Exit|Interrupt|Iteration)\b)"),
        question="Which exception does {name} raise?",
    ),
    Pattern(found=re.compile(r"\A(?P<answer>[A-Z][a-z]+\b[^.\n]{10,90})[.\n]"), question="What does {name} do?"),
    Pattern(
        found=re.compile(r"\bIf (?P<answer>[^,.\n]{6,60}), (?:then )?(?P<effect>[^,.\n:;]{8,60})[,.\n]"),
        question="When does it hold for {name} that {effect}?",
    ),
)

PLANTS: tuple[tuple[Plant, float], ...] = (
    (AnswerNotInContext(role="answers", context="context", found_by=("answer-not-in-context",)), 0.10),
    (ExactDuplicate(found_by=("exact-duplicates", "near-duplicates")), 0.05),
    (NearDuplicate(role="context", found_by=("near-duplicates",)), 0.05),
    (
        GroupOutcomeBias(
            role="question",
            sentence="A question from the women of the team.",
            term="women",
            target="answers",
            outcome=(),
            found_by=("group-association",),
        ),
        0.04,
    ),
)


def sample(seed: int, size: int) -> Sample:
    """Questions on docstrings: ``size`` for training, and defects planted there."""
    import pyarrow as pa

    rows = list(_questions())
    spans = pa.large_list(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("text", pa.large_string())]))
    types = {"question": pa.large_string(), "context": pa.large_string(), "answers": spans}
    names = ("question", "context", "answers", "source", "area", "group")
    examples = pa.table({name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in names})
    return sample_of(examples, seen=("context",), plants=PLANTS, seed=seed, size=size)


def _questions() -> Iterator[dict[str, object]]:
    """Every question that a pattern finds; of one pattern the first in each docstring."""
    for record in documentation().to_pylist():
        context = record["docstring"]
        if not WORDS[0] <= len(context.split()) <= WORDS[1]:
            continue
        name = record["name"].rpartition(".")[2] or record["name"]
        for pattern in PATTERNS:
            match = pattern.found.search(context)
            if match is None:
                continue
            start, end = match.span("answer")
            places = {key: value for key, value in match.groupdict().items() if key != "answer"}
            yield {
                "question": pattern.question.format(name=name, **places),
                "context": context,
                "answers": [{"start": start, "end": end, "text": context[start:end]}],
                "source": f"python:{record['module']}",
                "area": record["area"],
                "group": record["group"],
            }
