"""Kernels of decontamination: which item of a set a text holds the longest part of, word by word.

Texts are read as ``_scan`` reads them, so case, punctuation, spacing and width of characters do not count, and a character of a script without spaces
is a word. Equal words are equal 64-bit hashes here.
"""

# ruff: noqa: PLR0917, PLR1714, SIM109 - kernels take their arguments by position; membership in a tuple compiles to slower code than comparisons

from __future__ import annotations

from typing import Final

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._scan import FACTOR, compact, decode, hash_words, longest_of, mix
from workbench.selectors._unicode import DIGIT, IGNORED, LETTER, SPACE, SYMBOL, UNSPACED

_LOW: Final = np.uint64(63)
_SIX: Final = np.uint64(6)
_ONE: Final = np.uint64(1)


@kernel
def wholes(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, folded: np.ndarray) -> np.ndarray:
    """A hash of each text by its words, or where it has none by what can be seen of it: uint64 [n], 0 for a text of nothing."""
    n = len(offsets) - 1
    longest = longest_of(offsets)
    chars = np.empty(longest, dtype=np.int32)
    kinds = np.empty(longest, dtype=np.uint8)
    units = np.empty(longest, dtype=np.uint64)
    found = np.zeros(n, dtype=np.uint64)
    for text in range(n):
        length = decode(data, offsets[text], offsets[text + 1], classes, folded, chars, kinds)
        value = FACTOR
        seen = 0
        for at in range(length):
            if kinds[at] != SPACE and kinds[at] != IGNORED:
                value = mix(value * FACTOR + np.uint64(chars[at]))
                seen += 1
        count, _ = hash_words(chars, kinds, compact(chars, kinds, length), units)
        if count:
            value = np.uint64(count)
            for at in range(count):
                value = mix(value * FACTOR + units[at])
        if seen:
            found[text] = max(value, _ONE)
    return found


