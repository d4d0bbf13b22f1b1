"""Random stores of scored examples, policies and pins."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from workbench.store import NewSelectorRun
from workbench.types import Action, Findings, Policy, PolicyRule, Role, RoleType, Rule, Signal

ROLES = (Role(name="text", type=RoleType.TEXT), Role(name="label", type=RoleType.LABEL))
SIGNALS = (Signal(name="x", dtype="float64", summary="a number"), Signal(name="y", dtype="float64", summary="another"))
PAIRWISE = Signal(name="jaccard", dtype="float64", summary="similarity", pairwise=True)


def import_rows(store, rows, *, name="data", split="train", terms="CC0"):
    """A dataset of (text, label)."""
    from workbench.data.identity import content_hashes

    roles = pa.table(
        {"text": pa.array([text for text, _ in rows], pa.large_string()), "label": pa.array([label for _, label in rows], pa.large_string())}
    )
    hashes = content_hashes(roles, ["text", "label"]).to_pylist()
    count = len(rows)
    with store.datasets.stage(
        name=name, task="classification.classification", source="f", license=terms, roles=ROLES, target="label", keyed=False
    ) as s:
        s.add(
            pa.table(
                {
                    "split": [split] * count,
                    "key": pa.nulls(count, pa.string()),
                    "raw_hash": hashes,
                    "content_hash": hashes,
                    "source": [f"file {number % 2}" for number in range(count)],
                    "line": pa.array(range(1, count + 1), pa.int64()),
                    "meta": [f'{{"topic": "t{number % 3}"}}' for number in range(count)],
                    **{column: roles[column] for column in roles.column_names},
                }
            )
        )
        return s.finish(read=count)


def add_run(store, record, name, signals, *, table, edges=None):
    """A stored selector run."""
    run = NewSelectorRun(
        dataset_id=record.dataset_id,
        selector=f"classification.{name}",
        name=name,
        version="1",
        kind="noise",
        scope="row",
        plugin="classification",
        distribution="sft-workbench",
        distribution_version="0.1.0",
        params={},
        params_hash="p",
        signals=signals,
        scored=0,
        cached=0,
        errors=0,
        seconds=0.1,
    )
    return store.signals.add(run, np.arange(record.imported), Findings(signals=table, edges=edges))


def score_rows(store, record, seed, *, pairs=6):
    """Two runs: ``noise`` with two signals, some of them null, and ``near`` with copies and similar pairs."""
    rng = np.random.default_rng(seed)
    count = record.imported
    values = {signal.name: [None if rng.random() < 0.1 else float(rng.integers(0, 5)) for _ in range(count)] for signal in SIGNALS}
    noise = add_run(store, record, "noise", SIGNALS, table=pa.table({name: pa.array(column, pa.float64()) for name, column in values.items()}))
    chosen = {tuple(sorted(rng.choice(count, 2, replace=False).tolist())) for _ in range(pairs)}
    member = set(rng.choice(count, min(3, count), replace=False).tolist()) - {0}
    edges = [(0, row, "copy", 1.0) for row in sorted(member)]
    edges += [(a, b, "near", float(rng.choice([0.6, 0.7, 0.8, 0.9]))) for a, b in sorted(chosen) if not member & {a, b}]
    table = pa.table(
        {
            "a": pa.array([each[0] for each in edges], pa.int64()),
            "b": pa.array([each[1] for each in edges], pa.int64()),
            "signal": ["jaccard"] * len(edges),
            "kind": [each[2] for each in edges],
            "similarity": [each[3] for each in edges],
        }
    )
    near = add_run(store, record, "near", (PAIRWISE,), table=pa.table({"jaccard": pa.array([0.0] * count, pa.float64())}), edges=table)
    return (noise, near)


def rule(signal, action, operator, threshold):
    """A rule in one line."""
    return PolicyRule(signal=signal, rule=Rule(action=Action(action), operator=operator, threshold=threshold))


def policy(*rules, **changes):
    """A policy in one line."""
    return Policy(rules=tuple(rules), **changes)
