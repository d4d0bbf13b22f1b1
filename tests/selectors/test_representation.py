"""Groups of people before and after rows leave, held against counting by hand."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import binomtest

from workbench.selectors import mentions
from workbench.selectors._representation import share_of
from workbench.types import ExampleTable, Role, RoleType, SelectorContext

TEXTS = ["She reads", "he reads and she writes", "It rains", "他们的母亲来了", "no woman", "He"]
LABELS = ["a", "a", "b", "a", "b", "b"]
ROLES = {"text": Role(name="text", type=RoleType.TEXT), "label": Role(name="label", type=RoleType.LABEL)}


@pytest.fixture(scope="module")
def found():
    """What the texts name."""
    table = pa.table({"text": pa.array(TEXTS, pa.large_string()), "label": pa.array(LABELS, pa.large_string())})
    return mentions(ExampleTable(table, ("text", "label")), SelectorContext(roles=ROLES, target="label"), ["text"])


def test_groups_are_counted_before_and_after(found):
    """Each group that a text names has its share of all rows, and of the rows that stay, the most named first."""
    stays = np.array([True, False, True, True, True, False])
    listed = [(each.group, each.before.part, each.before.whole, each.after.part, each.after.whole) for each in found.representation(stays)]

    assert [("women", 4, 6, 3, 4), ("men", 2, 6, 0, 4)] == listed


def test_a_group_goes_with_an_outcome_as_counting_says(found):
    """The share of a group's rows that have an outcome is that of its rows alone; small groups are left out."""
    listed = {(each.group, each.outcome): each for each in found.associations(np.ones(6, dtype=bool), least=3)}

    assert {("women", "a"), ("women", "b")} == set(listed)
    women = listed["women", "a"]
    assert (3, 4, women.before) == (women.before.part, women.before.whole, women.after)
    assert [] == found.associations(np.ones(6, dtype=bool), least=5)


@pytest.mark.parametrize(("part", "whole"), [(0, 5), (5, 5), (3, 40), (999, 1000)])
def test_intervals_are_wilsons(part, whole):
    """The interval is the one that SciPy gives; of no rows there is none."""
    expected = binomtest(part, whole).proportion_ci(method="wilson")
    assert (expected.low, expected.high) == pytest.approx((share_of(part, whole).low, share_of(part, whole).high), abs=1e-12)
    assert math.isnan(share_of(0, 0).share)
