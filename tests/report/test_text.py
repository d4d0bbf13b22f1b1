import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.report import excerpt, printable
from workbench.report.numbers import MISSING, cell, decimals, duration, fixed, interval, is_numeric, p_value, share

ANY_TEXT = st.text(st.characters(exclude_categories=()))
OVERRIDES = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain 你好 مرحبا 👩‍👩‍👧", "plain 你好 مرحبا 👩‍👩‍👧"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("windows\r\nline", "windows\nline"),
        ("over\rwritten", "over\\x0dwritten"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("bell\x07 null\x00 delete\x7f", "bell\\x07 null\\x00 delete\\x7f"),
        ("one-byte escape \x9b31m", "one-byte escape \\x9b31m"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("lone \ud800 surrogate", "lone \\ud800 surrogate"),
    ],
)
def test_what_could_move_a_cursor_or_turn_text_around_is_written_out(text, expected):
    """And everything else stays as it is."""
    assert expected == printable(text)


@settings(deadline=None)
@given(ANY_TEXT)
def test_no_control_character_is_left(text):
    """Whatever the text, and a second pass finds nothing to do."""
    shown = printable(text)
    assert [] == [letter for letter in shown if unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\n\t"]
    assert not OVERRIDES & set(shown)
    assert shown == printable(shown)
    shown.encode("utf-8")


@settings(deadline=None)
@given(ANY_TEXT, st.integers(2, 50))
def test_an_excerpt_is_one_short_line(text, limit):
    """It begins as the text does, and says by an ellipsis that something is missing."""
    cut = excerpt(text, limit)
    assert len(cut) <= limit
    assert "\n" not in cut
    whole = " ".join(text.split())
    assert cut == whole or (cut.endswith("…") and whole.startswith(cut[:-1].rstrip()))


def test_an_excerpt_of_a_huge_text_reads_its_beginning_only():
    """A text of 50 MB is cut before it is split into words."""
    assert "a a a…" == excerpt("a " * 25_000_000, 6)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        (None, MISSING),
        (float("nan"), MISSING),
        (True, "yes"),
        (8788, "8,788"),
        (-12, "-12"),
        (3.0, "3"),
        (0.123456, "0.1235"),
        (1234.5678, "1,235"),
        (123456.7, "123,457"),
        (1e-7, "1e-07"),
        (float("inf"), "inf"),
    ],
)
def test_a_cell_is_formatted_by_what_it_holds(value, expected):
    """A missing number is a dash, never 0."""
    assert expected == cell(value)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ((1, 2.5, None), True),
        (("81.2 [79.9, 82.5]", "+0.031", MISSING), True),
        (("[+0.010, +0.052]", "<0.001", "12.5 %", "1,204"), True),
        (("1 min 5 s", "3.2 s"), True),
        (("better (+0.031)", "1"), False),
        (("2026-01-01", "2026-01-02"), False),
        (("a", 1), False),
        ((), False),
        (("", ""), False),
    ],
)
def test_columns_of_numbers_are_known_by_their_cells(column, expected):
    """They are set to the right."""
    assert expected == is_numeric(column)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (59.4, "59 s"), (83, "1 min 23 s"), (3599.7, "1 h 0 min"), (7384, "2 h 3 min")]
)
def test_a_time_span_has_the_two_units_that_matter(seconds, expected):
    """Whole minutes above one, whole hours above sixty."""
    assert expected == duration(seconds)


def test_numbers_of_one_metric_share_their_decimals():
    """Percent-like values get fewer, small ones more, whole ones none."""
    assert [3, 2, 1, 0, 0, 3] == [decimals(values) for values in ([0.81, 0.7], [81.2, 7.0], [812.0, 3.5], [8120.5], [900.0, 7.0], [None])]


def test_a_zero_has_no_sign():
    """An effect that rounds to zero is neither plus nor minus."""
    assert ["0.00", "0.00", "+0.01", "-0.01"] == [fixed(value, 2, signed=True) for value in (-0.001, 0.001, 0.01, -0.01)]


def test_missing_values_are_dashes():
    """In every format."""
    assert [MISSING] * 5 == [fixed(None, 2), interval(None, 1.0, 2), interval(0.0, float("nan"), 2), p_value(None), share(1, 0)]


def test_small_p_values_are_not_zero():
    """They say that they are below what is shown."""
    assert ["<0.001", "0.001", "1.000"] == [p_value(p) for p in (0.0001, 0.00101, 1.0)]
