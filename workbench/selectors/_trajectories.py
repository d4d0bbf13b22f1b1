"""What a trace says of each example, epoch by epoch, and the selectors that are a mean of it: how hard an example was to learn.

All of them read ``types.Trace``, where the measures and their formulas stand; one training run serves them all. They look at no text, so they are the
same in every language. A hard example is not a wrong one: none has a rule by default. Wrong labels are among the hardest where most labels are right.

Measured on 2,000 rows of AG News with a tenth of the labels flipped, six epochs of a model built from nothing: of the 200 rows with the lowest
confidence 44 % were flipped, with the greatest error norm 40 %, with the lowest margin 39 %. ``label-noise`` finds more of them; these tell what a
model struggles with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.errors import RecipeError
from workbench.selectors._columns import Evidence, findings, no_values
from workbench.types import Direction, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from typing import Literal

    import numpy as np

    from workbench.types import ExampleTable, Findings, SelectorContext

_TOLD: Final = 0.05
"""The share of rows that a reason is given for: the hardest."""
_MOST_ERROR: Final = 2.0**0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Trajectories:
    """The trace of some examples; all arrays are float64 [epochs, examples], NaN where there is no value.

    Attributes:
        loss, margin, correct, error_norm: see ``types.Trace``.
    """

    loss: np.ndarray
    margin: np.ndarray
    correct: np.ndarray
    error_norm: np.ndarray

    @property
    def epochs(self) -> int:
        """How many epochs were traced."""
        return len(self.loss)


def trajectories(examples: ExampleTable, context: SelectorContext, selector: str) -> Trajectories:
    """The trace of these examples, in their order.

    Raises:
        RecipeError: where there is no trace.
    """
    import numpy as np

    if context.trace is None:
        raise RecipeError(
            f"{selector} rests on the trace of a training run, and there is none here.",
            expected="a training run on the examples that are scored",
            advice="Name the selector under select in a recipe: `workbench curate RECIPE` then trains once for all that rest on a trace.",
        )
    table = context.trace().table
    epochs = len(np.unique(table["epoch"].to_numpy()))
    rows = table["row"].to_numpy()[: table.num_rows // max(epochs, 1)]
    order = np.argsort(rows, kind="stable")
    wanted = examples.column("row").to_numpy()
    places = np.minimum(np.searchsorted(rows[order], wanted), max(len(rows) - 1, 0))
    known = rows[order][places] == wanted if len(rows) else np.zeros(len(wanted), dtype=bool)

    def measure(name: str) -> np.ndarray:
        if not len(rows):
            return np.full((epochs, len(wanted)), np.nan)
        return np.where(known, table[name].to_numpy().reshape(epochs, -1)[:, order[places]], np.nan)

    return Trajectories(loss=measure("loss"), margin=measure("margin"), correct=measure("correct"), error_norm=measure("error_norm"))


def _hardest(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Of the rows ``among`` which a reason may be given, those with the lowest values: positions, at most a twentieth of all."""
    import numpy as np

    chosen = np.flatnonzero(among)
    return np.sort(chosen[np.argsort(values[chosen], kind="stable")][: max(1, round(_TOLD * len(values)))])


def _nullable(values: np.ndarray) -> np.ndarray:
    import pyarrow as pa

    array: np.ndarray = pa.array(values, from_pandas=True)
    return array


@dataclass(frozen=True, kw_only=True)
class NoParams:
    """Nothing to set."""


