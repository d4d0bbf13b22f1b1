"""Questions and contexts as windows of tokens, answers as labels on them, and spans read back from a model's scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from workbench.finetune._features import IGNORED, Features, Ragged, batches, collate
from workbench.finetune._losses import inference
from workbench.finetune._tokenizers import cut, longest_token, token_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.finetune._artifact import Artifact, Codec

_WINDOWS = 32
"""Windows that one context is read in, at most; what lies beyond is not read, and the audit says so."""
_CHUNK = 200
"""Examples that are tokenised at once, to bound memory."""
NOTHING = 0
"""The token that means "no answer here": the first."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """What a model reads of questions and contexts.

    Attributes:
        columns: token columns by name, one row per window.
        first: int64 [windows], where the context begins in each.
        spans: of each window, the characters of each of its context tokens, int32 [tokens, 2], in code points of the context.
        example: int64 [windows], the position of the example.
        truncated: of each example, whether a part was not read.
    """

    columns: dict[str, Ragged]
    first: np.ndarray
    spans: list[np.ndarray]
    example: np.ndarray
    truncated: list[bool]

    def tokens(self) -> np.ndarray:
        """Tokens of all windows of each example."""
        return np.bincount(self.example, self.columns["input_ids"].lengths, len(self.truncated)).astype(np.int64)


def read_windows(codec: Codec, questions: Sequence[str], contexts: Sequence[str]) -> Windows:
    """Split each context into windows that fit the model, after its question, overlapping by ``stride`` tokens.

    A question takes at most half of a window.
    """
    tokenizer, plan = codec.tokenizer, codec.plan
    names = [name for name in ("input_ids", "token_type_ids") if name == "input_ids" or name in tokenizer.model_input_names]
    columns: dict[str, list[list[int]]] = {name: [] for name in names}
    first: list[int] = []
    spans: list[np.ndarray] = []
    example: list[int] = []
    questions, question_cut = _short_questions(codec, questions)
    characters = _WINDOWS * plan.max_length * longest_token(tokenizer)
    truncated = [cut_off or len(context) > characters for cut_off, context in zip(question_cut, contexts, strict=True)]
    # A stride as long as what is left beside the question would never get ahead.
    stride = min(cast("int | None", plan.options["stride"]) or plan.max_length, plan.max_length // 4)
    for start in range(0, len(questions), _CHUNK):
        encoded = tokenizer(
            questions[start : start + _CHUNK],
            [cut(context, characters) for context in contexts[start : start + _CHUNK]],
            truncation="only_second",
            max_length=plan.max_length,
            stride=stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            split_special_tokens=True,
        )
        windows_of = [0] * _CHUNK
        for window, within in enumerate(encoded["overflow_to_sample_mapping"]):
            position = start + within
            windows_of[within] += 1
            if windows_of[within] > _WINDOWS:
                truncated[position] = True
                continue
            sequence = np.array([-1 if part is None else part for part in encoded.sequence_ids(window)])
            context_tokens = np.flatnonzero(sequence == 1)
            for name in names:
                columns[name].append(encoded[name][window])
            first.append(int(context_tokens[0]) if len(context_tokens) else 0)
            spans.append(np.array(encoded["offset_mapping"][window], np.int32).reshape(-1, 2)[context_tokens])
            example.append(position)
    return Windows(
        columns={name: Ragged.of(rows) for name, rows in columns.items()},
        first=np.array(first, np.int64),
        spans=spans,
        example=np.array(example, np.int64),
        truncated=truncated,
    )


def _short_questions(codec: Codec, questions: Sequence[str]) -> tuple[list[str], list[bool]]:
    room = codec.plan.max_length // 2
    characters = room * longest_token(codec.tokenizer)
    short = [cut(question, characters) for question in questions]
    long = [len(ids) > room for ids in token_ids(codec.tokenizer, short, special=False)]
    # Of a question that is too long in tokens, a quarter as many characters surely fit: a token is at least a byte, a character at most 4 of them.
    kept = [question[: room // 4] if too_long else question for question, too_long in zip(short, long, strict=True)]
    return kept, [len(kept_part) < len(question) for kept_part, question in zip(kept, questions, strict=True)]


def label_windows(windows: Windows, contexts: Sequence[str], answers: Sequence[Any] | None) -> tuple[Features, np.ndarray, np.ndarray]:
    """Where the answer begins and ends in each window.

    Args:
        windows: of the examples.
        contexts: of the examples.
        answers: of the examples, each a list of spans, of which the first counts; None where there is no such role, and so no target.

    Returns:
        Features; supervised tokens, int64 [examples]: those of the answer, 1 where the model learns that there is none, 0 for an answer in an empty
        context; and whether some window holds the whole answer, if there is one, bool [examples].
    """
    starts = np.full(len(windows.example), NOTHING, np.int64)
    ends = np.full(len(windows.example), NOTHING, np.int64)
    supervised = np.ones(len(contexts), np.int64)
    held = np.array([answers is None or not answers[position] for position in range(len(contexts))])
    for window, position in enumerate(windows.example):
        if answers is None or (answers[position] and not contexts[position]):
            starts[window] = ends[window] = IGNORED
            supervised[position] = 0
        elif answers[position]:
            answer = answers[position][0]
            found = _tokens_of(windows.spans[window], *_inside(answer["start"], answer["end"], contexts[position]))
            if found is not None:
                starts[window], ends[window] = windows.first[window] + found[0], windows.first[window] + found[1]
                supervised[position] = found[1] - found[0] + 1
                held[position] = True
    return Features(tokens=windows.columns, targets={"starts": starts, "ends": ends}, example=windows.example), supervised, held


def _inside(start: int, end: int, context: str) -> tuple[int, int]:
    """A span moved into its context, without blanks around it, which belong to no token.

    Noisy data has spans that point beyond their context, and an arm of raw data trains on them as they are.
    """
    start = min(max(start, 0), len(context) - 1)
    end = min(max(end, start + 1), len(context))
    blanks = len(context[start:end]) - len(context[start:end].lstrip())
    kept = len(context[start:end].strip())
    return (start + blanks, start + blanks + kept) if kept else (start, end)


def _tokens_of(spans: np.ndarray, start: int, end: int) -> tuple[int, int] | None:
    """The first and the last context token of a span of characters, or None where the window does not hold all of it."""
    if not len(spans) or spans[0, 0] > start or spans[-1, 1] < end:
        return None
    overlapping = np.flatnonzero((spans[:, 0] < end) & (spans[:, 1] > start))
    return (int(overlapping[0]), int(overlapping[-1])) if len(overlapping) else None


def decode_spans(artifact: Artifact, windows: Windows) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The best span of each example over all of its windows: start before end, at most ``max_answer_tokens`` long.

    Returns:
        Start and end int64 [examples] in code points of the context; no-answer score float64 [examples], the least score of "no answer" in any window
        minus the best span's, in nats, above 0 where the model holds the question unanswerable (Devlin et al. 2019, section 4.3); and whether there
        was any span, bool [examples].
    """
    examples = len(windows.truncated)
    starts, ends = np.zeros(examples, np.int64), np.zeros(examples, np.int64)
    best, nothing = np.full(examples, -np.inf), np.full(examples, np.inf)
    features = Features(tokens=windows.columns, example=windows.example)
    longest = cast("int", artifact.codec.plan.options["max_answer_tokens"])
    with inference(artifact.model):
        for positions in batches(features.lengths):
            batch = {name: tensor.to(artifact.model.device) for name, tensor in collate(features, positions, artifact.codec.pad).items()}
            output = artifact.model(**batch)
            scores = torch.stack([output.start_logits, output.end_logits], dim=1).double().cpu()
            for window, score in zip(positions, scores, strict=True):
                position = windows.example[window]
                nothing[position] = min(nothing[position], float(score[:, NOTHING].sum()))
                first, spans = windows.first[window], windows.spans[window]
                if not len(spans):
                    continue
                start, end, value = _best_span(score[:, first : first + len(spans)], longest)
                if value > best[position]:
                    best[position], starts[position], ends[position] = value, spans[start, 0], spans[end, 1]
    found = np.isfinite(best)
    return starts, ends, np.subtract(nothing, best, out=np.zeros(examples), where=found), found


def _best_span(scores: torch.Tensor, longest: int) -> tuple[int, int, float]:
    """The best start and end of scores [2, tokens], and its score."""
    sums = scores[0].unsqueeze(1) + scores[1].unsqueeze(0)
    allowed = torch.ones_like(sums, dtype=torch.bool).triu().tril(longest - 1)
    flat = int(sums.masked_fill(~allowed, -torch.inf).argmax())
    return flat // len(sums), flat % len(sums), float(sums.view(-1)[flat])
