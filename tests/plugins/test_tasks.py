"""Every task that ships: what it must supply, and what its sample must hold."""

from __future__ import annotations

import json

import pytest

from workbench.curate import default_policy
from workbench.data import from_sample
from workbench.host import PluginHost
from workbench.types import ExampleTable, SelectorContext, SelectorKind

HOST = PluginHost.load(strict=True)
TASKS = [component.id for component in HOST.tasks() if component.distribution == "sft-workbench"]


@pytest.mark.parametrize("task", TASKS)
def test_a_task_supplies_a_full_loop(task: str) -> None:
    """One dedup, two noise and one bias selector at least, an adapter, metrics, a floor, plants, and a sample."""
    value = HOST.task(task).value
    kinds = [HOST.selector(name, task).value.kind for name in value.selectors]
    assert kinds.count(SelectorKind.DEDUP) >= 1
    assert kinds.count(SelectorKind.NOISE) >= 2
    assert kinds.count(SelectorKind.BIAS) >= 1
    assert HOST.adapter(value.adapter, task).value.head in {"sequence-classification", "span-qa", "seq2seq", "causal"}
    assert [HOST.metric(name, task).name for name in value.metrics] == list(value.metrics)
    assert value.floor is not None
    assert value.sample is not None


@pytest.mark.parametrize("task", TASKS)
def test_every_plant_names_selectors_that_the_task_runs(task: str) -> None:
    """Recall is only reported where the selector that is meant to find a defect is there."""
    value = HOST.task(task).value
    assert {name for plant in value.plants for name in plant.found_by} <= set(value.selectors)


@pytest.mark.parametrize("task", TASKS)
def test_a_sample_keeps_evaluation_clean(task: str) -> None:
    """No evaluation example stands in training, defects are planted in training alone, and the same seed gives the same sample."""
    value = HOST.task(task).value
    one, other = (from_sample(value, seed=3, size=400) for _ in range(2))
    assert one.fingerprint == other.fingerprint
    train = set(one.tables["train"]["content_hash"].to_pylist())
    assert not train & set(one.tables["eval"]["content_hash"].to_pylist())
    planted = one.planted.to_pylist()
    assert {each["kind"] for each in planted} == {plant.name for plant in value.plants}
    assert all(0 <= each["row"] < one.tables["train"].num_rows for each in planted)
    assert all(isinstance(json.loads(each["detail"]), dict) for each in planted)
    assert one.tables["eval"].num_rows >= 100


@pytest.mark.parametrize("task", TASKS)
def test_default_selectors_score_their_sample(task: str) -> None:
    """Each default selector gives its declared signals for every row, and leaves the examples as they were."""
    component = HOST.task(task)
    roles = tuple(role.name for role in component.value.roles)
    table = from_sample(component.value, seed=0, size=200).tables["train"]
    columns = table.select(["content_hash", "split", "source", "meta", *roles])
    import pyarrow as pa

    numbered = columns.add_column(0, "example_id", table["content_hash"]).add_column(0, "row", pa.array(range(len(table)), pa.int64()))
    examples = ExampleTable(numbered, roles)
    context = SelectorContext(roles={role.name: role for role in component.value.roles}, target=component.value.target)
    selectors = [HOST.selector(name, task).value for name in component.value.selectors]
    for selector in selectors:
        found = selector.score(examples, context)
        assert [signal.name for signal in selector.signals] == found.signals.column_names
        assert len(examples) == found.signals.num_rows
        assert numbered.equals(examples.table)
    assert {item.signal.partition(".")[0] for item in default_policy(component.value, selectors).rules} <= set(component.value.selectors)
