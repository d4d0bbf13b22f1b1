"""Composition, lengths, languages and Gopher's filters."""

from __future__ import annotations

import json
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import WorkbenchError
from workbench.selectors import (
    Composition,
    GopherParams,
    GopherQuality,
    GopherRepetition,
    InputTargetParams,
    Language,
    LanguageParams,
    LengthOutliers,
    TargetLanguage,
)
from workbench.types import ExampleTable, SelectorContext

ENGLISH = "The harbour was quiet in the morning, and nobody had seen the ship that left before the storm."
CHINESE = "早晨的港口很安静，没有人看见那艘在暴风雨之前离开的船。"
FRENCH = "Le port était calme ce matin, et personne n'avait vu le bateau qui était parti avant la tempête."


def fired(selector, table, context, *args):
    """Per row, the signals whose rule fires."""
    found = selector.score(table, context(*args)).signals.to_pylist()
    test = {">": float.__gt__, ">=": float.__ge__, "<": float.__lt__}
    rules = {signal.name: signal.rule for signal in selector.signals}
    return [
        {name for name, value in row.items() if value is not None and test[rules[name].operator](float(value), rules[name].threshold)}
        for row in found
    ]


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        (ENGLISH, set()),
        (CHINESE, set()),
        ("!!! ??? ### *** --- +++ === ~~~ a b", {"symbols"}),
        ("！！！？？？……～～～※※※★★★☆☆☆好", {"symbols"}),
        ("3141592653 5897932384 pi", {"digits"}),
        ("共计3141592653元、5897932384元", {"digits"}),
        ("BUY NOW AND SAVE BIG MONEY TODAY", {"capitals"}),
        ("我们在 NASA 和 IBM 以及 OECD 之间讨论了很久", set()),
        ("WARNING!!!", set()),
        ("", set()),
    ],
)
def test_composition(examples, context, text, signals):
    """Symbols, digits and capitals; short texts are not judged."""
    assert [signals] == fired(Composition(), examples(text=[text]), context)


def test_unusual_lengths_stand_out_from_their_own_dataset(examples, context):
    """Either way, with what is usual; in Chinese by characters."""
    rng = np.random.default_rng(0)
    for unit, glue in (("word", " "), ("字", "")):
        texts = [glue.join([unit] * int(size)) for size in rng.integers(40, 60, 200)]
        texts[3], texts[7] = unit, glue.join([unit] * 4_000)
        found = LengthOutliers().score(examples(text=texts), context())
        assert {3, 7} == {at for at, row in enumerate(fired(LengthOutliers(), examples(text=texts), context)) if row}
        assert ["short", "long"] == found.evidence["reason"].to_pylist()
        assert 1 == json.loads(found.evidence["values"][0].as_py())["words"]


def test_lengths_of_few_or_equal_texts_are_not_unusual(examples, context):
    """There is nothing to compare with; an empty text has no length."""
    assert [None] * 10 == LengthOutliers().score(examples(text=["a b c"] * 10), context()).signals["text-distance"].to_pylist()
    assert [0.0] * 40 + [None] == LengthOutliers().score(examples(text=["a b c"] * 40 + [""]), context()).signals["text-distance"].to_pylist()


def test_a_text_in_another_language_is_foreign(examples, context):
    """What most texts are in is expected, unless it is said what is; short texts are not judged."""
    table = examples(text=[ENGLISH] * 30 + [CHINESE, FRENCH, "Bonjour", "???"])
    found = Language().score(table, context())
    assert [False] * 30 + [True, True, None, None] == [value if value is None else value >= 0.9 for value in found.signals["foreign"].to_pylist()]
    assert ("expected languages: en",) == found.notes
    assert {"zh", "fr"} == {json.loads(each)["language"] for each in found.evidence["values"].to_pylist()}
    given_both = Language(params=LanguageParams(expected=("zh", "en"))).score(table, context()).signals["foreign"].to_pylist()
    assert [31] == [at for at, value in enumerate(given_both) if value is not None and value >= 0.9]
    only_chinese = Language(params=LanguageParams(expected=("zh",))).score(table, context()).signals["foreign"].to_pylist()
    assert [30] == [at for at, value in enumerate(only_chinese) if value is not None and value < 0.9]


def test_an_unknown_language_is_refused(examples, context):
    """With the codes that are known."""
    with pytest.raises(WorkbenchError, match="'english' is not known"):
        Language(params=LanguageParams(expected=("english",))).score(examples(text=[ENGLISH]), context())


