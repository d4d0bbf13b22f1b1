"""Predictions that any useful model must beat, made from the raw training examples without a model.

Each function fits ``Floor.predict`` once its keywords are bound:

    Floor(name="majority label", predict=functools.partial(majority_label, label="label"))
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError
from workbench.metrics.columns import reference_texts
from workbench.metrics.sentences import sentences

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.types import ExampleTable


def majority_label(train: ExampleTable, examples: ExampleTable, *, label: str = "label") -> pa.Table:
    """The most frequent label of train for every example; of equals the first in order.

    Returns:
        A prediction table with ``label``.
    """
    return _table(len(examples), label=[_most_frequent(train, label)] * len(examples))


def constant_answer(train: ExampleTable, examples: ExampleTable, *, target: str) -> pa.Table:
    """The most frequent target of train for every example, and the byte frequencies of train as its language model.

    Where a target is a list of answers its first one counts, and an empty list as the empty answer.

    Returns:
        A prediction table with ``text`` and ``log_probability``.
    """
    return _table(len(examples), text=[_most_frequent(train, target)] * len(examples), log_probability=_byte_frequencies(train, examples, target))


def lead_sentence(train: ExampleTable, examples: ExampleTable, *, document: str, target: str) -> pa.Table:
    """The first sentence of each document, and the byte frequencies of train as its language model.

    Returns:
        A prediction table with ``text`` and ``log_probability``.
    """
    leads = [next(iter(sentences(text)), "") for text in examples.texts(document)]
    return _table(len(examples), text=leads, log_probability=_byte_frequencies(train, examples, target))


def _byte_frequencies(train: ExampleTable, examples: ExampleTable, target: str) -> list[float | None]:
    """A unigram model over the bytes of UTF-8 and an end symbol, counted on the targets of train plus one each.

    What it gives is the log-probability of each example's target (nats, end symbol included): the bits per byte of a model that knows how often each
    byte occurs and nothing else. It has no tokens, for its perplexity per byte would stand beside that of models per word piece.
    """
    counts = np.ones(257)
    for text in _targets(train, target):
        if text is not None:
            counts[:256] += np.bincount(np.frombuffer(text.encode(), dtype=np.uint8), minlength=256)
            counts[256] += 1
    logarithms = np.log(counts) - math.log(counts.sum())
    probabilities: list[float | None] = []
    for text in _targets(examples, target):
        found = None if text is None else np.frombuffer(text.encode(), dtype=np.uint8)
        probabilities.append(None if found is None else float(logarithms[found].sum() + logarithms[256]))
    return probabilities


def _most_frequent(train: ExampleTable, role: str) -> str:
    counts = Counter(text for text in _targets(train, role) if text is not None)
    if not counts:
        raise DataError(f"No training example has the role {role!r}.", expected="at least one to take a floor from")
    return min(counts, key=lambda text: (-counts[text], text))


def _targets(examples: ExampleTable, role: str) -> list[str | None]:
    """The target of each example; an empty list of answers is the empty answer."""
    return [None if texts is None else next(iter(texts), "") for texts in reference_texts(examples, role)]


def _table(rows: int, **columns: list[str] | list[float | None]) -> pa.Table:
    """A prediction table (see ``FineTuneAdapter.predict``) with these columns and all others null."""
    import pyarrow as pa

    schema = pa.schema(
        [
            ("text", pa.large_string()),
            ("label", pa.large_string()),
            ("probabilities", pa.large_list(pa.float64())),
            ("span", pa.struct([("start", pa.int32()), ("end", pa.int32()), ("no_answer", pa.float64())])),
            ("log_probability", pa.float64()),
            ("tokens", pa.int32()),
        ]
    )
    return pa.table({field.name: pa.array(columns.get(field.name, [None] * rows), field.type) for field in schema}, schema=schema)
