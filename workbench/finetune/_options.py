"""The options that a recipe's ``finetune`` block may set: what they are, and how a given value is checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import RecipeError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = float | bool | None
"""A checked option; None is "chosen for the model"."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option.

    Attributes:
        kind: what a value must be; a whole number is fine where a float is asked for.
        default: the value where the recipe gives none.
        low, high: the least and the greatest value allowed.
    """

    kind: type[int | float | bool]
    default: Value
    low: float = 0.0
    high: float = math.inf

    @property
    def expectation(self) -> str:
        """What a value must be, for a message."""
        if self.kind is bool:
            return "true or false"
        noun = "a whole number" if self.kind is int else "a number"
        return f"{noun} of at least {self.low:g}" if math.isinf(self.high) else f"{noun} from {self.low:g} to {self.high:g}"

    def read(self, name: str, given: object) -> Value:
        """Check a given value.

        Raises:
            RecipeError: where it has another type or lies outside the range.
        """
        if given is None and self.default is None:
            return None
        value = given
        if self.kind is float and isinstance(given, str):
            # YAML 1.1 reads 1e-3, without a dot, as text; nobody who writes it means text.
            try:
                value = float(given)
            except ValueError:
                value = given
        fits = (
            isinstance(value, bool)
            if self.kind is bool
            else isinstance(value, int | (float if self.kind is float else int)) and not isinstance(value, bool)
        )
        if not fits or not (self.kind is bool or self.low <= value <= self.high):  # type: ignore[operator]  # a number by now
            raise RecipeError(f"the fine-tune option {name} is {given!r}.", expected=self.expectation, advice="Change it in the recipe.")
        return self.kind(value)  # type: ignore[call-overload, arg-type]  # as above


COMMON: dict[str, Option] = {
    "epochs": Option(kind=float, default=3.0, low=0.01, high=10_000),
    "learning_rate": Option(kind=float, default=None, low=1e-9, high=10),
    "batch_size": Option(kind=int, default=None, low=1),
    "warmup": Option(kind=float, default=0.1, low=0, high=1),
    "weight_decay": Option(kind=float, default=0.01, low=0, high=1),
    "max_length": Option(kind=int, default=None, low=8),
    "evaluations": Option(kind=int, default=4, low=0),
    "keep_best": Option(kind=bool, default=False),
    "checkpoint_seconds": Option(kind=float, default=60.0, low=0),
}
"""The options of every head. ``evaluations`` is how often the validation loss is measured during a run, ``keep_best`` whether the run ends with the
weights of the lowest one, ``checkpoint_seconds`` how much work an interruption may cost; the others are fields of ``RunPlan``."""

TARGET_LENGTH: dict[str, Option] = {"max_target_length": Option(kind=int, default=None, low=2)}
"""What the heads that write text add."""


def read_options(given: Mapping[str, object], declared: Mapping[str, Option]) -> dict[str, Value]:
    """Check the options of a recipe and fill in defaults.

    Raises:
        UnknownNameError: an option that the adapter does not have.
        RecipeError: a value of another type, or outside its range.
    """
    for name in given:
        if name not in declared:
            raise UnknownNameError("fine-tune option", name, declared)
    return {name: option.read(name, given[name]) if name in given else option.default for name, option in declared.items()}
