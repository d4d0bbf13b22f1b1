from __future__ import annotations

import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.curate import ConfiguredSelector, score
from workbench.curate.cache import ContentCache, Memory, as_keys
from workbench.data import content_hashes
from workbench.host import PluginHost
from workbench.types import Role, RoleType, SelectorKind

HERE = Path(__file__).parent
ROLES = (Role(name="text", type=RoleType.TEXT), Role(name="label", type=RoleType.LABEL))


def import_examples(store, train, evaluation=(), name="data"):
    """A version of a dataset of (text, label) pairs."""
    with store.datasets.stage(name=name, task="t.t", source="", license="", roles=ROLES, target="label", keyed=False) as stage:
        for split, rows in (("train", train), ("eval", evaluation)):
            roles = pa.table({role.name: pa.array([row[place] for row in rows], pa.large_string()) for place, role in enumerate(ROLES)})
            known = {
                "split": [split] * len(rows),
                "key": pa.nulls(len(rows), pa.string()),
                "raw_hash": [""] * len(rows),
                "content_hash": content_hashes(roles, roles.column_names),
                "source": [f"{split}.jsonl"] * len(rows),
                "line": list(range(1, len(rows) + 1)),
                "meta": ["{}"] * len(rows),
            }
            stage.add(pa.table({**known, **{column: roles[column] for column in roles.column_names}}))
        return stage.finish(read=len(train) + len(evaluation))


@pytest.fixture
def imported(store):
    """A dataset of these examples; the same name again is its next version."""
    return lambda *arguments, **named: import_examples(store, *arguments, **named)


