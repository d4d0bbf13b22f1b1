"""Corpus chrF2 (Popović 2015, 2016), equal to sacrebleu's ``corpus_score``."""

# ruff: noqa: ARG002 (methods of a protocol take what some metrics have no use for)

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from workbench.metrics.bleu import count_references, sacrebleu_version
from workbench.metrics.columns import predicted, reference_texts
from workbench.metrics.ngrams import blocks, of_characters, possible_ngrams, shared_ngrams
from workbench.metrics.sums import divide
from workbench.types import Direction, MetricKind, Need

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from workbench.types import ExampleTable

ORDER = 6
"""The longest character n-gram."""
BETA = 2
"""How many times as important recall is as precision."""


@dataclass(frozen=True, kw_only=True)
class Chrf:
    """chrF2 of all texts together, 0 to 100: F2 of character n-grams up to 6, averaged over the orders that occur; spaces are ignored.

    Attributes:
        reference: the role that holds the reference text, or several; of several the one with the best sentence score counts.
    """

    reference: str = "response"

    name: ClassVar[str] = "chrf"
    version: ClassVar[str] = "1"
    kind: ClassVar[MetricKind] = MetricKind.ADDITIVE
    needs: ClassVar[tuple[Need, ...]] = (Need.TEXT,)
    direction: ClassVar[Direction] = Direction.HIGHER
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 100.0
    percent: ClassVar[bool] = True

    @property
    def roles(self) -> tuple[str, ...]:
        """The reference text."""
        return (self.reference,)

    def signature(self) -> str:
        """In the manner of sacrebleu's, which ``prepare`` completes with the number of references."""
        return f"case:mixed|eff:yes|nc:{ORDER}|nw:0|space:no|version:{sacrebleu_version()}"

    def prepare(self, references: ExampleTable) -> Mapping[str, object]:
        """``nrefs``: references per example, ``"var"`` if they differ."""
        return {"nrefs": count_references([wanted for wanted in reference_texts(references, self.reference) if wanted])}

    def statistics(self, predictions: pa.Table, references: ExampleTable, state: Mapping[str, object]) -> np.ndarray:
        """For each order the n-grams given, wanted and shared: float64 [n, 18]; NaN where a text is null."""
        given = predicted(predictions, Need.TEXT)
        wanted = reference_texts(references, self.reference)
        statistics = np.full((len(given), 3 * ORDER), np.nan)
        pairs = [
            (row, _characters(text), [*map(_characters, texts)])
            for row, (text, texts) in enumerate(zip(given, wanted, strict=True))
            if text is not None and texts
        ]
        for block in blocks([len(text) + sum(map(len, targets)) for _, text, targets in pairs]):
            rows, texts, targets = zip(*pairs[block], strict=True)
            statistics[list(rows)] = self._best(texts, targets)
        return statistics

    def expand(self, statistics: np.ndarray, state: Mapping[str, object]) -> np.ndarray:
        """As they are."""
        return statistics

    def finish(self, sums: np.ndarray) -> np.ndarray:
        """Sums [b, 18] to chrF2 [b], after ``CHRF._compute_f_score`` of sacrebleu."""
        given, wanted, shared = sums[:, 0::3], sums[:, 1::3], sums[:, 2::3]
        # Orders that either side is too short for share no n-gram and do not count.
        orders = np.maximum(((given > 0) & (wanted > 0)).sum(axis=1), 1)
        precision = divide(shared, given).sum(axis=1) / orders
        recall = divide(shared, wanted).sum(axis=1) / orders
        return 100.0 * divide((1 + BETA**2) * precision * recall, BETA**2 * precision + recall)

    def _best(self, given: Sequence[str], wanted: Sequence[Sequence[str]]) -> np.ndarray:
        """The statistics against that reference of each text which gives it the best score."""
        ours = of_characters(given)
        most = max(map(len, wanted))
        candidates = np.empty((most, len(given), 3 * ORDER))
        scores = np.full((most, len(given)), -1.0)
        for place, column in enumerate(zip_longest(*wanted, fillvalue="")):
            theirs = of_characters(column)
            possible = possible_ngrams(theirs.lengths, ORDER)
            candidates[place, :, 1::3] = possible
            candidates[place, :, 2::3] = shared_ngrams(ours, [theirs], ORDER)
            # As in sacrebleu, n-grams given count only where the reference is long enough to have any.
            candidates[place, :, 0::3] = np.where(possible > 0, possible_ngrams(ours.lengths, ORDER), 0)
            there = np.array([place < len(targets) for targets in wanted])
            scores[place, there] = self.finish(candidates[place, there])
        return np.asarray(candidates[scores.argmax(axis=0), np.arange(len(given))])


def _characters(text: str) -> str:
    return "".join(text.split())
