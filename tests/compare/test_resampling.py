"""Tests of two fixed sets of predictions."""

from __future__ import annotations

import bz2
import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.compare import approximate_randomisation, mcnemar_exact, paired_bootstrap, resample
from workbench.compare import resampling as room
from workbench.errors import ComparisonError


def column(values):
    return np.asarray(values, dtype=np.float64).reshape(-1, 1)


def pair(n, difference, seed):
    """Two sides with correlated noise and a true difference."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=n)
    return column(shared + rng.normal(size=n)), column(shared + rng.normal(size=n) + difference)


def by_copying_rows(metric, runs, resamples, seed):
    """The bootstrap as it is usually written: rows drawn and copied."""
    rng = np.random.default_rng(seed)
    n = len(runs[0])
    draws = [rng.integers(0, n, size=n) for _ in range(resamples)]
    return np.array([[metric.finish(metric.expand(run[rows], {}).sum(axis=0)[None])[0] for rows in draws] for run in runs])


def test_counts_equal_copied_rows(mean):
    """Weights times statistics are the values of copied rows, draw by draw."""
    runs = pair(50, 0.3, 1)

    _, draws = resample(mean(), {}, runs, resamples=40, seed=5)

    assert by_copying_rows(mean(), runs, 40, 5) == pytest.approx(draws, rel=1e-12)


def test_blocks_change_nothing(mean, monkeypatch):
    """The result does not depend on how many resamples fit a block of memory."""
    runs = pair(50, 0.3, 1)
    _, expected = resample(mean(), {}, runs, resamples=40, seed=5)

    monkeypatch.setattr(room, "BLOCK", 137)
    _, actual = resample(mean(), {}, runs, resamples=40, seed=5)

    assert expected == pytest.approx(actual, rel=1e-12)


def test_all_kinds_agree(mean, weighted_mean):
    """Dense, sparse and weighted forms of one metric give the same interval and the same p."""
    a, b = pair(80, 0.2, 2)

    results = [
        (paired_bootstrap(metric, {}, a, b, resamples=500), approximate_randomisation(metric, {}, a, b, trials=500))
        for metric in (mean(), mean(sparse=True), weighted_mean())
    ]

    for bootstrap, p in results[1:]:
        assert results[0][0].low == pytest.approx(bootstrap.low, rel=1e-10)
        assert results[0][0].error == pytest.approx(bootstrap.error, rel=1e-10)
        assert results[0][1] == p


def test_seeded(mean):
    """The same seed gives the same numbers, another seed others."""
    a, b = pair(80, 0.2, 2)

    first, again, other = (paired_bootstrap(mean(), {}, a, b, resamples=200, seed=seed) for seed in (0, 0, 1))

    assert first == again
    assert first != other


def test_interval_agrees_with_scipy(mean):
    """Effect, standard error and percentile interval agree with scipy's paired bootstrap within Monte-Carlo error."""
    from scipy.stats import bootstrap

    a, b = pair(200, 0.2, 3)
    expected = bootstrap(((b - a)[:, 0],), np.mean, n_resamples=9_999, method="percentile", rng=np.random.default_rng(0))

    actual = paired_bootstrap(mean(), {}, a, b)

    assert (b - a).mean() == pytest.approx(actual.effect, rel=1e-12)
    assert expected.standard_error == pytest.approx(actual.error, rel=0.04)
    for theirs, ours in ((expected.confidence_interval.low, actual.low), (expected.confidence_interval.high, actual.high)):
        assert theirs == pytest.approx(ours, abs=0.08 * actual.error)


def test_randomisation_agrees_with_scipy(mean):
    """The p agrees with scipy's permutation test of pairs within Monte-Carlo error."""
    from scipy.stats import permutation_test

    a, b = pair(60, 0.3, 4)
    expected = permutation_test(
        (b[:, 0], a[:, 0]),
        lambda one, other, axis: one.mean(axis=axis) - other.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9_999,
        rng=np.random.default_rng(0),
    ).pvalue

    actual = approximate_randomisation(mean(), {}, a, b)

    assert 0.005 < expected < 0.2
    assert expected == pytest.approx(actual, abs=4 * (2 * expected / 10_000) ** 0.5)


def test_randomisation_is_exact_on_small_samples(mean):
    """With few examples p comes close to the share of all sign changes that are as extreme, ties included."""
    difference = np.array([1.0, 2.0, 2.0, 3.0, -1.0, 1.0])
    signs = np.array([[1 if code >> bit & 1 else -1 for bit in range(6)] for code in range(64)])
    exact = np.mean(np.abs(signs @ difference) >= abs(difference.sum()))

    actual = approximate_randomisation(mean(), {}, column(np.zeros(6)), column(difference), trials=20_000)

    assert exact == pytest.approx(actual, abs=0.01)


