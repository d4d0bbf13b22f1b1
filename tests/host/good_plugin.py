"""A plugin with one component of each kind, as small as the contract allows. Tests install it as it stands, or with one line changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

from workbench.hookspecs import hookimpl
from workbench.types import (
    Action,
    Direction,
    MetricKind,
    Need,
    PolicyRule,
    Role,
    RoleType,
    Rule,
    Scope,
    SelectorKind,
    Signal,
    Task,
    TextBlock,
)


@dataclass(frozen=True, kw_only=True)
class LengthParams:
    """What a recipe may set."""

    role: str = "text"


@dataclass(frozen=True, kw_only=True)
class Length:
    """Counts characters."""

    name: str = "length"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (Signal(name="characters", dtype="int64", summary="Characters in the text.", low=0),)
    reads: tuple[str, ...] = ("text",)
    params: LengthParams = field(default_factory=LengthParams)

    def score(self, examples, context):
        """Not called: the host looks at components and calls none."""
        raise NotImplementedError


class Adapter:
    """Trains nothing."""

    name = "model"
    version = "1"
    head = "sequence-classification"
    options = MappingProxyType({"epochs": 3.0})

    def render(self, example):
        """The text as it is."""
        return example["text"]

    def prepare(self, examples, spec, folder):
        """Not called."""
        raise NotImplementedError

    plan = encode = train = predict = score = save = load = prepare


class Accuracy:
    """The share of right labels."""

    name = "accuracy"
    version = "1"
    kind = MetricKind.ADDITIVE
    needs = (Need.LABEL,)
    roles = ("label",)
    direction = Direction.HIGHER
    low = 0.0
    high = 1.0
    percent = False

    def signature(self):
        """Nothing else decides the value."""
        return "accuracy"

    def prepare(self, references):
        """Not called."""
        raise NotImplementedError

    statistics = expand = finish = prepare


class Section:
    """Says the name of the experiment."""

    name = "confusion"
    title = "Confusion"

    def applies_to(self, experiment):
        """To all with a name."""
        return bool(experiment.name)

    def build(self, experiment):
        """The name alone."""
        return [TextBlock(text=experiment.name)]


TASK = Task(
    name="sorting",
    title="Sorting",
    summary="Texts into bins.",
    roles=(Role(name="text", type=RoleType.TEXT), Role(name="label", type=RoleType.LABEL)),
    target="label",
    selectors=("length",),
    adapter="model",
    metrics=("accuracy",),
    policy=(PolicyRule(signal="length.characters", rule=Rule(action=Action.DROP, operator="<", threshold=2)),),
    model="scratch:encoder-tiny",
)


@hookimpl
def workbench_tasks():
    return [TASK]


@hookimpl
def workbench_selectors():
    yield Length()


@hookimpl
def workbench_adapters():
    return (Adapter(),)


@hookimpl
def workbench_metrics():
    return [Accuracy()]


@hookimpl
def workbench_report_sections():
    return {Section()}
