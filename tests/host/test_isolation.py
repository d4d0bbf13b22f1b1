"""One plugin's fault is that plugin's alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import PluginError
from workbench.host import PluginHost, PluginState

GOOD = (Path(__file__).parent / "good_plugin.py").read_text(encoding="utf-8")

FROZEN = "@dataclass(frozen=True, kw_only=True)\n"
METHODS = "plan = encode = train = predict = score = save = load = prepare"

# What the error says of a good plugin in which each first text was replaced by the second.
FAULTS = {
    "import error": ("ModuleNotFoundError", ("TASK = Task(", "import no_such_module\nTASK = Task(")),
    "syntax error": ("SyntaxError", ("TASK = Task(", "TASK = Task((")),
    "exit at import": ("SystemExit: 3", ("TASK = Task(", "raise SystemExit(3)\nTASK = Task(")),
    "no hook at all": ("has no hook. Expected at least one of: workbench_tasks", ("@hookimpl\ndef workbench", "def _")),
    "misspelt hook": ("There is no hook 'workbench_task'. Expected one of: workbench_tasks", ("def workbench_tasks", "def workbench_task")),
    "misspelt hook, unmarked": ("Did you mean 'workbench_metrics'?", ("@hookimpl\ndef workbench_metrics", "def workbench_metrcs")),
    "misspelt prefix": ("Did you mean 'workbench_metrics'?", ("@hookimpl\ndef workbench_metrics", "def worbench_metrics")),
    "hook of another name": ("There is no hook 'supply'.", ("def workbench_metrics", "def supply")),
    "unmarked hook": ("Put @hookimpl from workbench.hookspecs above it.", ("@hookimpl\ndef workbench_tasks", "def workbench_tasks")),
    "hook with a parameter": ("workbench_tasks takes parameters: (host=None).", ("workbench_tasks()", "workbench_tasks(host=None)")),
    "hook that wraps": ("Expected a plain @hookimpl.", ("@hookimpl\ndef workbench_tasks", "@hookimpl(wrapper=True)\ndef workbench_tasks")),
    "hook that asks for an order": (
        "Expected a plain @hookimpl.",
        ("@hookimpl\ndef workbench_tasks", "@hookimpl(tryfirst=True)\ndef workbench_tasks"),
    ),
    "hook that raises": ("ZeroDivisionError", ("return [TASK]", "return [1 / 0]")),
    "generator that raises late": ("RuntimeError: late", ("yield Length()", "yield Length()\n    raise RuntimeError('late')")),
    "error without a text": ("E: <exception str() failed>", ("return [TASK]", "raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})")),
    "no iterable": ("workbench_tasks returned a Task. Expected an iterable.", ("return [TASK]", "return TASK")),
    "wrong type": ("One of the tasks is of type str. Expected a workbench.types.Task.", ("return [TASK]", "return ['sorting']")),
    "another kind": ("Expected something with params, reads, scope, score, signals as well", ("yield Length()", "yield Accuracy()")),
    "two of a name": ("Two selectors are named 'length'.", ("yield Length()", "yield Length()\n    yield Length(version='2')")),
    "name with a dot": ("A selector is named 'text.length'.", ('name: str = "length"', 'name: str = "text.length"')),
    "task without a metric": ("task 'sorting': metrics is (). Expected at least one", ('metrics=("accuracy",)', "metrics=()")),
    "task with a list": ("selectors is ['length']. Expected a tuple of str.", ('selectors=("length",)', 'selectors=["length"]')),
    "target that is no role": ("target is 'answer'. Expected one of its roles: text, label.", ('target="label"', 'target="answer"')),
    "role that is a column already": ("role 'split': name is 'split'", ('Role(name="text"', 'Role(name="split"')),
    "no epochs": ("epochs is 0. Expected a number above 0.", ('model="scratch', 'epochs=0, model="scratch')),
    "unknown selector": ("The task 'sorting' cannot work: there is no selector 'lenght'.", ('selectors=("length",)', 'selectors=("lenght",)')),
    "unknown metric": ("there is no metric 'macro-f1'", ('metrics=("accuracy",)', 'metrics=("macro-f1",)')),
    "unknown adapter": ("Did you mean 'model'?", ('adapter="model"', 'adapter="modle"')),
    "policy on an unknown signal": ("there is no signal of 'length' 'words'", ('signal="length.characters"', 'signal="length.words"')),
    "selector not frozen": ("a frozen dataclass with a field params", (f"{FROZEN}class Length:", "@dataclass\nclass Length:")),
    "parameters not frozen": ("Expected a frozen dataclass.", (f"{FROZEN}class LengthParams", "@dataclass\nclass LengthParams")),
    "parameter without a default": (
        "Expected JSON values, each with a default",
        ('role: str = "text"', "role: str"),
        ("default_factory=LengthParams", "default_factory=lambda: LengthParams(role='text')"),
    ),
    "parameter that is no JSON": ("Expected JSON values, each with a default", ('role: str = "text"', "role: object = object")),
    "parameter that is no number": ("Expected JSON values, each with a default", ('role: str = "text"', "share: float = float('nan')")),
    "kind in plain words": ("kind is 'noise'. Expected a SelectorKind.", ("kind: SelectorKind = SelectorKind.NOISE", 'kind: str = "noise"')),
    "signal in capitals": ("Expected lower-case words joined by hyphens.", ('name="characters"', 'name="Characters"')),
    "signal that hides the row": ("signal 'row': name is 'row'", ('name="characters"', 'name="row"')),
    "signal of another type": ("dtype is 'int32'. Expected one of float64, int64, bool.", ('dtype="int64"', 'dtype="int32"')),
    "range upside down": ("low is 1. Expected less than high, which is 0.", ("low=0)", "low=1, high=0)")),
    "rule with an odd operator": ("operator is '=<'. Expected one of < <= > >= == !=.", ('operator="<"', 'operator="=<"')),
    "rule without a number": ("threshold is '2'. Expected a finite number.", ("threshold=2", 'threshold="2"')),
    "metric without its kind's methods": ("One of the additive metrics is of type Accuracy.", ("expand = finish = prepare", "prepare")),
    "method that is none": ("adapter 'model': load is 1. Expected a method.", (METHODS, METHODS.replace(" = load", "") + "\n    load = 1")),
    "property that raises": (
        "RuntimeError: no head",
        ('    head = "sequence', "    @property\n    def head(self):\n        raise RuntimeError('no head')\n    x = \""),
    ),
}


def changed(*edits):
    source = GOOD
    for old, new in edits:
        assert old in source
        source = source.replace(old, new)
    return source


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS)
def test_a_faulty_plugin_fails_as_a_whole_and_the_others_work(site, case):
    """A plugin that breaks the contract supplies nothing, says why, keeps its traceback, and takes no other with it."""
    message, *edits = case
    site.install("good")
    site.install("faulty", changed(*edits))
    host = PluginHost.load()
    states = {plugin.info.name: plugin.state for plugin in host.plugins if plugin.state is not PluginState.DISABLED}
    assert states == {"faulty": PluginState.FAILED, "good": PluginState.LOADED}
    (failure,) = host.failures
    assert message in failure.error
    assert failure.traceback
    assert failure.components == ()
    assert [component.id for component in host.tasks()] == ["good.sorting"]
    assert host.selector("length").id == "good.length"


def test_a_name_of_two_distributions_fails_for_both(site):
    """Neither of two plugins of one name is loaded, since no one could say which of them made a score."""
    site.install("good")
    site.install("twin", distribution="acme-twin", version="1.0", module="twin_a")
    site.install("twin", distribution="other-twin", version="2.0", module="twin_b")
    host = PluginHost.load()
    errors = {plugin.error for plugin in host.failures}
    assert {"The name 'twin' is taken twice, by acme-twin 1.0 and other-twin 2.0. Uninstall or rename one."} == errors
    assert [plugin.info.name for plugin in host.failures] == ["twin", "twin"]
    assert [component.id for component in host.tasks()] == ["good.sorting"]


def test_a_plugin_that_rests_on_a_failed_one_fails_too(site):
    """A task whose metric went with another plugin cannot work, says so, and the chain ends there."""
    site.install("base", changed(("return [Accuracy()]", "return [1 / 0]")))
    site.install("middle", changed(('metrics=("accuracy",)', 'metrics=("base.accuracy",)')))
    site.install("top", changed(('selectors=("length",)', 'selectors=("middle.length",)')))
    site.install("free")
    host = PluginHost.load()
    assert [plugin.info.name for plugin in host.failures] == ["base", "middle", "top"]
    assert "the plugin 'base' (acme-base 1.0) failed" in host.failures[1].error
    assert "the plugin 'middle' (acme-middle 1.0) failed" in host.failures[2].error


def test_what_a_plugin_prints_at_import_stays_out_of_the_result(site, capsys):
    """Standard output belongs to the command."""
    site.install("loud", "print('hello')\n" + GOOD.replace("from __future__ import annotations\n", ""))
    host = PluginHost.load()
    assert host.failures == ()
    assert capsys.readouterr() == ("", "hello\n")


def test_an_interrupt_during_import_stops_the_program(site):
    """Only an interrupt passes the guard."""
    site.install("slow", changed(("TASK = Task(", "raise KeyboardInterrupt\nTASK = Task(")))
    with pytest.raises(KeyboardInterrupt):
        PluginHost.load()


def test_strict_makes_a_failed_plugin_fatal(site):
    """The error names plugin, distribution, version and the way out, and carries the traceback for -v."""
    site.install("good")
    site.install("broken", changed(("return [TASK]", "return [1 / 0]")), version="2.5")
    with pytest.raises(PluginError) as caught:
        PluginHost.load(strict=True)
    assert str(caught.value) == (
        "The plugin 'broken' (acme-broken 2.5) failed: ZeroDivisionError: division by zero "
        "Repair or uninstall it, leave it out with WORKBENCH_PLUGINS, or start without --strict-plugins."
    )
    assert "ZeroDivisionError" in caught.value.__notes__[0]


def test_strict_passes_where_nothing_failed(site):
    """Strictness changes nothing for good plugins."""
    site.install("good")
    assert [component.id for component in PluginHost.load(strict=True).tasks()] == ["good.sorting"]
