"""What a language model thinks of responses: how much their prompts help, and how surprising they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.errors import RecipeError
from workbench.selectors._columns import Evidence, findings, nullable
from workbench.selectors._input_target import InputTargetParams
from workbench.selectors._lengths import robust_distance
from workbench.types import Action, Direction, ExampleTable, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    import numpy as np
    import pyarrow as pa

    from workbench.types import Findings, Scorer, SelectorContext

_FAR: Final = 5.0
_LEAST_ROWS: Final = 30
_MOST_NATS: Final = 700.0
"""Beyond, an exponential is no float64 any more."""


@dataclass(frozen=True, kw_only=True)
class InstructionDifficulty:
    """Instruction-following difficulty (IFD; Li et al. 2024, "Superfiltering"): the perplexity ratio ``PPL(response | prompt) / PPL(response)``.

    ``PPL = exp(loss)``, the loss being nats per token of the response and its stop token; without the prompt, the response follows on the same frame
    around an empty one. Two formulas go by this name: this is the ratio of perplexities, not the ratio of losses of Li et al. 2023. The useful range
    is 0 to 1: near 0 the prompt gives the response away, near 1 it hardly helps, and those papers prefer the highest values below 1. From 1 on the
    prompt makes the response less likely, which a response to something else does: for review. How far the number can be trusted is how far the model
    can: one that knows neither the language nor the task says little.
    """

    params: InputTargetParams = InputTargetParams()
    name: str = "ifd"
    version: str = "1"
    kind: SelectorKind = SelectorKind.DIFFICULTY
    scope: Scope = Scope.ROW
    uses: tuple[Literal["scorer", "trace"], ...] = ("scorer",)
    signals: tuple[Signal, ...] = (
        Signal(
            name="ratio",
            dtype="float64",
            summary="Perplexity of the response after its prompt, as a share of that without one; useful from 0 to 1.",
            low=0.0,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=1.0),
            reasons={"no-help": "its prompt makes {target} no likelier: perplexity {given:.1f} after it, {alone:.1f} without it"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The input and the target."""
        return (*self.params.inputs, self.params.target)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``.

        Raises:
            RecipeError: where there is no model.
        """
        import numpy as np

        scorer = _needed(context, self.name)
        given, alone = (_losses(scorer, each) for each in (examples, _without(examples, self.params.inputs)))
        known = np.isfinite(given) & np.isfinite(alone)
        ratio = np.exp(np.minimum(np.where(known, given - alone, 0.0), _MOST_NATS))
        evidence = Evidence()
        for position in np.flatnonzero(known & (ratio >= 1)):
            perplexities = {name: float(np.exp(min(loss[position], _MOST_NATS))) for name, loss in (("given", given), ("alone", alone))}
            evidence.add(position, "ratio", "no-help", {"target": self.params.target, **perplexities})
        return findings(self.signals, {"ratio": nullable(ratio, known)}, evidence=evidence)


@dataclass(frozen=True, kw_only=True)
class PerplexityOutliers:
    """Finds responses that a model finds unusually surprising, or unusually predictable, after their prompts.

    ``perplexity`` is ``exp(loss)``, the loss being nats per token of the response and its stop token; ``distance`` is the robust z-score of the loss
    (see ``LengthOutliers``) among all that are scored, which are 30 or more. Garbled text and foreign languages surprise, repetition does not.
    Unusual is not wrong: for review.
    """

    params: InputTargetParams = InputTargetParams()
    name: str = "perplexity-outliers"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.DATASET
    uses: tuple[Literal["scorer", "trace"], ...] = ("scorer",)
    signals: tuple[Signal, ...] = (
        Signal(name="perplexity", dtype="float64", summary="Perplexity of the response after its prompt.", low=1.0),
        Signal(
            name="distance",
            dtype="float64",
            summary="How far the logarithm of its perplexity is from the usual one, in standard deviations.",
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=_FAR),
            reasons={
                "surprising": "{target} has a perplexity of {perplexity:.1f}, half of the others between {low:.1f} and {high:.1f}: surprising",
                "predictable": "{target} has a perplexity of {perplexity:.1f}, half of the others between {low:.1f} and {high:.1f}: predictable",
            },
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The input and the target."""
        return (*self.params.inputs, self.params.target)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``.

        Raises:
            RecipeError: where there is no model.
        """
        import numpy as np
        import pyarrow as pa

        scorer = _needed(context, self.name)

        def compute(positions: np.ndarray) -> pa.Table:
            return pa.table({"loss": pa.array(_losses(scorer, examples.take(positions)), pa.float64())})

        loss = context.remember("loss", examples.column("content_hash"), compute, batch=1_000)["loss"].to_numpy()
        known = np.isfinite(loss)
        perplexity = np.exp(np.clip(np.where(known, loss, 0.0), 0.0, _MOST_NATS))
        judged = known & (known.sum() >= _LEAST_ROWS)
        distance = np.zeros(len(loss))
        evidence = Evidence()
        if judged.any():
            distance[judged] = robust_distance(loss[judged])
            low, middle, high = np.quantile(perplexity[judged], [0.25, 0.5, 0.75])
            for position in np.flatnonzero(judged & (distance >= _FAR)):
                told = {"target": self.params.target, "perplexity": float(perplexity[position]), "low": float(low), "high": float(high)}
                evidence.add(position, "distance", "surprising" if perplexity[position] > middle else "predictable", told)
        return findings(self.signals, {"perplexity": nullable(perplexity, known), "distance": nullable(distance, judged)}, evidence=evidence)


def _needed(context: SelectorContext, selector: str) -> Scorer:
    if context.scorer is None:
        raise RecipeError(
            f"{selector} scores with a model, and there is none here.",
            expected="a folder or a hub id under scorer in a recipe",
            advice="Add, for example: scorer: {model: FOLDER}",
        )
    return context.scorer


def _losses(scorer: Scorer, examples: ExampleTable) -> np.ndarray:
    """Nats per target, float64 [n], NaN where there is none."""
    import numpy as np

    losses: np.ndarray = scorer.score(examples, "loss")["loss"].to_numpy().astype(np.float64)
    return losses


def _without(examples: ExampleTable, roles: Sequence[str]) -> ExampleTable:
    """The examples with nothing in these roles."""
    import pyarrow as pa

    table = examples.table
    for role in roles:
        place = table.schema.get_field_index(role)
        table = table.set_column(place, role, pa.nulls(table.num_rows, table.schema.field(place).type))
    return ExampleTable(table, examples.roles)
