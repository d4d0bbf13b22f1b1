"""Comparing arms with several seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from workbench.compare import Arm, adjust, compare_arms, comparison_table, over_seeds, resample
from workbench.errors import ComparisonError, UnknownNameError
from workbench.types import Direction

PAIR = [("a", "b")]


def runs(n, seeds, *, seed, shift=0.0, spread=0.1, noise=0.5, shared=None):
    """Statistics of several seeds: a difficulty per example, a luck per seed, and noise."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=n) if shared is None else shared
    return {number: (shared + shift + spread * rng.normal() + noise * rng.normal(size=n)).reshape(-1, 1) for number in range(seeds)}


def compare(metric, a, b, **options):
    """The comparison of two arms, without the rows of their values."""
    options = {"resamples": 400, **options}
    return compare_arms("m", metric, {}, [Arm(name="a", runs=a), Arm(name="b", runs=b)], PAIR, **options)[-1]


def test_estimate_by_hand(mean):
    """Effect, standard error and degrees of freedom follow the two variances as written down."""
    shared = np.random.default_rng(9).normal(size=60)
    a, b = runs(60, 3, seed=1, shared=shared), runs(60, 3, seed=2, shift=0.3, shared=shared)
    values, draws = resample(mean(), {}, [*a.values(), *b.values()], resamples=400)
    effects = values[3:] - values[:3]
    examples = (draws[3:] - draws[:3]).mean(axis=0).var(ddof=1) * 60 / 59
    between = effects.var(ddof=1) / 3
    freedom = (examples + between) ** 2 / (examples**2 / 59 + between**2 / 2)

    actual = compare(mean(), a, b)
    estimate = over_seeds(effects, draws[3:] - draws[:3], 60)

    assert effects.mean() == pytest.approx(actual.effect, rel=1e-12)
    assert (math.sqrt(examples + between), freedom) == pytest.approx((estimate.error, estimate.freedom), rel=1e-10)
    assert (estimate.low, estimate.high, estimate.p) == pytest.approx((actual.low, actual.high, actual.p), rel=1e-10)
    assert (60, 3) == (actual.n, actual.seeds)
    assert actual.low < actual.effect < actual.high


def test_t_interval_agrees_with_scipy():
    """Interval and p are those of scipy's t distribution with these degrees of freedom."""
    from scipy.stats import t

    effects = np.array([0.1, 0.2, 0.4])
    estimate = over_seeds(effects, np.random.default_rng(0).normal(size=(3, 500)), 40)

    assert t.interval(0.95, estimate.freedom, estimate.effect, estimate.error) == pytest.approx((estimate.low, estimate.high), rel=1e-9)
    assert 2 * t.sf(abs(estimate.effect) / estimate.error, estimate.freedom) == pytest.approx(estimate.p, rel=1e-9)


@pytest.mark.parametrize(("spread", "noise", "coverage"), [(0.1, 0.3, 0.946), (0.02, 0.8, 0.978), (0.3, 0.1, 0.923)])
def test_three_seeds_cover_what_they_say(mean, spread, noise, coverage):
    """With three seeds 95 % intervals hold the true effect about 95 times in 100, less only where the luck of a seed outweighs all else.

    Expected: 20,000 draws of the same model with the variance over examples in closed form instead of bootstrapped.
    """
    covered = []
    for seed in range(300):
        # One true effect, met with other examples, other seeds and other noise each time.
        rng = np.random.default_rng(seed)
        effect = 0.5 + 0.5 * rng.normal(size=(100, 1))
        luck = spread * rng.normal(size=3)
        effects = [effect + luck[number] + noise * rng.normal(size=(100, 1)) for number in range(3)]
        values, draws = resample(mean(), {}, effects, resamples=200, seed=seed)
        estimate = over_seeds(values, draws, 100)
        covered.append(estimate.low <= 0.5 <= estimate.high)

    assert coverage == pytest.approx(np.mean(covered), abs=3 * (coverage * (1 - coverage) / len(covered)) ** 0.5)


