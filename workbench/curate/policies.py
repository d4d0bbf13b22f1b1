"""Policies as people write them: ``near-duplicates.jaccard: {drop: ">= 0.8"}``."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from workbench.errors import RecipeError
from workbench.types import Action, Alarms, Choice, Policy, PolicyRule, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.types import Operator, Selector, Task

_RULE = re.compile(r"\s*(<=|>=|==|!=|<|>)\s*(\S+)\s*")


def parse_rule(action: str, text: str) -> Rule:
    """Read ``">= 0.8"`` as a rule with this action.

    Raises:
        RecipeError: where the action or the text is none.
    """
    match = _RULE.fullmatch(text)
    if match is None:
        raise RecipeError(f"the rule {text!r} cannot be read.", expected='an operator and a number, such as ">= 0.8"')
    if action not in set(Action):
        raise RecipeError(f"a rule cannot {action!r}.", expected="'drop' or 'review'")
    number = {"true": 1.0, "false": 0.0}.get(match[2].lower())
    try:
        threshold = float(match[2]) if number is None else number
    except ValueError:
        raise RecipeError(f"the threshold {match[2]!r} is not a number.", expected='a rule such as ">= 0.8"') from None
    return Rule(action=Action(action), operator=cast("Operator", match[1]), threshold=threshold)


def format_rule(rule: Rule) -> str:
    """``">= 0.8"``: the inverse of ``parse_rule``."""
    return f"{rule.operator} {rule.threshold:.12g}"


def default_policy(task: Task, selectors: Iterable[Selector]) -> Policy:
    """The default rules of these selectors, replaced by the task's own on the same signal; rules on signals of no selector here are left out."""
    rules: dict[str, list[PolicyRule]] = {}
    for selector in selectors:
        for signal in selector.signals:
            reference = f"{selector.name}.{signal.name}"
            rules[reference] = [PolicyRule(signal=reference, rule=signal.rule)] if signal.rule else []
    own: dict[str, list[PolicyRule]] = {}
    for rule in task.policy:
        own.setdefault(rule.signal, []).append(rule)
    rules.update({reference: listed for reference, listed in own.items() if reference in rules})
    return Policy(rules=tuple(rule for listed in rules.values() for rule in listed))


def replace_rules(policy: Policy, overrides: Mapping[str, Sequence[Rule]]) -> Policy:
    """The policy with the rules on these signals replaced; an empty list removes a signal's rules."""
    kept = [rule for rule in policy.rules if rule.signal not in overrides]
    added = [PolicyRule(signal=signal, rule=rule) for signal, rules in overrides.items() for rule in rules]
    return dataclasses.replace(policy, rules=tuple(kept + added))


def to_plain(policy: Policy) -> dict[str, object]:
    """The policy as a recipe writes it, in plain values."""
    plain: dict[str, object] = {}
    for item in policy.rules:
        rules = cast("dict[str, str]", plain.setdefault(item.signal, {}))
        rules[item.rule.action.value] = format_rule(item.rule)
    plain["survivor"] = policy.survivor
    if policy.choice is not None:
        chosen = policy.choice
        plain["choose"] = {"by": chosen.signal, "k": chosen.k, "order": chosen.order, "unit": chosen.unit}
    plain["pins"] = policy.pins
    plain["review"] = policy.review
    plain["alarms"] = dataclasses.asdict(policy.alarms)
    return plain


def from_plain(plain: Mapping[str, object], base: Policy | None = None) -> Policy:
    """Read a policy as a recipe writes it, on top of ``base``; the inverse of ``to_plain``.

    Raises:
        RecipeError: where a rule cannot be read.
    """
    policy = base or Policy()
    overrides: dict[str, list[Rule]] = {}
    for key, value in plain.items():
        match key, value:
            case "survivor", str():
                policy = dataclasses.replace(policy, survivor=value)
            case "pins", bool():
                policy = dataclasses.replace(policy, pins=value)
            case "review", "include" | "exclude":
                policy = dataclasses.replace(policy, review=value)
            case "choose", dict():
                policy = dataclasses.replace(policy, choice=_choice(value))
            case "alarms", dict():
                policy = dataclasses.replace(policy, alarms=_alarms(value, policy.alarms))
            case _, dict() if "." in key:
                overrides[key] = [parse_rule(str(action), str(text)) for action, text in value.items()]
            case _:
                raise RecipeError(
                    f"the policy's {key!r} cannot be {value!r}.",
                    expected="<selector>.<signal>: {drop: ..., review: ...}, or survivor, choose, pins, review or alarms",
                )
    return replace_rules(policy, overrides)


