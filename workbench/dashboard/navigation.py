"""From page to page: which pages there are, which dataset they speak of, and links that can be shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode, urlsplit

import streamlit as st

from workbench.dashboard.access import first_steps, open_store
from workbench.dashboard.live import stamp
from workbench.dashboard.show import nothing_yet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streamlit.navigation.page import Page

    from workbench.dashboard.live import Stamp
    from workbench.store import Store

_PAGES = "pages"


def navigate(pages: Mapping[str, Callable[[], None]]) -> Page:
    """The navigation over these pages, by title, and the page that was chosen; the first is the one to begin with.

    Pages have no icons: the browser's tab would ask a font server on the internet for them. The first is served at / as well, by a page that no menu
    lists: Streamlit serves the page to begin with there alone.
    """
    made = {title: st.Page(draw, title=title, url_path=title.lower()) for title, draw in pages.items()}
    st.session_state[_PAGES] = made
    first = st.Page(next(iter(pages.values())), title="workbench", default=True, visibility="hidden")
    return st.navigation([first, *made.values()], position="top")


def page(title: str) -> Page:
    """A page by its title, to link to."""
    return cast("dict[str, Page]", st.session_state[_PAGES])[title]


def link(title: str, label: str, **parameters: str) -> None:
    """A link to another page of the dashboard."""
    st.page_link(page(title), label=label, query_params=parameters)


def address(path: str, **parameters: str) -> str:
    """The whole address of a page, for another browser."""
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}/{path}?{urlencode(parameters)}"


@st.cache_data(show_spinner=False, max_entries=3)
def _names(at: Stamp) -> list[str]:  # noqa: ARG001 - a later stamp reads anew
    """Names of datasets, the last imported first."""
    return list(dict.fromkeys(record.name for record in open_store().datasets.list()))


def choose_dataset(store: Store) -> str:
    """A chooser in the sidebar, the dataset imported last first; where there is none the page says what to do and ends."""
    names = _names(stamp(store))
    if not names:
        nothing_yet("No dataset has been imported into this store yet. The demo brings one of its own, a recipe names yours:", *first_steps())
        st.stop()
    with st.sidebar:
        return st.selectbox("Dataset", names, key="dataset", bind="query-params")
