"""Sources that go with an outcome: what a model can learn of where an example is from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, findings, no_values, nullable
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np

    from workbench.types import ExampleTable, Findings, SelectorContext

_NAMED: Final = 5
_TOLD_FROM: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class SourceAssociationParams:
    """What is tested.

    Attributes:
        by: a column that was kept beside the roles, such as an annotator; empty takes the source, which is the file that an example is from.
        alpha: the chance of any false finding among all that is tested.
        least_rows: values of the column in fewer examples are not tested.
    """

    by: str = ""
    alpha: float = 0.01
    least_rows: int = 20


@dataclass(frozen=True, kw_only=True)
class SourceAssociation:
    """Finds sources, or values of another column, that go with an outcome: a label, a refusal, a short or long answer (see ``_outcomes``).

    The test is that of ``GroupAssociation``. Where each label has a file of its own that says nothing of the texts, and all is flagged; where one
    annotator or one site gives most of a label, a model may learn their style in its place (Geva et al. 2019, "Are We Modeling the Task or the
    Annotator?"). For review.
    """

    params: SourceAssociationParams = SourceAssociationParams()
    name: str = "source-association"
    version: str = "1"
    kind: SelectorKind = SelectorKind.BIAS
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="association",
            dtype="float64",
            summary="How surely its source goes with its outcome: 0 no more than chance, 1 always.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=0.5),
            reasons={"association": "{share} of the {rows} examples from {source!r} have {outcome!r}, of all examples {base} (z = {z})"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """None: the task's target is read, and where examples are from."""
        return ()

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """Test all sources; see ``Selector.score``."""
        import numpy as np

        from workbench.selectors._outcomes import outcomes_of
        from workbench.selectors._statistics import associations, carriers, indicators

        outcomes = outcomes_of(examples, context)
        names, rows = values_of(examples, self.params.by)
        if len(names) < 2 or not outcomes.names:
            why = "there is no outcome" if not outcomes.names else f"there are no two values of {self.params.by or 'the source'}"
            return no_values(self.signals, len(examples), [f"nothing is tested: {why}"])
        features = indicators(rows, len(examples))
        tests = associations(features, outcomes.matrix, alpha=self.params.alpha, least_rows=self.params.least_rows)
        carried = carriers(features, outcomes.matrix, tests)
        evidence = Evidence()
        for position in np.flatnonzero(carried.effect >= _TOLD_FROM):
            test = tests[carried.test[position]]
            values = {"source": names[test.feature], "outcome": outcomes.names[test.outcome], "rows": test.rows, "share": test.share}
            evidence.add(position, "association", "association", {**values, "base": test.base, "z": test.z, "p": test.p})
        notes = [
            f"{test.share:.0%} of the {test.rows} examples from {names[test.feature]!r} have {outcomes.names[test.outcome]!r}, "
            f"of all examples {test.base:.1%} (z = {test.z:.1f})"
            for test in tests[:_NAMED]
        ]
        known = np.zeros(len(examples), dtype=bool)
        known[np.concatenate(rows)] = True
        judged = known & (np.asarray(outcomes.matrix.sum(axis=1)).ravel() > 0)
        return findings(
            self.signals, {"association": nullable(carried.effect, judged)}, evidence=evidence, notes=notes or ["no association is beyond chance"]
        )


def values_of(examples: ExampleTable, by: str) -> tuple[list[str], list[np.ndarray]]:
    """The values of a column in ascending order, and the examples of each; none and the empty value are left out.

    Args:
        examples: what to look at.
        by: a column of ``meta``; empty is the source.
    """
    import numpy as np

    values = [json.loads(str(each or "{}")).get(by) for each in examples.values("meta")] if by else examples.values("source")
    places: dict[str, list[int]] = {}
    for position, value in enumerate(values):
        if value is not None and value != "":
            places.setdefault(str(value), []).append(position)
    names = sorted(places)
    return names, [np.array(places[name], dtype=np.int64) for name in names]
