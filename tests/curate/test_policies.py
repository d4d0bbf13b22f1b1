"""Policies as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.curate import from_plain, parse_rule, policy_hash, to_plain
from workbench.errors import RecipeError
from workbench.types import Action, Choice, Policy, PolicyRule, Rule

RULES = st.builds(
    Rule,
    action=st.sampled_from(Action),
    operator=st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    threshold=st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.6g}")),
)
POLICIES = st.builds(
    Policy,
    rules=st.lists(
        st.builds(PolicyRule, signal=st.sampled_from(["a.x", "a.y", "b.z"]), rule=RULES),
        unique_by=lambda item: (item.signal, item.rule.action),
    ).map(lambda rules: tuple(sorted(rules, key=lambda item: item.signal))),
    survivor=st.sampled_from(["longest", "a.x"]),
    choice=st.none()
    | st.builds(
        Choice,
        signal=st.just("a.x"),
        k=st.floats(0.1, 0.9) | st.integers(1, 10**9),
        order=st.sampled_from(["highest", "lowest"]),
        unit=st.sampled_from(["rows", "tokens"]),
    ),
    pins=st.booleans(),
    review=st.sampled_from(["include", "exclude"]),
)


@given(POLICIES)
def test_a_policy_reads_back_as_it_was_written(policy: Policy) -> None:
    """Writing and reading a policy loses nothing."""
    assert from_plain(to_plain(policy)) == policy


@given(POLICIES, POLICIES)
def test_equal_policies_have_equal_hashes_and_others_do_not(one: Policy, other: Policy) -> None:
    """The hash tells policies apart, falsy thresholds included."""
    assert (policy_hash(one) == policy_hash(other)) == (to_plain(one) == to_plain(other))


@pytest.mark.parametrize(
    ("action", "text", "complaint"),
    [
        ("drop", "0.8", "cannot be read"),
        ("drop", ">= many", "not a number"),
        ("delete", ">= 0.8", "cannot 'delete'"),
    ],
)
def test_a_rule_that_cannot_be_read_says_what_was_expected(action: str, text: str, complaint: str) -> None:
    """A malformed rule is refused with what it should have been."""
    with pytest.raises(RecipeError, match=complaint) as caught:
        parse_rule(action, text)
    assert caught.value.expected


def test_a_later_rule_on_the_same_signal_replaces_the_earlier_one() -> None:
    """A recipe's rule takes the place of a default one, whatever its action was."""
    base = from_plain({"a.x": {"drop": "> 1"}, "b.z": {"drop": "> 2"}})
    changed = from_plain({"a.x": {"review": "> 3"}}, base)
    assert to_plain(changed)["a.x"] == {"review": "> 3"}
    assert to_plain(changed)["b.z"] == {"drop": "> 2"}


@pytest.mark.parametrize(
    "given",
    [
        {"by": "a.x"},
        {"k": 3},
        {"by": "a.x", "k": 0},
        {"by": "a.x", "k": -1},
        {"by": "a.x", "k": 2.5},
        {"by": "a.x", "k": float("nan")},
        {"by": "a.x", "k": True},
        {"by": "a.x", "k": 3, "order": "best"},
        {"by": "a.x", "k": 3, "unit": "characters"},
        {"by": "a.x", "k": 3, "tokens": 4},
    ],
    ids=str,
)
def test_a_choice_that_cannot_be_made_says_what_was_expected(given: dict[str, object]) -> None:
    """Half a row, an unknown order and the like are refused."""
    with pytest.raises(RecipeError, match="cannot be made") as caught:
        from_plain({"choose": given})
    assert "unit: rows or tokens" in caught.value.expected
