"""How an error ends a command: one short message, an exit code, and a traceback for those who ask for it."""

from __future__ import annotations

import contextlib
import traceback
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.cli.session import Session

INTERRUPTED = 130
UNEXPECTED = 2  # 1 would say that a check ran and did not hold


def report(error: Exception, session: Session) -> int:
    """Tell the user what ended the command, and give its exit code."""
    if session.verbose:
        session.output.warn("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, WorkbenchError):
        session.output.warn(f"Error: {error}")
        return error.exit_code
    if isinstance(error, OSError) and error.strerror:  # the machine's own words: a full disk, a forbidden folder
        place = f": {error.filename}" if error.filename is not None else ""
        session.output.warn(f"Error: {error.strerror}{place}")
        return UNEXPECTED
    advice = "" if session.verbose else " Run it again with -v for the traceback."
    session.output.warn(f"Error: {type(error).__name__}: {error}\nThis is a bug in {_culprit(error, session)}.{advice}")
    return UNEXPECTED


def _culprit(error: Exception, session: Session) -> str:
    from workbench.host import responsible_plugin

    plugin = None
    with contextlib.suppress(WorkbenchError):  # of the options that say where plugins are
        plugin = responsible_plugin(error, session.plugins_dir)
    return f"the workbench or its {plugin}" if plugin else "the workbench"