@kernel
def all_words(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, folded: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The words of texts.

    Returns:
        ``words`` uint64, one after the other; ``starts`` int64 [n + 1] into them; ``unspaced`` int64 [n], how many are characters of scripts without
        spaces.
    """
    n = len(offsets) - 1
    longest = longest_of(offsets)
    chars = np.empty(longest, dtype=np.int32)
    kinds = np.empty(longest, dtype=np.uint8)
    words = np.empty(offsets[n] - offsets[0] + 1, dtype=np.uint64)
    starts = np.zeros(n + 1, dtype=np.int64)
    unspaced = np.zeros(n, dtype=np.int64)
    for text in range(n):
        length = compact(chars, kinds, decode(data, offsets[text], offsets[text + 1], classes, folded, chars, kinds))
        count, unspaced[text] = hash_words(chars, kinds, length, words[starts[text] :])
        starts[text + 1] = starts[text] + count
    return words[: starts[n]], starts, unspaced


@kernel
def item_grams(words: np.ndarray, starts: np.ndarray, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A hash of each ``windows[item]`` neighbouring words: uint64 [grams], with the item and the first word's place in it, int32 each."""
    n = len(starts) - 1
    total = 0
    for item in range(n):
        total += max(starts[item + 1] - starts[item] - windows[item] + 1, 0)
    grams = np.empty(total, dtype=np.uint64)
    items = np.empty(total, dtype=np.int32)
    places = np.empty(total, dtype=np.int32)
    out = 0
    for item in range(n):
        window = windows[item]
        leaving = _power(window)
        value = np.uint64(0)
        for at in range(starts[item + 1] - starts[item]):
            value = value * FACTOR + words[starts[item] + at]
            if at >= window:
                value = value - words[starts[item] + at - window] * leaving
            if at >= window - 1:
                grams[out] = mix(value + np.uint64(window))
                items[out] = item
                places[out] = at - window + 1
                out += 1
    return grams, items, places


@kernel
def _power(window: int) -> np.uint64:
    value = np.uint64(1)
    for _ in range(window):
        value = value * FACTOR
    return value


@kernel
def make_filter(grams: np.ndarray, bits: np.ndarray) -> None:
    """Set a bit for each gram in ``bits`` uint64, whose length is a power of two."""
    mask = np.uint64(64 * len(bits) - 1)
    for gram in grams:
        slot = gram & mask
        bits[slot >> _SIX] |= _ONE << (slot & _LOW)


@kernel
def longest_spans(
    data: np.ndarray,
    offsets: np.ndarray,
    classes: np.ndarray,
    folded: np.ndarray,
    windows: np.ndarray,
    bits: np.ndarray,
    grams: np.ndarray,
    firsts: np.ndarray,
    items: np.ndarray,
    places: np.ndarray,
    words: np.ndarray,
    starts: np.ndarray,
    answers: np.ndarray,
    answer_starts: np.ndarray,
    own_answers: np.ndarray,
    own_starts: np.ndarray,
    found: np.ndarray,
) -> None:
    """Find for each text the item that it holds the greatest share of in one piece.

    Args:
        data, offsets, classes, folded: the texts, see ``_scan``.
        windows: int64, the lengths of grams that there are.
        bits: see ``make_filter``.
        grams: uint64, ascending, each once; those of gram ``i`` stand in ``items`` and ``places`` from ``firsts[i]`` to ``firsts[i + 1]``.
        words, starts: of the items.
        answers, answer_starts: of the items, a set of numbers each; an item counts only where it has none or shares one with the text.
        own_answers, own_starts: of the texts.
        found: int64 [n, 4], written: item (-1 where there is none), first word in the text, first word in the item, number of words.
    """
    n = len(offsets) - 1
    longest = longest_of(offsets)
    chars = np.empty(longest, dtype=np.int32)
    kinds = np.empty(longest, dtype=np.uint8)
    units = np.empty(longest, dtype=np.uint64)
    # Where the last piece that an item shares with a text lies, so that each is followed once and not from each of its grams.
    seen = np.full(len(starts) - 1, -1, dtype=np.int64)
    diagonal = np.empty(len(starts) - 1, dtype=np.int64)
    until = np.empty(len(starts) - 1, dtype=np.int64)
    mask = np.uint64(64 * len(bits) - 1)
    for text in range(n):
        length = compact(chars, kinds, decode(data, offsets[text], offsets[text + 1], classes, folded, chars, kinds))
        count, _ = hash_words(chars, kinds, length, units)
        own = own_answers[own_starts[text] : own_starts[text + 1]]
        found[text, 0] = -1
        best = 0.0
        for window in windows:
            leaving = _power(window)
            value = np.uint64(0)
            for at in range(count):
                value = value * FACTOR + units[at]
                if at >= window:
                    value = value - units[at - window] * leaving
                if at < window - 1:
                    continue
                gram = mix(value + np.uint64(window))
                slot = gram & mask
                if not (bits[slot >> _SIX] >> (slot & _LOW)) & _ONE:
                    continue
                which = _place_of(grams, gram)
                if which < 0:
                    continue
                begin = at - window + 1
                for posting in range(firsts[which], firsts[which + 1]):
                    item = items[posting]
                    if seen[item] == text and diagonal[item] == begin - places[posting] and begin < until[item]:
                        continue
                    left, right = _extent(units, count, begin, words[starts[item] : starts[item + 1]], places[posting])
                    seen[item] = text
                    diagonal[item] = begin - places[posting]
                    until[item] = right
                    share = (right - left) / (starts[item + 1] - starts[item])
                    if right - left < window or share < best or (share == best and item >= found[text, 0]):
                        continue
                    if _agree(own, answers[answer_starts[item] : answer_starts[item + 1]]):
                        best = share
                        found[text, 0] = item
                        found[text, 1] = left
                        found[text, 2] = places[posting] - (begin - left)
                        found[text, 3] = right - left


@kernel
def _place_of(grams: np.ndarray, gram: np.uint64) -> int:
    low = 0
    high = len(grams)
    while low < high:
        middle = (low + high) // 2
        if grams[middle] < gram:
            low = middle + 1
        else:
            high = middle
    return low if low < len(grams) and grams[low] == gram else -1


@kernel
def _extent(units: np.ndarray, count: int, begin: int, item: np.ndarray, place: int) -> tuple[int, int]:
    """From where to where a text equals an item around two places that are aligned."""
    left = begin
    while left > 0 and place - (begin - left) > 0 and units[left - 1] == item[place - (begin - left) - 1]:
        left -= 1
    right = begin
    while right < count and place + right - begin < len(item) and units[right] == item[place + right - begin]:
        right += 1
    return left, right


@kernel
def _agree(own: np.ndarray, answers: np.ndarray) -> bool:
    for answer in answers:
        for other in own:
            if answer == other:
                return True
    return len(answers) == 0


@kernel
def locate(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, folded: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Where words stand: ``spans`` int64 [n, 2] are the first word and the one behind the last of each text; gives int64 [n, 2] in code points."""
    n = len(offsets) - 1
    longest = longest_of(offsets)
    chars = np.empty(longest, dtype=np.int32)
    kinds = np.empty(longest, dtype=np.uint8)
    part_chars = np.empty(longest, dtype=np.int32)
    part_kinds = np.empty(longest, dtype=np.uint8)
    units = np.empty(longest, dtype=np.uint64)
    found = np.zeros((n, 2), dtype=np.int64)
    for text in range(n):
        length = decode(data, offsets[text], offsets[text + 1], classes, folded, chars, kinds)
        start = _begin_of(chars, kinds, length, spans[text, 0], part_chars, part_kinds, units)
        end = _begin_of(chars, kinds, length, spans[text, 1], part_chars, part_kinds, units)
        while end > start and not _in_word(kinds[end - 1]):
            end -= 1
        found[text, 0] = start
        found[text, 1] = end
    return found


@kernel
def _begin_of(chars: np.ndarray, kinds: np.ndarray, length: int, word: int, part_chars: np.ndarray, part_kinds: np.ndarray, units: np.ndarray) -> int:
    """The first code point of a word, or the end of the text where it has fewer words."""
    # The beginning of a text has no more words than a longer beginning, so the shortest one that has enough is found by halving.
    low = 0
    high = length + 1
    while low < high:
        middle = (low + high) // 2
        part = min(middle, length)
        part_chars[:part] = chars[:part]
        part_kinds[:part] = kinds[:part]
        count, _ = hash_words(part_chars, part_kinds, compact(part_chars, part_kinds, part), units)
        if middle <= length and count <= word:
            low = middle + 1
        else:
            high = middle
    return low - 1


@kernel
def _in_word(kind: np.uint8) -> bool:
    within: bool = kind == LETTER or kind == DIGIT or kind == SYMBOL or kind == UNSPACED
    return within
