"""From raw rows to examples: which column is which role, and what becomes of rows that lack one.

A table of examples has the columns ``key`` string (null where there is none), ``raw_hash`` and ``content_hash`` string (32 hexadecimal digits),
``source`` string (the file), ``line`` int64, ``meta`` string (a JSON object of the other columns), then the roles in their Arrow types; and ``group``
large_string, where a split by group was asked for.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.data.identity import digests, json_objects, json_values
from workbench.data.readers import BATCH_ROWS, Failure, excerpt
from workbench.data.values import arrow_type, as_column, as_role
from workbench.errors import DataError, PluginError, UnknownNameError
from workbench.types import ParsedExample, Rejection, RoleType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from workbench.data.readers import Batch
    from workbench.data.values import Column
    from workbench.types import Role, Task

    Parse = Callable[[Mapping[str, object]], Iterable[ParsedExample | Rejection]]

_LONGEST_META = 4_000  # characters of one column's JSON; of what is longer the beginning is kept, for it is there to be looked at
_CUT_META = 1_000
_LONGEST_NAME, _MOST_NAMES = 60, 20  # of columns in a message


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What some raw rows became.

    Attributes:
        table: the examples, as described above.
        failures: the rows that were set aside.
        found: how many rows there were; those of the table and the failures, always.
    """

    table: pa.Table
    failures: tuple[Failure, ...]
    found: int


@dataclass(frozen=True, kw_only=True)
class _Mapped:
    """Rows whose roles are known.

    Attributes:
        file, lines: where they are from.
        roles: role name to values.
        columns: all columns by their own names.
        meta: the names of those that are no role.
        keys: the user's own ids, if any.
        raw_hashes: of each row.
    """

    file: str
    lines: Sequence[int | None]
    roles: Mapping[str, Column]
    columns: Mapping[str, Column]
    meta: Sequence[str]
    keys: Column | None
    raw_hashes: pa.Array


class _Part(NamedTuple):
    """What ``parse`` gave of a row.

    An example of a row is known by the row and its place in what was given, so that a parse that changes the text still gives the same raw hash.
    """

    line: int | None
    place: str
    part: ParsedExample | Rejection
    row: Mapping[str, object]


