"""What if: what a candidate policy would come to beside the one in force, without storing anything.

    material = Material(store, dataset.dataset_id, runs)        # read once, keep it while the thresholds move
    preview = what_if(material, in_force, candidate)
    preview.after.rules, preview.overlap, preview.moves, preview.slices("label"), preview.sample(20)

It goes through the same evaluation as ``decide``: applying the candidate gives exactly the counts that the preview told. Moving one threshold costs
one comparison over the rows; ``duplicates=False`` leaves stage 2 as it was, for an answer at once while the whole one is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from workbench.curate.outcome import DROP, KEEP, REVIEW, VERDICTS, evaluate, pinned_at
from workbench.curate.revision import outcome_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.curate.material import Material
    from workbench.curate.outcome import Counts, Outcome
    from workbench.types import Policy, Verdict

OTHER_VALUES = "(other values)"
NO_VALUE = "(none)"


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How rows came out: ``imported = kept + dropped + review``."""

    kept: int
    dropped: int
    review: int

    @property
    def imported(self) -> int:
        """All of them."""
        return self.kept + self.dropped + self.review

    @property
    def dropped_share(self) -> float:
        """0 to 1; NaN where there is no row."""
        return self.dropped / self.imported if self.imported else float("nan")


@dataclass(frozen=True, kw_only=True)
class SliceChange:
    """What the candidate changes on the rows that share a value.

    Attributes:
        value: the value; ``NO_VALUE`` where rows have none, ``OTHER_VALUES`` for those that are too many to list.
        before, after: how these rows come out.
        changed: rows whose verdict differs.
    """

    value: str
    before: Tally
    after: Tally
    changed: int


@dataclass(frozen=True, kw_only=True)
class ChangedRow:
    """A row whose verdict differs.

    Attributes:
        row: its number in the store.
        example_id: its id.
        before, after: the verdicts.
        fired_before, fired_after: every rule that fires, as ``<selector>.<signal> <action>``.
        partner: the row of the duplicate that would stay in its place, or None.
        roles: its parts.
    """

    row: int
    example_id: str
    before: Verdict
    after: Verdict
    fired_before: tuple[str, ...]
    fired_after: tuple[str, ...]
    partner: int | None
    roles: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, eq=False)
class Preview:
    """A candidate policy beside the one in force.

    Attributes:
        before, after: counts, by rule too (``fired``, and ``only`` this one); ``imported = kept + dropped + review`` holds for both.
        updating: signals of the duplicate rules whose numbers in ``after`` are still those of the policy in force; while there are any, all verdicts
            are provisional. Empty unless asked for with ``duplicates=False``.
        overlap: int64 [rules, rules], in the order of ``after.rules``: rows on which both fire; the diagonal is ``fired``.
        moves: (verdict before, verdict after) to number of rows, where they differ.
        changed: rows whose verdict differs.
    """

    before: Counts
    after: Counts
    updating: tuple[str, ...]
    overlap: np.ndarray
    moves: Mapping[tuple[Verdict, Verdict], int]
    changed: int
    material: Material
    outcomes: tuple[Outcome, Outcome]

    def slices(self, by: str, most: int = 50) -> tuple[SliceChange, ...]:
        """What changes by slice, the largest first; the sums over all slices are the counts.

        Args:
            by: a role that is a text, a label or a number; ``source``; or ``meta.<column>``.
            most: values beyond so many are taken together.

        Raises:
            UnknownNameError: there is no such column.
        """
        codes, values = self.material.facet(by, most)
        names = [OTHER_VALUES, NO_VALUE, *values]
        before, after = (
            np.bincount((codes + 2) * len(VERDICTS) + each.verdict, minlength=len(names) * len(VERDICTS)).reshape(-1, len(VERDICTS))
            for each in self.outcomes
        )
        changed = np.bincount(codes[self._differs()] + 2, minlength=len(names))
        order = [*range(2, len(names)), 0, 1]
        return tuple(
            SliceChange(value=names[index], before=_tally(before[index]), after=_tally(after[index]), changed=int(changed[index]))
            for index in order
            if before[index].sum()
        )

    def sample(self, size: int = 20, *, seed: int = 0, move: tuple[Verdict, Verdict] | None = None) -> tuple[ChangedRow, ...]:
        """Rows whose verdict differs, drawn at random, in row order.

        Args:
            size: how many at most.
            seed: the same one draws the same rows.
            move: only rows that go from the first verdict to the second.
        """
        chosen = self._differs()
        if move is not None:
            before, after = (each.verdict == VERDICTS.index(word) for each, word in zip(self.outcomes, move, strict=True))
            chosen &= before & after
        positions = np.flatnonzero(chosen)
        if len(positions) > size:
            positions = np.sort(np.random.default_rng(seed).choice(positions, size, replace=False))
        if not len(positions):
            return ()
        found = self.material.store.datasets.examples(self.material.dataset_id, rows=self.material.rows[positions])
        examples = zip(positions.tolist(), found.table.to_pylist(), strict=True)
        return tuple(self._row(position, example, found.roles) for position, example in examples)

    def _differs(self) -> np.ndarray:
        before, after = self.outcomes
        return cast("np.ndarray", before.verdict != after.verdict)

    def _row(self, position: int, example: Mapping[str, object], roles: tuple[str, ...]) -> ChangedRow:
        before, after = self.outcomes
        partner = int(after.partner[position])
        return ChangedRow(
            row=int(self.material.rows[position]),
            example_id=str(example["example_id"]),
            before=VERDICTS[before.verdict[position]],
            after=VERDICTS[after.verdict[position]],
            fired_before=_fired(before, position),
            fired_after=_fired(after, position),
            partner=None if partner < 0 else int(self.material.rows[partner]),
            roles={name: example[name] for name in roles},
        )


