"""Decontamination: training examples that hold what models are judged on."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, composed, findings, joined_text, no_values, nullable, text_of
from workbench.selectors._keys import absent
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.selectors._items import Answers, Items, Overlaps
    from workbench.types import ExampleTable, Findings, HeldOut, SelectorContext

OTHER: Final = "other"
"""The key of evidence's values that holds a text from outside of the dataset; see ``Findings.evidence``."""
_EXACT: Final = "exact"
_TOLD_FROM: Final = 0.2
_QUOTED: Final = 1_000  # code points of an item that evidence keeps
_MOST_NAMED: Final = 10  # sources of items that a note names
_INDEXES: weakref.WeakKeyDictionary[HeldOut, dict[ContaminationParams, _Prepared]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, kw_only=True)
class ContaminationParams:
    """What is looked for, and where.

    Attributes:
        roles: what an item is known by: an example whose roles equal them is the item.
        searched: further roles of an example in which a part of an item may stand.
        answer: a role that must agree too, for a question alone may be anybody's; empty where the roles suffice.
        shared: roles that examples and items may well have in common; what they share is told apart and asks for nothing.
        against: files, folders or globs of further items, beside the evaluation examples.
        words: the least number of neighbouring words that counts as a part.
        characters: the same in scripts without spaces.
    """

    roles: tuple[str, ...] = ("text",)
    searched: tuple[str, ...] = ()
    answer: str = ""
    shared: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    words: int = 8
    characters: int = 13

    def __post_init__(self) -> None:
        if not (self.roles and self.words > 0 and self.characters > 0):
            raise ValueError("contamination needs at least one role, and parts of at least one word and one character")


