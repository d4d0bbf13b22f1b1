"""One record: its parts in full, its verdict, why, its partners, and the buttons that overrule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import streamlit as st

from workbench.dashboard.decisions import author, draw_notice, draw_signature, draw_undo, pin
from workbench.dashboard.show import passage, short_id, table, text
from workbench.report.numbers import cell
from workbench.report.text import excerpt
from workbench.types import RoleType, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.curate import Explanation, Partner
    from workbench.dashboard.listing import Listing, Record
    from workbench.dashboard.place import Place
    from workbench.store import DatasetRecord
    from workbench.types import Role

COLOURS: dict[str, Literal["green", "red", "orange"]] = {Verdict.KEEP.value: "green", Verdict.DROP.value: "red", Verdict.REVIEW.value: "orange"}
PARTNERS = 5
"""Partners whose text is shown; the others are counted."""


def draw_record(dataset: DatasetRecord, listing: Listing, place: Place) -> None:
    """Draw the record in focus, and what can be done with it."""
    known = listing.record.known
    _draw_buttons(dataset, listing, place)
    _draw_head(listing.record)
    _draw_why(known)
    roles = {role.name: role for role in dataset.roles}
    for name, value in known.roles.items():
        label = f"{name} (what a model learns to produce)" if name == dataset.target else name
        _draw_role(roles[name], label, value, f"{known.example_id}-{name}")
    _draw_partners(listing.record, roles)
    with st.expander("All signals"):
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


def _draw_buttons(dataset: DatasetRecord, listing: Listing, place: Place) -> None:
    known, rows = listing.record.known, listing.numbers
    if not author():
        draw_signature()
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False, key="decide"):
        if author():
            for word, shortcut, icon in (("keep", "K", ":material/check:"), ("drop", "D", ":material/close:")):
                st.button(
                    word.capitalize(),
                    key=f"{word}-{known.example_id}",
                    icon=icon,
                    shortcut=shortcut,
                    on_click=pin,
                    args=(dataset, listing, place, word),
                )
            draw_undo(dataset, place, key=f"undo-{known.example_id}")
            st.space("stretch")
        first = listing.index == 0 and len(place.starts) == 1
        last = listing.index == len(rows) - 1 and not listing.more
        st.button("Previous", key="previous", shortcut="P", on_click=place.backward, args=(rows,), disabled=first)
        st.button("Next", key="next", shortcut="N", on_click=place.forward, args=(rows,), kwargs={"more": listing.more}, disabled=last)
    if author():
        draw_notice()


def _draw_head(record: Record) -> None:
    known = record.known
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(key="record-verdict", width="content"):
            st.badge(known.verdict, color=COLOURS[known.verdict])
        if record.pin is not None:
            st.badge("pinned", icon=":material/keep:", color="blue")
        text(known.example_id, key="mono-id", width="content")
        text(f"{known.split} · {known.source}", key="quiet-source", width="content")
    if record.pin is not None:
        note = f": {record.pin.note}" if record.pin.note else ""
        text(f"Decided by {record.pin.author}, {record.pin.time:%Y-%m-%d %H:%M} UTC, step {record.pin.number}{note}", key="quiet-pin")


def _draw_why(known: Explanation) -> None:
    """What fired, and what else was found, each with its value, its rule and its reason."""
    found = {finding.signal for finding in known.findings}
    told = sorted((signal for signal in known.signals if signal.fired or signal.signal in found), key=lambda signal: not signal.fired)
    with st.container(border=True, gap="xsmall", key="why"):
        if not told:
            text("No rule fired, and no selector found anything.")
        for signal in told:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                for action in signal.fired:
                    st.badge(action, color=COLOURS[action])
                value = "" if signal.value is None else f" {signal.value:.4g}"
                rules = f" ({', '.join(signal.rules)})" if signal.rules else ""
                text(f"{signal.signal}{value}{rules}", key=f"mono-why-{signal.signal}", width="content")
            for position, finding in enumerate(each for each in known.findings if each.signal == signal.signal):
                text(finding.reason)
                quoted = [f"{role}: “{excerpt(_slice(known.roles.get(role), start, end), 120)}”" for role, start, end in finding.spans]
                if quoted:
                    text("\n".join(quoted), key=f"quiet-span-{signal.signal}-{position}")


def _slice(value: object, start: int, end: int) -> str:
    return value[start:end] if isinstance(value, str) else ""


def _draw_role(role: Role, label: str, value: object, key: str) -> None:
    """A part of an example under its name; one passage for each text that it has."""
    with st.container(gap="xxsmall"):
        text(label if value is not None else f"{label}: absent", key=f"quiet-role-{key}")
        for position, each in enumerate(_passages(role, value)):
            passage(each, f"{key}-{position}")


def _passages(role: Role, value: object) -> list[str]:
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


def _draw_partners(record: Record, roles: Mapping[str, Role]) -> None:
    partners = record.known.partners
    if not partners:
        return
    text(f"Its partners ({len(partners):,})", key="title-partners")
    for position, partner in enumerate(sorted(partners, key=lambda partner: not partner.survives)[:PARTNERS]):
        _draw_partner(partner, record.partners.get(partner.example_id, {}), roles, f"partner-{record.known.example_id}-{position}")
    if len(partners) > PARTNERS:
        text(f"and {len(partners) - PARTNERS:,} more", key="quiet-more-partners")


def _draw_partner(partner: Partner, example: Mapping[str, object], roles: Mapping[str, Role], key: str) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(partner.kind, color="gray")
            if partner.survives:
                st.badge("stays in its place", color="green")
            text(f"{partner.signal} {partner.similarity:.3f}", key=f"mono-{key}-signal", width="content")
            text(short_id(partner.example_id), key=f"mono-{key}-id", width="content")
        for name, role in roles.items():
            if example.get(name) is not None:
                _draw_role(role, name, example[name], f"{key}-{name}")