def _choice(given: Mapping[object, object]) -> Choice:
    match given:
        case {"by": str(signal), "k": int() | float() as k, **rest} if set(rest) <= {"order", "unit"}:
            order, unit = rest.get("order", "highest"), rest.get("unit", "rows")
            whole = k < 1 or k == int(k) if math.isfinite(k) else False
            if k > 0 and whole and not isinstance(k, bool) and order in {"highest", "lowest"} and unit in {"rows", "tokens"}:
                return Choice(signal=signal, k=k, order=order, unit=unit)
    raise RecipeError(
        f"the choice {dict(given)!r} cannot be made.",
        expected="by: <selector>.<signal>, k: a count, or a share below 1, and if wanted order: highest or lowest, and unit: rows or tokens",
    )


def _alarms(given: Mapping[object, object], base: Alarms) -> Alarms:
    shares = {}
    for name, share in given.items():
        if name not in {"cluster", "source"} or isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise RecipeError(f"the alarm {name!r} cannot be {share!r}.", expected="cluster or source, each a share between 0 and 1")
        shares[str(name)] = float(share)
    return dataclasses.replace(base, **shares)


def check_floors(policy: Policy, floors: Mapping[str, float]) -> None:
    """Refuse a rule that reaches below the similarity that pairs were looked for at.

    Args:
        policy: what decides.
        floors: selector to the least similarity of its pairs.

    Raises:
        RecipeError: says what must be recomputed.
    """
    for item in policy.rules:
        selector = item.signal.rpartition(".")[0]
        floor = floors.get(selector)
        if floor is not None and item.rule.operator in {">", ">="} and item.rule.threshold < floor:
            wanted = f"{item.rule.threshold:g}"
            raise RecipeError(
                f"the rule {item.signal} {format_rule(item.rule)} reaches below {floor:g}, the floor that pairs were looked for at.",
                expected=f"a threshold of {floor:g} or more, which needs no recomputation",
                advice=f"For less, the pairs of {selector} must be recomputed: set `select: {{{selector}: {{floor: {wanted}}}}}` in the recipe.",
            )


@dataclass(frozen=True, kw_only=True)
class PolicyChange:
    """One thing that two policies say differently.

    Attributes:
        what: ``<selector>.<signal> <action>``, or ``survivor``, ``choose``, ``alarms``, ``pins``, ``review``.
        before, after: what each says; None where it says nothing.
    """

    what: str
    before: str | None
    after: str | None


def diff_policies(before: Policy, after: Policy) -> tuple[PolicyChange, ...]:
    """Everything that two policies say differently, rules first."""
    one, other = _statements(before), _statements(after)
    names = dict.fromkeys([*one, *other])
    return tuple(
        PolicyChange(what=name, before=one.get(name), after=other.get(name))
        for name in sorted(names, key=lambda name: "." not in name)
        if one.get(name) != other.get(name)
    )


def _statements(policy: Policy) -> dict[str, str]:
    """What a policy says, by what it says it of."""
    plain = to_plain(policy)
    statements = {f"{item.signal} {item.rule.action.value}": format_rule(item.rule) for item in policy.rules}
    return statements | {name: json.dumps(plain[name]).strip('"') for name in ("survivor", "choose", "alarms", "pins", "review") if name in plain}


def policy_hash(policy: Policy) -> str:
    """32 hexadecimal digits that change whenever the policy could decide otherwise."""
    body = json.dumps(to_plain(policy), sort_keys=True)
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
