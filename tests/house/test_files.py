"""Files appear whole or not at all, and nothing half written stays."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from workbench.files import whole


def test_a_file_is_replaced_at_the_end(tmp_path):
    """Readers see the old one until then."""
    path = tmp_path / "name [1].txt"
    path.write_text("old", encoding="utf-8")
    with whole(path) as partial:
        partial.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
    assert path.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_error_the_old_file_stands_alone(tmp_path):
    """Nothing of the new one stays."""
    path = tmp_path / "name.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError), whole(path) as partial:
        partial.write_text("new \u4e2d", encoding="ascii")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_too(tmp_path):
    """Written beside their name, then there with all that is in them."""
    path = tmp_path / "folder"
    with whole(path) as partial:
        partial.mkdir()
        (partial / "a").write_text("1", encoding="utf-8")
        assert not path.exists()
    assert list(tmp_path.rglob("*")) == [path, path / "a"]


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    """That of a process that still runs stays, and so does anything that only looks alike."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    path = tmp_path / "name [1].txt"
    left = tmp_path / f".{path.name}.{ended.pid}.partial"
    left.write_text("half", encoding="utf-8")
    for number in (ended.pid, os.getpid()):  # numbers of processes are given again
        (tmp_path / f".folder.{number}.partial" / "in").mkdir(parents=True)
    kept = [tmp_path / name for name in (f".{path.name}.{os.getppid()}.partial", f".{path.name}.x.partial", f".other.{ended.pid}.partial")]
    for each in kept:
        each.write_text("not ours", encoding="utf-8")
    with whole(path) as partial:
        partial.write_text("new", encoding="utf-8")
    with whole(tmp_path / "folder") as partial:
        partial.mkdir()
    assert sorted(tmp_path.iterdir()) == sorted([*kept, path, tmp_path / "folder"])
