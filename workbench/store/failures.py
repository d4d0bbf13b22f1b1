"""What the store says when DuckDB or the disk refuses: what was given, what was expected, what to do."""

from __future__ import annotations

import errno
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from workbench.errors import StoreError, StoreLockedError, StoreVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OF_THE_FILE = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.FatalException,
    duckdb.SerializationException,
    duckdb.PermissionException,
)
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.*) \(PID (?P<pid>\d+)\)")
_FULL = re.compile(r"No space left on device|max_temp_directory_size|Disk quota exceeded", re.IGNORECASE)
_FORBIDDEN = re.compile(r"Read-only file system|Permission denied|Operation not permitted", re.IGNORECASE)
_FOREIGN = re.compile(r"not a valid DuckDB database file|is an existing extension", re.IGNORECASE)
_INTERRUPTED = "Query interrupted"
_NEWER = re.compile(r"version number|newer version of DuckDB|storage version", re.IGNORECASE)


@contextmanager
def speaking_of(path: Path) -> Iterator[None]:
    """Raise a ``StoreError`` in place of what DuckDB and the operating system say of the store at ``path``.

    Ctrl-C in the middle of a query, which DuckDB makes an error of its own of, is a KeyboardInterrupt as anywhere else. Errors that only a mistake in
    our own SQL can cause stay as they are.
    """
    try:
        yield
    except duckdb.Error as error:
        if isinstance(error, _OF_THE_FILE) or _FULL.search(str(error)):
            raise _told(path, error) from error
        raise
    except RuntimeError as error:
        if str(error) == _INTERRUPTED:
            raise KeyboardInterrupt from error
        raise
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}:
            raise _told(path, error) from error
        raise


def held_outside(error: duckdb.Error) -> bool:
    """Whether another program holds the file."""
    return "Could not set lock on file" in str(error)


def missing(path: Path) -> StoreError:
    """There is no file."""
    return StoreError(
        f"There is no store at {path}.",
        expected="the file of an existing store",
        advice="Look at --store and WORKBENCH_STORE; an import makes a new store.",
    )


def foreign(path: Path, what: str) -> StoreError:
    """There is a file, and it is something else."""
    return StoreError(f"{path} {what}.", expected="a file that the workbench made", advice="Name another file with --store or WORKBENCH_STORE.")


def _told(path: Path, error: Exception) -> StoreError:
    message = str(error)
    first_line = message.partition("\n")[0]
    if "Could not set lock on file" in message:
        holder = _HOLDER.search(message)
        who = f"{holder['program']} (PID {holder['pid']})" if holder else "another program"
        return StoreLockedError(
            f"{path} is held by {who}.",
            expected="the file to be free, or to become so while the workbench waits",
            advice="Close it there, a duckdb shell or a notebook perhaps, and try again.",
        )
    if _FULL.search(message):
        return StoreError(
            f"The disk is full: {first_line}.",
            expected=f"room beside {path}",
            advice="Nothing that was stored is lost. Free some space and run the same command again.",
        )
    if _FORBIDDEN.search(message) or isinstance(error, duckdb.PermissionException):
        return StoreError(
            f"{path} cannot be written: {first_line}.",
            expected="a place that can be read and written",
            advice="Copy the store to such a place, or name another with --store.",
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError(f"{path}: the memory of one connection is not enough: {first_line}.", advice="Ask for fewer rows or columns at once.")
    if _NEWER.search(message):
        return StoreVersionError(
            f"{path} was written by a newer DuckDB: {first_line}.",
            expected=f"a file that DuckDB {duckdb.__version__} can read",
            advice="Upgrade the package duckdb.",
        )
    if "database does not exist" in message:
        return missing(path)
    if _FOREIGN.search(message):
        return foreign(path, "is no DuckDB file")
    return StoreError(
        f"{path} cannot be read: {first_line}.", expected="an intact file", advice="If the disk is sound, put a copy of it in its place."
    )
