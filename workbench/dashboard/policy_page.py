"""The page of the policy: move a threshold, see at once what it would come to, apply it as one step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import streamlit as st

from workbench.curate import to_plain, what_if
from workbench.dashboard.access import errors_told, open_store
from workbench.dashboard.decisions import author, draw_notice, draw_signature, draw_undo, is_newest, outcome_told, tell
from workbench.dashboard.facets import bounds
from workbench.dashboard.navigation import choose_dataset, link
from workbench.dashboard.new_rule import draw_new_rule, forget_new_rules, new_rules
from workbench.dashboard.preview import draw_change, draw_counts
from workbench.dashboard.show import heading, text
from workbench.dashboard.state import material_of, state_of
from workbench.report.text import printable
from workbench.types import PolicyRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.curate import Current, Preview
    from workbench.store import PolicyRecord, SelectorRun
    from workbench.types import Policy, Signal

_STEPS = 200


def policy_page() -> None:
    """Thresholds at the left, what they would come to at the right."""
    with errors_told():
        store = open_store()
        state = state_of(choose_dataset(store))
        with st.sidebar:
            draw_signature()
            st.button("Back to the policy in force", key="reset", on_click=_reset)
        name = f"{state.policy.name}@{state.policy.version}" if state.policy else "The selectors' default rules"
        heading(name, "policy", level=1)
        moved, told = st.columns([2, 3], gap="large")
        with moved:
            candidate = _choose_thresholds(state)
        with told, st.container(key="told"):
            slot = st.empty()
            _draw_apply(state, candidate)
            draw_change(_preview(state, candidate, slot), state.dataset)
        _draw_versions(store.ledger.policies(state.dataset.name))


# --- thresholds -------------------------------------------------------------------------------------------------------------------------------------


def _choose_thresholds(state: Current) -> Policy:
    """Each rule can be moved or switched off; what the policy says beside its rules stays as it is."""
    signals = {f"{run.name}.{signal.name}": (run, signal) for run in state.runs for signal in run.signals}
    rules = [_choose_threshold(state, item, *signals[item.signal]) for item in (*state.decision.policy.rules, *new_rules(state))]
    draw_new_rule(state, signals, lambda run, signal: _range(state, run, signal))
    return replace(state.decision.policy, rules=tuple(rule for rule in rules if rule is not None))


def _choose_threshold(state: Current, item: PolicyRule, run: SelectorRun, signal: Signal) -> PolicyRule | None:
    rule = item.rule
    # The threshold in force is part of the key: when another policy is applied, here or elsewhere, the slider begins at its threshold.
    key = f"move-{state.dataset.dataset_id}-{item.signal}-{rule.action.value}-{rule.threshold:g}"
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            text(f"{item.signal}", key=f"title-{key}", width="content")
            st.space("stretch")
            on = st.toggle(f"{rule.action.value}", value=True, key=f"{key}-on", persist_state="session")
        low, high = _range(state, run, signal)
        low, high = min(low, rule.threshold), max(high, rule.threshold)
        if signal.dtype == "bool" or not low < high:
            text(signal.summary, key=f"quiet-{key}")
            return item if on else None
        threshold = st.slider(
            f"{rule.action.value} where the value is {_in_words(rule.operator)}",
            low,
            high,
            rule.threshold,
            step=_step(signal, low, high),
            key=key,
            disabled=not on,
            format="%.4g",
            help=printable(signal.summary).replace("[", "(").replace("]", ")"),
            persist_state="session",
        )
    return PolicyRule(signal=item.signal, rule=replace(rule, threshold=threshold)) if on else None


def _range(state: Current, run: SelectorRun, signal: Signal) -> tuple[float, float]:
    """What the signal declares, else what was found."""
    least, most = signal.low, signal.high
    if least is None or most is None:
        found = bounds(state, run, signal.name)
        least, most = (found[0] if least is None else least), (found[1] if most is None else most)
    return float(least), float(most)


def _step(signal: Signal, low: float, high: float) -> float:
    return 1.0 if signal.dtype == "int64" and high - low <= 10_000 else (high - low) / _STEPS


def _in_words(operator: str) -> str:
    return {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "==": "equal to", "!=": "other than"}[operator]


def _reset() -> None:
    for key in [key for key in st.session_state if str(key).startswith("move-")]:
        del st.session_state[key]
    forget_new_rules()


# --- what it would come to --------------------------------------------------------------------------------------------------------------------------


def _preview(state: Current, candidate: Policy, slot: st.delta_generator.DeltaGenerator) -> Preview:
    """Row rules at once; where duplicates have to be gone through anew, their numbers are marked as updating until they are there."""
    material = material_of(state)
    number = state.decision.ledger_number
    preview = what_if(material, state.decision.policy, candidate, ledger_number=number, duplicates=False)
    with slot.container():
        draw_counts(preview)
    if preview.updating:
        preview = what_if(material, state.decision.policy, candidate, ledger_number=number)
        with slot.container():
            draw_counts(preview)
    return preview


# --- applying ---------------------------------------------------------------------------------------------------------------------------------------


def _draw_apply(state: Current, candidate: Policy) -> None:
    if not author():
        text("Say who you are, in the panel at the left, to apply a policy.", key="quiet-sign")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input("Name", value=state.policy.name if state.policy else state.dataset.name, key="policy-name", max_chars=100)
        same = candidate == state.decision.policy
        st.button("Apply", key="apply", type="primary", disabled=same or not name.strip(), on_click=_apply, args=(state, candidate, name))
        draw_undo(state.dataset, key="undo-policy")
    draw_notice("Applying makes a new version, as one step that can be taken back.")
    link("Export", "Export what the policy in force keeps", dataset=state.dataset.name)


def _apply(state: Current, candidate: Policy, name: str) -> None:
    with outcome_told():
        store = open_store()
        if is_newest(store, state.dataset):
            record = store.ledger.put_policy(state.dataset.name, name.strip(), candidate, author=author())
            tell(f"{record.name}@{record.version} is in force")


def _draw_versions(records: Sequence[PolicyRecord]) -> None:
    """Who made which version, and what differs between two of them."""
    if not records:
        return
    heading("Versions", "versions")
    known = {f"{each.name}@{each.version}": each for each in sorted(records, key=lambda each: -each.policy_id)}
    for label, each in list(known.items())[:10]:
        text(f"{label}, by {each.author}, {each.created:%Y-%m-%d %H:%M} UTC", key=f"quiet-version-{each.policy_id}")
    if len(known) < 2:
        return
    left, right = st.columns(2)
    with left:
        before = st.selectbox("From", list(known), index=1, key="policy-from")
    with right:
        after = st.selectbox("To", list(known), index=0, key="policy-to")
    st.code(policy_difference(known[before].policy, known[after].policy) or "  nothing differs", language="diff")


def policy_difference(before: Policy, after: Policy) -> str:
    """What differs, a line each: a minus for what is gone, a plus for what is new."""
    old, new = _lines(to_plain(before)), _lines(to_plain(after))
    return "\n".join([f"- {line}" for line in old if line not in new] + [f"+ {line}" for line in new if line not in old])


def _lines(plain: Mapping[str, object]) -> list[str]:
    lines = []
    for key, value in plain.items():
        if isinstance(value, dict):
            lines += [f"{key}: {name} {each}" for name, each in cast("dict[str, object]", value).items()]
        else:
            lines.append(f"{key}: {value}")
    return lines
