"""A store to work in, a server to serve it, a browser to look at it, and a process that keeps writing meanwhile."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pytest

from workbench.curate import ConfiguredSelector, score
from workbench.store import Store
from workbench.types import Action, Direction, Findings, Role, RoleType, Rule, Scope, SelectorKind, Signal

sys.path.insert(0, str(Path(__file__).parent))

START = 180
"""Seconds that a server may take to answer on a busy machine."""
ROWS = 120


# --- selectors --------------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """No parameters."""


@dataclass(frozen=True, kw_only=True)
class TooShort:
    """Drops texts of fewer than 12 characters."""

    name: str = "length"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    reads: tuple[str, ...] = ("text",)
    params: Nothing = field(default_factory=Nothing)
    signals: tuple[Signal, ...] = (
        Signal(
            name="characters",
            dtype="int64",
            summary="Characters of the text.",
            low=0,
            direction=Direction.HIGHER,
            rule=Rule(action=Action.DROP, operator="<", threshold=12),
            reasons={"short": "{value} characters do not make a sentence"},
        ),
    )

    def score(self, examples, _context):
        """Count."""
        lengths = [len(text) for text in examples.texts("text")]
        short = [position for position, length in enumerate(lengths) if length < 12]
        evidence = pa.table(
            {
                "position": pa.array(short, pa.int64()),
                "signal": pa.array(["characters"] * len(short), pa.string()),
                "reason": pa.array(["short"] * len(short), pa.string()),
                "values": pa.array([f'{{"value": {lengths[position]}}}' for position in short], pa.string()),
                "partners": pa.array([[]] * len(short), pa.list_(pa.int64())),
                "spans": pa.array(
                    [[{"role": "text", "start": 0, "end": lengths[position]}] for position in short],
                    pa.list_(pa.struct([("role", pa.string()), ("start", pa.int32()), ("end", pa.int32())])),
                ),
            },
        )
        return Findings(signals=pa.table({"characters": pa.array(lengths, pa.int64())}), evidence=evidence)


@dataclass(frozen=True, kw_only=True)
class Shouting:
    """Sends texts in capitals to review."""

    name: str = "capitals"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    reads: tuple[str, ...] = ("text",)
    params: Nothing = field(default_factory=Nothing)
    signals: tuple[Signal, ...] = (
        Signal(
            name="share",
            dtype="float64",
            summary="Share of capital letters.",
            low=0,
            high=1,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=0.5),
        ),
    )

    def score(self, examples, _context):
        """Count."""
        shares = [sum(character.isupper() for character in text) / max(1, len(text)) for text in examples.texts("text")]
        return Findings(signals=pa.table({"share": pa.array(shares, pa.float64())}))


@dataclass(frozen=True, kw_only=True)
class Twins:
    """Drops all but one of the texts that differ in case only."""

    name: str = "twins"
    version: str = "1"
    kind: SelectorKind = SelectorKind.DEDUP
    scope: Scope = Scope.DATASET
    reads: tuple[str, ...] = ("text",)
    params: Nothing = field(default_factory=Nothing)
    signals: tuple[Signal, ...] = (
        Signal(
            name="similarity",
            dtype="float64",
            summary="Similarity to the nearest other text.",
            low=0,
            high=1,
            direction=Direction.LOWER,
            rule=Rule(action=Action.DROP, operator=">=", threshold=0.9),
            pairwise=True,
        ),
    )

    def score(self, examples, _context):
        """Compare."""
        first, pairs = {}, []
        for position, text in enumerate(examples.texts("text")):
            if first.setdefault(text.lower(), position) != position:
                pairs.append((first[text.lower()], position))
        values = np.full(len(examples), np.nan)
        for pair in pairs:
            values[list(pair)] = 1.0
        edges = pa.table(
            {
                "a": pa.array([a for a, _ in pairs], pa.int64()),
                "b": pa.array([b for _, b in pairs], pa.int64()),
                "signal": pa.array(["similarity"] * len(pairs), pa.string()),
                "kind": pa.array(["near"] * len(pairs), pa.string()),
                "similarity": pa.array([1.0] * len(pairs), pa.float64()),
            },
        )
        return Findings(signals=pa.table({"similarity": pa.array(values, pa.float64(), from_pandas=True)}), edges=edges)


# --- stores -----------------------------------------------------------------------------------------------------------------------------------------


def _ordinary_texts() -> list[str]:
    """120 texts: every tenth too short, every tenth after it shouted, and three twins of the text before."""
    texts = [f"The {number}th page tells how a parcel finds its way home." for number in range(ROWS)]
    for number in range(0, ROWS, 10):
        texts[number] = f"Page {number}"
        texts[number + 1] = texts[number + 1].upper()
    for number in (15, 25, 35):
        texts[number] = texts[number - 1].replace("page", "Page")
    return texts


def _import_texts(store: Store, name: str, texts: list[str], labels: list[str], keys: list[str] | None = None):
    """Import texts as the split `train` of a dataset, and score them."""
    roles = (Role(name="text", type=RoleType.TEXT), Role(name="label", type=RoleType.LABEL))
    count = len(texts)
    about = {"name": name, "task": "classification.classification", "source": "a test", "license": "CC0"}
    with store.datasets.stage(**about, roles=roles, target="label", keyed=bool(keys)) as stage:
        stage.add(
            pa.table(
                {
                    "split": pa.array(["train"] * count, pa.string()),
                    "key": pa.array(keys or [None] * count, pa.string()),
                    "raw_hash": pa.array([f"{number:032x}" for number in range(count)], pa.string()),
                    "content_hash": pa.array([f"{number:032x}" for number in range(count)], pa.string()),
                    "source": pa.array(["test.jsonl"] * count, pa.string()),
                    "line": pa.array(range(1, count + 1), pa.int64()),
                    "meta": pa.array(["{}"] * count, pa.string()),
                    "text": pa.array(texts, pa.large_string()),
                    "label": pa.array(labels, pa.large_string()),
                },
            ),
        )
        record = stage.finish(read=count)
    selectors = [
        ConfiguredSelector(id=f"test.{selector.name}", selector=selector, plugin="test", distribution="test", distribution_version="1")
        for selector in (TooShort(), Shouting(), Twins())
    ]
    score(store, record, selectors)
    return record


def _start_run(store: Store, dataset_id: int, *, experiment: str = "mail") -> int:
    """An experiment with one run that is under way; its number."""
    record = store.experiments.open(
        name=experiment, identity=experiment, task="classification.classification", dataset_id=dataset_id, recipe="task: classification", resolved={}
    )
    run = store.experiments.plan_run(
        experiment_id=record.experiment_id,
        dataset_id=dataset_id,
        name=f"{experiment}/curated/0",
        arm="curated",
        seed=0,
        adapter="classification.encoder",
        version="1",
        plugin="classification",
        distribution="test",
        distribution_version="1",
        plan={},
        environment={},
        rows=ROWS,
    )
    store.experiments.start_run(run.run_id)
    return run.run_id


@pytest.fixture
def store(tmp_path) -> Store:
    """An empty store."""
    return Store.create(tmp_path / "workbench.duckdb")


@pytest.fixture
def mail(store):
    """A store in use: a scored dataset on which every rule has something to do, and a run that is under way."""
    dataset = _import_texts(store, "mail", _ordinary_texts(), ["first", "second", "third"] * (ROWS // 3))
    return SimpleNamespace(store=store, dataset=dataset, run_id=_start_run(store, dataset.dataset_id))


@pytest.fixture
def import_texts():
    """Imports and scores texts."""
    return _import_texts


@pytest.fixture
def start_run():
    """Starts a run in the store, as an experiment does."""
    return _start_run


# --- processes --------------------------------------------------------------------------------------------------------------------------------------

WRITER = """
import sys, threading
from datetime import UTC, datetime
from workbench.store import Store
from workbench.types import RunEvent

