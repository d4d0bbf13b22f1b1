"""Orders to choose the first k of: at random, by length, by coverage, and away from what is chosen already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import composed, findings, joined_text, no_values
from workbench.selectors._profile import profile_of
from workbench.types import Direction, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_DIMENSIONS: Final = 64
MOST_CENTERS: Final = 5_000
"""So many are placed one by one; what comes after them goes by its distance to these."""
_LEAST_ROWS: Final = 3


@dataclass(frozen=True, kw_only=True)
class RandomOrderParams:
    """Which of many random orders.

    Attributes:
        draw: another number gives another order; the experiment's seed counts too.
    """

    draw: int = 0


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
        import hashlib

        import numpy as np

        key = f"{context.seed}:{self.params.draw}".encode()
        numbers = [
            int.from_bytes(hashlib.blake2b(text.encode(), key=key, digest_size=8).digest(), "big") / 2**64
            for text in examples.column("content_hash").to_pylist()
        ]
        return findings(self.signals, {"number": np.array(numbers, dtype=np.float64)})


@dataclass(frozen=True, kw_only=True)
class CoverageParams:
    """What is covered.

    Attributes:
        roles: whose texts are compared.
        dimensions: of the space that they are compared in.
        tau: the cosine similarity to something chosen already, beyond which a row comes after all that are farther away.
    """

    roles: tuple[str, ...] = ("text",)
    dimensions: int = _DIMENSIONS
    tau: float = 0.9


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Orders examples so that the first k cover the rest, for any k: two orders in the space of truncated SVD of TF-IDF.

    ``center`` is the greedy k-center order (Gonzalez 1985; as core-set selection Sener and Savarese 2018, algorithm 1): each next example is the one
    farthest from all before it, the first the one nearest to the mean. ``diverse`` goes by length, the longest first, and puts off what is nearer
    than ``tau`` to one that was taken (as the filter of DEITA, Liu et al. 2024, section 2.3). Both are 1 for the first and fall to 0: choose the
    highest. Copies share a place: drop them first. After the first 5,000 the rest goes by its distance to these.
    """

    params: CoverageParams = CoverageParams()
    name: str = "coverage"
    version: str = "1"
    kind: SelectorKind = SelectorKind.CHOICE
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="center", dtype="float64", summary="Place in the k-center order: 1 for the first.", low=0.0, high=1.0, direction=Direction.HIGHER
        ),
        Signal(
            name="diverse",
            dtype="float64",
            summary="Place by length, near copies put off: 1 for the first.",
            low=0.0,
            high=1.0,
            direction=Direction.HIGHER,
        ),
        Signal(name="words", dtype="int64", summary="Words of the texts: the longest can be chosen by it.", low=0.0),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles whose texts are compared."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``."""
        import numpy as np

        # Each content once and in its own order, so that ties and sums do not depend on that of the rows.
        _, firsts, content = np.unique(examples.column("content_hash").to_numpy(), return_index=True, return_inverse=True)
        if len(firsts) < _LEAST_ROWS:
            return no_values(self.signals, len(examples), ["fewer than three different rows have no order"])
        texts = composed(joined_text(examples.take(firsts), self.params.roles))
        words = profile_of(texts).words
        vectors = _vectors(texts, self.params.dimensions, context.seed)
        columns: dict[str, np.ndarray] = {"words": words[content]}
        for name, ranked in (("center", _k_center(vectors)), ("diverse", _diverse(vectors, words, self.params.tau))):
            places = np.empty(len(firsts))
            places[ranked] = 1.0 - np.arange(len(ranked)) / len(ranked)
            columns[name] = places[content]
        return findings(self.signals, columns)


def _vectors(texts: pa.LargeStringArray, dimensions: int, seed: int) -> np.ndarray:
    """Texts as points on the unit sphere, float64 [n, d]; a text without a word that another has is the origin."""
    import numpy as np
    from sklearn.utils.extmath import randomized_svd

    from workbench.selectors._features import features

    rows = features(texts, characters=True)
    width = min(dimensions, min(rows.shape) - 1)
    if width < 1:
        return np.zeros((len(texts), 1))
    left, singular, _ = randomized_svd(rows, n_components=width, n_iter=3, random_state=seed)
    points = left * singular
    scaled: np.ndarray = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)
    return scaled.astype(np.float64)


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
        if place >= MOST_CENTERS:
            rest = np.flatnonzero(~np.isneginf(nearest))
            order[place:] = rest[np.argsort(-nearest[rest], kind="stable")]
            break
        order[place] = int(nearest.argmax())
    return order


def _diverse(points: np.ndarray, words: np.ndarray, tau: float) -> np.ndarray:
    """By descending length; a row nearer than tau to one that was taken comes after all others, in the same order: positions, int64 [n]."""
    import numpy as np

    by_length = np.lexsort((np.arange(len(words)), -words))
    taken = np.empty((len(points), points.shape[1]))
    count = 0
    first, later = [], []
    for position in by_length.tolist():
        if count and float((taken[:count] @ points[position]).max()) >= tau:
            later.append(position)
            continue
        if count < MOST_CENTERS:
            taken[count] = points[position]
            count += 1
        first.append(position)
    return np.array(first + later, dtype=np.int64)
