"""What is exported can be imported again, and says how it came to be chosen."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections import Counter

import pyarrow as pa
import pytest
from curate_builders import add_run, import_rows, policy, rule, score_rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.curate import current, export, formats_for
from workbench.data import DataSource, load
from workbench.errors import DataError, UnknownNameError
from workbench.experiment.importing import import_file
from workbench.host import PluginHost
from workbench.types import Signal

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)
CLASSIFICATION = st.fixed_dictionaries({"text": TEXT, "label": TEXT})
GENERATION = st.fixed_dictionaries({"prompt": TEXT, "response": TEXT, "topic": st.just("t"), "question": TEXT})
WITH_INPUT = st.fixed_dictionaries({"instruction": TEXT, "input": TEXT | st.just(""), "output": TEXT})
SUMMARY = st.fixed_dictionaries({"document": TEXT, "summary": TEXT})


@st.composite
def questions(draw):
    """A question with some answers that stand in its context, or none."""
    context = draw(TEXT)
    spans = draw(st.lists(st.tuples(st.integers(0, len(context) - 1), st.integers(1, 5)), max_size=2))
    answers = [{"text": context[start : start + length], "start": start, "end": min(len(context), start + length)} for start, length in spans]
    return {"question": draw(TEXT), "context": context, "answers": answers}


CASES = {
    "classification": ("classification", ["jsonl", "parquet", "datasets"], CLASSIFICATION),
    "generation": ("generation", ["jsonl", "messages", "sharegpt", "alpaca"], GENERATION),
    "inputs": ("generation", ["jsonl", "parquet", "alpaca"], WITH_INPUT),
    "summarization": ("summarization", ["jsonl", "datasets"], SUMMARY),
    "qa": ("qa", ["jsonl", "parquet", "squad"], questions()),
}
SUFFIXES = {"alpaca": ".json", "sharegpt": ".json", "squad": ".json", "datasets": "", "parquet": ".parquet"}


@pytest.fixture(scope="module")
def host():
    """All first-party plugins."""
    return PluginHost.load()


def curated(store, host, task, rows, folder):
    """A dataset of these rows, half of which a rule drops."""
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    record = import_file(store, host.task(task), str(file), name=task, fields={}, key=None)
    score = pa.table({"x": pa.array([float(number % 2) for number in range(record.imported)])})
    add_run(store, record, "noise", (Signal(name="x", dtype="float64", summary=""),), table=score)
    store.ledger.put_policy(task, "half", policy(rule("noise.x", "drop", ">=", 1.0)), author="ann")
    return current(store, task)


@pytest.mark.parametrize(("task", "formats", "rows"), CASES.values(), ids=CASES)
def test_an_export_imported_again_is_the_same_examples(host, store, task, formats, rows):
    """For any texts, the multiset of content hashes of what was kept comes back from every format."""
    folder = store.path.parent

    @settings(max_examples=2, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(given_rows=st.lists(rows, min_size=12, max_size=12))
    def check(given_rows):
        state = curated(store, host, task, given_rows, folder)
        examples = store.datasets.examples(state.dataset.dataset_id).table.to_pylist()
        verdicts = store.curation.verdicts(state.decision.verdict_set)["verdict"].to_pylist()
        kept = Counter(each["content_hash"] for each, verdict in zip(examples, verdicts, strict=True) if verdict == "keep")
        for name in formats:
            done = export(store, state, folder / f"{name}{SUFFIXES.get(name, '.jsonl')}", format=name)
            again = load(host.task(task).value, DataSource(train=str(done.path)))
            assert not again.rejected.num_rows
            assert kept == Counter(again.tables["train"]["content_hash"].to_pylist())
            assert (done.imported, done.written) == (done.written + done.left_out, sum(kept.values()))
        assert [] == list(folder.glob("*partial*"))

    check()


@pytest.mark.parametrize("name", ["squad", "messages", "alpaca", "sharegpt"])
def test_a_format_that_cannot_hold_the_roles_is_refused(store, tmp_path, name):
    """Before anything is written, with what it could hold and what to take instead."""
    record = import_rows(store, [(f"text {number}", "a") for number in range(14)])
    score_rows(store, record, 0)
    with pytest.raises(DataError, match=rf"'{name}' cannot hold the roles text, label.*jsonl"):
        export(store, current(store, "data"), tmp_path / "out" / "file.json", format=name)
    assert not (tmp_path / "out").exists()


def test_formats_that_can_hold_a_dataset_are_those_that_it_can_be_exported_in(store, tmp_path):
    """Whoever offers them offers no other."""
    record = import_rows(store, [(f"text {number}", "a") for number in range(14)])
    score_rows(store, record, 0)
    assert ("jsonl", "parquet", "datasets") == formats_for(record)
    for name in formats_for(record):
        assert 14 == export(store, current(store, "data"), tmp_path / f"file-{name}", format=name).imported


def test_inputs_have_no_place_in_conversations(store, host, tmp_path):
    """A row with an input is refused by name instead of losing it; nothing is left behind."""
    state = curated(store, host, "generation", [{"prompt": "p", "input": "i", "response": "r"}], tmp_path)
    with pytest.raises(DataError, match="no place for the input"):
        export(store, state, tmp_path / "out.jsonl", format="messages")
    assert [] == list(tmp_path.glob("*out*"))
    with pytest.raises(UnknownNameError, match="Did you mean 'parquet'"):
        export(store, state, tmp_path / "out.pq", format="parket")


def test_the_manifest_and_the_card_say_how_it_was_chosen(store, tmp_path):
    """Fingerprint, policy, pins and versions for programs; counts, reasons and distributions for people, hostile text escaped."""
    hostile = "<script>alert(1)</script> ![x](http://a/b.png)\n# heading | cell"
    record = import_rows(store, [(f"{hostile} {number}", f"label {number % 2}") for number in range(14)], terms="CC BY 4.0 <b>")
    score_rows(store, record, 0)
    store.ledger.put_policy("data", "strict", policy(rule("noise.x", "drop", ">=", 3.0)), author="ann")
    store.ledger.pin("data", [0, 1], "keep", author="ann")
    state = current(store, "data")
    store.ledger.pin("data", range(14), "drop", author="ann")  # later steps do not count
    done = export(store, state, tmp_path / "out.jsonl", format="jsonl")
    manifest = json.loads(done.manifest.read_text(encoding="utf-8"))
    ids = store.datasets.examples(record.dataset_id).table["example_id"].to_pylist()
    assert (record.version, "strict", 1) == (manifest["dataset"]["version"], manifest["policy"]["name"], manifest["policy"]["version"])
    assert {"keep": ids[:2], "drop": []} == manifest["pins"]
    assert {"imported": 14, "written": done.written, "left_out": done.left_out} == manifest["rows"]
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == done.written
    assert ["1", "1"] == [each["version"] for each in manifest["selectors"]]
    card = done.card.read_text(encoding="utf-8")
    assert f"14 imported = {state.decision.counts.kept} kept + {state.decision.counts.dropped} dropped" in card
    for line in card.splitlines():
        assert not re.search(r"(?<!\\)[<\]]", line)
        assert not line.startswith("# heading")
    assert r"CC BY 4.0 \<b\>" in card
    assert "| label 0 | 7 | 50.0% |" in card.replace(r"\-", "-")
    quiet = export(store, state, tmp_path / "quiet.jsonl", format="jsonl", quote=0)
    assert "script" not in quiet.card.read_text(encoding="utf-8")


def test_an_export_that_fails_leaves_what_was_there(store, tmp_path, monkeypatch):
    """Failing in the middle, the file under the final name is the whole one from before, and nothing else is left."""
    record = import_rows(store, [(f"text {number}", "a") for number in range(14)])
    score_rows(store, record, 0)
    state = current(store, "data")
    path = tmp_path / "out.jsonl"
    export(store, state, path, format="jsonl")
    before = path.read_bytes()

    def broken(*_arguments, **_options):
        yield from ()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(store.datasets), "batches", broken)
    with pytest.raises(DataError, match="No space left"):
        export(store, state, path, format="jsonl")
    assert before == path.read_bytes()
    assert {"out.jsonl", "out.jsonl.manifest.json", "out.jsonl.card.md"} == {each.name for each in tmp_path.glob("*out*")}


VICTIM = """
import importlib, os, signal, sys
from pathlib import Path
from workbench.curate import current
from workbench.store import Store

