"""Alarms: where rules on duplicates would take so much that a template or a wrong threshold is likelier than copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.curate.duplicates import PairRule
    from workbench.types import Alarms

LEAST_ROWS = 20
"""Clusters and sources of fewer rows raise no alarm: in small data a pair is a large share already."""
_SHOWN = 80


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm.

    Attributes:
        name: ``cluster`` or ``source``.
        rows: bool [n], rows whose drop it turns into a review.
        message: what the person who runs it is told.
    """

    name: str
    rows: np.ndarray
    message: str


def raise_alarms(
    lost: np.ndarray,
    clusters: Callable[[], np.ndarray],
    eligible: np.ndarray,
    limits: Alarms,
    sources: Callable[[], tuple[np.ndarray, list[str]]],
) -> list[Alarm]:
    """Find clusters and sources that would lose too much.

    Args:
        lost: bool [n], rows that rules on duplicates would take out of what the other rules keep.
        clusters: gives the cluster of each row, see ``clusters``.
        eligible: bool [n], rows that may stay; others belong to no cluster.
        limits: what is too much.
        sources: gives the source of each row as int64 [n] codes, negative for none, and the names that these stand for.
    """
    if not lost.any():
        return []
    return [*_clusters(lost, clusters(), eligible, limits.cluster), *_sources(lost, *sources(), limits.source)]


def clusters(rules: Sequence[PairRule], size: int) -> np.ndarray:
    """The cluster of each of so many rows, int32 [size]: what hangs together along the edges of these rules has the same number."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = np.concatenate([edges for rule in rules for edges in (rule.copies, rule.similar)])
    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    return connected_components(graph, directed=False)[1]


def _clusters(lost: np.ndarray, cluster: np.ndarray, eligible: np.ndarray, limit: float) -> list[Alarm]:
    size = len(lost)
    rows = np.bincount(cluster[eligible], minlength=int(cluster.max()) + 1)
    alarms = []
    for number in np.flatnonzero((rows >= LEAST_ROWS) & (rows > limit * size)):
        held = lost & (cluster == number)
        if held.any():
            share = f"{rows[number]:,} of {size:,} rows, more than {limit:.4g} of them, are one cluster of duplicates"
            alarms.append(Alarm(name="cluster", rows=held, message=f"{share}: {_turned(held)}"))
    return alarms


def _sources(lost: np.ndarray, source: np.ndarray, names: Sequence[str], limit: float) -> list[Alarm]:
    named = source >= 0
    rows = np.bincount(source[named], minlength=len(names))
    losses = np.bincount(source[named & lost], minlength=len(names))
    alarms = []
    for number in np.flatnonzero((rows >= LEAST_ROWS) & (losses > limit * rows)).tolist():
        held = lost & (source == number)
        name = names[number][:_SHOWN]
        message = (
            f"the source {name!r} would lose {losses[number]:,} of its {rows[number]:,} rows to duplicates, more than {limit:.4g}: {_turned(held)}"
        )
        alarms.append(Alarm(name="source", rows=held, message=message))
    return alarms


def _turned(held: np.ndarray) -> str:
    return f"{int(held.sum()):,} drops became reviews"
