"""What the bias selectors say of clean data, and how often they find what is not there: a section of ``reports/selector-quality.md``.

Called by ``selector_quality.py``.
"""

# ruff: noqa: T201 (a benchmark prints)

from __future__ import annotations

import numpy as np
import pyarrow as pa
from clean_data import fired
from public_data import HOST, context_of, examples_of, read, task_of

from workbench.data.plant import GroupLabelBias
from workbench.selectors import Association, GroupAssociation
from workbench.types import ExampleTable

SHUFFLES = 200
CLEAN = {
    "SQuAD dev": ("answer-prior", "group-association"),
    "CMRC2018 dev": ("answer-prior", "group-association"),
    "DialogSum dev": ("lead-bias", "pronoun-change", "group-association", "toxicity"),
    "Debian": ("lead-bias", "pronoun-change"),
    "GSM8K train": ("toxicity", "group-association"),
    "Alpaca": ("toxicity", "group-association"),
    "Banking77 train": ("toxicity", "counterfactual", "group-association"),
    "AG News test": ("toxicity", "counterfactual", "group-association"),
}
CARRIED = 0.5


def said_at(component):
    """Which note says what the selector found; the first of some say how much was looked at."""
    return -1 if component == "counterfactual" else 0


def shuffled(examples, target, seed):
    """The same examples with their targets dealt anew."""
    order = np.random.default_rng(seed).permutation(len(examples))
    table = examples.table
    place = table.schema.get_field_index(target)
    return ExampleTable(table.set_column(place, target, table[target].take(pa.array(order))), examples.roles)


def report(folder):
    """Print the section."""
    print("\n## Bias\n")
    print("What the rules of bias selectors ask to review in data as it is, with the first thing that each says of the whole.\n")
    print("| dataset | selector | signal | rows | for review | what it says first |\n| --- | --- | --- | ---: | ---: | --- |")
    for name, wanted in CLEAN.items():
        task = task_of(name)
        examples = examples_of(task, read(folder, name))
        for component in wanted:
            selector = HOST.selector(component, task.name).value
            found = selector.score(examples, context_of(task))
            for signal in selector.signals:
                if signal.rule:
                    share = fired(found.signals[signal.name], signal.rule).mean()
                    said = (found.notes or ("",))[said_at(component)].replace("|", "/")
                    print(f"| {name} | {component} | {signal.name} | {len(examples)} | {share:.2%} | {said} |")
    task = task_of("AG News test")
    table = read(folder, "AG News test").slice(0, 4_000)
    clean = examples_of(task, table)
    plant = GroupLabelBias(role="text", sentence="Written by women.", term="women", found_by=())
    done = plant.apply(table, 0.05, 0)
    bad = np.zeros(table.num_rows, dtype=bool)
    bad[done.rows["row"].to_pylist()] = True
    print(
        "\nToken-label and group-label association (the competency test; exact binomial tail, Bonferroni over all pairs, alpha 0.01), AG News, 4,000 rows:\n"
    )
    print("| selector | planted rows with the label found | flagged rows that are planted | shuffled labels with any finding | stated |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for selector in (GroupAssociation(), Association()):
        found = selector.score(examples_of(task, done.table), context_of(task))
        values = found.signals["association"].to_numpy()
        labels = np.array(done.table["label"].to_pylist())
        favoured = labels[bad][0] if len(set(labels[bad])) == 1 else max(set(labels[bad]), key=list(labels[bad]).count)
        carried = bad & (labels == favoured)
        flagged = values >= CARRIED
        times = SHUFFLES if isinstance(selector, GroupAssociation) else SHUFFLES // 10
        false = sum(
            selector.score(shuffled(clean, "label", seed), context_of(task)).notes != ("no association is beyond chance",) for seed in range(times)
        )
        print(
            f"| {selector.name} | {int((flagged & carried).sum())} of {int(carried.sum())} | {int((flagged & bad).sum())} of {int(flagged.sum())} | "
            f"{false} of {times} | at most 1 in 100 |"
        )
