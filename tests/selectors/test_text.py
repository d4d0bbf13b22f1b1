from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.selectors import sentences, text_of, unspaced_share, words
from workbench.selectors._profile import profile_of
from workbench.types import RoleType


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The sky isn't blue.", ["The", "sky", "isn't", "blue"]),
        ("天空很蓝", ["天", "空", "很", "蓝"]),
        ("我用 Python 3.11！", ["我", "用", "Python", "3.11"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("안녕하세요 세계", ["안녕하세요", "세계"]),
        ("?!", []),
    ],
)
def test_words(text, expected):
    """Runs of letters, marks and digits; in scripts without spaces each character."""
    assert expected == words(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained. Dr. Smith stayed in! Did J. Doe?", ["It rained.", "Dr. Smith stayed in!", "Did J. Doe?"]),
        ("下雨了。他没出门！真的吗？", ["下雨了。", "他没出门！", "真的吗？"]),
        ("“下雨了。”他说。", ["“下雨了。”", "他说。"]),
        ("Version 3.11 is out. Get it", ["Version 3.11 is out.", "Get it"]),
        ("A title\n\nA paragraph", ["A title", "A paragraph"]),
        ("", []),
    ],
)
def test_sentences(text, expected):
    """English and Chinese; abbreviations, initials and decimals end none."""
    assert expected == sentences(text)


@given(st.text())
def test_sentences_lose_nothing_but_white_space(text):
    """Together they are the text."""
    assert "".join(text.split()) == "".join("".join(sentences(text)).split())


@pytest.mark.parametrize(("text", "share"), [("", 0.0), ("abc def", 0.0), ("天空", 1.0), ("天空 blue sky", 0.5)])
def test_share_of_unspaced_words(text, share):
    """Of the words, not of the characters."""
    assert share == unspaced_share(text)


@given(st.text(alphabet=st.sampled_from("aZé9.,'’ _-?天かน🙂\u200b\n٣ß")))
@example("it's 3.5")
@example("it'\u200bs 3.\u200b5")
def test_kernels_count_the_same_words_as_python(text):
    """One definition of a word, two implementations."""
    spelt = text.replace("\u200b", "")  # zero-width characters do not cut words for the kernels, which read texts as people see them
    assert len(words(spelt)) == int(profile_of(pa.array([text], pa.large_string())).words[0])


def test_any_role_becomes_text(examples):
    """Lists line by line, of spans the texts, of messages the contents; absent stays absent."""
    message = {"role": "user", "content": "hello", "name": None, "tool_call_id": None, "tool_calls": None}
    table = examples(
        {"n": RoleType.NUMBER, "t": RoleType.TEXTS, "s": RoleType.SPANS, "m": RoleType.MESSAGES},
        n=[1.5, None],
        t=[["a", "b"], None],
        s=[[{"start": 0, "end": 1, "text": "a"}, {"start": 1, "end": 2, "text": "b"}], []],
        m=[[message, {**message, "content": None}], [message]],
    )
    assert [["1.5", None], ["a\nb", None], ["a\nb", ""], ["hello\n", "hello"]] == [text_of(table, role).to_pylist() for role in "ntsm"]
    assert ["hello"] == text_of(table.slice(1, 1), "m").to_pylist()
