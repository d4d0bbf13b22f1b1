"""What a model says of each training example at the end of every epoch, kept in a form that a resumed run goes on with.

It is measured by a pass over the training examples of its own, and not taken from the forward passes of training: so all examples of an epoch are
judged by the same weights and without dropout, rows of weight 0 are judged too, nothing of the training changes, and an epoch that a resumed run
passes again gives the very same numbers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch.nn import functional

from workbench.finetune._features import IGNORED, Features, batches, collate
from workbench.finetune._losses import Outputs, inference
from workbench.finetune._tables import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from transformers import PreTrainedModel

_AT_ONCE = 2048
"""Targets whose logits are looked at together: with a vocabulary of 150,000 that takes 1.2 GB for each copy."""
_MEASURES = ("nats", "margin", "correct", "error_norm")
_FINGERPRINT = b"workbench.run"


def epoch_ends(usable: int, batch_size: int, steps: int) -> dict[int, int]:
    """After which optimizer steps an epoch is over, and which: the passes over the training examples, the last of them maybe in part."""
    epochs = math.ceil(steps * batch_size / usable)
    return {min(steps, math.ceil(epoch * usable / batch_size)): epoch for epoch in range(1, epochs + 1)}


def target_measures(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What is measured of the targets of each feature; formulas at ``types.Trace``.

    Args:
        logits: [n, targets, classes].
        labels: int64 [n, targets], ``IGNORED`` where there is no target.

    Returns:
        Sums over the targets of each feature, float64 [n, 4]: nats, margin, correct, error norm; and how many targets those are, float64 [n].
    """
    rows, places = torch.nonzero(labels != IGNORED, as_tuple=True)
    sums = torch.zeros((len(labels), len(_MEASURES)), dtype=torch.float64, device=logits.device)
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE], places[start : start + _AT_ONCE]
        given = logits[part].float()
        label = labels[part].unsqueeze(1)
        log_probabilities = functional.log_softmax(given, dim=1)
        ahead = given.gather(1, label).squeeze(1) - given.scatter(1, label, -math.inf).max(dim=1).values
        error = log_probabilities.exp().scatter_add(1, label, torch.full_like(label, -1, dtype=torch.float32)).norm(dim=1)
        nats = -log_probabilities.gather(1, label).squeeze(1)
        sums.index_add_(0, part[0], torch.stack([nats, ahead, (ahead > 0).float(), error], dim=1).double())
    return sums, (labels != IGNORED).sum(1).double()


class TraceKeeper:
    """Measures and keeps the trace of one run.

    Args:
        features: of the training examples.
        rows: int64 [examples], the row of each example.
        outputs: the head's.
        pad: the padding token.
    """

    def __init__(self, features: Features, rows: np.ndarray, *, outputs: Outputs, pad: int) -> None:
        self._features = features
        self._rows = rows
        self._outputs = outputs
        self._pad = pad

    def start(self, folder: Path, fingerprint: str, ends: dict[int, int], resumed: int) -> bool:
        """Begin a run, or go on with one after so many steps; False where an epoch before that is missing, so that it cannot go on.

        Args:
            folder: the trace's own.
            fingerprint: of the run; epochs of others are removed.
            ends: as ``epoch_ends`` gives them.
            resumed: optimizer steps that are done.
        """
        self._folder = folder
        self._fingerprint = fingerprint.encode()
        self._ends = ends
        folder.mkdir(parents=True, exist_ok=True)
        kept = {self._file(epoch) for step, epoch in ends.items() if step <= resumed}
        for file in folder.iterdir():
            if file not in kept or not self._is_own(file):
                file.unlink()
        return all(file.is_file() for file in kept)

    def after_step(self, step: int, model: PreTrainedModel) -> None:
        """Measure, where this step was the last of an epoch."""
        epoch = self._ends.get(step)
        if epoch is None:
            return
        table = self._measured(model, epoch).replace_schema_metadata({_FINGERPRINT: self._fingerprint})
        draft = self._file(epoch).with_suffix(".draft")
        pq.write_table(table, draft)
        draft.replace(self._file(epoch))

    def whole(self) -> pa.Table:
        """All epochs in order, see ``types.Trace``."""
        return pa.concat_tables(self._epochs()).replace_schema_metadata(None)

    def _epochs(self) -> Iterator[pa.Table]:
        for epoch in self._ends.values():
            yield pq.read_table(self._file(epoch))

    def _file(self, epoch: int) -> Path:
        return self._folder / f"{epoch}.parquet"

    def _is_own(self, file: Path) -> bool:
        try:
            return (pq.read_schema(file).metadata or {}).get(_FINGERPRINT) == self._fingerprint
        except (OSError, pa.ArrowInvalid):
            return False

    def _measured(self, model: PreTrainedModel, epoch: int) -> pa.Table:
        sums = np.zeros((len(self._features), len(_MEASURES)))
        targets = np.zeros(len(self._features))
        with inference(model):
            for positions in batches(self._features.lengths):
                batch = {name: tensor.to(model.device) for name, tensor in collate(self._features, positions, self._pad).items()}
                batch_sums, batch_targets = target_measures(*self._outputs(model, batch))
                sums[positions], targets[positions] = batch_sums.cpu().numpy(), batch_targets.cpu().numpy()
        example, size = self._features.example, len(self._rows)
        counts = np.bincount(example, targets, size)
        totals = np.stack([np.bincount(example, column, size) for column in sums.T])
        # An example without a target has no value, and neither has a margin over no other class.
        means = np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)
        means[~np.isfinite(means)] = np.nan
        nats, margin, correct, error_norm = means
        windows = np.maximum(np.bincount(example, minlength=size), 1)
        return pa.table(
            {
                "epoch": pa.array(np.full(size, epoch, np.int32)),
                "row": pa.array(self._rows, pa.int64()),
                "loss": numbers(nats),
                "log_probability": numbers(-nats * counts / windows),
                "margin": numbers(margin),
                "correct": numbers(correct),
                "error_norm": numbers(error_norm),
            }
        )
