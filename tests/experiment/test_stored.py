"""Curating what stands in the store already."""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.curate import current
from workbench.experiment import import_file, score_stored
from workbench.host import PluginHost
from workbench.store import Store


def test_an_imported_file_is_scored_by_its_tasks_own_selectors_once(tmp_path):
    """Its task's policy is then in force, and a second time changes nothing, nor does it replace a policy that someone applied."""
    (tmp_path / "plugins").mkdir()
    shutil.copy(Path(__file__).parents[1] / "dashboard" / "notes.py", tmp_path / "plugins")
    host = PluginHost.load(plugins_dir=tmp_path / "plugins")
    store = Store.create(tmp_path / "w.duckdb")
    file = tmp_path / "notes.csv"
    file.write_text(
        "text,label\n" + "".join(f"note number {number} of the harbour log,{'ab'[number % 2]}\n" for number in range(30)), encoding="utf-8"
    )
    task = host.task("notes")
    dataset = import_file(store, task, str(file), name="notes", fields={}, key=None)

    runs = score_stored(store, host, dataset, author="ada")

    assert list(task.value.selectors) == [run.selector.rpartition(".")[2] for run in runs]
    state = current(store, "notes")
    assert ("notes", 1, "ada") == (state.policy.name, state.policy.version, state.policy.author)
    assert 30 == state.decision.counts.kept + state.decision.counts.dropped + state.decision.counts.review
    number = store.ledger.number()
    assert runs == score_stored(store, host, dataset, author="bo")
    assert number == store.ledger.number()
