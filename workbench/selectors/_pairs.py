"""What similar examples are to one another, and which of their pairs are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.selectors._columns import composed, joined_text, text_of
from workbench.selectors._profile import profile_of
from workbench.selectors._similar import pair_similarity
from workbench.selectors._sketch import SHORTEST
from workbench.selectors._template import are_templates
from workbench.types import PairKind, RoleType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.selectors._similar import SimilarPairs
    from workbench.types import ExampleTable, SelectorContext


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What is known of the examples that pairs are made of; no two of them have both an equal input and an equal target.

    Attributes:
        examples: n of them.
        roles: the roles that are compared.
        target: the role of the target, where it is compared apart from these, or empty.
        answer: the role that the model learns to produce, whether compared apart or among the roles, or empty.
        input_codes, target_codes: int64 [n], equal where the normalised inputs or targets are.
    """

    examples: ExampleTable
    roles: tuple[str, ...]
    target: str
    answer: str
    input_codes: np.ndarray
    target_codes: np.ndarray


@dataclass(frozen=True, kw_only=True)
class JudgedPairs:
    """Pairs with their kind.

    Attributes:
        a, b: int64 [pairs], positions of examples.
        similarity: float64 [pairs].
        kinds: object [pairs], each a ``PairKind``.
        kept: bool [pairs], whether the pair is among the most similar of its kind for one of the two.
    """

    a: np.ndarray
    b: np.ndarray
    similarity: np.ndarray
    kinds: np.ndarray
    kept: np.ndarray


def judge_pairs(pairs: SimilarPairs, inputs: Inputs, *, floor: float, most: int, context: SelectorContext) -> JudgedPairs:
    """Tell what each pair is, as ``NearDuplicates`` describes it, and keep ``most`` of each kind for each example."""
    a, b = pairs.a, pairs.b
    similarity = pairs.similarity.copy()
    template = np.zeros(len(a), dtype=bool)
    differ = np.flatnonzero(inputs.input_codes[a] != inputs.input_codes[b])
    template[differ] = _fill_slots(inputs.examples, inputs.roles, a[differ], b[differ], context)
    conflict = ~template & (inputs.target_codes[a] != inputs.target_codes[b])
    if _is_text(context, inputs.target):
        asked = np.flatnonzero(conflict)
        answers = composed(text_of(inputs.examples, inputs.target)).fill_null("")
        alike = pair_similarity(answers, a[asked], b[asked], floor=floor, context=context)
        similarity[asked] = np.where(alike > 0, np.minimum(similarity[asked], alike), similarity[asked])
        words = profile_of(answers).words
        short = np.minimum(words[a[asked]], words[b[asked]]) < SHORTEST
        conflict[asked] = (alike == 0) | (short & (alike < 1))
    if _is_text(context, inputs.answer):
        # "... so she has 7 left" and "... so she has 8 left" are similar texts and different answers.
        asked = np.flatnonzero(~template & ~conflict)
        conflict[asked] = _fill_slots(inputs.examples, [inputs.answer], a[asked], b[asked], context)
    codes = np.where(template, 2, np.where(conflict, 1, 0))
    return JudgedPairs(
        a=a,
        b=b,
        similarity=similarity,
        kinds=np.array([PairKind.NEAR, PairKind.CONFLICT, PairKind.TEMPLATE], dtype=object)[codes],
        kept=_most_similar(a, b, similarity, codes, most),
    )


def _is_text(context: SelectorContext, name: str) -> bool:
    role = context.roles.get(name)
    return role is not None and role.type not in {RoleType.LABEL, RoleType.NUMBER}


def _fill_slots(examples: ExampleTable, roles: Sequence[str], a: np.ndarray, b: np.ndarray, context: SelectorContext) -> np.ndarray:
    """Which pairs of examples are two fillings of one template in these roles, taken together: bool [pairs]."""
    involved, places = np.unique(np.concatenate([a, b]), return_inverse=True)
    texts = composed(joined_text(examples.take(involved), roles))
    return are_templates(texts, places[: len(a)], places[len(a) :], context)


def _most_similar(a: np.ndarray, b: np.ndarray, similarity: np.ndarray, kinds: np.ndarray, most: int) -> np.ndarray:
    """Which pairs are among the ``most`` most similar of their kind for one of their two examples: bool [pairs]."""
    count = len(a)
    row, partner, kind = np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([kinds, kinds])
    order = np.lexsort((partner, -np.concatenate([similarity, similarity]), kind, row))
    begins = np.flatnonzero((np.diff(row[order], prepend=-1) != 0) | (np.diff(kind[order], prepend=-1) != 0))
    place = np.arange(2 * count) - np.repeat(begins, np.diff(begins, append=2 * count))
    kept = np.zeros(count, dtype=bool)
    kept[order[place < most] % max(count, 1)] = True
    return kept
