"""Who is let in: other machines with the password alone, other pages and names never; and what a browser is not told."""

# ruff: noqa: S104 (what is served to all is what is tested)

from __future__ import annotations

import http.client
import re
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from workbench.dashboard.gate import Attempts

PASSWORD = "correct horse battery"  # noqa: S105 - of nothing
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def ask(address, path="/", method="GET", body=None, **headers):
    """The status, headers and beginning of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(address).port, timeout=180)
    own = {"Host": f"127.0.0.1:{urlsplit(address).port}", "Accept": "text/html"}
    connection.request(method, path, body=body, headers={**own, **{name.replace("_", "-"): value for name, value in headers.items()}})
    answer = connection.getresponse()
    text = "" if answer.status == 101 else answer.read(20_000).decode(errors="replace")
    connection.close()
    return answer.status, answer.headers, text


def log_in(address, password, to="/"):
    """What the form sends."""
    form = urlencode({"password": password, "to": to})
    return ask(address, "/_login", "POST", form, Content_Type="application/x-www-form-urlencoded")


@pytest.mark.parametrize(("options", "said"), [(["--host", "0.0.0.0"], "--password-file"), (["--host", "192.0.2.7"], "ssh -L")])
def test_other_machines_are_not_let_in_without_a_password(run_workbench, store, options, said):
    """An address beyond this machine is refused, with what to do."""
    done = run_workbench("--store", str(store.path), "dashboard", *options)

    assert (2, True) == (done.returncode, said in done.stderr)


def test_every_way_in_asks_for_the_password(store, serve_process, tmp_path):
    """Without it there is a form and nothing else; with it a cookie that scripts cannot read, and neither address nor log ever names it."""
    (tmp_path / "password").write_text(PASSWORD + "\n")
    address, process = serve_process(store, "--host", "0.0.0.0", "--name", "desk.example", "--password-file", str(tmp_path / "password"))

    assert address.startswith("http://desk.example:")
    for path in ("/", "/curate?dataset=mail", "/_stcore/health", "/_stcore/host-config", "/static/js/index.js", "/media/x"):
        status, headers, text = ask(address, path)
        assert (401, None, True) == (status, headers["Set-Cookie"], 'type="password"' in text), path
    assert 401 == ask(address, "/_stcore/stream", **UPGRADE)[0]
    assert 401 == ask(address, "/_stcore/upload_file/a/b", "PUT", b"x")[0]
    assert 400 == ask(address, "/", Host="evil.example")[0]
    assert 400 == ask(address, "/_stcore/stream", **{**UPGRADE, "Host": "evil.example"})[0]
    assert 403 == ask(address, "/_login", "POST", urlencode({"password": PASSWORD}), Origin="http://evil.example")[0]

    for to, goes in (
        ("/curate?dataset=mail", "/curate?dataset=mail"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("http://evil.example", "/"),
    ):
        status, headers, _text = log_in(address, PASSWORD, to)
        assert (303, goes) == (status, headers["Location"])
    cookie = headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict"))
    assert PASSWORD not in cookie
    session = {"Cookie": cookie.partition(";")[0]}
    assert 200 == ask(address, "/_stcore/health", **session)[0]
    assert 101 == ask(address, "/_stcore/stream", **session, **UPGRADE)[0]
    assert 403 == ask(address, "/_stcore/stream", **session, **UPGRADE, Origin="http://evil.example")[0]
    assert 401 == ask(address, "/_stcore/health", Cookie=session["Cookie"][:-1] + "x")[0]

    assert [401] * 5 == [log_in(address, f"wrong {number}")[0] for number in range(5)]
    status, _headers, text = log_in(address, PASSWORD)
    assert (429, True) == (status, bool(re.search(r"Try again in \d+ seconds", text)))
    assert 200 == ask(address, "/_stcore/health", **session)[0]
    process.terminate()
    said, _ = process.communicate(timeout=180)
    assert (False, False) == (PASSWORD in said, "wrong 1" in said)


@example([("a", 0.0)] * 7)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 30)), max_size=40))
def test_nobody_tries_more_than_five_passwords_a_minute(tries):
    """However attempts follow one another, at most five wrong ones of one address are looked at within any minute, and waiting as told is enough."""
    attempts, now, looked = Attempts(), 0.0, []
    for address, pause in tries:
        now += pause
        wait = attempts.wait(address, now)
        if wait == 0:
            attempts.add(address, now)
            looked.append((address, now))
        else:
            assert 0 == attempts.wait(address, now + wait + 1e-6)
    for address, at in looked:
        assert sum(other == address and at <= when < at + 60 for other, when in looked) <= 5


@pytest.mark.slow
def test_a_browser_is_told_neither_statistics_to_send_nor_errors_in_detail(store, serve, chromium, monkeypatch):
    """Whatever the user's own settings of Streamlit say: nothing is sent to others, and of an error that nobody foresaw a page tells no detail."""
    monkeypatch.setenv("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "true")
    monkeypatch.setenv("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "full")
    address = serve(store)
    with store._door.write() as connection:
        connection.execute("DROP VIEW rejected_rows")
    context = chromium.new_context()
    page = context.new_page()
    frames, asked = [], []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))  # noqa: PLW0108 - Playwright marks it
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/status")
    page.locator("[data-testid=stException], [data-testid=stAlert]").first.wait_for()
    shown = page.content()
    context.close()

    sent = [ForwardMsg.FromString(frame) for frame in frames if isinstance(frame, bytes)]
    assert [False] == list({message.new_session.config.gather_usage_stats for message in sent if message.HasField("new_session")})
    assert {"127.0.0.1"} == {urlsplit(url).hostname for url in asked if urlsplit(url).scheme in {"http", "https", "ws"}}
    for told in (shown, *map(str, sent)):
        assert not re.search("Traceback|rejected_rows|CatalogException|status_page.py", told)


@pytest.mark.slow
def test_pages_open_at_their_own_addresses(store, serve, visit):
    """A fresh load of /curate is the page Curate, and so is /; neither says that a page was not found."""
    address = serve(store)
    for path in ("curate", "", "policy"):
        page = visit(f"{address}/{path}").page
        page.get_by_text("No dataset has been imported").wait_for()
        assert 0 == page.get_by_text("Page not found").count()
        assert ["Curate"] == [link for link in page.locator("[data-testid=stTopNavLink]").all_inner_texts() if link == "Curate"]
