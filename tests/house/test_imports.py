"""What an import costs: a light command must not pay for heavy libraries, nor the import of a plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

HEAVY = {"torch", "transformers", "datasets", "numba", "sklearn", "sacrebleu", "rouge_score"}
COLUMNS = {"pyarrow"}
TABLES = {"pyarrow", "duckdb", "streamlit", "numpy", "pandas", "scipy", "pydantic"}

CONTRACT = ["workbench", "workbench.types", "workbench.errors", "workbench.hookspecs", "workbench.host", "workbench.cli"]
FOR_PLUGINS = ["workbench.selectors", "workbench.metrics", "workbench.finetune", "workbench.data.plant", "workbench.data.corpus"]
PLUGINS = sorted(path.parent.name for path in ROOT.glob("plugins/*/__init__.py"))
ROOMS = sorted(f"workbench.{path.parent.name}" for path in ROOT.glob("workbench/*/__init__.py") if path.parent.name != "dashboard")

CASES = [
    *((f"import {name}", HEAVY | TABLES | set(PLUGINS)) for name in CONTRACT),
    *((f"import {name}", HEAVY | COLUMNS) for name in [*FOR_PLUGINS, *PLUGINS]),
    *((f"import {name}", HEAVY) for name in ROOMS if name not in CONTRACT + FOR_PLUGINS),
    ("from workbench.cli import main; main(['--help'])", HEAVY | TABLES | set(PLUGINS) | {"rich"}),
    ("from workbench.cli import main; main(['plugins', 'list'])", HEAVY | TABLES | set(PLUGINS)),
]


@pytest.mark.parametrize(("statement", "unwanted"), CASES, ids=[statement for statement, _ in CASES])
def test_an_import_brings_nothing_heavy(statement, unwanted):
    """Each in a process of its own, by what stands in sys.modules afterwards."""
    program = f"import sys\n{statement}\nsys.stderr.write(' '.join(sorted(set(sys.modules) & {unwanted!r})))"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'plugins'}"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
