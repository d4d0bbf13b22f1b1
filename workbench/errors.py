"""Every error that the workbench raises on purpose, and the exit code that it ends a command with.

    WorkbenchError                 2   bad usage or input
    ├── UnknownNameError           2   a name that nothing answers to, with the nearest that does
    ├── RecipeError                2   a recipe that cannot be run, with its file and line
    ├── DataError                  2   files and rows that cannot be read as the task needs them
    ├── PluginError                2   a plugin that breaks its contract
    ├── StoreError                 2   the store cannot be opened, read or written
    │   ├── StoreLockedError       2   another program holds the file
    │   └── StoreVersionError      2   the file was written by a newer workbench
    ├── RunError                   2   a fine-tuning run that cannot go on
    ├── ComparisonError            2   results that must not be compared, with the difference named
    └── CheckFailedError           1   a check ran and did not hold

A message says what was given, what was expected, and what to do next. The command line prints it alone; the traceback needs ``-v``.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class WorkbenchError(Exception):
    """The root of all deliberate errors.

    Args:
        given: what was given, in one sentence.
        expected: what was expected instead.
        advice: what to do next.
    """

    exit_code = 2

    def __init__(self, given: str, *, expected: str = "", advice: str = "") -> None:
        self.given = given
        self.expected = expected
        self.advice = advice
        super().__init__(given, expected, advice)

    def __str__(self) -> str:
        parts = [self.given]
        if self.expected:
            parts.append(f"Expected {self.expected}.")
        if self.advice:
            parts.append(self.advice)
        return " ".join(parts)


class UnknownNameError(WorkbenchError):
    """A name that nothing answers to.

    Args:
        kind: what the name should have been, such as ``"metric"``.
        name: the name as it was given.
        known: the names that would have been right.
        where: file and line, or the command, that the name stands in.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str = "") -> None:
        self.kind = kind
        self.name = name
        self.known = sorted(known)
        nearest = difflib.get_close_matches(name, self.known, n=1, cutoff=0.5)
        place = f"{where}: " if where else ""
        listing = ", ".join(self.known[:20]) + (", ..." if len(self.known) > 20 else "")
        super().__init__(
            f"{place}there is no {kind} {name!r}.",
            expected=f"one of: {listing}" if self.known else "",
            advice=f"Did you mean {nearest[0]!r}?" if nearest else "",
        )


class RecipeError(WorkbenchError):
    """A recipe that cannot be run as it stands; the message begins with file and line."""


class DataError(WorkbenchError):
    """Files or rows that cannot be read as the task needs them."""


class PluginError(WorkbenchError):
    """A plugin that breaks its contract; the message names plugin, distribution and version."""


class StoreError(WorkbenchError):
    """The store cannot be opened, read or written."""


class StoreLockedError(StoreError):
    """Another program holds the store's file; the message names its process id where that is known."""


class StoreVersionError(StoreError):
    """The store was written by a newer workbench."""


class RunError(WorkbenchError):
    """A fine-tuning run that cannot go on."""


class ComparisonError(WorkbenchError):
    """Results that must not be compared; the message names the difference."""


class CheckFailedError(WorkbenchError):
    """A check ran to its end and did not hold."""

    exit_code = 1
