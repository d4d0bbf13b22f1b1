"""Numbers as people read them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MISSING = "\N{EN DASH}"
"""Stands where there is no value; a missing value is never shown as 0."""
_ASTRONOMIC = 1e15  # from here on digits mean nothing


def cell(value: str | float | None) -> str:
    """A cell of a table: text as it is, whole numbers in groups of three digits, others to four significant digits."""
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if not 1e-4 <= abs(value) < _ASTRONOMIC and value != 0:
        return f"{value:.3g}"
    return f"{value:,.0f}" if value.is_integer() or abs(value) >= 1e4 else f"{value:,.4g}"


def is_numeric(column: Iterable[str | float | None]) -> bool:
    """Whether a column holds numbers, or text that is numbers and intervals throughout, such as ``81.2 [79.9, 82.5]``."""
    cells = [value for value in column if value != ""]
    return bool(cells) and all(not isinstance(value, str) or _is_number(value) for value in cells)


def share(part: float, whole: float) -> str:
    """A share in percent, ``12.3 %``; without a whole there is none."""
    return f"{100 * part / whole:.1f} %" if whole else MISSING


def duration(seconds: float) -> str:
    """A time span in the two units that matter."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def p_value(p: float | None) -> str:
    """A p-value to three decimals; one that rounds to zero says so."""
    if p is None or math.isnan(p):
        return MISSING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def decimals(values: Sequence[float | None]) -> int:
    """How many decimals show values of this size to about four digits; none for whole numbers."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    size = max((abs(value) for value in known), default=0.0)
    if size > 1 and all(value == int(value) for value in known):
        return 0
    return 3 if size < 10 else 2 if size < 100 else 1 if size < 1000 else 0


def fixed(value: float | None, digits: int, *, signed: bool = False) -> str:
    """A value with this many decimals; a zero has no sign."""
    if value is None or math.isnan(value):
        return MISSING
    if abs(value) >= _ASTRONOMIC:
        return f"{value:+.3g}" if signed else f"{value:.3g}"
    text = f"{value:+,.{digits}f}" if signed else f"{value:,.{digits}f}"
    return f"{0:.{digits}f}" if float(text.replace(",", "")) == 0 else text


def interval(low: float | None, high: float | None, digits: int, *, signed: bool = False) -> str:
    """``[79.9, 82.5]``, or that there is none."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return MISSING
    return f"[{fixed(low, digits, signed=signed)}, {fixed(high, digits, signed=signed)}]"


def _is_number(text: str) -> bool:
    for token in text.replace("[", " ").replace("]", " ").replace(", ", " ").replace("%", " ").split():
        try:
            float(token.lstrip("<").replace(",", ""))
        except ValueError:
            if token not in {MISSING, "s", "min", "h"}:
                return False
    return True
