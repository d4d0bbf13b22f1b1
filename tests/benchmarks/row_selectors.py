"""Row selectors: Gopher's filters against datatrove's, the same decisions first and then the time; and what each task runs on each row.

    python tests/benchmarks/row_selectors.py FOLDER [--rows 10000] [--rounds 3] [--stream 1000000]

FOLDER holds the public datasets (see CONTRIBUTING.md); datatrove comes with the extra ``bench``. Both sides split words at white space and run in one
process on the same texts, interleaved; medians of processor seconds. A stream is the rows of a dataset again and again, each text with a number of its
own behind it, in batches of 20,000, half of it in each of two processes, as curation does it; its rate is by the clock.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import multiprocessing
import re
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from public_data import SETS, context_of, examples_of, read, selectors_of, task_of

from workbench.selectors import GopherParams, GopherQuality, GopherRepetition
from workbench.types import ExampleTable, RoleType, Scope, SelectorContext

BATCH = 20_000


def long_texts(folder, rows):
    """Documents of several datasets, the longest ones, none with a character of a script without spaces."""
    texts = [text for name in ("Debian", "SQuAD dev", "Alpaca", "DialogSum dev") for text in _texts(folder, name)]
    distinct = sorted({text for text in texts if text and not any("\u0e00" <= character for character in text if character not in "–—‘’“”…•→")})
    return sorted(distinct, key=lambda text: (-len(text), text))[:rows]


def _texts(folder, name):
    table = read(folder, name)
    return [text for role in task_of(name).roles if role.name in table.column_names for text in table[role.name].to_pylist() if isinstance(text, str)]


def fires(selector, examples):
    """Which rows a rule of the selector fires on: bool [n]."""
    found = selector.score(examples, SelectorContext()).signals
    fired = np.zeros(len(examples), dtype=bool)
    for signal in selector.signals:
        values = found[signal.name].to_numpy()
        fired |= values > signal.rule.threshold if signal.rule.operator == ">" else values < signal.rule.threshold
    return fired


def theirs(texts):
    """Datatrove's decisions, True for what it filters out."""
    import datatrove.pipeline.filters.gopher_quality_filter as quality
    import datatrove.pipeline.filters.gopher_repetition_filter as repetition
    from datatrove.data import Document

    quality.split_into_words = repetition.split_into_words = lambda text, _language: text.split()
    filters = [repetition.GopherRepetitionFilter(), quality.GopherQualityFilter()]
    documents = [Document(text=text, id=str(at)) for at, text in enumerate(texts)]
    return np.array([any(each.filter(document) is not True for each in filters) for document in documents])


def gopher(folder, rows, rounds):
    """Compare decisions, then times."""
    texts = long_texts(folder, rows)
    examples = ExampleTable(pa.table({"text": pa.array(texts, pa.large_string())}), ("text",))
    params = GopherParams(least_words=0)
    selectors = (GopherRepetition(params=params), GopherQuality(params=params))
    times = []
    for _ in range(rounds + 1):
        start = time.process_time()
        mine = np.logical_or(*(fires(selector, examples) for selector in selectors))
        middle = time.process_time()
        other = theirs(texts)
        times.append((middle - start, time.process_time() - middle))
    own, their = (statistics.median(side) for side in zip(*times[1:], strict=True))  # the first round compiles
    print(f"Gopher on {len(texts)} texts of {np.mean([len(text) for text in texts]):.0f} characters, {mine.mean():.1%} filtered out")
    print(f"  the same decision on {int((mine == other).sum())} of {len(texts)}")
    print(f"  ours {len(texts) / own:,.0f} rows/s, datatrove {len(texts) / their:,.0f} rows/s, ratio {their / own:.1f}")
    return [text for text, one, two in zip(texts, mine, other, strict=True) if one != two]


def row_selectors(name):
    """The row selectors that a dataset's task runs by default."""
    return [selector for selector in selectors_of(task_of(name)) if selector.scope is Scope.ROW]


def tasks(folder, rounds):
    """The row selectors of each task together, on what it reads."""
    print("\n| dataset | rows | bytes per row | selectors | rows/s on one core |\n| --- | ---: | ---: | ---: | ---: |")
    for name in SETS:
        task = task_of(name)
        examples = examples_of(task, read(folder, name))
        times = []
        for _ in range(rounds + 1):
            start = time.process_time()
            for selector in row_selectors(name):
                selector.score(examples, context_of(task))
            times.append(time.process_time() - start)
        size = sum(examples.column(role).nbytes for role in examples.roles) / len(examples)
        rate = len(examples) / statistics.median(times[1:])
        print(f"| {name} | {len(examples)} | {size:.0f} | {len(row_selectors(name))} | {rate:,.0f} |", flush=True)


def stream(folder, name, first, last):
    """Rows per second over the rows FIRST to LAST of a stream, and the peak memory of the process in MiB."""
    task = task_of(name)
    table = read(folder, name)
    for selector in row_selectors(name):  # what is compiled and loaded once is paid for here
        selector.score(examples_of(task, table.slice(0, 64)), context_of(task))
    roles = [role.name for role in task.roles if role.type in {RoleType.TEXT, RoleType.LABEL}]
    spent = 0.0
    for start in range(first, last, BATCH):
        places = np.arange(start, min(start + BATCH, last))
        batch = table.take(places % len(table))
        for role in roles:
            if role != task.target or task.name != "classification":
                numbered = pc.binary_join_element_wise(
                    batch[role], pc.cast(pa.array(places // len(table)), pa.large_string()), pa.scalar(" ", pa.large_string())
                )
                batch = batch.set_column(batch.schema.get_field_index(role), role, numbered)
        examples = examples_of(task, batch)
        begun = time.perf_counter()
        for selector in row_selectors(name):
            selector.score(examples, context_of(task))
        spent += time.perf_counter() - begun
    return (last - first) / spent, peak()


def peak():
    """The most memory that this process has held, in MiB; what the system counts for its children begins with their parent's."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024


def streams(folder, rows):
    """A stream of one dataset for each task."""
    print("\n| task | stream of | rows | rows/s on two cores | peak MiB of both |\n| --- | --- | ---: | ---: | ---: |")
    for name in ("Banking77 train", "SQuAD dev", "Debian", "Alpaca"):
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            halves = [pool.submit(stream, folder, name, first, first + rows // 2) for first in (0, rows // 2)]
            rates, peaks = zip(*(half.result() for half in halves), strict=True)
        print(f"| {task_of(name).name} | {name} | {rows // 2 * 2} | {sum(rates):,.0f} | {sum(peaks):,.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stream", type=int, default=0)
    options = parser.parse_args()
    if options.rows:
        gopher(options.folder, options.rows, options.rounds)
    if options.rounds:
        tasks(options.folder, options.rounds)
    if options.stream:
        streams(options.folder, options.stream)


if __name__ == "__main__":
    main()
