"""Texts that stand in one role of an example and in another role of another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, composed, findings, no_values, text_of
from workbench.selectors._keys import group_codes
from workbench.types import Action, Direction, ExampleTable, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.types import Findings, SelectorContext

LEAST_BYTES: Final = 48
"""UTF-8 bytes of a text that is compared: eight words of English or sixteen characters of Chinese. Shorter ones are alike by chance."""


@dataclass(frozen=True, kw_only=True)
class CrossRoleParams:
    """What is compared.

    Attributes:
        roles: two or more text roles, each held against the others.
        floor: the least Jaccard similarity that is kept.
        recall: the share of pairs at the floor that is to be found, in expectation.
    """

    roles: tuple[str, ...] = ("prompt", "response")
    floor: float = 0.7
    recall: float = 0.99


@dataclass(frozen=True, kw_only=True)
class CrossRoleDuplicates:
    """Finds texts that one example asks and another one answers: a response that is someone else's prompt, a summary that is a document.

    Similarity is the Jaccard similarity of ``NearDuplicates``, every pair verified; equal texts have 1. An example is not held against itself (see
    ``TargetCopiesInput``). The two examples are not copies of one another, so nothing is dropped for it: for review.
    """

    params: CrossRoleParams = CrossRoleParams()
    name: str = "cross-role-duplicates"
    version: str = "1"
    kind: SelectorKind = SelectorKind.DEDUP
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="similarity",
            dtype="float64",
            summary="Greatest Jaccard similarity of one of its roles to another role of another example; 0 below the floor, null for short texts.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=0.8),
            reasons={"elsewhere": "its {role} is the {other} of another example (similarity {value})"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are compared."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """Compare all examples; see ``Selector.score``.

        Raises:
            RecipeError: for a floor or a recall outside its range.
        """
        import numpy as np
        import pyarrow as pa

        from workbench.selectors._bands import plan_bands
        from workbench.selectors._similar import similar_pairs

        plan = plan_bands(self.params.floor, self.params.recall)
        pieces = _pieces(examples, self.params.roles)
        if not pieces.num_rows:
            return no_values(self.signals, len(examples))
        groups = group_codes(ExampleTable(pieces, ("text",)), ("text",), context)
        firsts = np.unique(groups, return_index=True)[1]  # groups are numbered in the order in which they appear
        unique = pieces.take(firsts)
        pairs = similar_pairs([unique["text"].combine_chunks()], unique["key"], floor=self.params.floor, plan=plan, context=context)
        same = np.arange(len(firsts))
        one, other = np.concatenate([same, pairs.a, pairs.b]), np.concatenate([same, pairs.b, pairs.a])
        similarity = np.concatenate([np.ones(len(firsts)), pairs.similarity, pairs.similarity])
        row, role = (pieces[name].to_numpy() for name in ("row", "role"))
        values = np.full(len(examples), np.nan)
        values[row] = 0.0
        evidence = Evidence()
        for found in _elsewhere(one, other, similarity, groups=groups, row=row, role=role):
            values[found.row] = found.similarity
            told = {"role": self.params.roles[found.role], "other": self.params.roles[found.other], "value": round(found.similarity, 4)}
            evidence.add(found.row, "similarity", "elsewhere", told, partners=[found.partner])
        return findings(self.signals, {"similarity": pa.array(values, from_pandas=True)}, evidence=evidence)


@dataclass(frozen=True, kw_only=True)
class _Elsewhere:
    """A text of a row that stands in another role of a partner."""

    row: int
    partner: int
    role: int
    other: int
    similarity: float


def _pieces(examples: ExampleTable, roles: Sequence[str]) -> pa.Table:
    """The texts that are long enough: ``text``, ``row`` and ``role`` (int64 positions), and ``key``, which orders them by content."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    hashes = examples.column("content_hash").combine_chunks()
    tables = []
    for number, role in enumerate(roles):
        texts = pc.fill_null(composed(text_of(examples, role)), "")
        keys = pc.utf8_replace_slice(hashes, 0, 2, f"{number:02x}").cast(pa.string())
        rows = np.arange(len(examples))
        table = pa.table({"text": texts, "row": rows, "role": np.full(len(rows), number), "key": keys})
        tables.append(table.filter(pc.greater_equal(pc.binary_length(texts), LEAST_BYTES)))
    return pa.concat_tables(tables).sort_by([("key", "ascending"), ("row", "ascending")]).combine_chunks()


def _elsewhere(
    one: np.ndarray, other: np.ndarray, similarity: np.ndarray, *, groups: np.ndarray, row: np.ndarray, role: np.ndarray
) -> list[_Elsewhere]:
    """The most similar text in another role of another example, for each row that has one.

    Args:
        one, other: int64 [pairs], groups of equal texts that are similar, each pair both ways.
        similarity: float64 [pairs].
        groups, row, role: int64 [pieces], of each text.
    """
    import numpy as np

    mask = np.zeros(int(groups.max()) + 1, dtype=np.int64)
    np.bitwise_or.at(mask, groups, 1 << role)
    both = mask[one] | mask[other]
    wanted = np.flatnonzero(both & (both - 1))  # texts of more than one role
    members = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
    found: dict[int, _Elsewhere] = {}
    for pair in wanted[np.lexsort((other[wanted], one[wanted], -similarity[wanted]))].tolist():
        nearest = _two_of_each_role(members[other[pair]], role)
        for piece in members[one[pair]].tolist():
            partner = next((each for each in nearest if role[each] != role[piece] and row[each] != row[piece]), None)
            if partner is not None and int(row[piece]) not in found:
                found[int(row[piece])] = _Elsewhere(
                    row=int(row[piece]),
                    partner=int(row[partner]),
                    role=int(role[piece]),
                    other=int(role[partner]),
                    similarity=float(similarity[pair]),
                )
    return list(found.values())


def _two_of_each_role(members: np.ndarray, role: np.ndarray) -> list[int]:
    """The first two texts of each role: one of them is of another example, whichever is asked."""
    import numpy as np

    return [piece for each in np.unique(role[members]) for piece in members[role[members] == each][:2].tolist()]
