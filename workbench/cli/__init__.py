"""The command line."""

from __future__ import annotations

from workbench.cli.app import main

__all__ = ["main"]
