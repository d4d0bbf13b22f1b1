"""Cutting splits and choosing rows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data.splits import choose, cut

groups_of_rows = st.lists(st.sampled_from([*"abcdefghij", None]), min_size=1, max_size=60)
shares = st.floats(0.05, 0.95)


def chosen(groups, mask):
    return Counter(group for group, inside in zip(groups, mask, strict=True) if inside)


@settings(deadline=None, max_examples=50)
@given(groups_of_rows, shares, st.integers(0, 3), st.randoms())
def test_a_cut_keeps_groups_whole_whatever_the_order_of_the_rows(groups, share, seed, random):
    """Each group is inside or outside as a whole, and the same ones are after the rows are shuffled."""
    shuffled = random.sample(groups, len(groups))

    inside = chosen(groups, cut(pa.array(groups, pa.string()), share, seed=seed, purpose="x"))

    assert inside == chosen(shuffled, cut(pa.array(shuffled, pa.string()), share, seed=seed, purpose="x"))
    assert inside == Counter({group: groups.count(group) for group in inside})


@settings(deadline=None, max_examples=50)
@given(groups_of_rows, shares, st.integers(0, 3))
def test_both_sides_of_a_cut_get_rows_where_there_are_two_groups(groups, share, seed):
    """A cut of several groups leaves neither side empty; of one group it takes nothing."""
    inside = cut(pa.array(groups, pa.string()), share, seed=seed, purpose="x").sum()

    assert (0 < inside < len(groups)) if len(set(groups)) > 1 else inside == 0


def test_a_cut_of_many_small_groups_takes_exactly_the_share():
    """Where every row is a group of its own, a share of 0.1 is a tenth of the rows."""
    groups = pa.array([str(number) for number in range(1000)])

    assert 100 == cut(groups, 0.1, seed=0, purpose="x").sum()


def test_seed_and_purpose_decide_on_a_cut():
    """The cuts of two seeds differ, and so do those of one seed for two purposes."""
    groups = pa.array([str(number) for number in range(1000)])
    cuts = [cut(groups, 0.5, seed=seed, purpose=purpose) for seed, purpose in ((0, "a"), (1, "a"), (0, "b"))]

    assert all(abs((one == other).mean() - 0.5) < 0.1 for one, other in ((cuts[0], cuts[1]), (cuts[0], cuts[2])))


@settings(deadline=None, max_examples=50)
@given(groups_of_rows, st.integers(1, 70), st.integers(0, 3), st.randoms())
def test_a_choice_takes_the_same_content_whatever_the_order_of_the_rows(groups, limit, seed, random):
    """At most so many rows are taken; of each group all or none, but for the last."""
    shuffled = random.sample(groups, len(groups))

    inside = chosen(groups, choose(pa.array(groups, pa.string()), limit, seed=seed, purpose="x"))

    assert inside == chosen(shuffled, choose(pa.array(shuffled, pa.string()), limit, seed=seed, purpose="x"))
    assert min(limit, len(groups)) == inside.total()
    assert sum(inside[group] < groups.count(group) for group in inside) <= 1


def test_nothing_can_be_cut_and_chosen():
    """A split without rows stays one."""
    empty = pa.array([], pa.string())

    assert [0, 0] == [len(cut(empty, 0.5, seed=0, purpose="x")), len(choose(empty, 3, seed=0, purpose="x"))]
    assert np.bool_ == cut(empty, 0.5, seed=0, purpose="x").dtype
