from __future__ import annotations

import pytest

from workbench.selectors import EmptyText, Garbled, LengthBound, LengthBounds, Repetition, RolesParams, Truncation
from workbench.types import RoleType

STORY = "The boat left the harbour at six. Nobody had told the crew about the storm"


def values(selector, name, texts, examples, context):
    return selector.score(examples(text=texts), context()).signals[name].to_pylist()


def test_empty_is_what_holds_nothing_to_see(examples, context):
    """White space, zero-width and control characters are nothing; a punctuation mark is something; an absent role is neither."""
    texts = ["", "  \n\t", "\u200b\ufeff\u00ad", "\u3000", "\x00\x07", "?", "。", "🙂", "a", None]
    assert [True] * 5 + [False] * 4 + [None] == values(EmptyText(), "empty", texts, examples, context)


def test_a_list_without_a_text_is_empty_too(examples, context):
    """Of spans, texts and messages alike, and the evidence names the role."""
    table = examples(
        {"answers": RoleType.SPANS, "notes": RoleType.TEXTS},
        answers=[[], [{"start": 0, "end": 1, "text": "a"}], [{"start": 0, "end": 0, "text": ""}]],
        notes=[["a"], ["", " "], ["a"]],
    )
    found = EmptyText(params=RolesParams(roles=("answers", "notes"))).score(table, context())
    assert [True, True, True] == found.signals["empty"].to_pylist()
    assert ['{"role": "answers"}', '{"role": "notes"}', '{"role": "answers"}'] == found.evidence["values"].to_pylist()


@pytest.mark.parametrize(
    ("text", "words", "characters"),
    [
        ("", 0, 0),
        ("The sky isn't blue.", 4, 19),
        ("天空是蓝色的。", 6, 7),
        ("我用 Python 3.11 写代码", 7, 18),
        ("?!... 🙂", 0, 7),
        ("नमस्ते दुनिया", 2, 13),
        ("שָׁלוֹם עולם", 2, 12),
        ("こんにちは、世界", 7, 8),
    ],
)
def test_length_counts_words_and_in_unspaced_scripts_characters(examples, context, text, words, characters):
    """Marks do not cut words, apostrophes and decimals neither."""
    found = LengthBounds().score(examples(text=[text]), context()).signals
    assert (words, characters) == (found["text-words"][0].as_py(), found["text-characters"][0].as_py())


def test_bounds_become_default_rules_of_their_signals():
    """One for each end, and none for a role without bounds."""
    selector = LengthBounds(params=RolesParams(roles=("a", "b")), bounds=(LengthBound(role="b", least=2, most=900),))
    rules = {signal.name: signal.rule and (signal.rule.operator, signal.rule.threshold) for signal in selector.signals}
    assert {"a-words": None, "a-characters": None, "b-words": ("<", 2.0), "b-characters": (">", 900.0)} == rules


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("It is so. " * 20, 0.947),
        ("说得对。" * 20, 0.947),
        ("One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty", 0.0),
        ("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏", 0.0),
        ("too short " * 5, None),
    ],
)
def test_repetition_is_the_share_of_word_sequences_seen_before(examples, context, text, share):
    """Of 4-grams; short texts are not judged."""
    found = values(Repetition(), "repeated", [text], examples, context)[0]
    assert found is None if share is None else found == pytest.approx(share, abs=0.001)


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        ("Th# sk@ i7s b%ue a*d th{ s]n sh<nes", {"noise"}),
        ("The sky is blue and the sun shines", set()),
        ("天空是蓝色的，太阳在照耀，真好", set()),
        ("我用 CO2 和 H2O 做实验，结果很好，非常好", set()),
        ("天空\ufffd蓝色的，太阳在照\ufffd，真好", {"lost"}),
        ("and/or snake_case names and AT&T are good words", set()),
        ("The cafÃ© is closed â€” come back tomorrow", {"mojibake"}),
        ("å¤©ç©ºæ˜¯è“è‰²çš„ï¼Œå¤ªé˜³åœ¨ç…§è€€", {"mojibake"}),
        ("The café is closed — come back tomorrow", set()),
        ("Zażółć gęślą jaźń über naïve Ångström", set()),
        ("the sk\ufffd is bl\ufffde", {"lost"}),
        ("the sk\x08y is blue", {"lost"}),
        ("👩‍👩‍👧 🏳️‍🌈 fine", set()),
        ("שלום עולם \u200fטוב", set()),
    ],
)
def test_garbled_text_is_known_by_three_signs(examples, context, text, signals):
    """Noise within words, wrong encodings and lost characters; formulas, accents, emoji and right-to-left text are none."""
    selector = Garbled()
    found = selector.score(examples(text=[text]), context()).signals.to_pylist()[0]
    rules = {signal.name: signal.rule for signal in selector.signals}
    assert signals == {name for name, value in found.items() if value > 0 and value >= rules[name].threshold}


@pytest.mark.parametrize(
    ("text", "unfinished"),
    [
        (STORY, True),
        (STORY + ".", False),
        (STORY + " (or so they said)", False),
        ("The boat left the harbour at six and the crew had no idea about the", True),
        ("The boat left the harbour at six and the crew had no idea", False),
        ("How do I know whether my new card is on its way", False),
        ("船在六点离开港口。没有人告诉船员暴风雨的消息，因为", True),
        ("船在六点离开港口。没有人告诉船员暴风雨的消息", True),
        ("船在六点离开港口。没有人告诉船员暴风雨的消息。", False),
        ("Here is what to buy for the party.\n1. Bread and butter\n2. Milk and a lot of honey", False),
        ("Use this function. It sorts a list of numbers:\n```python\nsorted(numbers)\n```", False),
        ("def f(x):\n    return x + one_more_number_of_some_kind and_then another", False),
        ("Too short. Is it", False),
        (None, None),
    ],
)
def test_a_text_looks_cut_off_by_what_stands_in_itself(examples, context, text, unfinished):
    """An end that asks for more, or a last sentence without an end after one that has it; lists, code and short texts are left alone."""
    assert [unfinished] == values(Truncation(), "unfinished", [text], examples, context)


def test_evidence_shows_where_a_text_stops(examples, context):
    """The last twenty characters, by their places."""
    found = Truncation().score(examples(text=[STORY]), context()).evidence.to_pylist()[0]
    assert [{"role": "text", "start": len(STORY) - 20, "end": len(STORY)}] == found["spans"]
    assert "open" == found["reason"]
