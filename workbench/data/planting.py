"""What plants are made of: choosing rows, changing and appending them, and telling what was done; and applying several plants at once."""

from __future__ import annotations

import json
import random
import unicodedata
from typing import TYPE_CHECKING, cast

from workbench.errors import DataError, PluginError
from workbench.types import Planted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from workbench.types import Plant

_SHOWN = 80  # characters of a text that a detail quotes


def plant_all(table: pa.Table, plants: Sequence[tuple[Plant, float]], seed: int) -> Planted:
    """Plant several kinds of defects, each into rows of its own: no row has two, and no original of a copy is spoilt by another plant.

    Args:
        table: one column per role and ``source``.
        plants: each with the share of all rows that it is to plant.
        seed: decides on everything.

    Raises:
        DataError: where the shares are more than all rows.
        PluginError: where a plant removes rows or changes the columns.
    """
    import pyarrow as pa

    wanted = [(plant, share) for plant, share in plants if share > 0]
    total = sum(share for _, share in wanted)
    if total > 1:
        raise DataError(f"the shares to plant add up to {total:.3g}.", expected="at most 1: no row gets two defects")
    if not wanted:
        return tell(table, [])
    parts: list[pa.Table] = []
    added: list[pa.Table] = []
    order: list[int] = []
    found: list[tuple[int, str, str]] = []
    end = table.num_rows
    for own, (plant, _) in zip(_slices(table.num_rows, [share for _, share in wanted], seed), wanted, strict=True):
        planted = plant.apply(table.take(pa.array(own, pa.int64())), total, seed)
        more = planted.table.num_rows - len(own)
        if more < 0 or planted.table.schema != table.schema:
            raise PluginError(f"the plant {plant.name!r} removed rows or changed the columns.", expected="rows changed in place, or appended")
        places = [*own, *range(end, end + more)]
        end += more
        parts.append(planted.table.slice(0, len(own)))
        added.append(planted.table.slice(len(own)))
        order.extend(own)
        found.extend((places[each["row"]], each["kind"], moved_detail(each["detail"], places)) for each in planted.rows.to_pylist())
    unchanged = pa.concat_tables(parts).take(pa.array(sorted(range(len(order)), key=order.__getitem__), pa.int64()))
    return tell(pa.concat_tables([unchanged, *added]), sorted(found))


def _slices(count: int, shares: Sequence[float], seed: int) -> list[list[int]]:
    """The positions below ``count``, dealt out by shares at random."""
    positions = list(range(count))
    generator("rows", seed).shuffle(positions)
    ends = [round(sum(shares[: number + 1]) / sum(shares) * count) for number in range(len(shares))]
    return [sorted(positions[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def moved_detail(detail: str, places: Sequence[int] | Mapping[int, int]) -> str:
    """A detail whose ``original``, if it has one, is put where ``places`` says that row is now."""
    facts = json.loads(detail)
    if "original" in facts:
        facts["original"] = places[facts["original"]]
    return to_detail(facts)


def tell(table: pa.Table, rows: Sequence[tuple[int, str, str]]) -> Planted:
    """The table with its planted rows: position, kind, detail."""
    import pyarrow as pa

    schema = pa.schema([("row", pa.int64()), ("kind", pa.string()), ("detail", pa.string())])
    return Planted(table=table, rows=pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema))


def append_copies(table: pa.Table, kind: str, values: Mapping[str, Mapping[int, object]], facts: Mapping[int, Mapping[str, object]]) -> Planted:
    """The table with copies of the rows that there are facts on, some of their values replaced."""
    import pyarrow as pa

    originals = sorted(facts)
    copies = table.take(pa.array(originals, pa.int64()))
    for role, by_row in values.items():
        copies = with_values(copies, role, {place: by_row[row] for place, row in enumerate(originals)})
    rows = [(table.num_rows + place, kind, to_detail({"original": row, **facts[row]})) for place, row in enumerate(originals)]
    return tell(pa.concat_tables([table, copies]), rows)


def change(table: pa.Table, kind: str, role: str, values: Mapping[int, object], facts: Mapping[int, Mapping[str, object]] | None = None) -> Planted:
    """The table with some values of a role replaced."""
    column = table.column(role)
    rows = []
    for row, value in sorted(values.items()):
        told = facts[row] if facts is not None else {"before": _shown(column[row].as_py()), "after": _shown(value)}
        rows.append((row, kind, to_detail({"role": role, **told})))
    return tell(with_values(table, role, values), rows)


def spoil(table: pa.Table, kind: str, role: str, spoiled: Callable[[str, random.Random], str | None], *, share: float, seed: int) -> Planted:
    """The table with ``share`` of the texts replaced for which ``spoiled`` gives another one."""
    rng = generator(kind, seed)
    new = {row: text for row, each in enumerate(texts_of(table, role)) if (text := spoiled(each, rng)) is not None and text != each}
    return change(table, kind, role, {row: new[row] for row in choose_rows(list(new), share, rng)})


def with_values(table: pa.Table, role: str, values: Mapping[int, object]) -> pa.Table:
    """The table with other values at some positions of a role."""
    import pyarrow as pa

    column = table.column(role).to_pylist()
    for row, value in values.items():
        column[row] = value
    return table.set_column(table.schema.get_field_index(role), table.schema.field(role), pa.array(column, table.schema.field(role).type))


def texts_of(table: pa.Table, role: str) -> list[str]:
    """A text or label column as Python strings, an absent text as the empty one."""
    return ["" if text is None else cast("str", text) for text in table.column(role).to_pylist()]


def generator(name: str, seed: int) -> random.Random:
    """Random numbers of one plant's own."""
    return random.Random(f"{name}:{seed}")  # noqa: S311 - defects, not secrets; a text as seed gives the same numbers in every process


def choose_rows(carriers: Sequence[int], share: float, rng: random.Random) -> list[int]:
    """``share`` of the carriers, in order."""
    return sorted(rng.sample(carriers, round(min(share, 1.0) * len(carriers))))


def some_of(rows: Sequence[int], rng: random.Random) -> list[int]:
    """Twenty rows at random, to find one among that fits."""
    return rng.choices(rows, k=20)


def prepended(sentence: str, text: str) -> str:
    """The text behind a sentence, with a blank between them where the sentence does not end in Chinese or Japanese."""
    return sentence + ("" if unicodedata.east_asian_width(sentence[-1]) in "WF" else " ") + text


def _shown(value: object) -> str:
    return str(value)[:_SHOWN]


def to_detail(facts: Mapping[str, object]) -> str:
    """Facts on a planted row as JSON."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)
