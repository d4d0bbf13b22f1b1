"""Which of a group of duplicates stays."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.curate.duplicates import ABSENT, PairRule, survivors

SIZE = 12


@st.composite
def rules(draw: st.DrawFn) -> PairRule:
    """Groups of copies, and similar pairs between the firsts of groups."""
    group = draw(st.lists(st.integers(0, SIZE - 1), min_size=SIZE, max_size=SIZE))
    first = {label: group.index(label) for label in group}
    copies = [(first[label], row) for row, label in enumerate(group) if first[label] != row]
    firsts = sorted(set(first.values()))
    pairs = draw(st.sets(st.tuples(st.sampled_from(firsts), st.sampled_from(firsts)).filter(lambda pair: pair[0] < pair[1])))
    return PairRule(copies=np.array(copies, dtype=np.int64).reshape(-1, 2), similar=np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2))


def matrix(rule: PairRule) -> np.ndarray:
    """Which rows are duplicates of one another, spelt out."""
    first = np.arange(SIZE)
    first[rule.copies[:, 1]] = rule.copies[:, 0]
    near = np.eye(SIZE, dtype=bool)
    for a, b in rule.similar:
        near[a, b] = near[b, a] = True
    related = near[np.ix_(first, first)]
    np.fill_diagonal(related, val=False)
    return related


BOOLS = st.lists(st.booleans(), min_size=SIZE, max_size=SIZE).map(lambda values: np.array(values, dtype=bool))


@settings(deadline=None)  # the first example compiles
@given(st.lists(rules(), min_size=1, max_size=3), st.permutations(range(SIZE)), BOOLS, BOOLS)
def test_every_row_that_leaves_is_a_duplicate_of_one_that_stays(
    listed: list[PairRule], ranks: list[int], eligible: np.ndarray, pinned: np.ndarray
) -> None:
    """Held against all pairs spelt out: no row leaves for another that left, and no two that stay are duplicates unless both are pinned."""
    pinned &= eligible
    order = np.lexsort((np.array(ranks), ~pinned))
    rank = np.empty(SIZE, dtype=np.int64)
    rank[order] = np.arange(SIZE)
    result = survivors(listed, order=rank, eligible=eligible, pinned=pinned)
    related = np.array([matrix(rule) for rule in listed])
    stays = eligible & (result.partner == ABSENT)
    for row in range(SIZE):
        if result.partner[row] != ABSENT:
            assert stays[result.partner[row]]
            assert related[:, row, result.partner[row]].any()
            assert not pinned[row]
        assert [bool(fired) for fired in result.fired[:, row]] == [bool((each[row] & stays).any()) and not pinned[row] for each in related]
    for a in range(SIZE):
        for b in range(a):
            if stays[a] and stays[b] and related[:, a, b].any():
                assert pinned[a]
                assert pinned[b]


def test_the_first_in_order_stays() -> None:
    """Of three copies, the one with the lowest rank stays and is the partner of the others."""
    rule = PairRule(copies=np.array([[0, 1], [0, 2]]), similar=np.empty((0, 2), dtype=np.int64))
    everyone = np.ones(3, dtype=bool)
    result = survivors([rule], order=np.array([2, 0, 1]), eligible=everyone, pinned=~everyone)
    assert result.partner.tolist() == [1, ABSENT, 1]


def test_a_chain_of_near_duplicates_does_not_take_its_far_end_out() -> None:
    """A is near B and B near C; when A stays, C is no duplicate of anything that stays, and stays too."""
    rule = PairRule(copies=np.empty((0, 2), dtype=np.int64), similar=np.array([[0, 1], [1, 2]]))
    everyone = np.ones(3, dtype=bool)
    result = survivors([rule], order=np.arange(3), eligible=everyone, pinned=~everyone)
    assert result.partner.tolist() == [ABSENT, 0, ABSENT]
