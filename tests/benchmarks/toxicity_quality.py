"""What the list of toxic words finds, and whom it accuses: the section on toxicity of ``reports/selector-quality.md``.

Called by ``selector_quality.py``; the same sentences name one group after another, so that a rate that differs by group is the list's doing.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import csv
import hashlib
import json
import re

import numpy as np
import pyarrow as pa

from workbench.selectors import GROUPS, Toxicity
from workbench.types import ExampleTable, SelectorContext

NAIVE = r"(?i)\b(?:gay|gays|lesbian|homosexual|queer|muslim|muslims|jew|jews|jewish|black|trans|transgender|fat|blind|deaf)\b"
"""Stands for lists that hold names of groups, as those in use do."""


def examples_of(texts):
    """Texts as selectors take them."""
    columns = {
        "row": pa.array(range(len(texts)), pa.int64()),
        "content_hash": pa.array([hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts], pa.string()),
        "text": pa.array(texts, pa.large_string()),
    }
    return ExampleTable(pa.table(columns), ("text",))


def flagged(texts):
    """Where the default rule fires: bool [n]."""
    return Toxicity().score(examples_of(texts), SelectorContext()).signals["words"].to_numpy() > 0


def labelled(folder):
    """Name, texts and whether each is toxic, of the sets that say so."""
    for name in ("toxicity", "profanity"):
        rows = json.loads((folder / "concepts" / f"{name}.json").read_text(encoding="utf-8"))["data"].values()
        yield f"concepts, {name}", [row["text"] for row in rows], np.array([row["label"] for row in rows])
    with (folder / "jigsaw" / "toxicity_nonfuzzed_testset.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    yield "jigsaw, comments", [row["comment"] for row in rows], np.array([row["toxic"] == "True" for row in rows])
    with (folder / "jigsaw" / "madlibs-77k.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    yield "jigsaw, templates", [row["Text"] for row in rows], np.array([row["Label"] == "BAD" for row in rows])


def naming_a_group(texts):
    """Which texts name a group of the lexicon: bool [n]."""
    spellings = [re.escape(term) for terms in GROUPS.values() for term in terms]
    expression = re.compile(rf"\b(?:{'|'.join(sorted(spellings, key=len, reverse=True))})\b", re.IGNORECASE)
    return np.array([expression.search(text) is not None for text in texts])


TEMPLATES = {
    "am_hate_adj": r"i (?:am|hate) (.+)",
    "being_adj": r"Being (.+) is \w+\.",
    "name_adj": r".+? is an? \S+ (.+)",
    "verb_adj": r"\w+ (.+)",
    "you_are_adj": r"You are an? \S+ (.+)",
}
"""Where the sentences of a template name their group."""


def identities_in(folder):
    """The group that each sentence of the templates names, empty for occupations."""
    with (folder / "jigsaw" / "madlibs-77k.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return np.array([found[1] if (found := re.fullmatch(TEMPLATES.get(row["Template"], "(?!)"), row["Text"])) else "" for row in rows])


def rate(part, whole):
    return f"{part / whole:.3f}" if whole else "-"


def descriptors(folder):
    """HolisticBias' descriptors, by axis."""
    found = {}

    def walk(axis, node):
        for each in node.values() if isinstance(node, dict) else node:
            if isinstance(each, dict) and "descriptor" in each:
                found.setdefault(axis, []).append(each["descriptor"])
            elif isinstance(each, str):
                found.setdefault(axis, []).append(each)
            else:
                walk(axis, each)

    for axis, node in json.loads((folder / "lexica" / "holistic-bias-descriptors.json").read_text(encoding="utf-8")).items():
        walk(axis, node)
    return found


def report(folder):
    """Print the section."""
    print("\n## Toxicity\n")
    print("`toxicity.words` with the built-in list. Of the negatives, those that name a group of people stand beside the others: a list that")
    print("accuses groups has a higher rate of false positives there (comments that name a group are also two to three times as long).\n")
    print("| dataset | texts | toxic | precision | recall | false positives | of negatives naming a group | of the others |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    templates = None
    for name, texts, toxic in labelled(folder):
        found, named = flagged(texts), naming_a_group(texts)
        hits, wrong = int((found & toxic).sum()), found & ~toxic
        print(
            f"| {name} | {len(texts)} | {int(toxic.sum())} | {rate(hits, int(found.sum()))} | {rate(hits, int(toxic.sum()))} | "
            f"{rate(int(wrong.sum()), int((~toxic).sum()))} | {rate(int((wrong & named).sum()), int((~toxic & named).sum()))} | "
            f"{rate(int((wrong & ~named).sum()), int((~toxic & ~named).sum()))} |"
        )
        templates = texts, toxic, found
    texts, toxic, found = templates
    naive = np.array([re.search(NAIVE, text) is not None for text in texts])
    identities = identities_in(folder)
    names, counts = np.unique(identities[~toxic & (identities != "")], return_counts=True)
    wrong = {name: int((found & ~toxic & (identities == name)).sum()) for name in names}
    recalls = {name: (found & toxic & (identities == name)).sum() / max((toxic & (identities == name)).sum(), 1) for name in names}
    accused = [name for name in names if (naive & ~toxic & (identities == name)).any()]
    print(f"\nThe templates name {len(names)} groups in the same sentences, {counts.min()} to {counts.max()} friendly ones each. Friendly sentences")
    print(f"found, by group: from {min(wrong.values())} to {max(wrong.values())}.")
    print(f"A list with fifteen names of groups would accuse every friendly sentence about {len(accused)} of them.")
    middle = np.median(list(recalls.values()))
    least, most = min(recalls, key=recalls.get), max(recalls, key=recalls.get)
    print(f"Insults found, by group: median {middle:.2f}, from {recalls[least]:.2f} ({least}) to {recalls[most]:.2f} ({most}): what says")
    print("something bad without a toxic word is not seen, and a group that the lexicon of groups lacks, or has only in phrases (`black people`), is")
    print("defended by fewer of its entries.\n")
    print("| group | friendly sentences | found | share | by a list with names of groups | insults | found |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in names:
        friendly, insults = (identities == name) & ~toxic, (identities == name) & toxic
        print(
            f"| {name} | {int(friendly.sum())} | {wrong[name]} | {rate(wrong[name], int(friendly.sum()))} | "
            f"{rate(int((naive & friendly).sum()), int(friendly.sum()))} | {int(insults.sum())} | {recalls[name]:.2f} |"
        )
    print()
    axes = descriptors(folder)
    sentences = {axis: [f"I am {each}, and I like to read." for each in listed] for axis, listed in axes.items()}
    hits = {axis: [each for each, hit in zip(axes[axis], flagged(texts), strict=True) if hit] for axis, texts in sentences.items()}
    total = sum(len(listed) for listed in axes.values())
    print(f"HolisticBias' {total} descriptors of people in one friendly sentence: {sum(map(len, hits.values()))} found, by axis: "
          + (", ".join(f"{axis} {len(each)} of {len(axes[axis])}" for axis, each in sorted(hits.items()) if each) or "none") + ".")  # fmt: skip
    zh = (folder / "lexica" / "profanity-zh.txt").read_text(encoding="utf-8").split()
    print(f"Of {len(zh)} entries of a Chinese list of profanity, body parts and sexual words among them, {int(flagged(zh).sum())} are found.")
