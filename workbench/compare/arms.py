"""Compares arms: sets of runs that differ in their seed, all scored on the same examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.compare.resampling import RESAMPLES, approximate_randomisation, mcnemar_exact, percentile, resample, right_or_wrong, value
from workbench.compare.result import Comparison, margin_in_units, verdict
from workbench.compare.seeds import over_seeds, over_seeds_alone
from workbench.errors import ComparisonError, UnknownNameError
from workbench.types import MetricKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.compare.result import Family
    from workbench.types import Metric

# The quantiles of the normal distribution at .975 and .8, for detectable effects where there are no seeds to count degrees of freedom by.
_REACH = 1.959964 + 0.841621


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One side of comparisons.

    Attributes:
        name: how the comparison calls it.
        runs: seed to the statistics of that run, float64 [n, k]; rows are the same examples in the same order in all runs of all arms (see
            ``join``), a row of NaN is not scored.
    """

    name: str
    runs: Mapping[int, np.ndarray]


@dataclass(frozen=True)
class _Sampled:
    """One run: its value, and its values on the resamples [b] (none for set metrics)."""

    value: float
    draws: np.ndarray
    statistics: np.ndarray


@dataclass(frozen=True)
class _Setting:
    """What all comparisons of one metric share."""

    name: str
    metric: Metric
    state: Mapping[str, object]
    sampled: Mapping[str, Mapping[int, _Sampled]]
    n: int
    margin: float
    resamples: int
    seed: int
    family: Family


@dataclass(frozen=True, kw_only=True)
class _Interval:
    """What is known of an effect beside its estimate."""

    method: str
    low: float | None = None
    high: float | None = None
    p: float | None = None
    detectable: float | None = None


def compare_arms(
    name: str,
    metric: Metric,
    state: Mapping[str, object],
    arms: Sequence[Arm],
    pairs: Sequence[tuple[str, str]],
    *,
    family: Family = "primary",
    margin: float = 0.01,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Comparison]:
    """The value of each arm, then each pair compared, for one metric.

    Several seeds: the estimate is the mean over seeds and examples, and its interval holds for further seeds and examples (see ``over_seeds``).
    Seeds are paired by their number where the arms share them, else in order; an arm with a single run, such as a floor, is held against every run
    of the other. One run on each side: paired bootstrap for the interval, exact McNemar test for right-or-wrong metrics and approximate
    randomisation for all others; both are about these models only, which ``method`` says. Set metrics: an interval over seeds and no test.

    ``p`` is not yet adjusted: pass all comparisons of an experiment to ``adjust`` together.

    Args:
        name: the metric's component id.
        metric: the metric itself.
        state: what its ``prepare`` gave for all runs.
        arms: the arms, any number of runs each.
        pairs: (a, b) by name; the verdict is about b.
        family: of the pairs.
        margin: the effect that is as good as none, as a share: 0.01 is one point (see ``margin_in_units``).
        resamples: of the bootstrap and of the randomisation test.
        seed: of everything random.

    Raises:
        ComparisonError: shapes differ, or fewer than two examples were scored in all runs.
        UnknownNameError: a pair names no arm.
    """
    known = {arm.name: arm for arm in arms}
    for side in (side for pair in pairs for side in pair):
        if side not in known:
            raise UnknownNameError("arm", side, known)
    # A difference of two infinite values is no number, and is told as none.
    with np.errstate(invalid="ignore"):
        sampled, n = _sample(metric, state, arms, resamples=resamples, seed=seed)
        setting = _Setting(name, metric, state, sampled, n, margin, resamples, seed, family)
        return [*(_value(setting, arm.name) for arm in arms), *(_compare(setting, a, b) for a, b in pairs)]


def _sample(
    metric: Metric, state: Mapping[str, object], arms: Sequence[Arm], *, resamples: int, seed: int
) -> tuple[dict[str, dict[int, _Sampled]], int]:
    """Every run on the examples that all runs were scored on, with the same draws for all of them."""
    keys = [(arm.name, number) for arm in arms for number in sorted(arm.runs)]
    runs = [arm.runs[number] for arm in arms for number in sorted(arm.runs)]
    empty = [arm.name for arm in arms if not arm.runs]
    if empty or not runs:
        raise ComparisonError(f"There are no runs of {', '.join(empty) or 'any arm'}.", expected="at least one run of each arm")
    if len({run.shape for run in runs}) != 1:
        shapes = ", ".join(f"{name} {run.shape}" for (name, _), run in zip(keys, runs, strict=True))
        raise ComparisonError(f"The statistics have different shapes: {shapes}.", expected="the same examples in all runs")
    scored = ~np.any([np.isnan(run).any(axis=1) for run in runs], axis=0)
    n = int(scored.sum())
    if n < 2:
        raise ComparisonError(
            f"{n} of {len(scored)} examples were scored by {metric.name} in all runs.",
            expected="at least two",
            advice=_least_scored(keys, runs),
        )
    runs = [run[scored] for run in runs]
    if metric.kind is MetricKind.SET:
        values, draws = np.array([value(metric, state, run) for run in runs]), np.empty((len(runs), 0))
    else:
        values, draws = resample(metric, state, runs, resamples=resamples, seed=seed)
    sampled: dict[str, dict[int, _Sampled]] = {arm.name: {} for arm in arms}
    for (name, number), one, draw, run in zip(keys, values, draws, runs, strict=True):
        sampled[name][number] = _Sampled(float(one), draw, run)
    return sampled, n


