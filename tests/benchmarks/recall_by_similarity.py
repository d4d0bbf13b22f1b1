"""How many mutated rows of public datasets are found, by how similar they still are: the recall of near duplicates as a curve.

    python tests/benchmarks/recall_by_similarity.py FOLDER [--rows 3000] [--floor 0.7] [--recall 0.99] [--picture FILE.svg]

FOLDER holds the public datasets (see CONTRIBUTING.md). Each row gets one copy with words swapped for others of the dataset, inserted or cut off at the end,
or with its case, punctuation or spacing changed; for Chinese, characters. The exact similarity of each pair is computed, and the pair is looked for among
the edges, of whatever kind. The expected curve is 1 - (1 - s^rows)^bands. With ``--picture`` the curves are drawn, too.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import csv
import itertools
import json
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pictures import write_svg

from workbench.selectors import NearDuplicateParams, NearDuplicates
from workbench.selectors._bands import plan_bands
from workbench.selectors._similar import pair_similarity
from workbench.types import ChartBlock, ExampleTable, SelectorContext

BINS = np.round(np.arange(0.5, 1.0, 0.05), 2)


def texts_of(folder):
    """Name of a dataset to its texts."""
    lines = (folder / "debian/packages-12k.jsonl").read_text(encoding="utf-8").splitlines()
    cmrc = json.loads((folder / "cmrc2018/dev.json").read_text(encoding="utf-8"))["data"]
    with (folder / "banking77/train.csv").open(encoding="utf-8", newline="") as file:
        banking = [row["text"] for row in csv.DictReader(file)]
    alpaca = json.loads((folder / "alpaca/alpaca-5000.json").read_text(encoding="utf-8"))
    return {
        "Debian": [json.loads(line)["long"] for line in lines],
        "Alpaca": [row["output"] for row in alpaca],
        "Banking77": banking,
        "CMRC2018 (Chinese)": [paragraph["context"] for article in cmrc for paragraph in article["paragraphs"]],
    }


def mutated(text, words, rng):
    """A copy with one kind of change."""
    chinese = len(text.split()) * 8 < len(text)
    units, glue = (list(text), "") if chinese else (text.split(), " ")
    if not units:
        return text
    many = rng.randint(1, max(1, len(units) // (8 if chinese else 15)))
    match rng.randrange(6):
        case 0:
            for _ in range(many):
                units[rng.randrange(len(units))] = rng.choice(words)
        case 1:
            for _ in range(many):
                units.insert(rng.randrange(len(units) + 1), rng.choice(words))
        case 2:
            units = units[: max(1, len(units) - rng.randint(1, max(1, len(units) // 3)))]
        case 3:
            units = [unit.upper() if rng.random() < 0.5 else unit for unit in units]
        case 4:
            units = [unit.strip(".,;:!?，。；：！？") or unit for unit in units]
        case _:
            units = [f"{unit}{rng.choice(['', ' ', chr(10)])}" for unit in units]
    return glue.join(units)


def curve(texts, given):
    """By bin of similarity: pairs, and how many of them were found."""
    rng = random.Random(0)
    originals = rng.sample(list(dict.fromkeys(texts)), min(given.rows, len(set(texts))))
    chinese = originals[0].isascii() is False and len(originals[0].split()) * 8 < len(originals[0])
    words = [unit for text in originals[:500] for unit in (text if chinese else text.split())]
    column = pa.array(originals + [mutated(text, words, rng) for text in originals], pa.large_string())
    size = len(originals)
    context = SelectorContext(threads=2)
    similarity = pair_similarity(column, np.arange(size), np.arange(size) + size, floor=0.01, context=context)
    hashes = pa.array([f"{at:032x}" for at in range(2 * size)])
    examples = ExampleTable(pa.table({"row": np.arange(2 * size), "content_hash": hashes, "text": column}), ("text",))
    edges = NearDuplicates(params=NearDuplicateParams(floor=given.floor, recall=given.recall)).score(examples, context).edges
    first = np.arange(2 * size)
    copies = edges.filter(pc.equal(edges["kind"], "copy"))
    first[copies["b"].to_numpy()] = copies["a"].to_numpy()
    pairs = set(zip(edges["a"].to_pylist(), edges["b"].to_pylist(), strict=True))
    found = np.array(
        [first[at] == first[at + size] or tuple(sorted((int(first[at]), int(first[at + size])))) in pairs for at in range(size)], dtype=bool
    )
    # The last bin holds what is not compared at all: equal streams of shingles.
    bins = np.digitize(similarity, [*BINS, 1.0])
    return [(int((bins == place).sum()), int((found & (bins == place)).sum())) for place in range(1, len(BINS) + 2)]


def expected_at(similarity, floor, plan):
    """The share of pairs of one similarity that is to be found."""
    return 0.0 if similarity < floor else 1 - (1 - similarity**plan.rows) ** plan.bands


def picture(curves, floor, plan, path):
    """Draw the share of pairs that were found over their similarity: each bin as a step, equal streams of shingles at 1."""
    edges = [*BINS.tolist(), 1.0, 1.0]
    finely = sorted([*np.arange(0.5, 1.0, 0.01).round(2).tolist(), floor - 1e-9, 1.0])
    series = {"expected": tuple((x, expected_at(x, floor, plan), None, None) for x in finely)}
    for name, bins in curves.items():
        steps = zip(itertools.pairwise(edges), bins, strict=True)
        series[name] = tuple((x, found / pairs, None, None) for ends, (pairs, found) in steps if pairs for x in ends)
    write_svg(ChartBlock(title="Recall by similarity", kind="line", x="exact Jaccard similarity", y="share found", series=series, zero=True), path)


def main():
    """One column per dataset, one line per bin."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=3_000)
    parser.add_argument("--floor", type=float, default=0.7)
    parser.add_argument("--recall", type=float, default=0.99)
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    plan = plan_bands(given.floor, given.recall)
    curves = {name: curve(texts, given) for name, texts in texts_of(given.folder).items()}
    print(f"Floor {given.floor:g}, wanted recall {given.recall:g}: {plan.bands} bands of {plan.rows} minima. Found of pairs, by exact similarity:\n")
    print(f"| Jaccard | expected | {' | '.join(curves)} |\n|{' --- |' * (len(curves) + 2)}")
    for place, low in enumerate([*BINS, 1.0]):
        middle = min(low + 0.025, 1.0)
        expected = expected_at(middle, given.floor, plan)
        cells = [f"{found / pairs:.4f} ({found:,} of {pairs:,})" if pairs else "none" for pairs, found in (each[place] for each in curves.values())]
        label = "1" if low == 1.0 else f"{low:.2f} to {low + 0.05:.2f}"
        print(f"| {label} | {expected:.4f} | {' | '.join(cells)} |")
    if given.picture:
        picture(curves, given.floor, plan, given.picture)


if __name__ == "__main__":
    main()
