"""The counts behind Gopher's filters, a text at a time over UTF-8 bytes.

A word is a run without white space, as in most re-implementations of these filters; a character of a script without spaces is one of its own.
"""

# ruff: noqa: PLR0917, PLR1714 - kernels take their arguments by position; membership in a tuple compiles to slower code than comparisons

from __future__ import annotations

from typing import Final

import numpy as np

from workbench.selectors._jit import kernel
from workbench.selectors._scan import FACTOR, decode, mix
from workbench.selectors._table import insert, table_size
from workbench.selectors._unicode import SPACE, UNSPACED

TOP: Final = (2, 3, 4)
DUPLICATE: Final = (5, 6, 7, 8, 9, 10)
_FIRST_TOP: Final = 4
_FIRST_DUPLICATE: Final = 7
_COLUMNS: Final = 13
_LF: Final = 0x0A


@kernel
def _room(offsets: np.ndarray) -> int:
    longest = 1
    for text in range(len(offsets) - 1):
        longest = max(longest, offsets[text + 1] - offsets[text])
    return longest + 2


@kernel
def _split(kinds: np.ndarray, n: int, starts: np.ndarray, lengths: np.ndarray, glued: np.ndarray) -> int:
    """Find the words: where they begin, how long they are, and whether they are of a script without spaces; gives their number."""
    count = 0
    inside = False
    for at in range(n):
        if kinds[at] == SPACE:
            inside = False
            continue
        alone = kinds[at] == UNSPACED
        if inside and not alone:
            lengths[count - 1] += 1
            continue
        starts[count], lengths[count], glued[count] = at, 1, alone
        count += 1
        inside = not alone
    return count


@kernel
def _repeated_parts(chars: np.ndarray, first: int, last: int, least: int, table: np.ndarray, stamps: np.ndarray, stamp: int) -> tuple[int, int, int]:
    """Split between line feeds, at least so many in a row: the number of parts, how many stood there before, and their characters."""
    parts = repeats = characters = 0
    start = at = first
    while at <= last:
        run = 0
        while at + run < last and chars[at + run] == _LF:
            run += 1
        if at < last and run < least:
            at += max(run, 1)
            continue
        value = np.uint64(at - start)
        for place in range(start, at):
            value = value * FACTOR + np.uint64(chars[place] + 1)
        _, new = insert(table, stamps, stamp, mix(value))
        parts += 1
        if not new:
            repeats += 1
            characters += at - start
        if at >= last:
            break
        at += run
        start = at
    return parts, repeats, characters


@kernel
def _top(
    grams: np.ndarray,
    lengths: np.ndarray,
    glued: np.ndarray,
    many: int,
    size: int,
    table: np.ndarray,
    stamps: np.ndarray,
    stamp: int,
    counts: np.ndarray,
    places: np.ndarray,
) -> tuple[int, int]:
    """How often the most frequent of so many n-grams stands there, of equals the first, and the characters in all its places.

    ``grams`` uint64, their hashes; ``counts`` and ``places`` are room to work in.
    """
    for first in range(many):
        place, new = insert(table, stamps, stamp, grams[first])
        places[first] = place
        counts[place] = 1 if new else counts[place] + 1
    best = winner = 0
    for first in range(many):
        if counts[places[first]] > best:
            best = counts[places[first]]
            winner = first
    return best, best * _gram_length(lengths, glued, winner, size)


@kernel
def _gram_length(lengths: np.ndarray, glued: np.ndarray, first: int, size: int) -> int:
    """Characters of an n-gram, with the spaces between its words."""
    own = 0
    for at in range(first, first + size):
        own += lengths[at]
        own += at > first and not glued[at] and not glued[at - 1]
    return own


@kernel
def _may_repeat(
    prefix: np.ndarray, powers: np.ndarray, ends: np.ndarray, count: int, size: int, table: np.ndarray, stamps: np.ndarray, stamp: int
) -> bool:
    """Whether any n-gram of ``size`` words or more can stand there twice.

    It begins with as many characters as the shortest n-gram of ``size`` words has: these would stand behind the beginnings of two words.
    """
    shortest = ends[count]
    for at in range(count - size + 1):
        shortest = min(shortest, ends[at + size] - ends[at])
    for at in range(count - size + 1):
        begin = ends[at]
        value = prefix[begin + shortest] - prefix[begin] * powers[shortest]
        _, new = insert(table, stamps, stamp, mix(value))
        if not new:
            return True
    return False


@kernel
def _duplicate(
    prefix: np.ndarray, powers: np.ndarray, ends: np.ndarray, count: int, size: int, table: np.ndarray, stamps: np.ndarray, stamp: int
) -> int:
    """Characters of n-grams that stood in the text before, none counted twice; words are joined without a space."""
    characters = 0
    at = 0
    while at < count - size + 1:
        begin, end = ends[at], ends[at + size]
        value = prefix[end] - prefix[begin] * powers[end - begin]
        _, new = insert(table, stamps, stamp, mix(value + np.uint64(end - begin)))
        if new:
            at += 1
        else:
            characters += end - begin
            at += size
    return characters


