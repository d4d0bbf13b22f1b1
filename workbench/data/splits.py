"""Cutting a split in two, and choosing some of its rows.

Both go by seeded hashes of values that rows have, never by their place, so that the order of the rows changes nothing and equal values stay together.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable


def cut(groups: pa.Array | pa.ChunkedArray, share: float, *, seed: int, purpose: str) -> np.ndarray:
    """Which rows go to a split that is to hold a share of them.

    Groups come in the order of their hashes, and each is taken that brings the number of rows nearer to the share. Where there are two groups or
    more, both sides get at least one.

    Args:
        groups: each row's group, text; null is a group of its own.
        share: above 0 and below 1.
        seed: for the hashes.
        purpose: a word that makes the cuts of one seed independent of one another.

    Returns:
        bool [n].
    """
    codes, values = _encoded(groups)
    sizes = np.bincount(codes, minlength=len(values))
    if len(values) < 2:
        return np.zeros(len(codes), dtype=bool)
    order = np.argsort(_hashes(values, seed, purpose), kind="stable")
    missing = share * len(codes)
    taken = np.zeros(len(values), dtype=bool)
    for group, size in zip(order.tolist(), sizes[order].tolist(), strict=True):
        if missing <= 0:
            break
        if size < 2 * missing:
            taken[group] = True
            missing -= size
    if not taken.any():
        taken[order[np.argmin(sizes[order])]] = True
    if taken.all():
        taken[order[np.argmin(sizes[order])]] = False
    mask: np.ndarray = taken[codes]
    return mask


def choose(groups: pa.Array | pa.ChunkedArray, limit: int, *, seed: int, purpose: str) -> np.ndarray:
    """Which rows are among at most ``limit``: those of the groups whose hashes come first; of the last group so many as there is room for.

    Args:
        groups: each row's group, text; rows of one group must be alike but for their place.
        limit: the number of rows.
        seed, purpose: as for ``cut``.

    Returns:
        bool [n].
    """
    codes, values = _encoded(groups)
    ranks = np.argsort(np.argsort(_hashes(values, seed, purpose), kind="stable"), kind="stable")
    chosen = np.zeros(len(codes), dtype=bool)
    chosen[np.argsort(ranks[codes], kind="stable")[:limit]] = True
    return chosen


def _encoded(groups: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, list[str | None]]:
    whole = pa.chunked_array([groups]) if isinstance(groups, pa.Array) else groups
    encoded = whole.cast(pa.large_string()).combine_chunks().dictionary_encode(null_encoding="encode")
    return encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()


def _hashes(values: Iterable[str | None], seed: int, purpose: str) -> np.ndarray:
    """A number per value, uint64; null and text are told apart."""
    salt = hashlib.blake2b(f"{purpose}\0{seed}".encode(), digest_size=hashlib.blake2b.SALT_SIZE).digest()
    marked = (b"0" if value is None else b"1" + value.encode() for value in values)
    return np.frombuffer(b"".join(hashlib.blake2b(value, digest_size=8, salt=salt).digest() for value in marked), dtype=">u8").astype(np.uint64)
