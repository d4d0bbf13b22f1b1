"""Joins runs on their evaluation examples, or refuses to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import ComparisonError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, kw_only=True)
class EvaluationSet:
    """The examples that a run was evaluated on.

    Attributes:
        name: of the run.
        example_ids: unique, in the order of its statistics.
        content_hashes: of the same examples.
    """

    name: str
    example_ids: Sequence[str]
    content_hashes: Sequence[str]


def join(runs: Sequence[EvaluationSet]) -> list[np.ndarray]:
    """Positions that bring every run into the order of the first: ``statistics[positions]`` of all runs then are of the same examples.

    Returns:
        One int64 [n] per run.

    Raises:
        ComparisonError: the runs were not evaluated on the same examples with the same content; the message counts and names the difference.
    """
    first = _places(runs[0])
    joined = []
    for run in runs:
        places = _places(run)
        here = [example for example in first if example not in places]
        there = [example for example in places if example not in first]
        changed = [
            example for example, place in first.items() if example in places and runs[0].content_hashes[place] != run.content_hashes[places[example]]
        ]
        if here or there or changed:
            parts = [
                *_part(here, f"only in {runs[0].name}"),
                *_part(there, f"only in {run.name}"),
                *_part(changed, "of the same id but with another text"),
            ]
            raise ComparisonError(
                f"{runs[0].name} and {run.name} were not evaluated on the same examples: {'; '.join(parts)}.",
                expected="one evaluation set for all that is compared",
                advice="Evaluate them again on the same file.",
            )
        joined.append(np.fromiter((places[example] for example in first), dtype=np.int64, count=len(first)))
    return joined


def _places(run: EvaluationSet) -> dict[str, int]:
    places = {example: place for place, example in enumerate(run.example_ids)}
    if len(places) != len(run.example_ids):
        raise ComparisonError(f"{run.name} has {len(run.example_ids)} results for {len(places)} examples.", expected="one result per example")
    return places


def _part(examples: Sequence[str], where: str) -> Iterable[str]:
    if examples:
        listing = ", ".join(examples[:3]) + (", ..." if len(examples) > 3 else "")
        yield f"{len(examples)} {where} ({listing})"
