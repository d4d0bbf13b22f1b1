"""The page of plugins: the state of each, what it supplies, and why one failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

from workbench.dashboard.access import errors_told, settings
from workbench.dashboard.show import heading, nothing_yet, table, text
from workbench.host import PluginState
from workbench.report.text import printable

if TYPE_CHECKING:
    from workbench.host import Plugin

_COLOURS: dict[PluginState, Literal["green", "red", "gray"]] = {
    PluginState.LOADED: "green",
    PluginState.FAILED: "red",
    PluginState.DISABLED: "gray",
}


def plugins_page() -> None:
    """All plugins, those that failed first."""
    with errors_told():
        plugins = settings().plugins().plugins
        heading("Plugins", "plugins", level=1)
        if not plugins:
            nothing_yet("No plugin is installed, or WORKBENCH_PLUGINS lets none through. A new one begins with:", "workbench plugins new NAME")
        for plugin in sorted(plugins, key=lambda each: (each.state is not PluginState.FAILED, each.info.name)):
            _draw_plugin(plugin)


def _draw_plugin(plugin: Plugin) -> None:
    info = plugin.info
    with st.container(border=True, key=f"plugin-{info.name}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            text(info.name, key=f"title-{info.name}", width="content")
            st.badge(plugin.state.value, color=_COLOURS[plugin.state])
            text(f"{info.distribution} {info.version}", key=f"quiet-{info.name}", width="content")
        if plugin.error:
            text(plugin.error)
            with st.expander("Where it failed"):
                st.code(printable(plugin.traceback), language=None)
        if plugin.components:
            table(
                {
                    "supplies": [component.kind for component in plugin.components],
                    "id": [component.id for component in plugin.components],
                    "version": [str(getattr(component.value, "version", "")) for component in plugin.components],
                },
            )
