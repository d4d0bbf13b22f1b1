"""How results reach people and programs."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.cli.output import LONGEST_CELL, Output, Table, clean

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # control characters and lone surrogates included


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        """Yes."""
        return True


def shown(*parts, terminal=False, **options):
    out = Terminal() if terminal else io.StringIO()
    Output(out=out, err=io.StringIO(), **options).show("test", *parts)
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain 文本\twith\nlines", "plain 文本\twith\nlines"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;aGk=", ""),
        ("\x1bPq\x1b\\sixel", "sixel"),
        ("\x1bcreset", "reset"),
        ("a\x00b\x08c\x7fd\x85e\r", "abcde"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("half \ud83d pair", "half \ufffd pair"),
    ],
    ids=["harmless", "colour", "C1", "title", "link", "clipboard", "device control", "reset", "control characters", "direction", "surrogate"],
)
def test_clean_text_cannot_steer_a_terminal(text, expected):
    """Sequences and invisible characters go, what a person reads stays."""
    assert clean(text) == expected


@given(ANY_TEXT)
def test_clean_text_stays_clean(text):
    """Whatever went in, no control character comes out, and cleaning again changes nothing."""
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert {unicodedata.category(character) for character in cleaned if character not in "\n\t"} & {"Cc", "Cs"} == set()


RESULT = (
    {"dataset": "reviews"},
    Table(
        name="arms",
        columns=("arm", "rows", "share_kept", "chosen", "note"),
        rows=[("raw", 12000, 1.0, True, None), ("精选", 950, 0.0791666, False, "[red]x[/red]\x1b[2J")],
        title="Arms",
    ),
    "Done.",
)


def test_a_pipe_gets_plain_lines():
    """Columns line up, Chinese included; numbers stand to the right."""
    assert shown(*RESULT) == (
        "dataset: reviews\n"
        "\n"
        "Arms\n"
        "arm     rows  share kept  chosen  note\n"
        "raw   12,000           1  yes\n"
        "精选     950     0.07917  no      [red]x[/red]\n"
        "Done.\n"
    )


def test_a_terminal_gets_a_table_and_no_markup_of_the_data():
    """What a text says in brackets is shown and not obeyed."""
    text = shown(*RESULT, terminal=True)
    assert "[red]x[/red]" in text
    assert "12,000" in text
    assert "\x1b[2J" not in text


def test_json_is_one_object_with_the_tables_fields():
    """Sentences are for people; null is null, numbers are numbers."""
    assert json.loads(shown(*RESULT, json=True)) == {
        "schema": "workbench.test/1",
        "dataset": "reviews",
        "arms": [
            {"arm": "raw", "rows": 12000, "share_kept": 1.0, "chosen": True, "note": None},
            {"arm": "精选", "rows": 950, "share_kept": 0.0791666, "chosen": False, "note": "[red]x[/red]\x1b[2J"},
        ],
    }


def test_json_says_what_json_can():
    """No NaN, times in ISO 8601, paths as text, Chinese readable; what has no place in JSON is a bug and not a guess."""
    time = dt.datetime(2024, 5, 6, 7, 8, tzinfo=dt.UTC)
    assert shown({"a": math.nan, "b": time, "c": Path("x/y"), "d": ("数", {"e": math.inf})}, json=True) == (
        '{"schema": "workbench.test/1", "a": null, "b": "2024-05-06T07:08:00+00:00", "c": "x/y", "d": ["数", {"e": null}]}\n'
    )
    with pytest.raises(TypeError):
        shown({"a": object()}, json=True)


@given(ANY_TEXT)
def test_json_keeps_any_text_and_is_harmless_on_a_terminal(text):
    """It can be read back to the same text, and prints no control character."""
    line = shown({"text": text}, json=True)
    assert json.loads(line)["text"] == text
    assert clean(line) == line


def test_long_cells_are_cut_for_people_only():
    """A text of many lines and pages is one short cell; JSON has all of it."""
    table = Table(name="rows", columns=("text",), rows=[("line\n" * 10_000,)])
    (_, cell) = shown(table).splitlines()
    assert len(cell) == LONGEST_CELL
    assert cell.startswith("line line ")
    assert json.loads(shown(table, json=True))["rows"][0]["text"] == "line\n" * 10_000


def test_an_empty_table_shows_its_columns():
    """Nothing found is a result."""
    table = Table(name="rows", columns=("id", "text"), rows=[])
    assert shown(table) == "id  text\n"
    assert json.loads(shown(table, json=True))["rows"] == []


def test_progress_elsewhere_is_now_and_then_a_line():
    """The end of the step is told once, whoever reports it how often."""
    err = io.StringIO()
    with Output(out=io.StringIO(), err=err).progress("scoring") as advance:
        for done in range(1, 1001):
            advance(done, 1000)
        advance(1000, 1000)
    assert err.getvalue().startswith("scoring: 1,000 of 1,000, ")
    assert len(err.getvalue().splitlines()) == 1


def test_progress_on_a_terminal_is_a_bar():
    """With the step's name as it is, markup or not."""
    err = Terminal()
    with Output(out=io.StringIO(), err=err).progress("scoring [b]") as advance:
        advance(1, 0)
        advance(2, 2)
    assert "scoring [b]" in err.getvalue()
    assert "2/2" in err.getvalue()


def test_quiet_silences_progress_and_messages_but_no_warning():
    """What must not be missed is told all the same."""
    err = Terminal()
    output = Output(out=io.StringIO(), err=err, quiet=True)
    with output.progress("scoring") as advance:
        advance(1, 1)
    output.say("importing")
    assert err.getvalue() == ""
    output.warn("a plugin failed")
    assert err.getvalue() == "a plugin failed\n"