def test_no_difference_is_rarely_significant(mean):
    """Without a true difference at most about 5 % of the comparisons of three seeds find one."""
    found = []
    for seed in range(200):
        shared = np.random.default_rng(10_000 + seed).normal(size=60)
        a, b = runs(60, 3, seed=2 * seed, shared=shared), runs(60, 3, seed=2 * seed + 1, shared=shared)
        found.append(compare(mean(), a, b, resamples=100).p <= 0.05)

    assert np.mean(found) < 0.05 + 3 * (0.05 * 0.95 / 200) ** 0.5


def test_detectable_effect_is_found_four_times_in_five(mean):
    """The minimum detectable effect of fixed predictions, put in as the true effect, is found with about 80 % power."""
    found = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        difference = rng.normal(size=(100, 1))
        # The standard error of the mean difference is .1 here.
        result = compare(mean(), {0: np.zeros((100, 1))}, {0: difference + 2.8016 * 0.1})
        found += result.p <= 0.05
        assert 0.28 == pytest.approx(result.detectable, rel=0.35)

    assert 0.8 == pytest.approx(found / 200, abs=0.11)


def test_one_seed_is_about_two_models(mean):
    """A single pair of runs gets a bootstrap interval, a randomisation p, and a method that says what it is about."""
    shared = np.random.default_rng(9).normal(size=60)

    actual = compare(mean(), runs(60, 1, seed=1, shared=shared), runs(60, 1, seed=2, shared=shared))

    assert 1 == actual.seeds
    assert "approximate randomisation" in actual.method
    assert "about these models only" in actual.method


def test_right_or_wrong_gets_mcnemar(mean):
    """0/1 statistics of one seed are tested exactly."""
    a, b = (np.array([[0.0]] * k + [[1.0]] * (20 - k)) for k in (10, 2))

    actual = compare(mean(), {0: a}, {0: b})

    assert ("better", 2 * 0.5**8) == (actual.verdict, actual.p)
    assert "McNemar" in actual.method


def test_a_floor_is_held_against_every_seed(mean):
    """An arm with one run is paired with each run of the other."""
    actual = compare(mean(), {0: np.zeros((50, 1))}, runs(50, 3, seed=3, shift=2.0))

    assert ("better", 3) == (actual.verdict, actual.seeds)
    assert "one run of a" in actual.method


@pytest.mark.parametrize(
    ("a", "b", "seeds", "words"),
    [
        ((0, 1, 2), (0, 1, 2), 3, "freedom"),
        ((0, 1, 2), (1, 2, 3), 2, "1, 2"),
        ((0, 1), (5, 6), 2, "fewer than two common seeds: runs are paired in order"),
        ((0, 1), (1, 2), 2, "fewer than two common seeds: runs are paired in order"),
        ((0, 1, 2), (5, 6), 2, "runs are paired in order, the first 2 of each"),
        ((0,), (7,), 1, "one seed"),
    ],
)
def test_pairs_by_seed(mean, a, b, seeds, words):
    """Runs are paired by seed; where seeds differ, the method says what was done and which runs took no part."""
    every = runs(30, 8, seed=4)

    actual = compare(mean(), {seed: every[seed] for seed in a}, {seed: every[seed] + 0.1 for seed in b})

    assert seeds == actual.seeds
    assert actual.method.endswith(words) or words in actual.method


def test_identical_arms_are_as_good(mean):
    """No difference at all: effect 0, p 1, as good."""
    every = runs(30, 3, seed=4)

    actual = compare(mean(), every, every)

    assert (0.0, 1.0, "as good") == (actual.effect, actual.p, actual.verdict)
    assert (0.0, 0.0) == pytest.approx((actual.low, actual.high), abs=1e-15)


def test_certain_difference_has_a_p_above_zero(mean):
    """A difference that no resample doubts gets the smallest p that the resamples can show."""
    a = {seed: np.zeros((30, 1)) for seed in range(3)}
    b = {seed: np.ones((30, 1)) for seed in range(3)}

    actual = compare(mean(), a, b, resamples=99)

    assert ("better", 1.0, 0.01) == (actual.verdict, actual.low, actual.p)


def test_lower_is_better(mean):
    """The effect is B minus A whatever is better; the verdict knows."""
    every = runs(50, 3, seed=3)

    actual = compare(mean(direction=Direction.LOWER), every, {seed: run - 1.0 for seed, run in every.items()})

    assert ("better", pytest.approx(-1.0)) == (actual.verdict, actual.effect)


