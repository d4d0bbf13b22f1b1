"""A place in a list that changes under the person who works through it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.dashboard.place import PAGE, Place

LISTS = st.lists(st.integers(0, 400), min_size=1, unique=True).map(sorted)


def page_of(rows: list[int], place: Place) -> tuple[list[int], bool]:
    """What the page shows: the rows after its start, and whether there are more."""
    rest = [row for row in rows if row > place.starts[-1]]
    return rest[:PAGE], len(rest) > PAGE


@given(LISTS)
def test_going_forward_meets_every_row_once_and_in_order(rows):
    """Whoever goes on and on sees every row of the list, each once, across pages."""
    place = Place(scope="all")
    seen = []
    for _ in rows:
        page, more = page_of(rows, place)
        seen.append(page[place.index(page)])
        place.forward(page, more=more)

    assert rows == seen


@given(LISTS)
def test_going_backward_undoes_going_forward(rows):
    """As many steps back as forth end at the first row of the first page."""
    place = Place(scope="all")
    for _ in rows[1:]:
        page, more = page_of(rows, place)
        place.forward(page, more=more)
    for _ in rows[1:]:
        place.backward(page_of(rows, place)[0])
    page, _ = page_of(rows, place)

    assert (rows[0], [-1]) == (page[place.index(page)], place.starts)


@given(LISTS)
def test_a_list_that_loses_each_row_as_it_is_decided_shows_each_row_once(rows):
    """Under a filter that a decided row no longer answers to, no row is passed over and none comes twice."""
    place = Place(scope="review")
    left, seen = list(rows), []
    while left:
        page, more = page_of(left, place)
        if not page:
            place.starts.pop()
            continue
        row = page[place.index(page)]
        seen.append(row)
        left.remove(row)
        place.forward(page, more=more)

    assert rows == seen


@pytest.mark.parametrize(
    ("starts", "row", "expected"), [([-1], 7, [-1]), ([-1, 50, 99], 70, [-1, 50]), ([-1, 50, 99], 3, [-1]), ([-1, 50], 50, [-1])]
)
def test_going_to_a_row_goes_back_to_the_page_that_begins_before_it(starts, row, expected):
    """A row that an undo brings back is on this page or on one before."""
    place = Place(scope="all", starts=starts)
    place.go_to(row)

    assert (expected, row) == (place.starts, place.focus)
