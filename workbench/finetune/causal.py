"""Causal generation: a response that follows on a prompt or a conversation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

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

Messages = list[dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class CausalGeneration(Adapter):
    """Fine-tunes a decoder to answer.

    The loss is on the response and the stop token alone. A model with a chat template is trained and asked through it; any other sees each message
    under a heading. Training and generation share one code path for the prompt, so that they cannot differ. Control tokens that a text spells out are
    text, but for prompts that go through a chat template, where they cannot be told from the template's own.

    Attributes:
        prompt: the roles of the prompt, joined by line breaks.
        response: the role that it learns to write.
        messages: a role of conversations instead of both: the last message of the assistant is the response, those before it are the prompt.
    """

    name: str = "causal-generation"
    prompt: tuple[str, ...] = ("prompt",)
    response: str = "response"
    messages: str | None = None

    declared: ClassVar[Mapping[str, Option]] = {**COMMON, **TARGET_LENGTH}
    defaults: ClassVar[Defaults] = Defaults(learning_rate=2e-5, batch_size=8, scratch_lengths=(192, 96), pretrained_lengths=(1024, 512))

    @property
    def head(self) -> str:
        """See ``RunPlan``."""
        return "causal"

    def render(self, example: Mapping[str, object]) -> Messages:
        """The messages that a model sees; the last one is the response, where there is one."""
        if self.messages is not None:
            given = example.get(self.messages)
            conversation = [_message(message) for message in given] if isinstance(given, list) else []
            last = max((index for index, message in enumerate(conversation) if message["role"] == "assistant"), default=len(conversation) - 1)
            return conversation[: last + 1]
        parts = [str(example[role]) for role in self.prompt if example.get(role) is not None]
        asked = {"role": "user", "content": "\n".join(part for part in parts if part)}
        response = example.get(self.response)
        return [asked] if response is None else [asked, {"role": "assistant", "content": str(response)}]

    def _rendered(self, examples: ExampleTable) -> list[Messages]:
        read = [*self.prompt, self.response] if self.messages is None else [self.messages]
        return [self.render(row) for row in self._rows(examples, read)]

    def _measure(self, examples: ExampleTable, sample: ExampleTable) -> Measured:
        from workbench.finetune._conversations import ending_ids, plain_prompt, prompt_text, split
        from workbench.finetune._prepare import Measured
        from workbench.finetune._tokenizers import token_lengths

        def lengths(tokenizer: PreTrainedTokenizerBase) -> tuple[np.ndarray, np.ndarray]:
            pairs = [split(messages) for messages in self._rendered(sample)]
            prompts = token_lengths(tokenizer, [prompt_text(tokenizer, asked) for asked, _ in pairs])
            responses = token_lengths(tokenizer, [response or "" for _, response in pairs], special=False)
            return prompts, responses + len(ending_ids(tokenizer))

        texts = [text for asked, response in map(split, self._rendered(examples)) for text in (plain_prompt(asked), response or "")]
        return Measured(texts=texts, lengths=lengths)

    def _features(self, examples: ExampleTable, codec: Codec, *, scoring: bool) -> tuple[Features, pa.Table]:
        import numpy as np

        from workbench.finetune._conversations import encode_conversations
        from workbench.finetune._features import IGNORED, Features, Ragged
        from workbench.finetune._tables import audit_table
        from workbench.finetune._writing import SCORED_TOKENS

        plan = codec.plan
        room = plan.max_length - plan.max_target_length
        readable = codec.assets.positions - room if codec.assets.positions else SCORED_TOKENS
        length = min(readable, SCORED_TOKENS) if scoring else plan.max_target_length
        prompts, targets, prompt_truncated = encode_conversations(codec, self._rendered(examples), room, length)
        responses = [[] if scoring and truncated else ids for ids, truncated in zip(targets.ids, targets.truncated, strict=True)]
        pairs = list(zip(prompts, responses, strict=True))
        features = Features(
            tokens={
                "input_ids": Ragged.of([prompt + response for prompt, response in pairs]),
                "labels": Ragged.of([[IGNORED] * len(prompt) + response for prompt, response in pairs]),
            },
            example=np.arange(len(examples), dtype=np.int64),
        )
        truncated = [prompt or response for prompt, response in zip(prompt_truncated, targets.truncated, strict=True)]
        tokens, supervised = features.tokens["input_ids"].lengths, [len(response) for response in responses]
        return features, audit_table(examples, tokens=tokens, supervised=supervised, truncated=truncated, stop=targets.stopped())

    def _outputs(self, model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False).logits
        return logits[:, :-1], batch["labels"][:, 1:]

    def _predict(self, artifact: Artifact, examples: ExampleTable) -> pa.Table:
        from workbench.finetune._conversations import encode_conversations
        from workbench.finetune._scores import losses_by_example
        from workbench.finetune._writing import generate, written_table

        plan = artifact.codec.plan
        features, audit = self._features(examples, artifact.codec, scoring=True)
        _, log_probabilities = losses_by_example(artifact.model, self._losses, features, artifact.codec.pad, len(examples))
        prompts, _, _ = encode_conversations(
            artifact.codec, self._rendered(examples), plan.max_length - plan.max_target_length, plan.max_target_length
        )
        return written_table(generate(artifact, prompts, "left"), log_probabilities, audit.column("supervised_tokens").to_numpy())


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message without the keys that are null, but with a role and some content, its tool calls read from JSON."""
    present = {key: value for key, value in message.items() if value is not None}
    if "tool_calls" in present:
        present["tool_calls"] = json.loads(present["tool_calls"])
    return {"role": "", "content": "", **present}
