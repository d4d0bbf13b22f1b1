"""How the pages reach the store, and what they say when it cannot be reached."""

from __future__ import annotations

import shlex
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from workbench.dashboard.show import text
from workbench.errors import StoreLockedError, WorkbenchError
from workbench.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from workbench.host import PluginHost

WAIT = 10.0
"""Seconds that a page waits for the store before it says so and tries again."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the server was started with.

    Attributes:
        store: the store's file.
        author: the name that decisions are signed with unless a browser gives another.
        plugins: gives the plugins, whose report sections the comparison page shows.
    """

    store: Path
    author: str
    plugins: Callable[[], PluginHost]


_started: list[Settings] = []


def start(settings: Settings) -> None:
    """Say what the pages of this process serve; they run as a script of Streamlit's, which takes no arguments of ours."""
    _started[:] = [settings]


def settings() -> Settings:
    """What the server was started with."""
    return _started[0]


@st.cache_resource(show_spinner=False)
def open_store() -> Store:
    """The store that the server was started for; it holds no connection, so that all sessions can share it."""
    return Store.open(settings().store, wait=WAIT)


def first_steps() -> tuple[str, ...]:
    """The commands that fill an empty store."""
    store = shlex.quote(str(settings().store))
    return f"workbench demo --store {store}", f"workbench run RECIPE --store {store}"


@contextmanager
def errors_told() -> Iterator[None]:
    """Whatever the workbench raises within becomes a sentence on the page; a busy store is tried again."""
    try:
        yield
    except StoreLockedError:
        st.info("The store is busy. This page goes on by itself as soon as it is free.")
        time.sleep(1)
        st.rerun()
    except WorkbenchError as error:
        with st.container(border=True):
            text(error)
