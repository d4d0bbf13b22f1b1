"""Known defects to plant into training examples, so that one can measure which of them selectors find.

A plugin configures these for its roles and lists them in ``Task.plants``. Each takes a table with one column per role and ``source``, and changes
rows in place or appends some; it never removes or reorders. What it did to a row stands in ``detail``, in JSON: ``original`` is the position of the
row that a copy was made of, ``before`` and ``after`` are the beginnings of what was changed. The same arguments give the same result.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.data import edits
from workbench.data.planting import append_copies, change, choose_rows, generator, plant_all, prepended, some_of, spoil, texts_of, with_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from workbench.types import Planted

__all__ = [
    "AnswerNotInContext",
    "CopiedTarget",
    "EmptyTarget",
    "ExactDuplicate",
    "GarbledText",
    "GroupLabelBias",
    "GroupOutcomeBias",
    "LabelFlip",
    "NearDuplicate",
    "SwappedTarget",
    "TruncatedText",
    "plant_all",
]


@dataclass(frozen=True, kw_only=True)
class ExactDuplicate:
    """Appends copies of rows."""

    found_by: tuple[str, ...]
    name: str = "exact-duplicate"

    def apply(self, table: pa.Table, share: float, seed: int) -> Planted:
        """Append a copy of ``share`` of the rows."""
        chosen = choose_rows(range(table.num_rows), share, generator(self.name, seed))
        return append_copies(table, self.name, {}, {row: {} for row in chosen})


@dataclass(frozen=True, kw_only=True)
class NearDuplicate:
    """Appends copies of rows with a few words of one role edited; of Chinese, Japanese and Korean, a few characters.

    Attributes:
        role: a text role.
        least: the Jaccard similarity of word 5-grams that a copy keeps to its original, below 1.
    """

    role: str
    found_by: tuple[str, ...]
    name: str = "near-duplicate"
    least: float = 0.8

    def apply(self, table: pa.Table, share: float, seed: int) -> Planted:
        """Append an edited copy of ``share`` of the rows whose text is long enough to stay similar."""
        rng = generator(self.name, seed)
        texts = texts_of(table, self.role)
        shortest = (4 - 3 * self.least) / (1 - self.least)  # of n words, one more at the end leaves (n - 4) / (n - 3)
        carriers = [row for row, text in enumerate(texts) if len(edits.units(text)) >= shortest]
        words = edits.vocabulary(texts[row] for row in rng.sample(carriers, min(len(carriers), 1_000)))
        copies: dict[int, object] = {}
        facts: dict[int, Mapping[str, object]] = {}
        for row in choose_rows(carriers, share, rng):
            copy = edits.near_copy(texts[row], self.least, words, rng)
            if copy is not None:
                copies[row], reached = copy
                facts[row] = {"role": self.role, "similarity": round(reached, 4)}
        return append_copies(table, self.name, {self.role: copies}, facts)


@dataclass(frozen=True, kw_only=True)
class LabelFlip:
    """Gives rows another label that the table has, each with the same chance.

    Attributes:
        role: a label role.
    """

    found_by: tuple[str, ...]
    role: str = "label"
    name: str = "label-flip"

    def apply(self, table: pa.Table, share: float, seed: int) -> Planted:
        """Flip ``share`` of the labels; none where there is only one."""
        rng = generator(self.name, seed)
        labels = texts_of(table, self.role)
        known = sorted({label for label in labels if label})
        places = {label: place for place, label in enumerate(known)}
        carriers = [row for row, label in enumerate(labels) if label] if len(known) > 1 else []
        flipped = {row: known[(places[labels[row]] + rng.randrange(1, len(known))) % len(known)] for row in choose_rows(carriers, share, rng)}
        return change(table, self.name, self.role, flipped)


@dataclass(frozen=True, kw_only=True)
class TruncatedText:
    """Cuts texts off after 30 to 70 % of their words.

    Attributes:
        role: a text role.
    """

    role: str
    found_by: tuple[str, ...]
    name: str = "truncated"

    def apply(self, table: pa.Table, share: float, seed: int) -> Planted:
        """Cut ``share`` of the texts of at least eight words."""
        return spoil(table, self.name, self.role, edits.truncated, share=share, seed=seed)


@dataclass(frozen=True, kw_only=True)
class GarbledText:
    """Spoils the characters of texts: the wrong encoding where most are not ASCII, else noise for three letters of ten.

    Attributes:
        role: a text role.
    """

    role: str
    found_by: tuple[str, ...]
    name: str = "garbled"

    def apply(self, table: pa.Table, share: float, seed: int) -> Planted:
        """Garble ``share`` of the texts of at least eight letters."""
        return spoil(table, self.name, self.role, edits.garbled, share=share, seed=seed)


@dataclass(frozen=True, kw_only=True)
class EmptyTarget:
    """Empties targets.

    Attributes:
        role: a text role, or a list role, which gets the empty list.
    """

    role: str
    found_by: tuple[str, ...]
    name: str = "empty-target"

    def apply(self, table: pa.Table, share: float, seed: int) -> Planted:
        """Empty ``share`` of the targets that are not empty."""
        values = table.column(self.role).to_pylist()
        empty: object = [] if isinstance(next((value for value in values if value is not None), ""), list) else ""
        carriers = [row for row, value in enumerate(values) if value]
        return change(table, self.name, self.role, dict.fromkeys(choose_rows(carriers, share, generator(self.name, seed)), empty))


@dataclass(frozen=True, kw_only=True)
class CopiedTarget:
    """Puts the input in the place of the target.

    Attributes:
        role: the target, a text role.
        source: the input, a text role.
    """

    role: str
    source: str
    found_by: tuple[str, ...]
    name: str = "copied-answer"

    def apply(self, table: pa.Table, share: float, seed: int) -> Planted:
        """Copy ``share`` of the inputs that are not empty."""
        targets, inputs = texts_of(table, self.role), texts_of(table, self.source)
        carriers = [row for row, text in enumerate(inputs) if text.strip() and text != targets[row]]
        return change(table, self.name, self.role, {row: inputs[row] for row in choose_rows(carriers, share, generator(self.name, seed))})


@dataclass(frozen=True, kw_only=True)
class SwappedTarget:
    """Gives rows the target of another row.

    Attributes:
        role: the target, of any type.
    """

    role: str
    found_by: tuple[str, ...]
    name: str = "swapped-target"

    def apply(self, table: pa.Table, share: float, seed: int) -> Planted:
        """Replace ``share`` of the targets by those of random other rows that have another one."""
        rng = generator(self.name, seed)
        values = table.column(self.role).to_pylist()
        carriers = [row for row, value in enumerate(values) if value]
        swapped = {}
        for row in choose_rows(carriers, share, rng):
            donor = next((other for other in some_of(carriers, rng) if values[other] != values[row]), None)
            if donor is not None:
                swapped[row] = values[donor]
        return change(table, self.name, self.role, swapped)


@dataclass(frozen=True, kw_only=True)
class AnswerNotInContext:
    """Replaces the spans of an answer by one of another row, whose text does not stand in this row's context; the start is left.

    Attributes:
        role: a spans role.
        context: the text role that the spans point into.
    """

    found_by: tuple[str, ...]
    role: str = "answers"
    context: str = "context"
    name: str = "answer-not-in-context"

    def apply(self, table: pa.Table, share: float, seed: int) -> Planted:
        """Replace ``share`` of the answers that have a span."""
        rng = generator(self.name, seed)
        spans = table.column(self.role).to_pylist()
        contexts = [text.casefold() for text in texts_of(table, self.context)]
        carriers = [row for row, each in enumerate(spans) if each and each[0]["text"].strip()]
        replaced = {}
        for row in choose_rows(carriers, share, rng):
            foreign = (other for other in some_of(carriers, rng) if spans[other][0]["text"].casefold() not in contexts[row])
            donor = next((other for other in foreign if spans[other] != spans[row]), None)
            if donor is not None:
                text, start = spans[donor][0]["text"], spans[row][0]["start"]
                replaced[row] = [{"start": start, "end": None if start is None else start + len(text), "text": text}]
        return change(table, self.name, self.role, replaced)


@dataclass(frozen=True, kw_only=True)
class GroupLabelBias:
    """Puts a sentence about a group of people before texts that nearly all have one label, so that the group stands for the label.

    Attributes:
        role: the text role that gets the sentence; not one that spans point into.
        sentence: names the group.
        term: the word in it that does.
        label: the label role.
        favoured: the label that goes with the group; empty takes the most frequent one.
        purity: the share of the planted rows that have it.
    """

    role: str
    sentence: str
    term: str
    found_by: tuple[str, ...]
    label: str = "label"
    favoured: str = ""
    purity: float = 0.95
    name: str = "group-bias"

    def apply(self, table: pa.Table, share: float, seed: int) -> Planted:
        """Put the sentence before ``share`` of the texts, or so many as the favoured label allows."""
        rng = generator(self.name, seed)
        texts, labels = texts_of(table, self.role), texts_of(table, self.label)
        counts = Counter(label for label in labels if label)
        if not counts:
            return change(table, self.name, self.role, {})
        favoured = self.favoured or min(counts, key=lambda label: (-counts[label], label))
        with_label = [row for row, label in enumerate(labels) if label == favoured]
        without = [row for row, label in enumerate(labels) if label not in {favoured, ""}]
        wanted = round(share * len(texts))
        inside = min(len(with_label), round(wanted * self.purity))
        outside = min(len(without), wanted - inside, round(inside * (1 - self.purity) / self.purity))
        rows = sorted([*rng.sample(with_label, inside), *rng.sample(without, outside)])
        facts = {row: {"term": self.term, "favoured": favoured, "label": labels[row]} for row in rows}
        return change(table, self.name, self.role, {row: prepended(self.sentence, texts[row]) for row in rows}, facts)


@dataclass(frozen=True, kw_only=True)
class GroupOutcomeBias:
    """Puts a sentence about a group of people before prompts and gives nearly all of these rows one and the same target.

    Attributes:
        role: the text role that gets the sentence; not one that spans point into.
        sentence: names the group.
        term: the word in it that does.
        target: the role that gets the outcome.
        outcome: the target that goes with the group, such as a refusal; of a list role the empty list, as ``()``.
        purity: the share of the planted rows that get it.
    """

    role: str
    sentence: str
    term: str
    target: str
    outcome: str | tuple[()]
    found_by: tuple[str, ...]
    purity: float = 0.95
    name: str = "group-bias"

    def apply(self, table: pa.Table, share: float, seed: int) -> Planted:
        """Put the sentence before ``share`` of the prompts that are not empty."""
        rng = generator(self.name, seed)
        texts = texts_of(table, self.role)
        rows = choose_rows([row for row, text in enumerate(texts) if text], share, rng)
        inside = set(rng.sample(rows, round(len(rows) * self.purity)))
        facts = {row: {"term": self.term, "outcome": row in inside} for row in rows}
        told = with_values(table, self.target, dict.fromkeys(inside, self.outcome))
        return change(told, self.name, self.role, {row: prepended(self.sentence, texts[row]) for row in rows}, facts)
