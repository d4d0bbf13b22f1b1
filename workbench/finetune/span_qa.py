"""Span question answering: the answer is a part of the context, or there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from workbench.finetune._adapter import Adapter
from workbench.finetune._options import COMMON, Option
from workbench.finetune._plan import Defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from workbench.finetune._artifact import Artifact, Codec
    from workbench.finetune._features import Features
    from workbench.finetune._prepare import Measured
    from workbench.types import ExampleTable


@dataclass(frozen=True, kw_only=True)
class SpanQuestionAnswering(Adapter):
    """Fine-tunes a model to mark the answer to a question in a context.

    A long context is read in windows that overlap. A window without the answer, and every window of an example without answers, is trained to point
    at the first token, which means "no answer here" (Devlin et al. 2019, section 4.3).

    Attributes:
        question: the role of the question.
        context: the role of the context.
        answers: the role of the answers, spans of the context; the first is trained, an empty list is unanswerable.
    """

    name: str = "span-question-answering"
    question: str = "question"
    context: str = "context"
    answers: str = "answers"

    declared: ClassVar[Mapping[str, Option]] = {
        **COMMON,
        "stride": Option(kind=int, default=None, low=1),
        "max_answer_tokens": Option(kind=int, default=30, low=1, high=512),
    }
    defaults: ClassVar[Defaults] = Defaults(learning_rate=3e-5, batch_size=16, scratch_lengths=(192, 0), pretrained_lengths=(384, 0))

    @property
    def head(self) -> str:
        """See ``RunPlan``."""
        return "span-qa"

    def render(self, example: Mapping[str, object]) -> str:
        """The question, and the context below it."""
        return f"{example.get(self.question) or ''}\n{example.get(self.context) or ''}"

    def _measure(self, examples: ExampleTable, sample: ExampleTable) -> Measured:
        import numpy as np

        from workbench.finetune._prepare import Measured
        from workbench.finetune._tokenizers import token_lengths

        def lengths(tokenizer: PreTrainedTokenizerBase) -> tuple[np.ndarray, np.ndarray]:
            questions = token_lengths(tokenizer, sample.texts(self.question))
            return questions + token_lengths(tokenizer, sample.texts(self.context)), np.zeros(0, np.int64)

        texts = [*examples.texts(self.question), *examples.texts(self.context)]
        return Measured(texts=texts, lengths=lengths, unanswerable=any(not answers for answers in examples.values(self.answers)))

    def _texts(self, examples: ExampleTable) -> tuple[list[str], list[str]]:
        questions, contexts = ([str(row[role] or "") for row in self._rows(examples, [role])] for role in (self.question, self.context))
        return questions, contexts

    def _features(self, examples: ExampleTable, codec: Codec, *, scoring: bool) -> tuple[Features, pa.Table]:  # noqa: ARG002 - a span has one length
        from workbench.finetune._spans import label_windows, read_windows
        from workbench.finetune._tables import audit_table

        questions, contexts = self._texts(examples)
        windows = read_windows(codec, questions, contexts)
        given = examples.values(self.answers) if self.answers in examples.table.column_names else None
        features, supervised, held = label_windows(windows, contexts, given)
        truncated = [cut_off or not whole for cut_off, whole in zip(windows.truncated, held, strict=True)]
        return features, audit_table(examples, tokens=windows.tokens(), supervised=supervised, truncated=truncated, stop=None)

    def _outputs(self, model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        output = model(**{name: tensor for name, tensor in batch.items() if name not in {"starts", "ends"}})
        logits = torch.stack([output.start_logits, output.end_logits], dim=1)
        logits = logits.masked_fill(batch["attention_mask"].unsqueeze(1) == 0, torch.finfo(logits.dtype).min)
        return logits, torch.stack([batch["starts"], batch["ends"]], dim=1)

    def _predict(self, artifact: Artifact, examples: ExampleTable) -> pa.Table:
        import numpy as np
        import pyarrow as pa

        from workbench.finetune._scores import losses_by_example
        from workbench.finetune._spans import decode_spans, read_windows
        from workbench.finetune._tables import numbers, prediction_table, span_array

        questions, contexts = self._texts(examples)
        windows = read_windows(artifact.codec, questions, contexts)
        starts, ends, no_answer, found = decode_spans(artifact, windows)
        refused = ~found | (artifact.codec.assets.unanswerable & (no_answer > 0))
        texts = ["" if empty else context[start:end] for context, start, end, empty in zip(contexts, starts, ends, refused, strict=True)]
        features, _ = self._features(examples, artifact.codec, scoring=True)
        _, log_probabilities = losses_by_example(artifact.model, self._losses, features, artifact.codec.pad, len(examples))
        return prediction_table(
            len(examples),
            text=pa.array(texts, pa.large_string()),
            span=span_array(starts, ends, np.where(found, no_answer, 0.0), found),
            log_probability=numbers(log_probabilities),
        )
