"""Per-example scores of a model: losses and hidden states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.finetune._features import Features, batches, collate
from workbench.finetune._losses import Losses, inference, losses_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def losses_by_example(model: PreTrainedModel, losses: Losses, features: Features, pad: int, examples: int) -> tuple[np.ndarray, np.ndarray]:
    """Losses of examples, which may have several features each.

    Returns:
        Nats per target float64 [examples] and log-probability in nats float64 [examples], averaged over the features of an example; NaN without
        targets.
    """
    nats, targets = losses_of(model, losses, features, pad)
    sums = np.bincount(features.example, nats.numpy(), examples)
    counts = np.bincount(features.example, targets.numpy(), examples)
    windows = np.bincount(features.example, minlength=examples)
    supervised = counts > 0
    loss = np.divide(sums, counts, out=np.full(examples, np.nan), where=supervised)
    log_probability = np.divide(-sums, windows, out=np.full(examples, np.nan), where=supervised)
    return loss, log_probability


def hidden_states(model: PreTrainedModel, features: Features, pad: int, examples: int) -> np.ndarray:
    """The last hidden state, averaged over the tokens of an example: float64 [examples, width]."""
    body = model.get_encoder() if model.config.is_encoder_decoder else model.base_model
    sums: np.ndarray | None = None
    counts = np.zeros(examples)
    with inference(model):
        for positions in batches(features.lengths):
            batch = {name: tensor.to(model.device) for name, tensor in collate(features, positions, pad).items()}
            inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "token_type_ids") if name in batch}
            states = body(**inputs).last_hidden_state.float() * inputs["attention_mask"].unsqueeze(-1)
            if sums is None:
                sums = np.zeros((examples, states.shape[-1]))
            np.add.at(sums, features.example[positions], states.sum(1).double().cpu().numpy())
            np.add.at(counts, features.example[positions], inputs["attention_mask"].sum(1).double().cpu().numpy())
    return np.zeros((examples, model.config.hidden_size)) if sums is None else sums / np.maximum(counts, 1)[:, None]
