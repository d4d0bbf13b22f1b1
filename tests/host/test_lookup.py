"""Names of components, and where each comes from."""

from __future__ import annotations

import inspect

import pytest

from workbench import hookspecs
from workbench.errors import PluginError, UnknownNameError, WorkbenchError
from workbench.host import Component, PluginHost
from workbench.host._kinds import KINDS


def test_the_host_knows_every_hook_of_the_contract():
    """One kind of component per hook specification."""
    specified = {name for name, value in vars(hookspecs).items() if inspect.isfunction(value) and name.startswith("workbench_")}
    assert specified == {kind.hook for kind in KINDS}


def test_every_component_carries_its_provenance(site):
    """Plugin, distribution and version come with the component, whatever its kind."""
    site.install("good", distribution="acme-tools", version="3.1")
    host = PluginHost.load()
    found = [host.task("sorting"), host.selector("length"), host.adapter("model"), host.metric("accuracy"), *host.report_sections()]
    assert [component.id for component in found] == ["good.sorting", "good.length", "good.model", "good.accuracy", "good.confusion"]
    assert [(each.plugin, each.distribution, each.distribution_version) for each in found] == [("good", "acme-tools", "3.1")] * 5
    task = found[0]
    assert (
        Component(
            id="good.sorting",
            kind="task",
            name="sorting",
            plugin="good",
            distribution="acme-tools",
            distribution_version="3.1",
            value=task.value,
        )
        == task
    )
    assert task.value.title == "Sorting"


def test_lists_hold_the_components_of_all_plugins(site):
    """In order of the plugins' names."""
    site.install("b")
    site.install("a")
    host = PluginHost.load()
    assert [component.id for component in host.selectors()] == ["a.length", "b.length"]
    assert [component.id for component in host.adapters()] == ["a.model", "b.model"]
    assert [component.id for component in host.metrics()] == ["a.accuracy", "b.accuracy"]


def test_a_short_name_is_looked_up_in_the_tasks_own_plugin_first(site):
    """Two plugins may use one name; each task gets its own, others say the id."""
    site.install("a")
    site.install("b")
    host = PluginHost.load()
    assert host.selector("length", "a.sorting").id == "a.length"
    assert host.selector("length", "b.sorting").id == "b.length"
    assert host.selector("a.length", "b.sorting").id == "a.length"
    assert host.metric("accuracy", "b.sorting").id == "b.accuracy"
    assert host.adapter("model", "b.sorting").id == "b.model"


def test_an_ambiguous_short_name_is_refused_with_the_ids(site):
    """The host does not choose between distributions."""
    site.install("a")
    site.install("b")
    with pytest.raises(WorkbenchError, match="'length' is supplied by several plugins") as caught:
        PluginHost.load().selector("length")
    assert caught.value.expected == "one of the ids: a.length, b.length"


def test_an_unknown_name_comes_with_the_nearest(site):
    """Among names that would work as they stand: short ones where they are unambiguous."""
    site.install("a")
    site.install("b")
    host = PluginHost.load()
    with pytest.raises(UnknownNameError) as caught:
        host.selector("lenth", "b.sorting")
    assert caught.value.known == ["a.length", "length"]
    assert caught.value.advice == "Did you mean 'length'?"
    with pytest.raises(UnknownNameError) as caught:
        host.task("soring")
    assert caught.value.known == ["a.sorting", "b.sorting"]


def test_a_name_of_an_unavailable_plugin_says_why(site, monkeypatch):
    """Failed and left out are two things, and neither is a misspelling."""
    site.install("good")
    site.install("broken", "import no_such_module_anywhere")
    with pytest.raises(PluginError, match=r"'broken' \(acme-broken 1.0\) failed. See: workbench plugins show broken"):
        PluginHost.load().task("broken.sorting")
    monkeypatch.setenv("WORKBENCH_PLUGINS", "good")
    with pytest.raises(PluginError, match="WORKBENCH_PLUGINS leaves the plugin 'broken'"):
        PluginHost.load().task("broken.sorting")