class RowMapper:
    """Turns the raw rows of one location into examples of a task.

    Columns are taken as ``fields`` says; then by a role's own name; then by the names that it commonly has, in its order. Rows in which the required
    roles are not found so go through ``Task.parse``, where there is one.

    Args:
        task: whose roles they get.
        fields: role name to column.
        key: the column that holds the user's own id.
        by: the role or column to group by, or empty.

    Raises:
        UnknownNameError: for a field that is no role of the task.
        PluginError: for a role that is named like a column of every table.
    """

    def __init__(self, task: Task, *, fields: Mapping[str, str | int], key: str | int | None, by: str = "") -> None:
        for name in fields:
            if name not in {role.name for role in task.roles}:
                raise UnknownNameError(f"role of the task {task.name}", name, [role.name for role in task.roles])
        self._task = task
        self._fields = {role: str(column) for role, column in fields.items()}
        self._key = None if key is None else str(key)
        self._by = by
        self._none = table_schema(task, grouped=bool(by)).empty_table()
        self._file = ""
        self._names: dict[str, None] = {}

    def convert(self, batch: Batch) -> Iterator[Examples]:
        """The examples of a batch.

        Raises:
            DataError: where a column is missing that a required role, a field, the key or the split needs.
        """
        if batch.file != self._file:
            self._file, self._names = batch.file, {}
        # Columns that earlier rows of the file had still count: a later batch may lack one in all of its rows.
        self._names.update(dict.fromkeys(batch.columns))
        if not batch.lines:
            yield Examples(table=self._none, failures=tuple(batch.failures), found=len(batch.failures))
            return
        plan = self._plan(list(self._names))
        if not callable(plan):
            examples = self._build(self._mapped(batch, plan))
            yield Examples(table=examples.table, failures=(*batch.failures, *examples.failures), found=examples.found + len(batch.failures))
            return
        yield Examples(table=self._none, failures=tuple(batch.failures), found=len(batch.failures))
        parts = self._parts(batch, plan)
        while chunk := list(islice(parts, BATCH_ROWS)):
            yield self._gathered(batch.file, chunk)

    def _plan(self, names: Sequence[str]) -> Mapping[str, str] | Parse:
        """Role name to column, or what parses the rows."""
        for role, column in self._fields.items():
            if column not in names:
                raise _missing(self._file, f"no column {column!r}, which the fields give for the role {role!r}", [column], names)
        found = dict(self._fields)
        for own_name in (True, False):
            for each in self._task.roles:
                free = [name for name in ((each.name,) if own_name else each.columns) if name in names and name not in found.values()]
                if each.name not in found and free:
                    found[each.name] = free[0]
        lacking = next((role for role in self._task.roles if role.required and role.name not in found), None)
        if lacking is not None:
            if self._task.parse is not None and not self._fields:
                return self._task.parse
            advice = f"Or say which column it is with fields: {{{lacking.name}: COLUMN}}."
            raise _missing(self._file, f"no column for the role {lacking.name!r}", (lacking.name, *lacking.columns), names, advice)
        if self._key is not None and self._key not in names:
            raise _missing(self._file, f"no column {self._key!r}, which is to be the key", [self._key], names)
        return found

    def _mapped(self, batch: Batch, columns: Mapping[str, str]) -> _Mapped:
        values = {name: json_values(column) for name, column in batch.columns.items()}
        used = {*columns.values(), self._key}
        return _Mapped(
            file=batch.file,
            lines=batch.lines,
            roles={role: batch.columns[name] for role, name in columns.items() if name in batch.columns},
            columns=batch.columns,
            meta=[name for name in batch.columns if name not in used],
            keys=None if self._key is None else batch.columns.get(self._key, [None] * len(batch.lines)),
            raw_hashes=digests(json_objects(values, len(batch.lines))),
        )

    def _parts(self, batch: Batch, parse: Parse) -> Iterator[_Part]:
        """What ``parse`` makes of each row; an exception sets the rest of the row aside."""
        whole = {name: json_values(column) for name, column in batch.columns.items()}
        hashes = digests(json_objects(whole, len(batch.lines))).to_pylist()
        for line, row, row_hash in zip(batch.lines, batch.records(), hashes, strict=True):
            try:
                for number, part in enumerate(parse(row)):
                    self._check_part(part)
                    yield _Part(line, f"{row_hash} {number}", part, row)
            except PluginError:
                raise
            except Exception as error:  # noqa: BLE001 - a plugin's code on hostile rows
                yield _Part(line, row_hash, Rejection(reason=f"cannot be parsed: {type(error).__name__}: {error}"), row)

    def _check_part(self, part: object) -> None:
        roles = {role.name for role in self._task.roles}
        if not isinstance(part, ParsedExample | Rejection):
            raise PluginError(f"parse of the task {self._task.name!r} gave {type(part).__name__}.", expected="ParsedExample or Rejection")
        if isinstance(part, ParsedExample) and not part.roles.keys() <= roles:
            strange = ", ".join(sorted(part.roles.keys() - roles))
            raise PluginError(f"parse of the task {self._task.name!r} gave the roles {strange}.", expected=f"only {', '.join(sorted(roles))}")

    def _gathered(self, file: str, parts: Sequence[_Part]) -> Examples:
        """The examples and failures among some parts."""
        good = [(each, each.part) for each in parts if isinstance(each.part, ParsedExample)]
        examples = [example for _, example in good]
        roles = {role.name: as_column([example.roles.get(role.name) for example in examples]) for role in self._task.roles}
        names = list(dict.fromkeys(name for example in examples for name in example.meta))
        keyed = self._key if self._key in names else None
        mapped = _Mapped(
            file=file,
            lines=[each.line for each, _ in good],
            roles=roles,
            columns=roles | {name: as_column([example.meta.get(name) for example in examples]) for name in names},
            meta=names,
            keys=[example.key or None if keyed is None else example.meta.get(keyed) for example in examples],
            raw_hashes=digests(pa.array([each.place for each, _ in good], pa.large_string())),
        )
        built = self._build(mapped)
        failures = [_rejected(file, each, each.part) for each in parts if isinstance(each.part, Rejection)]
        return Examples(table=built.table, failures=(*failures, *built.failures), found=len(parts))

    def _build(self, mapped: _Mapped) -> Examples:
        """The table of the rows that have what they need, and the failures of the others."""
        count = len(mapped.lines)
        if count == 0:
            return Examples(table=self._none, failures=(), found=0)
        problems: dict[int, str] = {}
        arrays: dict[str, pa.Array] = {}
        for role in self._task.roles:
            arrays[role.name], bad = _role_array(mapped.roles.get(role.name), role, count)
            for position, problem in bad.items():
                problems.setdefault(position, problem)
        keys, bad_keys = as_role(mapped.keys, RoleType.LABEL) if mapped.keys is not None else (pa.nulls(count, pa.large_string()), {})
        for position in {*bad_keys, *(_positions(keys.is_null()) if self._key is not None else ())}:
            problems.setdefault(position, "no key")
        columns = {
            "key": keys.cast(pa.string()),
            "raw_hash": mapped.raw_hashes,
            "content_hash": digests(json_objects({name: json_values(array) for name, array in arrays.items()}, count)),
            "source": pa.repeat(pa.scalar(mapped.file, pa.string()), count),
            "line": pa.array(mapped.lines, pa.int64()),
            "meta": json_objects({name: _limited(json_values(mapped.columns[name])) for name in mapped.meta}, count).cast(pa.string()),
            **arrays,
        }
        if self._by:
            columns["group"] = self._groups(mapped, arrays)
        table = pa.table(columns)
        if problems:
            table = table.filter(pa.array([position not in problems for position in range(count)]))
        failures = [_failure(mapped, position, problems[position]) for position in sorted(problems)]
        return Examples(table=table, failures=tuple(failures), found=count)

    def _groups(self, mapped: _Mapped, arrays: Mapping[str, pa.Array]) -> pa.Array:
        column = arrays.get(self._by, mapped.columns.get(self._by))
        if column is not None:
            return json_values(column)
        if self._by not in self._names:
            raise _missing(self._file, f"no role or column {self._by!r} to split by", [self._by], list(dict.fromkeys([*arrays, *mapped.columns])))
        return pa.nulls(len(mapped.lines), pa.large_string())


