"""Ids and fingerprint of staged examples, computed beside the store in a database of its own, in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from workbench.errors import DataError
from workbench.store.ingest import SLICE_ROWS
from workbench.store.rows import arrays, first

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, eq=False)
class Numbering:
    """What staged examples come to.

    Attributes:
        fingerprint: 32 hexadecimal digits.
        splits: examples by split.
        train: int64 [n], the rows of the split ``train``.
    """

    fingerprint: str
    splits: dict[str, int]
    train: np.ndarray


def number(parts: Sequence[Path], ids: Path, *, header: str, memory_limit: int) -> Numbering:
    """Give every example its id.

    Args:
        parts: staged Parquet files with ``row``, ``split``, ``key`` and ``content_hash``, without a null but in ``key``.
        ids: the Parquet file to write, with ``row`` and ``example_id``, in row order; room for what does not fit in memory is taken beside it.
        header: what else the fingerprint depends on.
        memory_limit: in bytes.

    Raises:
        DataError: a key stands twice in a split.
    """
    digest = hashlib.blake2b(header.encode(), digest_size=16)
    if not parts:
        return Numbering(fingerprint=digest.hexdigest(), splits={}, train=np.empty(0, np.int64))
    with duckdb.connect(config={"temp_directory": str(ids.with_suffix(".tmp")), "memory_limit": f"{memory_limit // 2**20}MiB"}) as connection:
        # The first of equal examples has the bare hash, the next ".1", and so on; only those that do repeat are sorted to count them.
        connection.execute(
            """
            CREATE TABLE ids AS
            WITH staged AS (SELECT row, split, key, content_hash FROM read_parquet(?)),
                 repeated AS (SELECT split, content_hash FROM staged WHERE key IS NULL GROUP BY ALL HAVING count(*) > 1),
                 counted AS (
                     SELECT row, row_number() OVER (PARTITION BY split, content_hash ORDER BY row) - 1 AS n
                     FROM staged SEMI JOIN repeated USING (split, content_hash) WHERE key IS NULL
                 )
            SELECT row, split, content_hash, coalesce(key, content_hash || CASE WHEN n > 0 THEN '.' || n ELSE '' END) AS example_id
            FROM staged LEFT JOIN counted USING (row)
            """,
            [[literal(part) for part in parts]],
        )
        again = "SELECT split, example_id, count(*) FROM ids GROUP BY ALL HAVING count(*) > 1 ORDER BY min(row) LIMIT 1"
        twice = first(connection, again)
        if twice is not None:
            raise DataError(
                f"The key {twice[1]!r} stands {twice[2]} times in the split {twice[0]!r}.",
                expected="keys that are unique within a split",
                advice="Name another column with key:, or leave it out: examples are then known by their content.",
            )
        write = f"COPY (SELECT row, example_id FROM ids ORDER BY row) TO ? (FORMAT parquet, ROW_GROUP_SIZE {SLICE_ROWS})"
        connection.execute(write, [str(ids)])
        # Lengths come first, so that no two different lists of entries give the same text.
        entries = "SELECT strlen(split) || ':' || split || strlen(example_id) || ':' || example_id || content_hash AS entry FROM ids"
        for batch in connection.sql(f"{entries} ORDER BY split, example_id").to_arrow_reader(SLICE_ROWS):
            digest.update("".join(batch.column("entry").to_pylist()).encode())
        splits = dict(connection.execute("SELECT split, count(*) FROM ids GROUP BY split ORDER BY min(row)").fetchall())
        train = arrays(connection, "SELECT row FROM ids WHERE split = 'train' ORDER BY row")["row"]
    return Numbering(fingerprint=digest.hexdigest(), splits=splits, train=train)


def literal(path: Path) -> str:
    """A path as DuckDB reads it, which takes every path for a pattern."""
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(path))
