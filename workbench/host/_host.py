"""The host: what all plugins supply, by name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar, cast

from workbench.errors import PluginError, UnknownNameError, WorkbenchError
from workbench.host import _kinds
from workbench.host._collect import Plugin, PluginState, collect, failed, new_manager
from workbench.host._discover import RESTRICTION, announcements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.host._kinds import Component, Kind
    from workbench.types import FineTuneAdapter, Metric, ReportSection, Selector, Task

T = TypeVar("T")


class PluginHost:
    """What all plugins supply, each component with its provenance.

    A component is named by its id, ``<plugin>.<name>``, or by its short name: that of the task's own plugin first, then any plugin's while only one
    has it.

    Args:
        plugins: the plugins after discovery; see ``PluginHost.load``.
        plugins_dir: the folder that some of them were loaded from, one file each.
    """

    def __init__(self, plugins: Sequence[Plugin], *, plugins_dir: Path | None = None) -> None:
        self.plugins = tuple(plugins)
        self.plugins_dir = plugins_dir

    @classmethod
    def load(cls, *, plugins_dir: Path | None = None, strict: bool = False) -> PluginHost:
        """Discover, import and collect all plugins: once per process, and only in commands that need one.

        Args:
            plugins_dir: a folder of further plugins, one file each.
            strict: whether a plugin that fails is fatal.

        Raises:
            PluginError: where ``strict`` and a plugin failed.
            UnknownNameError: where ``WORKBENCH_PLUGINS`` names a plugin that does not exist.
            WorkbenchError: where there is no folder ``plugins_dir``.
        """
        manager = new_manager()
        found = announcements(plugins_dir)
        times = Counter(announcement.info.name for announcement in found)
        plugins = []
        for announcement in found:
            info = announcement.info
            if not info.enabled:
                plugins.append(Plugin(info=info, state=PluginState.DISABLED))
            elif times[info.name] > 1:
                rivals = " and ".join(f"{other.info.distribution} {other.info.version}" for other in found if other.info.name == info.name)
                plugins.append(failed(info, PluginError(f"The name {info.name!r} is taken twice, by {rivals}.", advice="Uninstall or rename one.")))
            else:
                plugins.append(collect(manager, announcement))
        host = cls(_without_unresolved(plugins), plugins_dir=plugins_dir)
        if strict and host.failures:
            raise host._fatal()
        return host

    @property
    def failures(self) -> tuple[Plugin, ...]:
        """The plugins that broke the contract."""
        return tuple(plugin for plugin in self.plugins if plugin.state is PluginState.FAILED)

    def task(self, name: str) -> Component[Task]:
        """Find a task by id or short name.

        Raises:
            UnknownNameError: where no plugin has it.
            PluginError: where its plugin failed or is disabled.
            WorkbenchError: where several plugins have it. The other finders raise the same.
        """
        return self._find(_kinds.TASK, name, None)

    def selector(self, name: str, task: str | None = None) -> Component[Selector]:
        """Find a selector by id or short name; ``task`` (id or short name) says whose plugin is looked in first."""
        return self._find(_kinds.SELECTOR, name, task)

    def adapter(self, name: str, task: str | None = None) -> Component[FineTuneAdapter]:
        """Find a fine-tune adapter, as ``selector`` does."""
        return self._find(_kinds.ADAPTER, name, task)

    def metric(self, name: str, task: str | None = None) -> Component[Metric]:
        """Find a metric, as ``selector`` does."""
        return self._find(_kinds.METRIC, name, task)

    def tasks(self) -> tuple[Component[Task], ...]:
        """All tasks, in order of their plugins' names."""
        return self._all(_kinds.TASK)

    def selectors(self) -> tuple[Component[Selector], ...]:
        """All selectors."""
        return self._all(_kinds.SELECTOR)

    def adapters(self) -> tuple[Component[FineTuneAdapter], ...]:
        """All fine-tune adapters."""
        return self._all(_kinds.ADAPTER)

    def metrics(self) -> tuple[Component[Metric], ...]:
        """All metrics."""
        return self._all(_kinds.METRIC)

    def report_sections(self) -> tuple[Component[ReportSection], ...]:
        """All report sections."""
        return self._all(_kinds.REPORT_SECTION)

    def _all(self, kind: Kind[T]) -> tuple[Component[T], ...]:
        found = (component for plugin in self.plugins for component in plugin.components if component.kind == kind.noun)
        return tuple(cast("Component[T]", component) for component in found)  # kind.check has seen each of them

    def _find(self, kind: Kind[T], name: str, task: str | None) -> Component[T]:
        components = self._all(kind)
        home = self.task(task).plugin if task is not None else ""
        for wanted in (name, f"{home}.{name}"):
            for component in components:
                if component.id == wanted:
                    return component
        matches = [component for component in components if component.name == name]
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = ", ".join(component.id for component in matches)
            raise WorkbenchError(f"The {kind.noun} {name!r} is supplied by several plugins.", expected=f"one of the ids: {ids}")
        for plugin in self.plugins:
            if name.startswith(f"{plugin.info.name}.") and plugin.state is not PluginState.LOADED:
                raise _unavailable(kind, name, plugin)
        times = Counter(component.name for component in components)
        known = (each.name if each.plugin == home or times[each.name] == 1 else each.id for each in components)
        raise UnknownNameError(kind.noun, name, known)

    def _fatal(self) -> PluginError:
        """The error that ends a strict start; it carries the plugins' own tracebacks."""
        first = self.failures[0]
        others = "".join(f" So did {plugin.info}." for plugin in self.failures[1:])
        error = PluginError(
            f"The {first.info} failed: {first.error}{others}",
            advice=f"Repair or uninstall it, leave it out with {RESTRICTION}, or start without --strict-plugins.",
        )
        for plugin in self.failures:
            error.add_note(plugin.traceback)
        return error


def _unavailable(kind: Kind[T], name: str, plugin: Plugin) -> PluginError:
    given = f"The {kind.noun} {name!r} is not available:"
    if plugin.state is PluginState.DISABLED:
        return PluginError(f"{given} {RESTRICTION} leaves the {plugin.info} out.", advice=f"Name it in {RESTRICTION}.")
    return PluginError(f"{given} the {plugin.info} failed.", advice=f"See: workbench plugins show {plugin.info.name}")


def _without_unresolved(plugins: list[Plugin]) -> list[Plugin]:
    """Fail each plugin with a task that names what is not there; again, while others rested on what went with it."""
    while True:
        host = PluginHost(plugins)
        checked = [_checked_references(host, plugin) for plugin in plugins]
        if all(after is before for after, before in zip(checked, plugins, strict=True)):
            return plugins
        plugins = checked


def _checked_references(host: PluginHost, plugin: Plugin) -> Plugin:
    """Give ``plugin`` back, failed where one of its tasks names a component or a signal that does not exist."""
    for component in plugin.components:
        if component.kind != _kinds.TASK.noun:
            continue
        task = cast("Task", component.value)
        try:
            host.adapter(task.adapter, component.id)
            for name in task.metrics:
                host.metric(name, component.id)
            for name in task.selectors:
                host.selector(name, component.id)
            for item in (*task.policy, *task.sample_policy):
                selector, _, signal = item.signal.rpartition(".")
                signals = [each.name for each in host.selector(selector, component.id).value.signals]
                if signal not in signals:
                    raise UnknownNameError(f"signal of {selector!r}", signal, signals)
        except WorkbenchError as error:
            return failed(plugin.info, PluginError(f"The task {component.name!r} cannot work: {error}"))
    return plugin
