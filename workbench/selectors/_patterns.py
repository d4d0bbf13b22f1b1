r"""What texts hold that a regular expression can tell, found at the speed of columns.

Three sieves, the cheapest first: which ASCII characters, strings and how many digits in a row a text has at all (two passes of kernels over the
bytes, for all patterns together), whether a pattern matches (RE2, over whole columns), and only for those texts where (Python's ``re``, with a check
such as a checksum). So a pattern is written in the syntax that both engines share, and means ASCII by ``\b``, ``\w`` and ``\d``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import buffers, distinct, nullable, text_of
from workbench.selectors._text import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable

_MOST_SPANS: Final = 20


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """Something to find.

    Attributes:
        code: what it is called; several patterns may share one.
        expression: in the syntax that RE2 and Python's ``re`` share.
        needs: ASCII characters of which every match has at least one; empty where it may have none.
        literals: strings of which every match has at least one, without regard to the case of ASCII letters; empty where it may have none.
        digits: how many digits every match has, at most three other characters between one and the next.
        check: whether a match is one after all.
    """

    code: str
    expression: str
    needs: str = ""
    literals: tuple[str, ...] = ()
    digits: int = 0
    check: Callable[[str], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Match:
    """One place; ``start`` and ``end`` in code points."""

    role: str
    code: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Matches:
    """What was found.

    Attributes:
        present: bool [n], whether any of the roles is there.
        found: position to its matches, in the order of roles and places; none overlap.
    """

    present: np.ndarray
    found: dict[int, list[Match]] = field(default_factory=dict)

    def column(self) -> pa.Array:
        """The number of matches, null where no role is there."""
        import numpy as np

        counts = np.zeros(len(self.present), dtype=np.int64)
        for position, each in self.found.items():
            counts[position] = len(each)
        return nullable(counts, self.present)

    def items(self) -> Iterator[tuple[int, list[Match]]]:
        """Positions in ascending order, with their matches."""
        return iter(sorted(self.found.items()))


def spans_of(matches: Sequence[Match]) -> list[tuple[str, int, int]]:
    """Matches as evidence takes them, so many as a person would look at."""
    return [(each.role, each.start, each.end) for each in matches[:_MOST_SPANS]]


def matches_of(examples: ExampleTable, roles: Sequence[str], patterns: Sequence[Pattern], *, unless: str = "") -> Matches:
    """Find patterns in roles.

    Args:
        examples: what to look at.
        roles: of any type.
        patterns: in order of precedence: of overlapping matches the first pattern's counts.
        unless: an expression; a text that matches it has no matches.
    """
    return families_of(examples, roles, (patterns,), unless=unless)[0]


def families_of(examples: ExampleTable, roles: Sequence[str], families: Sequence[Sequence[Pattern]], *, unless: str = "") -> list[Matches]:
    """Find several families of patterns, each as ``matches_of`` does, in one pass over the texts."""
    import numpy as np

    present = np.zeros(len(examples), dtype=bool)
    found: list[dict[int, list[Match]]] = [{} for _ in families]
    for role in roles:
        texts = text_of(examples, role)
        present |= texts.is_valid().to_numpy(zero_copy_only=False)
        different, places = distinct(texts)
        for family, place, matches in _in_texts(different, role, families, unless):
            for position in [place] if places is None else np.flatnonzero(places == place).tolist():
                found[family].setdefault(position, []).extend(matches)
    return [Matches(present=present, found=each) for each in found]


def matching(texts: pa.LargeStringArray, expression: str, literals: tuple[str, ...] = ()) -> np.ndarray:
    """Which texts match an expression in RE2's syntax: bool [n]; null counts as empty. ``literals`` as in ``Pattern``."""
    import numpy as np
    import pyarrow.compute as pc

    texts = pc.fill_null(texts, "")
    if not literals:
        hit: np.ndarray = pc.match_substring_regex(texts, expression).to_numpy(zero_copy_only=False)
        return hit
    found = held_literals(texts, (literals,)) > 0
    some = np.flatnonzero(found)
    if len(some):
        found[some] = matching(texts.take(some), expression)
    return found


def held_literals(texts: pa.LargeStringArray, groups: tuple[tuple[str, ...], ...]) -> np.ndarray:
    """Of which groups a string stands in each text: uint64 [n], a bit per group."""
    from workbench.selectors._literals import automaton, groups_in

    found: np.ndarray = groups_in(*buffers(texts), *automaton(groups))
    return found


def _in_texts(texts: pa.LargeStringArray, role: str, families: Sequence[Sequence[Pattern]], unless: str) -> Iterator[tuple[int, int, list[Match]]]:
    import numpy as np

    patterns = [(family, pattern) for family, some in enumerate(families) for pattern in some]
    hits: dict[tuple[int, int], list[Pattern]] = {}
    for (family, pattern), candidates in zip(patterns, _candidates(texts, [each for _, each in patterns]), strict=True):
        positions = np.flatnonzero(candidates)
        if len(positions):
            some = texts if len(positions) == len(texts) else texts.take(positions)
            for position in positions[matching(some, pattern.expression)].tolist():
                hits.setdefault((family, position), []).append(pattern)
    if unless and hits:
        positions = np.array(sorted({position for _, position in hits}))
        spared = set(positions[matching(texts.take(positions), unless)].tolist())
        hits = {place: some for place, some in hits.items() if place[1] not in spared}
    for (family, position), some in hits.items():
        matches = list(_in_text(texts[position].as_py(), role, some))
        if matches:
            yield family, position, matches


def _candidates(texts: pa.LargeStringArray, patterns: Sequence[Pattern]) -> Iterator[np.ndarray]:
    """Of each pattern, which texts may match it: bool [n]."""
    import numpy as np

    from workbench.selectors._marks import characters_in, mask_of

    characters, digits = characters_in(*buffers(texts))
    groups = tuple(pattern.literals for pattern in patterns)
    held = held_literals(texts, groups) if any(groups) else None
    for place, pattern in enumerate(patterns):
        candidates = digits >= pattern.digits
        if pattern.needs:
            candidates &= (characters & mask_of(pattern.needs)).any(axis=1)
        if pattern.literals and held is not None:
            candidates &= (held & np.uint64(1 << place)) > 0
        yield candidates


def _in_text(text: str, role: str, patterns: Sequence[Pattern]) -> list[Match]:
    matches: list[Match] = []
    for pattern in patterns:
        for place in compiled(pattern.expression, re.ASCII).finditer(text):
            start, end = place.span()
            free = all(end <= other.start or other.end <= start for other in matches)
            if free and (pattern.check is None or pattern.check(place[0])):
                matches.append(Match(role=role, code=pattern.code, start=start, end=end, text=place[0]))
            if len(matches) > 1_000:
                break  # so many that it does not matter how many more
    return sorted(matches, key=lambda match: match.start)
