"""What all arms share, from raw train: tokenizer, label set, lengths, and the config of a scratch model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError
from workbench.finetune._assets import Assets
from workbench.finetune._models import count_parameters, load_config, set_labels
from workbench.finetune._presets import preset_of
from workbench.finetune._tokenizers import load_tokenizer, train_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from transformers import PreTrainedConfig, PreTrainedTokenizerBase

    from workbench.types import FineTuneSpec

_PERCENTILE = 95
"""The share of examples that the chosen length holds in full; the longest ones cost more than they teach."""
_UNBOUNDED = 1_000_000
"""A tokenizer that knows no limit says 10 to the 30."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a head reads off raw train.

    Attributes:
        texts: all that a tokenizer should learn from.
        lengths: gives tokens of inputs and of targets, int64 [n] each, once there is a tokenizer.
        labels: the label set.
        unanswerable: whether examples without an answer exist.
    """

    texts: Sequence[str]
    lengths: Callable[[PreTrainedTokenizerBase], tuple[np.ndarray, np.ndarray]]
    labels: tuple[str, ...] = ()
    unanswerable: bool = False


def prepare_assets(measured: Measured, spec: FineTuneSpec, folder: Path, *, head: str, longest: tuple[int, int]) -> None:
    """Fill a folder with the assets of an experiment.

    Args:
        measured: what the head reads off raw train.
        spec: what the experiment asks for.
        folder: to fill.
        head: the head.
        longest: the greatest input and target length to choose, in tokens.

    Raises:
        DataError: where there are no examples.
        RunError: where the model or its tokenizer cannot be loaded.
    """
    if not measured.texts:
        raise DataError("there are no training examples to prepare a model with.", expected="at least one")
    folder.mkdir(parents=True, exist_ok=True)
    preset = preset_of(spec.model, head)
    if preset is None:
        tokenizer = load_tokenizer(spec.model, trust_remote_code=spec.trust_remote_code)
        config = load_config(spec.model, trust_remote_code=spec.trust_remote_code)
    else:
        tokenizer = train_tokenizer(measured.texts, vocabulary=preset.vocabulary, head=head)
        config = preset.config(tokenizer)
    if measured.labels:
        set_labels(config, measured.labels)
    positions = _positions(config, tokenizer)
    lengths, target_lengths = measured.lengths(tokenizer)
    max_target_length = _fitting(target_lengths, longest[1], positions) if longest[1] else 0
    max_length = _fitting(lengths, longest[0], positions)
    if head == "causal":
        readable = min(longest[0], positions or longest[0])
        max_target_length = min(max_target_length, readable // 2)
        max_length = min(max_length + max_target_length, readable)
    tokenizer.save_pretrained(folder)
    config.save_pretrained(folder)
    text_config = config.get_text_config()
    Assets(
        model=spec.model,
        labels=measured.labels,
        unanswerable=measured.unanswerable,
        max_length=max_length,
        max_target_length=max_target_length,
        positions=positions,
        parameters=count_parameters(config, head, trust_remote_code=spec.trust_remote_code),
        hidden=int(getattr(text_config, "hidden_size", 0)),
        layers=int(getattr(text_config, "num_hidden_layers", 0)),
        vocabulary=len(tokenizer),
    ).write(folder)


def _fitting(lengths: np.ndarray, longest: int, positions: int) -> int:
    """The length that most examples fit into, a multiple of 8, which processors like."""
    wanted = 8 * int(np.ceil(np.percentile(lengths, _PERCENTILE) / 8))
    return max(8, min(wanted, longest, positions or longest))


def _positions(config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    limits = [getattr(config, "max_position_embeddings", None), tokenizer.model_max_length]
    # RoBERTa counts positions from the padding token on, so its tokenizer's limit is two below its config's.
    known = [int(limit) for limit in limits if isinstance(limit, int | float) and 0 < limit < _UNBOUNDED]
    return min(known, default=0)
