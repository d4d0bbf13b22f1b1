"""What decontamination finds between public training and evaluation files, by file and line.

    python tests/benchmarks/contamination_on_real_data.py ../shared/data [--quote] [--least 0.3]

The folder holds the datasets as `reports/recipes/README.md` lists them. `--quote` prints both texts with the common piece marked, to be read and not to
be kept.
"""

# ruff: noqa: T201 (it prints what it found)

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from workbench.data import DataSource, load
from workbench.host import PluginHost
from workbench.types import ExampleTable, HeldOut, SelectorContext

PAIRS = {
    "XQuAD-en against SQuAD 1.1 dev": ("qa", "xquad/en.json", "squad/dev-v1.1.json"),
    "XQuAD-zh against SQuAD 1.1 dev": ("qa", "xquad/zh.json", "squad/dev-v1.1.json"),
    "SQuAD 2.0 dev against SQuAD 1.1 dev": ("qa", "squad/dev-v2.0.json", "squad/dev-v1.1.json"),
    "CMRC2018 trial against dev": ("qa", "cmrc2018/trial.json", "cmrc2018/dev.json"),
    "GSM8K train against test": ("generation", "gsm8k/train.jsonl", "gsm8k/test.jsonl"),
    "Banking77 train against test": ("classification", "banking77/train.csv", "banking77/test.csv"),
    "Alpaca against GSM8K test": ("generation", "alpaca/alpaca-5000.json", "gsm8k/test.jsonl"),
}


def examples(task: str, host: PluginHost, data: Path, pattern: str) -> ExampleTable:
    """The examples of a file, with the line that each stands on."""
    component = host.task(task).value
    table = load(component, DataSource(train=pattern, base=data, max_rejected=1.0)).tables["train"]
    roles = tuple(role.name for role in component.roles)
    row = pa.array(np.arange(table.num_rows))
    return ExampleTable(table.append_column("row", row).append_column("example_id", table["content_hash"]), roles)


def marked(text: str, start: int, end: int) -> str:
    """A text with a span in brackets."""
    return f"{text[:start]}[[{text[start:end]}]]{text[end:]}".replace("\n", " / ")


def main() -> None:
    """Print the table, and on request the texts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--quote", action="store_true")
    parser.add_argument("--least", type=float, default=0.5)
    arguments = parser.parse_args()
    host = PluginHost.load()
    print("| examples against items | examples | items | exact | at least 0.5 | at least 0.2 | of the items found (exact) |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for title, (task, train, test) in PAIRS.items():
        if arguments.only not in title:
            continue
        own, items = (examples(task, host, arguments.data, pattern) for pattern in (train, test))
        selector = host.selector(f"{task}.contamination").value
        context = SelectorContext(threads=2, held_out=HeldOut(examples=items, fingerprint=""))
        found = selector.score(own, replace(context, target=host.task(task).value.target))
        exact, overlap = (found.signals[name].to_numpy(zero_copy_only=False) for name in ("exact", "overlap"))
        told = [each | {"values": json.loads(each["values"])} for each in found.evidence.to_pylist()] if found.evidence else []
        equal = {each["values"]["where"] for each in told if each["signal"] == "exact"}
        at_least = [int(((overlap >= least) & (exact == 0)).sum()) for least in (0.5, 0.2)]
        print(f"| {title} | {len(own):,} | {len(items):,} | {int(exact.sum()):,} | {at_least[0]:,} | {at_least[1]:,} | {len(equal):,} |")
        for each in told:
            if each["signal"] == "shared" or each["values"]["share"] < arguments.least:
                continue
            at, values = each["position"], each["values"]
            line = own.column("line")[at].as_py()
            print(f"    {own.column('source')[at]}, line {line}: {each['signal']} {values['share']:.2f}, {values['words']} words, {values['where']}")
            if arguments.quote:
                for span in each["spans"]:
                    print("        ", marked(own.texts(span["role"])[at], span["start"], span["end"]))
                print("        ", marked(values["other"]["text"], values["other"]["start"], values["other"]["end"]))


if __name__ == "__main__":
    main()
