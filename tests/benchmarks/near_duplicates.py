"""Near duplicates against rensa and datasketch: the answers of each against the truth first, then the time of each.

    python tests/benchmarks/near_duplicates.py [--rows 52000] [--words 90] [--rounds 3] [--peers rensa datasketch] [--threads 2]

Texts are generated, with edited copies whose exact similarity is known (see ``duplicate_texts``). Each tool takes them from Arrow to the set of rows that
it would remove, in a process of its own that has imported and, ours, compiled beforehand; rounds are interleaved, times are medians, wall and processor.
A row is a true duplicate where its exact Jaccard similarity of word 5-grams to an earlier row is at least the threshold. Recall is the share of true
duplicates that are removed, precision the share of removed rows that are true duplicates; both on up to 30,000 families of rows.

The peers are used as their own documentation shows: MinHash of 128 permutations over the set of word 5-grams, and their LSH at the threshold. The extra
``bench`` installs them.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from duplicate_texts import read_texts, write_texts

SHINGLE = 5
PERMUTATIONS = 128
FAMILIES = 30_000
BATCH = 10_000


def shingles(text):
    """The word 5-grams of a text."""
    words = text.split()
    return {" ".join(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)}


def workbench(texts, threshold, threads):
    """Rows that our clusters remove: all but the first of each."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    from workbench.selectors import NearDuplicateParams, NearDuplicates
    from workbench.types import ExampleTable, SelectorContext

    size = len(texts)
    hashes = pa.array(np.char.zfill(np.arange(size).astype("U12"), 32))  # of no account here, but the contract has them
    table = pa.table({"row": np.arange(size), "content_hash": hashes, "text": texts})
    selector = NearDuplicates(params=NearDuplicateParams(floor=threshold))
    started = measure()
    findings = selector.score(ExampleTable(table, ("text",)), SelectorContext(threads=threads))
    edges = findings.edges.filter(pc.is_in(findings.edges["kind"], pa.array(["copy", "near"])))
    a, b = edges["a"].to_numpy(), edges["b"].to_numpy()
    _, cluster = connected_components(coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(size, size)), directed=False)
    first = np.unique(cluster, return_index=True)[1]
    removed = np.ones(size, dtype=bool)
    removed[first] = False
    return np.flatnonzero(removed), started


def rensa(texts, threshold, _threads):
    """Rows that rensa's deduplicator does not add."""
    from rensa import RMinHash, RMinHashDeduplicator

    started = measure()
    seen = RMinHashDeduplicator(threshold, PERMUTATIONS, use_lsh=True)
    removed = []
    for start in range(0, len(texts), BATCH):
        batch = [list(shingles(text)) for text in texts.slice(start, BATCH).to_pylist()]
        for row, signature in enumerate(RMinHash.from_token_sets(batch, PERMUTATIONS, 42), start):
            if not seen.add(str(row), signature):
                removed.append(row)
    return np.array(removed, dtype=np.int64), started


def datasketch(texts, threshold, _threads):
    """Rows that datasketch's index has a match for."""
    from datasketch import MinHash, MinHashLSH

    started = measure()
    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    removed = []
    for start in range(0, len(texts), BATCH):
        batch = [[shingle.encode() for shingle in shingles(text)] for text in texts.slice(start, BATCH).to_pylist()]
        for row, signature in enumerate(MinHash.generator(batch, num_perm=PERMUTATIONS), start):
            if index.query(signature):
                removed.append(row)
            else:
                index.insert(row, signature)
    return np.array(removed, dtype=np.int64), started


TOOLS = {"workbench": workbench, "rensa": rensa, "datasketch": datasketch}


def measure():
    """Now, by the wall and by the processor."""
    return time.perf_counter(), time.process_time()


