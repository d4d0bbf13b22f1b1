"""Loading a dataset: from where it is to tables of examples per split, with an account of every row."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.data.files import find_files, fingerprint
from workbench.data.readers import Failure, excerpt, read
from workbench.data.roles import RowMapper
from workbench.data.source import EvalSplit
from workbench.data.splits import choose, cut
from workbench.errors import DataError
from workbench.types import Silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.data.files import InputFile
    from workbench.data.source import DataSource
    from workbench.types import Progress, Task

SPLITS = TRAIN, VALIDATION, EVAL = ("train", "validation", "eval")
REJECTED = pa.schema([("file", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("excerpt", pa.string())])
PLANTED = pa.schema([("row", pa.int64()), ("kind", pa.string()), ("detail", pa.string())])


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What became of the rows of a split; ``read = imported + rejected``.

    Attributes:
        imported: rows in the split's table.
        rejected: rows set aside; those of training files count for train, whatever is cut from it.
        left_out: rows beyond the limit, which count as not read.
    """

    imported: int
    rejected: int = 0
    left_out: int = 0

    @property
    def read(self) -> int:
        """Rows that were imported or rejected."""
        return self.imported + self.rejected


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A dataset in memory, as Arrow.

    Attributes:
        tables: split to examples, train first: ``split``, ``key``, ``raw_hash``, ``content_hash``, ``source`` string, ``line`` int64, ``meta``
            string, then the roles; rows in the order of the files. A split that was not asked for is absent.
        rejected: rows set aside: ``file`` string, ``line`` int64, ``reason`` string, ``excerpt`` string.
        planted: known defects: ``row`` int64 (position in train), ``kind`` string, ``detail`` string (JSON; ``original`` is the position in train of
            what a copy was made of).
        counts: per split.
        fingerprint: 32 hexadecimal digits of the bytes that it was read from.
        license: the terms that it stands under, where they are known.
    """

    tables: Mapping[str, pa.Table]
    rejected: pa.Table
    planted: pa.Table
    counts: Mapping[str, Counts]
    fingerprint: str
    license: str = ""

    @property
    def read(self) -> int:
        """Rows of all splits that were imported or rejected."""
        return sum(each.read for each in self.counts.values())

    @property
    def keyed(self) -> bool:
        """Whether rows have ids of their own."""
        return any(table.column("key").null_count < table.num_rows for table in self.tables.values())


def load(task: Task, source: DataSource, *, progress: Progress | None = None) -> Loaded:
    """Load a dataset.

    The evaluation split is cut from train first, where it has no files; then the limit applies to both; then validation is cut from what is left of
    train. Each of these goes by seeded hashes of content or group, so that the order of rows and files changes none of them. Memory: the dataset as
    Arrow, and one batch as Python objects.

    Args:
        task: whose roles the examples get.
        source: where they are.
        progress: is told the bytes read.

    Raises:
        DataError: where something is missing, empty or unreadable as a whole, or too many rows would be set aside.
        UnknownNameError: for a field that is no role of the task.
    """
    _check(source)
    progress = progress or Silent()
    found = _find(source)
    by = source.eval.by if isinstance(source.eval, EvalSplit) else ""
    tables: dict[str, pa.Table] = {}
    failures: dict[str, list[Failure]] = {}
    for name, files in found.items():
        tables[name], failures[name] = _read(task, source, files, by=by if name == TRAIN else "", progress=progress)
    rows = sum(table.num_rows for table in tables.values())
    divided, left_out = _divided(tables, source)
    counts = {
        name: Counts(imported=table.num_rows, rejected=len(failures.get(name, ())), left_out=left_out.get(name, 0)) for name, table in divided.items()
    }
    if rows != sum(each.imported + each.left_out for each in counts.values()):
        raise RuntimeError(f"the splits {counts} do not add up to the {rows} rows that were read")
    return Loaded(
        tables={name: with_split(table, name) for name, table in divided.items()},
        rejected=pa.Table.from_pylist([dataclasses.asdict(each) for name in failures for each in failures[name]], REJECTED),
        planted=PLANTED.empty_table(),
        counts=counts,
        fingerprint=_fingerprint(found),
    )


def source_fingerprint(source: DataSource) -> str:
    """32 hexadecimal digits of the bytes of all files of a source, as in ``Loaded.fingerprint``, without reading a row.

    Raises:
        DataError: where a file is missing.
    """
    return _fingerprint(_find(source))


def with_split(table: pa.Table, split: str) -> pa.Table:
    """A table of examples with the name of its split in front, and without what it was split by."""
    names = [name for name in table.column_names if name not in {"group", "split"}]
    return table.select(names).add_column(0, "split", pa.repeat(pa.scalar(split, pa.string()), table.num_rows))


def _check(source: DataSource) -> None:
    shares = {"validation share": source.validation, "eval share": source.eval.share if isinstance(source.eval, EvalSplit) else None}
    for what, share in shares.items():
        if isinstance(share, float) and not 0 < share < 1:
            raise DataError(f"the {what} is {share}.", expected="a number above 0 and below 1")
    if source.limit is not None and source.limit < 1:
        raise DataError(f"the limit is {source.limit}.", expected="at least 1 row")
    if not 0 <= source.max_rejected <= 1:
        raise DataError(f"max_rejected is {source.max_rejected}.", expected="a share between 0 and 1")


def _find(source: DataSource) -> dict[str, tuple[InputFile, ...]]:
    """The files of each split that has some."""
    locations = {TRAIN: source.train, VALIDATION: source.validation, EVAL: source.eval}
    return {name: find_files(location, source.base, source.format) for name, location in locations.items() if isinstance(location, str)}


def _fingerprint(found: Mapping[str, tuple[InputFile, ...]]) -> str:
    parts = [f"{name} {fingerprint(files)}" for name, files in found.items()]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def _read(task: Task, source: DataSource, files: Sequence[InputFile], *, by: str, progress: Progress) -> tuple[pa.Table, list[Failure]]:
    """All examples of some files, and all rows that were set aside."""
    mapper = RowMapper(task, fields=source.fields, key=source.key, by=by)
    tables: list[pa.Table] = []
    failures: list[Failure] = []
    found = before = 0
    shown = files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more files"
    progress.begin(f"reading {shown}", sum(file.size for file in files) or None)
    try:
        for file in files:
            for batch in read(file, header=source.header):
                for examples in mapper.convert(batch):
                    tables.append(examples.table)
                    failures.extend(examples.failures)
                    found += examples.found
                progress.advance(before + batch.consumed)
            before += file.size
    finally:
        progress.end()
    if found == 0:
        raise DataError(f"{shown} is empty: it holds no rows." if len(files) == 1 else f"{shown} hold no rows.", expected="at least one example")
    table = pa.concat_tables(tables)
    if source.key is not None or table.column("key").null_count < table.num_rows:
        table, repeated = _unique(table)
        failures.extend(repeated)
    if found != table.num_rows + len(failures):
        raise RuntimeError(f"{found} rows were found, but {table.num_rows} imported and {len(failures)} rejected")
    if len(failures) > source.max_rejected * found or not table.num_rows:
        raise _too_many(failures, found, source.max_rejected, shown)
    return table, failures


def _divided(tables: Mapping[str, pa.Table], source: DataSource) -> tuple[dict[str, pa.Table], dict[str, int]]:
    """The splits in their order, after all cuts and the limit, and how many rows the limit left out of each."""
    splits = dict(tables)
    if isinstance(source.eval, EvalSplit):
        groups = splits[TRAIN].column("group" if source.eval.by else "content_hash")
        mask = cut(groups, source.eval.share, seed=source.eval.seed, purpose=EVAL)
        if not mask.any():
            raise DataError(
                f"no eval split can be cut from train: its rows {f'all have the same {source.eval.by}' if source.eval.by else 'are all alike'}.",
                expected="two groups of rows or more: one stays whole",
                advice="Split by another column, or give a file for eval.",
            )
        splits[TRAIN], splits[EVAL] = parted(splits[TRAIN], mask)
    left_out = {}
    for name in (TRAIN, EVAL):
        if source.limit is not None and name in splits:
            within = choose(splits[name].column("content_hash"), source.limit, seed=source.seed, purpose=f"limit of {name}")
            beyond, splits[name] = parted(splits[name], within)
            left_out[name] = beyond.num_rows
    if isinstance(source.validation, float):
        mask = cut(splits[TRAIN].column("content_hash"), source.validation, seed=source.seed, purpose=VALIDATION)
        splits[TRAIN], splits[VALIDATION] = parted(splits[TRAIN], mask)
    return {name: splits[name] for name in SPLITS if name in splits}, left_out


def _unique(table: pa.Table) -> tuple[pa.Table, list[Failure]]:
    """The table without the rows whose key an earlier row has."""
    seen: dict[str, str] = {}
    keep = np.ones(table.num_rows, dtype=bool)
    failures = []
    for position, (key, file, line) in enumerate(zip(*(table.column(name).to_pylist() for name in ("key", "source", "line")), strict=True)):
        if key in seen:
            keep[position] = False
            failures.append(Failure(file=file, line=line, reason=f"the key stands in {seen[key]} already", excerpt=excerpt(key)))
        elif key is not None:
            seen[key] = file if line is None else f"{file}, line {line},"
    return table.filter(pa.array(keep)), failures


def _too_many(failures: Sequence[Failure], found: int, limit: float, shown: str) -> DataError:
    reasons = "; ".join(f"{each.file}{'' if each.line is None else f', line {each.line}'}: {each.reason}" for each in failures[:3])
    encoding = " If the text is in another encoding, convert it to UTF-8." if any("UTF-8" in each.reason for each in failures) else ""
    return DataError(
        f"{shown}: {len(failures)} of {found} rows cannot be used. The first: {reasons}.",
        expected=f"at most {100 * limit:g}%" if limit < 1 else "at least one row that can",
        advice=f"Mend them, or raise max_rejected in a recipe.{encoding}",
    )


def parted(table: pa.Table, mask: np.ndarray) -> tuple[pa.Table, pa.Table]:
    """The rows outside and inside of a mask."""
    return table.filter(pa.array(~mask)), table.filter(pa.array(mask))
