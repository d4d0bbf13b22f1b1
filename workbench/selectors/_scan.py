"""Kernels that read text as Arrow holds it: UTF-8 bytes with offsets, no Python strings.

Every kernel takes ``data`` uint8 and ``offsets`` int64 [n + 1] of one ``large_string`` array without nulls, and the two tables of ``_unicode``.
A text is first *decoded* to folded code points with their classes, then *compacted* to the stream that words and shingles are made of:

- zero-width characters are gone, and apostrophes between letters (``don't`` is one word),
- a full stop or comma between digits belongs to the number,
- every other run of spaces and punctuation is one ``SPACE``, and none beside a character of an unspaced script or a symbol,

so that a change of case, width, punctuation or spacing changes little or nothing.
"""

# ruff: noqa: PLR0917, PLR1714, SIM109 - kernels take their arguments by position; membership in a tuple compiles to slower code than comparisons

from __future__ import annotations

from typing import Final

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._unicode import CONTROL, DIGIT, IGNORED, LETTER, LOST, PUNCTUATION, SPACE, SYMBOL, TABLE_SIZE, UNSPACED

FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)
_S27: Final = np.uint64(27)
_S30: Final = np.uint64(30)
_S31: Final = np.uint64(31)
_QUOTE_SPAN: Final = 200  # characters; a quoted string longer than this is taken for text


@kernel
def mix(value: np.uint64) -> np.uint64:
    """Scramble 64 bits (the finaliser of SplitMix64: Steele, Lea and Flood 2014)."""
    value = (value ^ (value >> _S30)) * _MIX_1
    value = (value ^ (value >> _S27)) * _MIX_2
    return value ^ (value >> _S31)


@kernel
def decode(data: np.ndarray, start: int, end: int, classes: np.ndarray, folded: np.ndarray, chars: np.ndarray, kinds: np.ndarray) -> int:
    """Write the folded code points of one text and their classes; gives their number."""
    n = 0
    at = start
    while at < end:
        byte = np.int32(data[at])
        if byte < 0x80:
            point = byte
            at += 1
        elif byte < 0xE0:
            point = ((byte & 0x1F) << 6) | (data[at + 1] & 0x3F)
            at += 2
        elif byte < 0xF0:
            point = ((byte & 0x0F) << 12) | ((data[at + 1] & 0x3F) << 6) | (data[at + 2] & 0x3F)
            at += 3
        else:
            point = ((byte & 0x07) << 18) | ((data[at + 1] & 0x3F) << 12) | ((data[at + 2] & 0x3F) << 6) | (data[at + 3] & 0x3F)
            at += 4
        if point < TABLE_SIZE:
            chars[n] = folded[point]
            kinds[n] = classes[point]
        else:
            chars[n] = point
            kinds[n] = UNSPACED if point < 0x40000 else (IGNORED if point < 0xF0000 else LOST)
        n += 1
    return n


@kernel
def compact(chars: np.ndarray, kinds: np.ndarray, n: int) -> int:
    """Turn a decoded text into its stream, in place; gives its length."""
    out = 0
    gap = False
    for at in range(n):
        kind = kinds[at]
        if kind == IGNORED:
            continue
        if kind == PUNCTUATION and out > 0 and not gap:
            follower = at + 1
            while follower < n and kinds[follower] == IGNORED:
                follower += 1
            before, behind, char = kinds[out - 1], kinds[follower] if follower < n else np.uint8(SPACE), chars[at]
            if (char == 0x27 or char == 0x2019) and before == LETTER and behind == LETTER:
                continue
            if (char == 0x2E or char == 0x2C) and before == DIGIT and behind == DIGIT:
                kind = np.uint8(DIGIT)
        if kind == SPACE or kind == PUNCTUATION or kind >= CONTROL:
            gap = out > 0
            continue
        if gap and (kind == LETTER or kind == DIGIT) and (kinds[out - 1] == LETTER or kinds[out - 1] == DIGIT):
            # What is written never overtakes what is read: at least the gap itself was skipped.
            char = chars[at]
            chars[out] = 0x20
            kinds[out] = SPACE
            out += 1
            chars[out] = char
        else:
            chars[out] = chars[at]
        kinds[out] = kind
        out += 1
        gap = False
    return out