def what_if(material: Material, in_force: Policy, candidate: Policy, *, ledger_number: int | None = None, duplicates: bool = True) -> Preview:
    """Hold a candidate policy against all rows, beside the one in force.

    Args:
        material: the rows and their signals.
        in_force: the policy to compare with.
        candidate: the other.
        ledger_number: with the pins as they stood at this entry; None is now.
        duplicates: whether duplicate rules are held against the rows anew. Where not, those whose result may differ are listed in ``updating``; none
            does where the policies are the same.

    Raises:
        UnknownNameError: a policy names a signal that was not scored.
    """
    with material.store.reading():
        number = material.store.ledger.number() if ledger_number is None else ledger_number
        pinned = pinned_at(material, candidate, number)
    before = outcome_at(material, in_force, number)
    material.check(candidate)
    pairwise = tuple(dict.fromkeys(item.signal for item in candidate.rules if material.declared(item.signal).pairwise))
    if duplicates or not pairwise or candidate == in_force:
        after, pairwise = outcome_at(material, candidate, number), ()
    else:
        after = evaluate(material, candidate, pinned, second=before)
    moved = np.bincount(before.verdict * len(VERDICTS) + after.verdict, minlength=len(VERDICTS) ** 2).reshape(len(VERDICTS), -1)
    moves = {(VERDICTS[a], VERDICTS[b]): int(moved[a, b]) for a in (KEEP, DROP, REVIEW) for b in (KEEP, DROP, REVIEW) if a != b and moved[a, b]}
    return Preview(
        before=before.counts,
        after=after.counts,
        updating=pairwise,
        overlap=_overlap(after.fired),
        moves=moves,
        changed=sum(moves.values()),
        material=material,
        outcomes=(before, after),
    )


def _overlap(fired: np.ndarray) -> np.ndarray:
    """Rows on which two rules both fire, int64 [rules, rules]."""
    overlap = np.empty((len(fired), len(fired)), dtype=np.int64)
    for index, row in enumerate(fired):
        overlap[index, : index + 1] = overlap[: index + 1, index] = [np.count_nonzero(row & other) for other in fired[: index + 1]]
    return overlap


def _fired(outcome: Outcome, position: int) -> tuple[str, ...]:
    return tuple(f"{item.signal} {item.rule.action.value}" for item, fired in zip(outcome.rules, outcome.fired[:, position], strict=True) if fired)


def _tally(counts: np.ndarray) -> Tally:
    return Tally(kept=int(counts[KEEP]), dropped=int(counts[DROP]), review=int(counts[REVIEW]))
