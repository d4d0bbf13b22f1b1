"""What one call of the command line was asked for, and what its commands share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.output import Output

if TYPE_CHECKING:
    from workbench.host import PluginHost


@dataclass(kw_only=True)
class Session:
    """The global options. A command finds its session in ``ctx.obj``; it is complete when the command starts.

    Attributes:
        store: the store's file.
        json: whether the result is printed as one JSON object.
        quiet: whether progress stays silent.
        verbose: whether reports are printed whole, and errors with their traceback.
        author: who signs decisions; see ``signature``.
        plugins_dir: a folder of further plugins, one file each.
        strict_plugins: whether a plugin that fails is fatal.
    """

    store: Path = Path("workbench.duckdb")
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    author: str = ""
    plugins_dir: Path | None = None
    strict_plugins: bool = False

    def note(self, option: str, value: str | bool) -> None:
        """Set one of the attributes above, as the command line gives it."""
        setattr(self, option, Path(value) if option in {"store", "plugins_dir"} and isinstance(value, str) else value)

    @cached_property
    def output(self) -> Output:
        """Where the command's result and its progress go."""
        return Output(json=self.json, quiet=self.quiet)

    @cached_property
    def host(self) -> PluginHost:
        """All plugins, imported at the first use; those that failed are told in one line.

        Raises:
            PluginError: with ``--strict-plugins``, where a plugin failed.
        """
        from workbench.host import PluginHost

        host = PluginHost.load(plugins_dir=self.plugins_dir, strict=self.strict_plugins)
        if host.failures:
            names = ", ".join(plugin.info.name for plugin in host.failures)
            self.output.warn(f"Plugins that failed and are left out: {names}. See: workbench plugins show {host.failures[0].info.name}")
        return host

    @cached_property
    def signature(self) -> str:
        """Who signs decisions: ``--author``, else ``WORKBENCH_AUTHOR``, else the login."""
        from workbench.curate import signature

        return signature(self.author)
