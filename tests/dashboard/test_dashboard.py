"""The dashboard as people meet it: a server of the command line's, and a browser."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browsing import choose, counters, press, settle, shows_no_error, sign_in


@pytest.mark.slow
def test_people_curate_while_another_process_writes(mail, start_writer, serve, visit):
    """Rows are filtered, one is dropped and the drop undone, the run is watched live; no error shows and the writer loses nothing."""
    writer = start_writer(mail.store, mail.run_id)
    seen = visit(serve(mail.store))
    page = seen.page

    sign_in(page)
    assert {"imported": 120, "kept": 93, "dropped": 15, "under-review": 12, "pinned": 0, "not-yet-looked-at": 27} == counters(page)

    choose(page, "Selector or rule that fired", "twins.similarity drop")
    page.get_by_text("3 rows", exact=True).wait_for()
    page.get_by_text("stays in its place").wait_for()
    choose(page, "Selector or rule that fired", "any")
    page.get_by_text("keep", exact=True).first.click()
    page.get_by_text("93 rows, page 1", exact=True).wait_for()
    page.get_by_placeholder("words to look for").fill("42TH PAGE")
    page.get_by_placeholder("words to look for").press("Enter")
    page.get_by_text("1 row", exact=True).wait_for()
    page.locator(f".st-key-drop-{42:032x}").wait_for()
    page.keyboard.press("Escape")  # out of the text field, where a key is a letter
    assert shows_no_error(page)

    press(page, "d")
    page.get_by_text(re.compile(r"^Step 1: drop")).wait_for()
    assert {"imported": 120, "kept": 92, "dropped": 16, "under-review": 12, "pinned": 1, "not-yet-looked-at": 27} == counters(page)
    assert [(42, "drop", "ada")] == [(pin.row, pin.decision, pin.author) for pin in mail.store.ledger.pins(mail.dataset.dataset_id)]
    assert shows_no_error(page)

    press(page, "u")
    page.get_by_text(re.compile(r"^Took back step 1: drop")).wait_for()
    assert {"imported": 120, "kept": 93, "dropped": 15, "under-review": 12, "pinned": 0, "not-yet-looked-at": 27} == counters(page)
    assert [] == mail.store.ledger.pins(mail.dataset.dataset_id)
    assert [("undo", 1), ("pin", None)] == [(entry.action, entry.undoes) for entry in mail.store.ledger.log(dataset="mail")]

    page.get_by_role("link", name="Runs").click()
    clock = page.get_by_text(re.compile("running for"))
    clock.wait_for()
    page.locator("[data-testid=stVegaLiteChart]").wait_for()
    before = clock.inner_text()
    page.wait_for_function(
        "before => [...document.querySelectorAll('[data-testid=stText]')].every(element => element.innerText !== before)", arg=before
    )
    page.get_by_role("link", name="Compare").click()
    page.get_by_text("Nothing to conclude yet").wait_for()
    page.get_by_text("0 of 1 runs have ended").wait_for()
    assert shows_no_error(page)

    committed = writer.stop()
    assert committed == mail.store.experiments.events(mail.run_id).num_rows
    mail.store.experiments.fail_run(mail.run_id, "stopped")
    page.get_by_text("1 of 1 runs have ended").wait_for()
    assert [] == seen.outside()


HOSTILE = [
    "<script>document.title = 'owned'</script><img src=http://evil.example/a.png onerror=\"document.title = 'owned'\">",
    "![beacon](http://evil.example/b.png) [a link](javascript:alert(1)) **bold** :material/home: $x^2$",
    "\x1b[31mred\x1b[0m and \x1b]8;;http://evil.example/c\x07a link\x1b]8;;\x07",
    "left \u202ethgir\u202c left, \u0645\u0631\u062d\u0628\u0627 and \u4e2d\u6587\u5b57\u7b26",
    "x" * 1_000_000 + "<script>document.title = 'owned'</script>",
]
SHOWN = [
    "<script>document.title = 'owned'</script><img src=http://evil.example/a.png",
    "![beacon](http://evil.example/b.png) [a link](javascript:alert(1)) **bold** :material/home: $x^2$",
    "\\x1b[31mred\\x1b[0m and \\x1b]8;;http://evil.example/c\\x07a link",
    "left \\u202ethgir\\u202c left, \u0645\u0631\u062d\u0628\u0627 and \u4e2d\u6587\u5b57\u7b26",
    "x" * 1200,
]


OTHERS = {
    "Record": SHOWN[0],
    "Duplicates": re.compile("groups of .* rows|^No selector found"),
    "Policy": "rows would change",
    "Datasets": "Rows that were set aside",
    "Bias": re.compile("names a group of people|^Groups of people"),
    "History": "History of ![name](http://evil.example/n.png)",
    "Export": re.compile("^5 of 6 rows$"),
    "Plugins": re.compile("^hostile$"),
    "Status": "What is in it",
}
"""Pages by their titles, and what is to be seen on each."""


BROKEN_PLUGIN = """
'![doc](http://evil.example/d.png)'
raise RuntimeError(%r)
"""


@pytest.mark.slow
def test_hostile_text_is_shown_as_text(store, import_texts, start_run, serve, visit):
    """Markup, images, links, control sequences and overrides in records, labels, names and errors are letters; none runs, none loads."""
    label = "![label](http://evil.example/l.png)"
    texts = [*HOSTILE, HOSTILE[0].upper()]
    dataset = import_texts(
        store,
        "![name](http://evil.example/n.png)",
        texts,
        [label] * len(texts),
        keys=[f"{number}<b>{text[:40]}" for number, text in enumerate(texts)],
    )
    run_id = start_run(store, dataset.dataset_id, experiment="![experiment](http://evil.example/e.png)")
    store.experiments.fail_run(run_id, HOSTILE[1] + HOSTILE[0])
    plugins = store.path.parent / "plugins"
    plugins.mkdir()
    (plugins / "hostile.py").write_text(BROKEN_PLUGIN % "".join(HOSTILE[:4]), encoding="utf-8")
    seen = visit(serve(store, "--plugins-dir", str(plugins)))
    page = seen.page

    sign_in(page, "<img src=http://evil.example/w.png>")
    for text in SHOWN:
        page.locator("[class*=st-key-passage]").get_by_text(text).first.wait_for()
        page.get_by_text(label).first.wait_for()
        press(page, "k")
    page.get_by_text(re.compile("^Step 5")).wait_for()
    press(page, "p")
    page.get_by_text("Show 200,000 of").click()
    page.get_by_role("link", name="Runs").click()
    page.locator("[class*=st-key-passage]").get_by_text(SHOWN[1]).wait_for()
    page.get_by_role("link", name="Compare").click()
    page.get_by_text("The answer").wait_for()
    for path, shown in OTHERS.items():
        page.get_by_role("link", name=path, exact=True).click()
        page.get_by_text(shown).first.wait_for()
        settle(page)
        assert shows_no_error(page)
    page.get_by_role("link", name="Duplicates", exact=True).click()
    page.get_by_text("Judge a sample").click()
    page.get_by_text("Leaves", exact=True).wait_for()
    settle(page)

    assert "workbench" == page.title()
    assert ([], []) == (seen.dialogs, seen.outside())
    assert 0 == page.locator(".stMain img, .stSidebar img").count()
    assert {"127.0.0.1"} == set(page.locator(".stMain a").evaluate_all("links => links.map(link => link.hostname)"))


def handshake(address: str, *, host: str, origin: str) -> int:
    """Ask for the page's WebSocket, and give the status of the answer."""
    port = urlsplit(address).port
    request = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=180) as connection:
        connection.sendall(request.encode())
        return int(connection.recv(64).split()[1])


