"""Which given labels are wrong, from out-of-fold probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from workbench.selectors._linear import OutOfFold

_NULL_SHARE: Final = 0.25
_NULL_SAMPLE: Final = 10_000_000
"""Probabilities of any label on any text that the null distribution is counted from, at most; of every so many texts where there are more."""
_LEAST_DISPUTED: Final = 30
_BIN_ROWS: Final = 10
_BINS: Final = 400
_TINY: Final = 1e-12
_HARD: Final = 0.005
"""The share of labels that look random where none is: about so many texts of clean sets are labelled as no model would."""


@dataclass(frozen=True, kw_only=True)
class LabelVerdicts:
    """What probabilities say of given labels.

    Attributes:
        self_confidence: float64 [n], the probability of the given label.
        margin: float64 [n], that less the probability of the most likely other label.
        suggested: int64 [n], the most likely label.
        probability: float64 [n], its probability.
        issue: bool [n], label issues by confident learning.
        random: float64 [n], the estimated probability that the label was given without regard to the text.
        random_share: the estimated share of such labels.
    """

    self_confidence: np.ndarray
    margin: np.ndarray
    suggested: np.ndarray
    probability: np.ndarray
    issue: np.ndarray
    random: np.ndarray
    random_share: float


def judge_labels(model: OutOfFold, labels: np.ndarray) -> LabelVerdicts:
    """Judge each given label.

    Label issues are found by confident learning (Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels",
    section 3). Class j's threshold is the mean self-confidence of the texts labelled j (equation 2); a text labelled i counts in the confident joint
    C[i][j] for the likeliest j whose threshold it reaches (equation 1); rows of C are scaled to the classes' sizes (equation 3); and of each class i,
    as many texts of lowest self-confidence are issues as C has off its diagonal ("prune by class").

    How likely a label is random is a local false discovery rate (Efron et al. 2001): labels that contradict the text come from two sources, texts
    that are hard to tell and labels that were given without regard to the text. For the second the distribution of the label's probability is known:
    it is that of any label but the likeliest. How many there are is estimated where the least likely quarter of labels lies (Storey 2002), and the
    ratio of both densities, made monotone, gives the probability. Hard texts look random too: half a percent of the labels, as many as in clean sets,
    is taken for these.

    Args:
        model: see ``out_of_fold``.
        labels: int64 [n], from 0 on without a gap.
    """
    size, classes = len(labels), int(labels.max()) + 1
    own, margin, suggested, probability = np.empty(size), np.empty(size), np.empty(size, dtype=np.int64), np.empty(size)
    for rows, shares in model.blocks():
        place = np.arange(len(rows))
        own[rows] = shares[place, labels[rows]]
        suggested[rows] = shares.argmax(axis=1)
        probability[rows] = shares[place, suggested[rows]]
        shares[place, labels[rows]] = -1
        margin[rows] = own[rows] - shares.max(axis=1)
    counts = np.bincount(labels, minlength=classes)
    thresholds = np.bincount(labels, own, minlength=classes) / counts
    disputed = suggested != labels
    score = np.log(own + _TINY)
    edges = _edges(score[disputed], size)
    null = np.zeros(len(edges) + 1)
    every = 1 + size * classes // _NULL_SAMPLE
    confident, agreeing = np.zeros(classes), np.zeros(classes)
    for rows, shares in model.blocks():
        reached = shares >= thresholds
        likeliest = np.where(reached, shares, -1).argmax(axis=1)
        some = reached.any(axis=1)
        confident += np.bincount(labels[rows][some], minlength=classes)
        agreeing += np.bincount(labels[rows][some & (likeliest == labels[rows])], minlength=classes)
        sampled = np.flatnonzero(rows % every == 0)
        logs = np.log(shares[sampled] + _TINY)
        logs[np.arange(len(sampled)), suggested[rows[sampled]]] = np.inf
        null += np.bincount(np.searchsorted(edges, logs.ravel()), minlength=len(edges) + 1)
    expected = np.rint(counts * (1 - agreeing / np.maximum(confident, 1)) * (confident > 0)).astype(np.int64)
    random, share = _random(score, disputed, edges, null[:-1] * (size / len(range(0, size, every))) / max(classes - 1, 1))
    random *= max(share - _HARD, 0.0) / max(share, _TINY)
    return LabelVerdicts(
        self_confidence=own,
        margin=margin,
        suggested=suggested,
        probability=probability,
        issue=_lowest(own, labels, expected),
        random=random,
        random_share=share,
    )


def _lowest(own: np.ndarray, labels: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Of each class the expected number of lowest self-confidence: bool [n]."""
    order = np.lexsort((own, labels))
    begins = np.searchsorted(labels[order], np.arange(len(expected)))
    place = np.arange(len(own)) - begins[labels[order]]
    chosen = np.zeros(len(own), dtype=bool)
    chosen[order[place < expected[labels[order]]]] = True
    return chosen


def _edges(score: np.ndarray, size: int) -> np.ndarray:
    """Upper edges of bins that hold about equally many disputed labels: float64, ascending; none where there are too few to tell."""
    if len(score) < _LEAST_DISPUTED:
        return np.empty(0)
    ordered = np.sort(score)
    step = max(_BIN_ROWS, size // _BINS)
    return np.unique(ordered[np.minimum(np.arange(step, len(score) + step, step) - 1, len(score) - 1)])


def _random(score: np.ndarray, disputed: np.ndarray, edges: np.ndarray, null: np.ndarray) -> tuple[np.ndarray, float]:
    """The probability that a disputed label is random, and the share of random labels among all.

    Args:
        score: float64 [n].
        disputed: bool [n], labels that are not the likeliest.
        edges: see ``_edges``.
        null: float64 [bins], how many labels would lie in each bin if all were random.
    """
    from scipy.optimize import isotonic_regression

    random = np.zeros(len(score))
    if not len(edges):
        return random, 0.0
    bins = np.searchsorted(edges, score[disputed])
    seen = np.bincount(bins, minlength=len(edges)).astype(np.float64)
    null = np.maximum(null, 1e-9)
    # The bins up to the one that completes the least likely quarter, interpolated within it.
    cumulative = np.concatenate([[0.0], np.cumsum(null)])
    wanted = _NULL_SHARE * len(score)
    share = min(float(np.interp(wanted, cumulative, np.concatenate([[0.0], np.cumsum(seen)]))) / wanted, 1.0)
    ratio = isotonic_regression(seen / null, weights=null).x
    random[disputed] = np.minimum(share / np.maximum(ratio, 1e-12), 1.0)[bins]
    return random, share
