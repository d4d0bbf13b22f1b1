"""Whether a model would judge an example otherwise if it spoke of another group of people."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, findings, nullable, text_of
from workbench.types import Action, Direction, ExampleTable, RoleType, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal

    import numpy as np

    from workbench.selectors._swap import Swapped, Swapper
    from workbench.types import Findings, Scorer, SelectorContext

_TOLD_FROM: Final = 0.1
_ALPHA: Final = 0.01
_LEAST_ROWS: Final = 10
_NAMED: Final = 5


@dataclass(frozen=True, kw_only=True)
class CounterfactualParams:
    """What is exchanged for what.

    Attributes:
        roles: the roles of the input, as text.
        pairs: axis to pairs of terms; empty takes the built-in ones: gender, religion, race, in English, and in Chinese.
        folds: how many parts the examples are dealt into for the linear model.
    """

    roles: tuple[str, ...] = ("text",)
    pairs: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    folds: int = 5


@dataclass(frozen=True, kw_only=True)
class Counterfactual:
    """Exchanges terms of groups (he and she, Christian and Muslim, 他 and 她) and measures how far the score of the given target moves.

    The gap is that of counterfactual token fairness (Garg et al. 2019, "Counterfactual Fairness in Text Classification through Robustness", section
    3): ``|P(target | text) - P(target | text with terms exchanged)|``. The probability comes from the model that the recipe gives or, for labels,
    from a linear model on words that never saw the example. For other targets, terms are exchanged in the target too, and ``log-ratio`` is
    ``ln P(target | input)`` less that of the exchanged pair, in nats; it needs a model. The notes tell whether a label moves one way on average, by
    a paired t-test over the examples that name more of one side, Holm-corrected over labels and axes.

    Some terms rightly decide ("she is pregnant"), names are not exchanged, and a text that speaks of both groups stays as it is in what it says:
    for review. Null where no term stands, or where there is no score.
    """

    params: CounterfactualParams = field(default_factory=CounterfactualParams)
    name: str = "counterfactual"
    version: str = "1"
    kind: SelectorKind = SelectorKind.BIAS
    scope: Scope = Scope.DATASET
    may_use: tuple[Literal["scorer", "trace"], ...] = ("scorer",)
    signals: tuple[Signal, ...] = (
        Signal(
            name="gap",
            dtype="float64",
            summary="How far the probability of its label moves when terms of groups of people are exchanged.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=0.2),
            reasons={"gap": "with {swaps} the probability of {label!r} goes from {before} to {after}"},
        ),
        Signal(
            name="log-ratio",
            dtype="float64",
            summary="Log-probability of its target less that with terms exchanged in input and target, in nats; needs a model.",
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input; the task's target is read beside them."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``."""
        import numpy as np

        role = context.roles.get(context.target)
        is_label = role is not None and role.type is RoleType.LABEL
        is_text = role is not None and role.type is RoleType.TEXT
        nothing = np.full(len(examples), np.nan)
        if context.target not in examples.roles or not (is_label or (is_text and context.scorer)):
            why = "a target that is text needs a model to score it" if is_text else "there is no target that could be scored"
            return findings(self.signals, {"gap": _array(nothing), "log-ratio": _array(nothing)}, notes=[f"nothing is exchanged: {why}"])
        exchanged = _exchanged(examples, (*self.params.roles, *(() if is_label else (context.target,))), _swapper(self.params.pairs))
        if not len(exchanged.positions):
            return findings(self.signals, {"gap": _array(nothing), "log-ratio": _array(nothing)}, notes=["no example has a term of a pair"])
        if not is_label and context.scorer is not None:
            before, after = (_log_probability(context.scorer, table) for table in (exchanged.before, exchanged.after))
            ratio = nothing.copy()
            ratio[exchanged.positions] = before - after
            return findings(self.signals, {"gap": _array(nothing), "log-ratio": _array(ratio)}, notes=[f"{len(before)} examples were exchanged"])
        if context.scorer is not None:
            chances = [np.exp(_log_probability(context.scorer, table)) for table in (exchanged.before, exchanged.after)]
            return self._told(examples, context, exchanged, (chances[0], chances[1]), ["scored by the model of the recipe"])
        from workbench.selectors._counterfactual_linear import linear_chances

        chance = linear_chances(
            examples,
            positions=exchanged.positions,
            exchanged=exchanged.after,
            roles=self.params.roles,
            folds=self.params.folds,
            context=context,
        )
        drift = chance.drift(exchanged.sides, _ALPHA, _LEAST_ROWS)[:_NAMED]
        notes = [*chance.notes, *(drift or ["no label moves one way beyond chance"])]
        return self._told(examples, context, exchanged, (chance.before_given, chance.after_given), notes)

    def _told(
        self, examples: ExampleTable, context: SelectorContext, exchanged: _Exchanged, chances: tuple[np.ndarray, np.ndarray], notes: list[str]
    ) -> Findings:
        import numpy as np

        before, after = chances
        gap = np.full(len(examples), np.nan)
        gap[exchanged.positions] = np.minimum(np.abs(before - after), 1.0)
        labels = text_of(examples, context.target)
        evidence = Evidence()
        for place in np.flatnonzero(np.abs(before - after) >= _TOLD_FROM):
            position = exchanged.positions[place]
            swaps = dict.fromkeys(f"{old!r} as {new!r}" for _, _, _, old, new in exchanged.places[place])
            values = {
                "swaps": ", ".join(list(swaps)[:5]),
                "label": labels[int(position)].as_py(),
                "before": float(before[place]),
                "after": float(after[place]),
            }
            spans = [(role, start, end) for role, start, end, _, _ in exchanged.places[place][:20]]
            evidence.add(position, "gap", "gap", values, spans=spans)
        columns = {"gap": _array(gap), "log-ratio": _array(np.full(len(examples), np.nan))}
        return findings(self.signals, columns, evidence=evidence, notes=[f"{len(before)} examples have terms that can be exchanged", *notes])


