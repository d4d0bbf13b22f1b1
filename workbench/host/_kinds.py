"""The kinds of component: which hook supplies each, and how one is checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from workbench.host import _check

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.types import FineTuneAdapter, Metric, ReportSection, Selector, Task

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[T_co]):
    """A kind of component.

    Attributes:
        noun: how messages call it.
        hook: the hook that supplies it.
        check: gives its argument back, typed, or raises PluginError.
    """

    noun: str
    hook: str
    check: Callable[[object], T_co]


@dataclass(frozen=True, kw_only=True)
class Component(Generic[T_co]):
    """A component and where it comes from: the provenance that is stored with everything it makes.

    Attributes:
        id: ``<plugin>.<name>``.
        kind: ``task``, ``selector``, ``adapter``, ``metric`` or ``report section``.
        name: its short name.
        plugin: the plugin that supplies it.
        distribution, distribution_version: the installed distribution that announces the plugin (see ``PluginInfo``).
        value: the component itself.
    """

    id: str
    kind: str
    name: str
    plugin: str
    distribution: str
    distribution_version: str
    value: T_co


TASK: Kind[Task] = Kind(noun="task", hook="workbench_tasks", check=_check.check_task)
SELECTOR: Kind[Selector] = Kind(noun="selector", hook="workbench_selectors", check=_check.check_selector)
ADAPTER: Kind[FineTuneAdapter] = Kind(noun="adapter", hook="workbench_adapters", check=_check.check_adapter)
METRIC: Kind[Metric] = Kind(noun="metric", hook="workbench_metrics", check=_check.check_metric)
REPORT_SECTION: Kind[ReportSection] = Kind(noun="report section", hook="workbench_report_sections", check=_check.check_report_section)

KINDS: tuple[Kind[Task] | Kind[Selector] | Kind[FineTuneAdapter] | Kind[Metric] | Kind[ReportSection], ...] = (
    TASK,
    SELECTOR,
    ADAPTER,
    METRIC,
    REPORT_SECTION,
)
