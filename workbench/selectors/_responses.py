"""Responses against their prompts."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, buffers, composed, findings, joined_text, nullable, text_of
from workbench.selectors._patterns import Pattern, matches_of, matching, spans_of
from workbench.selectors._profile import profile_of
from workbench.selectors._text import is_unspaced, words
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_MARKERS: Final = (
    Pattern(
        code="marker",
        expression=r"<\|[a-z_]{2,30}\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>",
        literals=("<|", "INST]", "SYS>>", "_of_turn>"),
    ),
    Pattern(
        code="marker", expression=r"(?m)^\s*#{2,4} ?(?:Instruction|Input|Response|Human|Assistant|User|System|指令|输入|输出|回答) ?[:：]", needs="#"
    ),
    Pattern(
        code="marker",
        expression=r"(?m)^(?:Human|User|Assistant|用户|助手) ?[:：]",
        literals=tuple(f"{who}{mark}" for who in ("Human", "User", "Assistant", "用户", "助手") for mark in (":", " :", "：", " ：")),
    ),
    Pattern(
        code="marker",
        expression=r"(?i)\bbelow is an instruction that describes a task\b|下面是一条?描述任务的指令",
        literals=("below is an instruction that", "描述任务的指令"),
    ),
)
_CHAT: Final = r"(?i)\b(?:dialog|dialogue|conversation|chat|script|interview|role.?play|transcript)|对话|聊天|访谈|剧本"
_PREFIX: Final = 0.9
_LEAST_PROMPT: Final = 5
_LEAST_WORDS: Final = 10
_LEAST_LETTERS: Final = 4


@dataclass(frozen=True, kw_only=True)
class ResponseParams:
    """The parts of an instruction with its response.

    Attributes:
        prompt: the instruction.
        input: what it is about, where there is one.
        response: what answers it.
    """

    prompt: str = "prompt"
    input: str = "input"
    response: str = "response"


@dataclass(frozen=True, kw_only=True)
class ResponseForm:
    """Finds responses that give the prompt back, leave a code block open, or do not speak of what they were given.

    ``markers`` counts signs of a chat template (unless the prompt asks for a dialogue); ``prompt-share`` is the share of the prompt's words that the
    response begins with; ``open-fence`` tells of an odd number of code fences; ``ignores-input`` that no word of four letters or more (in scripts
    without spaces, no pair of characters) of an input of ten words or more stands in a response of as many. Good answers often take up the prompt
    or say it all in other words, so these two are only shown; the others are for review.
    """

    params: ResponseParams = ResponseParams()
    name: str = "response-form"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="markers",
            dtype="int64",
            summary="How many signs of a chat template stand in the response.",
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={"markers": "the response has a sign of a chat template: {example!r}"},
        ),
        Signal(
            name="prompt-share",
            dtype="float64",
            summary="Share of the prompt's words that the response begins with.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            reasons={"prompt": "the response begins with the prompt"},
        ),
        Signal(
            name="open-fence",
            dtype="bool",
            summary="Whether a code block is left open.",
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=1.0),
            reasons={"open": "a code block is opened and not closed"},
        ),
        Signal(
            name="ignores-input",
            dtype="bool",
            summary="Whether no word of the input stands in the response.",
            direction=Direction.LOWER,
            reasons={"ignores": "no word of the input stands in the response"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """Prompt, input and response."""
        return (self.params.prompt, self.params.input, self.params.response)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np
        import pyarrow.compute as pc

        evidence = Evidence()
        prompts, responses = text_of(examples, self.params.prompt), text_of(examples, self.params.response)
        present = responses.is_valid().to_numpy(zero_copy_only=False)
        markers = self._markers(examples, evidence)
        share = _begins(prompts, responses)
        for position in np.flatnonzero(share >= _PREFIX):
            evidence.add(position, "prompt-share", "prompt")
        fences = pc.count_substring(responses.fill_null(""), "```").to_numpy() % 2 == 1
        for position in np.flatnonzero(fences):
            evidence.add(position, "open-fence", "open")
        ignores = self._ignores(examples)
        for position in np.flatnonzero(ignores == 1):
            evidence.add(position, "ignores-input", "ignores")
        columns: dict[str, pa.Array | np.ndarray] = {
            "markers": nullable(markers, present),
            "prompt-share": nullable(np.nan_to_num(share), ~np.isnan(share)),
            "open-fence": nullable(fences, present),
            "ignores-input": nullable(ignores == 1, ~np.isnan(ignores)),
        }
        return findings(self.signals, columns, evidence=evidence)

    def _markers(self, examples: ExampleTable, evidence: Evidence) -> np.ndarray:
        import numpy as np

        counts = np.zeros(len(examples), dtype=np.int64)
        marked = dict(matches_of(examples, (self.params.response,), _MARKERS).items())
        positions = np.array(list(marked), dtype=np.int64)
        asked = matching(joined_text(examples.take(positions), (self.params.prompt, self.params.input)), _CHAT)
        for (position, found), talk in zip(marked.items(), asked.tolist(), strict=True):
            if not talk:
                counts[position] = len(found)
                evidence.add(position, "markers", "markers", {"example": found[0].text.strip()[:40]}, spans=spans_of(found))
        return counts

    def _ignores(self, examples: ExampleTable) -> np.ndarray:
        """1 where the response has nothing of the input, 0 where it has, NaN where either is too short to tell: float64 [n]."""
        import numpy as np

        ignores = np.full(len(examples), np.nan)
        if self.params.input not in examples.roles:
            return ignores
        inputs, responses = text_of(examples, self.params.input), text_of(examples, self.params.response)
        judged = (profile_of(inputs).words >= _LEAST_WORDS) & (profile_of(responses).words >= _LEAST_WORDS)
        for position in np.flatnonzero(judged).tolist():
            content = _content(inputs[position].as_py())
            if content:
                answer = responses[position].as_py().casefold()
                ignores[position] = not any(word in answer for word in content)
        return ignores


def _content(text: str) -> set[str]:
    """Words of four letters or more without their last two, so that other forms of them are found too; pairs of characters without spaces."""
    found = words(text.casefold())
    pairs = {one + other for one, other in itertools.pairwise(found) if is_unspaced(one) and is_unspaced(other)}
    return pairs | {word[: max(_LEAST_LETTERS, len(word) - 2)] for word in found if len(word) >= _LEAST_LETTERS}


def _begins(prompts: pa.LargeStringArray, responses: pa.LargeStringArray) -> np.ndarray:
    """The share of a prompt's words that its response begins with: float64 [n], NaN for prompts of fewer than five words."""
    import numpy as np

    from workbench.selectors._faithful_scan import shared_beginnings
    from workbench.selectors._unicode import tables

    unicode = tables()
    data_a, offsets_a = buffers(composed(prompts.fill_null("")))
    counts = shared_beginnings(data_a, offsets_a, *buffers(composed(responses.fill_null(""))), unicode.classes, unicode.folded)
    shares: np.ndarray = np.where(counts[:, 0] >= _LEAST_PROMPT, counts[:, 1] / np.maximum(counts[:, 0], 1), np.nan)
    return shares
