"""Which plugins there are, and which are loaded."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.host import PluginHost, PluginInfo, PluginState, plugins_metadata, responsible_plugin

GOOD = (Path(__file__).parent / "good_plugin.py").read_text(encoding="utf-8")


def of(plugins, *names):
    return [plugin for plugin in plugins if plugin.name in names]


def test_metadata_is_read_without_importing_a_plugin(site):
    """Name, distribution, version and module are known of a plugin whose import would fail."""
    module = site.install("broken", "raise RuntimeError", distribution="acme-broken", version="0.3")
    assert [PluginInfo(name="broken", distribution="acme-broken", version="0.3", source=module)] == of(plugins_metadata(), "broken")
    assert module not in sys.modules


def test_a_damaged_installation_is_listed(site):
    """Metadata without a version is no reason to fail."""
    site.install("good")
    (site.folder / "acme_good-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-good\n", encoding="utf-8")
    assert [plugin.version for plugin in of(plugins_metadata(), "good")] == ["unknown"]


@pytest.mark.parametrize(
    ("setting", "enabled"),
    [(None, {"a", "b"}), ("a,b", {"a", "b"}), (" b , ", {"b"}), ("a", {"a"}), ("", set())],
    ids=["unset: all", "both", "one, with spaces", "one", "empty: none"],
)
def test_the_environment_restricts_which_plugins_are_loaded(site, monkeypatch, setting, enabled):
    """Unset is all, empty is none, else those that are named; the others are disabled and not imported."""
    modules = {name: site.install(name) for name in ("a", "b")}
    monkeypatch.delenv("WORKBENCH_PLUGINS") if setting is None else monkeypatch.setenv("WORKBENCH_PLUGINS", setting)
    assert enabled == {plugin.name for plugin in of(plugins_metadata(), "a", "b") if plugin.enabled}
    host = PluginHost.load()
    states = {plugin.info.name: plugin.state for plugin in host.plugins}
    assert {name: PluginState.LOADED if name in enabled else PluginState.DISABLED for name in modules} == {name: states[name] for name in modules}
    assert {modules[name] for name in enabled} == set(modules.values()) & set(sys.modules)


def test_an_unknown_name_in_the_environment_is_an_error(site, monkeypatch):
    """A misspelt restriction would silently load too little."""
    site.install("good")
    monkeypatch.setenv("WORKBENCH_PLUGINS", "goood")
    with pytest.raises(UnknownNameError, match="WORKBENCH_PLUGINS: there is no plugin 'goood'") as caught:
        PluginHost.load()
    assert caught.value.advice == "Did you mean 'good'?"


def test_a_folder_of_single_files_is_loaded_beside_the_installed_plugins(site, plugins_dir):
    """A file is a plugin of its own name; its hash is its version. Files that begin with an underscore are not plugins."""
    site.install("good")
    path = plugins_dir / "mine.py"
    path.write_text(GOOD, encoding="utf-8")
    (plugins_dir / "_helper.py").write_text("raise RuntimeError", encoding="utf-8")
    (plugins_dir / "notes.txt").write_text("x", encoding="utf-8")
    site.allow("mine")
    host = PluginHost.load(plugins_dir=plugins_dir)
    version = "sha256:" + hashlib.sha256(GOOD.encode()).hexdigest()[:12]
    task = host.task("mine.sorting")
    assert ("mine", "mine.py", version) == (task.plugin, task.distribution, task.distribution_version)
    assert [PluginInfo(name="mine", distribution="mine.py", version=version, source=str(path.resolve()))] == of(plugins_metadata(plugins_dir), "mine")
    assert host.failures == ()


@pytest.mark.parametrize(
    ("file", "source", "message"),
    [
        ("bad name.py", GOOD, "The plugin is named 'bad name'."),
        ("good.py", GOOD, "The name 'good' is taken twice, by acme-good 1.0 and good.py sha256:"),
        ("raising.py", "raise ValueError('no')", "ValueError: no"),
    ],
    ids=["name", "clash with an installed one", "import error"],
)
def test_a_faulty_file_fails_alone(site, plugins_dir, file, source, message):
    """Files are held to the same rules as distributions."""
    site.install("good")
    site.install("other")
    (plugins_dir / file).write_text(source, encoding="utf-8")
    site.allow(Path(file).stem)
    host = PluginHost.load(plugins_dir=plugins_dir)
    assert {message in plugin.error for plugin in host.failures} == {True}
    assert "other.sorting" in [component.id for component in host.tasks()]


def test_a_missing_folder_is_an_error(tmp_path):
    """A folder that is asked for must be there."""
    with pytest.raises(WorkbenchError, match="There is no folder"):
        PluginHost.load(plugins_dir=tmp_path / "nowhere")


def test_the_plugin_whose_code_raised_is_found(site, plugins_dir):
    """Innermost first; code without a plugin in its traceback is nobody's."""
    site.install("good", GOOD.replace('return example["text"]', "return len(None)"))
    (plugins_dir / "mine.py").write_text(GOOD.replace('return example["text"]', "return example()"), encoding="utf-8")
    site.allow("mine")
    host = PluginHost.load(plugins_dir=plugins_dir)
    inner = host.adapter("good.model").value
    outer = host.adapter("mine.model").value
    with pytest.raises(TypeError) as caught:
        outer.render(lambda: inner.render({}))
    assert responsible_plugin(caught.value, plugins_dir).name == "good"
    with pytest.raises(KeyError) as caught:
        outer.render(lambda: {}["x"])
    assert responsible_plugin(caught.value, plugins_dir).name == "mine"
    with pytest.raises(KeyError) as caught:
        {}["x"]
    assert responsible_plugin(caught.value, plugins_dir) is None