@dataclass(frozen=True, kw_only=True)
class Contamination:
    """Finds examples that are, or hold a part of, what models are judged on: the evaluation examples, and the items of further files.

    Texts are compared by words without regard to case, punctuation, spacing and width; in scripts without spaces each character is a word. An example
    whose roles equal an item's is ``exact``, however short. For the others the longest piece is looked for that an item has in common with the
    example word by word, of ``words`` words at least (``characters`` for items of which a quarter of the words is in scripts without spaces).
    Rewritten items are not found. A sentence of instruction that many items begin with is not followed beyond the shortest sixteen of them.

    With ``answer``, only items count that share one of the example's answers, or have none.
    """

    params: ContaminationParams = ContaminationParams()
    name: str = "contamination"
    version: str = "2"
    kind: SelectorKind = SelectorKind.DECONTAMINATION
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="exact",
            dtype="bool",
            summary="Whether the example equals an item that models are judged on.",
            direction=Direction.LOWER,
            rule=Rule(action=Action.DROP, operator=">=", threshold=1.0),
            reasons={"equal": "equals {where}"},
        ),
        Signal(
            name="overlap",
            dtype="float64",
            summary="Greatest share of an item that models are judged on that stands in the example in one piece; 0 where no piece is long enough.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=0.5),
            reasons={"span": "{words} words in a row are those of {where}, {share} of it"},
        ),
        Signal(
            name="shared",
            dtype="float64",
            summary="Greatest share of an item's context that stands in the example's in one piece; empty where items have no context.",
            low=0.0,
            high=1.0,
            reasons={"context": "{words} words in a row of its context are those of {where}, {share} of it"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """All roles that are compared."""
        answer = (self.params.answer,) if self.params.answer else ()
        return tuple(dict.fromkeys((*self.params.roles, *self.params.searched, *answer, *self.params.shared)))

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """Hold examples against all items; see ``Selector.score``."""
        import pyarrow as pa
        import pyarrow.compute as pc

        from workbench.selectors._items import Answers, answers_of

        if context.held_out is None or not len(context.held_out.examples):
            return no_values(self.signals, len(examples), ["there are no evaluation examples to compare with"])
        params, size = self.params, len(examples)
        prepared = _prepared(context.held_out, params)
        searched = tuple(dict.fromkeys((*params.roles, *params.searched)))
        own = answers_of(examples.column(params.answer)) if params.answer else Answers.none(size)
        evidence = Evidence()

        def compare(known: _Known, roles: tuple[str, ...], answers: Answers) -> Overlaps:
            text = composed(joined_text(examples, roles))
            inputs = text if roles == known.roles else composed(joined_text(examples, known.roles))
            found = known.items.overlaps(inputs, text, answers, threads=context.threads, stopped=context.stopped)
            known.tell(found, examples, roles, evidence)
            return found

        found = compare(prepared.items, searched, own)
        valid = ~absent(examples, params.roles)
        shared = pa.nulls(size, pa.float64())
        if prepared.contexts is not None:
            common = compare(prepared.contexts, params.shared, Answers.none(size))
            shared = pc.if_else(pa.array(~absent(examples, params.shared)), pa.array(common.share), shared)
        return findings(
            self.signals,
            {"exact": nullable(found.exact, valid), "overlap": nullable(found.share, valid), "shared": shared},
            evidence=evidence,
            notes=prepared.notes,
        )


@dataclass(frozen=True, kw_only=True)
class _Known:
    """Items of one kind.

    Attributes:
        items: the index of them.
        examples: what they are made of, one each.
        roles: the roles that they consist of.
        signal, whole, part: where and with which reasons they are told of; ``whole`` is empty where equality is nothing of its own.
    """

    items: Items
    examples: ExampleTable
    roles: tuple[str, ...]
    signal: str
    part: str
    whole: str = ""

    def tell(self, found: Overlaps, examples: ExampleTable, roles: tuple[str, ...], evidence: Evidence) -> None:
        """Add what was found to the evidence, with the piece marked on both sides."""
        import numpy as np

        from workbench.selectors._items import places_of

        told = np.flatnonzero(found.share >= _TOLD_FROM)
        if not len(told):
            return
        items, some = self.examples.take(found.item[told]), examples.take(told)
        texts = joined_text(items, self.roles)
        there = places_of(texts, found.place[told], found.words[told]).tolist()
        here = places_of(joined_text(some, roles), found.at[told], found.words[told]).tolist()
        hashes = items.texts("content_hash")
        sizes = [[len(text or "") for text in text_of(some, role).to_pylist()] for role in roles]
        wheres = _where(items)
        for at, position in enumerate(told.tolist()):
            exact = bool(found.exact[position]) and bool(self.whole)
            evidence.add(
                position,
                _EXACT if exact else self.signal,
                self.whole if exact else self.part,
                {
                    "where": wheres[at],
                    "words": int(found.words[position]),
                    "share": float(found.share[position]),
                    OTHER: {**_excerpt(wheres[at], texts[at].as_py(), *there[at]), "content_hash": hashes[at]},
                },
                spans=_by_role(roles, [size[at] for size in sizes], *here[at]),
            )


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """All that is compared with.

    Attributes:
        items: what models are judged on.
        contexts: the contexts of items, each once; None where there are none to compare.
        notes: what the user should be told of them.
    """

    items: _Known
    contexts: _Known | None
    notes: tuple[str, ...]


def _prepared(held_out: HeldOut, params: ContaminationParams) -> _Prepared:
    """The items, indexed once for all batches."""
    known = _INDEXES.setdefault(held_out, {})
    if params not in known:
        known[params] = _prepare(held_out.examples, params)
    return known[params]


def _prepare(examples: ExampleTable, params: ContaminationParams) -> _Prepared:
    from workbench.selectors._items import Items, answers_of

    size = len(examples)
    answers = answers_of(examples.column(params.answer)) if params.answer else None
    items = _Known(
        items=Items(composed(joined_text(examples, params.roles)), words=params.words, characters=params.characters, answers=answers),
        examples=examples,
        roles=params.roles,
        signal="overlap",
        part="span",
        whole="equal",
    )
    contexts = None
    if params.shared and not absent(examples, params.shared).all():
        each = examples.take(_first_of_each(joined_text(examples, params.shared)))
        index = Items(composed(joined_text(each, params.shared)), words=params.words, characters=params.characters)
        contexts = _Known(items=index, examples=each, roles=params.shared, signal="shared", part="context")
    sources = list(dict.fromkeys(examples.texts("source")))
    named = ", ".join(sources[:_MOST_NAMED]) + (f" and {len(sources) - _MOST_NAMED:,} further sources" if len(sources) > _MOST_NAMED else "")
    notes = [f"compared with {size:,} items of {named or 'the evaluation split'}"]
    if items.items.empty:
        notes.append(f"{items.items.empty} of these items have nothing in {' or '.join(params.roles)}, so nothing equals them")
    return _Prepared(items=items, contexts=contexts, notes=tuple(notes))


def _first_of_each(texts: pa.LargeStringArray) -> np.ndarray:
    """The positions of different texts, ascending."""
    import numpy as np

    codes = texts.dictionary_encode().indices.to_numpy()
    firsts: np.ndarray = np.sort(np.unique(codes, return_index=True)[1])
    return firsts


def _where(items: ExampleTable) -> list[str]:
    """What to call items: by file and line, or by their id."""
    lines, names = items.values("line"), items.texts("example_id")
    return [
        f"{source}, line {line}" if line is not None else f"{source} {name[:12]}".strip()
        for source, line, name in zip(items.texts("source"), lines, names, strict=True)
    ]


def _excerpt(where: str, text: str, start: int, end: int) -> dict[str, object]:
    """An item as evidence keeps it: as much of its text around a span as is worth showing."""
    first = max(0, start - _QUOTED // 4)
    last = min(len(text), first + _QUOTED)
    return {"where": where, "text": text[first:last], "start": start - first, "end": min(end, last) - first}


def _by_role(roles: tuple[str, ...], sizes: list[int], start: int, end: int) -> list[tuple[str, int, int]]:
    """A span of roles joined by line breaks, as spans of each of them."""
    spans, before = [], 0
    for role, size in zip(roles, sizes, strict=True):
        first, last = max(start - before, 0), min(end - before, size)
        if first < last:
            spans.append((role, first, last))
        before += size + 1
    return spans
