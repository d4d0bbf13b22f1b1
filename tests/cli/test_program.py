"""How a call of the command line is read, and how it ends."""

from __future__ import annotations

import importlib
import importlib.metadata
import io
import sys
import types
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.core import TyperGroup

from workbench.cli import main
from workbench.cli.commands import COMMANDS
from workbench.cli.lazy import command_app, load_command
from workbench.errors import CheckFailedError, DataError, UnknownNameError


@pytest.fixture
def probe(monkeypatch):
    """A command that notes the session it gets, or raises what it is told to."""
    app = command_app()
    module = types.ModuleType("workbench.cli.probe")
    module.app, module.sessions, module.error = app, [], None

    def note(ctx):
        module.sessions.append(ctx.obj)
        if module.error is not None:
            raise module.error

    @app.command("go")
    def go(ctx: typer.Context, word: Annotated[str, typer.Argument()] = "") -> None:
        note(ctx)

    @app.command("other")
    def other() -> None:
        pass

    monkeypatch.setitem(COMMANDS, "probe", "Probe.")
    monkeypatch.setitem(sys.modules, "workbench.cli.probe", module)
    return module


def test_help_names_every_command_with_its_summary(capsys):
    """The table of commands is what --help shows."""
    assert main(["--help"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    for name in COMMANDS:
        assert any(line.startswith(f"{name} ") for line in lines)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_of_commands_is_true(name):
    """Each command's own help begins with the table's sentence, and none takes a name of the global options for its own."""
    global_names = {"--store", "--json", "--quiet", "-q", "--verbose", "-v", "--author", "--plugins-dir", "--strict-plugins", "--version"}
    command = load_command(name)
    assert COMMANDS[name] == (command.help or "").splitlines()[0]
    for each in [command, *(command.commands.values() if isinstance(command, TyperGroup) else ())]:
        assert set() == global_names & {option for parameter in each.params for option in parameter.opts}


def test_without_a_command_the_help_is_shown_as_bad_usage(capsys):
    """An empty call does nothing, and says what there is."""
    assert main([]) == 2
    assert "Commands:" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plugin"], "No such command 'plugin'. Did you mean 'plugins'"),
        (["plugins", "sow"], "No such command 'sow'. Did you mean 'show'?"),
        (["plugins", "--jso"], "No such option: --jso"),
        (["plugins", "show"], "Missing argument"),
        (["--store"], "requires an argument"),
    ],
    ids=["command", "subcommand", "option", "argument", "value"],
)
def test_bad_usage_ends_with_2_and_says_how_it_should_be(capsys, arguments, message):
    """What was given and what was expected, on standard error."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err


@pytest.mark.parametrize("place", [0, 1, 2, 3], ids=["first", "after the command", "after the subcommand", "last"])
def test_global_options_work_anywhere(probe, place):
    """Before the command, after it, after its subcommand, after its arguments."""
    options = ["--store", "a.duckdb", "--json", "-q", "-v", "--author", "Ada", "--plugins-dir", "own", "--strict-plugins"]
    words = ["probe", "go", "word"]
    assert main([*words[:place], *options, *words[place:]]) == 0
    (session,) = probe.sessions
    found = (session.store, session.json, session.quiet, session.verbose, session.signature, session.plugins_dir, session.strict_plugins)
    assert found == (Path("a.duckdb"), True, True, True, "Ada", Path("own"), True)


def test_the_last_global_option_wins_over_the_first_and_over_the_environment(probe, monkeypatch):
    """The nearer to the command's end, the stronger; the environment is weakest."""
    monkeypatch.setenv("WORKBENCH_STORE", "environment.duckdb")
    monkeypatch.setenv("WORKBENCH_AUTHOR", "Grace")
    main(["probe", "go"])
    main(["--store", "first.duckdb", "probe", "go"])
    main(["--store", "first.duckdb", "probe", "go", "--store", "last.duckdb"])
    stores = [session.store.name for session in probe.sessions]
    assert stores == ["environment.duckdb", "first.duckdb", "last.duckdb"]
    assert probe.sessions[0].signature == "Grace"


def test_without_options_the_store_is_in_the_working_folder_and_the_login_signs(probe, monkeypatch):
    """The defaults."""
    monkeypatch.setenv("LOGNAME", "login-name")
    main(["probe", "go"])
    assert probe.sessions[0].store == Path("workbench.duckdb")
    assert probe.sessions[0].signature == "login-name"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (
            DataError("The file 'x' is empty.", expected="at least one row", advice="Look at it."),
            2,
            "The file 'x' is empty. Expected at least one row. Look at it.",
        ),
        (UnknownNameError("metric", "acuracy", ["accuracy"]), 2, "Did you mean 'accuracy'?"),
        (CheckFailedError("The gate did not hold."), 1, "Error: The gate did not hold.\n"),
        (OSError(28, "No space left on device", "store.duckdb"), 2, "Error: No space left on device: store.duckdb\n"),
        (
            ZeroDivisionError("division by zero"),
            2,
            "Error: ZeroDivisionError: division by zero\nThis is a bug in the workbench. Run it again with -v",
        ),
        (DataError("\x1b[31mred\x1b[0m \x07[bold]text[/bold]"), 2, "Error: red [bold]text[/bold]\n"),
    ],
    ids=["input", "name", "check", "machine", "bug", "hostile text"],
)
def test_an_error_is_one_short_message_and_an_exit_code(probe, capsys, error, code, message):
    """A traceback is shown with -v only."""
    probe.error = error
    assert main(["probe", "go"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert main(["probe", "go", "-v"]) == code
    captured = capsys.readouterr()
    assert captured.err.startswith("Traceback")


def test_an_interrupt_ends_with_130(probe, capsys):
    """The shell's convention for Ctrl+C."""
    probe.error = KeyboardInterrupt()
    assert main(["probe", "go"]) == 130
    assert capsys.readouterr().err.endswith("Interrupted.\n")


def test_a_letter_that_the_terminal_lacks_does_not_end_a_command(probe, monkeypatch):
    """It is shown as an escape."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stderr", stream)
    probe.error = DataError("The file '数据' is empty.")
    assert main(["probe", "go"]) == 2
    stream.flush()
    assert stream.buffer.getvalue() == rb"Error: The file '\u6570\u636e' is empty." + b"\n"


def test_the_version_is_the_distributions(tmp_path, monkeypatch, capsys):
    """As the installed metadata says, without a command."""
    metadata = tmp_path / "sft_workbench-9.8.7.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: sft-workbench\nVersion: 9.8.7\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "workbench 9.8.7\n"
