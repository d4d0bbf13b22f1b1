"""Near duplicates: every pair above a Jaccard similarity, verified, with what the two are to one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import composed, edge_table, findings, joined_text, no_values, nullable, text_of
from workbench.selectors._keys import absent, first_of_each, group_codes
from workbench.types import Action, Direction, PairKind, RoleType, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

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
    How texts are cut into shingles stands in ``_similar``: words, characters for short texts and for scripts without spaces, the whole where there is no
    shingle. Case, punctuation, spacing and width of characters are not compared. Exact copies are taken together first. A pair is

    - ``copy``: input and target equal once normalised (see ``ExactDuplicates``),
    - ``conflict``: equal input and another target; or similar input, no template, and another label or a text target below the floor,
    - ``template``: all that differs in the input is numbers, quoted strings or slot words (see ``_template``),
    - ``near``: all else; with a text target the similarity counts the target in.

    Each row keeps its 64 most similar edges of each kind. Where that leaves some out, or a crowd of similar texts was not compared in full, the row is
    ``dense``.
    """

    params: NearDuplicateParams = NearDuplicateParams()
    name: str = "near-duplicates"
    version: str = "1"
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
        from workbench.selectors._similar import similar_pairs

        plan = plan_bands(self.params.floor, self.params.recall)
        if not len(examples):
            return no_values(self.signals, 0)
        roles = self.params.roles
        inputs = group_codes(examples, roles)
        target = context.target if context.target in examples.roles and context.target not in roles else ""
        targets = group_codes(examples, [target] if target else [])
        firsts = first_of_each(inputs * (len(examples) + 1) + targets)
        nodes = _in_order_of_content(firsts, examples)
        unique = examples.take(nodes)
        pairs = similar_pairs([composed(text_of(unique, role)).fill_null("") for role in roles], floor=self.params.floor, plan=plan, context=context)
        kinds, similarity = self._kinds(unique, pairs, inputs[nodes], targets[nodes], target, context)
        kept = _most_similar(pairs, kinds, similarity, len(nodes))
        dense = np.zeros(len(nodes), dtype=bool)
        for side in (pairs.a, pairs.b):
            dense[side[~kept]] = True
            dense[side[pairs.crowded[side]]] = True
        near = kept & (kinds == _NEAR)
        greatest = np.zeros(len(nodes))
        for side in (pairs.a, pairs.b):
            np.maximum.at(greatest, side[near], similarity[near])
        place = np.empty(len(examples), dtype=np.int64)
        place[nodes] = np.arange(len(nodes))
        copies = np.flatnonzero(firsts != np.arange(len(examples)))
        jaccard = greatest[place[firsts]]
        jaccard[copies] = jaccard[firsts[copies]] = 1.0
        parts: list[tuple[np.ndarray, np.ndarray, str, PairKind, np.ndarray | float]] = [(firsts[copies], copies, "jaccard", PairKind.COPY, 1.0)]
        for code, kind in _KINDS.items():
            chosen = kept & (kinds == code)
            parts.append((nodes[pairs.a[chosen]], nodes[pairs.b[chosen]], "jaccard", kind, similarity[chosen]))
        return findings(
            self.signals,
            {"jaccard": nullable(jaccard, ~absent(examples, [*roles, *([target] if target else [])])), "dense": dense[place[firsts]]},
            edges=edge_table(parts),
            notes=_notes(plan, self.params.floor, pairs, int(dense[place[firsts]].sum())),
        )

    def _kinds(
        self, unique: ExampleTable, pairs: SimilarPairs, inputs: np.ndarray, targets: np.ndarray, target: str, context: SelectorContext
    ) -> tuple[np.ndarray, np.ndarray]:
        """What each pair is (int8, a key of ``_KINDS``), and its similarity."""
        import numpy as np

        from workbench.selectors._columns import buffers
        from workbench.selectors._similar import pair_similarity
        from workbench.selectors._template import are_templates

        kinds = np.full(len(pairs.a), _NEAR, dtype=np.int8)
        similarity = pairs.similarity.copy()
        same_input = inputs[pairs.a] == inputs[pairs.b]
        kinds[same_input] = _CONFLICT  # of equal target they would be one node
        rest = np.flatnonzero(~same_input)
        involved, places = np.unique(np.concatenate([pairs.a[rest], pairs.b[rest]]), return_inverse=True)
        texts = composed(joined_text(unique.take(involved), self.params.roles))
        template = are_templates(*buffers(texts), places[: len(rest)], places[len(rest) :])
        kinds[rest[template]] = _TEMPLATE
        other = rest[~template & (targets[pairs.a[rest]] != targets[pairs.b[rest]])]
        kinds[other] = _CONFLICT
        if len(other) and target in context.roles and context.roles[target].type not in {RoleType.LABEL, RoleType.NUMBER}:
            column: pa.LargeStringArray = composed(text_of(unique, target)).fill_null("")
            alike = pair_similarity(column, pairs.a[other], pairs.b[other], floor=self.params.floor, context=context)
            kinds[other[alike > 0]] = _NEAR
            similarity[other] = np.where(alike > 0, np.minimum(similarity[other], alike), similarity[other])
        return kinds, similarity


_NEAR: Final = 0
_CONFLICT: Final = 1
_TEMPLATE: Final = 2
_KINDS: Final = {_NEAR: PairKind.NEAR, _CONFLICT: PairKind.CONFLICT, _TEMPLATE: PairKind.TEMPLATE}


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


def _most_similar(pairs: SimilarPairs, kinds: np.ndarray, similarity: np.ndarray, size: int) -> np.ndarray:
    """Which pairs are among the ``EDGES_KEPT`` most similar of their kind for one of their two texts: bool [pairs]."""
    import numpy as np

    count = len(pairs.a)
    if not count or max(np.bincount(pairs.a, minlength=size).max(), np.bincount(pairs.b, minlength=size).max()) * 2 <= EDGES_KEPT:
        return np.ones(count, dtype=bool)
    row = np.concatenate([pairs.a, pairs.b])
    partner = np.concatenate([pairs.b, pairs.a])
    kind = np.concatenate([kinds, kinds])
    order = np.lexsort((partner, -np.concatenate([similarity, similarity]), kind, row))
    begins = np.flatnonzero(np.diff(row[order], prepend=-1) | np.diff(kind[order], prepend=-1))
    place = np.arange(2 * count) - np.repeat(begins, np.diff(begins, append=2 * count))
    kept = np.zeros(count, dtype=bool)
    kept[order[place < EDGES_KEPT] % count] = True
    return kept


def _notes(plan: Bands, floor: float, pairs: SimilarPairs, dense: int) -> list[str]:
    words, characters, unspaced, whole = (int(count) for count in pairs.ways)
    notes = [
        f"{plan.bands} bands of {plan.rows} minima find a pair of Jaccard similarity {floor:g} with probability {plan.recall:.4f}; "
        f"{pairs.candidates} candidate pairs were verified, {len(pairs.a)} hold",
        f"compared by words: {words} texts, by characters: {characters}, by characters of scripts without spaces: {unspaced}, as a whole: {whole}",
    ]
    if dense:
        notes.append(f"{dense} rows have more similar rows than are compared or kept ({EDGES_KEPT} of each kind); they are marked dense")
    return notes
