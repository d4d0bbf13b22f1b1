"""Scores a dataset with a row selector: what is known is not scored again, what is scored is kept batch by batch, and long work gets all cores."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.curate.batches import ERROR, EVIDENCE, as_findings, empty_records, score_batch
from workbench.curate.workers import Piece, UnavailableError, Workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa

    from workbench.curate.cache import ContentCache
    from workbench.curate.workers import Scored
    from workbench.types import ExampleTable, Findings, Selector, SelectorContext

PATIENCE = 10.0
"""Seconds of work from which on it is worth to start processes, each of which takes about two to begin."""
_FIRST = 64
_LARGEST = 20_000
_BRIEF, _LONG = 0.5, 4.0  # seconds: batches between these lose little to an interrupt, and little to being many


@dataclass(frozen=True, kw_only=True)
class ScoredRows:
    """What came of scoring.

    Attributes:
        rows: int64 [n], the store's row of each position of the findings, ascending.
        findings: on all rows.
        scored, cached, errors: rows scored now, rows known from before, rows scored now that the selector failed on.
    """

    rows: np.ndarray
    findings: Findings
    scored: int
    cached: int
    errors: int


class RowScoring:
    """One scoring of a dataset by a row selector.

    Args:
        selector: what scores.
        batches: the examples, with the roles that it reads, and the key of each.
        total: how many examples there are.
        context: what the selector gets.
        cache: what is known, and where finished batches go.
        hello: what a process of its own needs (see ``Workers``); None where none may be started.
        patience: see ``PATIENCE``.
    """

    def __init__(
        self,
        selector: Selector,
        batches: Iterable[tuple[ExampleTable, np.ndarray]],
        *,
        total: int,
        context: SelectorContext,
        cache: ContentCache,
        hello: Mapping[str, object] | None,
        patience: float = PATIENCE,
    ) -> None:
        self._selector = selector
        self._batches = batches
        self._total = total
        self._context = context
        self._cache = cache
        self._hello = hello
        self._patience = patience
        self._rows: list[np.ndarray] = []
        self._records: list[pa.Table] = []
        self._notes: dict[str, None] = {}
        self._size = _FIRST
        self._cached = self._scored = self._errors = 0

    def run(self) -> ScoredRows:
        """Score what is not known.

        Raises:
            KeyboardInterrupt: the user asked to stop; what was finished is kept.
            RecipeError: the selector cannot work with its parameters.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        for piece, records, notes in self._scored_pieces(self._pieces()):
            failures = int(pc.sum(records[ERROR]).as_py() or 0)
            good = pc.invert(records[ERROR])
            if failures < len(piece.rows):
                self._cache.add(piece.keys[good.to_numpy()], records.filter(good))
            self._scored += len(piece.rows)
            self._errors += failures
            self._notes |= dict.fromkeys(notes)
            self._collect(piece.rows, records)
        self._cache.compact()
        rows = np.concatenate([np.empty(0, dtype=np.int64), *self._rows])
        order = np.argsort(rows, kind="stable")
        records = pa.concat_tables([empty_records(self._selector), *self._records]).take(order)
        findings = as_findings(self._selector, records, tuple(self._all_notes(records)))
        return ScoredRows(rows=rows[order], findings=findings, scored=self._scored, cached=self._cached, errors=self._errors)

    def _collect(self, rows: np.ndarray, records: pa.Table) -> None:
        self._rows.append(rows)
        self._records.append(records)
        self._context.progress(self._scored + self._cached, self._total)

    def _all_notes(self, records: pa.Table) -> Iterator[str]:
        yield from self._notes
        if self._errors:
            first = records.filter(records[ERROR])[EVIDENCE][0].as_py()[0]["values"]
            yield f"{self._errors} of {self._scored} rows could not be scored; their findings say why. The first: {first}"
        if self._cached:
            yield f"{self._scored} rows scored, {self._cached} known from before"

    def _pieces(self) -> Iterator[Piece]:
        """What is to be scored, in pieces of the size that is right when each is asked for."""
        for examples, keys in self._batches:
            rows = examples.column("row").to_numpy()
            places = self._cache.find(keys)
            known = places >= 0
            if known.any():
                self._cached += int(known.sum())
                self._collect(rows[known], self._cache.take(places[known]))
            fresh = np.flatnonzero(~known)
            start = 0
            while start < len(fresh):
                if self._context.stopped():
                    raise KeyboardInterrupt
                chosen = fresh[start : start + self._size]
                start += len(chosen)
                yield Piece(examples=examples.take(chosen), rows=rows[chosen], keys=keys[chosen])

    def _scored_pieces(self, pieces: Iterator[Piece]) -> Iterator[Scored]:
        for place, piece in enumerate(pieces):
            started = time.monotonic()
            yield piece, *score_batch(self._selector, piece.examples, self._context)
            seconds = time.monotonic() - started
            left = self._total - self._scored - self._cached
            expected = left * seconds / len(piece.rows)
            if seconds < _BRIEF:
                self._size = min(self._size * 4, _LARGEST)
            elif seconds > _LONG:
                self._size = max(self._size // 2, 1)
            # The first piece pays for what is loaded and compiled once.
            if place and self._hello is not None and self._context.threads > 1 and expected > self._patience:
                yield from self._in_processes(pieces, self._hello, left)
                return

    def _in_processes(self, pieces: Iterator[Piece], hello: Mapping[str, object], left: int) -> Iterator[Scored]:
        """The rest of the pieces, on all cores; here alone where processes cannot find the selector."""
        count = self._context.threads
        self._size = max(1, min(self._size, left // (4 * count)))
        try:
            with Workers(self._selector, hello, count) as workers:
                yield from workers.score(pieces)
        except UnavailableError as error:
            self._notes[f"scored in one process: {error.given}"] = None
            self._hello = None
            yield from self._scored_pieces(pieces)
