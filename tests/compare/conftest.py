"""Metrics that the statistics are tried on."""

# ruff: noqa: ARG002 (they follow the protocol)

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from workbench.types import Direction, MetricKind


@dataclass(frozen=True, kw_only=True)
class Plain:
    """What the metrics below share."""

    name: str = "mean"
    version: str = "1"
    kind: MetricKind = MetricKind.ADDITIVE
    needs: tuple = ()
    roles: tuple = ()
    direction: Direction = Direction.HIGHER
    low: float | None = 0.0
    high: float | None = 1.0
    percent: bool = False

    def signature(self):
        return self.name

    def prepare(self, references):
        return {}

    def statistics(self, predictions, references, state):
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Mean(Plain):
    """The mean of one number per example; ``sparse`` gives the same sums as a sparse matrix."""

    sparse: bool = False

    def expand(self, statistics, state):
        from scipy.sparse import csr_array

        columns = np.column_stack([statistics, np.ones(len(statistics))])
        return csr_array(columns) if self.sparse else columns

    def finish(self, sums):
        return sums[:, 0] / sums[:, 1]


@dataclass(frozen=True, kw_only=True)
class WeightedMean(Plain):
    """The same mean, from weights."""

    kind: MetricKind = MetricKind.WEIGHTED

    def aggregate(self, statistics, weights):
        return weights @ statistics[:, 0] / weights.sum(axis=1)


@dataclass(frozen=True, kw_only=True)
class SetMean(Plain):
    """The same mean, as a property of the set."""

    kind: MetricKind = MetricKind.SET

    def value(self, statistics):
        return float(statistics.mean())


@pytest.fixture(scope="session")
def mean():
    return Mean


@pytest.fixture(scope="session")
def weighted_mean():
    return WeightedMean


@pytest.fixture(scope="session")
def set_mean():
    return SetMean
