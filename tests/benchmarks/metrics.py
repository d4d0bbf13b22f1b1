"""Metrics against the reference implementations: the same values first, then the time of each.

    python tests/benchmarks/metrics.py FOLDER [--rows 2000] [--rounds 3]

FOLDER holds the public datasets (see CONTRIBUTING.md). Both sides take the same texts in one process, interleaved; times are medians.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from workbench.metrics import Bleu, Chrf, LabelScore, Rouge, evaluate
from workbench.types import ExampleTable


def lines(folder, name, rows):
    return (folder / "systems" / name).read_text().splitlines()[:rows]


def cases(folder, rows):
    """(name, ours, reference implementation), each a function that gives a value."""
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics import BLEU, CHRF
    from sklearn.metrics import f1_score

    summaries, summary_references = lines(folder, "sum.sys1.eng", rows), lines(folder, "sum.ref.eng", rows)
    translations, translation_references = lines(folder, "ted.sys1.detok.eng", rows), lines(folder, "ted.ref.detok.eng", rows)

    def ours(metric, column, given, wanted):
        examples = ExampleTable(pa.table({metric.roles[0]: pa.array(wanted, pa.large_string())}), metric.roles)
        predictions = pa.table({column: pa.array(given, pa.large_string())})
        return lambda: evaluate([(metric.name, metric)], predictions, examples)[0].value

    def rouge(name, *, stemmer=False):
        scorer = RougeScorer([name], use_stemmer=stemmer)
        pairs = list(zip(summary_references, summaries, strict=True))
        return lambda: float(np.mean([scorer.score(*pair)[name].fmeasure for pair in pairs]))

    for name in ("rouge1", "rouge2", "rougeL"):
        yield f"{name} (rouge-score)", ours(Rouge(name=name), "text", summaries, summary_references), rouge(name)
    stemmed = Rouge(name="rougeL", stemmer=True)
    yield "rougeL, stemmer (rouge-score)", ours(stemmed, "text", summaries, summary_references), rouge("rougeL", stemmer=True)
    for metric, reference in ((Bleu(), BLEU), (Chrf(), CHRF)):
        yield (
            f"{metric.name} (sacrebleu)",
            ours(metric, "text", translations, translation_references),
            # A new object each time: sacrebleu keeps what it has tokenized.
            lambda reference=reference: reference().corpus_score(translations, [translation_references]).score,
        )
    rng = np.random.default_rng(0)
    true, given = ([f"class {code}" for code in rng.integers(0, 77, 50 * rows)] for _ in range(2))
    yield (
        "macro-f1, 77 classes (scikit-learn)",
        ours(LabelScore(name="macro-f1"), "label", given, true),
        lambda: f1_score(true, given, average="macro"),
    )


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"| {'metric (reference)':<36} | {'value':>9} | {'ours, s':>8} | {'theirs, s':>9} | {'ratio':>6} |")
    for name, ours, theirs in cases(options.folder, options.rows):
        value = ours()
        np.testing.assert_allclose(value, theirs(), rtol=1e-12)
        times = [(seconds(ours), seconds(theirs)) for _ in range(options.rounds)]
        mine, other = (statistics.median(side) for side in zip(*times, strict=True))
        print(f"| {name:<36} | {value:>9.4f} | {mine:>8.3f} | {other:>9.3f} | {other / mine:>6.1f} |")


if __name__ == "__main__":
    main()
