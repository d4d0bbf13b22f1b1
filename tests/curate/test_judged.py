"""The sample of removed pairs that people judge."""

from __future__ import annotations

import json
import random

import pytest
from scipy.stats import binomtest

from workbench.cli import main
from workbench.curate import current, judge, removed_pairs
from workbench.curate.judged import exact_interval
from workbench.errors import DataError

WORDS = [f"w{number}" for number in range(500)]


@pytest.fixture
def data(scored):
    """Forty texts, a near copy of thirty of them, a copy of five."""
    rng = random.Random(0)
    texts = [" ".join(rng.choices(WORDS, k=60)) for _ in range(120)]
    texts += [f"{text} and one more" for text in texts[:30]] + texts[40:45]
    return scored("classification", {"text": texts, "label": ["a"] * len(texts)})


@pytest.mark.parametrize(("right", "judged"), [(0, 7), (7, 7), (1, 3), (48, 50)])
def test_the_interval_is_the_exact_one(right, judged):
    """As scipy's own binomial test has it."""
    wanted = binomtest(right, judged).proportion_ci(confidence_level=0.95, method="exact")
    assert exact_interval(right, judged) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_a_sample_is_seeded_judged_and_summed_up(data):
    """The same seed gives the same pairs, a smaller sample is part of a larger one, judgements are remembered and can be undone."""
    state = current(data.store, "data")
    whole, few, other = (removed_pairs(data.store, state, size=size, seed=seed) for size, seed in ((100, 0), (10, 0), (10, 1)))
    assert (whole.near, whole.copies, whole.judged, whole.low) == (30, 5, 0, None)
    assert len(whole.pairs) == 30
    assert few.pairs == whole.pairs[:10]
    assert {pair.row for pair in few.pairs} != {pair.row for pair in other.pairs}
    assert all(pair.similarity >= 0.8 and pair.selector == "near-duplicates" for pair in whole.pairs)
    for pair, said in zip(few.pairs, ["duplicate"] * 3 + ["different"], strict=False):
        judge(data.store, data.dataset, pair.row, pair.partner, said, author="ann")
    judged = removed_pairs(data.store, current(data.store, "data"), size=10)
    assert (judged.judged, judged.right) == (4, 3)
    assert (judged.low, judged.high) == exact_interval(3, 4)
    data.store.ledger.undo(author="ann")
    judge(data.store, data.dataset, few.pairs[0].row, few.pairs[0].partner, "none", author="ann")
    judged = removed_pairs(data.store, current(data.store, "data"), size=10)
    assert (judged.judged, judged.right) == (2, 2)


@pytest.mark.parametrize(("pair", "said"), [((3, 3), "duplicate"), ((0, 1), "perhaps")])
def test_what_cannot_be_judged_is_refused(data, pair, said):
    """One example is no pair, and there are three things to say."""
    with pytest.raises(DataError):
        judge(data.store, data.dataset, *pair, said, author="ann")


def test_pairs_are_listed_and_judged_from_the_command_line(data, capsys):
    """With both texts, and the interval once somebody has judged."""
    place = ["--store", str(data.store.path), "--json"]
    assert main([*place, "duplicates", "sample", "data", "--size", "5"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [5, 30, 5] == [len(listed["pairs"]), listed["near"], listed["copies"]]
    first = listed["pairs"][0]
    assert main([*place, "duplicates", "judge", first["example_id"], first["partner_id"], "duplicate"]) == 0
    capsys.readouterr()
    assert main([*place, "duplicates", "sample", "data", "--size", "5"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert (listed["judged"], listed["right"]) == (1, 1)
    assert main([*place[:2], "duplicates", "sample", "data", "--size", "5"]) == 0
    assert "1 of 1 judged pairs are duplicates: precision 1.000, 95 % interval 0.025 to 1.000." in capsys.readouterr().out
