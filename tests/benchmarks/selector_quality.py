"""How well selectors find what is planted: prints ``reports/selector-quality.md``.

    python tests/benchmarks/selector_quality.py FOLDER > reports/selector-quality.md

FOLDER holds the public datasets (see CONTRIBUTING.md). A defect is planted into a tenth of the rows that can carry it, with seed 0. A row counts as
found where any rule of the selector fires on it, whatever the rule asks for; what natural defects of the same kind the data has counts against precision.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import random
from pathlib import Path

import bias_quality
import numpy as np
import pyarrow as pa
import toxicity_quality
from clean_data import fired
from public_data import context_of, examples_of, read, selectors_of, task_of

from workbench.data.plant import AnswerNotInContext, CopiedTarget, EmptyTarget, GarbledText, GroupLabelBias, LabelFlip, SwappedTarget, TruncatedText

SHARE = 0.1
NONE = ()


def edited(role, edit):
    """A plant of its own: ``edit`` takes a text and a generator."""

    def plant(table):
        rng = random.Random(0)
        values = table[role].to_pylist()
        carriers = [row for row, value in enumerate(values) if value]
        rows = sorted(rng.sample(carriers, round(SHARE * len(carriers))))
        for row in rows:
            values[row] = edit(values[row], rng)
        place = table.schema.get_field_index(role)
        return table.set_column(place, role, pa.array(values, table[role].type)), rows

    return plant


def planted(plant):
    """A plant of the product's."""

    def apply(table):
        done = plant.apply(table, SHARE, 0)
        return done.table, done.rows["row"].to_pylist()

    return apply


def mojibake(text, rng):
    """One accented or Chinese word, read in the wrong encoding."""
    return f"{text} {rng.choice(['naïve café', 'déjà vu', 'über', '你好', 'señor'])}".encode().decode("latin-1")


def placeholder(text, rng):
    """A place that nobody filled in."""
    return f"{text} {rng.choice(['[Your Name]', '[INSERT DATE HERE]', '{{ name }}', '<insert link here>', '【请填写姓名】'])}"


def shifted(spans, rng):
    """Answers that point some characters away from their text."""
    by = rng.randrange(3, 20)
    return [{**span, "start": span["start"] + by, "end": span["end"] + by} for span in spans]


def personal(text, rng):
    """An address, or a card number with a right checksum."""
    return f"{text} {rng.choice(['jo.miller@gmail.com', '4539 1488 0343 6467', '+44 20 7946 0958', '身份证11010519491231002X'])}"


def leaked(text, _rng):
    """The rest of a chat template."""
    return f"{text}\n### Instruction: go on"


CASES = (
    ("label flip", "Banking77 train", planted(LabelFlip(found_by=NONE)), ("label-noise.random-label",)),
    ("label flip", "AG News test", planted(LabelFlip(found_by=NONE)), ("label-noise.random-label",)),
    ("group with a label", "AG News test", planted(GroupLabelBias(role="text", sentence="Written by women.", term="women", found_by=NONE)), ("group-association",)),
    ("answer not in context", "SQuAD dev", planted(AnswerNotInContext(found_by=NONE)), ("answer-not-in-context.missing",)),
    ("answer not in context", "CMRC2018 dev", planted(AnswerNotInContext(found_by=NONE)), ("answer-not-in-context.missing",)),
    ("wrong offset", "SQuAD dev", edited("answers", shifted), ("answer-not-in-context.offset",)),
    ("wrong offset", "XQuAD zh", edited("answers", shifted), ("answer-not-in-context.offset",)),
    *(("garbled", name, planted(GarbledText(role=role, found_by=NONE)), ("garbled",)) for name, role in (("Alpaca", "response"), ("DialogSum dev", "summary"), ("GSM8K train", "response"), ("SQuAD dev", "question"), ("Alpaca zh", "response"))),
    *(("mojibake", name, edited(role, mojibake), ("garbled.mojibake",)) for name, role in (("Alpaca", "response"), ("DialogSum dev", "summary"), ("Alpaca zh", "response"))),
    *(("placeholder", name, edited(role, placeholder), ("leftovers.placeholder",)) for name, role in (("Alpaca", "response"), ("DialogSum dev", "summary"), ("Banking77 train", "text"))),
    *(("personal data", name, edited(role, personal), ("personal-data",)) for name, role in (("Alpaca", "response"), ("DialogSum dev", "document"))),
    ("chat template", "Alpaca", edited("response", leaked), ("response-form.markers",)),
    ("empty target", "Alpaca", planted(EmptyTarget(role="response", found_by=NONE)), ("empty-text",)),
    ("copied target", "DialogSum dev", planted(CopiedTarget(role="summary", source="document", found_by=NONE)), ("target-copies-input",)),
    *(("truncated", name, planted(TruncatedText(role=role, found_by=NONE)), ("truncation",)) for name, role in (("Alpaca", "response"), ("GSM8K train", "response"), ("Alpaca zh", "response"))),
    ("swapped target", "DialogSum dev", planted(SwappedTarget(role="summary", found_by=NONE)), ("unsupported", "extractiveness")),
    ("swapped target", "Alpaca", planted(SwappedTarget(role="response", found_by=NONE)), ("response-form", "target-language")),
)  # fmt: skip


def measured(folder, name, plant, rules):
    """Recall, precision and the number of planted rows of one case."""
    task = task_of(name)
    table, rows = plant(read(folder, name))
    examples = examples_of(task, table)
    bad = np.zeros(table.num_rows, dtype=bool)
    bad[rows] = True
    flagged = np.zeros(table.num_rows, dtype=bool)
    for selector in selectors_of(task):
        wanted = [signal for signal in selector.signals if signal.rule and {selector.name, f"{selector.name}.{signal.name}"} & set(rules)]
        if wanted:
            found = selector.score(examples, context_of(task)).signals
            for signal in wanted:
                flagged |= fired(found[signal.name], signal.rule)
    hits = int((flagged & bad).sum())
    return hits / max(int(bad.sum()), 1), hits / max(int(flagged.sum()), 1), int(bad.sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    print("# What selectors find of what is planted\n")
    print("Made by `python tests/benchmarks/selector_quality.py FOLDER`: a defect in a tenth of the rows that can carry it, default rules, seed 0.")
    print("Natural defects of the same kind count against precision.\n")
    print("| defect | dataset | found by | planted | recall | precision |\n| --- | --- | --- | ---: | ---: | ---: |")
    for kind, name, plant, rules in CASES:
        recall, precision, count = measured(options.folder, name, plant, rules)
        print(f"| {kind} | {name} | {', '.join(rules)} | {count} | {recall:.2f} | {precision:.2f} |")
    print(
        "\nA text that is cut off shows it only where something in it asks for more, and a swapped target only where a name or a number gives it away:"
    )
    print("both are told here as they are, and no rule on them drops.")
    toxicity_quality.report(options.folder)
    bias_quality.report(options.folder)


if __name__ == "__main__":
    main()
