"""What becomes of a recipe's rows is told."""

import json

from workbench.experiment import recipe_from_text, resolve
from workbench.experiment.importing import load_data
from workbench.host import PluginHost
from workbench.types import Silent


class Told(Silent):
    """Keeps what it is told."""

    def __init__(self):
        self.messages = []

    def say(self, message):
        self.messages.append(message)


def test_rows_beyond_the_limit_are_told(tmp_path):
    """They are no part of any other count."""
    for name, count in (("train", 30), ("eval", 5)):
        rows = [json.dumps({"text": f"{name} {place}", "label": str(place % 2)}) for place in range(count)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows), encoding="utf-8")
    recipe, located = recipe_from_text("task: classification\ndata: {train: train.jsonl, eval: eval.jsonl, limit: 10}\n", "r")
    progress = Told()
    loaded = load_data(resolve(recipe, PluginHost.load(), located=located), tmp_path, progress)
    assert ["20 further rows of train are left out: the recipe's limit is 10"] == progress.messages
    assert (15, 10) == (loaded.read, loaded.tables["train"].num_rows)
