"""The store lock: many readers or one writer, between processes and between the threads of one.

DuckDB's own lock is not enough. It is a POSIX record lock, which a process loses without a word as soon as any part of it opens and closes the file
a second time; two processes then both write, and both report success. So whoever wants the file takes this lock first.

Between processes it is an advisory lock (``flock``) on a file beside the database; it ends with its process, however that ends. Writers would starve
beside readers that poll, so there is a *turnstile*, a second such file, that everybody passes through: a waiting writer stands in it and keeps new
readers out until the present ones are done. Between threads a gate of this process does the same, because some network file systems give ``flock``
to processes as a whole.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import portalocker

from workbench.errors import StoreLockedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

_FIRST_NAP = 0.001
_LONGEST_NAP = 0.010


@dataclass(frozen=True, kw_only=True, eq=False)
class _Visitor:
    thread: int
    alone: bool


class _Gate:
    """Many reading threads or one writing thread of this process, first come, first served."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: list[_Visitor] = []
        self._inside: list[_Visitor] = []

    @contextmanager
    def hold(self, *, alone: bool, deadline: float) -> Iterator[None]:
        visitor = _Visitor(thread=threading.get_ident(), alone=alone)
        with self._changed:
            if any(other.thread == visitor.thread for other in self._inside):
                raise RuntimeError("this thread is inside the store already; entering it twice would wait for itself")
            self._queue.append(visitor)
            try:
                if not self._changed.wait_for(lambda: self._may_enter(visitor), timeout=max(0.0, deadline - time.monotonic())):
                    raise _locked("another thread of this program")
                self._inside.append(visitor)
            finally:
                self._queue.remove(visitor)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._inside.remove(visitor)
                self._changed.notify_all()

    def _may_enter(self, visitor: _Visitor) -> bool:
        before = self._inside + self._queue[: self._queue.index(visitor)]
        return not before if visitor.alone else not any(other.alone for other in before)


_gates: dict[str, _Gate] = {}
_gates_guard = threading.Lock()


def _gate(folder: Path) -> _Gate:
    with _gates_guard:
        return _gates.setdefault(str(folder), _Gate())


def _forget_gates() -> None:
    """A forked child has none of the threads that its parent's gates remember."""
    global _gates_guard  # noqa: PLW0603 - the inherited one may be held by a thread that does not exist here
    _gates_guard = threading.Lock()
    _gates.clear()


os.register_at_fork(after_in_child=_forget_gates)


class StoreLock:
    """The lock of one store.

    Args:
        folder: the folder beside the database; the files ``lock`` and ``turnstile`` in it are made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, *, exclusive: bool, deadline: float, apart: bool = False) -> Iterator[None]:
        """Hold the lock.

        Args:
            exclusive: for writing; otherwise shared with other readers.
            apart: not shared with other threads of this process, whatever other processes do.
            deadline: until when to wait for it, on the clock of ``time.monotonic``.

        Raises:
            StoreLockedError: it was not free in time.
            OSError: the lock files cannot be made.
        """
        flag = portalocker.LockFlags.EXCLUSIVE if exclusive else portalocker.LockFlags.SHARED
        with (
            _gate(self._folder).hold(alone=exclusive or apart, deadline=deadline),
            (self._folder / "lock").open("a+b", buffering=0) as lock,
            (self._folder / "turnstile").open("ab") as turnstile,
        ):
            _take(turnstile, flag, deadline, note=lock)
            try:
                _take(lock, flag, deadline, note=lock)
            finally:
                portalocker.unlock(turnstile)
            try:
                if exclusive:
                    _sign(lock, str(os.getpid()))
                yield
            finally:
                if exclusive:
                    _sign(lock, "")
                # Closing is not enough: a child that was forked meanwhile holds a duplicate of the descriptor.
                portalocker.unlock(lock)


def _take(file: IO[bytes], flag: portalocker.LockFlags, deadline: float, *, note: IO[bytes]) -> None:
    """Poll for a lock, so that a signal or the deadline can end the wait; fair enough, as everybody naps for at most 10 ms."""
    nap = _FIRST_NAP
    while True:
        try:
            portalocker.lock(file, flag | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.AlreadyLocked:
            if time.monotonic() >= deadline:
                note.seek(0)
                pid = note.read(20).decode(errors="replace")
                raise _locked(f"another workbench process (PID {pid})" if pid else "another workbench process") from None
        else:
            return
        time.sleep(nap)
        nap = min(nap * 2, _LONGEST_NAP)


def _sign(lock: IO[bytes], text: str) -> None:
    """Leave a note of who holds the lock, for the message to those who wait in vain; a full disk must not stand in the way of that."""
    with suppress(OSError):
        lock.truncate(0)
        lock.write(text.encode())


def _locked(holder: str) -> StoreLockedError:
    return StoreLockedError(
        f"The store is held by {holder}.",
        expected="it to be free for a moment; a healthy process holds it for two seconds at most",
        advice="Look at that process, and try again when it is done.",
    )
