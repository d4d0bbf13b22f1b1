"""What it would take for all labels, sources or groups to count the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from workbench.selectors._choice import random_numbers
from workbench.selectors._columns import composed, findings, joined_text, no_values, nullable, text_of
from workbench.selectors._groups import GROUPS
from workbench.types import RoleType, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from workbench.types import ExampleTable, Findings, SelectorContext

SOURCE: Final = "source"
GROUP: Final = "group"
_NONE: Final = "none of them"


@dataclass(frozen=True, kw_only=True)
class BalanceParams:
    """What is balanced.

    Attributes:
        by: the name of a role, ``source``, or ``group`` for the first group of people that an example names; empty is the task's target where that is
            a label, else the source.
        roles: whose texts name groups.
        groups: name of a group to its terms; empty takes the built-in lexicon, English and Chinese.
        draw: another number gives another random order; the experiment's seed counts too.
    """

    by: str = ""
    roles: tuple[str, ...] = ("text",)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    draw: int = 0


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Says of each example what it would take to balance the groups that examples fall into: balanced resampling, as findings.

    ``round`` is an example's place in a random order within its group, from 1 on. Either of two rules acts on it: ``balance.round: {drop: "> 120"}``
    leaves no group more than 120 rows, and ``choose: {by: balance.round, k: 600, order: lowest}`` takes one of each group in turn until there are
    600. ``weight`` is ``n / (groups * rows of its group)``: how often each counts where all groups count the same and the whole as before, which is
    what repeating the rows of small groups comes to on average; ``finetune: {weights: balance.weight}`` trains by it. What suits is for a person to
    say: dropping loses rows of the large groups, weights let few rows of the small ones count much, and neither adds any that is new.

    Both are about train as it was imported: what other rules drop counts too. Of an unlabelled example they say nothing. To make groups and labels
    independent of one another, rather than equal, see ``reweighing``.
    """

    params: BalanceParams = field(default_factory=BalanceParams)
    name: str = "balance"
    version: str = "1"
    kind: SelectorKind = SelectorKind.BIAS
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(name="round", dtype="int64", summary="Place in a random order within its label, source or group.", low=1.0),
        Signal(name="weight", dtype="float64", summary="The weight under which all labels, sources or groups count the same.", low=0.0),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The role that is balanced, or the roles that name groups; the task's target is read where neither is given."""
        by = self.params.by
        return self.params.roles if by == GROUP else () if by in {"", SOURCE} else (by,)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """See ``Selector.score``."""
        import numpy as np

        if not len(examples):
            return no_values(self.signals, 0)
        by = self.params.by or _default(examples, context)
        names, codes = self._groups(examples, by)
        there = np.flatnonzero(codes >= 0)
        if not len(there):
            return no_values(self.signals, len(examples), [f"no row has a {by} to balance by"])
        sizes = np.bincount(codes[there], minlength=len(names))
        numbers = random_numbers(examples.column("content_hash").to_pylist(), f"balance:{context.seed}:{self.params.draw}")
        order = there[np.lexsort((examples.column("example_id").to_numpy()[there], numbers[there], codes[there]))]
        begins = np.cumsum(sizes) - sizes
        place = np.zeros(len(examples), dtype=np.int64)
        place[order] = np.arange(len(order)) - begins[codes[order]] + 1
        used = np.flatnonzero(sizes)
        weights = len(there) / (len(used) * np.maximum(sizes, 1))
        columns = {"round": nullable(place, codes >= 0), "weight": nullable(weights[codes], codes >= 0)}
        return findings(self.signals, columns, notes=_notes(by, [names[code] for code in used], sizes[used]))

    def _groups(self, examples: ExampleTable, by: str) -> tuple[list[str], np.ndarray]:
        """The names of groups, and which one each example falls into: int64 [n], -1 for none."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        if by == GROUP:
            from workbench.selectors._terms import groups_of

            lexicon = self.params.groups or GROUPS
            named = groups_of(composed(joined_text(examples, self.params.roles)), lexicon).matrix[:, : len(lexicon)].toarray() > 0
            return [*lexicon, _NONE], np.where(named.any(axis=1), named.argmax(axis=1), len(lexicon))
        values = examples.column(SOURCE).cast(pa.large_string()).combine_chunks() if by == SOURCE else text_of(examples, by)
        found = values.dictionary_encode()
        return found.dictionary.to_pylist(), pc.fill_null(found.indices, -1).to_numpy().astype(np.int64)


def _default(examples: ExampleTable, context: SelectorContext) -> str:
    role = context.roles.get(context.target)
    return context.target if role is not None and role.type is RoleType.LABEL and context.target in examples.roles else SOURCE


def _notes(by: str, names: Sequence[str], sizes: np.ndarray) -> list[str]:
    """What balancing would take, in rows and in weights."""
    least, most, total = int(sizes.min()), int(sizes.max()), int(sizes.sum())
    small, large = min(name for name, size in zip(names, sizes, strict=True) if size == least), max(names, key=lambda name: sizes[names.index(name)])
    if least == most:
        return [f"{by}: {len(sizes)} of {least} rows each, balanced as they are"]
    dropped = f"{total - least * len(sizes)} of {total} rows would be dropped (round > {least})"
    weights = f"{total / (len(sizes) * most):.3g} to {total / (len(sizes) * least):.3g}"
    return [f"{by}: {len(sizes)} of {least} rows ({small!r}) to {most} ({large!r}); to balance them, {dropped}, or rows weigh from {weights}"]
