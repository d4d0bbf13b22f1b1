"""Discovery, isolation and provenance of plugins.

``plugins_metadata`` reads what distributions announce and imports none of them. ``PluginHost.load`` imports each plugin once, behind a guard of its
own: one that breaks the contract is set aside as a whole, with its traceback, and the others work.
"""

from __future__ import annotations

from workbench.host._collect import Plugin, PluginState
from workbench.host._discover import PluginInfo, plugins_metadata, responsible_plugin
from workbench.host._host import PluginHost
from workbench.host._kinds import Component

__all__ = ["Component", "Plugin", "PluginHost", "PluginInfo", "PluginState", "plugins_metadata", "responsible_plugin"]
