"""How well selectors find what is planted: prints ``reports/selector-quality.md``.

    python tests/benchmarks/selector_quality.py FOLDER > reports/selector-quality.md

FOLDER holds the public datasets (see CONTRIBUTING.md). A defect is planted into a tenth of the rows that can carry it, with seed 0. A row counts as
found where any rule of the selector fires on it, whatever the rule asks for; what natural defects of the same kind the data has counts against precision.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import argparse
import csv
import json
import random
from pathlib import Path

import bias_quality
import numpy as np
import pyarrow as pa
import toxicity_quality
from clean_data import fired
from public_data import context_of, examples_of, read, selectors_of, task_of

from workbench.data.plant import AnswerNotInContext, CopiedTarget, EmptyTarget, GarbledText, GroupLabelBias, LabelFlip, SwappedTarget, TruncatedText
from workbench.selectors import Garbled, LengthOutliers, Repetition, RolesParams, Truncation, Unsupported
from workbench.selectors._composition import has_letters
from workbench.selectors._langid import languages_of, model
from workbench.types import ExampleTable, SelectorContext

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


def shuffled(text, rng):
    """The same words in another order."""
    words = text.split()
    rng.shuffle(words)
    return " ".join(words)


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
    *(("truncated", name, planted(TruncatedText(role=role, found_by=NONE)), ("truncation",)) for name, role in (("Alpaca", "response"), ("DialogSum dev", "summary"), ("GSM8K train", "response"), ("Alpaca zh", "response"))),
    *(("words shuffled", name, edited(role, shuffled), ("garbled", "truncation")) for name, role in (("Alpaca", "response"), ("DialogSum dev", "summary"), ("GSM8K train", "response"))),
    ("swapped target", "DialogSum dev", planted(SwappedTarget(role="summary", found_by=NONE)), ("unsupported", "extractiveness")),
    *(("swapped target", name, planted(SwappedTarget(role="response", found_by=NONE)), ("response-form", "target-language")) for name in ("Alpaca", "GSM8K train")),
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


def languages(folder):
    """How often the identifier names the language of a text: per kind of text, its number, the share that is right, and both for those judged."""
    names = np.array(model().languages)
    for language in ("en", "zh"):
        paragraphs = [
            part
            for article in json.loads((folder / "xquad" / f"{language}.json").read_text(encoding="utf-8"))["data"]
            for part in article["paragraphs"]
        ]
        questions = [asked for part in paragraphs for asked in part["qas"]]
        answers = sorted({answer["text"] for asked in questions for answer in asked["answers"]})
        for kind, texts in (
            ("context", [part["context"] for part in paragraphs]),
            ("question", [asked["question"] for asked in questions]),
            ("answer", answers),
            *((f"first {size} characters of a context", [part["context"][:size] for part in paragraphs]) for size in (10, 20, 40)),
        ):
            column = pa.array(texts, pa.large_string())
            right = names[languages_of(column).argmax(axis=1)] == language
            judged = has_letters(column, 40)
            yield language, kind, len(texts), right.mean(), int(judged.sum()), f"{right[judged].mean():.3f}" if judged.any() else "-"


def unfaithful(folder):
    """What can be seen of unfaithful summaries without their articles: per rule, how many it fires on and how many of these people found unfaithful.

    Two judgements, each by most of three people: not factual, and with a span that the article does not say. For numbers, what the other summaries of
    the same article say takes the article's place.
    """
    votes = {"not factual": {}, "says what the article does not": {}}
    summaries = {}
    for file, judgement, column, bad in (
        ("factuality_annotations_xsum_summaries.csv", "not factual", "is_factual", {"no"}),
        ("hallucination_annotations_xsum_summaries.csv", "says what the article does not", "hallucination_type", {"extrinsic"}),
    ):
        people = {}
        with (folder / "xsum_faithfulness" / file).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                key = (row["bbcid"], row["system"])
                summaries[key] = row["summary"]
                of = people.setdefault(key, {})
                of[row["worker_id"]] = of.get(row["worker_id"], False) or row[column] in bad
        votes[judgement] = {key: 2 * sum(each.values()) > len(each) for key, each in people.items()}
    keys = sorted(summaries)
    others = ["\n".join(summaries[other] for other in keys if other[0] == key[0] and other[1] != key[1]) for key in keys]
    table = pa.table({"document": pa.array(others, pa.large_string()), "summary": pa.array([summaries[key] for key in keys], pa.large_string())})
    examples = ExampleTable(table, ("document", "summary"))
    own = RolesParams(roles=("summary",))
    for selector in (Unsupported(), Repetition(params=own), Truncation(params=own), Garbled(params=own), LengthOutliers(params=own)):
        found = selector.score(examples, SelectorContext()).signals
        for signal in selector.signals:
            flagged = fired(found[signal.name], signal.rule)
            for judgement, of in votes.items():
                known = np.array([key in of for key in keys])
                bad = np.array([of.get(key, False) for key in keys])
                hits, some = int((flagged & bad).sum()), int((flagged & known).sum())
                if some:
                    yield f"{selector.name}.{signal.name}", judgement, int(known.sum()), bad.sum() / known.sum(), some, hits / some, hits / bad.sum()


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
        "\nA text that is cut off shows it only where something in it asks for more, and a swapped target only where a name or a number gives it away;"
    )
    print(
        "words in another order are the same words to every rule that needs no model (perplexity-outliers takes one). All three are told here as they"
    )
    print("are, and no rule on them drops.")
    print(
        "No default rule sees swapped responses in Alpaca: response-form.ignores-input found 0.08 of them at precision 0.63, but was right on 5 of 32 natural"
    )
    print("rows, so it is shown and asks for nothing.")
    toxicity_quality.report(options.folder)
    bias_quality.report(options.folder)
    print("\n## Languages\n")
    print(
        "How often the identifier is right on XQuAD's English and Chinese texts, and on those of at least 40 letters (10 Chinese characters), which"
    )
    print("alone are judged.\n")
    print("| language | texts | number | right | judged | right of these |\n| --- | --- | ---: | ---: | ---: | ---: |")
    for language, kind, count, right, judged, of_these in languages(options.folder):
        print(f"| {language} | {kind} | {count} | {right:.3f} | {judged} | {of_these} |")
    print("\n## Unfaithful summaries, without the article\n")
    print("Summaries of five systems that people judged (XSum); the articles are not at hand. Numbers are sought in the other summaries of the same")
    print("article; all text is in lower case, so names cannot be told. Where no rule fires, no line stands. The share among all summaries is what")
    print("flagging at random would be right on: a rule is of use only as far as it is above that.\n")
    print("| rule | judgement | summaries | share of such | fired on | right | recall |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for rule, judgement, count, share, some, precision, recall in unfaithful(options.folder):
        print(f"| {rule} | {judgement} | {count} | {share:.2f} | {some} | {precision:.2f} | {recall:.3f} |")


if __name__ == "__main__":
    main()
