"""What plugins there are, known from metadata and file names alone."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.hookspecs import ENTRY_POINT_GROUP

if TYPE_CHECKING:
    from pathlib import Path

RESTRICTION = "WORKBENCH_PLUGINS"


@dataclass(frozen=True, kw_only=True)
class PluginInfo:
    """What is known of a plugin without importing it.

    Attributes:
        name: how it is called; the first part of the ids of its components.
        distribution: the distribution that announces it, or the file's name for a plugin of ``--plugins-dir``.
        version: the distribution's version, or ``sha256:`` and the first 12 digits of the file's hash.
        source: the module, or the path of the file.
        enabled: whether it may be loaded; false where ``WORKBENCH_PLUGINS`` leaves it out.
    """

    name: str
    distribution: str
    version: str
    source: str
    enabled: bool = True

    def __str__(self) -> str:
        return f"plugin {self.name!r} ({self.distribution} {self.version})"


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """A plugin and how to import it.

    Attributes:
        info: what is known without importing it.
        module: the name that its module has once it is imported.
        entry_point: how an installed distribution names it; None for a single file.
    """

    info: PluginInfo
    module: str
    entry_point: importlib.metadata.EntryPoint | None = None

    def load(self) -> object:
        """Import it; whatever its code raises passes through."""
        if self.entry_point is not None:
            return self.entry_point.load()
        spec = importlib.util.spec_from_file_location(self.module, self.info.source)
        if spec is None or spec.loader is None:
            raise ImportError(f"{self.info.source} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.module] = module  # dataclasses look their own module up there
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[self.module]
            raise
        return module


def plugins_metadata(plugins_dir: Path | None = None) -> tuple[PluginInfo, ...]:
    """List the plugins by name, without importing any.

    Args:
        plugins_dir: a folder of further plugins, one file each.

    Raises:
        UnknownNameError: where ``WORKBENCH_PLUGINS`` names a plugin that does not exist.
        WorkbenchError: where there is no such folder.
    """
    return tuple(announcement.info for announcement in announcements(plugins_dir))


def announcements(plugins_dir: Path | None = None) -> list[Announcement]:
    """List the plugins as ``plugins_metadata`` does, with the means to import them."""
    found = _installed()
    if plugins_dir is not None:
        found += _files(plugins_dir)
    restriction = os.environ.get(RESTRICTION)
    if restriction is not None:
        allowed = {name.strip() for name in restriction.split(",")} - {""}
        names = {announcement.info.name for announcement in found}
        for unknown in sorted(allowed - names):
            raise UnknownNameError("plugin", unknown, names, where=RESTRICTION)
        found = [replace(item, info=replace(item.info, enabled=item.info.name in allowed)) for item in found]
    return sorted(found, key=lambda item: (item.info.name, item.info.distribution))


def responsible_plugin(error: BaseException, plugins_dir: Path | None = None) -> PluginInfo | None:
    """Find the plugin whose code stands innermost in the traceback of ``error``, if any does."""
    plugins = announcements(plugins_dir)
    found = None
    trace = error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        found = next((item.info for item in plugins if module == item.module or module.startswith(f"{item.module}.")), found)
        trace = trace.tb_next
    return found


def _installed() -> list[Announcement]:
    found = []
    for entry_point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        info = PluginInfo(
            name=entry_point.name,
            distribution=_metadata(entry_point, "Name"),
            version=_metadata(entry_point, "Version"),
            source=entry_point.value,
        )
        found.append(Announcement(info=info, module=entry_point.module, entry_point=entry_point))
    return found


def _metadata(entry_point: importlib.metadata.EntryPoint, key: str) -> str:
    metadata = entry_point.dist.metadata if entry_point.dist is not None else None
    return metadata[key] if metadata is not None and key in metadata else "unknown"  # a damaged installation may lack either


def _files(folder: Path) -> list[Announcement]:
    if not folder.is_dir():
        raise WorkbenchError(f"There is no folder {str(folder)!r}.", expected="a folder of plugins, one .py file each, after --plugins-dir")
    found = []
    for path in sorted(folder.glob("*.py")):
        if path.name.startswith(("_", ".")):
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        info = PluginInfo(name=path.stem, distribution=path.name, version=f"sha256:{digest[:12]}", source=str(path.resolve()))
        found.append(Announcement(info=info, module=f"workbench_plugin_file_{path.stem}"))
    return found
