from __future__ import annotations

import pytest

from workbench.errors import PluginError
from workbench.selectors import Found, from_function
from workbench.types import Action, Rule, Scope, Selector, SelectorKind, Signal


def shouting(example):
    text = example["text"]
    if text is None:
        return None
    share = sum(character.isupper() for character in text) / max(len(text), 1)
    if share <= 0.5:
        return share
    return Found(values={"upper-case": share}, reason="shouting", details={"word": text.split()[0]}, spans=(("text", 0, len(text)),))


SELECTOR = from_function(
    name="shouting",
    kind=SelectorKind.NOISE,
    signals=(
        Signal(
            name="upper-case",
            dtype="float64",
            summary="Share of capitals.",
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.5),
            reasons={"shouting": "{word!r} and {value} of all letters are capitals"},
        ),
    ),
    reads=("text",),
    function=shouting,
)


def test_a_function_of_one_example_becomes_a_selector(examples, context):
    """With values, nulls, reasons and spans."""
    assert isinstance(SELECTOR, Selector)
    assert Scope.ROW is SELECTOR.scope
    found = SELECTOR.score(examples(text=["ABC", "abcD", None, "大声"], label=["x"] * 4), context())
    assert [1.0, 0.25, None, 0.0] == found.signals["upper-case"].to_pylist()
    evidence = found.evidence.to_pylist()
    assert [(0, "upper-case", "shouting")] == [(each["position"], each["signal"], each["reason"]) for each in evidence]
    assert [{"role": "text", "start": 0, "end": 3}] == evidence[0]["spans"]


def test_a_function_may_give_several_signals(examples, context):
    """By name; what it leaves out is null."""
    signals = (Signal(name="length", dtype="int64", summary="Characters."), Signal(name="odd", dtype="bool", summary="Whether that is odd."))
    selector = from_function(
        name="lengths",
        kind=SelectorKind.NOISE,
        signals=signals,
        reads=("text",),
        function=lambda example: {"length": len(example["text"]), "odd": len(example["text"]) % 2 == 1} if example["text"] else {},
    )
    found = selector.score(examples(text=["abc", "", "ab"]), context())
    assert {"length": [3, None, 2], "odd": [True, None, False]} == found.signals.to_pydict()


@pytest.mark.parametrize(("result", "said"), [({"wrong": 1.0}, "wrong"), (Found(values={"upper-case": 1.0}, reason="because"), "because")])
def test_what_the_signals_do_not_declare_is_refused(examples, context, result, said):
    """By its name."""
    selector = from_function(name="bad", kind=SelectorKind.NOISE, signals=SELECTOR.signals, reads=("text",), function=lambda _: result)
    with pytest.raises(PluginError, match=said):
        selector.score(examples(text=["a"]), context())
