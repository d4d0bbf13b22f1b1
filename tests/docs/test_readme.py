"""The README says what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench.cli import main
from workbench.cli.commands import COMMANDS
from workbench.experiment import recipe_from_text, resolve
from workbench.host import PluginHost
from workbench.types import ExampleTable, SelectorContext

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The one code block of a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    """A command that nobody can find is none."""
    assert re.search(rf"(workbench |· `){name}\b", README)


def test_the_recipe_is_valid() -> None:
    """The recipe of the README resolves as it stands."""
    recipe, located = recipe_from_text(block("yaml"), "README.md")
    plan = resolve(recipe, PluginHost.load(), located=located)
    assert "classification.classification" == plan.task.id
    assert [">= 0.8"] == [f"{item.rule.operator} {item.rule.threshold}" for item in plan.policy.rules if item.signal == "near-duplicates.jaccard"]


def test_the_plugin_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The plugin of the README loads from a folder, and its selector scores."""
    import pyarrow as pa

    (tmp_path / "shouting.py").write_text(block("python"), encoding="utf-8")
    assert 0 == main(["--plugins-dir", str(tmp_path), "plugins", "show", "shouting"])
    assert "shouting.shouting" in capsys.readouterr().out
    selector = PluginHost.load(plugins_dir=tmp_path).selector("shouting").value
    found = selector.score(ExampleTable(pa.table({"text": ["HELLO", "hello", ""]}), ("text",)), SelectorContext())
    assert [1.0, 0.0, 0.0] == found.signals["share"].to_pylist()
