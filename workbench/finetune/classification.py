"""Sequence classification: one label for a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from workbench.errors import DataError
from workbench.finetune._adapter import Adapter
from workbench.finetune._artifact import checked
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
class SequenceClassification(Adapter):
    """Fine-tunes a model to give a text one of a set of labels.

    Attributes:
        text: the roles that it reads, joined by line breaks.
        label: the role that it learns.
    """

    name: str = "sequence-classification"
    text: tuple[str, ...] = ("text",)
    label: str = "label"

    declared: ClassVar[Mapping[str, Option]] = COMMON
    defaults: ClassVar[Defaults] = Defaults(learning_rate=5e-5, batch_size=16, scratch_lengths=(64, 0), pretrained_lengths=(256, 0))
    kinds: ClassVar[tuple[str, ...]] = ("loss", "log_probability", "hidden", "logits")

    @property
    def head(self) -> str:
        """See ``RunPlan``."""
        return "sequence-classification"

    def render(self, example: Mapping[str, object]) -> str:
        """The text that a model sees."""
        return "\n".join(str(example[role]) for role in self.text if example.get(role) is not None)

    def score(self, artifact: object, examples: ExampleTable, kind: Literal["loss", "log_probability", "hidden", "logits"]) -> pa.Table:
        """See ``Adapter.score``; ``logits`` float32 [labels] besides, in the order of the label set."""
        if kind != "logits":
            return super().score(artifact, examples, kind)
        import pyarrow as pa

        from workbench.finetune._tables import vectors

        return pa.table({"row": examples.column("row"), kind: vectors(self._logits(checked(artifact), examples)[0])})

    def _texts(self, examples: ExampleTable) -> list[str]:
        return [self.render(row) for row in self._rows(examples, self.text)]

    def _measure(self, examples: ExampleTable, sample: ExampleTable) -> Measured:
        import numpy as np

        from workbench.finetune._prepare import Measured
        from workbench.finetune._tokenizers import token_lengths

        labels = tuple(sorted({str(label) for label in examples.values(self.label) if label is not None}))
        if not labels:
            raise DataError(f"no training example has a {self.label}.", expected="at least one label to learn")

        def lengths(tokenizer: PreTrainedTokenizerBase) -> tuple[np.ndarray, np.ndarray]:
            return token_lengths(tokenizer, self._texts(sample)), np.zeros(0, np.int64)

        return Measured(texts=self._texts(examples), lengths=lengths, labels=labels)

    def _features(self, examples: ExampleTable, codec: Codec, *, scoring: bool) -> tuple[Features, pa.Table]:  # noqa: ARG002 - a label has one length
        import numpy as np

        from workbench.finetune._features import IGNORED, Features, Ragged
        from workbench.finetune._tables import audit_table
        from workbench.finetune._tokenizers import truncated_tokens

        columns, truncated = truncated_tokens(codec.tokenizer, self._texts(examples), codec.plan.max_length)
        index = {label: position for position, label in enumerate(codec.assets.labels)}
        given = examples.values(self.label) if self.label in examples.table.column_names else [None] * len(examples)
        labels = np.array([IGNORED if label is None else index.get(str(label), IGNORED) for label in given], np.int64)
        features = Features(
            tokens={name: Ragged.of(rows) for name, rows in columns.items()},
            targets={"labels": labels},
            example=np.arange(len(examples), dtype=np.int64),
        )
        tokens = features.tokens["input_ids"].lengths
        return features, audit_table(examples, tokens=tokens, supervised=(labels != IGNORED).astype(np.int32), truncated=truncated, stop=None)

    def _outputs(self, model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        # Without labels, since the models' own loss takes a single label for a regression.
        logits = model(**{name: tensor for name, tensor in batch.items() if name != "labels"}).logits
        return logits.unsqueeze(1), batch["labels"].unsqueeze(1)

    def _logits(self, artifact: Artifact, examples: ExampleTable) -> tuple[np.ndarray, np.ndarray]:
        import numpy as np

        from workbench.finetune._features import batches, collate
        from workbench.finetune._losses import inference

        features, _ = self._features(examples, artifact.codec, scoring=True)
        logits = np.zeros((len(examples), len(artifact.codec.assets.labels)))
        with inference(artifact.model):
            for positions in batches(features.lengths):
                batch = collate(features, positions, artifact.codec.pad)
                inputs = {name: tensor.to(artifact.model.device) for name, tensor in batch.items() if name != "labels"}
                logits[positions] = artifact.model(**inputs).logits.double().cpu().numpy()
        return logits, features.targets["labels"]

    def _predict(self, artifact: Artifact, examples: ExampleTable) -> pa.Table:
        import numpy as np
        import pyarrow as pa
        from scipy.special import log_softmax

        from workbench.finetune._features import IGNORED
        from workbench.finetune._tables import numbers, prediction_table, probability_array

        logits, labels = self._logits(artifact, examples)
        log_probabilities = log_softmax(logits, axis=1)
        known = labels != IGNORED
        of_reference = np.where(known, log_probabilities[np.arange(len(labels)), np.where(known, labels, 0)], np.nan)
        names = np.array(artifact.codec.assets.labels, object)
        return prediction_table(
            len(examples),
            label=pa.array(names[logits.argmax(1)].tolist(), pa.large_string()),
            probabilities=probability_array(np.exp(log_probabilities)),
            log_probability=numbers(of_reference),
        )
