"""What a linear model makes of examples and of their counterfactuals, that saw neither in training."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.selectors._columns import composed, joined_text, text_of
from workbench.selectors._features import features
from workbench.selectors._keys import first_of_each, group_codes
from workbench.selectors._label_noise import deal, judged_rows
from workbench.selectors._linear import out_of_fold
from workbench.selectors._statistics import holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.types import ExampleTable, SelectorContext


@dataclass(frozen=True, kw_only=True)
class LinearChances:
    """Probabilities of labels before and after terms are exchanged; NaN where an example is not judged.

    Attributes:
        labels: their names.
        before, after: float64 [m, labels].
        before_given, after_given: float64 [m], those of the given label.
        notes: what the person who runs it should be told.
    """

    labels: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray
    before_given: np.ndarray
    after_given: np.ndarray
    notes: list[str]

    def drift(self, sides: Sequence[Mapping[str, int]], alpha: float, least_rows: int) -> list[str]:
        """Which labels move one way on average, the furthest first, as sentences.

        Args:
            sides: of each example, axis to the side that it names more of.
            alpha: the chance of any false sentence.
            least_rows: axes that fewer examples name one side of are not tested.
        """
        from scipy.stats import t

        found = []
        for axis in sorted({axis for each in sides for axis in each}):
            side = np.array([each.get(axis, 0) for each in sides], dtype=np.float64)
            rows = np.flatnonzero((side != 0) & ~np.isnan(self.before_given))
            if len(rows) < least_rows:
                continue
            # Probability with the first groups of the pairs less that with the second.
            moved = (self.before[rows] - self.after[rows]) * side[rows, None]
            mean, error = moved.mean(axis=0), moved.std(axis=0, ddof=1) / np.sqrt(len(rows))
            p = np.where(error > 0, 2 * t.sf(np.abs(mean) / np.maximum(error, 1e-300), len(rows) - 1), 1.0)
            found += [(axis, label, len(rows), float(mean[at]), float(p[at])) for at, label in enumerate(self.labels)]
        corrected = holm(np.array([each[-1] for each in found]))
        told = [(*each[:-1], p) for each, p in zip(found, corrected.tolist(), strict=True) if p <= alpha]
        return [
            f"{axis}: the probability of {label!r} moves by {mean:+.3f} from the second terms of the pairs to the first "
            f"(mean of {rows} examples, p = {p:.2g})"
            for axis, label, rows, mean, p in sorted(told, key=lambda each: (-abs(each[3]), each[0], each[1]))
        ]


def linear_chances(
    examples: ExampleTable, *, positions: np.ndarray, exchanged: ExampleTable, roles: Sequence[str], folds: int, context: SelectorContext
) -> LinearChances:
    """Train on the examples as they are, and judge those at ``positions`` and their counterfactuals by the model that did not see them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # In the order of content, so that sums in floating point do not depend on that of the rows.
    order = pc.sort_indices(examples.column("content_hash")).to_numpy()
    ordered = examples.take(order)
    given = text_of(ordered, context.target).dictionary_encode()
    codes = pc.fill_null(given.indices, -1).to_numpy().astype(np.int64)
    groups = first_of_each(group_codes(ordered, roles, context))
    judged, notes = judged_rows(codes, groups, folds)
    labels, targets = np.unique(codes[judged], return_inverse=True)
    nothing = np.full((len(positions), len(labels)), np.nan)
    if len(labels) < 2:
        notes = [*notes, "nothing is scored: there are no two labels to tell apart"]
        empty = np.full(len(positions), np.nan)
        return LinearChances(labels=(), before=nothing, after=nothing, before_given=empty, after_given=empty, notes=notes)
    dealt = deal(targets, groups[judged], folds, context.seed)
    # One space for both: words are weighed by how many of the texts have them, exchanged ones among them.
    place_of = np.full(len(examples), -1)
    place_of[order[judged]] = np.arange(len(judged))
    places = place_of[positions]
    wanted = np.flatnonzero(places >= 0)
    wanted = wanted[np.argsort(places[wanted])]
    own = composed(joined_text(ordered.take(judged), roles))
    rows = features(pa.concat_arrays([own, composed(joined_text(exchanged.take(wanted), roles))]), characters=False)
    model = out_of_fold(rows[: len(judged)], targets, dealt, seed=context.seed, context=context)
    before, after = nothing.copy(), nothing.copy()
    for values, some in ((before, rows[places[wanted]]), (after, rows[len(judged) :])):
        for found, chances in dataclasses.replace(model, features=some, folds=dealt[places[wanted]]).blocks():
            values[wanted[found]] = chances
    own_label = np.zeros(len(positions), dtype=np.int64)
    own_label[wanted] = targets[places[wanted]]
    at = np.arange(len(positions))
    return LinearChances(
        labels=tuple(given.dictionary[int(code)].as_py() for code in labels),
        before=before,
        after=after,
        before_given=before[at, own_label],
        after_given=after[at, own_label],
        notes=[*notes, f"scored by {model.method}"],
    )
