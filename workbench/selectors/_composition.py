"""What the characters of a text are, as shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, buffers, findings, over_distinct, text_of
from workbench.selectors._roles import RolesParams, worst
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_LEAST: Final = 20


def _share(name: str, what: str, of: str, threshold: float) -> Signal:
    return Signal(
        name=name,
        dtype="float64",
        summary=f"Share of its {of} that are {what}.",
        low=0.0,
        high=1.0,
        direction=Direction.LOWER,
        rule=Rule(action=Action.REVIEW, operator=">=", threshold=threshold),
        reasons={name: f"{{value}} of the {of} of {{role}} are {what}"},
    )


@dataclass(frozen=True, kw_only=True)
class Composition:
    """Finds texts of symbols, of digits, or in capitals: shares of the visible characters, and of the letters.

    Ratios that many filters of web text use, data-juicer's among them. Punctuation counts as symbols; Chinese characters are letters, not capitals.
    Texts of fewer than 20 such characters are not judged: null. Tables, code and formulas have good reasons for symbols and digits: for review.
    """

    params: RolesParams = RolesParams()
    name: str = "composition"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        _share("symbols", "symbols or punctuation", "characters", 0.8),
        _share("digits", "digits", "characters", 0.8),
        _share("capitals", "capitals", "letters", 0.7),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are looked at."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        evidence = Evidence()
        columns: dict[str, pa.Array | np.ndarray] = {}
        counted = [_counts(text_of(examples, role)) for role in self.params.roles]
        for signal, part, whole, least in zip(self.signals, (5, 4, 2), (0, 0, 1), (_LEAST,) * 3, strict=True):
            shares = iter([np.where(of[:, whole] >= least, of[:, part] / np.maximum(of[:, whole], 1), np.nan) for of in counted])
            found = worst(examples, self.params.roles, lambda _texts, shares=shares: next(shares))  # type: ignore[misc]
            columns[signal.name] = found.array()
            threshold = signal.rule.threshold if signal.rule else 1.0
            for position in np.flatnonzero(found.values >= threshold):
                values = {"value": float(found.values[position]), "role": self.params.roles[found.roles[position]]}
                evidence.add(position, signal.name, signal.name, values)
        return findings(self.signals, columns, evidence=evidence)


def _counts(texts: pa.LargeStringArray) -> np.ndarray:
    """See ``_marks.composition``."""
    from workbench.selectors._marks import composition
    from workbench.selectors._unicode import tables

    unicode = tables()
    return over_distinct(texts, lambda some: composition(*buffers(some), unicode.classes, unicode.upper))


def has_letters(texts: pa.LargeStringArray, least: int) -> np.ndarray:
    """Which texts have so many letters, one of a script without spaces counting four: bool [n]."""
    from workbench.selectors._marks import enough_letters
    from workbench.selectors._unicode import tables

    unicode = tables()
    enough: np.ndarray = enough_letters(*buffers(texts), unicode.classes, unicode.upper, least)
    return enough
