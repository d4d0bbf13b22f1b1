"""The rules that turn numbers into words: verdicts, Holm's family, joins and the claim."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.compare import Comparison, EvaluationSet, adjust, claim, holm, join, margin_in_units, verdict
from workbench.errors import ComparisonError
from workbench.types import Direction

HIGHER, LOWER, NONE = Direction.HIGHER, Direction.LOWER, Direction.NONE


def comparison(a, b, word="better", **fields):
    """A comparison with that verdict."""
    plain = {"metric": "m", "effect": 0.1, "low": 0.05, "high": 0.15, "p": 0.01, "p_adjusted": None, "n": 100, "seeds": 3, "detectable": 0.1}
    return Comparison(**{**plain, "a": a, "b": b, "verdict": word, "method": "", "family": "primary", "margin": 0.01, **fields})


VERDICTS = [
    # low, high, direction, p, expected; the margin is .01
    (0.001, 0.2, HIGHER, None, "better"),
    (0.001, 0.2, LOWER, None, "worse"),
    (-0.2, -0.001, HIGHER, None, "worse"),
    (-0.2, -0.001, LOWER, None, "better"),
    (-0.005, 0.009, HIGHER, None, "as good"),
    (-0.01, 0.01, LOWER, None, "as good"),
    (-0.02, 0.009, HIGHER, None, "inconclusive"),
    (0.001, 0.005, HIGHER, None, "better"),  # small but certain
    (0.001, 0.2, HIGHER, 0.06, "inconclusive"),  # interval and test must agree
    (0.001, 0.005, HIGHER, 0.06, "as good"),
    (0.0, 0.2, HIGHER, None, "inconclusive"),
    (0.1, 0.2, NONE, None, "inconclusive"),  # neither end is better
    (-0.001, 0.002, NONE, None, "as good"),
    (None, None, HIGHER, None, "inconclusive"),
]


@pytest.mark.parametrize(("low", "high", "direction", "p", "expected"), VERDICTS)
def test_verdict(*, low, high, direction, p, expected):
    """Better and worse need an interval off zero and a p at most .05; as good needs the whole interval inside the margin."""
    assert expected == verdict(low, high, 0.01, direction, p=p)


def test_margin_in_units(mean):
    """One point is .01 on scales that end at 1, 1.0 in percent, and one percent of A's value on unbounded scales."""
    assert (0.01, 1.0, 0.3) == (
        margin_in_units(mean(), 0.01, 0.5),
        margin_in_units(mean(percent=True, high=100.0), 0.01, 50.0),
        margin_in_units(mean(high=None), 0.01, -30.0),
    )


def test_holm_by_hand():
    """The published example of step-down adjustment, in the order given."""
    assert [0.03, 0.06, 0.06, 0.02] == pytest.approx(holm([0.01, 0.04, 0.03, 0.005]))
    assert [] == holm([])


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_lies_between_no_correction_and_bonferroni(values):
    """Adjusted values keep the order, and lie between the raw value and Bonferroni's."""
    adjusted = holm(values)

    for raw, after in zip(values, adjusted, strict=True):
        assert raw <= after <= min(1.0, len(values) * raw) + 1e-15
    order = np.argsort(values, kind="stable")
    assert all(np.diff(np.array(adjusted)[order]) >= 0)


def test_adjust_takes_back_what_does_not_survive():
    """Only the primary family is adjusted; a better that does not survive becomes what its interval still allows."""
    rows = [
        comparison("a", "b", p=0.03),
        comparison("a", "c", p=0.04, low=0.001, high=0.005),
        comparison("a", "d", p=0.001),
        comparison("a", "e", p=0.04, family="exploratory"),
        comparison("", "a", "", p=None, family="value"),
        comparison("a", "f", "inconclusive", p=None),
    ]

    adjusted = adjust(rows)

    assert [0.06, 0.06, 0.003, None, None, None] == [row.p_adjusted and round(row.p_adjusted, 12) for row in adjusted]
    assert ["inconclusive", "as good", "better", "better", "", "inconclusive"] == [row.verdict for row in adjusted]


