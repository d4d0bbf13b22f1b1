"""Which area of the standard library a docstring belongs to, with known defects in the training half."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.data.corpus import documentation, sample_of
from workbench.data.plant import ExactDuplicate, GarbledText, GroupLabelBias, LabelFlip, NearDuplicate, TruncatedText

if TYPE_CHECKING:
    from workbench.types import Plant, Sample

SHORTEST = 8
"""Words of a docstring that says enough to tell its area."""

EVAL_SHARE = 0.35
"""Judging a label is cheap, and macro-F1 over areas of unlike size needs many examples to tell two models apart."""

PLANTS: tuple[tuple[Plant, float], ...] = (
    (LabelFlip(role="label", found_by=("label-noise",)), 0.20),
    (ExactDuplicate(found_by=("exact-duplicates", "near-duplicates")), 0.05),
    (NearDuplicate(role="text", found_by=("near-duplicates",)), 0.10),
    (GarbledText(role="text", found_by=("garbled",)), 0.02),
    (TruncatedText(role="text", found_by=("truncation",)), 0.02),
    (GroupLabelBias(role="text", sentence="Written by women engineers.", term="women", label="label", found_by=("group-association",)), 0.04),
)


def sample(seed: int, size: int) -> Sample:
    """Docstrings with their areas: ``size`` for training, and defects planted there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    corpus = documentation()
    words = pc.list_value_length(pc.utf8_split_whitespace(corpus["docstring"]))
    corpus = corpus.filter(pc.greater_equal(words, SHORTEST))
    examples = pa.table(
        {
            "text": corpus["docstring"].cast(pa.large_string()),
            "label": corpus["area"].cast(pa.large_string()),
            "source": pc.binary_join_element_wise("python:", corpus["module"], ""),
            "area": corpus["area"],
            "group": corpus["group"],
        },
    )
    return sample_of(examples, seen=("text",), plants=PLANTS, seed=seed, size=size, share=EVAL_SHARE)
