"""Distributions that look installed: a module and a ``.dist-info`` in a folder on the path."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

GOOD = (Path(__file__).parent / "good_plugin.py").read_text(encoding="utf-8")


class Site:
    """A folder on the path; the plugins installed in it are the only ones that the host is let to load."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.names = []
        self._monkeypatch = monkeypatch

    def install(self, name, source=GOOD, *, distribution="", version="1.0", module=""):
        """Put a distribution with one plugin on the path and let the host load it; gives the name of its module."""
        distribution = distribution or f"acme-{name}"
        module = module or f"fake_{name}_{self.folder.parent.name}".replace("-", "_")
        (self.folder / f"{module}.py").write_text(source, encoding="utf-8")
        metadata = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir(exist_ok=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n", encoding="utf-8")
        (metadata / "entry_points.txt").write_text(f"[sft_workbench]\n{name} = {module}\n", encoding="utf-8")
        self.allow(name)
        importlib.invalidate_caches()
        return module

    def allow(self, name):
        """Let the host load one more plugin."""
        self.names.append(name)
        self._monkeypatch.setenv("WORKBENCH_PLUGINS", ",".join(self.names))


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield Site(folder, monkeypatch)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def plugins_dir(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    return folder
