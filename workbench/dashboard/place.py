"""Where a person is in a list that changes under them: by row, never by position."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = 30


@dataclass(kw_only=True)
class Place:
    """A page of a filtered list and the record in focus on it.

    Rows leave and join the list as people decide. So a page is known by the row that it begins after, and the focus by the row that it should be on;
    where that row is gone the next one takes its place.

    Attributes:
        scope: the dataset version and the filter; another scope is another list.
        starts: the rows that the pages up to this one begin after.
        focus: the row that should be in focus.
    """

    scope: object
    starts: list[int] = field(default_factory=lambda: [-1])
    focus: int = -1

    def index(self, rows: Sequence[int]) -> int:
        """The position in ``rows`` (ascending, not empty) of the record in focus."""
        return min(bisect_left(rows, self.focus), len(rows) - 1)

    def settle(self, rows: Sequence[int]) -> int:
        """Put the focus on a row that is there, and give its position."""
        index = self.index(rows)
        self.focus = rows[index]
        return index

    def forward(self, rows: Sequence[int], *, more: bool) -> None:
        """Go to the next record, on the next page where this one ends."""
        index = self.index(rows)
        self.focus = rows[index] + 1
        if index == len(rows) - 1 and more:
            self.starts.append(rows[-1])

    def backward(self, rows: Sequence[int]) -> None:
        """Go to the record before, on the page before where this one begins."""
        index = self.index(rows)
        if index > 0:
            self.focus = rows[index - 1]
        elif len(self.starts) > 1:
            self.focus = self.starts.pop()

    def page_before(self) -> None:
        """Go to the first row of the page before."""
        if len(self.starts) > 1:
            self.starts.pop()
        self.focus = self.starts[-1] + 1

    def page_after(self, last: int) -> None:
        """Go to the first row of the next page, where ``last`` is the last row of this one."""
        self.starts.append(last)
        self.focus = last + 1

    def go_to(self, row: int) -> None:
        """Put the focus on a row of this page or of one before."""
        while len(self.starts) > 1 and self.starts[-1] >= row:
            self.starts.pop()
        self.focus = row
