"""The quick way through ASCII text against the way through all text."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.selectors._scan import ascii_letters, compact, decode, hash_ascii_words, hash_words
from workbench.selectors._unicode import tables


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from([*map(chr, range(128)), *"  aaA1'.,+_"]), max_size=40))
@example("don't 'tis 1,200.5 1. a.b $5+5 _x_ '' a' 'b")
def test_words_of_ascii_text_are_those_of_any_text(text):
    """Apostrophes, full stops in numbers, symbols and control characters included."""
    unicode = tables()
    data = np.frombuffer(text.encode() or b"\0", dtype=np.uint8)
    chars, kinds = np.empty(len(text) + 1, dtype=np.int32), np.empty(len(text) + 1, dtype=np.uint8)
    wanted, found = (np.empty(len(text) + 1, dtype=np.uint64) for _ in range(2))
    length = compact(chars, kinds, decode(data, 0, len(text), unicode.classes, unicode.folded, chars, kinds))
    count, _ = hash_words(chars, kinds, length, wanted)
    letters = ascii_letters(unicode.classes, unicode.folded)
    assert count == hash_ascii_words(data, 0, len(text), unicode.classes, unicode.folded, letters, found)
    assert wanted[:count].tolist() == found[:count].tolist()


def test_other_text_is_left_to_the_other_way():
    """Wherever the first character beyond ASCII stands."""
    unicode = tables()
    letters = ascii_letters(unicode.classes, unicode.folded)
    for text in ("caf\u00e9", "\u5929 and more", "don\u2019t"):
        data = np.frombuffer(text.encode(), dtype=np.uint8)
        assert hash_ascii_words(data, 0, len(data), unicode.classes, unicode.folded, letters, np.empty(20, dtype=np.uint64)) == -1