module = importlib.import_module("workbench.curate.export")
pages, module.PAGE = module._pages, 5

def deadly(*arguments):
    for number, page in enumerate(pages(*arguments)):
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        yield page

module._pages = deadly
store = Store.open(sys.argv[1])
module.export(store, current(store, "data"), Path(sys.argv[2]), format=sys.argv[3])
"""


@pytest.mark.parametrize("format_name", ["jsonl", "datasets"])
def test_a_killed_export_leaves_what_was_there(store, tmp_path, format_name):
    """After SIGKILL in the middle of writing, the name stands for the whole export from before, or for none; the next one is whole."""
    record = import_rows(store, [(f"text {number}", "a") for number in range(14)])
    score_rows(store, record, 0)
    state, path = current(store, "data"), tmp_path / "out"

    def killed():
        victim = subprocess.run([sys.executable, "-c", VICTIM, store.path, path, format_name], capture_output=True, text=True, check=False)
        assert (-signal.SIGKILL, "") == (victim.returncode, victim.stderr)

    killed()
    assert not path.exists()
    whole = export(store, state, path, format=format_name)
    before = content(path)
    killed()
    assert before == content(path)
    assert 14 == whole.written == export(store, state, path, format=format_name).written
    assert {"out", "out.manifest.json", "out.card.md"} == {each.name for each in tmp_path.glob("*out*")}


def content(path):
    """What a file holds, or each file of a folder."""
    return {file.name: file.read_bytes() for file in path.iterdir()} if path.is_dir() else path.read_bytes()


def test_a_folder_with_other_files_is_not_replaced(store, tmp_path):
    """Only an earlier export gives way to a new one."""
    record = import_rows(store, [(f"text {number}", "a") for number in range(14)])
    score_rows(store, record, 0)
    state = current(store, "data")
    for _ in range(2):
        assert export(store, state, tmp_path / "out", format="datasets").written
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(DataError, match="other files"):
        export(store, state, tmp_path / "mine", format="datasets")
