"""Commands that are imported when they are called, and global options that may stand anywhere.

Typer converts every value but a bool through pydantic, whose import takes longer than all else that a light command does. Hence options that look
after their own value, and a help option whose default is a bool.
"""

from __future__ import annotations

import copy
import importlib
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from workbench.cli.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer._click import Command, Context  # typer brings its own click, and no public name for these two

_LATE = "The global options (see: workbench --help) may also stand here."


class GlobalOption(TyperOption):
    """An option that goes to the session and not to a command's parameters."""

    @classmethod
    def of(cls, option: TyperOption, *, late: bool) -> TyperOption:
        """Make one of an option that typer declared: a copy of another class, for typer lets nobody choose the class of an option.

        Args:
            option: the declaration.
            late: whether it stands after a command's name: then it is not listed again, nor the environment asked again.
        """
        made = copy.copy(option)
        made.__class__ = cls
        made.default = None
        made.expose_value = False
        if late:
            made.hidden = True
            made.envvar = None
        return made

    def process_value(self, ctx: Context, value: Any) -> Any:
        """Note the value where one was given."""
        if value is not None and value is not False:
            ctx.obj.note(self.name, value)
        return value


class LazyGroup(TyperGroup):
    """Knows its commands by name and summary, and imports the module of one when it is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, help=summary) for name, summary in COMMANDS.items()}
        declared = [option for option in self.params if isinstance(option, TyperOption) and not option.is_eager]
        self.params = [GlobalOption.of(option, late=False) if option in declared else option for option in self.params]
        self._late = [GlobalOption.of(option, late=True) for option in declared]

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Find the command and import it; an unknown one is a usage error that names the nearest."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None:
            command = load_command(name)
            _extend(command, self._late, ctx)
        return name, command, rest

    def get_help_option(self, ctx: Context) -> TyperOption | None:
        """The help option, as every command has it."""
        return _with_bool_default(super().get_help_option(ctx))


def command_app() -> typer.Typer:
    """Give the application of a command's module: plain help, which takes half the time of rich help and is the same in a pipe."""
    return typer.Typer(rich_markup_mode=None, add_completion=False)


def load_command(name: str) -> Command:
    """Import the module of a command and give the command."""
    command = typer.main.get_command(importlib.import_module(f"workbench.cli.{name}").app)
    command.name = name
    return command


def _extend(command: Command, late: Sequence[TyperOption], ctx: Context) -> None:
    """Let a command, and those below it, take the global options too."""
    command.params.extend(late)
    _with_bool_default(command.get_help_option(ctx))
    command.epilog = command.epilog or _LATE
    if isinstance(command, TyperGroup):
        for each in command.commands.values():
            _extend(each, late, ctx)


def _with_bool_default(option: TyperOption | None) -> TyperOption | None:
    if option is not None:
        option.default = False
    return option
