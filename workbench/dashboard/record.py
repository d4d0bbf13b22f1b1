"""One record: its parts in full with the evidence marked, what the rules and what people say, its partners, and the buttons that overrule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import streamlit as st

from workbench.dashboard.marking import draw_marks, word_difference
from workbench.dashboard.navigation import link
from workbench.dashboard.show import passage, short_id, table, text
from workbench.report.numbers import cell
from workbench.report.text import excerpt
from workbench.types import Action, RoleType, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.curate import Explanation, Partner
    from workbench.dashboard.listing import Record
    from workbench.store import DatasetRecord
    from workbench.types import Role

COLOURS: dict[str, Literal["green", "red", "orange"]] = {Verdict.KEEP.value: "green", Verdict.DROP.value: "red", Verdict.REVIEW.value: "orange"}
OTHER_RULES = {"choose": "choose: not among those that the policy chooses of what the other rules keep"}
PARTNERS = 5
"""Partners whose text is shown; the others are counted."""


def draw_record(dataset: DatasetRecord, record: Record) -> None:
    """Draw all that is known of one record."""
    known = record.known
    _draw_head(record)
    _draw_why(known)
    roles = {role.name: role for role in dataset.roles}
    texts: dict[str, str] = {}
    for number, (name, value) in enumerate(known.roles.items()):
        label = f"{name} (what a model learns to produce)" if name == dataset.target else name
        texts |= _draw_role(roles[name], label, value, f"{known.row}-{number}")
    draw_marks(_marks(known, texts), texts)
    _draw_partners(dataset, record, roles)
    with st.expander("All signals", key="all-signals", on_change="rerun") as signals:
        if signals.open:  # a closed table would cost as much as an open one, at every key
            table(
                {
                    "signal": [signal.signal for signal in known.signals],
                    "value": [cell(signal.value) for signal in known.signals],
                    "rules": [", ".join(signal.rules) for signal in known.signals],
                    "meaning": [signal.summary for signal in known.signals],
                },
            )
    runs = [f"{experiment}, arm {arm}{'' if seed is None else f', seed {seed}'}" for experiment, arm, seed in known.took_part]
    if runs:
        text("Trained on in: " + "; ".join(runs), key="quiet-runs")


def automatic_verdict(known: Explanation) -> str:
    """What the rules alone say of a record; empty for one that they are not held against."""
    if known.pin is None:
        return known.verdict
    asked = {rule.rpartition(" ")[2] for rule in known.fired}
    return next((action.value for action in Action if action.value in asked), Verdict.KEEP.value)


def _draw_head(record: Record) -> None:
    """The verdict, and beside one another what the rules and what people say."""
    known, pin = record.known, record.pin
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if known.verdict:
            with st.container(key="record-verdict", width="content"):
                st.badge(known.verdict, color=COLOURS[known.verdict])
        text(known.example_id, key="mono-id", width="content")
        text(f"{known.split} · {known.source}", key="quiet-source", width="content")
    rules, people = st.columns(2, gap="small")
    with rules, st.container(horizontal=True, vertical_alignment="center", gap="small", key="says-rules"):
        text("The rules say", key="quiet-rules-say", width="content")
        automatic = automatic_verdict(known)
        if automatic:
            st.badge(automatic, color=COLOURS[automatic])
        else:
            text("nothing: they decide on train alone", key="quiet-no-rules", width="content")
    with people, st.container(horizontal=True, vertical_alignment="center", gap="small", key="says-people"):
        text("People say", key="quiet-people-say", width="content")
        if pin is None:
            text("nothing yet", key="quiet-no-pin", width="content")
        else:
            st.badge(pin.decision, icon=":material/keep:", color=COLOURS[pin.decision])
    if pin is not None:
        note = f": {pin.note}" if pin.note else ""
        changed = " The text is not the one that was judged, so it waits for review." if pin.text_changed else ""
        text(f"Decided by {pin.author}, {pin.time:%Y-%m-%d %H:%M} UTC, step {pin.number}{note}{changed}", key="quiet-pin")


def _draw_why(known: Explanation) -> None:
    """What fired, and what else was found, each with its value, its rule and its reason."""
    found = {finding.signal for finding in known.findings}
    told = sorted((signal for signal in known.signals if signal.fired or signal.signal in found), key=lambda signal: not signal.fired)
    said: set[str] = set()
    with st.container(border=True, gap="xsmall", key="why"):
        others = [rule.rpartition(" ") for rule in known.fired if rule.rpartition(" ")[0] not in {signal.signal for signal in known.signals}]
        for name, _, action in others:  # a choice among the rest, or an alarm
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.badge(action, color=COLOURS[action])
                text(OTHER_RULES.get(name, name), key=f"mono-why-{name}", width="content")
        if not told and not others:
            text("No rule fired, and no selector found anything.")
        for signal in told:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                for action in signal.fired:
                    st.badge(action, color=COLOURS[action])
                value = "" if signal.value is None else f" {signal.value:.4g}"
                rules = f" ({', '.join(signal.rules)})" if signal.rules else ""
                text(f"{signal.signal}{value}{rules}", key=f"mono-why-{signal.signal}", width="content")
            for position, finding in enumerate(each for each in known.findings if each.signal == signal.signal):
                if finding.reason in said:
                    continue
                said.add(finding.reason)
                text(finding.reason)
                quoted = [f"{role}: “{excerpt(_slice(known.roles.get(role), start, end), 120)}”" for role, start, end in finding.spans]
                if finding.other is not None:
                    quoted.append(f"{finding.other.where}: “{excerpt(finding.other.marked, 400)}”")
                if quoted:
                    text("\n".join(quoted), key=f"quiet-span-{signal.signal}-{position}")


def _slice(value: object, start: int, end: int) -> str:
    return value[start:end] if isinstance(value, str) else ""


def _marks(known: Explanation, texts: Mapping[str, str]) -> dict[str, list[tuple[int, int]]]:
    """The spans of all findings, by the passage that they lie in: the first one of their role."""
    places = {name: f"{known.row}-{number}-0" for number, name in enumerate(known.roles)}
    marks: dict[str, list[tuple[int, int]]] = {}
    for role, start, end in (span for finding in known.findings for span in finding.spans):
        if places.get(role) in texts and isinstance(known.roles[role], str):
            marks.setdefault(places[role], []).append((start, end))
    return marks


def _draw_role(role: Role, label: str, value: object, key: str) -> dict[str, str]:
    """A part of an example under its name; one passage for each text that it has. Gives the passages by key."""
    drawn = {}
    with st.container(gap="xxsmall"):
        text(label if value is not None else f"{label}: absent", key=f"quiet-role-{key}")
        for position, each in enumerate(passages(role, value)):
            passage(each, f"{key}-{position}")
            drawn[f"{key}-{position}"] = each
    return drawn


def passages(role: Role, value: object) -> list[str]:
    """The texts of a part of an example."""
    if value is None:
        return []
    match role.type:
        case RoleType.MESSAGES:
            return [_message(each) for each in cast("Sequence[Mapping[str, object]]", value)]
        case RoleType.TEXTS:
            return list(cast("Sequence[str]", value))
        case RoleType.SPANS:
            return [f"{span['text']}  [{span['start']}, {span['end']})" for span in cast("Sequence[Mapping[str, object]]", value)]
        case _:
            return [str(value)]


def _message(message: Mapping[str, object]) -> str:
    more = "".join(f" · {name}: {message[name]}" for name in ("name", "tool_call_id", "tool_calls") if message.get(name))
    return f"{message['role']}{more}\n{message['content'] or ''}"


def _draw_partners(dataset: DatasetRecord, record: Record, roles: Mapping[str, Role]) -> None:
    partners = record.known.partners
    if not partners:
        return
    text(f"Its partners ({len(partners):,})", key="title-partners")
    for position, partner in enumerate(sorted(partners, key=lambda partner: not partner.survives)[:PARTNERS]):
        with st.container(border=True, gap="xsmall"):
            _draw_partner_head(dataset, partner, f"partner-{record.known.row}-{position}")
            draw_differences(record.known.roles, record.partners.get(partner.example_id, {}), roles, f"partner-{record.known.row}-{position}")
    if len(partners) > PARTNERS:
        text(f"and {len(partners) - PARTNERS:,} more", key="quiet-more-partners")


def _draw_partner_head(dataset: DatasetRecord, partner: Partner, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(partner.kind, color="gray")
        if partner.survives:
            st.badge("stays in its place", color="green")
        text(f"{partner.signal} {partner.similarity:.3f}", key=f"mono-{key}-signal", width="content")
        text(short_id(partner.example_id), key=f"mono-{key}-id", width="content")
        link("Record", "Open", dataset=dataset.name, example=partner.example_id)


def draw_differences(mine: Mapping[str, object], theirs: Mapping[str, object], roles: Mapping[str, Role], key: str) -> None:
    """The parts of another example against those of this one: what is equal is said, what differs is shown word by word."""
    equal = [name for name in roles if theirs.get(name) is not None and theirs[name] == mine.get(name)]
    if equal:
        text(f"same {', '.join(equal)}", key=f"quiet-{key}-same")
    for name, before, after in _unequal(mine, theirs, roles, equal):
        text(f"{name}: - here, + there", key=f"quiet-{key}-{name}")
        st.code(word_difference(before, after), language="diff", wrap_lines=True)


def _unequal(
    mine: Mapping[str, object], theirs: Mapping[str, object], roles: Mapping[str, Role], equal: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    for name, role in roles.items():
        if name not in equal and theirs.get(name) is not None:
            yield name, "\n".join(passages(role, mine.get(name))), "\n".join(passages(role, theirs[name]))
