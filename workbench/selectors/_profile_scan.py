"""What texts are made of, counted in one pass over the bytes of most, and over the code points of those that are not ASCII."""

# ruff: noqa: PLR1714, SIM109 - kernels take their arguments by position; membership in a tuple compiles to slower code than comparisons

from __future__ import annotations

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._scan import compact, decode, longest_of
from workbench.selectors._unicode import CONTROL, DIGIT, IGNORED, LETTER, LOST, PUNCTUATION, SPACE, SYMBOL, UNSPACED


@kernel
def profile(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, folded: np.ndarray) -> np.ndarray:
    """Count what texts are made of: int64 [n, 7], the columns of ``Profile``."""
    n = len(offsets) - 1
    longest = longest_of(offsets)
    chars = np.empty(longest, dtype=np.int32)
    kinds = np.empty(longest, dtype=np.uint8)
    counts = np.zeros((n, 7), dtype=np.int64)
    for text in range(n):
        start, end = offsets[text], offsets[text + 1]
        if is_ascii(data, start, end):
            _count_ascii(data, start, end, classes, counts[text])
            continue
        length = decode(data, start, end, classes, folded, chars, kinds)
        counts[text, 0] = length
        for at in range(length):
            kind = kinds[at]
            if kind == LOST or kind == CONTROL:
                counts[text, 3] += 1
            if kind != SPACE and kind != IGNORED and kind != CONTROL:
                counts[text, 1] += 1
        counts[text, 5], counts[text, 6] = _broken_words(chars, kinds, length)
        counts[text, 2], counts[text, 4] = _words(kinds, compact(chars, kinds, length))
    return counts


@kernel
def is_ascii(data: np.ndarray, start: int, end: int) -> bool:
    """Whether all bytes are below 0x80."""
    together = np.uint8(0)
    for at in range(start, end):
        together |= data[at]
    return bool(together < 0x80)


@kernel
def _count_ascii(data: np.ndarray, start: int, end: int, classes: np.ndarray, counts: np.ndarray) -> None:
    """Write what the decoder, ``_words`` and ``_broken_words`` would count of an ASCII text."""
    visible = lost = words = 0
    held = broken = letters = noise = between = 0
    before = np.uint8(SPACE)  # the class of the last character of the word that is open
    for at in range(start, end):
        byte = data[at]
        kind = classes[byte]
        if kind == SPACE:
            held += letters > 1
            broken += letters > 1 and between > 0
            letters = noise = between = 0
            before = np.uint8(SPACE)
            continue
        lost += kind == CONTROL
        visible += kind != CONTROL
        if kind == LETTER and byte != 0x5F:
            between += noise if letters else 0
            letters += 1
            noise = 0
        else:
            noise = noise + 1 if _is_noise(byte, kind) else 0
        if kind == PUNCTUATION and before != SPACE and at + 1 < end:
            behind = classes[data[at + 1]]
            if byte == 0x27 and before == LETTER and behind == LETTER:
                continue
            if (byte == 0x2E or byte == 0x2C) and before == DIGIT and behind == DIGIT:
                kind = np.uint8(DIGIT)
        if kind == LETTER or kind == DIGIT:
            words += before == SPACE
            before = kind
        else:
            before = np.uint8(SPACE)
    held += letters > 1
    broken += letters > 1 and between > 0
    counts[0], counts[1], counts[2], counts[3], counts[5], counts[6] = end - start, visible, words, lost, held, broken


@kernel
def _words(kinds: np.ndarray, n: int) -> tuple[int, int]:
    """The words of a stream, symbols left out, and how many are of unspaced scripts."""
    count = unspaced = 0
    inside = False
    for at in range(n):
        kind = kinds[at]
        if kind == UNSPACED:
            unspaced += 1
            count += 1
            inside = False
        elif kind == LETTER or kind == DIGIT:
            count += not inside
            inside = True
        else:
            inside = False
    return count, unspaced


@kernel
def _broken_words(chars: np.ndarray, kinds: np.ndarray, n: int) -> tuple[int, int]:
    """Runs between spaces that hold at least two letters, and how many of them have noise between letters (``w#rd``, ``ca7tle``)."""
    held = broken = letters = noise = between = 0
    for at in range(n + 1):
        kind = kinds[at] if at < n else np.uint8(SPACE)
        if kind == SPACE or kind == UNSPACED:
            if letters > 1:
                held += 1
                broken += between > 0
            letters = noise = between = 0
        elif kind == LETTER and chars[at] != 0x5F:
            between += noise if letters else 0
            letters += 1
            noise = 0
        elif _is_noise(chars[at], kind):
            noise += 1
        else:
            noise = 0
    return held, broken


@kernel
def _is_noise(char: int, kind: np.uint8) -> bool:
    """What stands between letters where something went wrong; not ``/ _ & + =``, which join words in good text and in code."""
    if char == 0x2F or char == 0x26 or char == 0x2B or char == 0x3D or char == 0x5F:
        return False
    odd: bool = kind == SYMBOL or kind == DIGIT or char == 0x23 or char == 0x40 or char == 0x5B or char == 0x5D or char == 0x7B or char == 0x7D
    return odd
