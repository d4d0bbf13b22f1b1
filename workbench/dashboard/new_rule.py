"""A rule for a signal that has none: made on the page of the policy, tried like all others, kept when the policy is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

from workbench.dashboard.show import text
from workbench.types import Action, Direction, PolicyRule, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.curate import Current
    from workbench.store import SelectorRun
    from workbench.types import Signal

    Signals = Mapping[str, tuple[SelectorRun, Signal]]
    Range = Callable[[SelectorRun, Signal], tuple[float, float]]


def new_rules(state: Current) -> list[PolicyRule]:
    """The rules that were added on this page and are not in force yet."""
    known = {(item.signal, item.rule.action) for item in state.decision.policy.rules}
    return [item for item in _added(state) if (item.signal, item.rule.action) not in known]


def forget_new_rules() -> None:
    """Take all of them away."""
    for key in [key for key in st.session_state if str(key).startswith("new-rules-")]:
        del st.session_state[key]


def draw_new_rule(state: Current, signals: Signals, span: Range) -> None:
    """The form: a signal, what the rule asks for, and which end of the signal it takes; ``span`` gives the ends."""
    ruled = {item.signal for item in (*state.decision.policy.rules, *new_rules(state))}
    free = [name for name in signals if name not in ruled]
    with st.expander("Add a rule", expanded=not ruled):
        if not free:
            text("Every signal has a rule.", key="quiet-all-ruled")
            return
        name = st.selectbox("Signal without a rule", free, key="new-rule-signal")
        run, signal = signals[name]
        text(signal.summary, key="quiet-new-rule")
        action = st.segmented_control(
            "It asks for", [each.value for each in Action], default=Action.REVIEW.value, key="new-rule-action", required=True
        )
        side = "at most" if signal.direction is Direction.HIGHER else "at least"
        side = st.segmented_control("Where the value is", ["at least", "at most"], default=side, key=f"new-rule-side-{name}", required=True)
        low, high = span(run, signal)
        # It begins where it takes the fewest rows: the threshold is then moved to where it should be.
        rule = Rule(action=Action(action), operator=">=" if side == "at least" else "<=", threshold=high if side == "at least" else low)
        st.button("Add the rule", key="add-rule", on_click=_add, args=(state, PolicyRule(signal=name, rule=rule)))


def _added(state: Current) -> list[PolicyRule]:
    return cast("list[PolicyRule]", st.session_state.setdefault(f"new-rules-{state.dataset.dataset_id}", []))


def _add(state: Current, item: PolicyRule) -> None:
    _added(state).append(item)
