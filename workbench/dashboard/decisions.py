"""What people decide: each decision is a signed step of the ledger, and what became of it is told beside the buttons."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, cast

import streamlit as st

from workbench.dashboard.access import open_store, settings
from workbench.dashboard.show import short_id, text
from workbench.errors import StoreLockedError, WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.dashboard.listing import Listing
    from workbench.dashboard.place import Place
    from workbench.store import DatasetRecord, LedgerEntry, Store


def author() -> str:
    """Who signs in this browser session; empty until the person has said so."""
    return cast("str", st.session_state.get("author", ""))


def draw_signature() -> None:
    """Ask for the name that decisions are signed with, once for each browser session; then show it."""
    if author():
        with st.container(horizontal=True, vertical_alignment="center"):
            text(f"You decide as {author()}.", key="quiet-author")
            st.button("Change", key="change-author", type="tertiary", on_click=lambda: st.session_state.update(author=""))
        return
    with st.form("signature", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Your name, for the history of decisions", value=settings().author, max_chars=80, width=260)
        if st.form_submit_button("Start deciding", type="primary") and name.strip():
            st.session_state["author"] = name.strip()
            st.rerun()


def draw_notice() -> None:
    """What the last decision did."""
    notice = cast("str", st.session_state.get("notice", ""))
    text(notice or "K keeps, D drops, U takes back your last step; N and P go on and back.", key="quiet-notice")


def draw_undo(dataset: DatasetRecord, place: Place, *, key: str) -> None:
    """The button that takes back the last decision, wherever its row is."""
    st.button("Undo", key=key, icon=":material/undo:", shortcut="U", on_click=undo, args=(dataset, place))


def pin(dataset: DatasetRecord, listing: Listing, place: Place, decision: Literal["keep", "drop"]) -> None:
    """Overrule the rules on the record in focus and go on to the next.

    A key that is pressed before the page has caught up with the last one means a row that nobody has seen yet: it decides nothing.
    """
    known = listing.record.known
    if st.session_state.get("place") is not place or place.focus != known.row:
        return
    with _outcome_told():
        store = open_store()
        if not _is_newest(store, dataset):
            return
        entry = store.ledger.pin(dataset.name, [known.row], decision, author=author())
        _tell(f"Step {entry.number}: {decision} {short_id(known.example_id)}")
        place.forward(listing.numbers, more=listing.more)


def undo(dataset: DatasetRecord, place: Place) -> None:
    """Take back the author's own last decision on this dataset, say which it was, and go to its row."""
    with _outcome_told():
        store = open_store()
        with store.reading():
            last = _last_own_step(store, dataset)
            pins = store.ledger.pins(dataset.dataset_id)
        if last is not None and last.action != "pin":
            _tell(f"Your last step here, {last.number} ({last.action}), decided on no row. The command line takes it back: workbench undo")
            return
        entry = store.ledger.undo(author=author(), dataset=dataset.name)
        undone = [each for each in pins if each.number == entry.undoes]
        what = f"{undone[0].decision} {short_id(undone[0].example_id)}" if len(undone) == 1 else f"a decision on {len(undone):,} rows"
        _tell(f"Took back step {entry.undoes}: {what}")
        if undone:
            place.go_to(undone[0].row)


def _last_own_step(store: Store, dataset: DatasetRecord) -> LedgerEntry | None:
    """The author's own newest step that stands, as far back as anyone will remember."""
    log = store.ledger.log(dataset=dataset.name, limit=1000)
    return next((each for each in log if each.author == author() and not each.undone and each.undoes is None), None)


def _is_newest(store: Store, dataset: DatasetRecord) -> bool:
    """Whether the page still shows the version that a pin would go to; rows of another version are other rows."""
    newest = store.datasets.find(dataset.name)
    if newest is not None and newest.dataset_id == dataset.dataset_id:
        return True
    _tell("This dataset was imported anew in the meantime, so nothing was decided; the page now shows the new version.")
    return False


@contextmanager
def _outcome_told() -> Iterator[None]:
    try:
        yield
    except StoreLockedError:
        _tell("The store was busy for too long, so nothing was decided. Try again.")
    except WorkbenchError as error:
        _tell(str(error))


def _tell(message: str) -> None:
    st.session_state["notice"] = message
