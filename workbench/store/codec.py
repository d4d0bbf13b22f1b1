"""Values of the contract as JSON text, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import PurePath
from typing import Any

from workbench.types import Action, Alarms, Choice, Direction, Policy, PolicyRule, Role, RoleType, Rule, Signal


def dumps(value: object) -> str:
    """JSON text; NaN and infinities become null, dataclasses, arrays and paths what they stand for."""
    plain = _plain(value)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate; as an escape it survives
        return json.dumps(plain, allow_nan=False)
    return text


def loads(text: str) -> Any:
    """What ``dumps`` wrote."""
    return json.loads(text)


def roles(text: str) -> tuple[Role, ...]:
    """Roles that ``dumps`` wrote."""
    return tuple(
        Role(name=value["name"], type=RoleType(value["type"]), required=value["required"], columns=tuple(value["columns"])) for value in loads(text)
    )


def signals(text: str) -> tuple[Signal, ...]:
    """Signals that ``dumps`` wrote."""
    return tuple(
        Signal(**{**value, "direction": Direction(value["direction"]), "rule": None if value["rule"] is None else _rule(value["rule"])})
        for value in loads(text)
    )


def policy(text: str) -> Policy:
    """A policy that ``dumps`` wrote."""
    value = loads(text)
    return Policy(
        rules=tuple(PolicyRule(signal=rule["signal"], rule=_rule(rule["rule"])) for rule in value["rules"]),
        survivor=value["survivor"],
        choice=None if value["choice"] is None else Choice(**value["choice"]),
        pins=value["pins"],
        review=value["review"],
        alarms=Alarms(**value.get("alarms", {})),  # absent from what was stored before there were alarms
    )


def _rule(value: Mapping[str, Any]) -> Rule:
    return Rule(action=Action(value["action"]), operator=value["operator"], threshold=float(value["threshold"]))


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(entry) for entry in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):  # numpy's arrays and scalars
        return _plain(value.tolist())
    raise TypeError(f"{value!r} of type {type(value).__name__} has no JSON form")
