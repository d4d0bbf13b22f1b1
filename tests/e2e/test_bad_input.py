"""Bad input: set aside and counted, handled and told, or refused in one message. In every case the store still opens with nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from e2e_support import Cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECIPE = """\
task: classification
data: {train: train.jsonl, eval: eval.jsonl}
finetune: {epochs: 0.2}
compare: {arms: [raw], seeds: [0], resamples: 100}
"""


def examples(count: int, *, labels: int = 2) -> list[dict[str, str]]:
    return [
        {"text": f"sentence number {place} says something about {'cats' if place % 2 else 'dogs'}", "label": str(place % labels)}
        for place in range(count)
    ]


def lines(rows: list[dict[str, str]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def write(folder: Path, *, train: bytes | None = None, held_out: bytes | None = None, recipe: str = RECIPE) -> None:
    (folder / "train.jsonl").write_bytes(lines(examples(40)) if train is None else train)
    (folder / "eval.jsonl").write_bytes(lines(examples(12)) if held_out is None else held_out)
    (folder / "recipe.yaml").write_text(recipe)


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """A row that is set aside: the run ends well and the row is told with file, line and reason."""

    text: bytes
    line: int
    reason: str


ASIDE = {
    "a line cut in half": SetAside(text=b'{"text": "half a li', line=5, reason=""),
    "an undecodable line": SetAside(text=b'{"text": "\xff\xfe", "label": "1"}', line=6, reason="UTF-8"),
    "a row without its label": SetAside(text=b'{"text": "no label"}', line=7, reason="label"),
}


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which good rows, with all those that are set aside among them, were curated into the dataset `recipe`."""
    cli = Cli(tmp_path_factory.mktemp("curated"))
    good = lines(examples(40)).splitlines(keepends=True)
    write(cli.folder, train=b"".join([*good[:4], *(case.text + b"\n" for case in ASIDE.values()), *good[4:]]))
    done = cli("curate", "recipe.yaml")
    assert "55 read = 52 imported + 3 rejected" in done.stdout
    return cli.folder


@pytest.fixture
def used(curated: Path, cli: Cli) -> Cli:
    """The command line in a copy of that folder."""
    shutil.copytree(curated, cli.folder, dirs_exist_ok=True)
    return cli


@pytest.mark.parametrize("name", ASIDE)
def test_a_bad_row_is_set_aside_and_counted(name: str, used: Cli) -> None:
    """Exit 0; the row is rejected with file, line and reason, and the counts add up."""
    case = ASIDE[name]
    shown = json.loads(used("data", "show", "recipe", "--json").stdout)
    assert 3 == len(shown["rejected_rows"])
    (rejected,) = (row for row in shown["rejected_rows"] if row["line"] == case.line)
    assert "train.jsonl" in rejected["file"]
    assert case.reason in rejected["reason"]


