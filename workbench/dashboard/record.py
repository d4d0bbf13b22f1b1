"""One record: its parts in full, its verdict, why, its partners, and the buttons that overrule."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

from workbench.curate import explain
from workbench.dashboard.decisions import author, draw_notice, draw_signature, draw_undo, pin
from workbench.dashboard.show import passage, short_id, table, text
from workbench.report.numbers import cell
from workbench.report.text import excerpt
from workbench.types import RoleType, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.curate import Current, Explanation, Partner
    from workbench.dashboard.place import Place
    from workbench.store import DatasetRecord, Store
    from workbench.types import Role

COLOURS = {Verdict.KEEP: "green", Verdict.DROP: "red", Verdict.REVIEW: "orange"}
PARTNERS = 5
"""Partners whose text is shown; the others are counted."""


def draw_record(store: Store, state: Current, row: int, place: Place, rows: Sequence[int], *, more: bool) -> None:
    """Draw the record in focus.

    Args:
        store: where it is.
        state: the dataset and its verdicts.
        row: the record's row.
        place: where the person is, for going on.
        rows: the rows of the page.
        more: whether there is another page.
    """
    known = explain(store, state.dataset, row, state.runs, state.decision)
    _draw_buttons(state.dataset, known, place, rows, more=more)
    _draw_head(store, state.dataset, known)
    _draw_why(known)
    roles = {role.name: role for role in state.dataset.roles}
    for name, value in known.roles.items():
        with st.container(gap="xxsmall"):
            text(f"{name} (what a model learns to produce)" if name == state.dataset.target else name, key=f"quiet-role-{name}")
            _draw_role(roles[name], value, f"{known.example_id}-{name}")
    if known.partners:
        _draw_partners(store, state.dataset, known, roles)
    with st.expander("All signals"):
        table(
            {
                "signal": [signal.signal for signal in known.signals],
                "value": [cell(signal.value) for signal in known.signals],
                "rules": [", ".join(signal.rules) for signal in known.signals],
                "meaning": [signal.summary for signal in known.signals],
            },
        )
    for experiment, arm, seed in known.took_part:
        text(f"Trained on in {experiment}, arm {arm}" + ("" if seed is None else f", seed {seed}"), key=f"quiet-part-{experiment}-{arm}-{seed}")


def _draw_buttons(dataset: DatasetRecord, known: Explanation, place: Place, rows: Sequence[int], *, more: bool) -> None:
    if not author():
        draw_signature()
    index = place.index(rows)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False, key="decide"):
        if author():
            for word, shortcut in (("keep", "K"), ("drop", "D")):
                st.button(
                    word.capitalize(),
                    key=f"{word}-{known.example_id}",
                    icon=":material/check:" if word == "keep" else ":material/close:",
                    shortcut=shortcut,
                    on_click=pin,
                    args=(dataset, known.row, known.example_id, word, place, rows),
                    kwargs={"more": more},
                )
            draw_undo(dataset, place, key=f"undo-{known.example_id}")
            st.space("stretch")
        st.button("Previous", key="previous", shortcut="P", on_click=place.backward, args=(rows,), disabled=index == 0 and len(place.starts) == 1)
        last = index == len(rows) - 1 and not more
        st.button("Next", key="next", shortcut="N", on_click=place.forward, args=(rows,), kwargs={"more": more}, disabled=last)
    if author():
        draw_notice()


def _draw_head(store: Store, dataset: DatasetRecord, known: Explanation) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(key="record-verdict", width="content"):
            st.badge(known.verdict, color=COLOURS[Verdict(known.verdict)])
        if known.pin:
            st.badge("pinned", icon=":material/keep:", color="blue")
        text(known.example_id, key="mono-id", width="content")
        text(f"{known.split} · {known.source}", key="quiet-source", width="content")
    if known.pin:
        made = next((each for each in store.ledger.pins(dataset.dataset_id) if each.row == known.row), None)
        if made is not None:
            note = f": {made.note}" if made.note else ""
            text(f"Decided by {made.author}, {made.time:%Y-%m-%d %H:%M} UTC, step {made.number}{note}", key="quiet-pin")


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
                    st.badge(action, color=COLOURS[Verdict(action)])
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


def _draw_role(role: Role, value: object, key: str) -> None:
    if value is None:
        text("absent", key=f"quiet-absent-{role.name}")
        return
    match role.type:
        case RoleType.MESSAGES:
            for position, message in enumerate(cast("Sequence[Mapping[str, object]]", value)):
                extra = "".join(f" · {name}: {message[name]}" for name in ("name", "tool_call_id", "tool_calls") if message.get(name))
                passage(f"{message['role']}{extra}\n{message['content'] or ''}", f"{key}-{position}")
        case RoleType.TEXTS:
            for position, each in enumerate(cast("Sequence[str]", value)):
                passage(each, f"{key}-{position}")
        case RoleType.SPANS:
            for position, span in enumerate(cast("Sequence[Mapping[str, object]]", value)):
                passage(f"{span['text']}  [{span['start']}, {span['end']})", f"{key}-{position}")
        case _:
            passage(str(value), key)


def _draw_partners(store: Store, dataset: DatasetRecord, known: Explanation, roles: Mapping[str, Role]) -> None:
    import numpy as np

    edges = store.signals.edges_of(dataset.dataset_id, known.row)
    rows = np.unique(np.concatenate([edges["a"].to_numpy(), edges["b"].to_numpy()]))
    examples = {each["example_id"]: each for each in store.datasets.examples(dataset.dataset_id, rows=rows).table.to_pylist()}
    text(f"Its partners ({len(known.partners):,})", key="title-partners")
    for position, partner in enumerate(known.partners[:PARTNERS]):
        _draw_partner(partner, examples.get(partner.example_id, {}), roles, f"partner-{known.example_id}-{position}")
    if len(known.partners) > PARTNERS:
        text(f"and {len(known.partners) - PARTNERS:,} more", key="quiet-more-partners")


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
                with st.container(gap="xxsmall"):
                    text(name, key=f"quiet-{key}-{name}")
                    _draw_role(role, example[name], f"{key}-{name}")
