"""The loss of each example of a batch, the one quantity that training, validation and scoring share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from workbench.finetune._features import IGNORED, Features, batches, collate
from workbench.finetune._quiet import quiet

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Outputs = Callable[["PreTrainedModel", dict[str, torch.Tensor]], tuple[torch.Tensor, torch.Tensor]]
"""What a head says of its targets: model and batch to logits [n, targets, classes] and labels int64 [n, targets], ``IGNORED`` where there is no
target. A class is a label, a token of the vocabulary, or a token of the window that a span may begin or end at."""

Losses = Callable[["PreTrainedModel", dict[str, torch.Tensor]], tuple[torch.Tensor, torch.Tensor]]
"""A head's loss: model and batch to nats float32 [n], summed over the targets of each feature, and how many targets those are, float32 [n]."""


def token_losses(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cross entropy per row.

    Args:
        logits: [n, length, vocabulary], for the token at the same place in ``labels``.
        labels: int64 [n, length], ``IGNORED`` where there is no loss.

    Returns:
        Nats float32 [n] and supervised tokens float32 [n].
    """
    nats = functional.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="none")
    return nats.view(labels.shape).sum(1), (labels != IGNORED).sum(1).float()


def weighted_mean(nats: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The loss of a batch: each example counts as often as its weight says, as if a row of weight 2 stood in the batch twice.

    Args:
        nats: [n], per example.
        targets: [n], how many targets those are summed over.
        weights: [n].
    """
    return (weights * nats).sum() / (weights * targets).sum().clamp_min(torch.finfo(torch.float32).tiny)


@contextlib.contextmanager
def inference(model: PreTrainedModel) -> Iterator[None]:
    """Dropout off, no gradients, nothing printed."""
    model.eval()  # type: ignore[no-untyped-call]  # transformers
    with torch.inference_mode(), quiet():
        yield


def losses_of(model: PreTrainedModel, losses: Losses, features: Features, pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The losses of many features, without gradients.

    Returns:
        Nats float64 [features] and targets float64 [features], on the CPU.
    """
    nats = torch.zeros(len(features), dtype=torch.float64)
    targets = torch.zeros(len(features), dtype=torch.float64)
    with inference(model):
        for positions in batches(features.lengths):
            batch = {name: tensor.to(model.device) for name, tensor in collate(features, positions, pad).items()}
            batch_nats, batch_targets = losses(model, batch)
            nats[torch.from_numpy(positions)] = batch_nats.double().cpu()
            targets[torch.from_numpy(positions)] = batch_targets.double().cpu()
    return nats, targets
