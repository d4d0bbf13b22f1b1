"""The paired bootstrap by count weights against the same bootstrap by copied rows, and its memory.

    python tests/benchmarks/bootstrap.py [--examples 100000] [--columns 100] [--resamples 10000] [--subset 20]

Copying is timed on the first resamples alone (``--subset``) and scaled up; the values of these are compared before any time is printed. Both sides
run in one process, one after the other, with the threads that BLAS takes by itself.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import os
import resource
import time
from dataclasses import dataclass

import numpy as np

from workbench.compare import resample
from workbench.types import Direction, MetricKind


@dataclass(frozen=True, kw_only=True)
class MeanOfRatios:
    """An additive metric over k columns: the mean of all columns' sums over the first's, so that every column takes part."""

    name: str = "mean-of-ratios"
    version: str = "1"
    kind: MetricKind = MetricKind.ADDITIVE
    needs: tuple = ()
    roles: tuple = ()
    direction: Direction = Direction.HIGHER
    low: float = 0.0
    high: float = 1.0
    percent: bool = False

    def expand(self, statistics, _state):
        """As they are."""
        return statistics

    def finish(self, sums):
        """Sums [b, k] to values [b]."""
        return (sums / sums[:, :1]).mean(axis=1)


def by_copying(metric, runs, resamples, seed):
    """The values of each run on copied rows, [r, resamples]."""
    rng = np.random.default_rng(seed)
    n = len(runs[0])
    draws = [rng.integers(0, n, size=n) for _ in range(resamples)]
    return np.array([[metric.finish(run[rows].sum(axis=0)[None])[0] for rows in draws] for run in runs])


def peak():
    """Peak resident memory of this process, GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def timed(function):
    """Wall and CPU seconds, [2], and what the function gives."""
    start = np.array([time.perf_counter(), time.process_time()])
    result = function()
    return np.array([time.perf_counter(), time.process_time()]) - start, result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("examples", 100_000), ("columns", 100), ("resamples", 10_000), ("subset", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    runs = [rng.random((options.examples, options.columns)) for _ in range(2)]
    metric = MeanOfRatios()
    before = peak()

    ours, draws = timed(lambda: resample(metric, {}, runs, resamples=options.resamples, seed=1)[1])
    memory = peak()
    copying, copied = timed(lambda: by_copying(metric, runs, options.subset, 1))
    copying *= options.resamples / options.subset

    np.testing.assert_allclose(draws[:, : options.subset], copied, rtol=1e-9)
    print(f"{options.examples} examples x {options.columns} columns, two sides, {options.resamples} resamples, {os.cpu_count()} cores")
    print(f"| {'way':<16} | {'seconds':>8} | {'CPU s':>8} | {'peak GiB':>8} |")
    print(f"| {'count weights':<16} | {ours[0]:>8.1f} | {ours[1]:>8.1f} | {memory:>8.2f} |")
    print(f"| {'copied rows':<16} | {copying[0]:>8.1f} | {copying[1]:>8.1f} | {'':>8} |")
    print(f"| {'ratio':<16} | {copying[0] / ours[0]:>8.1f} | {copying[1] / ours[1]:>8.1f} | {'':>8} |")
    print(f"(peak before: {before:.2f} GiB, the statistics themselves; copied rows: {options.subset} resamples, scaled)")


if __name__ == "__main__":
    main()
