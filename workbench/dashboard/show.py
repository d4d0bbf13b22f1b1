"""Showing text that someone else wrote, and the few shapes that all pages share.

Streamlit reads Markdown in labels, captions, headings and messages, and turns addresses into links even where every mark is escaped. So nothing that
comes out of a store is ever put there: it is shown by `st.text`, by `st.code`, in a select box or on the canvas of a data frame, which read nothing.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Literal

import streamlit as st

from workbench.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamlit.elements.lib.column_types import ColumnConfig

CLIP = 1200
"""Code points of a text that are shown at once."""
LONGEST = 200_000
"""Code points that a browser is ever sent of one text."""


def text(body: object, *, key: str = "", wrap: bool = True, width: Literal["stretch", "content"] = "stretch") -> None:
    """A text as text.

    Args:
        body: what to show.
        key: begins with the name of a style in ``style.css``, such as ``quiet-``; each key once a page.
        wrap: whether it may take more than one line.
        width: of the whole place there is, or of the text.
    """
    with st.container(key=key, width=width) if key else nullcontext():
        st.text(printable(str(body)), wrap=wrap)


def heading(title: str, key: str, *, level: Literal[1, 2] = 2) -> None:
    """A heading that may hold names out of the store; ``key`` once a page."""
    text(title, key=f"heading-{level}-{key}", width="content")


def short_id(example_id: str) -> str:
    """An id that tells an example from its neighbours, and that commands take."""
    return example_id if len(example_id) <= 12 else f"{example_id[:12]}…"


def passage(body: str, key: str) -> None:
    """A text in a box. A long one begins clipped, and the browser gets the rest when someone asks for it."""
    with st.container(border=True, gap="xsmall", key=f"passage-{key}"):
        if not body:
            st.caption("empty")
            return
        whole = len(body) <= CLIP or st.session_state.get(f"whole-{key}", False)
        shown = body[: LONGEST if whole else CLIP]
        st.text(printable(shown) + ("" if len(shown) == len(body) else " …"))
        if len(body) > CLIP:
            most = f"all {len(body):,}" if len(body) <= LONGEST else f"{LONGEST:,} of {len(body):,}"
            st.toggle(f"Show {most} characters", key=f"whole-{key}")


def nothing_yet(sentence: str, *commands: str) -> None:
    """An empty page that says what to do next."""
    with st.container(border=True):
        text(sentence)
        for command in commands:
            st.code(command, language=None)


def table(columns: Mapping[str, Sequence[object]], configuration: Mapping[str, ColumnConfig] | None = None) -> None:
    """Columns of equal length on a data frame's canvas, as high as it has rows."""
    height = 37 + 35 * len(next(iter(columns.values()), ()))
    clean = {name: [printable(value) if isinstance(value, str) else value for value in values] for name, values in columns.items()}
    st.dataframe(clean, hide_index=True, height=min(height, 600), placeholder="", column_config=dict(configuration or {}))