@kernel
def hash_words(chars: np.ndarray, kinds: np.ndarray, n: int, words: np.ndarray) -> tuple[int, int]:
    """Write a hash of each word of a stream; gives the number of words, and how many are of unspaced scripts."""
    count = 0
    unspaced = 0
    at = 0
    while at < n:
        kind = kinds[at]
        if kind == SPACE:
            at += 1
            continue
        value = FACTOR + np.uint64(chars[at])
        at += 1
        if kind == UNSPACED:
            unspaced += 1
        elif kind != SYMBOL:
            while at < n and (kinds[at] == LETTER or kinds[at] == DIGIT):
                value = value * FACTOR + np.uint64(chars[at])
                at += 1
        words[count] = mix(value)
        count += 1
    return count, unspaced


@kernel
def ascii_letters(classes: np.ndarray, folded: np.ndarray) -> np.ndarray:
    """The folded character of each byte that is an ASCII letter or digit, 0 for the others: uint64 [256]."""
    letters = np.zeros(256, dtype=np.uint64)
    for byte in range(0x80):
        if classes[byte] == LETTER or classes[byte] == DIGIT:
            letters[byte] = folded[byte]
    return letters


@kernel
def hash_ascii_words(data: np.ndarray, start: int, end: int, classes: np.ndarray, folded: np.ndarray, letters: np.ndarray, words: np.ndarray) -> int:
    """Write what ``decode``, ``compact`` and ``hash_words`` would of an ASCII text, in one pass; gives the number of words, -1 for other text."""
    count = 0
    at = start
    while at < end:
        char = letters[data[at]]
        if char == 0:
            byte = data[at]
            if byte >= 0x80:
                return -1
            if classes[byte] == SYMBOL:
                words[count] = mix(FACTOR + np.uint64(folded[byte]))
                count += 1
            at += 1
            continue
        value = FACTOR + char
        at += 1
        while at < end:
            char = letters[data[at]]
            if char != 0:
                value = value * FACTOR + char
                at += 1
            elif at + 1 < end and letters[data[at + 1]] != 0 and _joins(data[at], classes[data[at - 1]], classes[data[at + 1]]):
                if data[at] != 0x27:
                    value = value * FACTOR + np.uint64(folded[data[at]])
                at += 1
            else:
                break
        words[count] = mix(value)
        count += 1
    return count


@kernel
def _joins(byte: np.uint8, before: np.uint8, behind: np.uint8) -> bool:
    """Whether an apostrophe stands between letters, or a full stop or comma between digits."""
    joins: bool = before == LETTER and behind == LETTER if byte == 0x27 else (byte == 0x2E or byte == 0x2C) and before == DIGIT and behind == DIGIT
    return joins


@kernel
def text_words(
    data: np.ndarray,
    start: int,
    end: int,
    classes: np.ndarray,
    folded: np.ndarray,
    letters: np.ndarray,
    chars: np.ndarray,
    kinds: np.ndarray,
    words: np.ndarray,
) -> int:
    """Write a hash of each word of a text as it stands; gives the number of words. ``chars`` and ``kinds`` are room to work in."""
    count = hash_ascii_words(data, start, end, classes, folded, letters, words)
    if count < 0:
        length = compact(chars, kinds, decode(data, start, end, classes, folded, chars, kinds))
        count, _ = hash_words(chars, kinds, length, words)
    return count


@kernel
def mask_quoted(chars: np.ndarray, kinds: np.ndarray, n: int) -> None:
    """Replace each quoted string of a decoded text by one symbol: what remains is part of the skeleton of a template.

    Quotation marks around the whole text are no slot of it.
    """
    at = 0
    while at < n and kinds[at] == SPACE:
        at += 1
    ending = n - 1
    while ending > at and kinds[ending] == SPACE:
        ending -= 1
    beginning = at
    while at < n:
        opening = chars[at]
        closing = 0
        if opening == 0x22 or opening == 0x60:
            closing = opening
        elif opening == 0x201C:
            closing = 0x201D
        elif opening == 0x300C or opening == 0x300E:
            closing = opening + 1
        elif opening == 0x27 and (at == 0 or kinds[at - 1] != LETTER):
            closing = opening
        if closing:
            last = min(at + _QUOTE_SPAN, n)
            to = at + 1
            while to < last and chars[to] != closing and chars[to] != 0x0A:
                to += 1
            closed = to < last and chars[to] == closing and (closing != 0x27 or to + 1 == n or kinds[to + 1] != LETTER)
            if closed and (at != beginning or to != ending):
                for inside in range(at, to + 1):
                    kinds[inside] = IGNORED
                chars[at] = -1
                kinds[at] = SYMBOL
                at = to
        at += 1