def test_set_metrics_have_no_paired_test(set_mean):
    """A set metric gets an interval over seeds, no p, and a method that says so; with one seed not even the interval."""
    a, b = runs(30, 3, seed=4), runs(30, 3, seed=5, shift=9.0)

    several, single = compare(set_mean(), a, b), compare(set_mean(), {0: a[0]}, {0: b[0]})

    assert ("better", None, True) == (several.verdict, several.p, "no paired test" in several.method)
    assert ("inconclusive", None, None, None) == (single.verdict, single.p, single.low, single.detectable)


def test_examples_that_any_run_lacks_are_left_out(mean):
    """All runs are compared on the examples that all of them were scored on, and n says how many."""
    a, b = runs(30, 2, seed=4), runs(30, 2, seed=5)
    b[1][:5] = np.nan

    actual = compare(mean(), a, b)

    assert 25 == actual.n
    assert np.mean([b[seed][5:].mean() - a[seed][5:].mean() for seed in (0, 1)]) == pytest.approx(actual.effect, rel=1e-12)


def test_values_of_arms_come_first(mean):
    """Each arm has a row of its own: value, interval, no verdict, and the family value."""
    every = runs(40, 3, seed=6)

    rows = compare_arms("m", mean(), {}, [Arm(name="a", runs=every), Arm(name="floor", runs={0: every[0]})], [("floor", "a")], resamples=200)

    assert [("", "a", "value", 3), ("", "floor", "value", 1), ("floor", "a", "primary", 3)] == [(row.a, row.b, row.family, row.seeds) for row in rows]
    assert np.mean([run.mean() for run in every.values()]) == pytest.approx(rows[0].effect, rel=1e-12)
    assert all(row.low < row.effect < row.high and row.verdict == "" and row.p is None for row in rows[:2])


def test_infinite_values_have_no_interval(mean):
    """An infinite value on both sides is no number: no interval, no p, inconclusive."""
    a = {seed: np.full((10, 1), np.inf) for seed in range(2)}

    actual = compare(mean(high=None), a, a)

    assert ("inconclusive", None, None, None) == (actual.verdict, actual.low, actual.high, actual.p)


def test_a_value_that_some_resamples_do_not_define_has_no_interval(weighted_mean):
    """A mean over the right ones alone is not defined where none of them is drawn; the method says so."""

    class OfSome(weighted_mean):
        def aggregate(self, statistics, weights):
            with np.errstate(invalid="ignore"):
                return (weights @ statistics[:, 0]) / (weights @ (statistics[:, 0] > 0))

    few = {0: np.array([[1.0], [0.0], [0.0]])}

    actual = compare(OfSome(), few, few)

    assert (None, "inconclusive") == (actual.low, actual.verdict)
    assert "not defined on some resample" in actual.method


def test_refusals(mean):
    """Unlike shapes, nothing scored, no runs and unknown arms are refused with names and numbers."""
    good, short, empty = runs(10, 1, seed=1), runs(9, 1, seed=1), {0: np.full((10, 1), np.nan)}
    for a, b, message in [
        (good, short, r"b \(9, 1\)"),
        (good, empty, "0 of 10 examples were scored.*0, were scored in b, seed 0"),
        (good, {}, "no runs of b"),
    ]:
        with pytest.raises(ComparisonError, match=message):
            compare(mean(), a, b)
    with pytest.raises(UnknownNameError, match="no arm 'curatde'"):
        compare_arms("m", mean(), {}, [Arm(name="curated", runs=good)], [("curated", "curatde")])


def test_table(mean):
    """Comparisons become a table with one column per field, nulls where there is no number."""
    every = runs(40, 3, seed=6)
    rows = adjust(compare_arms("m", mean(), {}, [Arm(name="a", runs=every), Arm(name="b", runs=every)], PAIR, resamples=100))

    table = comparison_table(rows)

    assert [[None, None, 1.0], ["", "", "as good"], [40, 40, 40]] == [table.column(name).to_pylist() for name in ("p_adjusted", "verdict", "n")]
    assert (0, 15) == (comparison_table([]).num_rows, table.num_columns)
