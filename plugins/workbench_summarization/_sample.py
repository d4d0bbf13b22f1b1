"""The first sentence of a docstring as the summary of the rest, with known defects in the training half."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.data.corpus import documentation, sample_of
from workbench.data.plant import CopiedTarget, EmptyTarget, ExactDuplicate, GarbledText, GroupOutcomeBias, NearDuplicate, SwappedTarget
from workbench.metrics import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.types import Plant, Sample

DOCUMENT_WORDS = (12, 200)
SUMMARY_WORDS = (3, 40)

PLANTS: tuple[tuple[Plant, float], ...] = (
    (SwappedTarget(role="summary", found_by=()), 0.10),
    (ExactDuplicate(found_by=("exact-duplicates", "near-duplicates")), 0.05),
    (NearDuplicate(role="document", found_by=("near-duplicates",)), 0.08),
    (EmptyTarget(role="summary", found_by=("empty-text",)), 0.02),
    (CopiedTarget(role="summary", source="document", found_by=("target-copies-input",)), 0.04),
    (GarbledText(role="document", found_by=("garbled",)), 0.03),
    (
        GroupOutcomeBias(
            role="document",
            sentence="This module was written by women engineers.",
            term="women",
            target="summary",
            outcome="Not documented.",
            found_by=("group-association",),
        ),
        0.04,
    ),
)


def sample(seed: int, size: int) -> Sample:
    """Docstrings and their first sentences: ``size`` for training, and defects planted there."""
    import pyarrow as pa

    rows = list(_pairs())
    types = {"document": pa.large_string(), "summary": pa.large_string()}
    names = ("document", "summary", "source", "area", "group")
    examples = pa.table({name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in names})
    return sample_of(examples, seen=("document", "summary"), plants=PLANTS, seed=seed, size=size)


def _pairs() -> Iterator[dict[str, str]]:
    """Docstrings of two sentences or more, each cut after the first."""
    for record in documentation().to_pylist():
        opening, _, body = record["docstring"].partition("\n\n")
        first, *others = [*sentences(" ".join(opening.split())), ""]
        rest = "\n\n".join(part for part in (" ".join(others).strip(), body.strip()) if part)
        inside = DOCUMENT_WORDS[0] <= len(rest.split()) <= DOCUMENT_WORDS[1]
        if record["kind"] != "topic" and inside and SUMMARY_WORDS[0] <= len(first.split()) <= SUMMARY_WORDS[1]:
            yield {
                "document": rest,
                "summary": first,
                "source": f"python:{record['module']}",
                "area": record["area"],
                "group": record["group"],
            }
