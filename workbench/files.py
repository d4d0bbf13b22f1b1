"""Files that people get: whole, or not at all."""

from __future__ import annotations

import glob
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SUFFIX = ".partial"


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A place to write a file or a folder in, which takes the place of ``path`` at the end and is gone after an error.

    What a process that was killed has left of the same file is cleared away.

    Args:
        path: in a folder that exists; no folder with anything in it stands in its place.

    Raises:
        OSError: it cannot be written.
    """
    _clear_away(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}{_SUFFIX}")
    try:
        yield partial
        if partial.is_file():
            with partial.open("rb") as written:
                os.fsync(written.fileno())
        partial.replace(path)
    finally:
        _remove(partial)


def _clear_away(path: Path) -> None:
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{_SUFFIX}"):
        process = left.name.removesuffix(_SUFFIX).rpartition(".")[2]
        if process.isdecimal() and (int(process) == os.getpid() or not _runs(int(process))):
            _remove(left)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # somebody else's, or no process's number: not ours to judge
        return True
    return True


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
