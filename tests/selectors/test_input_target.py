from __future__ import annotations

import pytest

from workbench.selectors import AnswerNotInContext, InputTargetParams, TargetCopiesInput, TargetLength
from workbench.types import RoleType

CONTEXT = "The tower was finished in 1889 and is 330 metres high. It stands in Paris."
CHINESE = "这座塔于1889年完工，高330米，位于巴黎。"


@pytest.mark.parametrize(
    ("prompt", "response", "copied"),
    [
        ("Describe the tower in one sentence, please.", "Describe the tower in one sentence, please.", True),
        ("Describe the tower in one sentence, please.", "DESCRIBE the tower in one sentence please", True),
        ("Describe the tower in one sentence, please.", "It is an iron tower in Paris.", False),
        ("请用一句话描述这座塔。", "请用一句话描述这座塔", True),
        ("请用一句话描述这座塔。", "这是巴黎的一座铁塔。", False),
        ("Yes", "Yes", True),
        ("Yes", "No", False),
    ],
)
def test_a_target_that_repeats_its_input_is_found(examples, context, prompt, response, copied):
    """Case and punctuation aside; short ones are compared as a whole."""
    found = TargetCopiesInput().score(examples(prompt=[prompt], response=[response]), context())
    assert copied == (found.signals["similarity"][0].as_py() >= 0.9)
    assert copied == (found.evidence is not None)


def test_the_role_that_is_repeated_is_named_and_an_empty_target_is_not_judged(examples, context):
    """The most similar of the input's roles counts; an absent one counts for nothing."""
    params = InputTargetParams(inputs=("prompt", "input"))
    table = examples(prompt=["Translate", "Translate"], input=[CONTEXT, None], response=[CONTEXT, ""])
    found = TargetCopiesInput(params=params).score(table, context())
    assert [1.0, None] == found.signals["similarity"].to_pylist()
    assert '"role": "input"' in found.evidence["values"][0].as_py()


def test_length_of_the_target_beside_its_input(examples, context):
    """Words per word; characters in Chinese; null where the input has none."""
    params = InputTargetParams(inputs=("document",), target="summary")
    table = examples(document=["one two three four", "天空是蓝色的", "one", ""], summary=["one two", "蓝天空", "one two three", "one"])
    found = TargetLength(params=params).score(table, context())
    assert [0.5, 0.5, 3.0, None] == found.signals["ratio"].to_pylist()
    assert [2] == found.evidence["position"].to_pylist()


def span(text, start, end=None):
    return {"start": start, "end": end, "text": text}


@pytest.mark.parametrize(
    ("text", "spans", "signals"),
    [
        (CONTEXT, [span("1889", 26, 30)], (False, False)),
        (CONTEXT, [span("1889", 26)], (False, False)),
        (CONTEXT, [span("1889", 20, 24)], (False, True)),
        (CONTEXT, [span("1889", -1, None)], (False, True)),
        (CONTEXT, [span("1889", None)], (False, False)),
        (CONTEXT, [span("in  paris", None)], (False, False)),
        (CONTEXT, [span("London", 26, 32)], (True, True)),
        (CONTEXT, [span("London", None)], (True, False)),
        (CONTEXT, [span("London", 1), span("Paris", CONTEXT.index("Paris"))], (False, True)),
        (CONTEXT, [], (None, None)),
        (CONTEXT, None, (None, None)),
        (CHINESE, [span("巴黎", CHINESE.index("巴黎"), CHINESE.index("巴黎") + 2)], (False, False)),
        (CHINESE, [span("３３０米", CHINESE.index("330"))], (False, True)),
        (CHINESE, [span("伦敦", 3, 5)], (True, True)),
        ("🙂🙂 Paris", [span("Paris", 3, 8)], (False, False)),
        ("", [span("Paris", 0, 5)], (True, True)),
    ],
)
def test_answers_are_held_against_their_context(examples, context, text, spans, signals):
    """In code points; case, width and white space do not make an answer missing, but an offset must be exact."""
    found = AnswerNotInContext().score(examples({"answers": RoleType.SPANS}, context=[text], answers=[spans]), context())
    assert signals == (found.signals["missing"][0].as_py(), found.signals["offset"][0].as_py())
    assert any(signals) == (found.evidence is not None)


def test_evidence_says_what_stands_at_a_wrong_offset(examples, context):
    """The words that the span points at, marked in the context."""
    table = examples({"answers": RoleType.SPANS}, context=[CONTEXT], answers=[[span("1889", 4, 9)]])
    found = AnswerNotInContext().score(table, context()).evidence.to_pylist()
    assert ["offset"] == [each["reason"] for each in found]
    assert '"found": "tower"' in found[0]["values"]
    assert [{"role": "context", "start": 4, "end": 9}] == found[0]["spans"]
