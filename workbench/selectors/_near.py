"""Near duplicates: every pair above a Jaccard similarity, verified, with what the two are to one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import composed, edge_table, findings, no_values, nullable, text_of
from workbench.selectors._keys import absent, first_of_each, group_codes, paired
from workbench.types import Action, Direction, PairKind, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np

    from workbench.selectors._bands import Bands
    from workbench.selectors._similar import SimilarPairs
    from workbench.types import ExampleTable, Findings, SelectorContext

EDGES_KEPT: Final = 64


@dataclass(frozen=True, kw_only=True)
class NearDuplicateParams:
    """What counts as near.

    Attributes:
        roles: the roles that must each be similar; the task's target is compared apart unless it is among them.
        floor: the least Jaccard similarity that is kept. A rule's threshold can be moved above it without scoring again.
        recall: the share of pairs at the floor that is to be found, in expectation.
    """

    roles: tuple[str, ...] = ("text",)
    floor: float = 0.7
    recall: float = 0.99


@dataclass(frozen=True, kw_only=True)
class NearDuplicates:
    """Finds pairs of similar examples (MinHash-LSH: Broder 1997; Indyk and Motwani 1998), and verifies each by its exact Jaccard similarity.

    The similarity of a pair is the least over the roles, so one that differs keeps two examples apart (two questions about one context are no pair).
    How texts are cut into shingles stands in ``_similar``: words, characters for short texts and for scripts without spaces, the whole where there is
    no shingle. Case, punctuation, spacing and width of characters are not compared. Exact copies are taken together first. A pair is

    - ``copy``: input and target equal once normalised (see ``ExactDuplicates``),
    - ``template``: all that differs in the input is numbers, quoted strings or slot words (see ``_template``), whatever the target,
    - ``near``: the target is similar too: an equal label, or a text at or above the floor, which then counts in the similarity; one of fewer than
      32 words, in which a single other word is another answer, must have the same shingles,
    - ``conflict``: the input is equal or similar, and the target is not, or differs in numbers, quoted strings or slot words alone.

    Each row keeps its 64 most similar edges of each kind. Where that leaves some out, or a crowd of similar texts was not compared in full, the row
    is ``dense``.
    """

    params: NearDuplicateParams = NearDuplicateParams()
    name: str = "near-duplicates"
    version: str = "2"
    kind: SelectorKind = SelectorKind.DEDUP
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="jaccard",
            dtype="float64",
            summary="Greatest Jaccard similarity to another example that is a copy or near; 0 where there is none at or above the floor.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.DROP, operator=">=", threshold=0.8),
            reasons={"near": "{value} of its shingles are those of another example"},
            pairwise=True,
        ),
        Signal(
            name="dense",
            dtype="bool",
            summary="Whether the example has more similar examples than are kept, as in templated data: look at the group before you drop.",
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=1.0),
            reasons={"dense": "more similar examples than are kept"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are compared; the task's target is read beside them."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """Compare all examples; see ``Selector.score``.

        Raises:
            RecipeError: for a floor or a recall outside its range.
        """
        import numpy as np

        from workbench.selectors._bands import plan_bands
        from workbench.selectors._pairs import Inputs, judge_pairs
        from workbench.selectors._similar import similar_pairs

        floor, roles, size = self.params.floor, self.params.roles, len(examples)
        plan = plan_bands(floor, self.params.recall)
        if not size:
            return no_values(self.signals, 0)
        target = context.target if context.target in examples.roles and context.target not in roles else ""
        inputs, targets = group_codes(examples, roles, context), group_codes(examples, [target] if target else [], context)
        firsts = first_of_each(paired(inputs, targets))
        nodes = _in_order_of_content(firsts, examples)
        unique = examples.take(nodes)
        texts = [composed(text_of(unique, role)).fill_null("") for role in roles]
        found = similar_pairs(texts, unique.column("content_hash"), floor=floor, plan=plan, context=context)
        answer = context.target if context.target in examples.roles else ""
        what = Inputs(examples=unique, roles=roles, target=target, answer=answer, input_codes=inputs[nodes], target_codes=targets[nodes])
        pairs = judge_pairs(found, what, floor=floor, most=EDGES_KEPT, context=context)
        dense = np.zeros(len(nodes), dtype=bool)
        greatest = np.zeros(len(nodes))
        for side in (pairs.a, pairs.b):
            dense[side[~pairs.kept | found.crowded[side]]] = True
            near = pairs.kept & (pairs.kinds == PairKind.NEAR)
            np.maximum.at(greatest, side[near], pairs.similarity[near])
        place = np.empty(size, dtype=np.int64)
        place[nodes] = np.arange(len(nodes))
        copies = np.flatnonzero(firsts != np.arange(size))
        jaccard = greatest[place[firsts]]
        jaccard[copies] = jaccard[firsts[copies]] = 1.0
        parts: list[tuple[np.ndarray, np.ndarray, str, PairKind, np.ndarray | float]] = [(firsts[copies], copies, "jaccard", PairKind.COPY, 1.0)]
        for kind in (PairKind.NEAR, PairKind.CONFLICT, PairKind.TEMPLATE):
            chosen = pairs.kept & (pairs.kinds == kind)
            parts.append((nodes[pairs.a[chosen]], nodes[pairs.b[chosen]], "jaccard", kind, pairs.similarity[chosen]))
        return findings(
            self.signals,
            {"jaccard": nullable(jaccard, ~absent(examples, [*roles, *([target] if target else [])])), "dense": dense[place[firsts]]},
            edges=edge_table(parts),
            notes=_notes(plan, floor, found, int(dense[place[firsts]].sum())),
        )


def _in_order_of_content(firsts: np.ndarray, examples: ExampleTable) -> np.ndarray:
    """The first of each group of copies, in an order that does not depend on that of the rows."""
    import numpy as np
    import pyarrow.compute as pc

    rank = np.empty(len(firsts), dtype=np.int64)
    rank[pc.sort_indices(examples.column("content_hash")).to_numpy()] = np.arange(len(firsts))
    least = np.full(len(firsts), len(firsts), dtype=np.int64)
    np.minimum.at(least, firsts, rank)
    groups = np.unique(firsts)
    ordered: np.ndarray = groups[np.argsort(least[groups])]
    return ordered


def _notes(plan: Bands, floor: float, pairs: SimilarPairs, dense: int) -> list[str]:
    words, characters, unspaced, whole = (int(count) for count in pairs.ways)
    notes = [
        f"{plan.bands} bands of {plan.rows} minima find a pair of Jaccard similarity {floor:g} with probability {plan.recall:.4f}",
        f"{pairs.candidates} candidate pairs were verified, {len(pairs.a)} hold",
        f"compared by words: {words} texts, by characters: {characters}, by characters of scripts without spaces: {unspaced}, as a whole: {whole}",
    ]
    if dense:
        notes.append(f"{dense} rows have more similar rows than are compared or kept ({EDGES_KEPT} of each kind); they are marked dense")
    return notes
