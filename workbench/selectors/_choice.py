"""Orders to choose the first k of: at random, by length, and by coverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.selectors._columns import findings, no_values
from workbench.selectors._roles import RolesParams
from workbench.selectors._space import LEAST_ROWS, MOST_PLACES, SpaceParams, as_places, distinct, points_of, space_fingerprint
from workbench.types import Direction, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from workbench.types import ExampleTable, Findings, SelectorContext


@dataclass(frozen=True, kw_only=True)
class RandomOrderParams:
    """Which of many random orders.

    Attributes:
        draw: another number gives another order; the experiment's seed counts too.
    """

    draw: int = 0


def random_numbers(content_hashes: Sequence[str], what: str) -> np.ndarray:
    """A number from 0 to 1 for each content: float64 [n]; ``what`` names the draw. Equal contents have equal numbers, whatever else there is."""
    import hashlib

    import numpy as np

    key = what.encode()
    drawn = [int.from_bytes(hashlib.blake2b(text.encode(), key=key, digest_size=8).digest(), "big") for text in content_hashes]
    return np.array(drawn, dtype=np.float64) / 2**64


@dataclass(frozen=True, kw_only=True)
class RandomOrder:
    """Gives each example a random number, the control of every choice: it depends on the content and the seed, and not on the other rows.

    Copies of one content get the same number, so that an appended row moves no other.
    """

    params: RandomOrderParams = RandomOrderParams()
    name: str = "random-order"
    version: str = "1"
    kind: SelectorKind = SelectorKind.CHOICE
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (Signal(name="number", dtype="float64", summary="A random number for each content.", low=0.0, high=1.0),)

    @property
    def reads(self) -> tuple[str, ...]:
        """No role: the content's hash is enough."""
        return ()

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``."""
        return findings(self.signals, {"number": random_numbers(examples.column("content_hash").to_pylist(), f"{context.seed}:{self.params.draw}")})


@dataclass(frozen=True, kw_only=True)
class Longest:
    """Counts the words of a role, to choose the longest by: a strong choice of responses (Zhao et al. 2024, "Long is more for alignment").

    Characters count in scripts without spaces. Where there are several roles, their words together.
    """

    params: RolesParams = RolesParams()
    name: str = "longest"
    version: str = "1"
    kind: SelectorKind = SelectorKind.CHOICE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(name="words", dtype="int64", summary="Words; characters, in scripts without spaces.", low=0.0, direction=Direction.HIGHER),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are counted."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        from workbench.selectors._tokens import token_counts

        return findings(self.signals, {"words": token_counts(examples, self.params.roles)})


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Orders examples so that the first k cover the rest, for any k.

    ``center`` is the greedy k-center order (Gonzalez 1985; as core-set selection Sener and Savarese 2018, algorithm 1): each next example is the one
    farthest from all before it, the first the one nearest to the mean. Examples are points of an encoder where one is given, else of truncated SVD
    of TF-IDF. It is 1 for the first and falls to 0: choose the highest. Copies share a place: drop them first. After the first 5,000 the rest goes by
    its distance to these.
    """

    params: SpaceParams = SpaceParams()
    name: str = "coverage"
    version: str = "2"
    kind: SelectorKind = SelectorKind.CHOICE
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="center", dtype="float64", summary="Place in the k-center order: 1 for the first.", low=0.0, high=1.0, direction=Direction.HIGHER
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
        """See ``Selector.score``."""
        firsts, content = distinct(examples)
        if len(firsts) < LEAST_ROWS:
            return no_values(self.signals, len(examples), ["fewer than three different rows have no order"])
        points = points_of(examples.take(firsts), self.params, context)
        return findings(self.signals, {"center": as_places(_k_center(points))[content]})


def _k_center(points: np.ndarray) -> np.ndarray:
    """The greedy order: positions, int64 [n]; of equally far points the first."""
    import numpy as np

    mean = points.mean(axis=0)
    order = np.empty(len(points), dtype=np.int64)
    order[0] = int(((points - mean) ** 2).sum(axis=1).argmin())
    nearest = np.full(len(points), np.inf)
    for place in range(1, len(points)):
        # Unit vectors: the squared distance is 2 less twice the product, and an order by it is the same.
        nearest = np.minimum(nearest, -(points @ points[order[place - 1]]))
        nearest[order[place - 1]] = -np.inf
        if place >= MOST_PLACES:
            rest = np.flatnonzero(~np.isneginf(nearest))
            order[place:] = rest[np.argsort(-nearest[rest], kind="stable")]
            break
        order[place] = int(nearest.argmax())
    return order
