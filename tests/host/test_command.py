"""``workbench plugins`` on installed-looking distributions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.cli import main
from workbench.cli.errors import report
from workbench.cli.session import Session

ROOT = Path(__file__).parent.parent.parent


def test_list_shows_what_metadata_says_and_imports_nothing(site, capsys):
    """A plugin that cannot be imported is listed all the same; one that is left out says so."""
    module = site.install("broken", "raise RuntimeError", distribution="acme-broken", version="0.3")
    assert main(["plugins", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "workbench.plugins/1"
    assert {"name": "broken", "enabled": True, "distribution": "acme-broken", "version": "0.3", "source": module} in document["plugins"]
    assert module not in sys.modules


def test_show_names_what_a_plugin_supplies(site, capsys):
    """Its components with their ids, one line each."""
    site.install("good", version="1.2")
    assert main(["plugins", "show", "good", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {key: document[key] for key in ("schema", "name", "state", "distribution", "version")} == {
        "schema": "workbench.plugin/1",
        "name": "good",
        "state": "loaded",
        "distribution": "acme-good",
        "version": "1.2",
    }
    assert [tuple(each.values()) for each in document["components"]] == [
        ("task", "good.sorting", None, "Texts into bins."),
        ("selector", "good.length", "1", "noise, by row: characters"),
        ("adapter", "good.model", "1", "sequence-classification"),
        ("metric", "good.accuracy", "1", "additive, higher is better"),
        ("report section", "good.confusion", None, "Confusion"),
    ]


def test_show_says_why_a_plugin_failed_and_with_v_where(site, capsys):
    """The error in a line; the traceback for those who ask."""
    site.install("broken", "import no_such_module")
    assert main(["plugins", "show", "broken"]) == 0
    out = capsys.readouterr().out
    assert "state: failed\n" in out
    assert "error: ModuleNotFoundError: No module named 'no_such_module'\n" in out
    assert "Traceback" not in out
    assert main(["plugins", "show", "broken", "-v"]) == 0
    assert "Traceback" in capsys.readouterr().out


def test_show_of_an_unknown_plugin_names_the_nearest(site, capsys):
    """Bad usage, with a way on."""
    site.install("good")
    assert main(["plugins", "show", "goood"]) == 2
    assert "Did you mean 'good'?" in capsys.readouterr().err


def run(site, *arguments):
    """Call the program in a process of its own, with the fake distributions on its path."""
    path = os.pathsep.join([str(site.folder), str(ROOT), str(ROOT / "plugins")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    program = "import sys; from workbench.cli import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_strict_makes_a_failed_plugin_end_the_command(site):
    """For CI: ``workbench plugins --strict-plugins`` tries them all."""
    site.install("good")
    site.install("broken", "import no_such_module", version="0.3")
    relaxed = run(site, "plugins")
    assert (relaxed.returncode, relaxed.stderr) == (0, "")
    strict = run(site, "plugins", "--strict-plugins")
    assert (strict.returncode, strict.stdout) == (2, "")
    assert strict.stderr.startswith("Error: The plugin 'broken' (acme-broken 0.3) failed: ModuleNotFoundError")
    assert len(strict.stderr.splitlines()) == 1
    assert "line 1, in <module>" in run(site, "plugins", "--strict-plugins", "-v").stderr


def test_failed_plugins_are_told_in_one_line(site, capsys):
    """Once per command, -q or not; details on request."""
    site.install("bad", "import no_such_module")
    site.install("worse", "import no_such_module")
    session = Session(quiet=True)
    assert session.host is session.host
    assert capsys.readouterr().err == "Plugins that failed and are left out: bad, worse. See: workbench plugins show bad\n"


def test_a_bug_is_laid_at_the_plugin_whose_code_raised(site, capsys):
    """With its distribution and version."""
    site.install("good")
    session = Session()
    with pytest.raises(TypeError) as caught:
        session.host.adapter("model").value.render(None)
    assert report(caught.value, session) == 2
    assert "This is a bug in the workbench or its plugin 'good' (acme-good 1.0)." in capsys.readouterr().err
