"""What the tests of the store share; the modules beside this one are also run as processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workbench.store import Store

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store.create(tmp_path / "test.duckdb")


@pytest.fixture
def start():
    """Start one of the scripts of this folder as a process of its own; what still runs at the end is killed."""
    processes = []

    def run(script: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "error", str(HERE / script), *map(str, arguments)]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return processes[-1]

    yield run
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
