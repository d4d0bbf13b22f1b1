"""Lines of the ledger in words: what was decided, on how many rows, and which filter they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.store import LedgerEntry

_DONE = {"keep": "kept", "drop": "dropped", "none": "took the pins away from"}


def told(entry: LedgerEntry) -> str:
    """An entry in words; an action of a kind that is not known here is told by its payload."""
    payload: Mapping[str, object] = entry.payload
    match entry.action:
        case "pin":
            rows = cast("int", payload.get("rows", 0))
            decision = str(payload.get("decision"))
            chosen = where(cast("Mapping[str, object]", payload.get("filter") or {}))
            return f"{_DONE.get(decision, decision)} {rows:,} row{'' if rows == 1 else 's'}{f' where {chosen}' if chosen else ''}"
        case "policy":
            return f"policy {payload.get('name')}@{payload.get('version')}"
        case "survivor":
            return "another row stays for its duplicates"
        case "judge":
            return f"judged a removed pair: {payload.get('judgement')}"
        case "undo" | "redo":
            return f"{entry.action} of step {entry.undoes}{built_on(entry)}"
    said = ", ".join(f"{name} {value}" for name, value in payload.items() if name != "note")
    return f"{entry.action}: {said}" if said else entry.action


def built_on(entry: LedgerEntry) -> str:
    """That others have since decided on what an undo took back; empty where nobody did."""
    others = cast("list[int]", entry.payload.get("built_on") or [])
    return f". Others built on it, and their steps stand: {', '.join(map(str, others))}" if others else ""


def where(chosen: Mapping[str, object]) -> str:
    """What rows of a filter (see ``RowFilter.given``) have in common; empty where it lets all through."""
    said = [_condition(name, value) for name, value in chosen.items()]
    return " and ".join(each for each in said if each)


def _condition(name: str, value: object) -> str:
    match name:
        case "verdict":
            return f"the verdict is {value}"
        case "rule":
            return f"{value} fired"
        case "text":
            return f'it contains "{value}"'
        case "pattern":
            return f"it matches /{value}/"
        case "pinned":
            return "somebody has decided" if value else "nobody has decided"
        case "flagged":
            return "some rule fired" if value else "no rule fired"
        case "source":
            return f"the source is {value}"
        case "label" | "slice":
            column, is_ = cast("Sequence[object]", value)
            return f"{column} is {is_}"
        case "values":
            values = cast("Mapping[str, object]", value)
            return f"{values.get('signal')} is from {values.get('low'):.4g} to {values.get('high'):.4g}"
    return f"{name} is {value}"
