"""Words and groups of people that go with an outcome: what a model can learn in the place of the task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, composed, findings, joined_text, no_values, nullable, text_of
from workbench.selectors._groups import GROUPS
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.selectors._outcomes import Outcomes
    from workbench.selectors._statistics import AssociationTest
    from workbench.selectors._terms import Terms
    from workbench.types import ExampleTable, Findings, SelectorContext

_NAMED: Final = 5
_TOLD_FROM: Final = 0.5


def _signals(summary: str, threshold: float) -> tuple[Signal, ...]:
    return (
        Signal(
            name="association",
            dtype="float64",
            summary=summary,
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=threshold),
            reasons={"association": "{share} of the {rows} examples with {term!r} have {outcome!r}, of all examples {base} (z = {z})"},
        ),
    )


@dataclass(frozen=True, kw_only=True)
class AssociationParams:
    """What is tested.

    Attributes:
        roles: the roles of the input.
        alpha: the chance of any false finding among all that is tested.
        least_rows: words in fewer examples are not tested.
        strongest: how many associations are kept, by z: in most data many words go with an outcome, and rightly so.
    """

    roles: tuple[str, ...] = ("text",)
    alpha: float = 0.01
    least_rows: int = 20
    strongest: int = 20


@dataclass(frozen=True, kw_only=True)
class Association:
    """Finds words that give an outcome away (Gardner et al. 2021; the test stands in ``_statistics``, the outcomes in ``_outcomes``).

    Words are compared in lower case, in scripts without spaces single characters and pairs of them. An example carries an association where it has
    both the word and the outcome. A strong one may be what the task is about, or a shortcut: look at the words that the run names.
    """

    params: AssociationParams = AssociationParams()
    name: str = "association"
    version: str = "2"
    kind: SelectorKind = SelectorKind.BIAS
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = _signals(
        "How surely one of its words gives the outcome away: 0 no more than chance, 1 always; among the strongest associations.", 0.9
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input; the task's target is read beside them."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """Test all words; see ``Selector.score``."""
        from workbench.selectors._outcomes import outcomes_of
        from workbench.selectors._statistics import associations
        from workbench.selectors._terms import words_of

        outcomes = outcomes_of(examples, context)
        terms = words_of(composed(joined_text(examples, self.params.roles)), self.params.least_rows)
        if not terms.names or not outcomes.names:
            return no_values(self.signals, len(examples), ["no word stands in enough examples, or there is no outcome to test it against"])
        tests = associations(terms.matrix, outcomes.matrix, alpha=self.params.alpha, least_rows=self.params.least_rows)
        tests = tests[: self.params.strongest]
        return _carried(signals=self.signals, examples=examples, roles=self.params.roles, terms=terms, outcomes=outcomes, tests=tests)


@dataclass(frozen=True, kw_only=True)
class GroupAssociationParams:
    """What is tested.

    Attributes:
        roles: the roles of the input.
        groups: name of a group to its terms; empty takes the built-in lexicon, English and Chinese.
        alpha: the chance of any false finding among all that is tested.
        least_rows: groups and terms in fewer examples are not tested.
    """

    roles: tuple[str, ...] = ("text",)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    alpha: float = 0.01
    least_rows: int = 10


@dataclass(frozen=True, kw_only=True)
class GroupAssociation:
    """Finds groups of people that go with an outcome: a label, a refusal, an answer that is short, long, always
    the same, or speaks well or ill (see ``_outcomes``).

    Groups as a whole and each of their terms are tested (see ``_statistics``). Terms are found as whole words whatever their case, in scripts without
    spaces anywhere.
    """

    params: GroupAssociationParams = field(default_factory=GroupAssociationParams)
    name: str = "group-association"
    version: str = "2"
    kind: SelectorKind = SelectorKind.BIAS
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = _signals("How surely a group of people that it names goes with its outcome: 0 no more than chance, 1 always.", 0.5)

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input; the task's target is read beside them."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """Test all groups and terms; see ``Selector.score``."""
        from workbench.selectors._outcomes import outcomes_of
        from workbench.selectors._statistics import associations
        from workbench.selectors._terms import groups_of

        outcomes = outcomes_of(examples, context)
        if not outcomes.names:
            return no_values(self.signals, len(examples), ["there is no outcome to test groups against"])
        terms = groups_of(composed(joined_text(examples, self.params.roles)), self.params.groups or GROUPS)
        tests = associations(terms.matrix, outcomes.matrix, alpha=self.params.alpha, least_rows=self.params.least_rows)
        return _carried(signals=self.signals, examples=examples, roles=self.params.roles, terms=terms, outcomes=outcomes, tests=tests)


def _carried(
    *, signals: tuple[Signal, ...], examples: ExampleTable, roles: Sequence[str], terms: Terms, outcomes: Outcomes, tests: Sequence[AssociationTest]
) -> Findings:
    """The findings on the examples that carry an association."""
    import numpy as np

    from workbench.selectors._statistics import carriers

    carried = carriers(terms.matrix, outcomes.matrix, tests)
    texts = {role: text_of(examples, role) for role in roles}
    evidence = Evidence()
    for position in np.flatnonzero(carried.effect >= _TOLD_FROM):
        test = tests[carried.test[position]]
        pattern = terms.pattern(test.feature)
        spans = [
            (role, match.start(), match.end()) for role, column in texts.items() for match in pattern.finditer(column[int(position)].as_py() or "")
        ]
        evidence.add(position, "association", "association", _values(test, terms, outcomes), spans=spans)
    notes = [_sentence(test, terms, outcomes) for test in tests[:_NAMED]] or ["no association is beyond chance"]
    has_outcome = np.asarray(outcomes.matrix.sum(axis=1)).ravel() > 0
    return findings(signals, {"association": nullable(carried.effect, has_outcome)}, evidence=evidence, notes=notes)


def _values(test: AssociationTest, terms: Terms, outcomes: Outcomes) -> dict[str, object]:
    return {
        "term": terms.names[test.feature],
        "outcome": outcomes.names[test.outcome],
        "rows": test.rows,
        "share": test.share,
        "base": test.base,
        "z": test.z,
        "p": test.p,
    }


def _sentence(test: AssociationTest, terms: Terms, outcomes: Outcomes) -> str:
    return (
        f"{test.share:.0%} of the {test.rows} examples with {terms.names[test.feature]!r} have {outcomes.names[test.outcome]!r}, "
        f"of all examples {test.base:.1%} (z = {test.z:.1f})"
    )
