"""Semantic duplicates: examples that say the same in other words, where a sentence encoder is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import composed, edge_table, findings, joined_text, no_values, nullable, text_of
from workbench.selectors._encoded import LazyEncoder, encoded
from workbench.selectors._keys import absent, first_of_each, group_codes, paired
from workbench.types import Action, Direction, PairKind, RoleType, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np

    from workbench.types import ExampleTable, Findings, SelectorContext

EDGES_KEPT: Final = 64


@dataclass(frozen=True, kw_only=True)
class SemanticDuplicateParams:
    """What counts as the same.

    Attributes:
        encoder: a sentence-transformers model: a folder, or a hub id.
        roles: the roles of the input, encoded as one text; the task's target is compared apart.
        floor: the least cosine similarity that is kept. A rule's threshold can be moved above it without scoring again.
    """

    encoder: str = ""
    roles: tuple[str, ...] = ("text",)
    floor: float = 0.85

    def __post_init__(self) -> None:
        if not 0 < self.floor <= 1:
            raise ValueError(f"the floor of semantic duplicates is {self.floor}; a cosine similarity above 0 and at most 1 was expected")


@dataclass(frozen=True, kw_only=True)
class SemanticDuplicates:
    """Finds pairs of examples that an encoder takes for alike, by comparing all with all.

    A pair is what ``NearDuplicates`` calls it: ``copy`` where input and target are equal, ``template`` where all that differs in the input is
    numbers, quoted strings or slot words, ``near`` where the target is equal too, or as similar as the floor asks (the lesser similarity then
    counts), ``conflict`` where it is not. Each row keeps its 64 most similar pairs. Examples without a text are not compared.

    What an encoder takes for alike need not be: the default rule asks for review.
    """

    params: SemanticDuplicateParams = SemanticDuplicateParams()
    name: str = "semantic-duplicates"
    version: str = "1"
    kind: SelectorKind = SelectorKind.DEDUP
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="cosine",
            dtype="float64",
            summary="Greatest cosine similarity to another example that is a copy or near; 0 where there is none at or above the floor.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=0.95),
            reasons={"near": "means nearly what another example does"},
            pairwise=True,
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are compared; the task's target is read beside them."""
        return self.params.roles

    def fingerprint(self) -> str:
        """That of the encoder's files.

        Raises:
            RecipeError: where no encoder is given, or it cannot be used.
        """
        from workbench.selectors._encoder import encoder_folder
        from workbench.selectors._model_files import fingerprint_of

        return fingerprint_of(encoder_folder(self.params.encoder))

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """Encode each example once and compare all with all; see ``Selector.score``.

        Raises:
            RecipeError: where no encoder is given, or it cannot be used.
        """
        import numpy as np
        import pyarrow.compute as pc

        from workbench.selectors._encoder import encoder_folder
        from workbench.selectors._vectors import similar_vectors

        roles, floor, size = self.params.roles, self.params.floor, len(examples)
        encoder = LazyEncoder(encoder_folder(self.params.encoder))
        if not size:
            return no_values(self.signals, 0)
        target = context.target if context.target in examples.roles and context.target not in roles else ""
        inputs, targets = group_codes(examples, roles, context), group_codes(examples, [target] if target else [], context)
        firsts = first_of_each(paired(inputs, targets))
        empty = pc.equal(pc.utf8_trim_whitespace(joined_text(examples, roles)), "").to_numpy(zero_copy_only=False)
        nodes = np.unique(firsts[~empty])
        nodes = nodes[np.argsort(np.array(examples.column("content_hash").take(nodes).to_pylist()), kind="stable")]  # whatever the order of rows
        unique = examples.take(nodes)
        vectors = encoded(unique, joined_text(unique, roles), f"vectors of {'+'.join(roles)}", encoder, context)
        a, b, similarity = similar_vectors(vectors, floor=floor, most=EDGES_KEPT, context=context)
        judged = _Judged(unique=unique, roles=roles, target=target, inputs=inputs[nodes], targets=targets[nodes])
        kinds, similarity = judged.kinds(a, b, similarity, floor=floor, encoder=encoder, context=context)
        greatest = np.zeros(size)
        copies = np.flatnonzero((firsts != np.arange(size)) & ~empty)
        near = kinds == PairKind.NEAR
        for side in (a, b):
            np.maximum.at(greatest, nodes[side[near]], similarity[near])
        greatest[firsts[copies]] = 1.0
        parts: list[tuple[np.ndarray, np.ndarray, str, PairKind, np.ndarray | float]] = [(firsts[copies], copies, "cosine", PairKind.COPY, 1.0)]
        for kind in (PairKind.NEAR, PairKind.CONFLICT, PairKind.TEMPLATE):
            chosen = kinds == kind
            parts.append((nodes[a[chosen]], nodes[b[chosen]], "cosine", kind, similarity[chosen]))
        return findings(
            self.signals,
            {"cosine": nullable(greatest[firsts], ~(empty | absent(examples, roles)))},
            edges=edge_table(parts),
            notes=[f"{len(nodes)} different examples were compared with one another by {self.params.encoder}; {len(a)} pairs hold"],
        )


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """What pairs are made of: examples, and which of their inputs and targets are equal."""

    unique: ExampleTable
    roles: tuple[str, ...]
    target: str
    inputs: np.ndarray
    targets: np.ndarray

    def kinds(
        self, a: np.ndarray, b: np.ndarray, similarity: np.ndarray, *, floor: float, encoder: LazyEncoder, context: SelectorContext
    ) -> tuple[np.ndarray, np.ndarray]:
        """The kind of each pair, object [pairs], and its similarity with that of the targets taken into account."""
        import numpy as np

        from workbench.selectors._template import are_templates
        from workbench.selectors._vectors import cosines

        texts = composed(joined_text(self.unique, self.roles))
        template = are_templates(texts, a, b, context) & (self.inputs[a] != self.inputs[b])
        conflict = ~template & (self.targets[a] != self.targets[b])
        role = context.roles.get(self.target)
        if role is not None and role.type not in {RoleType.LABEL, RoleType.NUMBER} and conflict.any():
            asked = np.flatnonzero(conflict)
            involved, places = np.unique(np.concatenate([a[asked], b[asked]]), return_inverse=True)
            some = self.unique.take(involved)
            vectors = encoded(some, text_of(some, self.target).fill_null(""), f"vectors of {self.target}", encoder, context)
            alike = cosines(vectors, places[: len(asked)], places[len(asked) :])
            similarity = similarity.copy()
            similarity[asked] = np.where(alike >= floor, np.minimum(similarity[asked], alike), similarity[asked])
            conflict[asked] = alike < floor
        codes = np.where(template, 2, np.where(conflict, 1, 0))
        return np.array([PairKind.NEAR, PairKind.CONFLICT, PairKind.TEMPLATE], dtype=object)[codes], similarity
