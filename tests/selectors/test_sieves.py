"""What is looked at more closely is never less than what a pattern matches, and quick ways count what slow ones do."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.selectors import _boilerplate, _language, _leftovers, _personal, _responses
from workbench.selectors._answers_scan import lower_case, may_hold
from workbench.selectors._columns import buffers, distinct, over_distinct
from workbench.selectors._composition import has_letters
from workbench.selectors._garbled import _mojibake, _mojibake_in
from workbench.selectors._literals import automaton, groups_in
from workbench.selectors._marks import composition
from workbench.selectors._profile import holds_visible, profile_of
from workbench.selectors._scan import compact, decode, hash_words
from workbench.selectors._unicode import CONTROL, IGNORED, LOST, SPACE, SYMBOL, tables

FAMILIES = (
    *(_boilerplate._REFUSALS, _boilerplate._ASSISTANT, _boilerplate._PHRASES, _leftovers._PLACEHOLDERS, _leftovers._MARKUP),
    *(_personal._CONTACT, _personal._IDENTITY, _personal._SECRET, _responses._MARKERS),
)
SIEVED = [pattern for pattern in itertools.chain(*FAMILIES) if pattern.literals]
TEXTS = st.text(st.sampled_from([*map(chr, range(128)), *"  aaA1'.,+_@éÃœβ·×”“你好。，Ⓐ\u200b\ufffd\U00020000\U000f0001"]), max_size=30)


def texts_of(*texts):
    return pa.array(texts, pa.large_string())


def holds(text, strings):
    """Whether one of some strings stands in a text, ASCII letters of any case."""
    fold = str.maketrans({chr(upper): chr(upper + 32) for upper in range(65, 91)})
    return any(string.translate(fold) in text.translate(fold) for string in strings)


@pytest.mark.parametrize("pattern", SIEVED, ids=lambda pattern: f"{pattern.code}: {pattern.literals[0]}")
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_every_match_holds_what_its_pattern_asks_for(pattern, data):
    """One of its strings, in texts made from the pattern itself."""
    matched = data.draw(st.from_regex(re.compile(pattern.expression, re.ASCII)))
    assert holds(re.search(pattern.expression, matched, re.ASCII)[0], pattern.literals)


@pytest.mark.parametrize(("expression", "literals"), [(_language._ABOUT_LANGUAGE, _language._LANGUAGES), (_language._CODE, _language._PROGRAMS)])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_texts_about_languages_and_code_hold_one_of_their_words(expression, literals, data):
    """So the sieve before the expression loses none."""
    assert holds(data.draw(st.from_regex(re.compile(expression, re.ASCII))), literals)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text("abAB好", min_size=1, max_size=4), max_size=4), max_size=5), st.lists(st.text("abAB好 ", max_size=12), max_size=4))
@example([["ab", "b"], ["ba", "abab"]], ["aabab", ""])
def test_one_pass_finds_the_strings_that_stand_in_a_text(groups, texts):
    """Every group of strings that overlap, begin or end one another."""
    found = groups_in(*buffers(texts_of(*texts)), *automaton(tuple(map(tuple, groups))))
    assert [sum(1 << bit for bit, strings in enumerate(groups) if holds(text, strings)) for text in texts] == found.tolist()


@settings(max_examples=150, deadline=None)
@given(TEXTS)
@example("don't 1,200.5 w#rd _x_ a.b '' \x07")
@example("don't 1,200.5 w#rd _x_ a.b '' \x07\u200b")
def test_the_quick_way_counts_what_the_decoder_does(text):
    """Characters, words and letters; and the same text with a zero-width space goes the other way and counts the same."""
    unicode = tables()
    one = texts_of(text)
    data, offsets = buffers(one)
    chars, kinds, words = np.empty(90, dtype=np.int32), np.empty(90, dtype=np.uint8), np.empty(90, dtype=np.uint64)
    length = decode(data, 0, offsets[1], unicode.classes, unicode.points, chars, kinds)
    own, points = kinds[:length].copy(), chars[:length].copy()
    count, _ = hash_words(chars, kinds, compact(chars, kinds, length), words)
    profile, other = profile_of(one), profile_of(texts_of(f"{text}\u200b"))
    assert len(text) == profile.characters[0] == other.characters[0] - 1
    assert (~np.isin(own, [SPACE, IGNORED, CONTROL])).sum() == profile.visible[0]
    assert np.isin(own, [LOST, CONTROL]).sum() == profile.lost[0]
    assert count - (own == SYMBOL).sum() == profile.words[0]
    for name in ("visible", "lost", "words", "runs", "broken"):
        assert getattr(profile, name)[0] == getattr(other, name)[0]
    assert (profile.visible[0] > 0) == holds_visible(one)[0]
    counted = composition(data, offsets, unicode.classes, unicode.upper)[0]
    letters = counted[3] + 4 * (counted[1] - counted[3])
    assert profile.visible[0] == counted[0]
    assert [letters >= least for least in (1, 5)] == [has_letters(one, least)[0] for least in (1, 5)]
    assert sum(chr(point).isupper() for point in points[np.isin(own, [3, 5])]) == counted[2]


@settings(max_examples=150, deadline=None)
@given(st.text("éÃÂ œ\x85β€™Ð°a”“·让·×²", max_size=8))
def test_mojibake_is_found_wherever_its_patterns_match(text):
    """The sieve before them loses nothing but what has no character of a misread first byte."""
    odd = any(
        0x80 <= ord(each) < 0x250 or 0x370 <= ord(each) < 0x500 or 0x2200 <= ord(each) < 0x2300 or 0x2500 <= ord(each) < 0x2600 for each in text
    )
    wanted = sum(map(len, _mojibake_in(text))) / len(text) if odd else 0.0
    assert [wanted] == _mojibake(texts_of(text)).tolist()


@settings(max_examples=100, deadline=None)
@given(st.text("abAΣσİéÉ好 ", max_size=8), st.text("abAΣσİéÉ好 ", max_size=4))
def test_a_text_may_hold_whatever_it_holds(text, wanted):
    """In any case of its letters, and exactly so where no letter changes its length."""
    held = bool(wanted.strip()) and wanted.strip().lower() in text.lower()
    may = bool(may_hold(*buffers(texts_of(text)), *buffers(texts_of(wanted)), tables().classes, *lower_case())[0])
    assert may or not held
    assert may == held or set(text + wanted.strip()) & set("Σİ")


def test_repeated_texts_are_measured_once():
    """Where they are long; the values stand where the texts did."""
    texts = texts_of(*["a" * 300, "b" * 400, None, "a" * 300, "b" * 400, "b" * 400])
    asked = []

    def measure(some):
        asked.append(len(some))
        return np.array([len(text) for text in some.to_pylist()])

    assert [300, 400, 0, 300, 400, 400] == over_distinct(texts, measure).tolist()
    assert [3] == asked
    assert distinct(texts_of("a", "a", "a"))[1] is None
