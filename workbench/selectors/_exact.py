"""Exact duplicates after a stated normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.selectors._columns import edge_table, findings, no_values, nullable
from workbench.selectors._keys import absent, first_of_each, group_codes, paired
from workbench.types import Action, Direction, PairKind, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from workbench.types import ExampleTable, Findings, SelectorContext


@dataclass(frozen=True, kw_only=True)
class ExactDuplicateParams:
    """What counts as equal.

    Attributes:
        roles: the roles of the input that must be equal; the task's target is compared apart.
        fold_case: whether upper and lower case are the same.
    """

    roles: tuple[str, ...] = ("text",)
    fold_case: bool = False


@dataclass(frozen=True, kw_only=True)
class ExactDuplicates:
    """Finds examples that are equal once normalised: Unicode's composed form (NFC), runs of white space as one blank.

    Equal input and equal target make a ``copy``; equal input and another target make a ``conflict``. Copies hang on the first of their group, and
    of the groups of one input the others hang on the first. Two empty inputs are equal too.
    """

    params: ExactDuplicateParams = ExactDuplicateParams()
    name: str = "exact-duplicates"
    version: str = "1"
    kind: SelectorKind = SelectorKind.DEDUP
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="copy",
            dtype="float64",
            summary="1 where another example has the same input and the same target, else 0.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.DROP, operator=">=", threshold=1.0),
            reasons={"copy": "the same input and target as another example"},
            pairwise=True,
        ),
        Signal(
            name="conflict",
            dtype="bool",
            summary="Whether another example has the same input and a different target.",
            direction=Direction.LOWER,
            reasons={"conflict": "the same input as another example, with a different target"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input; the task's target is read beside them."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """Compare all examples; see ``Selector.score``."""
        import numpy as np

        size = len(examples)
        if not size:
            return no_values(self.signals, 0)
        roles = self.params.roles
        inputs = group_codes(examples, roles, context, fold_case=self.params.fold_case)
        target = [context.target] if context.target in examples.roles and context.target not in roles else []
        targets = group_codes(examples, target, context, fold_case=self.params.fold_case)
        firsts = first_of_each(paired(inputs, targets))
        copies = np.flatnonzero(firsts != np.arange(size))
        # One of each group of copies; of those with one input, the first is the centre of the star.
        groups = np.flatnonzero(firsts == np.arange(size))
        centres = groups[first_of_each(inputs[groups])]
        conflicts = groups[centres != groups]
        has_copy = np.zeros(size, dtype=bool)
        has_copy[copies] = has_copy[firsts[copies]] = True
        many = np.zeros(int(inputs.max()) + 1, dtype=bool)
        many[inputs[conflicts]] = True
        return findings(
            self.signals,
            {"copy": nullable(has_copy.astype(np.float64), ~absent(examples, [*roles, *target])), "conflict": many[inputs]},
            edges=edge_table(
                [
                    (firsts[copies], copies, "copy", PairKind.COPY, 1.0),
                    (centres[centres != groups], conflicts, "conflict", PairKind.CONFLICT, 1.0),
                ],
            ),
        )
