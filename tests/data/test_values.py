"""What values become in a role."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from workbench.data.values import arrow_type, as_column, as_role
from workbench.types import RoleType

SPAN = {"start": 3, "end": 5, "text": "ab"}
MESSAGE = {"role": "user", "content": "Hi", "name": None, "tool_call_id": None, "tool_calls": None}

TAKEN = [
    (RoleType.TEXT, "", ""),
    (RoleType.TEXT, 1, "1"),
    (RoleType.TEXT, 1.0, "1"),
    (RoleType.TEXT, 1.5, "1.5"),
    (RoleType.TEXT, 2.0**60, repr(2.0**60)),
    (RoleType.TEXT, True, "true"),
    (RoleType.TEXT, math.nan, None),
    (RoleType.TEXT, b"bytes", "bytes"),
    (RoleType.LABEL, 0, "0"),
    (RoleType.LABEL, False, "false"),
    (RoleType.LABEL, "", None),
    (RoleType.NUMBER, 3, 3.0),
    (RoleType.NUMBER, "3.5", 3.5),
    (RoleType.NUMBER, True, 1.0),
    (RoleType.NUMBER, "", None),
    (RoleType.NUMBER, "inf", None),
    (RoleType.TEXTS, ["a", 1, None], ["a", "1"]),
    (RoleType.TEXTS, "one", ["one"]),
    (RoleType.TEXTS, '["a", "b"]', ["a", "b"]),
    (RoleType.TEXTS, "[not JSON", ["[not JSON"]),
    (RoleType.SPANS, [], []),
    (RoleType.SPANS, [{"start": 3, "end": 5, "text": "ab"}], [SPAN]),
    (RoleType.SPANS, [{"answer_start": 3, "text": "ab"}], [SPAN]),
    (RoleType.SPANS, {"text": ["ab"], "answer_start": [3]}, [SPAN]),
    (RoleType.SPANS, {"text": [], "answer_start": []}, []),
    (RoleType.SPANS, '[{"start": 3, "text": "ab"}]', [SPAN]),
    (RoleType.SPANS, [{"text": "ab"}], [{"start": None, "end": None, "text": "ab"}]),
    (RoleType.MESSAGES, [{"role": "user", "content": "Hi", "weight": 1}], [MESSAGE]),
    (RoleType.MESSAGES, [{"role": "user", "content": "Hi", "tool_calls": [{"id": "é"}]}], [{**MESSAGE, "tool_calls": '[{"id": "é"}]'}]),
]
REFUSED = [
    (RoleType.TEXT, ["a"], "is a list, expected text"),
    (RoleType.LABEL, {"a": 1}, "is an object, expected text"),
    (RoleType.TEXT, b"\xff", "is not UTF-8"),
    (RoleType.TEXT, "\ud800", "holds a lone surrogate, which is no character"),
    (RoleType.TEXTS, '["\\ud800"]', "holds a lone surrogate, which is no character"),
    (RoleType.NUMBER, "many", "is not a number"),
    (RoleType.NUMBER, [1], "is a list, expected a number"),
    (RoleType.SPANS, "ab", "is a text, expected a list of spans"),
    (RoleType.SPANS, [{"start": 1}], "holds a span without text"),
    (RoleType.SPANS, [{"start": 5, "end": 3, "text": "ab"}], "holds a span from 5 to 3"),
    (RoleType.SPANS, [{"start": "5", "text": "ab"}], "holds a span whose start or end is no integer"),
    (RoleType.SPANS, {"text": ["a"], "answer_start": []}, "is an object, expected lists of equal length, one of them named text"),
    (RoleType.SPANS, [{"text": "a", "start": True}], "holds a span whose start or end is no integer"),
    (RoleType.SPANS, [{"text": "a", "start": 0, "end": True}], "holds a span whose start or end is no integer"),
    (RoleType.MESSAGES, [{"content": "Hi"}], "holds a message without a role"),
    (RoleType.MESSAGES, [{"role": "user", "content": ["Hi"]}], "holds a message whose content is a list, expected text"),
]


@pytest.mark.parametrize(("kind", "value", "expected"), TAKEN)
def test_a_value_becomes_what_the_role_holds(kind, value, expected):
    """The rule for each type of value, in a column of mixed types."""
    array, problems = as_role([value, None], kind)

    assert (expected, None) == tuple(array.to_pylist())
    assert {} == problems
    assert arrow_type(kind) == array.type


@pytest.mark.parametrize(("kind", "value", "problem"), REFUSED)
def test_a_value_that_fits_no_role_is_told(kind, value, problem):
    """It becomes null, and what is wrong stands with its position; the others are taken."""
    good = [] if kind not in {RoleType.TEXT, RoleType.LABEL, RoleType.NUMBER} else "1"

    array, problems = as_role([good, value], kind)

    assert {1: problem} == problems
    assert [False, True] == [each is None for each in array.to_pylist()]


@pytest.mark.parametrize(
    ("kind", "array", "expected"),
    [
        (RoleType.LABEL, pa.array([1, None, 3]), ["1", None, "3"]),
        (RoleType.LABEL, pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
        (RoleType.TEXT, pa.array(["a", "b"], pa.string_view()), ["a", "b"]),
        (RoleType.TEXT, pa.array([1.0, math.nan]), ["1", None]),
        (RoleType.NUMBER, pa.array([1.5, math.inf], pa.float32()), [1.5, None]),
        (RoleType.TEXTS, pa.array([["a", None], None]), [["a"], None]),
        (RoleType.SPANS, pa.array([{"text": ["ab"], "answer_start": [3]}]), [[SPAN]]),
        (RoleType.SPANS, pa.nulls(2), [None, None]),
    ],
)
def test_an_arrow_column_becomes_what_the_role_holds(kind, array, expected):
    """The same rules hold where a format brings Arrow's types."""
    taken, problems = as_role(array, kind)

    assert expected == taken.to_pylist()
    assert {} == problems
    assert arrow_type(kind) == taken.type


def test_mixed_labels_agree_with_themselves():
    """A label is the same text whether a file writes it as text, integer or float."""
    array, _ = as_role(as_column(["1", 1, 1.0]), RoleType.LABEL)

    assert ["1", "1", "1"] == array.to_pylist()
