"""Which rows of a verdict set are meant: the filter that pages, counts, facets, histograms and bulk decisions share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from workbench.store import columns
from workbench.types import RoleType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.types import Role


@dataclass(frozen=True, kw_only=True)
class Range:
    """The values of one signal from ``low`` to ``high``, both included; a null or NaN lies in no range."""

    selector_run: int
    signal: str
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class RowFilter:
    """Rows that pass all that is given; None is any.

    Attributes:
        verdict: only these.
        rule: only where this rule fired: ``<selector>.<signal> <action>``, ``<selector>.<signal>`` or ``<selector>``.
        text: only where a role contains this text, upper and lower case alike.
        pattern: only where a role matches this regular expression (RE2), upper and lower case alike.
        pinned: only rows with a pin, or only rows without.
        flagged: only rows on which some rule fired, or only rows on which none did.
        source: only rows from this source.
        label: only rows whose role of this name has this value.
        slice: only rows with this value in this column of the metadata.
        values: only rows whose signal lies in this range.
    """

    verdict: str | None = None
    rule: str | None = None
    text: str | None = None
    pattern: str | None = None
    pinned: bool | None = None
    flagged: bool | None = None
    source: str | None = None
    label: tuple[str, str] | None = None
    slice: tuple[str, str] | None = None
    values: Range | None = None

    def given(self) -> dict[str, object]:
        """What is given, as JSON values: what the history says of rows that were chosen by it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def condition(chosen: RowFilter, dataset_id: int, roles: Sequence[Role]) -> tuple[str, dict[str, object]]:
    """A condition on ``v``, a row of ``_verdicts``, and its parameters."""
    tests = ["true"]
    given: dict[str, object] = {}
    if chosen.verdict is not None:
        tests.append("v.verdict = $verdict")
        given["verdict"] = str(chosen.verdict)
    if chosen.rule is not None:
        tests.append("len(list_filter(v.fired, lambda f: f = $rule OR starts_with(f, $rule || ' ') OR starts_with(f, $rule || '.'))) > 0")
        given["rule"] = chosen.rule
    if chosen.pinned is not None:
        tests.append(f"v.pin IS {'NOT ' if chosen.pinned else ''}NULL")
    if chosen.flagged is not None:
        tests.append(f"len(v.fired) {'>' if chosen.flagged else '='} 0")
    if chosen.values is not None:
        value = f"CAST({columns.quote(chosen.values.signal)} AS DOUBLE)"
        inside = f"{value} BETWEEN $low AND $high AND NOT isnan({value})"
        tests.append(f"v.row IN (SELECT row FROM signals_{int(chosen.values.selector_run)} WHERE {inside})")
        given |= {"low": chosen.values.low, "high": chosen.values.high}
    of_examples, more = _of_examples(chosen, roles)
    if of_examples:
        tests.append(f"v.row IN (SELECT row FROM _examples_{dataset_id} WHERE {' AND '.join(of_examples)})")
    return " AND ".join(tests), given | more


def _of_examples(chosen: RowFilter, roles: Sequence[Role]) -> tuple[list[str], dict[str, object]]:
    """Conditions on the examples themselves."""
    tests: list[str] = []
    given: dict[str, object] = {}
    searched = [f"CAST({columns.quote(role.name)} AS VARCHAR)" for role in roles if role.type is not RoleType.NUMBER]
    if chosen.text is not None:
        tests.append("(" + (" OR ".join(f"{name} ILIKE $text ESCAPE '\\'" for name in searched) or "false") + ")")
        given |= {"text": f"%{_literal(chosen.text)}%"} if searched else {}
    if chosen.pattern is not None:
        tests.append("(" + (" OR ".join(f"regexp_matches({name}, $pattern, 'i')" for name in searched) or "false") + ")")
        given |= {"pattern": chosen.pattern} if searched else {}
    if chosen.source is not None:
        tests.append("source = $source")
        given["source"] = chosen.source
    if chosen.label is not None:
        tests.append(f"{columns.quote(chosen.label[0])} = $label")
        given["label"] = chosen.label[1]
    if chosen.slice is not None:
        tests.append("meta ->> $path = $slice")
        given |= {"path": meta_path(chosen.slice[0]), "slice": chosen.slice[1]}
    return tests, given


def meta_path(key: str) -> str:
    """Where a column of the metadata stands, as a JSON path."""
    return '$."' + key.replace('"', '\\"') + '"'


def _literal(text: str) -> str:
    """The text as a pattern of ``LIKE`` that means itself."""
    return "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in text)
