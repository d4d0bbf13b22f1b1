"""What the two heads that write text share: their targets, greedy decoding, and their prediction table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
from transformers import GenerationConfig

from workbench.finetune._features import Features, Ragged, batches, collate
from workbench.finetune._losses import inference
from workbench.finetune._tables import numbers, prediction_table
from workbench.finetune._tokenizers import cut, longest_token, token_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.finetune._artifact import Artifact, Codec

SCORED_TOKENS = 4096
"""References up to this length are scored in full; a longer one is not scored, since a part of it would look too likely."""


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Targets as tokens.

    Attributes:
        ids: of each example; the stop token stands at the end unless the target was truncated. Empty where there is none.
        truncated: which were.
    """

    ids: list[list[int]]
    truncated: list[bool]

    def stopped(self) -> list[bool]:
        """Where the stop token is trained: a model that learned to stop where a target was cut off would stop too early."""
        return [bool(ids) and not truncated for ids, truncated in zip(self.ids, self.truncated, strict=True)]


def encode_targets(codec: Codec, texts: Sequence[str | None], length: int, *, ending: Sequence[int] | None = None) -> Targets:
    """Targets of at most so many tokens, the ending among them.

    Args:
        codec: the codec.
        texts: the targets; None is none, the empty text is an ending alone.
        length: tokens at most.
        ending: what follows on a target; None is the tokenizer's own way, as in a sequence-to-sequence model.
    """
    characters = (length + 1) * longest_token(codec.tokenizer)
    rows = token_ids(codec.tokenizer, (cut(text or "", characters) for text in texts), special=ending is None)
    stop = codec.tokenizer.eos_token_id
    ids: list[list[int]] = []
    truncated: list[bool] = []
    for text, row in zip(texts, rows, strict=True):
        end = ending if ending is not None else [] if row and row[-1] == stop else [stop]
        whole = [*row, *end]
        ids.append([] if text is None else whole[:length])
        truncated.append(text is not None and (len(text) > characters or len(whole) > length))
    return Targets(ids=ids, truncated=truncated)


def shorten(ids: list[int], length: int) -> list[int]:
    """At most so many tokens, cut out of the middle: instructions stand at the start, what an answer follows on at the end."""
    if len(ids) <= length:
        return ids
    end = length // 2
    return ids[: length - end] + ids[len(ids) - end :]


def generate(artifact: Artifact, sources: Sequence[Sequence[int]], side: Literal["left", "right"]) -> list[str]:
    """Greedy continuations, in batches of about equal length, with a cache of keys and values; the same inputs give the same texts.

    Args:
        artifact: the model.
        sources: tokens of the inputs.
        side: where padding stands: left for a causal model, whose answer follows on the last token.
    """
    model, codec = artifact.model, artifact.codec
    features = Features(tokens={"input_ids": Ragged.of(sources)}, example=np.arange(len(sources), dtype=np.int64))
    config = GenerationConfig(  # type: ignore[no-untyped-call]  # transformers
        max_new_tokens=codec.plan.max_target_length,
        do_sample=False,
        num_beams=1,
        use_cache=True,
        pad_token_id=codec.pad,
        eos_token_id=codec.tokenizer.eos_token_id,
        bos_token_id=codec.tokenizer.bos_token_id,
        decoder_start_token_id=getattr(model.config, "decoder_start_token_id", None),
    )
    texts = [""] * len(sources)
    with inference(model):
        for positions in batches(features.lengths):
            batch = {name: tensor.to(model.device) for name, tensor in collate(features, positions, codec.pad, side=side).items()}
            written = model.generate(**batch, generation_config=config)  # type: ignore[operator]  # transformers
            answers = written if model.config.is_encoder_decoder else written[:, batch["input_ids"].shape[1] :]
            for position, text in zip(positions, codec.tokenizer.batch_decode(answers, skip_special_tokens=True), strict=True):
                texts[position] = text.strip()
    return texts


def written_table(texts: Sequence[str], log_probabilities: np.ndarray, tokens: np.ndarray) -> pa.Table:
    """The prediction table of a head that writes text.

    Args:
        texts: what was written.
        log_probabilities: nats of the references, float64 [n], NaN where not scored.
        tokens: of the references, the stop token among them, int [n].
    """
    scored = ~np.isnan(log_probabilities)
    return prediction_table(
        len(texts),
        text=pa.array(texts, pa.large_string()),
        log_probability=numbers(log_probabilities),
        tokens=pa.array(tokens, pa.int32(), mask=~scored),
    )