def _array(values: np.ndarray) -> object:
    import numpy as np

    return nullable(values, ~np.isnan(values))


def _swapper(pairs: Mapping[str, Sequence[Sequence[str]]]) -> Swapper:
    from workbench.selectors._swap import Swapper, built_in

    return Swapper({axis: [(one, other) for one, other in listed] for axis, listed in pairs.items()}) if pairs else built_in()


@dataclass(frozen=True, kw_only=True)
class _Exchanged:
    """The examples with a term that can be exchanged.

    Attributes:
        positions: int64 [m].
        before, after: these examples as they are, and with terms exchanged.
        places: of each, what was exchanged: role, start, end, old term, new term.
        sides: of each, axis to +1 or -1 where it names more of the first or of the second groups of the pairs.
    """

    positions: np.ndarray
    before: ExampleTable
    after: ExampleTable
    places: list[list[tuple[str, int, int, str, str]]]
    sides: list[dict[str, int]]


def _exchanged(examples: ExampleTable, roles: Sequence[str], swapper: Swapper) -> _Exchanged:
    import numpy as np
    import pyarrow as pa

    from workbench.selectors._patterns import matching

    columns: dict[str, list[str | None]] = {}
    places: dict[int, list[tuple[str, int, int, str, str]]] = {}
    sides: dict[int, dict[str, int]] = {}
    for role in roles:
        texts = text_of(examples, role)
        new = texts.to_pylist()
        for position in np.flatnonzero(matching(texts, swapper.sieve)).tolist():
            swapped: Swapped | None = swapper.swap(new[position])
            if swapped is not None:
                new[position] = swapped.text
                places.setdefault(position, []).extend((role, *place) for place in swapped.places)
                for axis, side in swapped.sides:
                    total = sides.setdefault(position, {})
                    total[axis] = total.get(axis, 0) + side
        columns[role] = new
    positions = np.array(sorted(places), dtype=np.int64)
    before = examples.take(positions)
    table = before.table
    for role, values in columns.items():
        if examples.column(role).type == pa.large_string():
            some = pa.array([values[position] for position in positions.tolist()], pa.large_string())
            table = table.set_column(table.schema.get_field_index(role), role, some)
    # What a scorer keeps by content must not be taken for that of the example as it was.
    hashes = [hashlib.blake2b(f"{each} exchanged".encode(), digest_size=16).hexdigest() for each in table["content_hash"].to_pylist()]
    table = table.set_column(table.schema.get_field_index("content_hash"), "content_hash", pa.array(hashes, pa.string()))
    return _Exchanged(
        positions=positions,
        before=before,
        after=ExampleTable(table, examples.roles),
        places=[places[position] for position in positions.tolist()],
        sides=[{axis: (side > 0) - (side < 0) for axis, side in sides[position].items()} for position in positions.tolist()],
    )


def _log_probability(scorer: Scorer, examples: ExampleTable) -> np.ndarray:
    values: np.ndarray = scorer.score(examples, "log_probability")["log_probability"].to_numpy()
    return values
