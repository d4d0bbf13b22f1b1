"""The wish to stop, as a flag that other threads can read beside the exception that the main thread gets."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C and SIGTERM set a flag and raise KeyboardInterrupt in the main thread, so that work is left the same way after both.

    Handlers that a program has set for itself are left in place; so is everything outside the main thread, where none can be set.

    Yields:
        Whether the user asked to stop.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        asked.set()
        raise KeyboardInterrupt

    plain = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    replaced = {number: handler for number, handler in plain.items() if signal.getsignal(number) is handler}
    for number in replaced:
        signal.signal(number, stop)
    try:
        yield asked.is_set
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)