def test_p_is_never_zero(mean):
    """The smallest p is 1 / (trials + 1), and equal predictions have p = 1."""
    a, b = pair(200, 5.0, 5)

    assert approximate_randomisation(mean(), {}, a, b, trials=999) == 1 / 1000
    assert approximate_randomisation(mean(), {}, a, a, trials=99) == 1.0


def test_p_is_uniform_without_a_difference(mean):
    """Where there is no difference p lies below each level about as often as the level says."""
    p = np.array([approximate_randomisation(mean(), {}, *pair(40, 0.0, seed), trials=199, seed=seed) for seed in range(600)])

    for level in (0.05, 0.2, 0.5, 0.8):
        assert level == pytest.approx(np.mean(p <= level), abs=4 * (level * (1 - level) / len(p)) ** 0.5)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_mcnemar_equals_scipys_binomial_test(rows):
    """Exact McNemar is the two-sided binomial test of the examples that only one side has right."""
    from scipy.stats import binomtest

    a, b = np.array(rows, dtype=np.float64).T
    only_a, only_b = int((a > b).sum()), int((b > a).sum())
    expected = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0

    assert expected == pytest.approx(mcnemar_exact(a, b), rel=1e-9)


def test_mcnemar_on_published_systems(shared_data, mean):
    """Two systems that differ by 57 of 1,319 problems: the exact test and the randomisation test agree."""
    lines = (shared_data / "gsm8k" / "example_model_solutions.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    names = [name for name in rows[0] if isinstance(rows[0][name], dict) and "is_correct" in rows[0][name]]
    right = {name: np.array([float(row[name]["is_correct"]) for row in rows]) for name in names}
    a, b = sorted(right.values(), key=lambda each: abs(each.sum() - 480))[:2]

    exact = mcnemar_exact(a, b)

    assert {458, 515} == {int(a.sum()), int(b.sum())}
    assert exact == pytest.approx(approximate_randomisation(mean(), {}, column(a), column(b)), abs=4 * (exact / 10_000) ** 0.5)


SYSTEMS = ["LMU-nmt-reranked.4934", "LMU-nmt-single.4893", "KIT.4950", "uedin-nmt.4722"]


def test_published_significance(shared_data):
    """BLEU differences of WMT17 systems: p of MultEval's randomisation and of Moses' bootstrap, within Monte-Carlo error.

    Source: systems/significance_golden.json, whose own tolerance is a hundredth. Moses' p is how often the bootstrapped difference, moved to a mean
    of 0, exceeds the one observed.
    """
    from workbench.metrics import Bleu
    from workbench.types import ExampleTable

    folder = shared_data / "systems"
    golden = json.loads((folder / "significance_golden.json").read_text())
    data = json.loads(bz2.decompress((folder / "wmt17_en_de_systems.json.bz2").read_bytes()))
    baseline = next(iter(data["systems"]))
    metric = Bleu(tokenizer="none")
    examples = ExampleTable(pa.table({"response": pa.array(data["references"], pa.large_string())}), ("response",))
    state = metric.prepare(examples)

    def statistics(name):
        return metric.statistics(pa.table({"text": pa.array(data["systems"][name], pa.large_string())}), examples, state)

    a = statistics(baseline)
    for system in SYSTEMS:
        name = f"newstest2017.{system}.en-de"
        b = statistics(name)
        values, draws = resample(metric, state, [a, b], resamples=2_000)
        differences = np.abs(draws[1] - draws[0])
        shifted = np.mean(differences - differences.mean() >= abs(values[1] - values[0]))
        expected, moses = golden["MULTEVAL_P_VALS"][name][0], golden["MOSES_P_VALS"][name]

        assert expected == pytest.approx(approximate_randomisation(metric, state, a, b), abs=0.01 + 4 * (expected * (1 - expected) / 10_000) ** 0.5)
        assert moses == pytest.approx(shifted, abs=0.01 + 4 * (moses * (1 - moses) / 2_000) ** 0.5)


def test_refusals(mean, set_mean):
    """Unlike shapes, a single example and set metrics are refused in words."""
    for metric, a, b, message in [
        (mean(), column([1, 2]), column([1, 2, 3]), r"shapes \(2, 1\), \(3, 1\)"),
        (mean(), column([1]), column([2]), "1 examples"),
        (set_mean(), column([1, 2]), column([1, 2]), "cannot be resampled"),
    ]:
        for test in (paired_bootstrap, approximate_randomisation):
            with pytest.raises(ComparisonError, match=message):
                test(metric, {}, a, b)


def test_import_is_light():
    """Importing the room imports no heavy library."""
    heavy = ["torch", "transformers", "datasets", "sklearn", "scipy", "pyarrow"]
    code = f"import sys, workbench.compare; print([name for name in {heavy} if name in sys.modules])"

    assert "[]" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
