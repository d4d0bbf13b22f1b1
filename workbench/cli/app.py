"""The program: its global options, and how a call ends."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.errors import INTERRUPTED, UNEXPECTED, report
from workbench.cli.lazy import LazyGroup
from workbench.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(cls=LazyGroup, rich_markup_mode=None, add_completion=False, context_settings={"help_option_names": ["--help", "-h"]})


def _print_version(value: bool) -> None:
    if value:
        import importlib.metadata

        sys.stdout.write(f"workbench {importlib.metadata.version('sft-workbench')}\n")
        raise typer.Exit


# LazyGroup makes a GlobalOption of each but --version: the values go to the session and never arrive here.
@app.callback(no_args_is_help=True)
def _program(
    store: Annotated[Path, typer.Option("--store", metavar="FILE", envvar="WORKBENCH_STORE", help="The store. [default: workbench.duckdb]")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell more: the whole report, the traceback of an error.")] = False,
    author: Annotated[str, typer.Option("--author", metavar="NAME", envvar="WORKBENCH_AUTHOR", help="Sign decisions. [default: the login]")] = "",
    plugins_dir: Annotated[Path, typer.Option("--plugins-dir", metavar="DIR", help="Load the plugins in DIR too, one file each.")] = Path(),
    strict_plugins: Annotated[bool, typer.Option("--strict-plugins", help="Stop where a plugin fails.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Choose the examples to fine-tune a language model on, show whether the choice helped, and keep the evidence in one file."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: what follows the program's name; those of the process where None.

    Returns:
        the exit code: 0 success, 1 a check that did not hold, 2 bad usage or input, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # text that the terminal's encoding lacks must not end a command
    session = Session()
    try:
        typer.main.get_command(app).main(args=arguments, prog_name="workbench", obj=session)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else UNEXPECTED
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last place where it can be told to a person
        code = report(error, session)
    if code == INTERRUPTED:
        session.output.warn("Interrupted.")
    return code
