"""Which language texts are in: the model of py3langid, walked over columns.

py3langid (Lui and Baldwin 2012, "langid.py: An Off-the-shelf Language Identification Tool"; maintained by A. Barbaresi; BSD) is a naive Bayes
model over byte n-grams that an automaton finds. Its arrays are read as they are; only the walk is compiled here, because a text at a time is too
slow. Of a text the first 160 bytes are read. Languages are those with a two-letter code; Serbian's two scripts are one.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from workbench.selectors._columns import buffers, composed
from workbench.selectors._jit import kernel

if TYPE_CHECKING:
    import pyarrow as pa

READ: Final = 160
"""Bytes of a text that are looked at."""


@dataclass(frozen=True, kw_only=True)
class LanguageModel:
    """The arrays of the model.

    Attributes:
        languages: ISO 639-1 codes, each once.
        column: int64 [classes], the place in ``languages`` of each class.
        moves: uint32, the automaton's next states, 256 to a row.
        rows: int64 [states], where a state's row begins.
        features: int32 [states], the feature that ends in a state, or -1.
        weights: float32 [features, classes], log-probabilities.
        bias: float32 [classes].
    """

    languages: tuple[str, ...]
    column: np.ndarray
    moves: np.ndarray
    rows: np.ndarray
    features: np.ndarray
    weights: np.ndarray
    bias: np.ndarray


@functools.cache
def model() -> LanguageModel:
    """Read the model; takes about a second, once per process."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([name for name in identifier.labels if len(name) == 2])
    languages = tuple(identifier.labels)
    return LanguageModel(
        languages=languages,
        column=np.array([languages.index(name) for name in identifier.nb_classes], dtype=np.int64),
        moves=np.frombuffer(identifier.tk_nextmove, dtype=np.uint32),
        rows=np.asarray(identifier.tk_row, dtype=np.int64) << 8,
        features=np.asarray(identifier.tk_output, dtype=np.int32),
        weights=np.ascontiguousarray(identifier.nb_ptc, dtype=np.float32),
        bias=np.asarray(identifier.nb_pc, dtype=np.float32),
    )


def languages_of(texts: pa.LargeStringArray) -> np.ndarray:
    """The probability of each language of ``model()`` for each text: float32 [n, languages]; all equal for a text without a feature."""
    import pyarrow.compute as pc

    texts = composed(pc.fill_null(texts, ""))
    shouted = pc.utf8_is_upper(texts)
    if pc.any(shouted).as_py():
        texts = pc.if_else(shouted, pc.utf8_lower(texts), texts)
    known = model()
    return _probabilities(*buffers(texts), known.moves, known.rows, known.features, known.weights, known.bias, known.column, len(known.languages))


@kernel
def _probabilities(
    data: np.ndarray,
    offsets: np.ndarray,
    moves: np.ndarray,
    rows: np.ndarray,
    features: np.ndarray,
    weights: np.ndarray,
    bias: np.ndarray,
    column: np.ndarray,
    languages: int,
) -> np.ndarray:
    n = len(offsets) - 1
    classes = len(bias)
    out = np.zeros((n, languages), dtype=np.float32)
    seen = np.empty(READ, dtype=np.int32)
    scores = np.empty(classes, dtype=np.float32)
    for text in range(n):
        start = offsets[text]
        end = min(offsets[text + 1], start + READ)
        state = np.int64(0)
        many = 0
        for at in range(start, end):
            state = np.int64(moves[rows[state] + data[at]])
            if features[state] >= 0:
                seen[many] = features[state]
                many += 1
        seen[:many].sort()
        for place in range(classes):
            scores[place] = bias[place] if many else np.float32(0)
        first = 0
        while first < many:
            behind = first
            while behind < many and seen[behind] == seen[first]:
                behind += 1
            weight = np.log1p(np.float32(behind - first))
            row = weights[seen[first]]
            for place in range(classes):
                scores[place] += weight * row[place]
            first = behind
        # The temperature that py3langid divides by, so that probabilities mean the same for short and long texts.
        scale = np.float32(1.0 / np.sqrt(max(end - start, 1)))
        highest = scores.max()
        total = np.float32(0)
        for place in range(classes):
            scores[place] = np.exp((scores[place] - highest) * scale)
            total += scores[place]
        for place in range(classes):
            out[text, column[place]] += scores[place] / total
    return out
