"""The house rules that a tool can hold; CONTRIBUTING.md has the same commands."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))

CHECKS = {
    "ruff check": [sys.executable, "-m", "ruff", "check"],
    "ruff format": [sys.executable, "-m", "ruff", "format", "--check"],
    "import-linter": [str(SCRIPTS / "lint-imports")],
    "mypy": [sys.executable, "-m", "mypy"],
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name == "mypy" else ()) for name in CHECKS])
def test_the_code_passes_its_checks(name):
    """As configured in pyproject.toml."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'plugins'}"}
    done = subprocess.run(CHECKS[name], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_imports_a_plugin_through_its_folder():
    """That would give a second copy of every class, and fail from a wheel."""
    found = []
    for folder in ("workbench", "plugins", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.level == 0:
                    names.append(node.module or "")
                found += [f"{path.relative_to(ROOT)}:{node.lineno}" for name in names if name.split(".")[0] == "plugins"]
    assert found == []


def test_plugins_are_announced_as_any_other_distribution_announces_its_own():
    """Every plugin folder has its entry point and is packaged; no plugin is known to the code by name."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {path.parent.name for path in ROOT.glob("plugins/*/__init__.py")}
    assert folders <= set(project["project"]["entry-points"]["sft_workbench"].values())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {f"plugins/{name}" for name in folders} <= set(packages)
    assert not (ROOT / "plugins" / "__init__.py").exists()
    for path in (ROOT / "workbench").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert [name for name in folders if name in text] == [], path
