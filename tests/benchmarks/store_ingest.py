"""How fast the store takes in and decides on a million examples with twelve signals, and how long it keeps others waiting.

    python tests/benchmarks/store_ingest.py [--rows 1000000] [--folder /tmp]

Texts have about 40 words (250 bytes). What the rules say is compared with NumPy before any time is printed. ``longest hold`` is the longest time that
one access held the store's lock during the step; ``cpu`` is the time of all cores, which other work on the machine disturbs least; ``peak`` is the
process's greatest resident memory so far, the data itself included.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import hashlib
import resource
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from workbench.store import NewSelectorRun, RowFilter, Store
from workbench.store.lock import StoreLock
from workbench.types import Action, Findings, PolicyRule, Role, RoleType, Rule, Signal

ROLES = (Role(name="text", type=RoleType.TEXT), Role(name="label", type=RoleType.LABEL))
SIGNALS = tuple(Signal(name=f"s{number}", dtype="float64", summary="random") for number in range(12))
WORDS = np.array([f"word{number}" for number in range(400)])
PART = 50_000


def batch(start, count, rng):
    """Staged examples."""
    texts = [" ".join(words) for words in WORDS[rng.integers(0, len(WORDS), (count, 40))]]
    hashes = [hashlib.blake2b(f"{start + position}".encode(), digest_size=16).hexdigest() for position in range(count)]
    return pa.table(
        {
            "split": ["train"] * count,
            "key": pa.nulls(count, pa.string()),
            "raw_hash": hashes,
            "content_hash": hashes,
            "source": ["train.jsonl"] * count,
            "line": pa.array(range(start + 1, start + count + 1), pa.int64()),
            "meta": ["{}"] * count,
            "text": texts,
            "label": [f"label {number}" for number in rng.integers(0, 10, count)],
        }
    )


holds: list[float] = []
hold = StoreLock.hold


@contextmanager
def timed_hold(lock, **options):
    """As ``StoreLock.hold``, with a look at the clock."""
    with hold(lock, **options):
        since = time.perf_counter()
        yield
        holds.append(time.perf_counter() - since)


class Report:
    """Times steps and prints a line for each."""

    def __init__(self, rows):
        self.rows = rows
        print(f"{'step':<42}{'seconds':>9}{'cpu':>7}{'rows/s':>12}{'longest hold':>14}{'peak GiB':>10}")

    def step(self, name, work):
        """Run it once."""
        holds.clear()
        since, used = time.perf_counter(), time.process_time()
        result = work()
        seconds, used = time.perf_counter() - since, time.process_time() - used
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{name:<42}{seconds:>9.2f}{used:>7.2f}{self.rows / seconds:>12,.0f}{max(holds, default=0.0):>13.2f}s{peak:>10.2f}", flush=True)
        return result


def main():
    """Run every step once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    rows = arguments.rows
    StoreLock.hold = timed_hold
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        store = Store.create(Path(folder) / "benchmark.duckdb")
        batches = [batch(start, min(PART, rows - start), rng) for start in range(0, rows, PART)]
        values = rng.random((rows, len(SIGNALS)))
        findings = Findings(signals=pa.table({signal.name: values[:, number] for number, signal in enumerate(SIGNALS)}))
        report = Report(rows)
        with store.datasets.stage(name="data", task="t.t", source="", license="", roles=ROLES, target="label", keyed=False) as importing:
            report.step("stage examples as Parquet", lambda: [importing.add(table) for table in batches])
            dataset = report.step("number, fingerprint and ingest them", lambda: importing.finish(read=rows))
        texts = sum(report.step("read them in pages", lambda: [len(page) for page in store.datasets.batches(dataset.dataset_id)]))
        assert texts == rows
        run = NewSelectorRun(
            dataset_id=dataset.dataset_id,
            selector="t.s",
            name="s",
            version="1",
            kind="noise",
            scope="row",
            plugin="t",
            distribution="d",
            distribution_version="1",
            params={},
            params_hash="",
            signals=SIGNALS,
            scored=rows,
            cached=0,
            errors=0,
            seconds=0.0,
        )
        run = report.step("ingest 12 signals", lambda: store.signals.add(run, np.arange(rows), findings))
        rules = [PolicyRule(signal=f"s.s{number}", rule=Rule(action=Action.DROP, operator=">", threshold=0.99)) for number in range(12)]
        fired = store.curation.fired([run], rules)
        for number in range(12):
            assert np.array_equal(fired.column(f"r{number}").to_numpy(), values[:, number] > 0.99)
        report.step("which of 12 rules fire", lambda: store.curation.fired([run], rules))
        report.step("read 12 signals", lambda: store.signals.read(run.selector_run))
        dropped = fired.column("r0").to_numpy()
        verdicts = pa.table(
            {
                "row": np.arange(rows),
                "verdict": np.where(dropped, "drop", "keep"),
                "fired": pa.array([["s.s0 drop"] if drop else [] for drop in dropped], pa.list_(pa.string())),
                "partner": pa.nulls(rows, pa.int64()),
                "pin": pa.nulls(rows, pa.string()),
            }
        )
        verdict_set = report.step("save verdicts", lambda: store.curation.save(dataset.dataset_id, "p", 0, verdicts, {}))
        report.step("a page of 50 dropped from the middle", lambda: store.curation.page(verdict_set, RowFilter(verdict="drop"), after_row=rows // 2))
        report.step("count a text that nothing contains", lambda: store.curation.count(verdict_set, RowFilter(text="zebra")))
        report.step("pin 100,000 rows", lambda: store.ledger.pin("data", range(min(rows, 100_000)), "keep", author="me"))
        report.step("read these pins", lambda: store.ledger.pins(dataset.dataset_id))
        report.step("append one entry to the ledger", lambda: store.ledger.append("x", {}, dataset="data", author="me"))
        print(f"size of the store: {store.status().bytes / 2**20:,.0f} MiB")
        report.step("remove the dataset", lambda: store.datasets.remove("data"))


if __name__ == "__main__":
    main()
