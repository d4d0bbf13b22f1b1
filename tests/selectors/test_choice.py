"""Orders to choose from, and weights."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.selectors import Coverage, CoverageParams, RandomOrder, RandomOrderParams, Reweighing, ReweighingParams
from workbench.selectors._choice import _k_center
from workbench.selectors._weights import reweighing

TOPICS = ["the match and the goal", "the bank and the loan", "the cell and the gene", "比赛进球", "银行贷款", "细胞基因"]


def test_a_random_order_depends_on_content_and_seed_alone(examples, context):
    """Appended rows move no other; another seed or draw is another order; the numbers are spread evenly."""
    texts = [f"text {at}" for at in range(400)]
    numbers = RandomOrder().score(examples(text=texts), context(seed=1)).signals["number"].to_pylist()
    assert numbers[:100] == RandomOrder().score(examples(text=texts[:100]), context(seed=1)).signals["number"].to_pylist()
    assert numbers != RandomOrder().score(examples(text=texts), context(seed=2)).signals["number"].to_pylist()
    assert numbers != RandomOrder(params=RandomOrderParams(draw=1)).score(examples(text=texts), context(seed=1)).signals["number"].to_pylist()
    assert all(60 <= count <= 140 for count in np.histogram(numbers, bins=4, range=(0, 1))[0])


def test_k_centers_cover_every_topic_before_any_again(examples, context):
    """In English and Chinese, whatever a topic's share."""
    texts = [TOPICS[0]] * 30 + [topic for topic in TOPICS[1:] for _ in range(3)]
    texts = [f"{text} {'！' * (at % 3)}" for at, text in enumerate(texts)]
    found = Coverage().score(examples(text=texts), context()).signals["center"].to_pylist()
    first = np.unique(-np.array(found), return_index=True)[1][: len(TOPICS)]  # copies share a place
    assert sorted(TOPICS) == sorted(next(topic for topic in TOPICS if texts[at].startswith(topic)) for at in first)
    assert 1.0 == max(found)


def test_k_centers_are_those_of_a_plain_search():
    """Each next point is the farthest from all before it."""
    points = np.random.default_rng(0).normal(size=(40, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    order = _k_center(points).tolist()
    assert list(range(40)) == sorted(order)
    for place in range(1, 39):
        gaps = [min(np.linalg.norm(points[at] - points[other]) for other in order[:place]) for at in order[place:]]
        assert gaps[0] == pytest.approx(max(gaps))


def test_diverse_puts_off_near_copies_of_longer_texts(examples, context):
    """The longest first."""
    texts = [
        "the match and the goal and the team",
        "the match and the goal and the team!",
        "the bank and the loan",
        "the bank and the loan?",
        "细胞基因",
    ]
    found = Coverage(params=CoverageParams(tau=0.95)).score(examples(text=texts), context()).signals["diverse"].to_pylist()
    order = np.argsort(-np.array(found)).tolist()
    assert {frozenset({0, 1}), frozenset({2, 3}), frozenset({4})} == {
        frozenset({at} if at == 4 else {at - at % 2, at - at % 2 + 1}) for at in order[:3]
    }


def test_weights_make_groups_and_labels_independent():
    """As in the paper: weighted counts are those of independence, and add up to the rows."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 3, 500)
    labels = np.where(rng.random(500) < 0.3 + 0.2 * groups, 1, 0)
    weights = reweighing(groups, labels)
    assert 500 == pytest.approx(weights.sum())
    for group in range(3):
        assert weights[(groups == group) & (labels == 1)].sum() == pytest.approx((groups == group).sum() * (labels == 1).mean())


def test_groups_are_counted_against_a_reference(examples, context):
    """With the distance between both, in English and Chinese."""
    table = examples(text=["a woman", "她说", "a man and a woman", "no one"], label=["x", "x", "y", "y"])
    found = Reweighing().score(table, context("label"))
    assert [1, 1, 2, 0] == found.signals["groups"].to_pylist()
    assert "rows that name a group: women 3, men 1" == found.notes[0]
    assert "total variation distance to equal shares: 0.250" == found.notes[1]
    told = Reweighing(params=ReweighingParams(reference={"women": 0.75, "men": 0.25})).score(table, context("label")).notes
    assert "total variation distance to the reference: 0.000" == told[1]