def run_alone(tool, path, threshold, threads):
    """One tool in this process: prints its figures, writes what it removed beside the texts."""
    os.environ["NUMBA_NUM_THREADS"] = str(threads)
    texts = read_texts(path)
    warm = time.perf_counter()
    if tool == "workbench":
        few = texts.slice(0, 200).to_pylist()
        workbench(pa.chunked_array([pa.array(few + [f"{text} end" for text in few], pa.large_string())]), threshold, threads)
    warm = time.perf_counter() - warm
    removed, started = TOOLS[tool](texts, threshold, threads)
    seconds, processor = (now - before for now, before in zip(measure(), started, strict=True))
    np.save(path.with_suffix(f".{tool}.npy"), removed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": seconds, "processor": processor, "warm": warm, "peak": peak}))


def truth(path, family, threshold):
    """Which rows of the families that are looked at are true duplicates: positions, and bool for each."""
    texts = read_texts(path)
    order = np.argsort(family, kind="stable")
    begins = np.flatnonzero(np.diff(family[order], prepend=-1))
    sizes = np.diff(begins, append=len(order))
    looked, true = [], []
    chosen = np.flatnonzero(sizes > 1)
    for place in chosen[np.linspace(0, len(chosen) - 1, min(FAMILIES, len(chosen))).astype(int)]:
        rows = order[begins[place] : begins[place] + sizes[place]]
        sets = [shingles(texts[int(row)].as_py()) for row in rows]
        for at, own in enumerate(sets):
            looked.append(int(rows[at]))
            true.append(any(len(own & other) / len(own | other) >= threshold for other in sets[:at]))
    alone = order[begins[sizes == 1]]
    return np.array(looked + alone.tolist()), np.array(true + [False] * len(alone))


def quality(path, tool, looked, true, scale):
    """Recall and precision of what a tool removed; rows outside all families count in precision by the share of families that were looked at."""
    removed = np.isin(looked, np.load(path.with_suffix(f".{tool}.npy")))
    hits = int((removed & true).sum())
    wrong = removed & ~true
    return hits / true.sum(), hits / (hits + float(scale[wrong].sum())) if removed.any() else float("nan")


def main():
    """Generate, run each tool in turn, compare answers, then times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=52_000)
    parser.add_argument("--words", type=int, default=90)
    parser.add_argument("--threshold", type=float, default=0.7)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", nargs="*", default=["rensa", "datasketch"], choices=["rensa", "datasketch"])
    parser.add_argument("--folder", type=Path, help="where the generated texts go; a temporary folder otherwise")
    parser.add_argument("--only", nargs=2, metavar=("TOOL", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        run_alone(given.only[0], Path(given.only[1]), given.threshold, given.threads)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        compare(Path(folder) / "texts.arrow", given)


def compare(path, given):
    """All rounds on one set of texts."""
    family = write_texts(path, rows=given.rows, words=given.words, seed=given.seed)
    tools = ["workbench", *given.peers]
    figures = {tool: [] for tool in tools}
    for _ in range(given.rounds):
        for tool in tools:
            command = [sys.executable, __file__, "--only", tool, str(path), "--threshold", str(given.threshold), "--threads", str(given.threads)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            figures[tool].append(json.loads(done.stdout))
    looked, true = truth(path, family, given.threshold)
    many = np.bincount(family, minlength=len(family))
    families = int((many > 1).sum())
    scale = np.where(many[family[looked]] > 1, 1.0, min(FAMILIES, families) / max(families, 1))
    print(
        f"{given.rows:,} rows of about {given.words} words, {path.stat().st_size / 1e6:,.0f} MB; Jaccard {given.threshold}; {int(true.sum()):,} true duplicates looked at"
    )
    print(f"{platform.processor() or platform.machine()}, {given.threads} threads, load {os.getloadavg()[0]:.1f}, {given.rounds} rounds\n")
    print("| tool | recall | precision | seconds | processor seconds | rows/s | peak GiB | times as long |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    ours = statistics.median(each["seconds"] for each in figures["workbench"])
    for tool in tools:
        recall, precision = quality(path, tool, looked, true, scale)
        seconds, processor, peak = (statistics.median(each[name] for each in figures[tool]) for name in ("seconds", "processor", "peak"))
        cells = [f"{recall:.4f}", f"{precision:.4f}", f"{seconds:.2f}", f"{processor:.2f}", f"{given.rows / seconds:,.0f}", f"{peak:.2f}"]
        print(f"| {tool} | {' | '.join(cells)} | {seconds / ours:.1f} |")
    print(f"\nImport and compiled kernels, before the time is taken: {statistics.median(each['warm'] for each in figures['workbench']):.1f} s.")


if __name__ == "__main__":
    main()
