"""How long people wait for the dashboard on a large store: three of them in browsers of their own, while another process writes to the same file.

    python tests/benchmarks/dashboard_load.py --store /tmp/load.duckdb [--rows 1000000] [--pins 100000] [--rounds 10] [--people 3]

The store is made where it is missing, and kept: texts of 40 words, twelve signals with a rule each, near duplicates of one row in five, and pins by three
authors, one in a hundred made alone and the others a thousand at a time. Everybody goes through the same round at once: opens the dashboard, decides by
keyboard and takes it back, filters, searches, decides on a filter in bulk, visits each page, moves a threshold and applies it, lets another row of a group
stay. Each step is timed from the key or click to the last change that the browser shows; no step may show an error. ``one person alone`` is the same
round by one person. ``no browser`` is what a decision costs before anything is drawn: the pin, the counts of the policy and what is open. ``processor``
is the median of what the server worked on all cores meanwhile (with several people, for all of them), which other work on the machine disturbs least.
"""

# ruff: noqa: T201, ASYNC220 (a benchmark prints; processes are started before anybody is timed)

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from playwright.async_api import async_playwright
from what_if import build, policy

from workbench.curate import Material, current
from workbench.curate.revision import outcome_at
from workbench.store import RowFilter, Store

NAME = "big"
WORKBENCH = [sys.executable, "-c", "import sys; from workbench.cli import main; sys.exit(main())"]
WRITER = """
import sys, threading
from datetime import UTC, datetime
from workbench.store import Store
from workbench.types import RunEvent

store, run_id, done, step = Store.open(sys.argv[1]), int(sys.argv[2]), threading.Event(), 0
threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
while not done.wait(1.0):
    step += 1
    store.experiments.add_events(run_id, [(datetime.now(UTC), RunEvent(kind="step", step=step, total=50_000, values={"loss": 2 / step}))])
"""
# A step ends with the last change that the browser shows, which is known when nothing has changed for a while.
WATCH = """
window.seen = {changed: 0, ran: 0};
new MutationObserver((changes) => {
  const now = performance.now();
  for (const change of changes) {
    const at = change.target.nodeType === 1 ? change.target : change.target.parentElement;
    if (change.type === "attributes") { window.seen.ran = now; }
    else if (at?.closest(".stMain, .stSidebar, [role=dialog]")) { window.seen.changed = now; }
  }
}).observe(document, {subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-test-script-state"]});
"""
QUIET = """
(since) => {
  const state = document.querySelector("[data-testid=stApp]")?.getAttribute("data-test-script-state");
  const last = Math.max(seen.changed, seen.ran);
  return state === "notRunning" && last > since && performance.now() - last > 500 && last;
}
"""
PAGES = ("Record", "Duplicates", "Policy", "Datasets", "Bias", "History", "Runs", "Compare", "Plugins", "Status")


