"""Shows the progress of long work as steps, one after the other."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.cli.output import Output


class Steps:
    """Fits ``workbench.types.Progress``: a bar for each step on a terminal, a line where it begins elsewhere."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._open = contextlib.ExitStack()
        self._advance: Callable[[int, int], None] = lambda _done, _total: None
        self._total = 0

    def begin(self, step: str, total: int | None = None) -> None:
        """A step starts; one that was left open ends."""
        self.end()
        if not self._output.err.isatty():
            self._output.say(f"{step} ...")
        self._total = total or 0
        self._advance = self._open.enter_context(self._output.progress(step))

    def advance(self, done: int, total: int | None = None) -> None:
        """``done`` of the step is done."""
        self._advance(done, total or self._total)

    def end(self) -> None:
        """The step is over."""
        self._open.close()
        self._advance = lambda _done, _total: None

    def say(self, message: str) -> None:
        """Tell something that should stay on the screen."""
        self._output.say(message)
