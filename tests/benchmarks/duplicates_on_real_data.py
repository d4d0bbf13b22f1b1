"""What every task's defaults call duplicates in public datasets: how many, of which kind, and a seeded sample of removed pairs by file and line.

    python tests/benchmarks/duplicates_on_real_data.py FOLDER [--sample 30] [--texts OUT]

FOLDER holds the public datasets (see CONTRIBUTING.md). What is printed quotes no row. With ``--texts`` the sampled pairs are written side by side to a
file per dataset in OUT, to be read and judged; these files must not be committed. What a reading found stands in ``judged_pairs.json`` beside this file:
case to pair to ``duplicate``, ``same label`` (another question, which a classifier answers alike) or ``different``.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import collections
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import yaml
from scipy.stats import binomtest

from workbench.curate import Current, removed_pairs
from workbench.experiment import curate, read_recipe, resolve
from workbench.host import PluginHost
from workbench.store import Store

JUDGED = Path(__file__).with_name("judged_pairs.json")
SELECT = {"exact-duplicates": {}, "near-duplicates": {}}
CASES = {
    # name: (task, files, fields)
    "Debian descriptions": ("summarization", ["debian/packages-12k.jsonl"], {"document": "long", "summary": "short"}),
    "Alpaca": ("generation", ["alpaca/alpaca-5000.json"], {"prompt": "instruction", "input": "input", "response": "output"}),
    "CMRC2018": ("qa", ["cmrc2018/dev.json"], {}),
    "DialogSum": ("summarization", ["dialogsum/dev.jsonl"], {"document": "dialogue"}),
    "SQuAD": ("qa", ["squad/dev-v1.1.json"], {}),
    "SQuAD 2.0": ("qa", ["squad/dev-v2.0.json"], {}),
    "GSM8K, train and test": ("generation", ["gsm8k/train.jsonl", "gsm8k/test.jsonl"], {"prompt": "question", "response": "answer"}),
    "Banking77, train and test": ("classification", ["banking77/train.csv", "banking77/test.csv"], {"text": "text", "label": "category"}),
}


def curated(name, data, folder):
    """The state of curation of one case, by the command line's own path."""
    task, files, fields = CASES[name]
    (folder / "data").mkdir(parents=True)
    for file in files:
        shutil.copy(data / file, folder / "data")
    # A recipe names evaluation data, which no selector looks at here.
    recipe = folder / "recipe.yaml"
    recipe.write_text(yaml.safe_dump({"task": task, "data": {"train": "data", "eval": "data", "fields": fields}, "select": SELECT}), encoding="utf-8")
    read, located, text = read_recipe(recipe)
    store = Store.create(folder / "store.duckdb")
    done = curate(store, resolve(read, PluginHost.load(strict=True), located=located, text=text), folder, author="benchmark")
    return store, Current(dataset=done.dataset, runs=done.runs, policy=done.policy, decision=done.decision)


def places(store, state):
    """Row to where it stands: file and line, or its id where a file is not read by lines."""
    query = f"SELECT row, source, line, example_id FROM examples WHERE dataset_id = {state.dataset.dataset_id}"
    return {row["row"]: f"{Path(row['source']).name}:{row['line'] or row['example_id']}" for row in store.sql(query).to_pylist()}


def kinds(store, state):
    """How many pairs of each kind stand in the store, by selector."""
    return {run.name: collections.Counter(edge["kind"] for edge in store.signals.edges(run.selector_run).to_pylist()) for run in state.runs}


def show(name, data, sample, texts):
    """The figures of one case, and its sample."""
    with tempfile.TemporaryDirectory() as folder:
        store, state = curated(name, data, Path(folder))
        counts, where = state.decision.counts, places(store, state)
        removed = removed_pairs(store, state, size=sample)
        print(f"## {name}\n")
        print(f"{counts.imported:,} rows: {counts.kept:,} kept, {counts.dropped:,} dropped, {counts.review:,} under review.")
        print(f"Rows that left for an equal one: {removed.copies:,}; for a similar one: {removed.near:,}.")
        for selector, found in kinds(store, state).items():
            print(f"Pairs of {selector}: " + (", ".join(f"{count:,} {kind}" for kind, count in sorted(found.items())) or "none") + ".")
        for alarm in counts.alarms:
            print(f"Alarm: {alarm}.")
        crossing = across(store, state, where) if len(CASES[name][1]) > 1 else []
        if crossing:
            print(f"\nPairs between the files: {len(crossing)}.\n\n| kind | Jaccard | pair |\n| --- | --- | --- |")
            for kind, similarity, a, b in crossing:
                print(f"| {kind} | {similarity:.3f} | {where[a]}, {where[b]} |")
        if removed.pairs:
            judged = json.loads(JUDGED.read_text(encoding="utf-8")).get(name, {})
            said = [judged.get(f"{where[pair.row]}, {where[pair.partner]}", "") for pair in removed.pairs]
            print(precision(said))
            print("\n| left | stays | Jaccard | read |\n| --- | --- | --- | --- |")
            for pair, word in zip(removed.pairs, said, strict=True):
                print(f"| {where[pair.row]} | {where[pair.partner]} | {pair.similarity:.3f} | {word} |")
        print()
        if texts:
            pairs = [(f"{pair.similarity:.3f}", pair.row, pair.partner) for pair in removed.pairs]
            write_texts(texts / f"{name}.txt", store, state, pairs + [(f"{kind} {similarity:.3f}", a, b) for kind, similarity, a, b in crossing])


def precision(said):
    """What a reading came to, with an exact 95 % interval."""
    counts = collections.Counter(word for word in said if word)
    right, read = counts["duplicate"], counts.total()
    if not read:
        return f"Of {len(said)} sampled pairs none was read."
    interval = binomtest(right, read).proportion_ci(method="exact")
    rest = "".join(f", {count} {word}" for word, count in sorted(counts.items()) if word != "duplicate")
    return f"Of {len(said)} sampled pairs {read} were read: {right} duplicates{rest}; {right / read:.2f}, interval {interval.low:.2f} to {interval.high:.2f}."


def across(store, state, where):
    """Pairs with an end in each file: (kind, similarity, a, b), each once, the strongest kind first."""
    found = {}
    for run in state.runs:
        for edge in store.signals.edges(run.selector_run).to_pylist():
            if where[edge["a"]].partition(":")[0] != where[edge["b"]].partition(":")[0]:
                found.setdefault((edge["a"], edge["b"]), (edge["kind"], edge["similarity"], edge["a"], edge["b"]))
    return sorted(found.values(), key=lambda pair: (pair[0], -pair[1], pair[2]))


def write_texts(path, store, state, pairs):
    """Both texts of each pair, for reading."""
    rows = np.unique(np.array([row for _, *ends in pairs for row in ends], dtype=np.int64))
    examples = store.datasets.examples(state.dataset.dataset_id, rows=rows)
    texts = {row["row"]: {role: row[role] for role in examples.roles} for row in examples.table.to_pylist()}
    lines = [f"=== {label}\n--- {texts[a]}\n+++ {texts[b]}\n" for label, a, b in pairs]
    path.write_text("\n".join(lines), encoding="utf-8")


def main():
    """All cases, or some."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int, default=30)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--case", action="append", choices=CASES)
    given = parser.parse_args()
    if given.texts:
        given.texts.mkdir(parents=True, exist_ok=True)
    for name in given.case or CASES:
        show(name, given.folder, given.sample, given.texts)


if __name__ == "__main__":
    main()
