"""Labels that contradict their texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, composed, findings, joined_text, no_values, text_of
from workbench.selectors._keys import first_of_each, group_codes
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np

    from workbench.selectors._confident import LabelVerdicts
    from workbench.types import ExampleTable, Findings, SelectorContext

_TOLD_FROM: Final = 0.3
_DISTRUSTED: Final = 0.5
_MANY_CLASSES: Final = 500
"""Above, n-grams of characters are left out: the work is features times classes."""


@dataclass(frozen=True, kw_only=True)
class LabelNoiseParams:
    """How labels are judged.

    Attributes:
        roles: the roles that a label must follow from.
        folds: how many parts the examples are dealt into; a model judges the part that it was not trained on.
    """

    roles: tuple[str, ...] = ("text",)
    folds: int = 5


@dataclass(frozen=True, kw_only=True)
class LabelNoise:
    """Finds labels that contradict their texts, by models that never saw the example: see ``_linear`` for these and ``_confident`` for what follows.

    The label is the task's target. Where labels look random, the models are trained a second time without these, and judge again: that finds more of
    them and fewer others. Where topics overlap, as in news, a label may look random and be right: for review; a recipe whose labels are known to be
    noisy may drop. Examples with the same text are in the same fold, so that no copy gives an answer away. Classes of fewer distinct
    texts than folds are not judged, nor are texts without a word that another has: null.
    """

    params: LabelNoiseParams = LabelNoiseParams()
    name: str = "label-noise"
    version: str = "3"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="random-label",
            about_target=True,
            dtype="float64",
            summary="Estimated probability that the label was given without regard to the text.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=0.5),
            reasons={"random-label": "labelled {label!r}, but {suggested!r} is likelier: probability {probability} against {self_confidence}"},
        ),
        Signal(
            name="label-issue",
            about_target=True,
            dtype="bool",
            summary="Whether confident learning counts the label among the wrong ones.",
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=1.0),
            reasons={"label-issue": "labelled {label!r}, but {suggested!r} is likelier: probability {probability} against {self_confidence}"},
        ),
        Signal(
            name="self-confidence",
            dtype="float64",
            summary="Out-of-fold probability of the given label.",
            low=0.0,
            high=1.0,
            direction=Direction.HIGHER,
        ),
        Signal(
            name="margin",
            dtype="float64",
            summary="Out-of-fold probability of the given label less that of the likeliest other.",
            low=-1.0,
            high=1.0,
            direction=Direction.HIGHER,
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that a label must follow from; the task's target is read beside them."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """Judge all labels; see ``Selector.score``."""
        import numpy as np
        import pyarrow.compute as pc

        from workbench.selectors._confident import judge_labels
        from workbench.selectors._features import features
        from workbench.selectors._linear import out_of_fold

        if context.target not in examples.roles:
            return no_values(self.signals, len(examples), ["there is no label to judge"])
        # In the order of content, so that sums in floating point do not depend on that of the rows.
        order = pc.sort_indices(examples.column("content_hash")).to_numpy()
        ordered = examples.take(order)
        given = text_of(ordered, context.target).dictionary_encode()
        codes = pc.fill_null(given.indices, -1).to_numpy().astype(np.int64)
        groups = first_of_each(group_codes(ordered, self.params.roles, context))
        judged, notes = judged_rows(codes, groups, self.params.folds)
        few = len(np.unique(codes[judged])) <= _MANY_CLASSES
        rows = features(composed(joined_text(ordered.take(judged), self.params.roles)), characters=few)
        with_words = np.flatnonzero(np.diff(rows.indptr))
        judged, rows = judged[with_words], rows[with_words]
        if len(np.unique(codes[judged])) < 2:
            return no_values(self.signals, len(examples), [*notes, "labels are not judged: there are no two classes to tell apart"])
        classes, labels = np.unique(codes[judged], return_inverse=True)
        folds = deal(labels, groups[judged], self.params.folds, context.seed)
        model = out_of_fold(rows, labels, folds, seed=context.seed, context=context)
        verdicts = judge_labels(model, labels)
        distrusted = verdicts.random >= _DISTRUSTED
        if distrusted.any():
            model = out_of_fold(rows, labels, folds, seed=context.seed, context=context, distrusted=distrusted)
            verdicts = judge_labels(model, labels)
        names = [given.dictionary[int(code)].as_py() for code in classes]
        notes.append(
            f"{len(judged)} labels of {len(classes)} classes judged by {model.method}; about {verdicts.random_share:.1%} of them look random"
        )
        return self._findings(examples, positions=order[judged], verdicts=verdicts, labels=labels, names=names, notes=notes)

    def _findings(
        self, examples: ExampleTable, *, positions: np.ndarray, verdicts: LabelVerdicts, labels: np.ndarray, names: list[str], notes: list[str]
    ) -> Findings:
        import numpy as np
        import pyarrow as pa

        columns: dict[str, pa.Array | np.ndarray] = {}
        for name, values in (
            ("random-label", verdicts.random),
            ("label-issue", verdicts.issue),
            ("self-confidence", verdicts.self_confidence),
            ("margin", verdicts.margin),
        ):
            column = np.full(len(examples), np.nan)
            column[positions] = values
            columns[name] = pa.array(column, from_pandas=True)
        evidence = Evidence()
        for name, chosen in (("random-label", verdicts.random >= _TOLD_FROM), ("label-issue", verdicts.issue)):
            for place in np.flatnonzero(chosen):
                told = {
                    "label": names[labels[place]],
                    "suggested": names[verdicts.suggested[place]],
                    "probability": float(verdicts.probability[place]),
                    "self_confidence": float(verdicts.self_confidence[place]),
                }
                evidence.add(positions[place], name, name, told)
        return findings(self.signals, columns, evidence=evidence, notes=notes)


def judged_rows(codes: np.ndarray, groups: np.ndarray, folds: int) -> tuple[np.ndarray, list[str]]:
    """The positions whose label has enough distinct texts, and a note on the others."""
    import numpy as np

    if not len(codes):
        return np.empty(0, dtype=np.int64), []
    pairs = np.unique(np.stack([codes, groups]), axis=1)[0]
    distinct = np.bincount(pairs[pairs >= 0], minlength=max(int(codes.max()) + 1, 1))
    enough = (codes >= 0) & (distinct[codes] >= folds)
    if enough.all():
        return np.flatnonzero(enough), []
    small = int(((distinct > 0) & (distinct < folds)).sum())
    return np.flatnonzero(enough), [
        f"{int((~enough).sum())} rows are not judged: without a label, or of {small} classes with fewer than {folds} distinct texts"
    ]


def deal(labels: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Deal texts into folds, each class evenly, texts of one group together: int64 [n]."""
    import numpy as np

    _, own = np.unique(groups, return_inverse=True)
    pairs, counts = np.unique(np.stack([own, labels]), axis=1, return_counts=True)
    most = np.lexsort((pairs[1], -counts, pairs[0]))
    firsts = most[np.unique(pairs[0][most], return_index=True)[1]]
    label = pairs[1][firsts]  # of each group, its most frequent one
    order = np.lexsort((np.random.default_rng(seed).permutation(len(label)), label))
    begins = np.searchsorted(label[order], np.arange(int(labels.max()) + 1))
    dealt = np.empty(len(label), dtype=np.int64)
    dealt[order] = (np.arange(len(label)) - begins[label[order]] + label[order]) % folds
    return dealt[own]