def fill(path, rows, pins):
    """The store, made where it is missing."""
    if path.exists():
        return Store.open(path)
    store = Store.create(path)
    build(store, rows)
    store.ledger.put_policy(NAME, NAME, policy(0.99, 0.8), author="ann")
    chosen = np.random.default_rng(1).choice(rows, pins, replace=False)
    alone = pins // 100
    for number, part in enumerate([*np.array_split(chosen[alone:], max(1, (pins - alone) // 1000)), *np.split(chosen[:alone], alone)]):
        store.ledger.pin(NAME, part.tolist(), ("keep", "drop")[number % 2], author=("ann", "bo", "kim")[number % 3])
    return store


def start_run(store):
    """A run that is under way, for the writer to write to."""
    dataset = store.datasets.find(NAME)
    made = str(time.time())
    experiment = store.experiments.open(name="load", identity=made, task=dataset.task, dataset_id=dataset.dataset_id, recipe="task: t", resolved={})
    run = store.experiments.plan_run(
        experiment_id=experiment.experiment_id,
        dataset_id=dataset.dataset_id,
        name=f"load/{made}",
        arm="curated",
        seed=0,
        adapter="classification.encoder",
        version="1",
        plugin="classification",
        distribution="none",
        distribution_version="1",
        plan={},
        environment={},
        rows=dataset.imported,
    )
    store.experiments.start_run(run.run_id)
    return run.run_id


# --- without a browser ------------------------------------------------------------------------------------------------------------------------------


def alone(store, times, repeat):
    """What a decision costs before anything is drawn; everything that is pinned here is taken back."""
    state = current(store, NAME)
    material = Material(store, state.dataset.dataset_id, state.runs)
    outcome_at(material, state.decision.policy, state.decision.ledger_number)  # as a dashboard does when it is opened
    rows = np.random.default_rng(2).choice(state.dataset.imported, repeat, replace=False).tolist()

    def counted():
        after = current(store, NAME, material=material)
        store.curation.count(after.decision.verdict_set, RowFilter(flagged=True, pinned=False))
        counts = after.decision.counts
        assert counts.imported == counts.kept + counts.dropped + counts.review

    def step(name, work):
        since, used = time.perf_counter(), time.process_time()
        work()
        counted()
        times[name].append((time.perf_counter() - since, time.process_time() - used))

    for row in rows:
        step("pin one row, and count", lambda row=row: store.ledger.pin(NAME, [row], "drop", author="load"))
    for _ in rows:
        step("undo it, and count", lambda: store.ledger.undo(author="load", dataset=NAME))
    many = np.random.default_rng(3).choice(state.dataset.imported, 10_000, replace=False).tolist()
    for _ in range(max(1, repeat // 6)):
        step("pin 10,000 rows, and count", lambda: store.ledger.pin(NAME, many, "drop", author="load"))
        step("undo 10,000 pins, and count", lambda: store.ledger.undo(author="load", dataset=NAME))


# --- in browsers ------------------------------------------------------------------------------------------------------------------------------------


def processor(process):
    """Seconds of all cores that a process has used so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Person:
    """Somebody at a browser, and a stopwatch."""

    def __init__(self, page, address, name, times, server):
        self.page, self.address, self.name, self.times, self.server = page, address, name, times, server
        # A rule for each: who drops all that it fired on leaves nothing there for another one to drop.
        self.rule = f"noise.s{3 * (int(name.split()[-1]) % 4) + 1}"

    async def quiet(self, since):
        """Milliseconds on the page's clock at which it last changed, when it has come to rest."""
        return await (await self.page.wait_for_function(QUIET, arg=since)).json_value()

    async def timed(self, name, action):
        """Do something, and note how long it took to be seen."""
        since, used = await self.page.evaluate("performance.now()"), processor(self.server)
        await action()
        self.note(name, await self.quiet(since) - since, used)

    def note(self, name, milliseconds, used):
        """Remember a time, and what the server has worked for it, for others and for what it does beside."""
        self.times[name].append((milliseconds / 1000, processor(self.server) - used))

    async def load(self, name, path=""):
        """Open an address anew."""
        used = processor(self.server)
        await self.page.goto(f"{self.address}/{path}")
        await self.page.locator(".stMain [data-testid=stVerticalBlock]").first.wait_for()
        self.note(name, await self.quiet(0), used)
        await self.check()

    async def press(self, name, key):
        """Press a key and see what comes of it."""
        await self.timed(name, lambda: self.page.keyboard.press(key))

    async def click(self, name, locator):
        """Click and see what comes of it."""
        await self.timed(name, locator.click)
        await self.check()

    async def check(self):
        """No page shows an error, at any time."""
        assert not await self.page.locator("[data-testid=stException], [data-testid=stAlert]").count(), await self.page.locator("body").inner_text()

    async def sign_in(self):
        """Say who decides, where nobody has."""
        button = self.page.get_by_role("button", name="Start deciding").first
        if await button.count():
            await self.page.get_by_label("Your name").first.fill(self.name)
            await self.timed("sign in", button.click)

    async def round(self, number):
        """Everything that people do, once."""
        page = self.page
        await self.load("open the dashboard (Curate)")
        await self.sign_in()
        for key in "kdkd":
            await self.press("Curate: keep or drop a row", key)
        await self.press("Curate: skip a row", "s")
        for _ in range(4):
            await self.press("Curate: undo", "u")
        await self.click("Curate: next page of the list", page.get_by_role("button", name="More", exact=True))
        await self.click("Curate: filter by verdict", page.locator(".stSidebar").get_by_text("review", exact=True).first)
        field = page.get_by_placeholder("words to look for")
        await field.fill(f"word{number} word")
        await self.timed("Curate: search for a text", lambda: field.press("Enter"))
        await self.load("Curate: open a filter by its address", f"?verdict=review&rule={self.rule}%20review")
        await self.sign_in()
        await self.click("Curate: preview a bulk decision", page.get_by_role("button", name="Decide on all"))
        await self.click("Curate: decide in bulk (about 8,000 rows)", page.get_by_role("button", name=re.compile(r"^Drop: [\d,]+ rows")))
        await self.press("Curate: undo a bulk decision", "u")
        for title in PAGES:
            await self.click(f"{title}: open", page.get_by_role("link", name=title, exact=True))
        await self.click("Policy: open", page.get_by_role("link", name="Policy", exact=True))
        await page.get_by_role("slider").first.focus()
        await self.press("Policy: move a threshold", "ArrowLeft")
        if self.name == "person 0":  # whoever comes second finds that threshold in force already, and nothing to apply
            await self.click("Policy: apply", page.get_by_role("button", name="Apply", exact=True))
            await self.click("Policy: undo", page.locator(".st-key-undo-policy button"))
        await self.load("Duplicates: open by its address", f"duplicates?group={number}")
        await self.sign_in()
        await self.click("Duplicates: let another row stay", page.get_by_role("button", name="Let this one stay").first)
        await self.click("Duplicates: undo", page.locator(".st-key-undo-group button"))


async def people(store, names, rounds, times):
    """Serve the store, and let these people work on it."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with contextlib.ExitStack() as stack:
        since = time.perf_counter()
        server = subprocess.Popen([*WORKBENCH, "--store", str(store.path), "dashboard", "--port", "0"], stdout=subprocess.PIPE, text=True)
        stack.callback(server.communicate, timeout=60)
        stack.callback(server.terminate)
        address = re.search(r"http://\S+", server.stdout.readline())[0]
        started = time.perf_counter() - since
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(store.path), str(start_run(store))], stdin=subprocess.PIPE)
        stack.callback(writer.communicate, timeout=60)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            persons = []
            for name in names:
                context = await browser.new_context(viewport={"width": 1280, "height": 800})
                context.set_default_timeout(60_000)
                await context.add_init_script(WATCH)
                persons.append(Person(await context.new_page(), address, name, times, server))
            first = defaultdict(list)
            persons[0].times = first
            await persons[0].load("first")
            persons[0].times = times
            times["start the server"].append((started, processor(server)))
            times["open the dashboard, first visitor after the start"] += first["first"]
            await asyncio.gather(*(work(person, rounds) for person in persons))
            await browser.close()
        assert writer.poll() is None, "the writer ended"


async def work(person, rounds):
    """One person's rounds."""
    for number in range(rounds):
        await person.round(number)


def show(title, times):
    """A table, in the order in which things were done first."""
    print(f"\n## {title}\n\n| step | times | median | 95 % | worst | processor |\n| --- | --- | --- | --- | --- | --- |")
    for name, both in times.items():
        seconds, used = zip(*both, strict=True)
        numbers = (statistics.median(seconds), np.percentile(seconds, 95), max(seconds), statistics.median(used))
        print(f"| {name} | {len(seconds)} | {' | '.join(f'{each:.2f}' for each in numbers)} |", flush=True)


def main():
    """Fill, then time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pins", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--people", type=int, default=3)
    arguments = parser.parse_args()
    store = fill(arguments.store, arguments.rows, arguments.pins)
    counts = current(store, NAME).decision.counts
    print(
        f"{counts.imported:,} rows, {counts.pinned:,} pins, {len(counts.rules)} rules, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; seconds"
    )
    times = defaultdict(list)
    alone(store, times, 3 * arguments.rounds)
    show("No browser", times)
    for names in (["person 0"], [f"person {number}" for number in range(arguments.people)]):
        times = defaultdict(list)
        asyncio.run(people(store, names, arguments.rounds, times))
        show("One person alone, one writer" if len(names) == 1 else f"{len(names)} people at once, one writer", times)


if __name__ == "__main__":
    main()
