"""How likely a model finds the reference: perplexity per token, and bits per byte, which models with different tokenizers share."""

# ruff: noqa: ARG002 (methods of a protocol take what some metrics have no use for)

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from workbench.errors import DataError
from workbench.metrics.columns import predicted_numbers, reference_texts
from workbench.metrics.sums import ratio
from workbench.types import Direction, MetricKind, Need

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from workbench.types import ExampleTable


@dataclass(frozen=True, kw_only=True)
class Perplexity:
    """exp of the negative log-probability of the references per token, over all tokens together.

    It depends on the tokenizer: models that cut text differently are compared by ``BitsPerByte``. An example whose log-probability is null or not
    finite, or that has no tokens, is not scored.
    """

    name: ClassVar[str] = "perplexity"
    version: ClassVar[str] = "1"
    kind: ClassVar[MetricKind] = MetricKind.ADDITIVE
    needs: ClassVar[tuple[Need, ...]] = (Need.LOG_PROBABILITY,)
    roles: ClassVar[tuple[str, ...]] = ()
    direction: ClassVar[Direction] = Direction.LOWER
    low: ClassVar[float] = 1.0
    high: ClassVar[None] = None
    percent: ClassVar[bool] = False

    def signature(self) -> str:
        """What it is taken over."""
        return f"per token of the model's tokenizer, tokens of all examples together|version:{self.version}"

    def prepare(self, references: ExampleTable) -> Mapping[str, object]:
        """Nothing is shared."""
        return {}

    def statistics(self, predictions: pa.Table, references: ExampleTable, state: Mapping[str, object]) -> np.ndarray:
        """(log-probability in nats, tokens) of the reference, float64 [n, 2]."""
        return _scored(predicted_numbers(predictions, Need.LOG_PROBABILITY), predicted_numbers(predictions, "tokens"))

    def expand(self, statistics: np.ndarray, state: Mapping[str, object]) -> np.ndarray:
        """As they are."""
        return statistics

    def finish(self, sums: np.ndarray) -> np.ndarray:
        """Sums [b, 2] to perplexities [b]; beyond the range of numbers it is infinite."""
        with np.errstate(over="ignore"):
            values: np.ndarray = np.exp(-ratio(sums))
        return values


@dataclass(frozen=True, kw_only=True)
class BitsPerByte:
    """Negative log2-probability of the references per UTF-8 byte, over all bytes together.

    Tokens that close a target count with the bits they cost and no bytes of their own, so that no model gains by not predicting the end. An example
    whose log-probability is null or not finite, or whose reference is empty, is not scored.

    Attributes:
        reference: the role that holds the reference: one text per example.
    """

    reference: str = "response"

    name: ClassVar[str] = "bits-per-byte"
    version: ClassVar[str] = "1"
    kind: ClassVar[MetricKind] = MetricKind.ADDITIVE
    needs: ClassVar[tuple[Need, ...]] = (Need.LOG_PROBABILITY,)
    direction: ClassVar[Direction] = Direction.LOWER
    low: ClassVar[float] = 0.0
    high: ClassVar[None] = None
    percent: ClassVar[bool] = False

    @property
    def roles(self) -> tuple[str, ...]:
        """The reference text."""
        return (self.reference,)

    def signature(self) -> str:
        """What it is taken over."""
        return f"bits of the reference per UTF-8 byte of it, all examples together|version:{self.version}"

    def prepare(self, references: ExampleTable) -> Mapping[str, object]:
        """Nothing is shared."""
        return {}

    def statistics(self, predictions: pa.Table, references: ExampleTable, state: Mapping[str, object]) -> np.ndarray:
        """(log-probability in bits, bytes) of the reference, float64 [n, 2]."""
        texts = reference_texts(references, self.reference)
        if any(wanted is not None and len(wanted) > 1 for wanted in texts):
            raise DataError(
                f"The role {self.reference!r} holds several references per example.",
                expected="one text, the one that the log-probability was taken of",
            )
        size = np.array([len(wanted[0].encode()) if wanted else 0 for wanted in texts], dtype=np.float64)
        return _scored(predicted_numbers(predictions, Need.LOG_PROBABILITY) / math.log(2), size)

    def expand(self, statistics: np.ndarray, state: Mapping[str, object]) -> np.ndarray:
        """As they are."""
        return statistics

    def finish(self, sums: np.ndarray) -> np.ndarray:
        """Sums [b, 2] to bits per byte [b]."""
        return -ratio(sums)


def _scored(log_probability: np.ndarray, size: np.ndarray) -> np.ndarray:
    statistics = np.column_stack([log_probability, size])
    # A NaN size is not greater than 0 either.
    statistics[~(np.isfinite(log_probability) & (size > 0))] = np.nan
    return statistics