def test_probabilities_are_those_of_the_library():
    """For texts within what is read of them, to the precision of the sums."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    from workbench.selectors._langid import languages_of, model

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([name for name in identifier.labels if len(name) == 2])
    texts = [ENGLISH, FRENCH, CHINESE, ENGLISH.upper(), "e\u0301te\u0301", "", "12 34", "Это русский текст.", "Ово је српски.", "Ovo je srpski."]
    expected = [identifier.rank(text) for text in texts]
    actual = languages_of(pa.array(texts, pa.large_string()))
    for row, ranked in zip(actual, expected, strict=True):
        np.testing.assert_allclose([row[model().languages.index(name)] for name, _ in ranked], [value for _, value in ranked], atol=1e-4)


@pytest.mark.parametrize(
    ("prompt", "response", "other"),
    [
        (ENGLISH, ENGLISH, False),
        (ENGLISH, CHINESE, True),
        (CHINESE, ENGLISH, True),
        (CHINESE, CHINESE, False),
        ("Translate this: " + ENGLISH, CHINESE, None),
        ("翻译成英文：" + CHINESE, ENGLISH, None),
        ("写一个函数：" + CHINESE, ENGLISH, None),
        (CHINESE, "OK", None),
    ],
)
def test_an_answer_should_be_in_the_language_of_its_question(examples, context, prompt, response, other):
    """Unless the question is about languages or code."""
    selector = TargetLanguage(params=InputTargetParams(inputs=("prompt",), target="response"))
    assert [other] == selector.score(examples(prompt=[prompt], response=[response]), context()).signals["other"].to_pylist()


STORY = "\n\n".join(
    f"In the year {at} the people of town number {at} built {at * 7} houses beside the river and sold {at * 3} boats." for at in range(8)
)
ZH_STORY = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈剑号巨阙珠称夜光"

ZH_SCHOOL = (
    "东山理工学院位于河边，前身是一所中学。机械工程系成立于一九五三年，最初只有二十名学生。东山理工学院后来搬到新校区，并开始招收研究生，其中机械工程系"
    "人数最多。图书馆藏书三十万册，每天开放到深夜。许多城市的工程师都毕业于机械工程系，他们秋天回来讲课。市民也常到东山理工学院散步，看湖边的老树。今年，"
    "机械工程系与东山理工学院的校友会一起修好了旧钟楼。"
)


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        (ZH_STORY, set()),
        (ZH_SCHOOL, set()),
        (STORY[:300] + "\n\n" + STORY[:300], {"duplicate-paragraph", "duplicate-line", "duplicate-10-grams"}),
        ("buy cheap watches online " * 20, {"top-2-gram", "top-4-gram", "duplicate-5-grams"}),
        ("买便宜手表上网来" * 20, {"top-2-gram", "top-4-gram", "duplicate-5-grams"}),
        ("too short " * 5, set()),
    ],
)
def test_long_texts_that_repeat_themselves(examples, context, text, signals):
    """By the published thresholds; short texts are not judged."""
    found = fired(GopherRepetition(), examples(text=[text]), context)[0]
    assert bool(signals) == bool(found)
    assert all(any(name.startswith(signal) for name in found) for signal in signals)


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        (STORY, set()),
        ("的故事是" + ZH_STORY, set()),
        ("Nothing of it", {"words", "stop-words"}),
        ("- the one of them\n- and that\n• with some others of them all", {"words", "bullet-lines"}),
        ("and the rest...\nof the story…\n", {"words", "ellipses", "ellipsis-lines"}),
        ("#the #of #and to be", {"words", "hashes"}),
        ("the of 1 2 3 4 5 6 7 8", {"words", "short-words", "alphabetic-words"}),
    ],
)
def test_texts_that_do_not_read_like_prose(examples, context, text, signals):
    """By the published thresholds; Chinese has no word length, and stop words of its own."""
    assert signals == fired(GopherQuality(), examples(text=[text]), context)[0]


def reference(text):
    """The 13 fractions as one reads them in the paper, with Python's strings."""
    words = text.split()

    def repeats(parts):
        seen, count, characters = set(), 0, 0
        for part in parts:
            if part in seen:
                count, characters = count + 1, characters + len(part)
            seen.add(part)
        return count / len(parts), characters / len(text)

    lines, paragraphs = repeats(re.split(r"\n+", text)), repeats(re.split(r"\n{2,}", text.strip()))
    values = [lines[0], paragraphs[0], lines[1], paragraphs[1]]
    for size in (2, 3, 4):
        grams = [" ".join(words[at : at + size]) for at in range(len(words) - size + 1)]
        best = max(grams, key=grams.count) if grams else None
        values.append(None if best is None else len(best) * grams.count(best) / len(text))
    for size in range(5, 11):
        seen, at, characters = set(), 0, 0
        while at <= len(words) - size:
            gram = "".join(words[at : at + size])
            if gram in seen:
                at, characters = at + size, characters + len(gram)
            else:
                seen.add(gram)
                at += 1
        values.append(characters / len(text))
    return values


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["a", "bb", "ccc", "é", "🙂", "a\n", "bb\n\n", "a\u2003"]), min_size=1, max_size=60))
def test_repetition_is_what_a_plain_reading_of_the_paper_gives(parts):
    """Exactly, on any texts."""
    text = " ".join(parts)
    table = ExampleTable(pa.table({"text": pa.array([text], pa.large_string())}), ("text",))
    found = GopherRepetition(params=GopherParams(least_words=0)).score(table, SelectorContext()).signals
    assert reference(text) == list(found.to_pylist()[0].values())
