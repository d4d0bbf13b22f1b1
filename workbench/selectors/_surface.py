"""Row selectors on the surface of texts: empty, too short or long, repeating themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, buffers, findings, nullable, text_of
from workbench.selectors._profile import holds_visible, profile_of
from workbench.selectors._roles import RolesParams, worst
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_TOLD_FROM: Final = 0.3
_GRAM_WORDS: Final = 4
_LEAST_WORDS: Final = 20


@dataclass(frozen=True, kw_only=True)
class EmptyText:
    """Finds examples of which a role is there but holds nothing to see: no text, white space, zero-width or control characters, an empty list."""

    params: RolesParams = RolesParams()
    name: str = "empty-text"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="empty",
            dtype="bool",
            summary="Whether a role is there but holds nothing to see.",
            direction=Direction.LOWER,
            rule=Rule(action=Action.DROP, operator=">=", threshold=1.0),
            reasons={"empty": "{role} holds nothing to see"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are looked at."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        found = worst(examples, self.params.roles, lambda texts: (~holds_visible(texts)).astype(np.float64))
        evidence = Evidence()
        for position in np.flatnonzero(found.values == 1):
            evidence.add(position, "empty", "empty", {"role": self.params.roles[found.roles[position]]})
        return findings(self.signals, {"empty": found.array()}, evidence=evidence)


@dataclass(frozen=True, kw_only=True)
class LengthBound:
    """How long a role usually is.

    Attributes:
        role: its name.
        least: words (characters, in scripts without spaces) below which an example is to be reviewed.
        most: characters above which it is.
    """

    role: str
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, kw_only=True)
class LengthBounds:
    """Measures roles: ``<role>-words`` and ``<role>-characters``. Characters in scripts without spaces count as words.

    Attributes:
        bounds: the default rules, for the roles that have any; a policy replaces them without scoring again.
    """

    params: RolesParams = RolesParams()
    bounds: tuple[LengthBound, ...] = ()
    name: str = "length"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are measured."""
        return self.params.roles

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Two signals per role."""
        bounds = {bound.role: bound for bound in self.bounds}
        made = []
        for role in self.params.roles:
            bound = bounds.get(role, LengthBound(role=role))
            for unit, operator, limit in (("words", "<", bound.least), ("characters", ">", bound.most)):
                made.append(
                    Signal(
                        name=f"{role}-{unit}",
                        dtype="int64",
                        summary=f"Length of {role} in {unit}.",
                        low=0.0,
                        rule=None if limit is None else Rule(action=Action.REVIEW, operator="<" if operator == "<" else ">", threshold=float(limit)),
                    ),
                )
        return tuple(made)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        columns: dict[str, pa.Array | np.ndarray] = {}
        for role in self.params.roles:
            texts = text_of(examples, role)
            valid = texts.is_valid().to_numpy(zero_copy_only=False)
            profile = profile_of(texts)
            columns[f"{role}-words"] = nullable(profile.words, valid)
            columns[f"{role}-characters"] = nullable(profile.characters, valid)
        return findings(self.signals, columns)


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """Finds texts that say the same again and again: the share of 4-grams of words that stood in the text before.

    After the repetition filters of MassiveText (Rae et al. 2021, appendix A.1.1), in words (characters, in scripts without spaces) instead of lines,
    so that short texts can be judged; null for texts of fewer than 20 words. Tables, verse and code repeat themselves for good reasons: review.
    """

    params: RolesParams = RolesParams()
    name: str = "repetition"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="repeated",
            dtype="float64",
            summary="Share of 4-grams of words that stood in the text before.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=0.5),
            reasons={"repeated": "{value} of the word sequences in {role} stood there before"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are looked at."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        from workbench.selectors._repetition_scan import repeated_shares
        from workbench.selectors._unicode import tables

        unicode = tables()

        def measure(texts: pa.LargeStringArray) -> np.ndarray:
            return repeated_shares(*buffers(texts), unicode.classes, unicode.folded, _GRAM_WORDS, _LEAST_WORDS)

        found = worst(examples, self.params.roles, measure)
        evidence = Evidence()
        for position in np.flatnonzero(found.values >= _TOLD_FROM):
            evidence.add(position, "repeated", "repeated", {"value": found.values[position], "role": self.params.roles[found.roles[position]]})
        return findings(self.signals, {"repeated": found.array()}, evidence=evidence)
