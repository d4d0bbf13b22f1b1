"""What fails in a plugin's code fails its run, and neither the others nor the experiment's account."""

import json
from pathlib import Path

import pytest

from workbench.cli import main
from workbench.store import Store

PLUGIN = """
from types import MappingProxyType

import pyarrow as pa

from workbench.hookspecs import hookimpl
from workbench.types import Encoded, RunPlan


class Adapter:
    name, version, head, options = "odd", "1", "sequence-classification", MappingProxyType({})

    def render(self, example):
        return example["text"]

    def prepare(self, examples, spec, folder):
        folder.mkdir(parents=True)

    def plan(self, spec, environment):
        return RunPlan(adapter=self.name, head=self.head, model="none", assets=str(spec.assets), max_steps=spec.max_steps)

    def encode(self, examples, plan):
        return Encoded(features=None)

    def train(self, encoded, plan, context):
        return context.seed

    def predict(self, artifact, examples):
        if artifact == 1:
            raise ZeroDivisionError("odd seeds do not predict")
        return pa.table({"label": examples.column("label")})

    def score(self, artifact, examples, kind):
        raise NotImplementedError

    def save(self, artifact, folder):
        folder.mkdir()
        (folder / "seed").write_text(str(artifact))

    def load(self, folder, plan):
        return int((folder / "seed").read_text())


@hookimpl
def workbench_adapters():
    return [Adapter()]
"""
RECIPE = """
task: classification
data: {train: data.jsonl, eval: data.jsonl}
select: {empty-text: {}}
finetune: {adapter: odd.odd}
compare: {arms: [raw], seeds: [0, 1, 2], resamples: 100, metrics: [accuracy]}
"""


def test_a_run_that_fails_while_it_predicts_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is recorded as failed; -v shows where it was, as the message says."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    rows = [{"text": f"text {place}", "label": str(place % 2)} for place in range(8)]
    (tmp_path / "data.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    assert 2 == main(["--plugins-dir", ".", "-v", "-q", "run", "recipe.yaml"])

    message = capsys.readouterr().err
    assert "failed in odd.odd: ZeroDivisionError('odd seeds do not predict')" in message
    assert "in predict" in message
    states = {run.name: run.state for run in Store.open(tmp_path / "workbench.duckdb").experiments.runs()}
    assert {"recipe/raw/0": "finished", "recipe/raw/1": "failed", "recipe/raw/2": "finished", "recipe/floor/0": "finished"} == states
