"""What a classifier of the user's own says of the toxicity of texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, findings, no_values, nullable, text_of
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_TOLD_FROM: Final = 0.3
_AT_ONCE: Final = 1_024


@dataclass(frozen=True, kw_only=True)
class ToxicityModelParams:
    """Which model says what.

    Attributes:
        model: a sequence classifier of transformers with safetensors weights: a folder, or a hub id.
        labels: names of its labels that count as toxic; empty takes those whose names say so, such as ``toxic`` or ``hate``.
        roles: the roles that are looked at, each alone; the worst counts.
    """

    model: str = ""
    labels: tuple[str, ...] = ()
    roles: tuple[str, ...] = ("text",)


@dataclass(frozen=True, kw_only=True)
class ToxicityModel:
    """Asks a classifier how likely a text is toxic: the sum of the probabilities of its toxic labels, or the greatest where several may hold.

    A classifier has learnt the biases of its data: before a threshold is trusted, its false positives by group are worth a look (Dixon et al. 2018,
    "Measuring and Mitigating Unintended Bias in Text Classification"). For review. Empty texts are not judged: null.
    """

    params: ToxicityModelParams = ToxicityModelParams()
    name: str = "toxicity-model"
    version: str = "1"
    kind: SelectorKind = SelectorKind.BIAS
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="probability",
            dtype="float64",
            summary="Probability that a text of it is toxic, says the model.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=0.5),
            reasons={"toxic": "the model calls {role} {label!r} with probability {value}"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are looked at."""
        return self.params.roles

    def fingerprint(self) -> str:
        """That of the model's files.

        Raises:
            RecipeError: where no model is given, or it cannot be used.
        """
        from workbench.selectors._classifier import classifier_folder
        from workbench.selectors._model_files import fingerprint_of

        return fingerprint_of(classifier_folder(self.params.model, self.params.labels))

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """Judge each text once; see ``Selector.score``.

        Raises:
            RecipeError: where no model is given, or it cannot be used.
        """
        import numpy as np

        from workbench.selectors._classifier import Classifier, classifier_folder

        folder = classifier_folder(self.params.model, self.params.labels)
        if not len(examples):
            return no_values(self.signals, 0)
        judge = Classifier(folder, self.params.labels).judge
        worst = np.full(len(examples), -1.0)
        labels, roles = np.full(len(examples), "", dtype=object), np.full(len(examples), "", dtype=object)
        for role in self.params.roles:
            values, names = _judged(examples, role, judge, context)
            more = values > worst
            worst[more], labels[more], roles[more] = values[more], names[more], role
        evidence = Evidence()
        for position in np.flatnonzero(worst >= _TOLD_FROM):
            evidence.add(position, "probability", "toxic", {"role": roles[position], "label": labels[position], "value": float(worst[position])})
        notes = [f"judged by {self.params.model}"]
        return findings(self.signals, {"probability": nullable(np.maximum(worst, 0.0), worst >= 0)}, evidence=evidence, notes=notes)


def _judged(
    examples: ExampleTable, role: str, judge: Callable[[Sequence[str]], tuple[np.ndarray, list[str]]], context: SelectorContext
) -> tuple[np.ndarray, np.ndarray]:
    """Probability, float64 [n], -1 for an empty text, and label of each example's text."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = text_of(examples, role).fill_null("")
    done = 0

    def compute(places: np.ndarray) -> pa.Table:
        nonlocal done
        if context.stopped():
            raise KeyboardInterrupt
        found, names = judge(texts.take(pa.array(places)).to_pylist())
        done += len(places)
        context.progress(done, len(examples))
        return pa.table({"probability": pa.array(found, pa.float64()), "label": pa.array(names, pa.string())})

    known = context.remember(f"toxicity of {role}", examples.column("content_hash"), compute, batch=_AT_ONCE)
    blank = pc.equal(pc.utf8_trim_whitespace(texts), "").to_numpy(zero_copy_only=False)
    values = np.where(blank, -1.0, known["probability"].to_numpy())
    return values, np.array(known["label"].to_pylist(), dtype=object)