@dataclass(frozen=True, kw_only=True)
class Cartography:
    """Dataset cartography (Swayamdipta et al. 2020, section 2): how probable the target was, over the epochs of one training run.

    With ``p_e`` the probability of the target after epoch ``e`` (of a text the geometric mean of those of its tokens, ``exp(-loss)``):
    ``confidence`` is the mean of ``p_e``, ``variability`` their standard deviation (divided by E), ``correctness`` the share of epochs in which the
    model was right (of a text: the mean share of its tokens). Low confidence with low variability is hard to learn, where wrong labels gather; high
    variability is ambiguous, and the most useful to train on by that paper; high confidence is easy.
    """

    params: NoParams = NoParams()
    name: str = "cartography"
    version: str = "1"
    kind: SelectorKind = SelectorKind.DIFFICULTY
    scope: Scope = Scope.DATASET
    uses: tuple[Literal["scorer", "trace"], ...] = ("trace",)
    signals: tuple[Signal, ...] = (
        Signal(
            name="confidence",
            dtype="float64",
            summary="Mean probability that the model gave the target, over the epochs.",
            low=0.0,
            high=1.0,
            direction=Direction.HIGHER,
            reasons={"hard": "hard to learn: right in none of {epochs} epochs, with a probability of {value} on average"},
        ),
        Signal(name="variability", dtype="float64", summary="Standard deviation of that probability over the epochs.", low=0.0, high=0.5),
        Signal(
            name="correctness",
            dtype="float64",
            summary="Share of epochs in which the model was right; of a text, of its tokens.",
            low=0.0,
            high=1.0,
            direction=Direction.HIGHER,
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """No role: the trace says it all."""
        return ()

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``."""
        import numpy as np

        trace = trajectories(examples, context, self.name)
        if not trace.epochs:
            return no_values(self.signals, len(examples))
        probability = np.exp(-trace.loss)
        confidence, correctness = probability.mean(axis=0), trace.correct.mean(axis=0)
        evidence = Evidence()
        for position in _hardest(confidence, correctness == 0):
            evidence.add(position, "confidence", "hard", {"epochs": trace.epochs})
        # Rounding of nearly equal numbers may leave the range by a hair.
        columns = {"confidence": confidence.clip(0, 1), "variability": probability.std(axis=0).clip(0, 0.5), "correctness": correctness}
        return findings(self.signals, {name: _nullable(values) for name, values in columns.items()}, evidence=evidence)


@dataclass(frozen=True, kw_only=True)
class Forgetting:
    """Forgetting events (Toneva et al. 2019, section 3): how often an example was right after one epoch and wrong after the next.

    An example is right where all of its targets are: the label; the start and the end of an answer in every window. ``events`` counts; an example
    that was never right has none and is marked by ``never-learned``, since that paper ranks it beyond all others. The paper looks at every
    presentation of an example, this at the end of every epoch.
    """

    params: NoParams = NoParams()
    name: str = "forgetting"
    version: str = "1"
    kind: SelectorKind = SelectorKind.DIFFICULTY
    scope: Scope = Scope.DATASET
    uses: tuple[Literal["scorer", "trace"], ...] = ("trace",)
    signals: tuple[Signal, ...] = (
        Signal(
            name="events",
            dtype="int64",
            summary="How often the model was right after one epoch and wrong after the next.",
            low=0.0,
            direction=Direction.LOWER,
            reasons={"forgotten": "learned and forgotten again: {value} times in {epochs} epochs"},
        ),
        Signal(
            name="never-learned",
            dtype="bool",
            summary="Whether the model was right after no epoch.",
            direction=Direction.LOWER,
            reasons={"never": "right after none of {epochs} epochs"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """No role: the trace says it all."""
        return ()

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``."""
        import numpy as np
        import pyarrow as pa

        trace = trajectories(examples, context, self.name)
        if not trace.epochs:
            return no_values(self.signals, len(examples))
        unknown = np.isnan(trace.correct).any(axis=0)
        right = trace.correct == 1
        events = (right[:-1] & ~right[1:]).sum(axis=0)
        never = ~right.any(axis=0) & ~unknown
        evidence = Evidence()
        for name, reason, told in (("events", "forgotten", events > 0), ("never-learned", "never", never)):
            for position in _hardest(-events.astype(np.float64), told & ~unknown):
                evidence.add(position, name, reason, {"epochs": trace.epochs})
        columns = {"events": pa.array(events, mask=unknown), "never-learned": pa.array(never, mask=unknown)}
        return findings(self.signals, columns, evidence=evidence)


@dataclass(frozen=True, kw_only=True)
class AreaUnderMargin:
    """Area under the margin (Pleiss et al. 2020, equations 1 and 2): how far the target was ahead of the strongest other answer, over the epochs.

    ``margin`` is the mean over the epochs of ``z_y - max over i != y of z_i``, the difference of logits, in nats (of a text: the mean of its tokens;
    of an answer: of its start and end). Below 0 the model kept to another answer, as it does for wrong labels whose text looks like another class.
    That paper sets a threshold by a class made up for the purpose; here the order counts, and a threshold is for people to set.
    """

    params: NoParams = NoParams()
    name: str = "area-under-margin"
    version: str = "1"
    kind: SelectorKind = SelectorKind.DIFFICULTY
    scope: Scope = Scope.DATASET
    uses: tuple[Literal["scorer", "trace"], ...] = ("trace",)
    signals: tuple[Signal, ...] = (
        Signal(
            name="margin",
            dtype="float64",
            summary="How far the target was ahead of the strongest other answer, in nats, on average over the epochs.",
            direction=Direction.HIGHER,
            reasons={"behind": "another answer was ahead of the target by {ahead:.2f} nats on average over {epochs} epochs"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """No role: the trace says it all."""
        return ()

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``."""
        trace = trajectories(examples, context, self.name)
        if not trace.epochs:
            return no_values(self.signals, len(examples))
        margin = trace.margin.mean(axis=0)
        evidence = Evidence()
        for position in _hardest(margin, margin < 0):
            evidence.add(position, "margin", "behind", {"ahead": -float(margin[position]), "epochs": trace.epochs})
        return findings(self.signals, {"margin": _nullable(margin)}, evidence=evidence)


@dataclass(frozen=True, kw_only=True)
class ErrorNormParams:
    """When in training it is looked at.

    Attributes:
        epochs: the first so many epochs count, or all where there are fewer.
    """

    epochs: int = 2


@dataclass(frozen=True, kw_only=True)
class ErrorNorm:
    """EL2N (Paul et al. 2021, definition 2.2): the length of the error vector early in training.

    ``norm`` is the mean over the first epochs of ``|p - onehot(y)|``, the Euclidean norm over all labels; of a text the mean over its tokens, with
    the vocabulary as labels (as Marion et al. 2023 have it for language models), of an answer the mean over its start and end, with the tokens of the
    window. Paul et al. average over ten runs; here it is over the first epochs of one. High is hard, or mislabelled.
    """

    params: ErrorNormParams = ErrorNormParams()
    name: str = "el2n"
    version: str = "1"
    kind: SelectorKind = SelectorKind.DIFFICULTY
    scope: Scope = Scope.DATASET
    uses: tuple[Literal["scorer", "trace"], ...] = ("trace",)
    signals: tuple[Signal, ...] = (
        Signal(
            name="norm",
            dtype="float64",
            summary="Length of the difference between predicted probabilities and the target, early in training.",
            low=0.0,
            high=_MOST_ERROR,
            direction=Direction.LOWER,
            reasons={"far": "far from its target early in training: {value:.2f} of at most 1.41, on average over {epochs} epochs"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """No role: the trace says it all."""
        return ()

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``.

        Raises:
            RecipeError: where no epoch is to count.
        """
        if self.params.epochs < 1:
            raise RecipeError(f"{self.name} looks at the first {self.params.epochs} epochs.", expected="at least 1")
        trace = trajectories(examples, context, self.name)
        if not trace.epochs:
            return no_values(self.signals, len(examples))
        early = trace.error_norm[: self.params.epochs]
        norm = early.mean(axis=0).clip(0, _MOST_ERROR)
        evidence = Evidence()
        for position in _hardest(-norm, norm > 1):
            evidence.add(position, "norm", "far", {"epochs": len(early)})
        return findings(self.signals, {"norm": _nullable(norm)}, evidence=evidence)