store, run_id, done = Store.open(sys.argv[1]), int(sys.argv[2]), threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
step = 0
while not done.wait(float(sys.argv[3])):
    step += 1
    store.experiments.add_events(run_id, [(datetime.now(UTC), RunEvent(kind="step", step=step, total=5000, values={"loss": 2 / step}))])
    print(step, flush=True)
"""


@dataclass
class Writer:
    """A process that commits to the store in a loop, one event each."""

    process: subprocess.Popen

    def stop(self) -> int:
        """End it after its last commit, and give how many it was told to have made."""
        out, _ = self.process.communicate(timeout=START)
        assert self.process.returncode == 0
        return int(out.split()[-1])


@contextlib.contextmanager
def writing(store: Store, run_id: int, *, every: float = 0.2):
    """A process that writes to the store every so many seconds, for as long as this lasts."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store.path), str(run_id), str(every)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "1\n"
        yield Writer(process)
    finally:
        end(process)


@pytest.fixture
def start_writer():
    """Starts writers; those that a test leaves running are ended."""
    with contextlib.ExitStack() as stack:
        yield lambda store, run_id: stack.enter_context(writing(store, run_id))


WORKBENCH = [sys.executable, "-c", "import sys; from workbench.cli import main; sys.exit(main())"]


@pytest.fixture
def run_workbench():
    """Runs a command to its end."""

    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([*WORKBENCH, *arguments], capture_output=True, text=True, timeout=START, check=False)

    return run


