"""Several processes that score batches of one row selector side by side.

Processes and not threads: a selector may be plain Python, which threads would run one after the other, and nobody knows whether a third party's may
be called from two threads at once. A process that dies in a batch (a crash in native code, no memory left) is started again and the batch halved,
until the row that it dies of stands alone.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Self, cast

from workbench.curate.batches import failed
from workbench.curate.worker import NOTES, from_bytes, to_bytes
from workbench.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Selector

_IN_FLIGHT = 2
_FAREWELL = 5.0  # seconds that a process without a connection has to end


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Examples that are scored together.

    Attributes:
        examples: with the roles that the selector reads.
        rows: int64 [n], their rows in the store.
        keys: bytes [n], what their records are kept by.
    """

    examples: ExampleTable
    rows: np.ndarray
    keys: np.ndarray

    def halves(self) -> tuple[Piece, Piece]:
        """The two halves of a piece of more than one row."""
        half, size = len(self.rows) // 2, len(self.rows)
        return (
            Piece(examples=self.examples.slice(0, half), rows=self.rows[:half], keys=self.keys[:half]),
            Piece(examples=self.examples.slice(half, size - half), rows=self.rows[half:], keys=self.keys[half:]),
        )


Scored = tuple[Piece, "pa.Table", tuple[str, ...]]
"""A piece, its records, and what the selector noted."""


class UnavailableError(PluginError):
    """A process of its own cannot find the selector; this one can."""


class _Worker:
    """One process and its connection."""

    def __init__(self, hello: bytes) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # A session of its own, so that Ctrl-C on the terminal reaches the parent alone, which then decides.
            self.process = subprocess.Popen(  # noqa: S603 - this Python and our own module
                [sys.executable, "-P", "-m", "workbench.curate.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path), "OMP_NUM_THREADS": "1"},  # noqa: PTH109
                stdin=subprocess.DEVNULL,
                stdout=2,
                start_new_session=True,
            )
        self.connection = Connection(ours.detach())
        self.pieces: deque[Piece] = deque()
        self.ready = False
        self.connection.send_bytes(hello)

    def give(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.connection.send_bytes(to_bytes(piece.examples.table))

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.wait()


class Workers:
    """A context in which ``score`` can be called; no process outlives it.

    Args:
        selector: what scores.
        hello: what a process needs to find it: ``selector`` (a component id), ``version``, ``params``, ``plugins_dir``, and of the context ``roles``,
            ``target`` and ``seed``.
        count: how many processes.
    """

    def __init__(self, selector: Selector, hello: Mapping[str, object], count: int) -> None:
        self._selector = selector
        self._hello = json.dumps(hello, default=list).encode()
        self._count = count
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        for _ in range(self._count):
            self._workers.append(_Worker(self._hello))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in self._workers:
            worker.end()

    def score(self, pieces: Iterator[Piece]) -> Iterator[Scored]:
        """Score pieces in any order; ``pieces`` is asked for one when a process is about to need it.

        Raises:
            UnavailableError: where the processes cannot load the selector; no piece was taken then.
        """
        again: deque[Piece] = deque()
        while True:
            for worker in self._workers:
                while worker.ready and len(worker.pieces) < _IN_FLIGHT:
                    piece = again.popleft() if again else next(pieces, None)
                    if piece is None:
                        break
                    try:
                        worker.give(piece)
                    except OSError:
                        break  # it died: what it was given is found below
            waiting = [worker for worker in self._workers if worker.pieces or not worker.ready]
            if not any(worker.pieces for worker in waiting) and all(worker.ready for worker in self._workers):
                return
            answered = wait([worker.connection for worker in waiting])
            for worker in [each for each in waiting if each.connection in answered]:
                try:
                    answer = worker.connection.recv_bytes()
                except (EOFError, OSError):
                    yield from self._buried(worker, again)
                    continue
                if not worker.ready:
                    self._greeted(worker, json.loads(answer))
                    continue
                records = from_bytes(answer)
                notes = json.loads(cast("Mapping[bytes, bytes]", records.schema.metadata)[NOTES])
                yield worker.pieces.popleft(), records.replace_schema_metadata(None), tuple(notes)

    def _greeted(self, worker: _Worker, answer: Mapping[str, str]) -> None:
        if "failed" in answer:
            raise UnavailableError(f"a process of its own cannot load it: {answer['failed']}")
        worker.ready = True

    def _buried(self, worker: _Worker, again: deque[Piece]) -> Iterator[Scored]:
        """Start another process for one that died; what it was at comes back in halves, a row that stands alone with its error."""
        try:
            ended = worker.process.wait(timeout=_FAREWELL)
        except subprocess.TimeoutExpired:
            ended = None
        worker.end()
        if not worker.ready:
            raise UnavailableError(f"a process of its own ended with {ended} before it was ready")
        self._workers[self._workers.index(worker)] = _Worker(self._hello)
        if not worker.pieces:
            return
        first, *others = worker.pieces
        again.extend(others)
        if len(first.rows) > 1:
            again.extend(first.halves())
        else:
            yield first, failed(self._selector, RuntimeError(f"the process that scored it ended with {ended}")), ()
