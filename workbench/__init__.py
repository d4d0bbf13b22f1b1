"""The workbench: choose the examples to fine-tune a language model on, show whether the choice helped, and keep the evidence in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.notebook import Workbench

__all__ = ["open"]


def open(path: str | Path = "workbench.duckdb", *, author: str = "") -> Workbench:  # noqa: A001 - reads as workbench.open(STORE)
    """Open an existing store, for notebooks and scripts.

    Args:
        path: the store's file.
        author: who signs decisions; by default ``WORKBENCH_AUTHOR``, else the login.

    Raises:
        StoreError: where there is no such store, or it cannot be read.
    """
    from workbench.curate import signature
    from workbench.notebook import Workbench
    from workbench.store import Store

    return Workbench(Store.open(path), signature(author))
