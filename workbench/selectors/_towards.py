"""Examples that are like others: similarity to a target set, each of it served in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.errors import RecipeError
from workbench.selectors._columns import Evidence, findings, no_values
from workbench.selectors._space import LEAST_ROWS, SpaceParams, as_places, distinct, points_of, space_fingerprint
from workbench.types import Direction, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np

    from workbench.types import ExampleTable, Findings, SelectorContext

MOST_SERVED: Final = 20_000
"""So many are placed in turn; what comes after them goes by its greatest similarity."""
_TOLD: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class TargetSimilarityParams(SpaceParams):
    """What is compared with what.

    Attributes:
        towards: files, folders or globs of examples that the chosen ones should be like; never what models are judged on.
    """

    towards: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TargetSimilarity:
    """Representation similarity to a target set with round robin (RDS+: Ivison et al. 2025, "Large-scale data selection for instruction tuning").

    ``similarity`` is the greatest cosine similarity to an example of the target set. ``round-robin`` is the order in which these examples, each in
    turn, take the most similar one that is not taken yet, so that none of them is served at the cost of another; 1 for the first and falling to 0:
    choose the highest. Examples are points of an encoder where one is given (its own pooling takes the place of the paper's weighted mean of the
    last hidden states), else of truncated SVD of TF-IDF of both sets. After 20,000 the rest goes by its similarity. Copies share a place: drop
    them first.
    """

    params: TargetSimilarityParams = TargetSimilarityParams()
    name: str = "rds"
    version: str = "1"
    kind: SelectorKind = SelectorKind.CHOICE
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="similarity",
            dtype="float64",
            summary="Greatest cosine similarity to an example to go towards.",
            low=-1.0,
            high=1.0,
            direction=Direction.HIGHER,
            reasons={"nearest": "nearest to {where}, with a similarity of {similarity}"},
        ),
        Signal(
            name="round-robin",
            dtype="float64",
            summary="Place in the order in which the examples to go towards take their nearest in turn: 1 for the first.",
            low=0.0,
            high=1.0,
            direction=Direction.HIGHER,
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles whose texts are compared."""
        return self.params.roles

    def fingerprint(self) -> str:
        """See ``Fingerprinted``: that of the encoder, if there is one."""
        return space_fingerprint(self.params)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``.

        Raises:
            RecipeError: where there are no examples to go towards.
        """
        import numpy as np

        if context.towards is None:
            raise RecipeError("rds has no examples to go towards.", expected="select: {rds: {towards: [FILE]}}")
        firsts, content = distinct(examples)
        if len(firsts) < LEAST_ROWS:
            return no_values(self.signals, len(examples), ["fewer than three different rows have no order"])
        wanted = context.towards.take(distinct(context.towards)[0])
        points = points_of(examples.take(firsts), self.params, context, others=wanted)
        similarity = np.clip(np.round(points[: len(firsts)] @ points[len(firsts) :].T, 6), -1.0, 1.0)
        nearest, greatest = similarity.argmax(axis=1), similarity.max(axis=1)
        order = round_robin(similarity, greatest)
        columns = {"similarity": greatest[content], "round-robin": as_places(order)[content]}
        evidence = Evidence()
        told = np.zeros(len(firsts), dtype=bool)
        told[order[:_TOLD]] = True
        sources, lines = wanted.values("source"), wanted.values("line")
        for position in np.flatnonzero(told[content]).tolist():
            of = content[position]
            line = lines[nearest[of]]
            where = f"{sources[nearest[of]]}" + (f", line {line}" if line is not None else "")
            evidence.add(position, "similarity", "nearest", {"where": where, "similarity": round(float(greatest[of]), 4)})
        return findings(self.signals, columns, evidence=evidence, notes=[f"{len(wanted)} different examples to go towards"])


def round_robin(similarity: np.ndarray, greatest: np.ndarray) -> np.ndarray:
    """The order in which columns, each in turn, take the row that is most similar to them and not taken yet.

    Args:
        similarity: float64 [n, m].
        greatest: float64 [n], the greatest of each row.

    Returns:
        Rows int64 [n]: at most ``MOST_SERVED`` in turn, then the others by their greatest similarity.
    """
    import numpy as np

    served = min(len(similarity), MOST_SERVED)
    preferred = np.array([np.argsort(-column, kind="stable")[:served] for column in similarity.T])
    taken = np.zeros(len(similarity), dtype=bool)
    pointer = [0] * len(preferred)
    order: list[int] = []
    while len(order) < served:
        for column in range(len(preferred)):
            while taken[preferred[column, pointer[column]]]:
                pointer[column] += 1
            row = int(preferred[column, pointer[column]])
            taken[row] = True
            order.append(row)
            if len(order) == served:
                break
    rest = np.flatnonzero(~taken)
    return np.concatenate([np.array(order, dtype=np.int64), rest[np.argsort(-greatest[rest], kind="stable")]])
