"""Names and quotes of examples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from workbench.report.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.store import Store
    from workbench.types import ExampleTable

_LONGEST_ID = 40
_SHORT_HASH = 12
_HASH = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class Named:
    """An example as a report shows it.

    Attributes:
        example_id: its id, shortened where commands still take it.
        source: the file, and the line where the reader knew it.
        text: its roles on one line, cut short.
    """

    example_id: str
    source: str
    text: str


def named(store: Store, dataset_id: int, rows: Sequence[int]) -> dict[int, Named]:
    """These rows of a dataset version, by row."""
    import numpy as np

    if not rows:
        return {}
    examples = store.datasets.examples(dataset_id, rows=np.unique(np.array(rows, dtype=np.int64)))
    numbers = cast("list[int]", examples.values("row"))
    lines = _lines(store, dataset_id, numbers)
    columns = zip(numbers, _shown_ids(store, dataset_id, examples.texts("example_id")), examples.texts("source"), _quotes(examples), strict=True)
    return {row: Named(example_id=name, source=f"{excerpt(file)}{lines.get(row, '')}", text=text) for row, name, file, text in columns}


def _shown_ids(store: Store, dataset_id: int, example_ids: Sequence[str]) -> list[str]:
    """The first digits of each content hash; a user's own id as it is, and so the hash of content that stands more than once."""
    short = [name[:_SHORT_HASH] if _HASH.fullmatch(name) else excerpt(name, _LONGEST_ID) for name in example_ids]
    query = "SELECT left(example_id, ?) AS short FROM examples WHERE dataset_id = ? AND short IN (SELECT unnest(?)) GROUP BY ALL HAVING count(*) > 1"
    several = set(store.sql(query, [_SHORT_HASH, dataset_id, short])["short"].to_pylist())
    return [name if beginning in several else beginning for name, beginning in zip(example_ids, short, strict=True)]


def spread(rows: Sequence[int], count: int) -> list[int]:
    """``count`` of these rows, evenly spread, the same each time."""
    if len(rows) <= count:
        return list(rows)
    return [rows[index * len(rows) // count] for index in range(count)]


def _lines(store: Store, dataset_id: int, rows: Sequence[int]) -> dict[int, str]:
    """``:17`` for each row that has a line number."""
    table = store.sql("SELECT row, line FROM examples WHERE dataset_id = ? AND list_contains(?, row) AND line IS NOT NULL", [dataset_id, list(rows)])
    return {row: f":{line}" for row, line in zip(table["row"].to_pylist(), table["line"].to_pylist(), strict=True)}


def _quotes(examples: ExampleTable) -> list[str]:
    """Each example on one line: its only text, or ``role: value`` for each role it has."""
    columns = {role: examples.values(role) for role in examples.roles}
    return [
        excerpt(" · ".join(f"{role}: {_said(values[position])}" for role, values in columns.items() if values[position] is not None))
        for position in range(len(examples))
    ]


def _said(value: object) -> str:
    """A role's value in words."""
    if isinstance(value, list):
        return " | ".join(_said(item) for item in cast("Iterable[object]", value))
    if isinstance(value, dict):
        return f"{value['role']}: {value['content'] or ''}" if "role" in value else str(value.get("text", ""))
    return excerpt(str(value))
