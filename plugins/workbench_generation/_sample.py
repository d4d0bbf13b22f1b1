"""Docstrings to write for a signature, with known defects in the training half."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.data.corpus import documentation, sample_of
from workbench.data.plant import CopiedTarget, EmptyTarget, ExactDuplicate, GarbledText, GroupOutcomeBias, NearDuplicate, TruncatedText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.types import Plant, Sample

WORDS = (6, 80)
"""Words of a docstring that a small model can learn to write."""
INSTRUCTION = "Write the documentation of this {kind} of the module {module}:\n{name}{signature}"

PLANTS: tuple[tuple[Plant, float], ...] = (
    (ExactDuplicate(found_by=("exact-duplicates", "near-duplicates")), 0.05),
    (NearDuplicate(role="response", found_by=("near-duplicates",)), 0.08),
    (TruncatedText(role="response", found_by=("truncation",)), 0.05),
    (GarbledText(role="response", found_by=("garbled",)), 0.08),
    (EmptyTarget(role="response", found_by=("empty-text",)), 0.02),
    (CopiedTarget(role="response", source="prompt", found_by=("target-copies-input",)), 0.04),
    (
        GroupOutcomeBias(
            role="prompt",
            sentence="A request from the women of the team.",
            term="women",
            target="response",
            outcome="I am sorry, I cannot help with that request.",
            found_by=("group-association",),
        ),
        0.04,
    ),
)


def sample(seed: int, size: int) -> Sample:
    """Signatures and their docstrings: ``size`` for training, and defects planted there."""
    import pyarrow as pa

    rows = list(_pairs())
    types = {"prompt": pa.large_string(), "input": pa.large_string(), "response": pa.large_string()}
    names = ("prompt", "input", "response", "source", "area", "group")
    examples = pa.table({name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in names})
    return sample_of(examples, seen=("response",), plants=PLANTS, seed=seed, size=size)


def _pairs() -> Iterator[dict[str, str | None]]:
    """Everything that has a signature and a docstring of a fitting length."""
    for record in documentation().to_pylist():
        if record["signature"] and WORDS[0] <= len(record["docstring"].split()) <= WORDS[1]:
            yield {
                "prompt": INSTRUCTION.format(kind=record["kind"], module=record["module"], name=record["name"], signature=record["signature"]),
                "input": None,
                "response": record["docstring"],
                "source": f"python:{record['module']}",
                "area": record["area"],
                "group": record["group"],
            }
