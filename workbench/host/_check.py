"""What a component must be to enter the host: the contract of ``workbench.types``, checked when it is collected and not when a run trips over it.

Each ``check_*`` gives its argument back, typed, or raises PluginError.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import reprlib
from collections.abc import Mapping
from typing import get_args

from workbench.errors import PluginError
from workbench.types import (
    Action,
    AdditiveMetric,
    Direction,
    FineTuneAdapter,
    Floor,
    Metric,
    MetricKind,
    Need,
    Operator,
    Plant,
    PolicyRule,
    ReportSection,
    Role,
    RoleType,
    Rule,
    Scope,
    Selector,
    SelectorKind,
    SetMetric,
    Signal,
    Task,
    WeightedMetric,
)

_NAME = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")  # rougeL is a name
_SIGNAL_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")  # becomes a column of a database that does not tell case
_ROLE_NAME = re.compile(r"[a-z][a-z0-9_]*")  # likewise
_TAKEN_COLUMNS = ("row", "example_id", "content_hash", "split", "source", "meta")
_DTYPES = ("float64", "int64", "bool")
_METRIC_PROTOCOLS: Mapping[MetricKind, type] = {
    MetricKind.ADDITIVE: AdditiveMetric,
    MetricKind.WEIGHTED: WeightedMetric,
    MetricKind.SET: SetMetric,
}


def check_task(value: object) -> Task:
    """A task. Whether the components that it names exist is known only when all plugins are collected."""
    if not isinstance(value, Task):
        raise _not_a("task", value, "a workbench.types.Task")
    label = _named("task", value.name)
    for attribute in ("title", "summary", "adapter", "model"):
        _check_text(label, attribute, getattr(value, attribute))
    _check_tuple(label, "roles", value.roles, Role)
    for role in value.roles:
        _check_role(label, role)
    roles = [role.name for role in value.roles]
    _check_unique(label, "roles", roles)
    _require(value.target in roles, label, "target", value.target, f"one of its roles: {', '.join(roles)}")
    for attribute in ("selectors", "metrics"):
        _check_tuple(label, attribute, getattr(value, attribute), str)
        _check_unique(label, attribute, getattr(value, attribute))
    _require(bool(value.metrics), label, "metrics", value.metrics, "at least one, the primary one first")
    _check_tuple(label, "policy", value.policy, PolicyRule)
    _check_tuple(label, "sample_policy", value.sample_policy, PolicyRule)
    for item in (*value.policy, *value.sample_policy):
        _check_rule(f"{label}, policy of {item.signal!r}", item.rule)
    for attribute in ("parse", "sample"):
        function = getattr(value, attribute)
        _require(function is None or callable(function), label, attribute, function, "a function or None")
    _require(isinstance(value.plants, tuple), label, "plants", value.plants, "a tuple")
    for plant in value.plants:
        _check_methods(label, plant, Plant)
    _require(value.floor is None or isinstance(value.floor, Floor), label, "floor", value.floor, "a Floor or None")
    _require(_is_number(value.epochs) and value.epochs > 0, label, "epochs", value.epochs, "a number above 0")
    return value


def check_selector(value: object) -> Selector:
    """A selector."""
    if not isinstance(value, Selector):
        raise _lacks("selector", value, Selector)
    label = _named("selector", value.name)
    _check_methods(label, value, Selector)
    _check_text(label, "version", value.version)
    _require(isinstance(value.kind, SelectorKind), label, "kind", value.kind, "a SelectorKind")
    _require(isinstance(value.scope, Scope), label, "scope", value.scope, "a Scope")
    _check_tuple(label, "reads", value.reads, str)
    _check_tuple(label, "signals", value.signals, Signal)
    _require(bool(value.signals), label, "signals", value.signals, "at least one")
    for signal in value.signals:
        _check_signal(label, signal)
    _check_unique(label, "signals", [signal.name for signal in value.signals])
    _require(
        _is_frozen_dataclass(value) and "params" in getattr(value, "__dataclass_fields__", ()),
        label,
        "type",
        type(value).__name__,
        "a frozen dataclass with a field params, which a recipe replaces",
    )
    _check_params(label, value.params)
    return value


def check_adapter(value: object) -> FineTuneAdapter:
    """A fine-tune adapter."""
    if not isinstance(value, FineTuneAdapter):
        raise _lacks("adapter", value, FineTuneAdapter)
    label = _named("adapter", value.name)
    _check_methods(label, value, FineTuneAdapter)
    for attribute in ("version", "head"):
        _check_text(label, attribute, getattr(value, attribute))
    _require(isinstance(value.options, Mapping), label, "options", value.options, "a mapping of option to default")
    return value


def check_metric(value: object) -> Metric:
    """A metric, with the methods of its kind."""
    if not isinstance(value, Metric):
        raise _lacks("metric", value, Metric)
    label = _named("metric", value.name)
    _check_text(label, "version", value.version)
    _require(isinstance(value.kind, MetricKind), label, "kind", value.kind, "a MetricKind")
    protocol = _METRIC_PROTOCOLS[value.kind]
    if not isinstance(value, protocol):
        raise _lacks(f"{value.kind} metric", value, protocol)
    _check_methods(label, value, protocol)
    _check_tuple(label, "needs", value.needs, Need)
    _check_tuple(label, "roles", value.roles, str)
    _require(isinstance(value.direction, Direction), label, "direction", value.direction, "a Direction")
    _check_range(label, value.low, value.high)
    _require(isinstance(value.percent, bool), label, "percent", value.percent, "a bool")
    return value


def check_report_section(value: object) -> ReportSection:
    """A section of the report."""
    if not isinstance(value, ReportSection):
        raise _lacks("report section", value, ReportSection)
    label = _named("report section", value.name)
    _check_methods(label, value, ReportSection)
    _check_text(label, "title", value.title)
    return value


# --- parts of components ----------------------------------------------------------------------------------------------------------------------------


def _check_role(owner: str, role: Role) -> None:
    label = f"{owner}, role {role.name!r}"
    _require(_matches(_ROLE_NAME, role.name), label, "name", role.name, "lower-case letters, digits and underscores")
    _require(role.name not in _TAKEN_COLUMNS, label, "name", role.name, f"none of the columns that every example has: {', '.join(_TAKEN_COLUMNS)}")
    _require(isinstance(role.type, RoleType), label, "type", role.type, "a RoleType")
    _check_tuple(label, "columns", role.columns, str)


def _check_signal(owner: str, signal: Signal) -> None:
    label = f"{owner}, signal {signal.name!r}"
    _require(_matches(_SIGNAL_NAME, signal.name), label, "name", signal.name, "lower-case words joined by hyphens")
    _require(signal.name != "row", label, "name", signal.name, "another name: that column holds the row's number")
    _require(signal.dtype in _DTYPES, label, "dtype", signal.dtype, f"one of {', '.join(_DTYPES)}")
    _check_text(label, "summary", signal.summary)
    _check_range(label, signal.low, signal.high)
    _require(isinstance(signal.direction, Direction), label, "direction", signal.direction, "a Direction")
    _require(isinstance(signal.reasons, Mapping), label, "reasons", signal.reasons, "a mapping of reason code to sentence")
    if signal.rule is not None:
        _check_rule(label, signal.rule)


def _check_rule(label: str, rule: object) -> None:
    if not isinstance(rule, Rule):
        raise _breach(label, "rule", rule, "a Rule")
    _require(isinstance(rule.action, Action), label, "action", rule.action, "an Action")
    _require(rule.operator in get_args(Operator), label, "operator", rule.operator, f"one of {' '.join(get_args(Operator))}")
    _require(_is_number(rule.threshold), label, "threshold", rule.threshold, "a finite number")


def _check_range(label: str, low: object, high: object) -> None:
    for attribute, value in (("low", low), ("high", high)):
        _require(value is None or _is_number(value), label, attribute, value, "a finite number, or None for unbounded")
    if isinstance(low, int | float) and isinstance(high, int | float):
        _require(low < high, label, "low", low, f"less than high, which is {high}")


def _check_params(label: str, params: object) -> None:
    """Parameters are hashed, stored and written in recipes, hence frozen, JSON, and each with a default."""
    _require(_is_frozen_dataclass(params), label, "params", params, "a frozen dataclass")
    try:
        type(params)()
        json.dumps(dataclasses.asdict(params), allow_nan=False)  # type: ignore[call-overload]  # _is_frozen_dataclass has just looked
    except (TypeError, ValueError) as error:
        raise _breach(label, "params", params, f"JSON values, each with a default ({error})") from error


# --- wording ----------------------------------------------------------------------------------------------------------------------------------------


def _named(kind: str, name: object) -> str:
    if not _matches(_NAME, name):
        raise PluginError(f"A {kind} is named {reprlib.repr(name)}.", expected="words of letters and digits, joined by hyphens")
    return f"{kind} {name!r}"


def _not_a(kind: str, value: object, expected: str) -> PluginError:
    return PluginError(f"One of the {kind}s is of type {type(value).__name__}.", expected=expected)


def _lacks(kind: str, value: object, protocol: type) -> PluginError:
    missing = sorted(name for name in _members(protocol) if not hasattr(value, name))
    return _not_a(kind, value, f"something with {', '.join(missing)} as well (workbench.types.{protocol.__name__})")


def _breach(label: str, attribute: str, value: object, expected: str) -> PluginError:
    return PluginError(f"{label}: {attribute} is {reprlib.repr(value)}.", expected=expected)


def _require(holds: bool, label: str, attribute: str, value: object, expected: str) -> None:  # noqa: FBT001 - the condition itself
    if not holds:
        raise _breach(label, attribute, value, expected)


# --- looking ----------------------------------------------------------------------------------------------------------------------------------------


def _members(protocol: type) -> dict[str, object]:
    """The public members that a protocol declares, inherited ones included."""
    return {name: member for base in protocol.__mro__ for name, member in vars(base).items() if not name.startswith("_")}


def _check_methods(label: str, value: object, protocol: type) -> None:
    for name, member in _members(protocol).items():
        if not isinstance(member, property):
            _require(callable(getattr(value, name, None)), label, name, getattr(value, name, None), "a method")


def _check_text(label: str, attribute: str, value: object) -> None:
    _require(isinstance(value, str) and bool(value.strip()), label, attribute, value, "a text")


def _check_tuple(label: str, attribute: str, value: object, item: type) -> None:
    _require(isinstance(value, tuple) and all(isinstance(each, item) for each in value), label, attribute, value, f"a tuple of {item.__name__}")


def _check_unique(label: str, attribute: str, names: list[str] | tuple[str, ...]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    _require(not twice, label, attribute, twice, "each name once")


def _matches(pattern: re.Pattern[str], name: object) -> bool:
    return isinstance(name, str) and pattern.fullmatch(name) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_frozen_dataclass(value: object) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type) and type(value).__dataclass_params__.frozen  # type: ignore[attr-defined]