@kernel
def skeletons(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, folded: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The words of each text with numbers and quoted strings as mere places.

    Returns:
        ``words`` uint64 with all hashes, 0 for a place (neighbouring places are one); ``starts`` int64 [n + 1] into it; ``streams`` uint64 [n], a
        hash of the whole text as it is compared, so without regard to case, punctuation and spacing.
    """
    n = len(offsets) - 1
    longest = longest_of(offsets)
    chars = np.empty(longest, dtype=np.int32)
    kinds = np.empty(longest, dtype=np.uint8)
    words = np.empty(offsets[n] - offsets[0], dtype=np.uint64)
    starts = np.zeros(n + 1, dtype=np.int64)
    streams = np.empty(n, dtype=np.uint64)
    out = np.int64(0)  # a plain 0 would compile what it is passed to a second time, for the constant
    for text in range(n):
        length = compact(chars, kinds, decode(data, offsets[text], offsets[text + 1], classes, folded, chars, kinds))
        value = FACTOR
        for at in range(length):
            value = mix(value * FACTOR + np.uint64(chars[at]))
        streams[text] = value
        length = decode(data, offsets[text], offsets[text + 1], classes, folded, chars, kinds)
        mask_quoted(chars, kinds, length)
        length = compact(chars, kinds, length)
        out = _skeleton_words(chars, kinds, length, words, out, starts[text])
        starts[text + 1] = out
    return words[:out], starts, streams


@kernel
def _skeleton_words(chars: np.ndarray, kinds: np.ndarray, n: int, words: np.ndarray, out: np.int64, first: int) -> np.int64:
    at = 0
    while at < n:
        kind = kinds[at]
        if kind == SPACE:
            at += 1
            continue
        value = FACTOR + np.uint64(chars[at])
        place = chars[at] == -1 or kind == DIGIT
        at += 1
        if kind == LETTER or kind == DIGIT:
            while at < n and (kinds[at] == LETTER or kinds[at] == DIGIT):
                place = place or kinds[at] == DIGIT
                value = value * FACTOR + np.uint64(chars[at])
                at += 1
        if place:
            if out > first and words[out - 1] == 0:
                continue
            words[out] = 0
        else:
            words[out] = mix(value)
        out += 1
    return out


@kernel
def longest_of(offsets: np.ndarray) -> int:
    longest = 1
    for text in range(len(offsets) - 1):
        longest = max(longest, offsets[text + 1] - offsets[text])
    return longest + 1


@kernel
def collapse_spaces(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Make each run of white space one blank, and none at the ends; gives the new bytes and offsets."""
    n = len(offsets) - 1
    out_data = np.empty(offsets[n] - offsets[0], dtype=np.uint8)
    out_offsets = np.zeros(n + 1, dtype=np.int64)
    out = 0
    for text in range(n):
        first = out
        gap = False
        at = offsets[text]
        end = offsets[text + 1]
        while at < end:
            byte = data[at]
            width = 1 if byte < 0x80 else (2 if byte < 0xE0 else (3 if byte < 0xF0 else 4))
            if width == 1:
                point = np.int32(byte)
            elif width == 2:
                point = (np.int32(byte & 0x1F) << 6) | np.int32(data[at + 1] & 0x3F)
            elif width == 3:
                point = (np.int32(byte & 0x0F) << 12) | (np.int32(data[at + 1] & 0x3F) << 6) | np.int32(data[at + 2] & 0x3F)
            else:
                point = np.int32(0xFFFF)  # no white space there
            if classes[point] == SPACE:
                gap = out > first
            else:
                if gap:
                    out_data[out] = 0x20
                    out += 1
                    gap = False
                for offset in range(width):
                    out_data[out + offset] = data[at + offset]
                out += width
            at += width
        out_offsets[text + 1] = out
    return out_data[:out], out_offsets
