"""Decontamination: examples of 60 to 120 words held against 10,000 items of 20 to 120, of which one example in fifty holds a part or the whole.

    python tests/benchmarks/contamination.py [--rows 1000000] [--items 10000] [--threads 2]

What is found is counted and compared with what was planted before any time is told. Compiling is told apart, and the time of all cores, which other work
on the machine disturbs least.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import pyarrow as pa

from workbench.selectors import Contamination
from workbench.types import ExampleTable, HeldOut, SelectorContext

VOCABULARY = 30_000
PART = 20_000


def texts(rng: np.random.Generator, words: np.ndarray, count: int, least: int, most: int) -> list[list[str]]:
    """Texts of words drawn as natural language does, a few of them most of the time."""
    sizes = rng.integers(least, most + 1, count)
    drawn = words[np.minimum(rng.zipf(1.3, int(sizes.sum())), VOCABULARY) - 1]
    return [part.tolist() for part in np.split(drawn, np.cumsum(sizes)[:-1])]


def table(lists: list[list[str]]) -> ExampleTable:
    """Texts as examples."""
    count = len(lists)
    columns = {
        "row": np.arange(count),
        "example_id": [""] * count,
        "content_hash": [f"{number:032x}" for number in range(count)],
        "source": ["items.jsonl"] * count,
        "line": pa.array(np.arange(1, count + 1)),
        "text": pa.array([" ".join(words) for words in lists], pa.large_string()),
    }
    return ExampleTable(pa.table(columns), ("text",))


def main() -> None:
    """Print microseconds a row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    words = np.array([f"w{number:x}" for number in range(VOCABULARY)], dtype=object)
    items = texts(rng, words, arguments.items, 20, 120)
    context = SelectorContext(threads=arguments.threads, held_out=HeldOut(examples=table(items), fingerprint=""))
    selector = Contamination()
    started = time.monotonic()
    selector.score(table(items[:10]), context)
    print(f"compiled or read from the cache, and {len(items):,} items indexed: {time.monotonic() - started:.1f} s")
    seconds = cpu = 0.0
    planted = found = whole = exact = 0
    for start in range(0, arguments.rows, PART):
        rows = texts(rng, words, min(PART, arguments.rows - start), 60, 120)
        which = np.arange(0, len(rows), 50)
        for place in which.tolist():
            item = items[int(rng.integers(len(items)))]
            if place % 100:
                rows[place] = item
                whole += 1
            else:
                half = (len(item) + 1) // 2
                rows[place][10:10] = item[:half]
        planted += len(which)
        examples = table(rows)
        began, cpu_began = time.monotonic(), time.process_time()
        signals = selector.score(examples, context).signals
        seconds += time.monotonic() - began
        cpu += time.process_time() - cpu_began
        exact += int(np.sum(signals["exact"].to_numpy(zero_copy_only=False)))
        found += int((signals["overlap"].to_numpy()[which] >= 0.5).sum())
    if (found, exact) != (planted, whole):
        raise SystemExit(f"planted {planted}, of which {whole} whole; found {found}, of which {exact} exact")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{planted:,} planted, {whole:,} of them whole: all found, each as what it is")
    per_row = 1e6 / arguments.rows
    print(f"{arguments.rows:,} rows on {arguments.threads} threads: {seconds:.1f} s, {per_row * seconds:.1f} us a row")
    print(f"time of all cores: {per_row * cpu:.1f} us a row; peak {peak:.2f} GiB")


if __name__ == "__main__":
    main()
