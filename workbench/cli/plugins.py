"""``workbench plugins``: what plugins there are, and what one supplies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lazy import command_app
from workbench.cli.output import Table
from workbench.errors import UnknownNameError
from workbench.host import PluginHost, PluginState, plugins_metadata
from workbench.types import Direction, FineTuneAdapter, Metric, ReportSection, Selector, Task

if TYPE_CHECKING:
    from workbench.cli.session import Session
    from workbench.host import Component

app = command_app()


@app.callback(invoke_without_command=True)
def plugins(ctx: typer.Context) -> None:
    """List the plugins, or show what one supplies."""
    if ctx.invoked_subcommand is None:
        list_plugins(ctx)


@app.command("list")
def list_plugins(ctx: typer.Context) -> None:
    """List the plugins.

    None is imported, unless --strict-plugins asks for all to be tried.
    """
    session: Session = ctx.obj
    if session.strict_plugins:
        session.host  # noqa: B018 - loads them
    rows = [(each.name, each.enabled, each.distribution, each.version, each.source) for each in plugins_metadata(session.plugins_dir)]
    session.output.show("plugins", Table(name="plugins", columns=("name", "enabled", "distribution", "version", "source"), rows=rows))


@app.command()
def show(ctx: typer.Context, name: Annotated[str, typer.Argument(help="The plugin's name.")]) -> None:
    """Show what a plugin supplies, or why it failed.

    With -v, where it failed.
    """
    session: Session = ctx.obj
    plugins = {plugin.info.name: plugin for plugin in PluginHost.load(plugins_dir=session.plugins_dir, strict=session.strict_plugins).plugins}
    if name not in plugins:
        raise UnknownNameError("plugin", name, plugins)
    plugin = plugins[name]
    info = plugin.info
    state = {"name": info.name, "state": plugin.state, "distribution": info.distribution, "version": info.version, "source": info.source}
    rows = [(each.kind, each.id, getattr(each.value, "version", None), _summary(each)) for each in plugin.components]
    components = Table(name="components", columns=("kind", "id", "version", "summary"), rows=rows)
    if plugin.state is not PluginState.FAILED:
        session.output.show("plugin", state, components)
    elif session.verbose or session.json:
        session.output.show("plugin", state, components, {"error": plugin.error, "traceback": plugin.traceback})
    else:
        session.output.show("plugin", state, {"error": plugin.error}, "Run it again with -v for the traceback.")


def _summary(component: Component[object]) -> str:
    match component.value:
        case Task() as task:
            return task.summary
        case Selector() as selector:
            return f"{selector.kind}, by {selector.scope}: {', '.join(signal.name for signal in selector.signals)}"
        case FineTuneAdapter() as adapter:
            return adapter.head
        case Metric() as metric:
            return metric.kind if metric.direction is Direction.NONE else f"{metric.kind}, {metric.direction} is better"
        case ReportSection() as section:
            return section.title
    raise TypeError(component.kind)