@pytest.fixture
def plugins(tmp_path):
    """A folder with the plugin in it."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    shutil.copy(HERE / "counting_plugin.py", folder / "counting.py")
    return folder


@pytest.fixture
def selector(plugins):
    """A selector of the plugin with parameters, as a recipe configures it."""
    host = PluginHost.load(plugins_dir=plugins)

    def configure(name="count", **params):
        found = host.selector(f"counting.{name}")
        changed = dataclasses.replace(found.value, params=dataclasses.replace(found.value.params, **params))
        return ConfiguredSelector(
            id=found.id, selector=changed, plugin="counting", distribution="", distribution_version="", plugins_dir=host.plugins_dir
        )

    return configure


def texts(count, start=0):
    """Different texts of one to four words, the first one empty."""
    return [(" ".join([*["of", "so", "many"][: number % 4], f"n{number}"]) if number else "", "x") for number in range(start, count)]


def signals(store, run):
    return store.signals.read(run.selector_run).drop_columns("row").to_pylist()


def evidence(store, run):
    found = store.signals.evidence(run.dataset_id, range(2_000)).to_pylist()
    return [(each["row"], each["reason"], each["values"], each["spans"]) for each in found if each["selector_run"] == run.selector_run]


def expected_words(rows):
    return [{"words": len(text.split()) - 1.0 if text else None, "many": len(text.split()) > 2} for text, _ in rows]


def logged(file):
    """The texts that were scored, and by how many processes."""
    lines = [line.partition(" ") for line in file.read_text().splitlines()] if file.exists() else []
    return [text for _, _, text in lines], len({process for process, _, _ in lines})


def test_appending_one_per_cent_scores_one_per_cent(store, imported, selector, tmp_path):
    """What was known keeps its value, zero and null and evidence too."""
    log = tmp_path / "log"
    rows = texts(1_010)
    (first,) = score(store, imported(rows[:1_000]), [selector(log=str(log))])
    (second,) = score(store, imported(rows), [selector(log=str(log))])
    assert (1_000, 0) == (first.scored, first.cached)
    assert (10, 1_000) == (second.scored, second.cached)
    assert "10 rows scored, 1000 known from before" in second.notes
    assert [text for text, _ in rows] == logged(log)[0]
    assert expected_words(rows) == signals(store, second)
    one = [(row, "one", json.dumps({"text": text}), [{"role": "text", "start": 0, "end": len(text)}]) for row, (text, _) in enumerate(rows)]
    assert one[4::4] == evidence(store, second)


def test_a_score_is_known_by_the_roles_that_were_read(store, imported, selector):
    """Another label leaves a score of the text alone; another parameter, zero too, or version does not."""
    score(store, imported(texts(20)), [selector()])
    changed = imported([(text, "another") for text, _ in texts(20)])
    (run,) = score(store, changed, [selector()])
    assert (0, 20) == (run.scored, run.cached)
    newer = dataclasses.replace(selector(), selector=dataclasses.replace(selector().selector, version="2"))
    for other in (selector(deadly="zebra"), selector(bad=("",)[:0], seconds=0.001), newer):
        (run,) = score(store, changed, [other])
        assert (20, 0) == (run.scored, run.cached)


def test_the_same_call_again_finds_its_run(store, imported, selector, tmp_path):
    """Nothing is scored twice."""
    dataset, configured = imported(texts(5)), selector(log=str(tmp_path / "log"))
    assert score(store, dataset, [configured]) == score(store, dataset, [configured])
    assert 5 == len(logged(tmp_path / "log")[0])


def test_a_selector_sees_the_roles_that_it_reads_and_no_others(store, imported, selector):
    """So a kept score cannot depend on anything else."""
    seen = []

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Looking(type(selector().selector)):
        def score(self, examples, context):
            seen.append((examples.roles, "label" in examples.table.column_names, context.held_out))
            return super().score(examples, context)

    score(store, imported(texts(5)), [dataclasses.replace(selector(), selector=Looking())])
    assert [(("text",), False, None)] == seen


@pytest.mark.parametrize("patience", [pytest.param(1e9, id="in this process"), pytest.param(0.0, id="in several processes", marks=pytest.mark.slow)])
def test_bad_rows_get_an_error_and_cost_no_other_row_its_score(store, imported, selector, tmp_path, patience):
    """The run says how many, and what was raised first; they are tried again with the next version."""
    rows = texts(700)
    bad = {3, 4, 90, 699}
    configured = selector(bad=("n3 ", "n4 ", "n90", "n699"), log=str(tmp_path / "log"))
    rows = [(text + " ", label) if row in {3, 4} else (text, label) for row, (text, label) in enumerate(rows)]
    (run,) = score(store, imported(rows), [configured], patience=patience)
    words = expected_words(rows)
    assert [{"words": None, "many": None} if row in bad else words[row] for row in range(700)] == signals(store, run)
    found = {row: json.loads(values) for row, reason, values, _ in evidence(store, run) if reason == "error"}
    assert {row: repr(ValueError(rows[row][0])) for row in bad} == {row: values["error"] for row, values in found.items()}
    assert all(values["line"].startswith("counting.py:") for values in found.values())
    assert (700, 0, 4) == (run.scored, run.cached, run.errors)
    assert any(note.startswith("4 of 700 rows could not be scored") and "n3" in note for note in run.notes)
    assert sorted(rows[row][0] for row in range(700) if row not in bad) == sorted(logged(tmp_path / "log")[0])
    (again,) = score(store, imported(rows[:699]), [configured], patience=patience)
    assert (3, 696, 3) == (again.scored, again.cached, again.errors)


def test_several_processes_come_to_the_same_scores(store, imported, selector, tmp_path):
    """In the order of the rows, whoever was ready first."""
    rows = texts(1_500)
    (alone,) = score(store, imported(rows, name="alone"), [selector()])
    (together,) = score(store, imported(rows), [selector(log=str(tmp_path / "log"))], patience=0.0)
    assert signals(store, alone) == signals(store, together)
    assert evidence(store, alone) == evidence(store, together)
    assert alone.notes == together.notes
    assert logged(tmp_path / "log")[1] > 1


@pytest.mark.slow
def test_a_row_that_ends_its_process_costs_no_other_row_its_score(store, imported, selector):
    """The process is started again until that row stands alone."""
    rows = texts(345)
    (run,) = score(store, imported(rows), [selector(deadly="n340")], patience=0.0)
    words = expected_words(rows)
    assert [{"words": None, "many": None} if row == 340 else words[row] for row in range(345)] == signals(store, run)
    ((row, values),) = [(row, values) for row, reason, values, _ in evidence(store, run) if reason == "error"]
    assert (340, 1) == (row, run.errors)
    assert "ended with 7" in values


def test_a_selector_that_no_other_process_finds_is_scored_here(store, imported, selector):
    """As one that a program made for itself; the run says so."""
    rows = texts(400)
    (run,) = score(store, imported(rows), [dataclasses.replace(selector(), plugins_dir=None)], patience=0.0)
    assert expected_words(rows) == signals(store, run)
    assert any(note.startswith("scored in one process:") and "counting" in note for note in run.notes)


def test_a_dataset_selector_computes_again_only_what_it_need_not_compare(store, imported, selector):
    """What it remembers of single examples is spared; the scores are made anew, and the run says both."""
    rows = texts(1_010)
    (first,) = score(store, imported(rows[:1_000]), [selector("lengths")])
    (second,) = score(store, imported(rows), [selector("lengths")])
    assert ("measured: 1000 computed, 0 known from before",) == first.notes
    anew = "all 1010 rows were scored anew, for its scores depend on the whole dataset"
    assert ("measured: 10 computed, 1000 known from before", anew) == second.notes
    assert [{"length": len(text)} for text, _ in rows] == signals(store, second)


@pytest.mark.parametrize("forget", [False, True], ids=["a dataset", "an example"])
def test_removing_what_was_scored_removes_what_is_remembered_of_it(store, imported, selector, forget):
    """Nothing that quotes it is left beside the store."""
    dataset = imported(texts(20))
    score(store, dataset, [selector()])
    assert list(store.files.glob("cache/**/*.parquet"))
    store.forget(dataset.dataset_id, 3, author="me") if forget else store.datasets.remove("data")
    assert [] == list(store.files.glob("cache/**/*.parquet"))


def test_no_rows_have_no_scores(store, imported, selector):
    """And no errors."""
    runs = score(store, imported([]), [selector(), selector("lengths")])
    assert [[], []] == [signals(store, run) for run in runs]


def test_only_decontamination_sees_the_evaluation_rows(store, imported, selector):
    """With file and line."""
    seen = {}

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Looking(type(selector().selector)):
        def score(self, examples, context):
            seen[self.name] = context.held_out and context.held_out.examples.table.select(["text", "source", "line"]).to_pylist()
            return super().score(examples, context)

    selectors = [
        dataclasses.replace(selector(), id=f"counting.{kind}", selector=Looking(name=kind, kind=SelectorKind(kind)))
        for kind in ("noise", "decontamination")
    ]
    score(store, imported(texts(5), [("held", "x"), ("out", "y")]), selectors)
    expected = [{"text": text, "source": "eval.jsonl", "line": line} for line, text in ((1, "held"), (2, "out"))]
    assert {"noise": None, "decontamination": expected} == seen
    (run,) = score(store, imported(texts(5), [("other", "x")]), selectors[1:])
    assert (5, 0) == (run.scored, run.cached)


class Recipe:
    """The command line on a dataset of slow rows, in a process of its own."""

    def __init__(self, folder, plugins, select, rows):
        data = [json.dumps({"text": text, "label": str(row % 2)}) for row, (text, _) in enumerate(texts(rows + 1, 1))]
        (folder / "train.jsonl").write_text("\n".join(data))
        (folder / "eval.jsonl").write_text('{"text": "held out", "label": "1"}')
        (folder / "r.yaml").write_text(f"task: classification\ndata: {{train: train.jsonl, eval: eval.jsonl}}\nselect: {json.dumps(select)}\n")
        workbench = str(Path(sys.executable).parent / "workbench")
        self.command = [workbench, "curate", "r.yaml", "--plugins-dir", str(plugins)]
        self.folder = folder

    def start(self):
        return subprocess.Popen(self.command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def finish(self):
        done = subprocess.run(self.command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert 0 == done.returncode, done.stderr
        return done.stderr


def wait_for(condition, process):
    while not condition():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)


def workers_of(process):
    """Processes that score for this one and still run."""
    return [
        path
        for path in Path("/proc").glob("[0-9]*")
        if _read(path / "environ").find(f"COUNTING_TEST={process}\0".encode()) >= 0 and b"workbench.curate.worker" in _read(path / "cmdline")
    ]


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.fixture
def interrupted(plugins, tmp_path, monkeypatch):
    """A run that is ended by a signal while several processes score for it."""
    monkeypatch.setenv("COUNTING_TEST", str(tmp_path))

    def interrupt(number):
        recipe = Recipe(tmp_path, plugins, {"counting.count": {"seconds": 0.025, "log": str(tmp_path / "log")}}, rows=600)
        process = recipe.start()
        wait_for(lambda: logged(tmp_path / "log")[1] > 2 and len(list(tmp_path.glob("*.files/cache/**/*.parquet"))) > 3, process)
        assert workers_of(tmp_path)
        process.send_signal(number)
        process.communicate(timeout=120)
        deadline = time.monotonic() + 60
        while workers_of(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [] == workers_of(tmp_path)
        return recipe, process.returncode

    return interrupt


@pytest.mark.slow
def test_finished_batches_outlive_a_kill(interrupted, tmp_path):
    """Its processes end with it, and the next run scores the rest alone."""
    recipe, code = interrupted(signal.SIGKILL)
    assert -signal.SIGKILL == code
    kept = sum(pa.parquet.read_metadata(path).num_rows for path in tmp_path.glob("*.files/cache/**/*.parquet"))
    before = len(logged(tmp_path / "log")[0])
    said = recipe.finish()
    assert f"{600 - kept} rows scored, {kept} known from before" in said
    assert 600 - kept == len(logged(tmp_path / "log")[0]) - before
    assert 600 == len(set(logged(tmp_path / "log")[0]))


@pytest.mark.slow
def test_being_asked_to_end_is_an_interrupt(interrupted):
    """With its exit code, and no process left behind."""
    assert 130 == interrupted(signal.SIGTERM)[1]


def test_a_dataset_selector_hears_of_the_wish_to_stop(plugins, tmp_path):
    """In its own threads too."""
    recipe = Recipe(tmp_path, plugins, {"counting.endless": {}}, rows=10)
    process = recipe.start()
    assert any("score counting.endless" in line for line in iter(process.stderr.readline, ""))
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert 130 == process.returncode


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 40), max_size=12), max_size=4), st.integers(1, 5))
def test_memory_gives_what_computing_anew_would(tmp_path_factory, versions, batch):
    """Each record once, in order, and computed only where it is not known."""
    folder = tmp_path_factory.mktemp("memory")
    known = set()
    for version in versions:
        memory = Memory(folder, lambda: False)
        keys = pa.chunked_array([[f"{number:032x}" for number in version]], pa.string())
        computed = []

        def compute(places, version=version, computed=computed):
            computed.extend(version[place] for place in places)
            return pa.table({"square": pa.array([version[place] ** 2 for place in places], pa.int64())})

        found = memory("squares", keys, compute, batch=batch)
        assert [number**2 for number in version] == found["square"].to_pylist()
        assert [number for number in version if number not in known] == computed
        known |= set(version)


def test_a_damaged_part_of_a_cache_is_computed_again(tmp_path):
    """As is one that is missing."""
    keys = as_keys(pa.chunked_array([[f"{number:032x}" for number in (256, 512)]]))
    for key, value in zip(keys, (1, 2), strict=True):
        ContentCache(tmp_path).add(keys[keys == key], pa.table({"value": [value]}))
    first, second = sorted(tmp_path.glob("*.parquet"))
    first.write_bytes(first.read_bytes()[:40])
    cache = ContentCache(tmp_path)
    assert [-1, 0] == sorted(cache.find(keys).tolist())
    second.unlink()
    assert [-1, -1] == ContentCache(tmp_path).find(keys).tolist()
