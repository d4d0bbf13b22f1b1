"""How often rules on duplicates are right, as people judge it: a sample of removed pairs, their judgements, and the interval that follows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from workbench.errors import DataError
from workbench.types import PairKind, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.curate.current import Current
    from workbench.store import DatasetRecord, LedgerEntry, Store

SAMPLE = 50
ACTION = "judge"
Judgement = Literal["duplicate", "different", "none"]


@dataclass(frozen=True, kw_only=True)
class SampledPair:
    """A row that left and the row that stays in its place.

    Attributes:
        row, partner: their store rows; ``row`` left.
        example_id, partner_id: their ids.
        selector: whose pair it is.
        similarity: as the selector measured it.
        judgement: what people said of it last: duplicate, different, or None.
    """

    row: int
    partner: int
    example_id: str
    partner_id: str
    selector: str
    similarity: float
    judgement: str | None


@dataclass(frozen=True, kw_only=True)
class RemovedPairs:
    """A sample of what rules on duplicates removed, and what people found in it.

    Attributes:
        pairs: the sample.
        near: rows that left for a similar row; the sample is of these.
        copies: rows that left for an equal row, which need no judgement.
        judged: pairs of the sample that were judged.
        right: of these, duplicates.
        low, high: exact 95 % interval of the share that is right (Clopper and Pearson 1934); None before anything was judged.
    """

    pairs: tuple[SampledPair, ...]
    near: int
    copies: int
    judged: int
    right: int
    low: float | None
    high: float | None


def removed_pairs(store: Store, state: Current, *, size: int = SAMPLE, seed: int = 0) -> RemovedPairs:
    """Draw the sample of removed pairs of a dataset.

    Pairs are ranked by a hash of the seed and of both contents, so that the sample is the same wherever the rows stand, and keeps the pairs that it
    shares with the sample of another threshold.

    Args:
        store: where the dataset is.
        state: its state of curation.
        size: pairs at most.
        seed: for another sample.
    """
    verdicts = store.curation.verdicts(state.decision.verdict_set)
    left = np.array([word == Verdict.DROP.value for word in verdicts["verdict"].to_pylist()]) & np.asarray(verdicts["partner"].is_valid())
    rows = verdicts["row"].to_numpy()[left]
    partners = verdicts["partner"].to_pylist()
    pairs = [(int(row), int(cast("int", partners[place]))) for row, place in zip(rows.tolist(), np.flatnonzero(left).tolist(), strict=True)]
    similar = _similar(store, state, pairs)
    table = store.datasets.examples(state.dataset.dataset_id, rows=np.unique(np.array(list(similar), dtype=np.int64).reshape(-1))).table
    names = {
        row: (example_id, content)
        for row, example_id, content in zip(*(table[name].to_pylist() for name in ("row", "example_id", "content_hash")), strict=True)
    }
    judged = _judgements(store, state.dataset.name)
    chosen = sorted(similar, key=lambda pair: hashlib.blake2b(f"{seed} {_key(names[pair[0]][1], names[pair[1]][1])}".encode()).digest())[:size]
    sample = tuple(
        SampledPair(
            row=row,
            partner=partner,
            example_id=names[row][0],
            partner_id=names[partner][0],
            selector=similar[row, partner][0],
            similarity=similar[row, partner][1],
            judgement=judged.get(_key(names[row][1], names[partner][1])),
        )
        for row, partner in chosen
    )
    known = [pair.judgement for pair in sample if pair.judgement is not None]
    right = known.count("duplicate")
    low, high = exact_interval(right, len(known)) if known else (None, None)
    return RemovedPairs(pairs=sample, near=len(similar), copies=len(pairs) - len(similar), judged=len(known), right=right, low=low, high=high)


def judge(store: Store, dataset: DatasetRecord, row: int, partner: int, judgement: Judgement, *, author: str, note: str = "") -> LedgerEntry:
    """Say whether two rows are duplicates; the last word on a pair counts, and can be undone.

    Raises:
        DataError: where the two are one row, or the judgement is none that there is.
    """
    if judgement not in {"duplicate", "different", "none"}:
        raise DataError(f"A pair was judged {judgement!r}.", expected="duplicate, different or none")
    if row == partner:
        raise DataError("An example was judged against itself.", expected="two examples")
    table = store.datasets.examples(dataset.dataset_id, rows=np.array(sorted({row, partner}))).table
    key = _key(*table["content_hash"].to_pylist())
    payload = {"judgement": judgement, "pair": key, "examples": table["example_id"].to_pylist(), "note": note}
    return store.ledger.append(ACTION, payload, dataset=dataset.name, author=author)


def exact_interval(right: int, judged: int) -> tuple[float, float]:
    """The exact 95 % interval of a share (Clopper and Pearson 1934), from quantiles of the beta distribution."""
    from scipy.special import betaincinv

    low = 0.0 if right == 0 else float(betaincinv(right, judged - right + 1, 0.025))
    high = 1.0 if right == judged else float(betaincinv(right + 1, judged - right, 0.975))
    return low, high


def _similar(store: Store, state: Current, pairs: list[tuple[int, int]]) -> dict[tuple[int, int], tuple[str, float]]:
    """Of pairs (row, partner) those that are not copies, with the selector that calls them similar and its greatest similarity."""
    found: dict[tuple[int, int], tuple[str, float]] = dict.fromkeys(pairs, ("", 0.0))
    for run in state.runs:
        if not any(signal.pairwise for signal in run.signals):
            continue
        edges = store.signals.edges(run.selector_run).to_pylist()
        first: dict[int, int] = {edge["b"]: edge["a"] for edge in edges if edge["kind"] == PairKind.COPY.value}
        near = {(edge["a"], edge["b"]): edge["similarity"] for edge in edges if edge["kind"] == PairKind.NEAR.value}
        for pair in list(found):
            a, b = sorted(first.get(row, row) for row in pair)
            if a == b:
                del found[pair]
            elif near.get((a, b), 0.0) > found[pair][1]:
                found[pair] = (run.name, near[a, b])
    return found


def _judgements(store: Store, dataset: str) -> Mapping[str, str]:
    """Pair to the last judgement that is in force."""
    said: dict[str, str] = {}
    for entry in reversed(store.ledger.log(dataset=dataset, action=ACTION, limit=None)):
        if not entry.undone:
            said[str(entry.payload["pair"])] = str(entry.payload["judgement"])
    return {pair: judgement for pair, judgement in said.items() if judgement != "none"}


def _key(one: str, other: str) -> str:
    return " ".join(sorted((one, other)))
