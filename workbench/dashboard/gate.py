"""What every request passes before any page: a name that this machine is called by, a page of our own, and a password where one is set."""

from __future__ import annotations

import hashlib
import hmac
import html
import secrets
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Receive, Scope, Send

LOGIN = "/_login"
_SESSION = 12 * 3600.0
_WINDOW = 60.0
_WRONG_BY_ADDRESS, _WRONG_BY_ALL = 5, 100
_LONGEST_FORM = 4096

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>workbench</title>
<style>:root {{ color-scheme: light dark; font: 1rem system-ui, sans-serif }}
form {{ max-width: 22rem; margin: 20vh auto; display: grid; gap: .75rem }}
input, button {{ font: inherit; padding: .5rem }}</style>
<form method="post" action="{action}"><h1>workbench</h1><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
<input name="to" type="hidden" value="{to}"><button>Open</button><p role="status">{said}</p></form></html>"""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


@dataclass(kw_only=True)
class Attempts:
    """Wrong passwords of the last minute, by address: whoever has given several has to wait, and so does everybody where there are very many."""

    wrong: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def wait(self, address: str, now: float) -> float:
        """Seconds until another one may be tried; 0 where it may at once."""
        recent = {each: [at for at in times if now < at + _WINDOW] for each, times in self.wrong.items()}
        own, everybody = recent.get(address, []), sorted(at for times in recent.values() for at in times)
        waits = [times[-most] + _WINDOW - now for times, most in ((own, _WRONG_BY_ADDRESS), (everybody, _WRONG_BY_ALL)) if len(times) >= most]
        return max(waits, default=0.0)

    def add(self, address: str, now: float) -> None:
        """Another wrong one."""
        for each in list(self.wrong):
            self.wrong[each] = [at for at in self.wrong[each] if now < at + _WINDOW]
            if not self.wrong[each]:
                del self.wrong[each]
        self.wrong[address].append(now)


class Gate:
    """An ASGI application around another one.

    Args:
        app: what is behind it.
        hosts: names in the Host header that are answered, without a port.
        password: what a browser has to give once; empty where none is asked for.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], password: str) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._password = _digest(password) if password else b""
        self._cookie = f"workbench-{secrets.token_hex(4)}"  # a browser gives its cookies to all ports of a machine
        self._sessions: dict[bytes, float] = {}
        self._attempts = Attempts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request here, or pass it on."""
        if scope["type"] in {"http", "websocket"}:
            response = await self._stopped(HTTPConnection(scope), Request(scope, receive) if scope["type"] == "http" else None)
            if response is not None:
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _stopped(self, asked: HTTPConnection, request: Request | None) -> Response | None:
        if (urlsplit(f"//{asked.headers.get('host', '')}").hostname or "") not in self._hosts:
            return PlainTextResponse("Invalid host header", status_code=400)
        origin = asked.headers.get("origin")
        changes = request is None or request.method not in {"GET", "HEAD", "OPTIONS"}
        if origin is not None and changes and urlsplit(origin).netloc.lower() != asked.headers["host"].lower():
            return PlainTextResponse("Another page asked for this", status_code=403)
        if not self._password or self._admitted(asked):
            return None
        if request is not None and request.url.path == LOGIN and request.method == "POST":
            return await self._login(request)
        if request is not None and request.method == "GET" and "text/html" in asked.headers.get("accept", ""):
            return _form(f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path, "", 401)
        return PlainTextResponse("A password is asked for", status_code=401)

    def _admitted(self, asked: HTTPConnection) -> bool:
        ends = self._sessions.get(_digest(asked.cookies.get(self._cookie, "")))
        return ends is not None and time.monotonic() < ends

    async def _login(self, request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _LONGEST_FORM:
                return PlainTextResponse("Too long", status_code=413)
        form = parse_qs(body.decode(errors="replace"))
        to, given = form.get("to", ["/"])[0], form.get("password", [""])[0]
        address, now = request.client.host if request.client else "", time.monotonic()
        wait = self._attempts.wait(address, now)
        if wait > 0:
            return _form(to, f"Too many wrong passwords. Try again in {wait:.0f} seconds.", 429)
        if not hmac.compare_digest(_digest(given), self._password):
            self._attempts.add(address, now)
            return _form(to, "That is not the password.", 401)
        self._sessions = {each: ends for each, ends in self._sessions.items() if now < ends}
        session = secrets.token_urlsafe(32)
        self._sessions[_digest(session)] = now + _SESSION
        response = RedirectResponse(_own(to), status_code=303, headers=_HEADERS)
        response.set_cookie(self._cookie, session, max_age=int(_SESSION), httponly=True, samesite="strict", secure=request.url.scheme == "https")
        return response


def _digest(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()


def _own(to: str) -> str:
    """An address of this server; anything else becomes its first page."""
    parts = urlsplit(to)
    inside = to.startswith("/") and not to.startswith(("//", "/\\")) and not parts.netloc and to.isprintable()
    return to if inside else "/"


def _form(to: str, said: str, status: int) -> HTMLResponse:
    page = _PAGE.format(action=LOGIN, to=html.escape(_own(to), quote=True), said=html.escape(said))
    return HTMLResponse(page, status_code=status, headers=_HEADERS)
