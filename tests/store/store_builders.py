"""Small datasets, selector runs and results to fill a store with."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from workbench.store import MetricResult, NewSelectorRun
from workbench.types import Action, Findings, PolicyRule, Role, RoleType, Rule, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.store import DatasetRecord, SelectorRun, Store

ROLES = (Role(name="text", type=RoleType.TEXT), Role(name="label", type=RoleType.LABEL, columns=("category",)))
SCORE = Signal(name="score", dtype="float64", summary="a number")


def digest(*parts: object) -> str:
    """A stand-in for a content hash."""
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def examples(
    rows: Sequence[tuple[str, str]], *, split: str = "train", keys: Sequence[str] | None = None, raw: Sequence[str] | None = None
) -> pa.Table:
    """Staged examples of (text, label)."""
    count = len(rows)
    return pa.table(
        {
            "split": pa.array([split] * count, pa.string()),
            "key": pa.array(keys or [None] * count, pa.string()),
            "raw_hash": pa.array(raw or [digest("raw", *row) for row in rows], pa.string()),
            "content_hash": pa.array([digest(*row) for row in rows], pa.string()),
            "source": pa.array(["file.jsonl"] * count, pa.string()),
            "line": pa.array(range(1, count + 1), pa.int64()),
            "meta": pa.array(["{}"] * count, pa.string()),
            "text": pa.array([text for text, _label in rows], pa.large_string()),
            "label": pa.array([label for _text, label in rows], pa.large_string()),
        }
    )


def rejected(count: int) -> pa.Table:
    """Rows set aside."""
    return pa.table(
        {"file": ["file.jsonl"] * count, "line": pa.array(range(count), pa.int64()), "reason": ["not JSON"] * count, "excerpt": ["{"] * count}
    )


def stage(store: Store, name: str = "data", *, roles: tuple[Role, ...] = ROLES, keyed: bool = False, task: str = "classification.classification"):
    """Begin an import."""
    return store.datasets.stage(name=name, task=task, source="file.jsonl", license="CC0", roles=roles, target=roles[-1].name, keyed=keyed)


def imported(store: Store, *tables: pa.Table, name: str = "data", keyed: bool = False) -> DatasetRecord:
    """A dataset of these staged examples."""
    with stage(store, name, keyed=keyed) as importing:
        for table in tables:
            importing.add(table)
        return importing.finish(read=sum(table.num_rows for table in tables))


def numbered(count: int) -> list[tuple[str, str]]:
    """So many different examples."""
    return [(f"text {number}", f"label {number % 3}") for number in range(count)]


def run_of(
    dataset_id: int, signals: tuple[Signal, ...] = (SCORE,), *, name: str = "near-duplicates", scope: str = "row", **changes: Any
) -> NewSelectorRun:
    """A selector run that is not stored yet."""
    values: dict[str, Any] = {
        "dataset_id": dataset_id,
        "selector": f"classification.{name}",
        "name": name,
        "version": "1",
        "kind": "dedup",
        "scope": scope,
        "plugin": "classification",
        "distribution": "sft-workbench",
        "distribution_version": "0.1.0",
        "params": {"floor": 0.0},
        "params_hash": "abc",
        "signals": signals,
        "scored": 0,
        "cached": 0,
        "errors": 0,
        "seconds": 0.5,
        "notes": ("a note",),
    }
    return NewSelectorRun(**{**values, **changes})


def scored(store: Store, dataset_id: int, values: Sequence[float | None], **changes: Any) -> SelectorRun:
    """A stored run with one signal over the first rows."""
    findings = Findings(signals=pa.table({"score": pa.array(values, pa.float64())}))
    return store.signals.add(run_of(dataset_id, **changes), np.arange(len(values)), findings)


def rule(signal: str, operator: str, threshold: float, action: Action = Action.DROP) -> PolicyRule:
    """A rule in one line."""
    return PolicyRule(signal=signal, rule=Rule(action=action, operator=operator, threshold=threshold))


def verdict_table(verdicts: Sequence[str], fired: Sequence[Sequence[str]] | None = None, pins: Sequence[str | None] | None = None) -> pa.Table:
    """Verdicts over the first rows."""
    count = len(verdicts)
    return pa.table(
        {
            "row": pa.array(range(count), pa.int64()),
            "verdict": pa.array(verdicts, pa.string()),
            "fired": pa.array(fired or [[]] * count, pa.list_(pa.string())),
            "partner": pa.nulls(count, pa.int64()),
            "pin": pa.array(pins or [None] * count, pa.string()),
        }
    )


def planned_run(store: Store, dataset_id: int, *, experiment_id: int | None = None, name: str = "exp/raw/0", seed: int = 0, arm: str = "raw"):
    """A run on the list."""
    return store.experiments.plan_run(
        experiment_id=experiment_id,
        dataset_id=dataset_id,
        name=name,
        arm=arm,
        seed=seed,
        adapter="classification.classifier",
        version="1",
        plugin="classification",
        distribution="sft-workbench",
        distribution_version="0.1.0",
        plan={"epochs": 3.0},
        environment={"cores": 2},
        rows=3,
    )


def metric_result(statistics: np.ndarray, *, name: str = "classification.accuracy", value: float | None = 0.5) -> MetricResult:
    """What a metric said."""
    missing = int(np.isnan(statistics).all(axis=1).sum())
    return MetricResult(
        metric=name,
        version="1",
        value=value,
        n=len(statistics) - missing,
        not_scored=missing,
        signature="accuracy",
        state={"labels": ["a", "b"]},
        direction="higher",
        percent=False,
        kind="additive",
        statistics=statistics,
        plugin="classification",
        distribution="sft-workbench",
        distribution_version="0.1.0",
    )