def evaluation(name, ids, hashes=None):
    return EvaluationSet(name=name, example_ids=ids, content_hashes=hashes or [f"h{each}" for each in ids])


def test_join_brings_runs_into_one_order():
    """Runs on the same examples are aligned to the first, whatever their order."""
    positions = join([evaluation("a", ["x", "y", "z"]), evaluation("b", ["z", "x", "y"])])

    assert [[0, 1, 2], [1, 2, 0]] == [each.tolist() for each in positions]


@given(st.permutations([f"e{number}" for number in range(8)]), st.permutations([f"e{number}" for number in range(8)]))
def test_join_aligns_any_order(one, other):
    """After joining, position i of every run is the same example."""
    first, second = join([evaluation("a", one), evaluation("b", other)])

    assert [one[place] for place in first] == [other[place] for place in second]


REFUSED = [
    (["x", "y"], None, ["x"], None, r"1 only in a \(y\)"),
    (["x"], None, [*"xpqrs"], None, r"4 only in b \(p, q, r, \.\.\.\)"),
    (["x", "y"], ["1", "2"], ["x", "y"], ["1", "3"], r"1 of the same id but with another text \(y\)"),
    (["x", "x"], None, ["x"], None, "a has 2 results for 1 examples"),
]


@pytest.mark.parametrize(("ids", "hashes", "other", "other_hashes", "message"), REFUSED)
def test_unlike_evaluation_sets_are_refused(*, ids, hashes, other, other_hashes, message):
    """Runs on other examples, or other texts, are refused with the difference counted and named."""
    with pytest.raises(ComparisonError, match=message):
        join([evaluation("a", ids, hashes), evaluation("b", other, other_hashes)])


CLAIMS = [
    # against random, against raw, expected
    ("better", "better", "helped"),
    ("better", "as good", "helped"),
    ("better", "inconclusive", "not shown"),
    ("better", "worse", "hurt"),
    ("as good", "better", "no better than random"),
    ("worse", "better", "no better than random"),
    ("inconclusive", "better", "not shown"),
    ("worse", "worse", "hurt"),
]


@pytest.mark.parametrize(("against_random", "against_raw", "expected"), CLAIMS)
def test_claim(against_random, against_raw, expected):
    """Curation helped only where it beats random subsets and is at least as good as everything."""
    rows = [
        comparison("random", "curated", against_random),
        comparison("raw", "curated", against_raw),
        comparison("raw", "curated", "better", metric="other"),
    ]

    found = claim(rows, metric="m")

    assert expected == found.word
    assert "random subsets" in found.sentence


def test_claim_of_weak_models():
    """Where an arm is not shown to beat the floor nothing is claimed, and the sentence names the arms."""
    rows = [comparison("random", "curated"), comparison("raw", "curated"), comparison("floor", "curated"), comparison("floor", "raw", "inconclusive")]

    found = claim([*rows, comparison("floor", "random", "worse")], metric="m")

    assert ("too weak to tell", True) == (found.word, "raw and random are not shown to beat the floor" in found.sentence)


@pytest.mark.parametrize(("row", "missing"), [(comparison("raw", "curated"), "no random arm"), (comparison("random", "curated"), "no raw arm")])
def test_claim_needs_its_controls(row, missing):
    """Without a control nothing is shown, and the sentence says which is missing."""
    found = claim([row], metric="m")

    assert ("not shown", True) == (found.word, missing in found.sentence)


def test_claim_of_one_seed_says_so():
    """With one seed the sentence is about these models only."""
    rows = [comparison("random", "curated", seeds=1), comparison("raw", "curated", seeds=1)]

    assert claim(rows, metric="m").sentence.endswith("With one seed this is about these models only.")
