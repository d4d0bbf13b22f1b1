"""Takes a run's events to the store without ever making training wait for it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from workbench.store import Store
    from workbench.types import RunEvent

INTERVAL = 2.0
"""Seconds between two writes at the least."""


class EventWriter:
    """Queues events and writes them from a thread of its own; what is queued at the end is written before it closes.

    An error of the writer is raised where the run ends, so that nothing is lost in silence.
    """

    def __init__(self, store: Store, run_id: int) -> None:
        self._store = store
        self._run_id = run_id
        self._events: list[tuple[datetime, RunEvent]] = []
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._write_until_done, name=f"events-{run_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()
        if self._error is not None and error is None:
            raise self._error

    def emit(self, event: RunEvent) -> None:
        """Queue one event."""
        with self._lock:
            self._events.append((datetime.now(UTC), event))

    def _write_until_done(self) -> None:
        try:
            while not self._done.wait(INTERVAL):
                self._write()
            self._write()
        except Exception as error:  # noqa: BLE001 - raised again by __exit__, in the thread that can handle it
            self._error = error

    def _write(self) -> None:
        with self._lock:
            events, self._events = self._events, []
        if events:
            self._store.experiments.add_events(self._run_id, events)