@kernel
def repetition(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, points: np.ndarray, least: int) -> np.ndarray:
    """Gopher's repetition fractions: float64 [n, 13], NaN for texts of fewer than ``least`` words and where there is no such n-gram.

    Columns: lines that stood there before, paragraphs, characters of such lines, of such paragraphs, characters of the most frequent 2- to 4-gram,
    and of the repeated 5- to 10-grams. Where most words are single characters, sequences are of twice as many: a word of Chinese has about two, and
    five characters stand twice in any article on one subject.
    """
    n = len(offsets) - 1
    room = _room(offsets)
    chars, kinds = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.uint8)
    starts, lengths = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    glued, words = np.empty(room, dtype=np.bool_), np.empty(room, dtype=np.uint64)
    prefix, powers = np.zeros(room + 1, dtype=np.uint64), np.ones(room + 1, dtype=np.uint64)
    ends = np.zeros(room + 1, dtype=np.int64)
    for at in range(room):
        powers[at + 1] = powers[at] * FACTOR
    slots = table_size(room)
    table, stamps = np.empty(slots, dtype=np.uint64), np.zeros(slots, dtype=np.int64)
    counts, places = np.empty(slots, dtype=np.int64), np.empty(room, dtype=np.int64)
    grams = np.empty(room, dtype=np.uint64)
    stamp = 0
    shares = np.full((n, _COLUMNS), np.nan)
    for text in range(n):
        length = decode(data, offsets[text], offsets[text + 1], classes, points, chars, kinds)
        count = _split(kinds, length, starts, lengths, glued)
        if count < least or length == 0:
            continue
        lines = 1
        for at in range(length):
            lines += chars[at] == _LF
        shares[text, :_FIRST_TOP] = 0.0
        if lines > 1:
            few = table[: table_size(lines)]  # a table of the text's own size stays in the cache
            _line_repetition(chars, kinds, length, few, stamps, stamp + 1, shares[text])
            stamp += 2
        some = table[: table_size(count)]
        out = 0
        for word in range(count):
            value = FACTOR
            for at in range(starts[word], starts[word] + lengths[word]):
                value = value * FACTOR + np.uint64(chars[at])
                prefix[out + 1] = prefix[out] * FACTOR + np.uint64(chars[at] + 1)
                out += 1
            words[word] = mix(value)
            ends[word + 1] = out
        wide = 2 if 2 * glued[:count].sum() > count else 1
        _tops(words, lengths, glued, count, wide, grams, some, stamps, stamp + 1, counts, places, shares[text])
        stamp += len(TOP)
        shares[text, _FIRST_DUPLICATE:] = 0.0
        for place in range(len(DUPLICATE)):
            stamp += 1
            size = wide * DUPLICATE[place]
            if not _may_repeat(prefix, powers, ends, count, size, some, stamps, stamp):
                break
            stamp += 1
            shares[text, _FIRST_DUPLICATE + place] = _duplicate(prefix, powers, ends, count, size, some, stamps, stamp) / length
        shares[text, _FIRST_TOP:_FIRST_DUPLICATE] /= length
    return shares


@kernel
def _line_repetition(
    chars: np.ndarray, kinds: np.ndarray, length: int, table: np.ndarray, stamps: np.ndarray, stamp: int, shares: np.ndarray
) -> None:
    """Write the first four columns of ``repetition``; two stamps are used."""
    parts, repeats, characters = _repeated_parts(chars, 0, length, 1, table, stamps, stamp)
    shares[0], shares[2] = repeats / parts, characters / length
    first, last = 0, length
    while first < last and kinds[first] == SPACE:
        first += 1
    while last > first and kinds[last - 1] == SPACE:
        last -= 1
    parts, repeats, characters = _repeated_parts(chars, first, last, 2, table, stamps, stamp + 1)
    shares[1], shares[3] = repeats / parts, characters / length


@kernel
def _tops(
    words: np.ndarray,
    lengths: np.ndarray,
    glued: np.ndarray,
    count: int,
    wide: int,
    grams: np.ndarray,
    table: np.ndarray,
    stamps: np.ndarray,
    stamp: int,
    counts: np.ndarray,
    places: np.ndarray,
    characters: np.ndarray,
) -> None:
    """Write the characters in all places of the most frequent 2- to 4-grams; a stamp is used for each size."""
    for word in range(count):
        grams[word] = mix(FACTOR * FACTOR + words[word])
    best = count
    size = 1
    for place in range(len(TOP)):
        while size < wide * TOP[place]:
            for word in range(count - size):
                grams[word] = mix(grams[word] * FACTOR + words[word + size])
            size += 1
        many = count - size + 1
        if best > 1 and many > 0:  # where no shorter sequence stands twice, none does
            best, characters[_FIRST_TOP + place] = _top(grams, lengths, glued, many, size, table, stamps, stamp + place, counts, places)
        elif many > 0:
            characters[_FIRST_TOP + place] = _gram_length(lengths, glued, 0, size)


