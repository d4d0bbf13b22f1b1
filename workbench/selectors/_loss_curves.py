"""A choice by how examples are learned: equal numbers of each kind of loss curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import RecipeError
from workbench.selectors._columns import findings, no_values, nullable
from workbench.selectors._trajectories import trajectories
from workbench.types import Direction, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from typing import Literal

    import numpy as np

    from workbench.types import ExampleTable, Findings, SelectorContext


@dataclass(frozen=True, kw_only=True)
class LossCurvesParams:
    """How curves are grouped.

    Attributes:
        clusters: groups of loss curves, at most; there are never more than different curves.
    """

    clusters: int = 100


@dataclass(frozen=True, kw_only=True)
class LossCurves:
    """S2L (Yang et al. 2024, "SmallToLarge", algorithm 1): equal numbers of each cluster of loss curves, from the trace of a small model.

    Examples are clustered by k-means of their losses over the epochs, as points with one coordinate per epoch. ``place`` deals them out, one of each
    cluster after another, in an order within clusters that the seed draws; a cluster that is used up is passed over. So for any k, the k highest are
    as equal a number of each cluster as there can be: ``policy: {choose: {by: loss-curves.place, k: 1000}}``. Copies share a place.
    """

    params: LossCurvesParams = LossCurvesParams()
    name: str = "loss-curves"
    version: str = "1"
    kind: SelectorKind = SelectorKind.CHOICE
    scope: Scope = Scope.DATASET
    uses: tuple[Literal["scorer", "trace"], ...] = ("trace",)
    signals: tuple[Signal, ...] = (
        Signal(
            name="place",
            dtype="float64",
            summary="Place when clusters of loss curves are dealt out evenly: 1 for the first.",
            low=0.0,
            high=1.0,
            direction=Direction.HIGHER,
        ),
        Signal(name="cluster", dtype="int64", summary="Number of its cluster of loss curves, the one that is easiest to learn first.", low=0.0),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """No role: the trace says it all."""
        return ()

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``.

        Raises:
            RecipeError: where there is to be no cluster.
        """
        import numpy as np

        if self.params.clusters < 1:
            raise RecipeError(f"{self.name} is to make {self.params.clusters} clusters.", expected="at least 1")
        trace = trajectories(examples, context, self.name)
        # Each content once and in its own order, so that ties and sums do not depend on that of the rows.
        _, firsts, content = np.unique(examples.column("content_hash").to_numpy(), return_index=True, return_inverse=True)
        curves = trace.loss[:, firsts].T
        traced = np.isfinite(curves).all(axis=1) & (curves.shape[1] > 0)
        if not traced.any():
            return no_values(self.signals, len(examples), ["no example has a loss curve"])
        clusters = _clusters(curves[traced], self.params.clusters, context.seed)
        ranked = deal_out(clusters, context.seed)
        place, cluster = np.zeros(len(firsts)), np.zeros(len(firsts), dtype=np.int64)
        positions = np.flatnonzero(traced)
        place[positions[ranked]] = 1.0 - np.arange(len(ranked)) / len(ranked)
        cluster[positions] = clusters
        sizes = np.bincount(clusters)
        note = f"{len(sizes)} clusters of loss curves over {trace.epochs} epochs, of {sizes.min()} to {sizes.max()} different examples"
        columns = {"place": nullable(place[content], traced[content]), "cluster": nullable(cluster[content], traced[content])}
        return findings(self.signals, columns, notes=[note])


def _clusters(curves: np.ndarray, most: int, seed: int) -> np.ndarray:
    """The cluster of each curve, numbered by mean loss from the lowest on: int64 [n]."""
    import numpy as np
    from sklearn.cluster import KMeans

    count = min(most, len(np.unique(curves, axis=0)))
    found = KMeans(n_clusters=count, n_init=1, random_state=seed).fit_predict(curves)
    used, found = np.unique(found, return_inverse=True)
    mean = np.bincount(found, curves.mean(axis=1)) / np.bincount(found)
    number = np.empty(len(used), dtype=np.int64)
    number[np.lexsort((np.arange(len(used)), mean))] = np.arange(len(used))
    numbered: np.ndarray = number[found]
    return numbered


def deal_out(clusters: np.ndarray, seed: int) -> np.ndarray:
    """Positions in the order in which one of each cluster after another is dealt, the smallest cluster first: int64 [n]."""
    import numpy as np

    sizes = np.bincount(clusters)
    drawn = np.random.default_rng(seed).permutation(len(clusters))
    order = drawn[np.argsort(clusters[drawn], kind="stable")]
    begins = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    turn = np.arange(len(order)) - begins[clusters[order]]
    dealt: np.ndarray = order[np.lexsort((clusters[order], sizes[clusters[order]], turn))]
    return dealt
