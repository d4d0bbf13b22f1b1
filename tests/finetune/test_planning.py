"""Plans, options, environments, presets and what an experiment's arms share."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import RecipeError, RunError, UnknownNameError, WorkbenchError
from workbench.finetune import PRESETS, CausalGeneration, SequenceClassification, environment
from workbench.types import Environment, FineTuneSpec, RunPlan, TrainContext

if TYPE_CHECKING:
    from pathlib import Path
    from types import SimpleNamespace

MODEL = "scratch:encoder-tiny"


def test_a_plan_is_a_pure_function_of_plain_values(case, toys: SimpleNamespace, tmp_path: Path):
    """The same spec gives the same plan, and a plan survives a trip through JSON."""
    plan, _ = case.ready(tmp_path)
    assert plan == case.adapter.plan(case.spec(tmp_path), toys.machine)
    assert plan == RunPlan(**{**json.loads(json.dumps(asdict(plan))), "warnings": plan.warnings})


def test_options_of_a_recipe_reach_the_plan(toys: SimpleNamespace):
    """Every common option lands where training looks for it; a number that YAML reads as text is a number."""
    options = {
        "epochs": 2,
        "learning_rate": "1e-3",
        "batch_size": 8,
        "warmup": 0,
        "weight_decay": 0.1,
        "max_length": 32,
        "evaluations": 1,
        "keep_best": True,
    }
    plan = SequenceClassification().plan(FineTuneSpec(model=MODEL, options=options, max_steps=7), toys.machine)
    assert (2.0, 1e-3, 8, 0.0, 0.1, 32, 7) == (
        plan.epochs,
        plan.learning_rate,
        plan.batch_size,
        plan.warmup,
        plan.weight_decay,
        plan.max_length,
        plan.max_steps,
    )
    assert (1, True) == (plan.options["evaluations"], plan.options["keep_best"])


def test_the_declared_options_are_all_that_a_recipe_may_set(case, toys: SimpleNamespace):
    """Each declared option is accepted at its default, and has one."""
    plan = case.adapter.plan(FineTuneSpec(model=case.model, options=case.adapter.options), toys.machine)
    assert case.adapter.plan(FineTuneSpec(model=case.model), toys.machine) == plan


BAD = {
    "unknown option": ({"learning_rat": 1}, UnknownNameError, "Did you mean 'learning_rate'?"),
    "text for a number": ({"batch_size": "many"}, RecipeError, "a whole number of at least 1"),
    "fraction for a count": ({"batch_size": 2.5}, RecipeError, "a whole number"),
    "yes for a number": ({"epochs": True}, RecipeError, "a number from 0.01"),
    "number for a switch": ({"keep_best": 1}, RecipeError, "true or false"),
    "none where there is a default": ({"epochs": None}, RecipeError, "a number"),
    "below the range": ({"batch_size": 0}, RecipeError, "at least 1"),
    "above the range": ({"warmup": 1.5}, RecipeError, "from 0 to 1"),
    "not a number": ({"warmup": float("nan")}, RecipeError, "from 0 to 1"),
    "no steps": ({"max_steps": 0}, RecipeError, "at least 1"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_option_is_refused_with_what_was_expected(toys: SimpleNamespace, name: str):
    """An unknown name gets the nearest one, a wrong value what it should have been."""
    options, error, message = BAD[name]
    steps = options.get("max_steps")
    given = {key: value for key, value in options.items() if key != "max_steps"}
    with pytest.raises(error) as caught:
        SequenceClassification().plan(FineTuneSpec(model=MODEL, options=given, max_steps=steps), toys.machine)
    assert message in str(caught.value)


@pytest.mark.parametrize("model", ["scratch:encoder-tin", "scratch:", "scratch:causal-tiny"])
def test_an_unknown_preset_is_refused_with_those_of_the_head(toys: SimpleNamespace, model: str):
    """A preset that does not exist, or carries another head, is answered with the presets that do."""
    with pytest.raises(UnknownNameError) as caught:
        SequenceClassification().plan(FineTuneSpec(model=model), toys.machine)
    assert ["scratch:encoder-small", "scratch:encoder-tiny"] == caught.value.known


def test_warnings_tell_what_will_not_fit(toys: SimpleNamespace, tmp_path: Path):
    """A machine too small, more devices than are used, and data not yet looked at are told beforehand; a fitting run has no warnings."""
    case = toys.cases["classification"]
    plan, _ = case.ready(tmp_path)
    assert () == plan.warnings
    small = case.adapter.plan(case.spec(tmp_path), replace(toys.machine, memory=2**20, devices=2))
    assert ["Training needs about", "One of the 2 devices"] == [warning[:20] for warning in small.warnings]
    assert case.adapter.plan(FineTuneSpec(model=MODEL), toys.machine).warnings[0].startswith("Lengths and memory are estimated")


def test_a_gpu_is_planned_with_half_precision_where_it_has_it():
    """Weights stay float32; computing is bfloat16 on a GPU that can."""
    machine = Environment(device="cuda", cores=4, memory=2**36, bf16=True)
    plan = SequenceClassification().plan(FineTuneSpec(model=MODEL), machine)
    assert ("float32", "cuda", "bfloat16") == (plan.dtype, plan.device, plan.options["autocast"])


def test_lengths_beyond_the_model_are_refused(toys: SimpleNamespace, tmp_path: Path):
    """A length that the model cannot read, or that leaves no room for the prompt, is refused when it is planned."""
    case = toys.cases["causal"]
    case.ready(tmp_path)
    with pytest.raises(RecipeError, match="at most 4096"):
        case.adapter.plan(case.spec(tmp_path, max_length=5000), toys.machine)
    with pytest.raises(RecipeError, match="room for the prompt"):
        CausalGeneration().plan(FineTuneSpec(model=case.model, options={"max_length": 64, "max_target_length": 64}), toys.machine)


def test_assets_of_another_model_are_refused(toys: SimpleNamespace, tmp_path: Path):
    """Assets belong to the model that they were made for, and a folder without them is told as such."""
    case = toys.cases["classification"]
    case.ready(tmp_path)
    with pytest.raises(RunError, match="made for scratch:encoder-tiny"):
        case.adapter.plan(replace(case.spec(tmp_path), model="scratch:encoder-small"), toys.machine)
    with pytest.raises(RunError, match="holds no fine-tune assets"):
        case.adapter.plan(FineTuneSpec(model=MODEL, assets=tmp_path), toys.machine)
    plan = case.adapter.plan(FineTuneSpec(model=MODEL), toys.machine)
    with pytest.raises(RunError, match="names no assets"):
        case.adapter.encode(case.train, plan)


def test_the_shared_assets_are_deterministic(case, tmp_path: Path):
    """The same raw train gives the same tokenizer, config and measures, byte for byte."""
    for name in ("a", "b"):
        case.adapter.prepare(case.train, case.spec(tmp_path), tmp_path / name)
    first, second = ({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("a", "b"))
    assert first == second


def test_lengths_come_from_a_high_percentile_of_raw_train(toys: SimpleNamespace, tmp_path: Path):
    """One long text among a hundred does not set the length for all."""
    texts = ["a short text"] * 99 + ["long " * 500]
    table = toys.examples(text=texts, label=["x", "y"] * 50)
    SequenceClassification().prepare(table, FineTuneSpec(model=MODEL), tmp_path)
    plan = SequenceClassification().plan(FineTuneSpec(model=MODEL, assets=tmp_path), toys.machine)
    assert 8 == plan.max_length


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_built_and_trained(toys: SimpleNamespace, tmp_path: Path, name: str):
    """Each preset carries each of its heads for a step."""
    for head in PRESETS[name].heads:
        case = next(case for case in toys.cases.values() if case.adapter.head == head)
        case = replace(case, model=f"scratch:{name}")
        plan, encoded = case.ready(tmp_path / head, steps=1)
        artifact = case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / head / "run"))
        assert len(case.test) == case.adapter.predict(artifact, case.test).num_rows


def test_this_machine_is_described():
    """The environment has at least one core and some memory."""
    machine = environment()
    assert machine.cores >= 1
    assert machine.memory > 2**28


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=200))
def test_a_scratch_tokenizer_loses_nothing(tokenizer, text: str):
    """Any text in any script comes back from its tokens, whatever the tokenizer was trained on."""
    from workbench.finetune._tokenizers import token_ids

    assert text == tokenizer.decode(token_ids(tokenizer, [text], special=False)[0])


@pytest.fixture(scope="module")
def tokenizer(toys: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory):
    from workbench.finetune._tokenizers import load_tokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    SequenceClassification().prepare(toys.sentiment(), FineTuneSpec(model=MODEL), folder)
    return load_tokenizer(folder)


def test_importing_the_package_is_light():
    """A plugin that configures an adapter, and asks it for options and a rendered text, imports no heavy library."""
    code = """
        import sys
        from workbench.finetune import CausalGeneration, SequenceClassification, SequenceToSequence, SpanQuestionAnswering
        adapters = [SequenceClassification(), SpanQuestionAnswering(), SequenceToSequence(), CausalGeneration()]
        [(adapter.options, adapter.render({"text": "a"})) for adapter in adapters]
        print([name for name in ("torch", "transformers", "tokenizers", "datasets", "pyarrow", "numpy") if name in sys.modules])
    """
    import textwrap

    path = ":".join(entry for entry in sys.path if entry)
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True, env={"PYTHONPATH": path})
    assert "[]" == done.stdout.strip()


def test_errors_are_deliberate():
    """All that a user can cause is an error of the workbench."""
    assert all(issubclass(error, WorkbenchError) for _, error, _ in BAD.values())
