"""What the tests of curation share: an empty store, and datasets of given examples, scored by the selectors of a task that look for duplicates."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from workbench.curate import ConfiguredSelector, decide, default_policy, score
from workbench.host import PluginHost
from workbench.store import Store
from workbench.types import RoleType, SelectorKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.curate import Decision
    from workbench.store import DatasetRecord, SelectorRun
    from workbench.types import Policy

sys.path.insert(0, str(Path(__file__).parent))

SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("text", pa.large_string())])
ARROW = {RoleType.TEXT: pa.large_string(), RoleType.LABEL: pa.large_string(), RoleType.SPANS: pa.large_list(SPAN)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scored:
    """A dataset that duplicates were looked for in."""

    store: Store
    dataset: DatasetRecord
    runs: Sequence[SelectorRun]
    policy: Policy

    def decide(self, **changes: object) -> tuple[Decision, list[dict[str, object]]]:
        """The decision of the task's default policy with these changes, and the verdicts in row order."""
        decision = decide(self.store, self.dataset.dataset_id, self.runs, dataclasses.replace(self.policy, **changes))
        return decision, self.store.curation.verdicts(decision.verdict_set).to_pylist()

    def edges(self, selector: str = "near-duplicates") -> list[dict[str, object]]:
        """The stored edges of a selector."""
        return self.store.signals.edges(next(run.selector_run for run in self.runs if run.name == selector)).to_pylist()


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    return Store.create(tmp_path / "test.duckdb")


@pytest.fixture(scope="session")
def host() -> PluginHost:
    """The plugins that ship."""
    return PluginHost.load(strict=True)


@pytest.fixture
def scored(tmp_path, host):
    """Import examples given by role (and ``source``), and score them with the task's selectors that look for duplicates."""

    def make(task: str, columns: Mapping[str, Sequence[object]], *, params: Mapping[str, Mapping[str, object]] | None = None) -> Scored:
        component = host.task(task)
        store = Store.create(tmp_path / f"{task}.duckdb")
        dataset = imported(store, component, columns)
        selectors = [host.selector(name, component.id) for name in component.value.selectors]
        selectors = [each for each in selectors if each.value.kind is SelectorKind.DEDUP]
        configured = [
            ConfiguredSelector(
                id=each.id,
                selector=dataclasses.replace(each.value, params=dataclasses.replace(each.value.params, **(params or {}).get(each.value.name, {}))),
                plugin=each.plugin,
                distribution=each.distribution,
                distribution_version=each.distribution_version,
            )
            for each in selectors
        ]
        policy = default_policy(component.value, [each.value for each in selectors])
        return Scored(store=store, dataset=dataset, runs=score(store, dataset, configured), policy=policy)

    return make


def imported(store, component, columns):
    """A dataset of these examples as training split."""
    roles = component.value.roles
    size = len(next(iter(columns.values())))
    values = {role.name: columns.get(role.name, [None] * size) for role in roles}
    rows = [json.dumps([each[at] for each in values.values()], ensure_ascii=False) for at in range(size)]
    hashes = [hashlib.blake2b(row.encode(), digest_size=16).hexdigest() for row in rows]
    table = {
        "split": pa.array(["train"] * size, pa.string()),
        "key": pa.nulls(size, pa.string()),
        "raw_hash": pa.array(hashes, pa.string()),
        "content_hash": pa.array(hashes, pa.string()),
        "source": pa.array(columns.get("source", [f"part-{at % 50}.jsonl" for at in range(size)]), pa.string()),
        "line": pa.array(range(1, size + 1), pa.int64()),
        "meta": pa.array(["{}"] * size, pa.string()),
    }
    table |= {role.name: pa.array(values[role.name], ARROW[role.type]) for role in roles}
    with store.datasets.stage(
        name="data", task=component.id, source="data", license="CC0", roles=roles, target=component.value.target, keyed=False
    ) as importing:
        importing.add(pa.table(table))
        return importing.finish(read=size)
