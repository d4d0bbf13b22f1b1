"""Which groups of people examples name, by axis, against a reference, by outcome and source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from workbench.errors import RecipeError
from workbench.selectors._columns import Evidence, composed, findings, joined_text, no_values, text_of
from workbench.selectors._groups import AXES, GROUPS
from workbench.types import Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.types import ExampleTable, Findings, SelectorContext

_NAMED: Final = 10
_MOST_SPANS: Final = 20


@dataclass(frozen=True, kw_only=True)
class GroupCountsParams:
    """Who is counted, and against what.

    Attributes:
        roles: the roles of the input.
        groups: name of a group to its terms; empty takes the built-in lexicon, English and Chinese.
        axes: name of an axis to the groups on it; empty takes the built-in ones, or one axis of all groups where ``groups`` are one's own.
        reference: name of a group to its share of its axis, such as that of a census; an axis without any is compared with equal shares of the groups
            that are named.
        alpha: the chance of telling of any slice that is no different.
        least_rows: slices with fewer mentions of an axis are not tested.
    """

    roles: tuple[str, ...] = ("text",)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    axes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reference: Mapping[str, float] = field(default_factory=dict)
    alpha: float = 0.01
    least_rows: int = 20


@dataclass(frozen=True, kw_only=True)
class GroupCounts:
    """Counts the groups of people that examples name, by axis: gender, orientation, religion, origin, age, ability, wealth.

    The notes give each axis with its counts and the total variation distance to the reference, and the outcomes (see ``_outcomes``) and sources whose
    share of groups differs from that of all examples (chi-square, Holm-corrected; see ``_axes``). A row that names several groups counts for each. It
    is a count of words: who is meant, or well spoken of, it does not see. Nothing is asked for: ``groups`` is only shown, with the places.
    """

    params: GroupCountsParams = field(default_factory=GroupCountsParams)
    name: str = "representation"
    version: str = "1"
    kind: SelectorKind = SelectorKind.BIAS
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="groups",
            dtype="int64",
            summary="How many groups of people it names.",
            low=0.0,
            reasons={"groups": "names {groups}"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input; the task's target is read beside them."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``.

        Raises:
            RecipeError: where an axis or the reference names a group that is not there.
        """
        import numpy as np

        from workbench.selectors._axes import axis_shares, slice_shares
        from workbench.selectors._outcomes import outcomes_of
        from workbench.selectors._sources import values_of
        from workbench.selectors._statistics import indicators
        from workbench.selectors._terms import groups_of

        groups, axes = self._lexicon()
        if not len(examples):
            return no_values(self.signals, 0)
        terms = groups_of(composed(joined_text(examples, self.params.roles)), groups)
        named = terms.matrix[:, : len(groups)]
        names = tuple(groups)
        outcomes = outcomes_of(examples, context)
        slices = {"outcome": (outcomes.matrix, outcomes.names)}
        sources, rows = values_of(examples, "")
        if len(sources) > 1:
            slices["source"] = (indicators(rows, len(examples)), tuple(sources))
        apart = [each for each in slice_shares(named, names, axes, slices, least=self.params.least_rows) if each.p <= self.params.alpha]
        evidence = Evidence()
        texts = {role: text_of(examples, role) for role in self.params.roles}
        counts = np.diff(named.indptr)
        for position in np.flatnonzero(counts):
            own = named.indices[named.indptr[position] : named.indptr[position + 1]]
            spans = [
                (role, match.start(), match.end())
                for role, column in texts.items()
                for group in sorted(own.tolist())
                for match in terms.pattern(group).finditer(column[int(position)].as_py() or "")
            ]
            evidence.add(
                position, "groups", "groups", {"groups": ", ".join(names[group] for group in sorted(own.tolist()))}, spans=spans[:_MOST_SPANS]
            )
        notes = [each.sentence() for each in axis_shares(named, names, axes, self.params.reference)] or ["no group of people is named"]
        return findings(self.signals, {"groups": counts}, evidence=evidence, notes=[*notes, *(each.sentence() for each in apart[:_NAMED])])

    def _lexicon(self) -> tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]:
        groups = self.params.groups or GROUPS
        axes = self.params.axes or ({"groups": tuple(groups)} if self.params.groups else AXES)
        wanted = {group for members in axes.values() for group in members} | set(self.params.reference)
        if unknown := sorted(wanted - set(groups)):
            raise RecipeError(f"representation has no group {unknown[0]!r}.", expected=f"one of: {', '.join(groups)}")
        return groups, axes
