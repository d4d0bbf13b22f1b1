"""Weights under which a group of people and an outcome are independent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.selectors._columns import composed, findings, joined_text, no_values, nullable, text_of
from workbench.selectors._groups import GROUPS
from workbench.types import Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from workbench.types import ExampleTable, Findings, SelectorContext


@dataclass(frozen=True, kw_only=True)
class ReweighingParams:
    """Whose weights are balanced.

    Attributes:
        roles: the roles of the input.
        groups: name of a group to its terms; empty takes the built-in lexicon, English and Chinese.
    """

    roles: tuple[str, ...] = ("text",)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reweighing:
    """Weighs examples so that groups of people and labels are independent; who is named how often is what ``GroupCounts`` tells.

    ``weight`` is Kamiran and Calders' reweighing (2012, "Data preprocessing techniques for classification without discrimination", section 4.2):
    ``P(group) P(label) / P(group, label)``, where an example's group is the first that it names, or none; null where the task's target is no label.
    """

    params: ReweighingParams = field(default_factory=ReweighingParams)
    name: str = "reweighing"
    version: str = "2"
    kind: SelectorKind = SelectorKind.BIAS
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(name="groups", dtype="int64", summary="How many groups of people it names.", low=0.0),
        Signal(name="weight", dtype="float64", summary="The weight under which groups and labels are independent.", low=0.0),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input; the task's target is read beside them."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        from workbench.selectors._terms import groups_of
        from workbench.types import RoleType

        if not len(examples):
            return no_values(self.signals, 0)
        lexicon = self.params.groups or GROUPS
        named = groups_of(composed(joined_text(examples, self.params.roles)), lexicon).matrix[:, : len(lexicon)].toarray() > 0
        counts = named.sum(axis=1)
        role = context.roles.get(context.target)
        if role is None or role.type is not RoleType.LABEL or context.target not in examples.roles:
            columns = {"groups": counts, "weight": pa.nulls(len(examples), pa.float64())}
            return findings(self.signals, columns, notes=["there is no label to balance groups over"])
        labels = text_of(examples, context.target).dictionary_encode()
        label = pc.fill_null(labels.indices, -1).to_numpy().astype(np.int64)
        group = np.where(counts > 0, named.argmax(axis=1), named.shape[1])
        weights = reweighing(group, np.where(label < 0, len(labels.dictionary), label))
        return findings(self.signals, {"groups": counts, "weight": nullable(weights, label >= 0)})


def reweighing(groups: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """``P(g) P(y) / P(g, y)`` of each row: float64 [n]; codes are int64 from 0 on. Weighted by it, groups and labels are independent."""
    import numpy as np

    size = len(groups)
    by_group, by_label = np.bincount(groups), np.bincount(labels)
    together = np.zeros((len(by_group), len(by_label)))
    np.add.at(together, (groups, labels), 1.0)
    weights: np.ndarray = by_group[groups] * by_label[labels] / (size * together[groups, labels])
    return weights
