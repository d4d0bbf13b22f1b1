"""Labels as such: outside the set, of too small a class, or contradicted by an equal text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, findings, no_values, nullable, text_of
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_FEW: Final = 5


@dataclass(frozen=True, kw_only=True)
class LabelSetParams:
    """What labels are held against.

    Attributes:
        roles: the roles that a label must follow from.
        labels: the labels that there may be; empty allows any.
    """

    roles: tuple[str, ...] = ("text",)
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LabelSet:
    """Finds labels outside the set, classes of fewer than five rows, and equal texts with different labels.

    Texts are compared without regard to case and spacing. The set is only known where it is given, and then a label outside it is wrong by
    definition: drop. A small class may be all there is, and of contradicting labels one is right: for review.
    """

    params: LabelSetParams = LabelSetParams()
    name: str = "label-set"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="outside",
            about_target=True,
            dtype="bool",
            summary="Whether the label is outside the given set.",
            direction=Direction.LOWER,
            rule=Rule(action=Action.DROP, operator=">=", threshold=1.0),
            reasons={"outside": "{label!r} is none of the given labels"},
        ),
        Signal(
            name="class-rows",
            dtype="int64",
            summary="How many rows have the same label.",
            low=0.0,
            direction=Direction.HIGHER,
            rule=Rule(action=Action.REVIEW, operator="<", threshold=float(_FEW)),
            reasons={"few": "only {rows} rows are labelled {label!r}"},
        ),
        Signal(
            name="contradicted",
            about_target=True,
            dtype="int64",
            summary="How many equal texts have another label.",
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={"contradicted": "labelled {label!r}, an equal text {other!r}"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that a label must follow from; the task's target is read beside them."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``."""
        import numpy as np
        import pyarrow.compute as pc

        from workbench.selectors._keys import group_codes

        if context.target not in examples.roles:
            return no_values(self.signals, len(examples), ["there is no label to look at"])
        given = text_of(examples, context.target).dictionary_encode()
        names = given.dictionary.to_pylist()
        codes = pc.fill_null(given.indices, -1).to_numpy().astype(np.int64)
        labelled = codes >= 0
        evidence = Evidence()
        outside = np.array([name not in self.params.labels for name in names], dtype=bool)[codes] if names else np.zeros(len(codes), dtype=bool)
        outside &= labelled
        for position in np.flatnonzero(outside) if self.params.labels else ():
            evidence.add(position, "outside", "outside", {"label": names[codes[position]]})
        rows = np.bincount(codes[labelled], minlength=max(len(names), 1))[codes]
        for position in np.flatnonzero(labelled & (rows < _FEW)):
            evidence.add(position, "class-rows", "few", {"label": names[codes[position]], "rows": int(rows[position])})
        contradicted = _contradicted(group_codes(examples, self.params.roles, context, fold_case=True), codes, names, evidence)
        columns: dict[str, pa.Array | np.ndarray] = {
            "outside": nullable(outside, labelled & bool(self.params.labels)),
            "class-rows": nullable(rows, labelled),
            "contradicted": nullable(contradicted, labelled),
        }
        return findings(self.signals, columns, evidence=evidence)


def _contradicted(groups: np.ndarray, codes: np.ndarray, names: list[str], evidence: Evidence) -> np.ndarray:
    """Of each example, how many of its group have another label: int64 [n]; adds who contradicts it to the evidence."""
    import numpy as np

    counts = np.zeros(len(codes), dtype=np.int64)
    labelled = np.flatnonzero(codes >= 0)
    pairs = np.unique(np.stack([groups[labelled], codes[labelled]]), axis=1)
    several = np.isin(groups, pairs[0][1:][pairs[0][1:] == pairs[0][:-1]]) & (codes >= 0)
    for position in np.flatnonzero(several):
        others = np.flatnonzero(several & (groups == groups[position]) & (codes != codes[position]))
        counts[position] = len(others)
        values = {"label": names[codes[position]], "other": min(names[codes[other]] for other in others)}
        evidence.add(position, "contradicted", "contradicted", values, partners=others[:20].tolist())
    return counts