@contextlib.contextmanager
def served(store: Store, *options: str):
    """The address of a dashboard on the store, and its process."""
    process = subprocess.Popen(
        [*WORKBENCH, "--store", str(store.path), "--author", "ada", "dashboard", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        line = process.stdout.readline()
        address = re.search(r"http://\S+", line)
        assert address, line + process.stdout.read()
        yield address[0], process
    finally:
        end(process)


@contextlib.contextmanager
def serving(store: Store, *options: str):
    """The address of a dashboard on the store."""
    with served(store, *options) as (address, _process):
        yield address


@pytest.fixture
def serve_process():
    """Starts `workbench dashboard` on a store and gives its address and its process."""
    with contextlib.ExitStack() as stack:
        yield lambda store, *options: stack.enter_context(served(store, *options))


@pytest.fixture
def serve():
    """Starts `workbench dashboard` on a store and gives its address."""
    with contextlib.ExitStack() as stack:
        yield lambda store, *options: stack.enter_context(serving(store, *options))


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A dataset that people work on, served, while another process writes to the same store; one for all tests of a module."""
    store = Store.create(tmp_path_factory.mktemp("desk") / "workbench.duckdb")
    dataset = _import_texts(store, "mail", _ordinary_texts(), ["first", "second", "third"] * (ROWS // 3))
    run_id = _start_run(store, dataset.dataset_id)
    plugins = tmp_path_factory.mktemp("plugins")
    shutil.copy(Path(__file__).with_name("notes.py"), plugins)
    with writing(store, run_id, every=1.0) as writer, serving(store, "--plugins-dir", str(plugins)) as address:
        yield SimpleNamespace(store=store, dataset=dataset, run_id=run_id, address=address)
        assert writer.stop() == store.experiments.events(run_id).num_rows


def end(process: subprocess.Popen) -> None:
    """End a process of ours, if it still runs, and close its pipes."""
    process.terminate()
    process.communicate(timeout=START)


# --- browser ----------------------------------------------------------------------------------------------------------------------------------------


@dataclass
class Visit:
    """A page in a browser of its own, with what it asked for."""

    page: object
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def outside(self) -> list[str]:
        """The addresses beyond this machine that the page asked for."""
        return [url for url in self.requests if urlsplit(url).scheme in {"http", "https", "ws", "wss"} and urlsplit(url).hostname != "127.0.0.1"]


@pytest.fixture(scope="session")
def browser(chromium):
    """A browser for each colour scheme that stays open: it has read the server's scripts once, and a tab of it is a session of its own."""
    with contextlib.ExitStack() as stack:

        @cache
        def contexts(scheme: str):
            context = chromium.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme, reduced_motion="reduce")
            stack.callback(context.close)
            context.set_default_timeout(START * 1000)
            return context

        yield contexts


PAGES = pytest.StashKey[list]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Beside a failure, what the open pages show."""
    report = yield
    if report.when == "call" and report.failed:
        report.sections += [(f"The page at {page.url}", _shown(page)) for page in item.stash.get(PAGES, [])]
    return report


def _shown(page) -> str:
    from playwright.sync_api import Error

    try:
        return page.locator("body").inner_text(timeout=5000)
    except Error as error:
        return f"(it does not answer: {error})"


@pytest.fixture
def visit(browser, request):
    """Opens an address at 1280 px, each time in a session of its own."""
    pages = request.node.stash[PAGES] = []
    with contextlib.ExitStack() as stack:

        def open_page(address: str, *, scheme: str = "light") -> Visit:
            context = browser(scheme)
            context.clear_cookies(name="workbench-author")  # of another test's person
            seen = Visit(page=context.new_page())
            pages.append(seen.page)
            stack.callback(seen.page.close)
            seen.page.on("request", lambda request: seen.requests.append(request.url))
            seen.page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
            seen.page.goto(address)
            return seen

        yield open_page