HANDLED: dict[str, Callable[[], bytes]] = {
    "a text of 5 MB": lambda: lines([*examples(40), {"text": "word " * 1_000_000, "label": "1"}]),
    "10,000 classes": lambda: lines(examples(10_000, labels=10_000)),
    "a constant label": lambda: lines(examples(40, labels=1)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HANDLED)
def test_what_is_odd_but_right_is_handled(name: str, cli: Cli) -> None:
    """The whole run ends well, whatever the text's length or the number of classes."""
    write(cli.folder, train=HANDLED[name](), recipe=RECIPE.replace("epochs: 0.2", "epochs: 0.02"))
    done = cli("run", "recipe.yaml")
    assert "Results" in done.stdout


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Something that is refused: what is written first, and what the message must say."""

    says: tuple[str, ...]
    recipe: str = RECIPE
    train: bytes | None = None
    arguments: tuple[str, ...] = ("run", "recipe.yaml")


REFUSED = {
    "an unknown key": Refused(recipe=RECIPE.replace("finetune", "fine_tune"), says=("recipe.yaml:3", "'fine_tune'", "Did you mean 'finetune'?")),
    "an unknown task": Refused(recipe=RECIPE.replace("classification", "clasification"), says=("recipe.yaml:1", "Did you mean 'classification'?")),
    "an unknown metric": Refused(
        recipe=RECIPE.replace("seeds: [0]", "seeds: [0], metrics: [acuracy]"), says=("recipe.yaml:4", "'acuracy'", "Did you mean 'accuracy'?")
    ),
    "an unknown selector": Refused(recipe=RECIPE + "select: {near-duplicate: {}}\n", says=("recipe.yaml:5", "Did you mean 'near-duplicates'?")),
    "an unknown signal": Refused(
        recipe=RECIPE + 'policy: {near-duplicates.jacard: {drop: "> 0.9"}}\n', says=("recipe.yaml:5", "near-duplicates.jaccard")
    ),
    "a rule that is none": Refused(
        recipe=RECIPE + 'policy: {near-duplicates.jaccard: {drop: "a lot"}}\n', says=("recipe.yaml:5", "'a lot'", "an operator and a number")
    ),
    "a threshold below the floor": Refused(
        recipe=RECIPE + 'policy: {near-duplicates.jaccard: {drop: ">= 0.5"}}\n', says=("recipe.yaml:5", "below 0.7", "be recomputed", "floor: 0.5")
    ),
    "a wrong type": Refused(recipe=RECIPE.replace("epochs: 0.2", "epochs: many"), says=("recipe.yaml:3", "'many'")),
    "no YAML": Refused(recipe="task: [classification\n", says=("recipe.yaml:", "not YAML")),
    "an unset variable": Refused(recipe=RECIPE.replace("train.jsonl", "'${NOWHERE}/train.jsonl'"), says=("recipe.yaml:2", "NOWHERE")),
    "a missing recipe": Refused(arguments=("run", "nothing.yaml"), says=("nothing.yaml",)),
    "a missing file": Refused(recipe=RECIPE.replace("train.jsonl", "nothing.jsonl"), says=("recipe.yaml:2", "nothing.jsonl")),
    "an empty file": Refused(train=b"", says=("train.jsonl", "empty")),
    "a file of another encoding": Refused(train="\n".join(map(json.dumps, examples(40))).encode("utf-16"), says=("train.jsonl", "UTF-16")),
    "a missing column": Refused(
        train=b"".join(json.dumps({"txt": "a text", "label": "1"}).encode() + b"\n" for _ in range(20)), says=("'text'", "txt")
    ),
    "too many bad rows": Refused(train=lines(examples(20)) + b"{\n" * 20, says=("20 of 40", "max_rejected")),
    "a store that is a directory": Refused(arguments=("run", "recipe.yaml", "--store", "."), says=("is a folder", "workbench.duckdb")),
    "a store that is no store": Refused(arguments=("run", "recipe.yaml", "--store", "eval.jsonl"), says=("eval.jsonl",)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_right_is_refused_in_one_message(name: str, cli: Cli) -> None:
    """Exit 2; the message says what was given, what was expected and what to do; no traceback; nothing is left behind."""
    case = REFUSED[name]
    write(cli.folder, train=case.train, recipe=case.recipe)
    done = cli(*case.arguments, check=2)
    for words in case.says:
        assert words in done.stderr
    assert "Traceback" not in done.stderr
    if (cli.folder / "workbench.duckdb").exists():
        assert [] == json.loads(cli("data", "list", "--json").stdout)["datasets"]


def test_a_store_from_a_newer_version_is_refused(used: Cli) -> None:
    """A schema version beyond the newest known one is told, and the file is left as it is."""
    script = (
        "import duckdb; c = duckdb.connect('workbench.duckdb'); c.execute(\"update meta set value = '999' where key = 'schema_version'\"); c.close()"
    )
    subprocess.run([sys.executable, "-c", script], cwd=used.folder, check=True)
    done = used("data", "list", check=2)
    assert "newer" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def small_disk(tmp_path: Path, curated: Path) -> Iterator[Path]:
    """A place of 16 MB with a store in it; root may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("needs to mount a small file system, which is not allowed here")
    shutil.copytree(curated, place, dirs_exist_ok=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_told_and_loses_nothing(cli: Cli, small_disk: Path) -> None:
    """Exit 2 when the disk is full while ingesting; what was in the store before is still there."""
    store = str(small_disk / "workbench.duckdb")
    big = [{"text": os.urandom(2_000).hex(), "label": str(place % 2)} for place in range(8_000)]
    write(cli.folder, train=lines(big))
    done = cli("curate", "recipe.yaml", "--store", store, check=2)
    assert "Traceback" not in done.stderr
    (listed,) = json.loads(cli("data", "list", "--json", "--store", store).stdout)["datasets"]
    assert ("recipe", 52) == (listed["name"], listed["imported"])


def test_a_read_only_store_is_told(cli: Cli, small_disk: Path) -> None:
    """Exit 2 where nothing may be written; what the store holds can be read again afterwards."""
    store = str(small_disk / "workbench.duckdb")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = cli("pin", "0", "keep", "--store", store, check=2)
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert "Traceback" not in done.stderr
    assert "written" in done.stderr or "read-only" in done.stderr.lower()
    assert ["recipe"] == [each["name"] for each in json.loads(cli("data", "list", "--json", "--store", store).stdout)["datasets"]]


@pytest.mark.slow
def test_a_store_that_another_program_holds_is_waited_for_and_then_told_with_its_process(used: Cli) -> None:
    """A duckdb shell that keeps the file open is waited for 30 seconds; then exit 2 with the number of its process."""
    script = "import duckdb, sys; c = duckdb.connect('workbench.duckdb'); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", script], cwd=used.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert "held\n" == holder.stdout.readline()
    started = time.monotonic()
    done = used("data", "list", check=2)
    waited = time.monotonic() - started
    holder.communicate("")
    assert str(holder.pid) in done.stderr
    assert waited >= 29
    assert ["recipe"] == [each["name"] for each in json.loads(used("data", "list", "--json").stdout)["datasets"]]


@pytest.mark.slow
def test_an_arm_left_empty_fails_by_name_and_the_others_finish(cli: Cli) -> None:
    """A policy that drops every row: the curated arm fails and is named, raw is finished and reported, exit 2."""
    recipe = RECIPE.replace("arms: [raw]", "arms: [raw, curated]") + 'policy: {label-noise.self-confidence: {drop: ">= 0"}}\n'
    write(cli.folder, recipe=recipe)
    done = cli("run", "recipe.yaml", check=2)
    assert "recipe/curated/0" in done.stderr
    assert "no examples" in done.stderr
    assert "Results" in done.stdout
    states = json.loads(cli("sql", "select name, state from runs order by name", "--json").stdout)["rows"]
    assert {"recipe/curated/0": "failed", "recipe/floor/0": "finished", "recipe/raw/0": "finished"} == {row["name"]: row["state"] for row in states}
