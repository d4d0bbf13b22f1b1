"""A run that is killed goes on where it was, and comes to the same numbers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from e2e_support import Cli, write_topics

SCORES = "select r.name, s.metric, s.value from scores s join runs r using (run_id) order by all"
COMPARISONS = "select metric, a, b, effect, low, high, p, verdict from comparisons order by all"
FINISHED = "select name, finished from runs where state = 'finished' order by name"
POINTS = {
    "while importing": "import ...",
    "while ingesting": "ingest ...",
    "between training steps": "train topics/curated/0 ...",
    "while predicting": "predict topics/curated/1 ...",
    "before the report": "report ...",
}
"""Where it is killed, in this order, with the progress line that says that it is there."""


def rows(cli: Cli, query: str) -> list[dict[str, object]]:
    return json.loads(cli("sql", query, "--json").stdout)["rows"]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[object], list[object]]:
    """What an uninterrupted run comes to."""
    cli = Cli(tmp_path_factory.mktemp("uninterrupted"))
    write_topics(cli.folder)
    cli("run", "topics.yaml")
    return rows(cli, SCORES), rows(cli, COMPARISONS)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_killed_at_every_point_finishes_to_the_same_numbers(uninterrupted: tuple[list[object], list[object]], cli: Cli) -> None:
    """Ended by SIGKILL at five points in turn, one command comes to the same scores and comparisons, and repeats no finished run."""
    write_topics(cli.folder)
    for point in POINTS:
        finished = finished_runs(cli)
        kill_at(point, cli)
        assert finished.items() <= finished_runs(cli).items()
    finished = finished_runs(cli)
    cli("run", "topics.yaml")
    assert finished.items() <= finished_runs(cli).items()
    assert (rows(cli, SCORES), rows(cli, COMPARISONS)) == uninterrupted
    assert (cli.folder / "reports" / "out" / "topics.html").is_file()


@pytest.mark.slow
def test_an_equal_recipe_finds_its_runs_done_and_a_changed_one_is_a_new_revision(cli: Cli) -> None:
    """Started again unchanged nothing is trained; with another seed it is revision 2 under the same name."""
    recipe = write_topics(cli.folder)
    recipe.write_text(recipe.read_text().replace("seeds: [0, 1]", "seeds: [0]"))
    first = cli("run", "topics.yaml")
    again = cli("run", "topics.yaml")
    assert "2 runs were finished already" in again.stderr
    assert "train " not in again.stderr
    assert table_of(first.stdout) == table_of(again.stdout)
    recipe.write_text(recipe.read_text().replace("seeds: [0]", "seeds: [7]"))
    cli("run", "topics.yaml")
    assert [1, 2] == [row["revision"] for row in rows(cli, "select revision from experiments order by revision")]


def kill_at(point: str, cli: Cli) -> None:
    """Start the run and end it, with no chance to tidy up, when it says that it is there."""
    with cli.start("run", "topics.yaml") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(POINTS[point]):
                if point == "between training steps":
                    wait_for_checkpoint(cli.folder, process)
                os.kill(process.pid, signal.SIGKILL)
                break
    assert (point, -signal.SIGKILL) == (point, process.returncode)


def finished_runs(cli: Cli) -> dict[str, object]:
    """When each finished run was finished, by its name."""
    return {row["name"]: row["finished"] for row in rows(cli, FINISHED)} if (cli.folder / "workbench.duckdb").exists() else {}


def wait_for_checkpoint(folder: Path, process: subprocess.Popen[str]) -> None:
    """Let training go on until it has written one."""
    while process.poll() is None and not list(folder.glob("workbench.duckdb.files/runs/*/checkpoint*")):
        time.sleep(0.01)


def table_of(output: str) -> str:
    """What a run prints, up to the times of its steps."""
    return output[: output.index("\nTime of each step\n")]
