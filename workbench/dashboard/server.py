"""Starting the dashboard's server, closed to everyone but this machine unless a password is set."""

from __future__ import annotations

import gc
import ipaddress
import socket
from contextlib import asynccontextmanager, closing
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from workbench.host import PluginHost

ADDRESS = "127.0.0.1"
# The names that a browser may call this machine by; any other in the Host header is a page elsewhere whose name was rebound to this address.
HOSTS = (ADDRESS, "localhost")
SHORTEST = 8
"""Characters that a password has at least."""

_OPTIONS: dict[str, object] = {
    "server.baseUrlPath": "",
    "server.corsAllowedOrigins": [],
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.enableStaticServing": False,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": True,
    "theme.light.primaryColor": "#2f5fd0",
    "theme.dark.primaryColor": "#7aa2ff",
    "theme.showWidgetBorder": True,
}

_NEEDED_BY_ALL = ("altair", "pandas", "pyarrow.compute", "workbench.curate", "workbench.report")
"""Imported before the server answers, so that the first visitor does not wait for them."""


def serve(
    store: Path,
    *,
    author: str,
    plugins: Callable[[], PluginHost],
    host: str = ADDRESS,
    names: Sequence[str] = (),
    password: str = "",
    port: int | None = None,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the dashboard of a store until the process is asked to stop.

    Requests that name another host, and those that a page of another origin makes, are refused; where there is a password, so is every browser that
    has not given it.

    Args:
        store: the store's file, which exists.
        author: the name that decisions are signed with unless a browser gives another.
        plugins: gives the plugins, when a page needs them.
        host: the address to listen at; beyond this machine only with a password.
        names: by which browsers call this machine, besides ``host`` and the names of the loopback interface.
        password: what a browser has to give; none is asked for where it is empty.
        port: where to listen; None takes 8501 or the next free one.
        announce: called with the URL once the server answers.

    Raises:
        WorkbenchError: where another program has the port, or other machines could come in without a password.
    """
    import streamlit
    from starlette.middleware import Middleware

    from workbench.dashboard.access import Settings, start
    from workbench.dashboard.gate import Gate

    _check_closed(host, password)
    every = host in {"0.0.0.0", "::"}  # noqa: S104 - only with a password
    known = [*names, *([socket.gethostname()] if every else [host]), *HOSTS]
    # Without an address of its own, Streamlit asks a server on the internet for one.
    options = {**_OPTIONS, "server.address": host, "browser.serverAddress": known[0], "server.allowedHosts": known}
    if port is not None:
        _check_free(host, port)
        options["server.port"] = port

    @asynccontextmanager
    async def announced(_app: streamlit.App) -> AsyncIterator[None]:
        # Streamlit collects garbage after each answer, and need not look through every library again for that: it costs a fifth of the answer.
        gc.freeze()
        announce(f"http://{known[0]}:{streamlit.get_option('server.port')}")
        yield

    for library in _NEEDED_BY_ALL:
        import_module(library)
    start(Settings(store=store.resolve(), author=author, plugins=plugins))
    app = streamlit.App(
        Path(__file__).with_name("app.py"),
        lifespan=announced,
        middleware=[Middleware(Gate, hosts=known, password=password)],
    )
    app.run(config=options)


def _check_closed(host: str, password: str) -> None:
    """See that nobody comes in from another machine without a password."""
    if password and len(password) < SHORTEST:
        raise WorkbenchError(f"the password has {len(password)} characters.", expected=f"at least {SHORTEST}")
    try:
        own = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = False
    if not own and not password:
        raise WorkbenchError(
            f"--host {host} lets other machines in, and there is no password.",
            expected="a password that the pages ask for",
            advice="Write one into a file that only you can read and name it with --password-file, or set WORKBENCH_DASHBOARD_PASSWORD. "
            "Without --host the dashboard is there for this machine alone; ssh -L 8501:127.0.0.1:8501 reaches it from another.",
        )


def _check_free(host: str, port: int) -> None:
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise WorkbenchError(
                f"port {port} of {host} cannot be used ({error}).",
                expected="an address of this machine and a port that no other program listens on",
                advice="Choose another with --port, or leave it out.",
            ) from None
