"""Models that are built from a config and trained from nothing: the offline default.

They are small on purpose: a demo of nine runs has to fit five minutes on two cores. Learning rates and batch sizes are what learned most in a few
hundred steps on the documentation of the running Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformers import PreTrainedConfig, PreTrainedTokenizerBase

SCRATCH = "scratch:"


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A model that is built from a config.

    Attributes:
        heads: the heads that it can carry.
        vocabulary: tokens of the tokenizer that is trained with it, at most.
        learning_rate, batch_size: what it learns well with, where the recipe says nothing.
        config: makes its config for a tokenizer.
    """

    heads: tuple[str, ...]
    vocabulary: int
    learning_rate: float
    batch_size: int
    config: Callable[[PreTrainedTokenizerBase], PreTrainedConfig]


def _encoder(hidden: int, layers: int) -> Callable[[PreTrainedTokenizerBase], PreTrainedConfig]:
    def config(tokenizer: PreTrainedTokenizerBase) -> PreTrainedConfig:
        from transformers import ModernBertConfig

        # Mean pooling and rotary positions learn from a few thousand rows what a first-token pooler and learned positions do not.
        return ModernBertConfig(
            vocab_size=len(tokenizer),
            hidden_size=hidden,
            intermediate_size=2 * hidden,
            num_hidden_layers=layers,
            num_attention_heads=hidden // 32,
            max_position_embeddings=8192,
            layer_types=["full_attention"] * layers,
            classifier_pooling="mean",
            # Dropout inside the layers costs a sixth of the time and changed no result; before the last layer it is free.
            classifier_dropout=0.1,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            cls_token_id=tokenizer.cls_token_id,
            sep_token_id=tokenizer.sep_token_id,
        )

    return config


def _seq2seq(tokenizer: PreTrainedTokenizerBase) -> PreTrainedConfig:
    from transformers import T5Config

    return T5Config(  # type: ignore[call-arg]  # its own fields hide those of every config
        vocab_size=len(tokenizer),
        d_model=128,
        d_kv=32,
        d_ff=256,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
    )


def _causal(tokenizer: PreTrainedTokenizerBase) -> PreTrainedConfig:
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )


_ENCODER_HEADS = ("sequence-classification", "span-qa")

PRESETS: dict[str, Preset] = {
    "encoder-tiny": Preset(heads=_ENCODER_HEADS, vocabulary=4096, learning_rate=2e-3, batch_size=32, config=_encoder(128, 2)),
    "encoder-small": Preset(heads=_ENCODER_HEADS, vocabulary=8192, learning_rate=5e-4, batch_size=32, config=_encoder(256, 4)),
    "seq2seq-tiny": Preset(heads=("seq2seq",), vocabulary=4096, learning_rate=3e-3, batch_size=8, config=_seq2seq),
    "causal-tiny": Preset(heads=("causal",), vocabulary=4096, learning_rate=2e-3, batch_size=8, config=_causal),
}


def preset_of(model: str, head: str) -> Preset | None:
    """The preset that a model's name asks for, or None for a hub id or a path.

    Raises:
        UnknownNameError: ``scratch:`` with a name that is no preset of this head.
    """
    if not model.startswith(SCRATCH):
        return None
    name = model.removeprefix(SCRATCH)
    known = {key for key, preset in PRESETS.items() if head in preset.heads}
    if name not in known:
        raise UnknownNameError(f"model preset for {head}", model, (SCRATCH + key for key in known))
    return PRESETS[name]
