"""Answers against their contexts and questions, over UTF-8 bytes: what a pass tells for nearly all of them."""

# ruff: noqa: PLR0917 - kernels take their arguments by position; membership in a tuple compiles to slower code than comparisons

from __future__ import annotations

import functools

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._scan import decode, longest_of
from workbench.selectors._unicode import SPACE, TABLE_SIZE


@kernel
def points_right(
    lists: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    data: np.ndarray,
    offsets: np.ndarray,
    context: np.ndarray,
    places: np.ndarray,
) -> np.ndarray:
    """Of which rows every span has its text where it says: bool [n].

    Args:
        lists: int64 [n + 1], where each row's spans begin among all.
        starts, ends: int64 [spans], in code points; -1 where they are not given. A span without a start is not right.
        data, offsets: the spans' texts.
        context, places: the rows' contexts.
    """
    n = len(places) - 1
    right = np.zeros(n, dtype=np.bool_)
    for row in range(n):
        good = lists[row + 1] > lists[row]
        for span in range(lists[row], lists[row + 1]):
            size = offsets[span + 1] - offsets[span]
            at = places[row]
            point = 0
            while point < starts[span] and at < places[row + 1]:
                at += 1
                while at < places[row + 1] and context[at] & 0xC0 == 0x80:
                    at += 1
                point += 1
            points = 0
            good = good and starts[span] >= 0 and point == starts[span] and at + size <= places[row + 1]
            for byte in range(size if good else 0):
                good = good and context[at + byte] == data[offsets[span] + byte]
                points += data[offsets[span] + byte] & 0xC0 != 0x80
            good = good and (ends[span] == -1 or ends[span] == starts[span] + points)
            if not good:
                break
        right[row] = good
    return right


@functools.cache
def lower_case() -> tuple[np.ndarray, np.ndarray]:
    """Of each code point its lower case (int32), and whether that is more than one or depends on what stands beside it (bool)."""
    lowered = np.arange(TABLE_SIZE, dtype=np.int32)
    special = np.zeros(TABLE_SIZE, dtype=bool)
    for point in range(TABLE_SIZE):
        form = chr(point).lower()
        special[point] = len(form) != 1 or point == 0x3A3
        if not special[point]:
            lowered[point] = ord(form)
    return lowered, special


@kernel
def may_hold(
    data: np.ndarray, offsets: np.ndarray, wanted: np.ndarray, places: np.ndarray, classes: np.ndarray, lowered: np.ndarray, special: np.ndarray
) -> np.ndarray:
    """Which texts may hold the wanted one, without white space around it and without regard to case: bool [n].

    Exact but for texts with one of the ``special`` characters, which always may; see ``lower_case``.
    """
    n = len(offsets) - 1
    found = np.zeros(n, dtype=np.bool_)
    chars, kinds = np.empty(longest_of(offsets), dtype=np.int32), np.empty(longest_of(offsets), dtype=np.uint8)
    own, own_kinds = np.empty(longest_of(places), dtype=np.int32), np.empty(longest_of(places), dtype=np.uint8)
    for text in range(n):
        size = decode(wanted, places[text], places[text + 1], classes, lowered, own, own_kinds)
        length = decode(data, offsets[text], offsets[text + 1], classes, lowered, chars, kinds)
        for at in range(length):
            found[text] |= chars[at] < len(special) and special[chars[at]]
        first = 0
        while first < size and own_kinds[first] == SPACE:
            first += 1
        while size > first and own_kinds[size - 1] == SPACE:
            size -= 1
        for at in range(first, size):
            found[text] |= own[at] < len(special) and special[own[at]]
        size -= first
        for at in range(length - size + 1 if size else 0):
            same = 0
            while same < size and chars[at + same] == own[first + same]:
                same += 1
            if same == size:
                found[text] = True
                break
    return found
