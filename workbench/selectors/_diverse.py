"""The best by a score, and of near copies only the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.selectors._columns import Evidence, findings, no_values
from workbench.selectors._space import LEAST_ROWS, MOST_PLACES, SpaceParams, as_places, distinct, points_of, space_fingerprint
from workbench.types import Direction, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np

    from workbench.types import ExampleTable, Findings, SelectorContext


@dataclass(frozen=True, kw_only=True)
class DiverseParams(SpaceParams):
    """What is best, and what is near.

    Attributes:
        score: a signal of another selector of the recipe, ``<selector>.<signal>``; empty goes by the words of the roles.
        order: whether the highest or the lowest scores come first: ``"highest"`` or ``"lowest"``.
        tau: the cosine similarity to one that was taken, from which on a row is put off.
    """

    score: str = ""
    order: str = "highest"
    tau: float = 0.9

    def __post_init__(self) -> None:
        if self.order not in {"highest", "lowest"} or not -1 <= self.tau <= 1:
            raise ValueError(f"diverse cannot go by {self.order!r} and {self.tau}; expected 'highest' or 'lowest', and a similarity from -1 to 1")


@dataclass(frozen=True, kw_only=True)
class Diverse:
    """Score first, diversity aware: the best by a score, where what is nearer than ``tau`` to one taken before is put off.

    The selection of DEITA (Liu et al. 2024, "What makes good data for alignment?", section 2.3) as an order for any k: in descending order of the
    score an example is taken if its greatest cosine similarity to those taken is below ``tau``, else it comes after all that are, in the same order.
    An example without a score comes after those with one. ``place`` is 1 for the first and falls to 0: choose the highest. Copies share a place: drop
    them first. Similarity is held against the first 5,000 that were taken.
    """

    params: DiverseParams = DiverseParams()
    name: str = "diverse"
    version: str = "1"
    kind: SelectorKind = SelectorKind.CHOICE
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="place",
            dtype="float64",
            summary="Place by the score, near copies put off: 1 for the first.",
            low=0.0,
            high=1.0,
            direction=Direction.HIGHER,
            reasons={"near": "put off: its similarity to one with a better score is {similarity}"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles whose texts are compared."""
        return self.params.roles

    @property
    def reads_signals(self) -> tuple[str, ...]:
        """See ``ReadsSignals``: the score, where one is named."""
        return (self.params.score,) if self.params.score else ()

    def fingerprint(self) -> str:
        """See ``Fingerprinted``: that of the encoder, if there is one."""
        return space_fingerprint(self.params)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``."""
        import numpy as np

        from workbench.selectors._tokens import token_counts

        firsts, content = distinct(examples)
        if len(firsts) < LEAST_ROWS:
            return no_values(self.signals, len(examples), ["fewer than three different rows have no order"])
        unique = examples.take(firsts)
        scores = context.signals[self.params.score][firsts] if self.params.score else token_counts(unique, self.params.roles).astype(np.float64)
        points = points_of(unique, self.params, context)
        order, near, similarity = score_first(points, scores if self.params.order == "highest" else -scores, self.params.tau)
        evidence = Evidence()
        for position in np.flatnonzero(near[content] >= 0).tolist():
            of = content[position]
            evidence.add(position, "place", "near", {"similarity": round(float(similarity[of]), 4)}, partners=[int(firsts[near[of]])])
        return findings(self.signals, {"place": as_places(order)[content]}, evidence=evidence)


def score_first(points: np.ndarray, scores: np.ndarray, tau: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The order of DEITA.

    Args:
        points: float64 [n, d], of length 1.
        scores: float64 [n], the highest first; NaN comes last.
        tau: the similarity from which on a point is put off.

    Returns:
        Positions in order int64 [n]; and of those that are put off the one that they are nearest to, int64 [n], -1 for the others, and their
        similarity to it, float64 [n].
    """
    import numpy as np

    nearest, similarity = np.full(len(points), -1, dtype=np.int64), np.zeros(len(points))
    taken = np.empty((min(len(points), MOST_PLACES), points.shape[1]))
    owners: list[int] = []
    first, later = [], []
    for position in np.argsort(-np.where(np.isnan(scores), -np.inf, scores), kind="stable").tolist():
        if owners:
            products = taken[: len(owners)] @ points[position]
            best = int(products.argmax())
            if products[best] >= tau:
                nearest[position], similarity[position] = owners[best], products[best]
                later.append(position)
                continue
        if len(owners) < MOST_PLACES:
            taken[len(owners)] = points[position]
            owners.append(position)
        first.append(position)
    return np.array(first + later, dtype=np.int64), nearest, similarity
