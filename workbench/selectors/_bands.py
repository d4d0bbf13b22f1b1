"""How many MinHash bands of how many rows find the pairs above a similarity with a wanted recall."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.errors import RecipeError

MOST_HASHES = 200
"""Hash functions that a signature may have; more rows in a band mean fewer candidates that turn out unlike, and more bands."""


@dataclass(frozen=True, kw_only=True)
class Bands:
    """A plan for locality-sensitive hashing.

    Attributes:
        bands: how many chances a pair has to meet.
        rows: how many minima must agree for it.
        recall: the chance that a pair of exactly the floor's similarity meets; more similar pairs meet more surely.
    """

    bands: int
    rows: int
    recall: float


def plan_bands(floor: float, recall: float) -> Bands:
    """Choose bands and rows: two sets of Jaccard similarity s meet with probability ``1 - (1 - s^rows)^bands`` (Leskovec et al. 2020, section 3.4).

    The most rows are taken that reach the recall with ``MOST_HASHES`` hash functions or fewer; one row where none does.

    Args:
        floor: the least similarity that is to be found, above 0 and at most 1.
        recall: of pairs at the floor, above 0 and below 1.

    Raises:
        RecipeError: for a floor or recall outside its range.
    """
    if not 0 < floor <= 1:
        raise RecipeError(f"the floor of near duplicates is {floor}.", expected="a Jaccard similarity above 0 and at most 1")
    if not 0 < recall < 1:
        raise RecipeError(f"the recall of near duplicates is {recall}.", expected="a share above 0 and below 1")
    best = _reaching(floor, recall, rows=1)
    for rows in range(2, 17):
        plan = _reaching(floor, recall, rows=rows)
        if plan.bands * plan.rows <= MOST_HASHES:
            best = plan
    return best


def _reaching(floor: float, recall: float, *, rows: int) -> Bands:
    meet = floor**rows
    bands = 1 if meet == 1.0 else math.ceil(math.log(1 - recall) / math.log1p(-meet))
    return Bands(bands=bands, rows=rows, recall=1 - (1 - meet) ** bands)
