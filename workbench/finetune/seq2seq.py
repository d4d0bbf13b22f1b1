"""Sequence to sequence: a text for a text, such as a summary for a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from workbench.finetune._adapter import Adapter
from workbench.finetune._options import COMMON, TARGET_LENGTH, Option
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
class SequenceToSequence(Adapter):
    """Fine-tunes an encoder-decoder to write one text for another.

    Attributes:
        source: the role that it reads.
        target: the role that it learns to write.
        instruction: stands before every source; pretrained models such as T5 expect one.
    """

    name: str = "sequence-to-sequence"
    source: str = "document"
    target: str = "summary"
    instruction: str = ""

    declared: ClassVar[Mapping[str, Option]] = {**COMMON, **TARGET_LENGTH}
    defaults: ClassVar[Defaults] = Defaults(learning_rate=1e-4, batch_size=16, scratch_lengths=(64, 40), pretrained_lengths=(512, 128))

    @property
    def head(self) -> str:
        """See ``RunPlan``."""
        return "seq2seq"

    def render(self, example: Mapping[str, object]) -> str:
        """The text that a model reads."""
        source = example.get(self.source)
        return self.instruction + ("" if source is None else str(source))

    def _sources(self, examples: ExampleTable) -> list[str]:
        return [self.render(row) for row in self._rows(examples, [self.source])]

    def _measure(self, examples: ExampleTable, sample: ExampleTable) -> Measured:
        from workbench.finetune._prepare import Measured
        from workbench.finetune._tokenizers import token_lengths

        def lengths(tokenizer: PreTrainedTokenizerBase) -> tuple[np.ndarray, np.ndarray]:
            return token_lengths(tokenizer, self._sources(sample)), token_lengths(tokenizer, sample.texts(self.target))

        return Measured(texts=[*self._sources(examples), *examples.texts(self.target)], lengths=lengths)

    def _features(self, examples: ExampleTable, codec: Codec, *, scoring: bool) -> tuple[Features, pa.Table]:
        import numpy as np

        from workbench.finetune._features import Features, Ragged
        from workbench.finetune._tables import audit_table
        from workbench.finetune._tokenizers import truncated_tokens
        from workbench.finetune._writing import SCORED_TOKENS, encode_targets

        columns, source_truncated = truncated_tokens(codec.tokenizer, self._sources(examples), codec.plan.max_length)
        given = examples.values(self.target) if self.target in examples.table.column_names else [None] * len(examples)
        texts = [None if value is None else str(value) for value in given]
        length = min(codec.assets.positions or SCORED_TOKENS, SCORED_TOKENS) if scoring else codec.plan.max_target_length
        targets = encode_targets(codec, texts, length)
        labels = [[] if scoring and truncated else ids for ids, truncated in zip(targets.ids, targets.truncated, strict=True)]
        features = Features(
            tokens={"input_ids": Ragged.of(columns["input_ids"]), "labels": Ragged.of(labels)}, example=np.arange(len(examples), dtype=np.int64)
        )
        supervised = features.tokens["labels"].lengths
        truncated = [source or target for source, target in zip(source_truncated, targets.truncated, strict=True)]
        return features, audit_table(examples, tokens=features.lengths, supervised=supervised, truncated=truncated, stop=targets.stopped())

    def _outputs(self, model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        labels = batch["labels"]
        # The shifted targets instead of the labels themselves: given labels, a model would compute its own, unweighted loss besides.
        shifted = model.prepare_decoder_input_ids_from_labels(labels=labels)  # type: ignore[operator]  # transformers
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], decoder_input_ids=shifted, use_cache=False).logits
        return logits, labels

    def _predict(self, artifact: Artifact, examples: ExampleTable) -> pa.Table:
        from workbench.finetune._scores import losses_by_example
        from workbench.finetune._writing import generate, written_table

        features, _ = self._features(examples, artifact.codec, scoring=True)
        _, log_probabilities = losses_by_example(artifact.model, self._losses, features, artifact.codec.pad, len(examples))
        inputs = features.tokens["input_ids"]
        sources = [inputs.values[start:end].tolist() for start, end in zip(inputs.starts, inputs.starts[1:], strict=False)]
        return written_table(generate(artifact, sources, "right"), log_probabilities, features.tokens["labels"].lengths)