def test_only_this_machine_and_its_own_pages_are_served(store, serve):
    """The server listens on the loopback interface, and neither another host name nor another page's origin opens its WebSocket."""
    address = serve(store)
    port = urlsplit(address).port
    own = f"127.0.0.1:{port}"

    assert 101 == handshake(address, host=own, origin=address)
    assert 101 == handshake(address, host=f"localhost:{port}", origin=f"http://localhost:{port}")
    assert 400 == handshake(address, host=f"evil.example:{port}", origin=f"http://evil.example:{port}")
    assert 403 == handshake(address, host=own, origin="http://evil.example")

    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    if not tables[0].exists():
        pytest.skip("needs /proc/net to see where the server listens")
    sockets = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    listening = {fields[1] for fields in sockets if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port}
    assert {f"0100007F:{port:04X}"} == listening


def test_an_empty_store_says_what_to_do_next(store, serve, visit):
    """Each page of a store with nothing in it names the command that fills it."""
    page = visit(serve(store)).page

    page.get_by_text("No dataset has been imported").wait_for()
    for name, sentence in (("Runs", "No experiment has been started"), ("Compare", "There is nothing to compare yet")):
        page.get_by_role("link", name=name).click()
        page.get_by_text(sentence).wait_for()
        page.get_by_text("workbench run RECIPE").wait_for()
    assert shows_no_error(page)


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_is_none_is_refused(run_workbench, store, port):
    """A port out of range is bad usage and says what was expected."""
    done = run_workbench("--store", str(store.path), "dashboard", f"--port={port}")

    assert (2, True) == (done.returncode, "cannot be used" in done.stderr)