def table_schema(task: Task, *, grouped: bool = False) -> pa.Schema:
    """The columns of a table of examples, as described at the top of this module.

    Raises:
        PluginError: for a role that is named like one of the other columns.
    """
    fields = [(name, pa.string()) for name in ("key", "raw_hash", "content_hash", "source")]
    fields += [("line", pa.int64()), ("meta", pa.string())]
    taken = {"row", "example_id", "split", "group", *(name for name, _ in fields)}
    for role in task.roles:
        if role.name in taken:
            raise PluginError(f"a role of the task {task.name!r} is called {role.name!r}.", expected=f"another name than {', '.join(sorted(taken))}")
    fields += [(role.name, arrow_type(role.type)) for role in task.roles]
    return pa.schema(fields + ([("group", pa.large_string())] if grouped else []))


def _role_array(column: Column | None, role: Role, count: int) -> tuple[pa.Array, Mapping[int, str]]:
    """A role's values, null where absent, and what is wrong with which."""
    if column is None:
        array, problems = pa.nulls(count, arrow_type(role.type)), {}
    else:
        array, found = as_role(column, role.type)
        problems = {position: f"{role.name} {problem}" for position, problem in found.items()}
    if role.type is RoleType.LABEL:
        array = pc.if_else(pc.equal(pc.utf8_trim_whitespace(array), ""), None, array)
    elif role.type is RoleType.TEXT and not role.required:
        array = pc.if_else(pc.equal(array, ""), None, array)  # or formats that cannot tell empty from absent would give other content
    elif role.type is RoleType.MESSAGES:
        array = pc.if_else(pc.equal(pc.list_value_length(array), 0), None, array)
    if role.required:
        for position in _positions(array.is_null()):
            problems.setdefault(position, f"no {role.name}")
    return array, problems


def _positions(mask: pa.Array) -> list[int]:
    positions: list[int] = np.flatnonzero(mask.to_numpy(zero_copy_only=False)).tolist()
    return positions


def _limited(values: pa.Array) -> pa.Array:
    """JSON values for ``meta``: of a long one its beginning, as text."""
    if not pc.any(pc.greater(pc.utf8_length(values), _LONGEST_META)).as_py():
        return values
    return pa.array([_cut(value) for value in values.to_pylist()], pa.large_string())


def _cut(value: str | None) -> str | None:
    if value is None or len(value) <= _LONGEST_META:
        return value
    text = json.loads(value) if value[0] == '"' else value
    return json.dumps(text[:_CUT_META] + "…", ensure_ascii=False)


def _failure(mapped: _Mapped, position: int, reason: str) -> Failure:
    row = {name: column[position] if isinstance(column, list) else column[position].as_py() for name, column in mapped.columns.items()}
    return Failure(
        file=mapped.file, line=mapped.lines[position], reason=excerpt(reason), excerpt=excerpt(json.dumps(row, ensure_ascii=False, default=str))
    )


def _rejected(file: str, part: _Part, rejection: Rejection) -> Failure:
    # The beginning of a whole document would say nothing about the part of it that was rejected.
    shown = "" if part.line is None else excerpt(json.dumps(part.row, ensure_ascii=False, default=str))
    return Failure(file=file, line=part.line, reason=excerpt(rejection.reason), excerpt=shown)


def _missing(file: str, what: str, wanted: Sequence[str], names: Sequence[str], advice: str = "") -> DataError:
    shown = [excerpt(name)[:_LONGEST_NAME] for name in names[:_MOST_NAMES]]
    nearest = next((close[0] for name in wanted if (close := difflib.get_close_matches(name, shown, n=1))), None)
    listing = ", ".join(shown) + (", ..." if len(names) > _MOST_NAMES else "")
    return DataError(
        f"{file}: there is {what}.",
        expected=f"a column named {' or '.join(map(repr, wanted))}; the columns there are: {listing}",
        advice=" ".join(part for part in (f"Did you mean {nearest!r}?" if nearest else "", advice) if part),
    )