def _least_scored(keys: Sequence[tuple[str, int]], runs: Sequence[np.ndarray]) -> str:
    counts = [int((~np.isnan(run).any(axis=1)).sum()) for run in runs]
    least = int(np.argmin(counts))
    return f"The fewest, {counts[least]}, were scored in {keys[least][0]}, seed {keys[least][1]}."


def _value(setting: _Setting, arm: str) -> Comparison:
    """The value of one arm with its interval, as a row without a partner."""
    runs = list(setting.sampled[arm].values())
    values = np.array([run.value for run in runs])
    interval = _interval(setting, values, np.array([run.draws for run in runs]))
    return Comparison(
        metric=setting.name,
        a="",
        b=arm,
        effect=float(values.mean()),
        low=interval.low,
        high=interval.high,
        p=None,
        p_adjusted=None,
        n=setting.n,
        seeds=len(runs),
        detectable=None,
        verdict="",
        method=interval.method,
        family="value",
        margin=None,
    )


def _compare(setting: _Setting, a: str, b: str) -> Comparison:
    """One pair of arms."""
    pairs, paired = _pair(setting.sampled[a], setting.sampled[b], a, b)
    effects = np.array([other.value - one.value for one, other in pairs])
    margin = margin_in_units(setting.metric, setting.margin, float(np.mean([one.value for one, _ in pairs])))
    interval = _interval(setting, effects, np.array([other.draws - one.draws for one, other in pairs]))
    p, method = interval.p, interval.method
    if setting.metric.kind is MetricKind.SET:
        method += "; no paired test: examples cannot be resampled from a property of the whole set"
    elif len(pairs) == 1 and interval.low is not None:
        p, test = _test(setting, pairs[0][0].statistics, pairs[0][1].statistics)
        method += f"; {test}"
    return Comparison(
        metric=setting.name,
        a=a,
        b=b,
        effect=float(effects.mean()),
        low=interval.low,
        high=interval.high,
        p=p,
        p_adjusted=None,
        n=setting.n,
        seeds=len(pairs),
        detectable=interval.detectable,
        verdict=verdict(interval.low, interval.high, margin, setting.metric.direction, p=p),
        method=method + paired,
        family=setting.family,
        margin=margin,
    )


def _interval(setting: _Setting, effects: np.ndarray, draws: np.ndarray) -> _Interval:
    """What is known of the mean of effects [s] with their draws [s, b]; values that are no finite numbers have no interval."""
    seeds = len(effects)
    if setting.metric.kind is MetricKind.SET and seeds == 1:
        return _Interval(method="one seed: no interval")
    if setting.metric.kind is MetricKind.SET:
        alone = over_seeds_alone(effects)
        return _Interval(method=f"t interval over {seeds} seeds alone", low=alone.low, high=alone.high, detectable=alone.detectable)
    if not np.isfinite(draws).all():
        return _Interval(method="no interval: the value is infinite, or not defined on some resample")
    if seeds == 1:
        fixed = percentile(float(effects[0]), draws[0], setting.n)
        method = "one seed: bootstrap over examples, about these models only"
        return _Interval(method=method, low=fixed.low, high=fixed.high, detectable=_REACH * fixed.error)
    both = over_seeds(effects, draws, setting.n)
    method = f"t interval over {seeds} seeds and bootstrapped examples, {both.freedom:.1f} degrees of freedom"
    return _Interval(method=method, low=both.low, high=both.high, p=both.p, detectable=both.detectable)


def _test(setting: _Setting, a: np.ndarray, b: np.ndarray) -> tuple[float, str]:
    """The p of two fixed sets of predictions, and the name of the test."""
    right_a, right_b = (right_or_wrong(setting.metric, side, setting.state) for side in (a, b))
    if right_a is not None and right_b is not None:
        return mcnemar_exact(right_a, right_b), "exact McNemar test"
    p = approximate_randomisation(setting.metric, setting.state, a, b, trials=setting.resamples, seed=setting.seed)
    return p, "approximate randomisation"


def _pair(one: Mapping[int, _Sampled], other: Mapping[int, _Sampled], a: str, b: str) -> tuple[list[tuple[_Sampled, _Sampled]], str]:
    """Runs of both arms in pairs, and what should be said about how they were paired."""
    shared = sorted(one.keys() & other.keys())
    if len(one) == len(other) == 1:
        return list(zip(one.values(), other.values(), strict=True)), ""
    if len(one) == 1:
        (fixed,) = one.values()
        return [(fixed, run) for run in other.values()], f"; one run of {a} against each of {b}"
    if len(other) == 1:
        (fixed,) = other.values()
        return [(run, fixed) for run in one.values()], f"; each run of {a} against the one of {b}"
    if len(shared) == len(one) == len(other):
        return [(one[seed], other[seed]) for seed in shared], ""
    if len(shared) > 1:
        return [(one[seed], other[seed]) for seed in shared], f"; only the seeds that both have: {', '.join(map(str, shared))}"
    first = min(len(one), len(other))
    fewer = f", the first {first} of each" if len(one) != len(other) else ""
    return list(zip(one.values(), other.values(), strict=False)), f"; fewer than two common seeds: runs are paired in order{fewer}"
