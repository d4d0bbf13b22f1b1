"""What pins say of selectors and thresholds."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest
from curate_builders import import_rows, policy, rule, score_rows
from hypothesis import given
from hypothesis import strategies as st

from workbench.curate import Material, best_thresholds, overruled
from workbench.curate.agreement import _best, wilson

OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@given(
    st.lists(st.tuples(st.integers(0, 4).map(float), st.booleans()), min_size=1, max_size=8),
    st.sampled_from(sorted(OPERATORS)),
    st.sampled_from([-1.0, 0.5, 2.0, 3.0, 9.0]),
)
def test_the_best_threshold_is_the_best_of_all(pinned, comparison, present):
    """Held against every threshold there could be: none agrees with more rows, and one that is as good as any stays as it is."""
    values, drop = np.array([value for value, _ in pinned]), np.array([gone for _, gone in pinned])

    def agreed(threshold):
        return sum(OPERATORS[comparison](value, threshold) == gone for value, gone in pinned)

    best, count = _best(values, drop, comparison, present)
    tried = [present, *(place for value in values for place in (value, value - 0.5, value + 0.5))]
    assert count == agreed(best) == max(map(agreed, tried))
    if agreed(present) == count:
        assert best == present


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_is_wilsons(successes, trials, low, high):
    """As in Newcombe, Statistics in Medicine 17 (1998), table I, method 3, and by hand for the ends."""
    assert (low, high) == tuple(round(each, 4) for each in wilson(successes, trials))
    assert all(math.isnan(each) for each in wilson(0, 0))


def test_pins_overrule_selectors(store):
    """Of the rows that a selector flagged and people judged, the share that they kept; unjudged selectors have no share."""
    record = import_rows(store, [(f"text {number}", "a") for number in range(14)])
    noise, near = score_rows(store, record, 3)
    values = store.signals.read(noise.selector_run)["x"].to_pylist()
    flagged = [row for row, value in enumerate(values) if value is not None and value >= 2]
    chosen = policy(rule("noise.x", "drop", ">=", 2.0), rule("near.jaccard", "review", ">=", 2.0))
    material = Material(store, record.dataset_id, (noise, near))
    store.ledger.pin("data", flagged[:1], "keep", author="ann")
    store.ledger.pin("data", flagged[1:4], "drop", author="ann")
    first, second = overruled(material, chosen, store.ledger.number())
    assert ("noise", len(flagged), 4, 1, 0.25) == (first.selector, first.flagged, first.judged, first.overruled, first.share)
    assert (first.low, first.high) == wilson(1, 4)
    assert (0, True) == (second.judged, math.isnan(second.share))
    (best,) = best_thresholds(material, chosen, store.ledger.number())
    assert (4, 3, 2.0) == (best.judged, best.agreed, best.threshold)
    assert best.best_agreed >= best.agreed
    assert () == best_thresholds(material, chosen, 0)
