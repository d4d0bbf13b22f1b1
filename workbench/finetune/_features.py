"""Encoded examples, and the batches that are made of them.

Token columns are ragged arrays (all values in one int32 buffer, and where each row begins): a million examples of 100 tokens take 400 MB, where
lists of Python numbers take ten times as much.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

IGNORED = -100
"""The label of a token that carries no loss; torch's cross entropy leaves it out."""

_BATCH_TOKENS = 16_384
_BATCH_ROWS = 64


@dataclass(frozen=True)
class Ragged:
    """Rows of different lengths.

    Attributes:
        values: int32, all rows one after another.
        starts: int64 [rows + 1], where each begins, and the end.
    """

    values: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Self:
        """From lists."""
        lengths = np.fromiter((len(row) for row in rows), np.int64, len(rows))
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        return cls(np.fromiter(chain.from_iterable(rows), np.int32, int(starts[-1])), starts)

    @property
    def lengths(self) -> np.ndarray:
        """int64 [rows]."""
        return np.diff(self.starts)

    def padded(self, positions: np.ndarray, padding: int, side: Literal["left", "right"]) -> tuple[np.ndarray, np.ndarray]:
        """Some rows as a rectangle: values int64 [n, longest], and where they are real, bool [n, longest]."""
        lengths = self.lengths[positions]
        columns = np.arange(max(1, int(lengths.max())))
        real = columns < lengths[:, None] if side == "right" else columns >= len(columns) - lengths[:, None]
        values = np.full(real.shape, padding, np.int64)
        values[real] = np.concatenate([self.values[self.starts[i] : self.starts[i + 1]] for i in positions])
        return values, real


@dataclass(frozen=True, kw_only=True)
class Features:
    """Examples as a model takes them; a long QA context gives one example several features.

    Attributes:
        tokens: ``input_ids``, and what else the head has per token.
        targets: int64 [features], what the head has per feature.
        example: int64 [features], the position of the example that each came from.
    """

    tokens: Mapping[str, Ragged]
    targets: Mapping[str, np.ndarray] = field(default_factory=dict)
    example: np.ndarray

    def __len__(self) -> int:
        return len(self.example)

    @property
    def lengths(self) -> np.ndarray:
        """int64 [features], tokens in all columns that cost computing."""
        return np.asarray(sum(self.tokens[name].lengths for name in ("input_ids", "labels") if name in self.tokens))

    def fingerprint(self) -> str:
        """A hash of everything in it, for a checkpoint to be known by."""
        digest = hashlib.blake2b(digest_size=16)
        for name, column in sorted(self.tokens.items()):
            digest.update(name.encode() + column.starts.tobytes() + column.values.tobytes())
        for name, target in sorted(self.targets.items()):
            digest.update(name.encode() + target.tobytes())
        return digest.hexdigest()


def collate(features: Features, positions: np.ndarray, pad: int, *, side: Literal["left", "right"] = "right") -> dict[str, torch.Tensor]:
    """One batch, padded to its longest row.

    Args:
        features: what to take from.
        positions: int64 [n], which features.
        pad: the padding token.
        side: where padding stands: right for training, left for generation.

    Returns:
        Token columns int64 [n, longest], ``attention_mask`` int64 [n, longest] of the inputs, targets int64 [n].
    """
    batch: dict[str, torch.Tensor] = {}
    for name, column in features.tokens.items():
        padding = {"input_ids": pad, "labels": IGNORED}.get(name, 0)
        values, real = column.padded(positions, padding, side)
        batch[name] = torch.from_numpy(values)
        if name == "input_ids":
            batch["attention_mask"] = torch.from_numpy(real.astype(np.int64))
    for name, target in features.targets.items():
        batch[name] = torch.from_numpy(target[positions])
    return batch


def batches(lengths: np.ndarray) -> Iterator[np.ndarray]:
    """Positions in batches of about equal length, longest first, bounded by rows and by tokens with padding.

    Args:
        lengths: int64 [n], tokens per feature.
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        rows = max(1, min(_BATCH_ROWS, _BATCH_TOKENS // max(1, int(lengths[order[start]]))))
        yield order[start : start + rows]
        start += rows


def schedule(lengths: np.ndarray, usable: np.ndarray, *, batch_size: int, steps: int, seed: int) -> np.ndarray:
    """Which features each step trains on: a pure function, so that a resumed run goes on with the very same batches.

    Passes over the features in random order follow one another without a seam, so every batch is full and every feature is seen equally often, give
    or take one. Within windows of 32 batches features are sorted by length, so that little is padded, and the batches are shuffled again.

    Args:
        lengths: int64 [features], tokens per feature.
        usable: int64, the positions to train on.
        batch_size: features per step.
        steps: optimizer steps.
        seed: of the order.

    Returns:
        int64 [steps, batch_size], positions.
    """
    random = np.random.default_rng(seed)
    wanted = steps * batch_size
    passes = [random.permutation(usable) for _ in range(-(-wanted // len(usable)))]
    stream = np.concatenate(passes)[:wanted]
    order = []
    for start in range(0, wanted, 32 * batch_size):
        window = stream[start : start + 32 * batch_size]
        window = window[np.argsort(lengths[window], kind="stable")].reshape(-1, batch_size)
        order.append(window[random.permutation(len(window))])
    return np.concatenate(order)
