"""Which similar pairs are two fillings of one template.

Two texts are, where all that differs between them is

- numbers (words with a digit) or quoted strings (up to 200 characters), or
- words at places where at least ``TEMPLATE_ROWS`` texts of the dataset differ from one another in the same frame: slot words.

A frame is what two aligned texts share, with a mark for each gap; a gap may be filled by a different number of words on each side. Two
texts that fill a
frame of enough others are a template even where they have some slot words in common. A near copy with another word at some place shares
that frame with its
original alone, so it is no template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from workbench.selectors._blocks import blocks, in_parallel
from workbench.selectors._columns import buffers
from workbench.selectors._jit import kernel
from workbench.selectors._scan import FACTOR, mix, skeletons
from workbench.selectors._unicode import tables

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.types import SelectorContext

TEMPLATE_ROWS: Final = 3
_PAIRS: Final = 4_096  # that are worth a task of their own
_REACH: Final = 12  # words that both sides of a gap may have together
_NONE: Final = np.uint64(0)
_SAME: Final = np.uint64(1)
_GAP: Final = np.uint64(2)


@kernel
def _frames(words: np.ndarray, starts: np.ndarray, a: np.ndarray, b: np.ndarray, found: np.ndarray) -> None:
    """Write the hash of each pair's frame: uint64 [pairs], 0 where the texts cannot be aligned, 1 where their skeletons are equal."""
    for pair in range(len(a)):
        found[pair] = _frame(words[starts[a[pair]] : starts[a[pair] + 1]], words[starts[b[pair]] : starts[b[pair] + 1]])


@kernel
def _frame(left: np.ndarray, right: np.ndarray) -> np.uint64:
    at = other = shared = gaps = np.int64(0)
    value = FACTOR
    while at < len(left) and other < len(right):
        if left[at] == right[other]:
            value = mix(value * FACTOR + left[at])
            shared += left[at] != 0
            at += 1
            other += 1
            continue
        skipped = _resume(left, right, at, other)
        if skipped < 0:
            return _NONE
        at += skipped // (_REACH + 1)
        other += skipped % (_REACH + 1)
        value = mix(value ^ _GAP)
        gaps += 1
    if len(left) - at > _REACH or len(right) - other > _REACH:
        return _NONE
    if at < len(left) or other < len(right):
        value = mix(value ^ _GAP)
        gaps += 1
    if gaps == 0:
        return _SAME
    return _NONE if shared <= gaps else max(value, np.uint64(3))


@kernel
def _resume(left: np.ndarray, right: np.ndarray, at: np.int64, other: np.int64) -> int:
    """The shortest gap after which two words in a row agree again, as ``skipped left * (_REACH + 1) + skipped right``; -1 where there is none."""
    for total in range(1, _REACH + 1):
        for skip in range(total + 1):
            i, j = at + skip, other + total - skip
            if i < len(left) and j < len(right) and left[i] == right[j]:
                ends = i + 1 == len(left) and j + 1 == len(right)
                if ends or (i + 1 < len(left) and j + 1 < len(right) and left[i + 1] == right[j + 1]):
                    return skip * (_REACH + 1) + total - skip
            elif i == len(left) and j == len(right):
                return skip * (_REACH + 1) + total - skip
    return -1


@kernel
def _share_frame(frames: np.ndarray, starts: np.ndarray, a: np.ndarray, b: np.ndarray, found: np.ndarray) -> None:
    """Tell of each pair whether both texts fill a common frame; a text's frames stand ascending from ``starts`` on."""
    for pair in range(len(a)):
        at, other = starts[a[pair]], starts[b[pair]]
        while at < starts[a[pair] + 1] and other < starts[b[pair] + 1] and not found[pair]:
            found[pair] = frames[at] == frames[other]
            if frames[at] < frames[other]:
                at += 1
            else:
                other += 1


def _skeletons(texts: pa.LargeStringArray, context: SelectorContext) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the kernel ``skeletons`` gives, on all cores."""
    unicode = tables()

    def work(block: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        words, starts, streams = skeletons(*buffers(texts.slice(block[0], block[1] - block[0])), unicode.classes, unicode.folded)
        return words.copy(), np.diff(starts), streams  # the kernel's array has room for a word per byte

    parts = [(np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)), *in_parallel(work, blocks([texts]), context)]
    words, sizes, streams = (np.concatenate(each) for each in zip(*parts, strict=True))
    return words, np.concatenate([[0], np.cumsum(sizes)]), streams


def are_templates(texts: pa.LargeStringArray, a: np.ndarray, b: np.ndarray, context: SelectorContext) -> np.ndarray:
    """Tell which pairs of texts are fillings of one template.

    Args:
        texts: without nulls.
        a, b: int64 [pairs], positions of texts.
        context: for threads and the wish to stop.

    Returns:
        bool [pairs].
    """
    words, starts, streams = _skeletons(texts, context)
    frames = np.empty(len(a), dtype=np.uint64)

    def align(block: tuple[int, int]) -> None:
        part = slice(*block)
        _frames(words, starts, a[part], b[part], frames[part])

    for _ in in_parallel(align, ((start, min(start + _PAIRS, len(a))) for start in range(0, len(a), _PAIRS)), context):
        pass
    slots = np.flatnonzero(frames > _SAME)
    # (text, frame), each once; then only the frames that enough texts fill.
    filled = np.unique(np.concatenate([np.stack([side[slots].astype(np.uint64), frames[slots]], axis=1) for side in (a, b)]), axis=0)
    _, frame, counts = np.unique(filled[:, 1], return_inverse=True, return_counts=True)
    filled = filled[counts[frame] >= TEMPLATE_ROWS]
    begins = np.searchsorted(filled[:, 0], np.arange(len(texts) + 1, dtype=np.uint64))
    common = np.zeros(len(a), dtype=bool)
    _share_frame(np.ascontiguousarray(filled[:, 1]), begins, a, b, common)
    differ = streams[a] != streams[b]  # else they differ in case, punctuation or spacing: near copies
    result: np.ndarray = differ & ((frames == _SAME) | common)
    return result
