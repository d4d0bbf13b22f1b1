"""The recipes on public data, with their rows and runs cut down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from e2e_support import Cli

RECIPES = Path(__file__).parents[2] / "reports" / "recipes"


@pytest.mark.slow
def test_what_a_recipe_would_cost_is_told(shared_data: Path, cli: Cli) -> None:
    """A dry run plans every run of a recipe as it is committed, and trains nothing."""
    cli.environment["WORKBENCH_DATA"] = str(shared_data)
    told = json.loads(cli("run", str(RECIPES / "banking77.yaml"), "--dry-run", "--json").stdout)
    assert told["runs"] == 9
    assert 0 < told["minutes"]


@pytest.mark.slow
@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_recipe_runs_to_its_report(recipe: Path, shared_data: Path, cli: Cli) -> None:
    """Its files, columns and plants are there, every count adds up, and the curated arm is held against raw."""
    content = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    content["data"]["limit"] = 160
    content["finetune"]["epochs"] = 1
    content["compare"] |= {"arms": ["raw", "curated"], "seeds": [0], "resamples": 200}
    (cli.folder / recipe.name).write_text(yaml.safe_dump(content), encoding="utf-8")
    cli.environment["WORKBENCH_DATA"] = str(shared_data)
    cli("run", recipe.name)
    assert (cli.folder / "reports" / "out" / f"{recipe.stem}.html").is_file()
    (counts,) = rows(cli, "select read, imported, rejected from datasets")
    assert counts["read"] == counts["imported"] + counts["rejected"]
    planted = {row["kind"] for row in rows(cli, "select distinct kind from planted")}
    assert planted == set(content["plant"]) - {"seed"}
    assert {"raw", "curated"} <= {row["arm"] for row in rows(cli, "select arm from runs where state = 'finished'")}
    assert rows(cli, "select 1 from comparisons where a = 'raw' and b = 'curated'")


def rows(cli: Cli, query: str) -> list[dict[str, object]]:
    """What the store answers."""
    return json.loads(cli("sql", query, "--json").stdout)["rows"]
