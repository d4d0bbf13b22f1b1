"""Starting the dashboard's server, closed to everyone but this machine."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from workbench.host import PluginHost

ADDRESS = "127.0.0.1"
# The names that a browser may call this machine by; any other in the Host header is a page elsewhere whose name was rebound to this address.
HOSTS = (ADDRESS, "localhost")

_OPTIONS: dict[str, object] = {
    "server.address": ADDRESS,
    "server.allowedHosts": list(HOSTS),
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


def serve(store: Path, *, author: str, plugins: Callable[[], PluginHost], port: int | None = None, announce: Callable[[str], None] = print) -> None:
    """Serve the dashboard of a store until the process is asked to stop.

    The server listens on the loopback interface alone and refuses requests that name another host.

    Args:
        store: the store's file, which exists.
        author: the name that decisions are signed with unless a browser gives another.
        plugins: gives the plugins, when a page needs them.
        port: where to listen; None takes 8501 or the next free one.
        announce: called with the URL once the server answers.

    Raises:
        WorkbenchError: where another program has the port.
    """
    import streamlit
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from workbench import curate, report  # noqa: F401 - so that the first visitor does not wait for them
    from workbench.dashboard.access import Settings, start

    options = dict(_OPTIONS)
    if port is not None:
        _check_free(port)
        options["server.port"] = port

    @asynccontextmanager
    async def announced(_app: streamlit.App) -> AsyncIterator[None]:
        announce(f"http://{ADDRESS}:{streamlit.get_option('server.port')}")
        yield

    start(Settings(store=store.resolve(), author=author, plugins=plugins))
    app = streamlit.App(
        Path(__file__).with_name("app.py"),
        lifespan=announced,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS), www_redirect=False)],
    )
    app.run(config=options)


def _check_free(port: int) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except (OSError, OverflowError) as error:
            raise WorkbenchError(
                f"port {port} cannot be used ({error}).",
                expected="a port that no other program listens on",
                advice="Choose another with --port, or leave it out.",
            ) from None
