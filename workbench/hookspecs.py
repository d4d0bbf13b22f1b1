"""The five hooks of a plugin.

Each is a supplier without arguments that returns typed objects; behaviour lives on those objects (``workbench.types``), so that the contract can
grow without a new hook. The host collects plugin by plugin: one that fails is set aside as a whole and never takes another with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.types import FineTuneAdapter, Metric, ReportSection, Selector, Task

ENTRY_POINT_GROUP = "sft_workbench"
"""The entry-point group that distributions announce their plugins in."""

hookspec = pluggy.HookspecMarker(ENTRY_POINT_GROUP)
hookimpl = pluggy.HookimplMarker(ENTRY_POINT_GROUP)
"""Marks a function of a plugin module as the implementation of the hook of the same name."""


@hookspec
def workbench_tasks() -> Iterable[Task]:
    """Supply tasks: how rows become examples, and which components work on them by default."""
    raise NotImplementedError


@hookspec
def workbench_selectors() -> Iterable[Selector]:
    """Supply selectors: what scores examples for duplicates, noise, bias and the like."""
    raise NotImplementedError


@hookspec
def workbench_adapters() -> Iterable[FineTuneAdapter]:
    """Supply fine-tune adapters: what trains a model on an arm and predicts with it."""
    raise NotImplementedError


@hookspec
def workbench_metrics() -> Iterable[Metric]:
    """Supply metrics: what turns predictions into statistics per example, and these into values."""
    raise NotImplementedError


@hookspec
def workbench_report_sections() -> Iterable[ReportSection]:
    """Supply sections that the report and the dashboard show for the experiments they apply to."""
    raise NotImplementedError
