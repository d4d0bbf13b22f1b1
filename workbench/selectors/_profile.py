"""What texts are made of, counted in one pass over their bytes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from workbench.selectors._columns import buffers, over_distinct

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Counts per text, each int64 [n].

    Attributes:
        characters: code points.
        visible: those that are neither white space nor zero-width nor control characters.
        words: runs of letters and digits; characters, in scripts without spaces.
        lost: control characters other than white space, replacement characters, private use and unassigned code points.
        unspaced: those of the words that are characters in scripts without spaces.
        runs: stretches without white space that hold at least two letters of other scripts.
        broken: those of them with digits, symbols or brackets between letters, such as ``w#rd``.
    """

    characters: np.ndarray
    visible: np.ndarray
    words: np.ndarray
    lost: np.ndarray
    unspaced: np.ndarray
    runs: np.ndarray
    broken: np.ndarray


def profile_of(texts: pa.LargeStringArray) -> Profile:
    """Count; null counts as empty."""
    from workbench.selectors._profile_scan import profile
    from workbench.selectors._unicode import tables

    unicode = tables()
    counts = over_distinct(texts, lambda some: profile(*buffers(some), unicode.classes, unicode.folded))
    return Profile(**{each.name: counts[:, place] for place, each in enumerate(fields(Profile))})


def holds_visible(texts: pa.LargeStringArray) -> np.ndarray:
    """Which texts hold anything visible (see ``Profile``): bool [n]; null counts as empty."""
    from workbench.selectors._marks import any_visible
    from workbench.selectors._unicode import tables

    found: np.ndarray = any_visible(*buffers(texts), tables().classes)
    return found