@kernel
def first_words(data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A hash of each text as one word: uint64 [n], as ``quality`` compares words with."""
    n = len(offsets) - 1
    room = _room(offsets)
    chars, kinds = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.uint8)
    hashes = np.empty(n, dtype=np.uint64)
    for text in range(n):
        value = FACTOR
        for at in range(decode(data, offsets[text], offsets[text + 1], classes, points, chars, kinds)):
            value = value * FACTOR + np.uint64(chars[at])
        hashes[text] = mix(value)
    return hashes


@kernel
def quality(
    data: np.ndarray, offsets: np.ndarray, classes: np.ndarray, points: np.ndarray, symbols: np.ndarray, alphas: np.ndarray, stops: np.ndarray
) -> np.ndarray:
    """Gopher's quality counts: float64 [n, 8], NaN for texts without a word.

    Columns: words that are not of punctuation alone, their mean length, hash signs per word, ellipses per word, lines that begin with a bullet, lines
    that end in an ellipsis, words with a letter, distinct stop words. ``symbols`` and ``alphas`` bool by code point; ``stops`` uint64, see
    ``first_words``.
    """
    n = len(offsets) - 1
    room = _room(offsets)
    chars, kinds = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.uint8)
    starts, lengths = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    glued = np.empty(room, dtype=np.bool_)
    found = np.zeros(len(stops), dtype=np.int64)
    out = np.full((n, 8), np.nan)
    for text in range(n):
        length = decode(data, offsets[text], offsets[text + 1], classes, points, chars, kinds)
        count = _split(kinds, length, starts, lengths, glued)
        if count == 0:
            continue
        real = characters = letters = unspaced = 0
        for word in range(count):
            some = letter = False
            value = FACTOR
            for at in range(starts[word], starts[word] + lengths[word]):
                value = value * FACTOR + np.uint64(chars[at])
                some = some or chars[at] >= len(symbols) or not symbols[chars[at]]
                letter = letter or chars[at] >= len(alphas) or alphas[chars[at]]
            real += some
            characters += lengths[word] if some else 0
            letters += letter
            unspaced += glued[word]
            value = mix(value)
            for place in range(len(stops)):
                if stops[place] == value:
                    found[place] = text + 1
        out[text, 0] = real
        if real and 2 * unspaced < count:
            out[text, 1] = characters / real
        hashes, ellipses = _signs(chars, length)
        out[text, 2], out[text, 3] = hashes / count, ellipses / count
        out[text, 4], out[text, 5] = _line_shares(chars, kinds, length)
        out[text, 6] = letters / count
        out[text, 7] = (found == text + 1).sum()
    return out


@kernel
def _signs(chars: np.ndarray, n: int) -> tuple[int, int]:
    """Hash signs, and ellipses, of one character or three."""
    hashes = ellipses = at = 0
    while at < n:
        hashes += chars[at] == 0x23
        if chars[at] == 0x2026:
            ellipses += 1
        elif at + 2 < n and chars[at] == 0x2E and chars[at + 1] == 0x2E and chars[at + 2] == 0x2E:
            ellipses += 1
            at += 2
        at += 1
    return hashes, ellipses


@kernel
def _breaks(char: np.int32) -> bool:
    """What Python's ``splitlines`` splits at."""
    return bool((0x0A <= char <= 0x0D) or (0x1C <= char <= 0x1E) or char == 0x85 or char == 0x2028 or char == 0x2029)


@kernel
def _line_shares(chars: np.ndarray, kinds: np.ndarray, n: int) -> tuple[float, float]:
    lines = bullets = dots = 0
    start = 0
    while start < n:
        end = start
        while end < n and not _breaks(chars[end]):
            end += 1
        first, last = start, end
        while first < last and kinds[first] == SPACE:
            first += 1
        while last > first and kinds[last - 1] == SPACE:
            last -= 1
        lines += 1
        bullets += first < last and (chars[first] == 0x2022 or chars[first] == 0x2D)
        three = last - first >= 3 and chars[last - 1] == 0x2E and chars[last - 2] == 0x2E and chars[last - 3] == 0x2E
        dots += first < last and (chars[last - 1] == 0x2026 or three)
        start = end + (2 if end + 1 < n and chars[end] == 0x0D and chars[end + 1] == 0x0A else 1)
    return bullets / max(lines, 1), dots / max(lines, 1)
