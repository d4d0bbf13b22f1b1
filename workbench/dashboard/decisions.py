"""What people decide: each decision is a signed step of the ledger, and what became of it is told beside the buttons."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import quote, unquote

import numpy as np
import streamlit as st

from workbench.curate import built_on
from workbench.dashboard.access import open_store, settings
from workbench.dashboard.show import short_id, text
from workbench.errors import StoreLockedError, WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.dashboard.listing import Listing
    from workbench.dashboard.place import Place
    from workbench.store import DatasetRecord, RowFilter, Store

KINDS = {"policy": "a policy", "survivor": "the choice of a row that stays", "judge": "a judgement of a pair"}
"""Actions of the ledger in words, but for decisions on rows."""

_COOKIE = "workbench-author"
_LONGEST = 80
_YEAR = 365 * 24 * 60 * 60


def author() -> str:
    """Who signs in this browser; empty until the person has said so."""
    if "author" not in st.session_state:
        known = unquote(st.context.cookies.get(_COOKIE, ""))
        st.session_state["author"] = known if len(known) <= _LONGEST and known.isprintable() else ""
    return cast("str", st.session_state["author"])


def remember_author() -> None:
    """Have the browser keep the name, so that it is asked for once."""
    if author():
        kept = f"{_COOKIE}={quote(author(), safe='')}; path=/; max-age={_YEAR}; samesite=strict"
        st.html(f'<script>document.cookie = "{kept}"</script>', unsafe_allow_javascript=True)


def draw_signature() -> None:
    """Ask for the name that decisions are signed with, once for each browser; then show it."""
    if author():
        with st.container(horizontal=True, vertical_alignment="center"):
            text(f"You decide as {author()}.", key="quiet-author")
            st.button("Change", key="change-author", type="tertiary", on_click=lambda: st.session_state.update(author=""))
        return
    with st.form("signature", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Your name, for the history of decisions", value=settings().author, max_chars=_LONGEST, width=260)
        if st.form_submit_button("Start deciding", type="primary") and name.strip():
            st.session_state["author"] = name.strip()
            st.rerun()


def draw_notice(otherwise: str = "") -> None:
    """What the last decision did."""
    notice = cast("str", st.session_state.get("notice", ""))
    if notice or otherwise:
        text(notice or otherwise, key="quiet-notice")


def draw_undo(dataset: DatasetRecord, place: Place | None = None, *, key: str) -> None:
    """The button that takes back the person's own last step on this dataset, wherever its rows are."""
    st.button("Undo", key=key, icon=":material/undo:", shortcut="U", on_click=undo, args=(dataset, place))


def draw_note() -> None:
    """A note that goes into the history with the next decision."""
    waiting = bool(st.session_state.get("note"))
    with st.popover("Note", icon=":material/edit_note:" if not waiting else ":material/sticky_note_2:", key="note-popover"):
        st.text_area("Note for the next decision", key="note", max_chars=500, placeholder="why")


def pin(dataset: DatasetRecord, listing: Listing, place: Place, decision: Literal["keep", "drop"]) -> None:
    """Overrule the rules on the record in focus and go on to the next.

    A key that is pressed before the page has caught up with the last one means a row that nobody has seen yet: it decides nothing.
    """
    known = listing.record.known
    if st.session_state.get("place") is not place or place.focus != known.row:
        return
    if decide(dataset, [known.row], decision, short_id(known.example_id), note=take_note()):
        place.forward(listing.numbers, more=listing.more)


def decide(
    dataset: DatasetRecord,
    rows: Sequence[int],
    decision: Literal["keep", "drop", "none"],
    what: str,
    *,
    note: str = "",
    chosen: RowFilter | None = None,
) -> bool:
    """Pin rows as one step, which may name the filter that they come from, and tell what became of it; whether it was done."""
    done = False
    with outcome_told():
        store = open_store()
        if is_newest(store, dataset):
            entry = store.ledger.pin(dataset.name, rows, decision, author=author(), note=note, chosen=chosen.given() if chosen else None)
            tell(f"Step {entry.number}: {'no pin on' if decision == 'none' else decision} {what}")
            done = True
    return done


def undo(dataset: DatasetRecord, place: Place | None = None) -> None:
    """Take back the author's own last step on this dataset, say which it was, and go to its row."""
    with outcome_told():
        store = open_store()
        entry = store.ledger.undo(author=author(), dataset=dataset.name)
        with store.reading():
            undone = store.ledger.decided(dataset.dataset_id, entry.undoes or 0)
            step = next(iter(store.ledger.log(number=entry.undoes)), None)
            only = store.datasets.examples(dataset.dataset_id, rows=np.array(undone)) if len(undone) == 1 else None
        if only is not None and step is not None and step.action == "pin":
            what = f"{step.payload.get('decision')} {short_id(only.texts('example_id')[0])}"
        elif len(undone) > 1:
            what = f"a decision on {len(undone):,} rows"
        else:
            what = KINDS.get(step.action, f"a step of the kind {step.action!r}") if step else "a step"
        tell(f"Took back step {entry.undoes}: {what}{built_on(entry)}")
        if len(undone) and place is not None:
            place.go_to(int(undone[0]))


def redo(dataset: DatasetRecord) -> None:
    """Do again what the author took back last."""
    with outcome_told():
        entry = open_store().ledger.redo(author=author(), dataset=dataset.name)
        tell(f"Step {entry.number}: did again what step {entry.undoes} had taken back")


def is_newest(store: Store, dataset: DatasetRecord) -> bool:
    """Whether the page still shows the version that a pin would go to; rows of another version are other rows."""
    newest = store.datasets.find(dataset.name)
    if newest is not None and newest.dataset_id == dataset.dataset_id:
        return True
    tell("This dataset was imported anew in the meantime, so nothing was decided; the page now shows the new version.")
    return False


@contextmanager
def outcome_told() -> Iterator[None]:
    """What goes wrong within is told beside the buttons."""
    try:
        yield
    except StoreLockedError:
        tell("The store was busy for too long, so nothing was decided. Try again.")
    except WorkbenchError as error:
        tell(str(error))


def tell(message: str) -> None:
    """Show this beside the buttons from now on."""
    st.session_state["notice"] = message


def take_note() -> str:
    """The note that waits for the next decision, which it is then gone with."""
    note = cast("str", st.session_state.get("note", ""))
    if note:
        st.session_state["note"] = ""
    return note.strip()
