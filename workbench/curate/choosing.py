"""The third stage of a policy: k of what the first two keep, by the order of a signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from workbench.curate.material import Material
    from workbench.types import Choice

CHOICE = "choose"
"""What the choice is called among rules."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Chosen:
    """Where each row stands in the order of a choice.

    Rows that earlier stages drop stand where they would: behind the candidates that are better, and taking no place from those that are not.

    Attributes:
        choice: what was asked for.
        place: int64 [n], 1 for the first.
        reached: int64 [n], what the choice comes to with this row and the candidates before it, in its unit.
        limit: what it may come to, in its unit.
        candidates: how many rows it was made among.
    """

    choice: Choice
    place: np.ndarray
    reached: np.ndarray
    limit: int
    candidates: int

    @property
    def passed_over(self) -> np.ndarray:
        """Rows beyond the limit, bool [n]."""
        beyond: np.ndarray = self.reached > self.limit
        return beyond

    @property
    def rule(self) -> str:
        """The choice as a rule that fires on what it passes over."""
        k = self.choice.k
        amount = f"{k:.4g} of them" if k < 1 else f"{k:,.0f}"
        return f"beyond the best {amount}" if self.choice.unit == "rows" else f"beyond the best {amount}, in tokens"

    def reason(self, position: int) -> str:
        """Why a row is chosen or passed over, in a sentence."""
        order = f"place {self.place[position]:,} of {self.candidates:,} by {self.choice.signal}, the {self.choice.order} first"
        if self.choice.unit == "rows":
            return f"{order}; {self.limit:,} are chosen"
        return f"{order}; with it they come to {self.reached[position]:,} tokens, of which {self.limit:,} are chosen"


def choose(material: Material, choice: Choice, candidates: np.ndarray) -> Chosen:
    """Put rows in the order of a signal; equal values are told apart by row, and rows without a value come last.

    Args:
        material: the rows.
        choice: what to go by.
        candidates: bool [n], rows that it is made among.
    """
    values = material.signal(choice.signal)
    values = np.where(np.isnan(values), np.inf, -values if choice.order == "highest" else values)
    sizes = material.tokens() if choice.unit == "tokens" else np.ones(len(material), dtype=np.int64)
    order = np.argsort(values, kind="stable")
    taken = np.where(candidates, sizes, 0)[order]
    ahead = np.empty(len(material), dtype=np.int64)
    ahead[order] = np.cumsum(taken) - taken
    before = np.empty(len(material), dtype=np.int64)
    before[order] = np.cumsum(candidates[order]) - candidates[order]
    limit = round(choice.k * int(taken.sum())) if choice.k < 1 else int(choice.k)
    return Chosen(choice=choice, place=before + 1, reached=ahead + sizes, limit=limit, candidates=int(candidates.sum()))
