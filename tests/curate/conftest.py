"""What the tests of curation share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from workbench.store import Store

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    return Store.create(tmp_path / "test.duckdb")
