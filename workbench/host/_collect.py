"""Collects what one plugin supplies: guarded, materialised, all or nothing."""

from __future__ import annotations

import contextlib
import difflib
import inspect
import re
import sys
import traceback
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType
from typing import TYPE_CHECKING

import pluggy

from workbench import hookspecs
from workbench.errors import PluginError
from workbench.host._kinds import KINDS, Component

if TYPE_CHECKING:
    from workbench.host._discover import Announcement, PluginInfo

_HOOKS = tuple(kind.hook for kind in KINDS)
_PLUGIN_NAME = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")  # no dot: it ends the plugin's part of a component id
_NOT_OURS = ("wrapper", "hookwrapper", "tryfirst", "trylast", "optionalhook")
_LONGEST_ERROR = 500  # characters


class PluginState(StrEnum):
    """What became of a plugin."""

    LOADED = "loaded"
    FAILED = "failed"
    DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """A plugin after discovery.

    Attributes:
        info: what its metadata says.
        state: whether its components can be used.
        components: all of them, or none unless it is loaded.
        error: why it failed, in a sentence or two.
        traceback: where it failed.
    """

    info: PluginInfo
    state: PluginState
    components: tuple[Component[object], ...] = ()
    error: str = ""
    traceback: str = ""


def collect(manager: pluggy.PluginManager, announcement: Announcement) -> Plugin:
    """Import a plugin, register it and call its hooks; nothing that it raises passes, but for an interrupt."""
    try:
        with contextlib.redirect_stdout(sys.stderr):  # a plugin that prints must not spoil a command's output
            components = _components(manager, announcement)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything, and must not take others with it
        return failed(announcement.info, error)
    return Plugin(info=announcement.info, state=PluginState.LOADED, components=components)


def failed(info: PluginInfo, error: BaseException) -> Plugin:
    """Give the record of a plugin that failed with ``error``."""
    # Not str(error): that is the plugin's code, and may raise in its turn.
    message = str(error) if isinstance(error, PluginError) else " ".join("".join(traceback.format_exception_only(error)).split())
    trace = "".join(traceback.format_exception(error))
    return Plugin(info=info, state=PluginState.FAILED, error=message[:_LONGEST_ERROR], traceback=trace)


def _components(manager: pluggy.PluginManager, announcement: Announcement) -> tuple[Component[object], ...]:
    info = announcement.info
    if _PLUGIN_NAME.fullmatch(info.name) is None:
        raise PluginError(f"The plugin is named {info.name!r}.", expected="lower-case words, joined by hyphens or underscores")
    module = announcement.load()
    if not isinstance(module, ModuleType):
        raise PluginError(f"The entry point {info.source!r} is of type {type(module).__name__}.", expected="a module")
    _check_hooks(manager, module)
    manager.register(module, info.name)
    found: dict[tuple[str, str], Component[object]] = {}
    for kind in KINDS:
        for implementation in getattr(manager.hook, kind.hook).get_hookimpls():
            if implementation.plugin is not module:
                continue
            supplied = implementation.function()
            try:
                values = list(supplied)
            except TypeError as error:
                if hasattr(supplied, "__iter__"):  # raised while it was walked
                    raise
                raise PluginError(f"{kind.hook} returned a {type(supplied).__name__}.", expected="an iterable") from error
            for value in values:
                name = kind.check(value).name
                if (kind.noun, name) in found:
                    raise PluginError(f"Two {kind.noun}s are named {name!r}.", expected="each name once")
                found[kind.noun, name] = Component(
                    id=f"{info.name}.{name}",
                    kind=kind.noun,
                    name=name,
                    plugin=info.name,
                    distribution=info.distribution,
                    distribution_version=info.version,
                    value=value,
                )
    return tuple(found.values())


def _check_hooks(manager: pluggy.PluginManager, module: ModuleType) -> None:
    """Say what pluggy passes over in silence: misspelt hooks, unmarked ones, parameters that are never filled."""
    implemented = 0
    for name, function in vars(module).items():
        if not inspect.isfunction(function):
            continue
        options = manager.parse_hookimpl_opts(module, name)
        hook = (options and options.get("specname")) or name
        if hook in _HOOKS and options is not None:
            implemented += 1
            if inspect.signature(function).parameters:
                raise PluginError(f"{name} takes parameters: {inspect.signature(function)}.", expected="a hook without any")
            if any(options.get(option) for option in _NOT_OURS):
                raise PluginError(f"{name} asks for one of {', '.join(_NOT_OURS)}.", expected="a plain @hookimpl")
        elif hook in _HOOKS:
            raise PluginError(f"{name} is not marked as a hook.", advice="Put @hookimpl from workbench.hookspecs above it.")
        elif options is not None or name.startswith("workbench_") or difflib.get_close_matches(name, _HOOKS, cutoff=0.85):
            nearest = difflib.get_close_matches(hook, _HOOKS, n=1, cutoff=0)
            raise PluginError(f"There is no hook {hook!r}.", expected=f"one of: {', '.join(_HOOKS)}", advice=f"Did you mean {nearest[0]!r}?")
    if not implemented:
        raise PluginError(f"The module {module.__name__!r} has no hook.", expected=f"at least one of: {', '.join(_HOOKS)}")


def new_manager() -> pluggy.PluginManager:
    """Give a manager that knows the five hooks and no plugin."""
    manager = pluggy.PluginManager(hookspecs.ENTRY_POINT_GROUP)
    manager.add_hookspecs(hookspecs)
    return manager
