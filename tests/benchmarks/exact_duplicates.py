"""Exact duplicates against duckdb's count(distinct text): the number of different texts first, then the time.

    python tests/benchmarks/exact_duplicates.py [--rows 5000000] [--words 60] [--rounds 3] [--threads 2]

Texts are generated (see ``duplicate_texts``); 15 % of them are copies, a tenth of these with a word replaced. Both sides read the same Arrow column in
memory, each in a process of its own, interleaved; times are medians. Ours gives the edges of all copies and a signal for each row, duckdb a number.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from duplicate_texts import read_texts, write_texts


def workbench(texts, threads):
    """Different texts, and seconds."""
    from workbench.selectors import ExactDuplicates
    from workbench.types import ExampleTable, SelectorContext

    def score(column):
        return ExactDuplicates().score(ExampleTable(pa.table({"text": column}), ("text",)), SelectorContext(threads=threads))

    score(texts.slice(0, 100))
    started = time.perf_counter()
    found = score(texts)
    seconds = time.perf_counter() - started
    return len(texts) - (0 if found.edges is None else found.edges.num_rows), seconds


def duckdb(texts, threads):
    """Different texts, and seconds."""
    import duckdb as library

    connection = library.connect(config={"threads": threads})
    connection.register("texts", pa.table({"text": texts}))
    connection.execute("SELECT count(DISTINCT text) FROM (FROM texts LIMIT 100)").fetchall()
    started = time.perf_counter()
    ((different,),) = connection.execute("SELECT count(DISTINCT text) FROM texts").fetchall()
    return different, time.perf_counter() - started


TOOLS = {"workbench": workbench, "duckdb": duckdb}


def main():
    """Generate, run both in turn, compare answers, then times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where the generated texts go; a temporary folder otherwise")
    parser.add_argument("--only", nargs=2, metavar=("TOOL", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        different, seconds = TOOLS[given.only[0]](read_texts(Path(given.only[1])), given.threads)
        print(json.dumps({"different": different, "seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        compare(Path(folder) / "texts.arrow", given)


def compare(path, given):
    """All rounds on one set of texts."""
    write_texts(path, rows=given.rows, words=given.words, seed=given.seed, edited=0.1)
    figures = {tool: [] for tool in TOOLS}
    for _ in range(given.rounds):
        for tool, seen in figures.items():
            command = [sys.executable, __file__, "--only", tool, str(path), "--threads", str(given.threads)]
            seen.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))
    answers = {tool: {each["different"] for each in seen} for tool, seen in figures.items()}
    if len(set.union(*answers.values())) != 1:
        raise SystemExit(f"the answers differ: {answers}")
    size = path.stat().st_size / 1e6
    print(f"{given.rows:,} rows of about {given.words} words, {size:,.0f} MB, {answers['duckdb'].pop():,} different texts by both;")
    print(f"{given.threads} threads, load {os.getloadavg()[0]:.1f}, {given.rounds} rounds\n")
    print("| tool | seconds | rows/s | peak GiB |\n| --- | --- | --- | --- |")
    seconds = {tool: statistics.median(each["seconds"] for each in seen) for tool, seen in figures.items()}
    for tool, seen in figures.items():
        print(f"| {tool} | {seconds[tool]:.2f} | {given.rows / seconds[tool]:,.0f} | {np.median([each['peak'] for each in seen]):.2f} |")
    print(f"\nOurs takes {seconds['workbench'] / seconds['duckdb']:.2f} times as long.")


if __name__ == "__main__":
    main()
