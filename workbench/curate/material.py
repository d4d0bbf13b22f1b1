"""What policies are held against, read from the store once and kept as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from workbench.curate.duplicates import PairRule
from workbench.curate.policies import check_floors
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.selectors import token_counts
from workbench.types import Direction, PairKind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from workbench.store import DatasetRecord, SelectorRun, Store
    from workbench.types import Operator, Policy, PolicyRule, Signal

COMPARE = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_KEPT = 256
"""How many rules are remembered, a byte for each row and rule."""
_KEPT_RESULTS = 12
_KEPT_PAIRS = 8
_COUNTED_AT_ONCE = 20_000

Result = TypeVar("Result")


class Material:
    """The rows of train of one dataset version, and what selector runs say of them, by position.

    None of it ever changes (but see ``fits``), so one may serve any number of policies, and is worth keeping between them: what was read and
    compared once is not read and compared again. Threads may share one.

    Args:
        store: where signals and examples are.
        dataset_id: the dataset version.
        runs: the selector runs whose signals a policy may name.

    Attributes:
        rows: int64 [n], the rows of the split ``train``, ascending; a position is an index into it.
    """

    def __init__(self, store: Store, dataset_id: int, runs: Sequence[SelectorRun]) -> None:
        self.store = store
        self.dataset_id = dataset_id
        self.runs = tuple(runs)
        self.rows = store.datasets.rows(dataset_id, "train")
        self._signals = {f"{run.name}.{signal.name}": (run, signal) for run in runs for signal in run.signals}
        self._fired: dict[tuple[str, Operator, float], np.ndarray] = {}
        self._columns: dict[str, np.ndarray] = {}
        self._pairs: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._lengths: dict[tuple[str, ...], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._facets: dict[tuple[str, int], tuple[np.ndarray, list[str]]] = {}
        self._tokens: np.ndarray | None = None
        self._results: dict[tuple[Hashable, ...], object] = {}
        self._beyond: dict[tuple[str, Operator, float], PairRule] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def fits(self, dataset: DatasetRecord, runs: Sequence[SelectorRun]) -> bool:
        """Whether it is of this version and these runs, and no example was forgotten since."""
        return (self.dataset_id, self.runs, len(self)) == (dataset.dataset_id, tuple(runs), dataset.splits.get("train", 0))

    def positions(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The positions of those rows that are of train, and which these are, bool [len(rows)]."""
        if not len(self):
            return np.empty(0, dtype=np.int64), np.zeros(len(rows), dtype=bool)
        found = np.minimum(np.searchsorted(self.rows, rows), len(self) - 1)
        inside = self.rows[found] == rows
        return found[inside], inside

    def declared(self, reference: str) -> Signal:
        """What the selector declares of ``<selector>.<signal>``."""
        return self._signals[reference][1]

    def check(self, policy: Policy) -> None:
        """See that everything that a policy names is there.

        Raises:
            UnknownNameError: a signal that none of the runs wrote.
            WorkbenchError: a rule without a threshold.
            RecipeError: a rule that reaches below the floor that pairs were looked for at.
        """
        named = [item.signal for item in policy.rules]
        if policy.choice is not None:
            named.append(policy.choice.signal)
        if policy.survivor != "longest":
            named.append(policy.survivor)
        for name in named:
            if name not in self._signals:
                raise UnknownNameError("signal", name, self._signals, where="policy")
        for item in policy.rules:
            if np.isnan(item.rule.threshold):
                raise WorkbenchError(f"the rule on {item.signal} has no threshold.", expected="a number")
        check_floors(policy, {run.name: floor for run in self.runs if isinstance(floor := run.params.get("floor"), int | float)})

    def fired(self, rules: Sequence[PolicyRule]) -> np.ndarray:
        """Which row rules fire, bool [rules, n]; a row that was never scored fires on nothing."""
        keys = [(item.signal, item.rule.operator, item.rule.threshold) for item in rules]
        known = {key: self._fired[key] for key in keys if key in self._fired}
        missing = {key: item for key, item in zip(keys, rules, strict=True) if key not in known}
        if missing:
            table = self.store.curation.fired(self.runs, list(missing.values()))
            known |= {key: table[f"r{index}"].to_numpy(zero_copy_only=False) for index, key in enumerate(missing)}
            self._fired = {**(self._fired if len(self._fired) + len(missing) <= _KEPT else {}), **known}
        return np.array([known[key] for key in keys], dtype=bool).reshape(len(rules), len(self))

    def signal(self, reference: str) -> np.ndarray:
        """The values of ``<selector>.<signal>``, float64 [n], NaN where there is none."""
        if reference not in self._columns:
            run, signal = self._signals[reference]
            self._columns[reference] = self.store.signals.column(run.selector_run, signal.name, self.rows)
        return self._columns[reference]

    def tokens(self) -> np.ndarray:
        """How many tokens each row has, int64 [n]; see ``workbench.selectors.token_counts``."""
        if self._tokens is None:
            batches = self.store.datasets.batches(self.dataset_id, split="train", size=_COUNTED_AT_ONCE)
            self._tokens = np.concatenate([np.empty(0, dtype=np.int64), *map(token_counts, batches)])
        return self._tokens

    def pairs(self, item: PolicyRule) -> PairRule:
        """The edges of the kinds that rules act on, beyond the rule's threshold, as positions."""
        key = (item.signal, item.rule.operator, item.rule.threshold)
        if key not in self._beyond:
            compare = COMPARE[item.rule.operator]
            beyond = []
            for kind in (PairKind.COPY, PairKind.NEAR):
                a, b, similarity = self._edges(item.signal, kind)
                beyond.append(np.column_stack([a, b])[compare(similarity, item.rule.threshold)])
            kept = self._beyond if len(self._beyond) < _KEPT_PAIRS else {}
            found = PairRule(copies=beyond[0], similar=beyond[1])
            self._beyond = {**kept, key: found}
            return found
        return self._beyond[key]

    def order(self, policy: Policy, pinned: np.ndarray, chosen: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
        """The rank of each row that has a duplicate, int64 [n]; the rank among some positions alone (ascending) where these are given.

        Rows that are pinned come first (bool [n]), then those that were chosen to stay, the latest choice before the others (int64 [n], 0 for none),
        then the policy's order, then the longest, then the content hash, then the row.
        """
        involved, characters, place = self._keys(tuple(sorted(item.signal for item in policy.rules if self.declared(item.signal).pairwise)))
        if among is not None and len(involved):
            at = np.minimum(np.searchsorted(involved, among), len(involved) - 1)
            at = at[involved[at] == among]
            involved, characters, place = involved[at], characters[at], place[at]
        score = np.zeros(len(involved))
        if policy.survivor != "longest":
            values = self.signal(policy.survivor)[involved]
            values = -values if self.declared(policy.survivor).direction is Direction.LOWER else values
            score = np.where(np.isnan(values), -np.inf, values)
        order = np.full(len(self), len(self), dtype=np.int64)
        order[involved[np.lexsort((place, -characters, -score, -chosen[involved], ~pinned[involved]))]] = np.arange(len(involved))
        return order

    def once(self, key: tuple[Hashable, ...], make: Callable[[], Result]) -> Result:
        """What ``make`` gives, remembered under ``key`` until several others have been asked for since."""
        result = cast("Result", self._results[key]) if key in self._results else make()
        others = [(name, value) for name, value in self._results.items() if name != key]
        self._results = {**dict(others[1 - _KEPT_RESULTS :]), key: result}
        return result

    def nearest(self, name: tuple[Hashable, ...], number: int) -> int | None:
        """The greatest number up to this one for which something is remembered under the key ``(*name, number)``."""
        known = [cast("int", key[-1]) for key in self._results if key[:-1] == name]
        return max((each for each in known if each <= number), default=None)

    def facet(self, by: str, most: int = 50) -> tuple[np.ndarray, list[str]]:
        """Which value each row has, as ``store.datasets.facet``."""
        key = (by, most)
        if key not in self._facets:
            self._facets[key] = self.store.datasets.facet(self.dataset_id, by, most=most)
        return self._facets[key]

    def _edges(self, reference: str, kind: PairKind) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All edges of a signal and kind: both ends as positions, and the similarity."""
        key = f"{reference} {kind}"
        if key not in self._pairs:
            run, signal = self._signals[reference]
            found = self.store.signals.pairs(run.selector_run, signal.name, kind.value)
            self._pairs[key] = (np.searchsorted(self.rows, found["a"]), np.searchsorted(self.rows, found["b"]), found["similarity"])
        return self._pairs[key]

    def _keys(self, references: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The positions that have an edge of these signals, how long each is, and its place by content."""
        if references not in self._lengths:
            ends = [self._edges(name, kind)[end] for name in references for kind in (PairKind.COPY, PairKind.NEAR) for end in (0, 1)]
            involved = np.unique(np.concatenate(ends)) if ends else np.empty(0, dtype=np.int64)
            found = self.store.datasets.lengths(self.dataset_id, self.rows[involved])
            self._lengths[references] = (involved, found["characters"], found["place"])
        return self._lengths[references]
