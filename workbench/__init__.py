"""The workbench: choose the examples to fine-tune a language model on, show whether the choice helped, and keep the evidence in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.store import Store

__all__ = ["open"]


def open(path: str | Path = "workbench.duckdb") -> Store:  # noqa: A001 - reads as workbench.open(STORE)
    """Open an existing store, for notebooks and scripts.

    Args:
        path: the store's file.

    Raises:
        StoreError: where there is no such store, or it cannot be read.
    """
    from workbench.store import Store

    return Store.open(path)
