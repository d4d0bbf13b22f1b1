"""Texts that are far shorter or longer than the others of their dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, findings, nullable, text_of
from workbench.selectors._profile import profile_of
from workbench.selectors._roles import RolesParams
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_FAR: Final = 5.0
_NORMAL_MEDIAN: Final = 0.6745
_NORMAL_MEAN: Final = 0.7979
_LEAST_ROWS: Final = 30


def robust_distance(values: np.ndarray) -> np.ndarray:
    """How far each value is from the median, in standard deviations of a normal distribution: float64 [n].

    ``0.6745 |x - median| / MAD`` (Iglewicz and Hoaglin 1993, "How to Detect and Handle Outliers", section 3.5); where more than half of the values
    are equal, the mean takes the place of the median of the deviations, with 0.7979.
    """
    import numpy as np

    deviation = np.abs(values - np.median(values))
    median, mean = float(np.median(deviation)), float(deviation.mean())
    scale = median / _NORMAL_MEDIAN if median > 0 else mean / _NORMAL_MEAN
    distance: np.ndarray = deviation / scale if scale > 0 else np.zeros(len(values))
    return distance


@dataclass(frozen=True, kw_only=True)
class LengthOutliers:
    """Finds texts of unusual length: ``<role>-distance``, the robust z-score (see ``robust_distance``) of the logarithm of the number of words.

    Words are characters in scripts without spaces; a dataset of two languages with and without spaces is measured together. Empty texts are not
    judged, nor are datasets of fewer than 30 texts: null. Unusual is not wrong: for review.
    """

    params: RolesParams = RolesParams()
    name: str = "length-outliers"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.DATASET

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are measured."""
        return self.params.roles

    @property
    def signals(self) -> tuple[Signal, ...]:
        """One signal per role."""
        return tuple(
            Signal(
                name=f"{role}-distance",
                dtype="float64",
                summary=f"How far the length of {role} is from the usual one, in standard deviations.",
                low=0.0,
                direction=Direction.LOWER,
                rule=Rule(action=Action.REVIEW, operator=">=", threshold=_FAR),
                reasons={
                    "long": "{role} has {words} words, half of the others between {low} and {high}: unusually long",
                    "short": "{role} has {words} words, half of the others between {low} and {high}: unusually short",
                },
            )
            for role in self.params.roles
        )

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        evidence = Evidence()
        columns: dict[str, pa.Array | np.ndarray] = {}
        for role, signal in zip(self.params.roles, self.signals, strict=True):
            words = profile_of(text_of(examples, role)).words
            judged = words > 0
            distance = np.zeros(len(examples))
            if judged.sum() >= _LEAST_ROWS:
                distance[judged] = robust_distance(np.log(words[judged]))
                low, middle, high = (int(each) for each in np.quantile(words[judged], [0.25, 0.5, 0.75], method="nearest"))
                for position in np.flatnonzero(distance >= _FAR):
                    values = {"role": role, "words": int(words[position]), "low": low, "high": high}
                    evidence.add(position, signal.name, "long" if words[position] > middle else "short", values)
            else:
                judged = np.zeros(len(examples), dtype=bool)
            columns[signal.name] = nullable(distance, judged)
        return findings(self.signals, columns, evidence=evidence)
