"""Arithmetic of additive metrics: a mean over examples, a ratio of two sums, and division where 0 over 0 is 0."""

from __future__ import annotations

import numpy as np


def with_count(statistics: np.ndarray) -> np.ndarray:
    """Values [n, 1] with a column of ones beside them [n, 2], so that sums give the mean under any weights."""
    return np.column_stack([statistics, np.ones(len(statistics))])


def ratio(sums: np.ndarray) -> np.ndarray:
    """First column over second, [b, 2] to [b]; NaN where the second is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values: np.ndarray = np.where(sums[:, 1] == 0, np.nan, sums[:, 0] / sums[:, 1])
    return values


def divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Element by element, 0 where the denominator is 0."""
    return np.asarray(np.divide(numerator, denominator, out=np.zeros_like(numerator, dtype=np.float64), where=denominator != 0))
