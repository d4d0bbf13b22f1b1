"""Row selectors: Gopher's filters against datatrove's, the same decisions first and then the time; and what each task runs on each row.

    python tests/benchmarks/row_selectors.py FOLDER [--rows 10000] [--rounds 3]

FOLDER holds the public datasets (see CONTRIBUTING.md); datatrove comes with the extra ``bench``. Both sides split words at white space and run in one
process on the same texts, interleaved; times are medians.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from public_data import SETS, context_of, examples_of, read, selectors_of, task_of

from workbench.selectors import GopherParams, GopherQuality, GopherRepetition
from workbench.types import ExampleTable, Scope, SelectorContext


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
        start = time.perf_counter()
        mine = np.logical_or(*(fires(selector, examples) for selector in selectors))
        middle = time.perf_counter()
        other = theirs(texts)
        times.append((middle - start, time.perf_counter() - middle))
    own, their = (statistics.median(side) for side in zip(*times[1:], strict=True))  # the first round compiles
    print(f"Gopher on {len(texts)} texts of {np.mean([len(text) for text in texts]):.0f} characters, {mine.mean():.1%} filtered out")
    print(f"  the same decision on {int((mine == other).sum())} of {len(texts)}")
    print(f"  ours {len(texts) / own:,.0f} rows/s, datatrove {len(texts) / their:,.0f} rows/s, ratio {their / own:.1f}")
    return [text for text, one, two in zip(texts, mine, other, strict=True) if one != two]


def tasks(folder, rounds):
    """The row selectors of each task together, on what it reads."""
    print(f"{'dataset':<18} {'rows':>7} {'bytes/row':>9} {'selectors':>9} {'rows/s':>10}")
    for name in SETS:
        task = task_of(name)
        examples = examples_of(task, read(folder, name))
        selectors = [selector for selector in selectors_of(task) if selector.scope is Scope.ROW]
        times = []
        for _ in range(rounds + 1):
            start = time.perf_counter()
            for selector in selectors:
                selector.score(examples, context_of(task))
            times.append(time.perf_counter() - start)
        size = sum(examples.column(role).nbytes for role in examples.roles) / len(examples)
        print(f"{name:<18} {len(examples):>7} {size:>9.0f} {len(selectors):>9} {len(examples) / statistics.median(times[1:]):>10,.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    gopher(options.folder, options.rows, options.rounds)
    tasks(options.folder, options.rounds)


if __name__ == "__main__":
    main()
