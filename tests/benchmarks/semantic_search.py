"""Pairs of similar vectors against sentence-transformers' paraphrase mining and its semantic search, and plain NumPy: the pairs first, then the time.

    python tests/benchmarks/semantic_search.py [--rows 30000] [--dimensions 384] [--floor 0.9] [--rounds 3] [--threads 2]

Vectors are generated: random directions, 15 % of them turned copies of another, with cosines to it from 0.8 to 1. Every tool gets the same float32 vectors of
length 1 and gives all pairs at or above the floor, in a process of its own; rounds are interleaved, times are medians. No encoder takes part: encoding texts
takes the same time whoever compares them afterwards. Pairs within 0.0001 of the floor are left out of the comparison of answers, for float32 decides them.

NumPy computes one product for each 1,000 rows with all others and looks for what is above the floor. sentence-transformers mines paraphrases with ``top_k=64``
and no limit on pairs, and searches each vector's 64 most similar; of both, pairs at or above the floor are kept. The extra ``bench`` installs it.
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

NEIGHBOURS = 64
MARGIN = 1e-4


def generate(rows, dimensions, seed):
    """Vectors float32 [rows, dimensions] of length 1."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((rows, dimensions))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    copies = rng.choice(rows, rows * 15 // 100, replace=False)
    originals = rng.integers(0, rows, len(copies))
    cosine = rng.uniform(0.8, 1.0, len(copies))[:, None]
    turned = vectors[copies] - (vectors[copies] * vectors[originals]).sum(axis=1, keepdims=True) * vectors[originals]
    turned /= np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-12)
    vectors[copies] = cosine * vectors[originals] + np.sqrt(1 - cosine**2) * turned
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32)


def workbench(vectors, floor, threads):
    """Pairs a < b."""
    from workbench.selectors._vectors import similar_vectors
    from workbench.types import SelectorContext

    a, b, _ = similar_vectors(vectors, floor=floor, most=NEIGHBOURS, context=SelectorContext(threads=threads))
    return np.stack([a, b], axis=1)


def plain_numpy(vectors, floor, _threads):
    """Pairs a < b."""
    found = []
    for start in range(0, len(vectors), 1_000):
        left, right = np.nonzero(vectors[start : start + 1_000] @ vectors.T >= floor)
        found.append(np.stack([left + start, right], axis=1)[right > left + start])
    return np.concatenate(found)


def paraphrase_mining(vectors, floor, threads):
    """Pairs a < b."""
    import torch
    from sentence_transformers.util import paraphrase_mining_embeddings

    torch.set_num_threads(threads)
    pairs = paraphrase_mining_embeddings(torch.from_numpy(vectors), max_pairs=len(vectors) * NEIGHBOURS, top_k=NEIGHBOURS)
    return np.array([sorted(pair) for score, *pair in pairs if score >= floor]).reshape(-1, 2)


def semantic_search(vectors, floor, threads):
    """Pairs a < b."""
    import torch
    from sentence_transformers.util import semantic_search as search

    torch.set_num_threads(threads)
    given = torch.from_numpy(vectors)
    hits = search(given, given, top_k=NEIGHBOURS + 1)
    found = {
        tuple(sorted((row, hit["corpus_id"]))) for row, some in enumerate(hits) for hit in some if hit["score"] >= floor and hit["corpus_id"] != row
    }
    return np.array(sorted(found)).reshape(-1, 2)


TOOLS = {"workbench": workbench, "NumPy": plain_numpy, "paraphrase mining": paraphrase_mining, "semantic search": semantic_search}


def run_alone(tool, path, given):
    """One tool in this process, warmed on a few vectors: prints its figures, writes its pairs beside the vectors."""
    vectors = np.load(path)
    TOOLS[tool](vectors[:2_000], given.floor, given.threads)
    started = time.perf_counter()
    pairs = TOOLS[tool](vectors, given.floor, given.threads)
    seconds = time.perf_counter() - started
    cosines = np.einsum("ij,ij->i", vectors[pairs[:, 0]].astype(np.float64), vectors[pairs[:, 1]].astype(np.float64))
    clear = pairs[cosines >= given.floor + MARGIN]
    print(json.dumps({"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, "pairs": len(pairs)}))
    np.save(path.with_suffix(f".{tool.replace(' ', '-')}.npy"), clear[np.lexsort((clear[:, 1], clear[:, 0]))])


def main():
    """Generate, run each tool in turn, compare answers, then times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--floor", type=float, default=0.9)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs=2, metavar=("TOOL", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        run_alone(given.only[0], Path(given.only[1]), given)
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder) / "vectors.npy", given)


def compare(path, given):
    """All rounds on one set of vectors."""
    np.save(path, generate(given.rows, given.dimensions, given.seed))
    figures = {tool: [] for tool in TOOLS}
    threads = {name: str(given.threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    for _ in range(given.rounds):
        for tool, seen in figures.items():
            command = [sys.executable, __file__, "--only", tool, str(path), "--threads", str(given.threads), "--floor", str(given.floor)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **threads})
            seen.append(json.loads(done.stdout.splitlines()[-1]))
    answers = {tool: np.load(path.with_suffix(f".{tool.replace(' ', '-')}.npy")) for tool in TOOLS}
    for tool, answer in answers.items():
        if not np.array_equal(answer, answers["NumPy"]):
            raise SystemExit(f"the answers differ: {tool} has {len(answer)} pairs, NumPy {len(answers['NumPy'])}")
    print(f"{given.rows:,} vectors of {given.dimensions}, cosine {given.floor:g}: the same {len(answers['NumPy']):,} pairs by all;")
    print(f"{given.threads} threads, load {os.getloadavg()[0]:.1f}, {given.rounds} rounds\n")
    print("| tool | seconds | rows/s | peak GiB | times as long |\n| --- | --- | --- | --- | --- |")
    seconds = {tool: statistics.median(each["seconds"] for each in seen) for tool, seen in figures.items()}
    for tool, seen in figures.items():
        peak = statistics.median(each["peak"] for each in seen)
        times = seconds[tool] / seconds["workbench"]
        print(f"| {tool} | {seconds[tool]:.2f} | {given.rows / seconds[tool]:,.0f} | {peak:.2f} | {times:.1f} |")


if __name__ == "__main__":
    main()
