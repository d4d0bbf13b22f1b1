"""How soon a moved threshold is answered on a million rows with twelve signals, duplicates included.

    python tests/benchmarks/what_if.py [--rows 1000000] [--folder /tmp]

One row in five has near duplicates and one in ten is a copy. Before any time is printed, the counts of a preview are compared with those of ``decide``
on the same policy, and those of single rules with NumPy. ``cold`` is the first answer of a process, which reads signals and edges from the store;
``warm`` is the median of eleven, each with a threshold that was not asked about before. ``cpu`` is the time of all cores, which other work on the
machine disturbs least.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from store_ingest import PART, ROLES, SIGNALS, batch

from workbench.curate import Material, decide, what_if
from workbench.store import NewSelectorRun, Store
from workbench.types import Action, Findings, Policy, PolicyRule, Rule, Signal

PAIRWISE = Signal(name="jaccard", dtype="float64", summary="similarity", pairwise=True)


def timed(name, work, repeat=1):
    """Run it, print how long it took, give the last result."""
    seconds, used = [], []
    for _ in range(repeat):
        since, before = time.perf_counter(), time.process_time()
        result = work()
        seconds.append(time.perf_counter() - since)
        used.append(time.process_time() - before)
    print(f"{name:<58}{statistics.median(seconds):>9.3f}{max(seconds):>9.3f}{statistics.median(used):>9.3f}")
    return result


def selector_run(dataset_id, name, signals):
    """A selector run that is not stored yet."""
    return NewSelectorRun(
        dataset_id=dataset_id,
        selector=f"classification.{name}",
        name=name,
        version="1",
        kind="noise",
        scope="row",
        plugin="classification",
        distribution="sft-workbench",
        distribution_version="0.1.0",
        params={},
        params_hash="0",
        signals=signals,
        scored=0,
        cached=0,
        errors=0,
        seconds=0.0,
    )


def edges(rows, rng):
    """Copies of one row in ten in small groups, and near pairs among one row in five."""
    shuffled = rng.permutation(rows)
    copies, similar = shuffled[: rows // 10], shuffled[rows // 10 : rows // 10 + rows // 5]
    groups = np.sort(copies[: len(copies) // 5 * 5].reshape(-1, 5), axis=1)
    near = np.sort(np.column_stack([similar, np.roll(similar, 1)]), axis=1)
    near = np.vstack([near, np.sort(np.column_stack([similar, np.roll(similar, 7)]), axis=1)])
    count = groups.shape[0] * 4
    return pa.table(
        {
            "a": np.concatenate([np.repeat(groups[:, 0], 4), near[:, 0]]),
            "b": np.concatenate([groups[:, 1:].ravel(), near[:, 1]]),
            "signal": ["jaccard"] * (count + len(near)),
            "kind": ["copy"] * count + ["near"] * len(near),
            "similarity": np.concatenate([np.ones(count), rng.uniform(0.6, 1.0, len(near))]),
        }
    )


def build(store, rows):
    """A dataset of so many rows and its two runs; twelve signals, and edges."""
    rng = np.random.default_rng(0)
    with store.datasets.stage(name="big", task="t", source="f", license="", roles=ROLES, target="label", keyed=False) as stage:
        for start in range(0, rows, PART):
            stage.add(batch(start, min(PART, rows - start), rng))
        record = stage.finish(read=rows)
    values = {signal.name: rng.random(rows) for signal in SIGNALS}
    noise = store.signals.add(selector_run(record.dataset_id, "noise", SIGNALS), np.arange(rows), Findings(signals=pa.table(values)))
    found = Findings(signals=pa.table({"jaccard": np.zeros(rows)}), edges=edges(rows, rng))
    near = store.signals.add(selector_run(record.dataset_id, "near", (PAIRWISE,)), np.arange(rows), found)
    return record, (noise, near), values


def policy(threshold, jaccard=None):
    """Twelve row rules, and a rule on duplicates where ``jaccard`` is given."""
    rules = [
        PolicyRule(signal=f"noise.{signal.name}", rule=Rule(action=Action.REVIEW if number % 3 else Action.DROP, operator=">", threshold=threshold))
        for number, signal in enumerate(SIGNALS)
    ]
    if jaccard is not None:
        rules.append(PolicyRule(signal="near.jaccard", rule=Rule(action=Action.DROP, operator=">=", threshold=jaccard)))
    return Policy(rules=tuple(rules))


def main():
    """Build, compare, then time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", default=None)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        store = Store.create(Path(folder) / "big.duckdb")
        record, runs, values = build(store, arguments.rows)
        print(f"{arguments.rows:,} rows, 12 signals, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
        print(f"{'step':<58}{'seconds':>9}{'worst':>9}{'cpu':>9}")
        thresholds = (0.9 + step / 1000 for step in itertools.count())
        in_force, in_force_with = policy(0.95), policy(0.95, 0.8)
        material = timed("read which rows there are", lambda: Material(store, record.dataset_id, runs))
        first = policy(next(thresholds))
        preview = timed("row rules, cold: twelve rules, counts, overlap", lambda: what_if(material, in_force, first))
        for rule, signal in zip(preview.after.rules, SIGNALS, strict=True):
            assert rule.fired == int((values[signal.name] > 0.9).sum())
        timed("row rules, warm: all twelve thresholds moved", lambda: what_if(material, in_force, policy(next(thresholds))), 11)
        moved = lambda: Policy(rules=(*in_force.rules[1:], *policy(next(thresholds)).rules[:1]))  # noqa: E731
        preview = timed("row rules, warm: one threshold moved", lambda: what_if(material, in_force, moved()), 11)
        timed("change by slice of the label, cold", lambda: preview.slices("label"))
        timed("change by slice of the label, warm", lambda: preview.slices("label"), 11)
        timed("a sample of 20 rows that would change", preview.sample, 11)
        timed("duplicates, cold: edges, lengths, the greedy", lambda: what_if(material, in_force_with, policy(0.95, 0.7)))
        floors = (0.7 + step / 1000 for step in itertools.count(1))
        preview = timed("duplicates, warm: threshold of similarity moved", lambda: what_if(material, in_force_with, policy(0.95, next(floors))), 11)
        timed("duplicates left as they were, row rules moved", lambda: what_if(material, in_force_with, policy(0.94, 0.75), duplicates=False), 3)
        number = store.ledger.number()
        candidate = policy(0.95, 0.77)
        told = what_if(material, in_force_with, candidate)
        decision = timed("apply: decide and store all verdicts", lambda: decide(store, record.dataset_id, runs, candidate, material=material))
        assert told.after == decision.counts
        assert number == decision.ledger_number


if __name__ == "__main__":
    main()
