"""A selector in ten lines: one function of one example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.errors import PluginError
from workbench.selectors._columns import Evidence, findings
from workbench.types import Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

Value = float | int | bool | None


@dataclass(frozen=True, kw_only=True)
class NoParams:
    """The parameters of a selector that has none."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a function says of one example, with its reason.

    Attributes:
        values: one value per signal by name; a signal left out is null.
        reason: a code that one of the signals declares; empty for none.
        details: the values that the reason's sentence has places for.
        spans: where in the text: (role, start, end) in code points.
    """

    values: Mapping[str, Value]
    reason: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    spans: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class FunctionSelector:
    """A row selector made by ``from_function``."""

    name: str
    kind: SelectorKind
    signals: tuple[Signal, ...]
    reads: tuple[str, ...]
    function: Callable[[Mapping[str, object]], Value | Mapping[str, Value] | Found]
    version: str = "1"
    scope: Scope = Scope.ROW
    params: NoParams = NoParams()

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """Call the function for each example; see ``Selector.score``."""
        import pyarrow as pa

        columns: dict[str, list[Value]] = {signal.name: [] for signal in self.signals}
        evidence = Evidence()
        for position, example in enumerate(examples.table.select(list(self.reads)).to_pylist()):
            found = self._found(self.function(example))
            for name, values in columns.items():
                values.append(found.values.get(name))
            if found.reason:
                evidence.add(position, self._signal_of(found.reason), found.reason, {**found.values, **found.details}, spans=found.spans)
        arrays: dict[str, pa.Array | np.ndarray] = {name: pa.array(values) for name, values in columns.items()}
        return findings(self.signals, arrays, evidence=evidence)

    def _found(self, result: Value | Mapping[str, Value] | Found) -> Found:
        if isinstance(result, Found):
            found = result
        elif isinstance(result, Mapping):
            found = Found(values=result)
        else:
            found = Found(values={self.signals[0].name: result})
        unknown = set(found.values) - {signal.name for signal in self.signals}
        if unknown:
            raise PluginError(f"the function of {self.name} gave values for {sorted(unknown)}.", expected=f"{[each.name for each in self.signals]}")
        return found

    def _signal_of(self, reason: str) -> str:
        for signal in self.signals:
            if reason in signal.reasons:
                return signal.name
        raise PluginError(f"the function of {self.name} gave the reason {reason!r}.", expected="a reason that one of its signals declares")


def from_function(
    *,
    name: str,
    kind: SelectorKind,
    signals: tuple[Signal, ...],
    reads: tuple[str, ...],
    function: Callable[[Mapping[str, object]], Value | Mapping[str, Value] | Found],
    version: str = "1",
) -> FunctionSelector:
    """Make a selector of scope ``row`` from a function of one example.

    Args:
        name: unique within the plugin; lower-case words joined by hyphens.
        kind: what it looks for.
        signals: the columns that it writes.
        reads: the roles that the function gets, as Python values; None for an absent one.
        function: gives the value of the first signal, or a mapping of signals to values, or ``Found`` with a reason and spans. None is null.
        version: changes when the same input can give another value.
    """
    return FunctionSelector(name=name, kind=kind, signals=signals, reads=reads, function=function, version=version)
