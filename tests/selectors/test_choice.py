"""Orders to choose from, and weights."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter

import numpy as np
import pytest

from workbench.errors import RecipeError
from workbench.selectors import (
    Balance,
    BalanceParams,
    Coverage,
    Diverse,
    DiverseParams,
    ImportanceParams,
    ImportanceResampling,
    Longest,
    RandomOrder,
    RandomOrderParams,
    Reweighing,
    TargetSimilarity,
    token_counts,
    words,
)
from workbench.selectors._choice import _k_center
from workbench.selectors._diverse import score_first
from workbench.selectors._towards import round_robin
from workbench.selectors._weights import reweighing
from workbench.types import RoleType

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


def test_tokens_are_words_and_characters_without_spaces(examples):
    """Over all roles; a number or an absent text is no obstacle."""
    table = examples({"label": RoleType.LABEL}, text=["It's 3.5 miles", "水是生命 water", "", None], label=["x", "x y", "x", None])
    assert [4, 7, 1, 0] == token_counts(table).tolist()
    assert [3, 5, 0, 0] == Longest().score(table, None).signals["words"].to_pylist()


def test_diverse_puts_off_near_copies_of_longer_texts(examples, context):
    """The longest first; what is put off names what it is near to."""
    texts = [
        "the match and the goal and the team",
        "the match and the goal and the team!",
        "the bank and the loan",
        "the bank and the loan?",
        "细胞基因",
    ]
    found = Diverse(params=DiverseParams(tau=0.95)).score(examples(text=texts), context())
    order = np.argsort(-np.array(found.signals["place"].to_pylist())).tolist()
    assert [{0, 1}, {2, 3}, {4}] == [{at} if at == 4 else {at - at % 2, at - at % 2 + 1} for at in order[:3]]
    told = {each["position"]: each["partners"] for each in found.evidence.to_pylist()}
    assert {at: [at + 1 - 2 * (at % 2)] for at in order[3:]} == told


def test_diverse_goes_by_any_signal(examples, context):
    """The highest or the lowest first, and what has no value last."""
    table = examples(text=["red apples boats", "blue boats glass", "red glass blue apples", "水山木", "水火土", "山火木土"])
    given = {"noise.x": np.array([0.2, np.nan, 0.9, 0.1, 0.5, 0.3])}
    orders = {
        order: np.argsort(-np.array(selector.score(table, context(signals=given)).signals["place"].to_pylist())).tolist()
        for order, selector in ((order, Diverse(params=DiverseParams(score="noise.x", order=order, tau=1.0))) for order in ("highest", "lowest"))
    }
    assert {"highest": [2, 4, 5, 0, 3, 1], "lowest": [3, 0, 5, 4, 2, 1]} == orders
    assert ("noise.x",) == Diverse(params=DiverseParams(score="noise.x")).reads_signals


def test_score_first_is_the_plain_loop_of_the_paper():
    """Taken where no similarity to those taken reaches tau."""
    rng = np.random.default_rng(1)
    points = rng.normal(size=(60, 4))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    scores = rng.integers(0, 20, 60).astype(float)
    taken, later = [], []
    for at in sorted(range(60), key=lambda at: (-scores[at], at)):
        (later if any(points[at] @ points[other] >= 0.7 for other in taken) else taken).append(at)
    order, nearest, similarity = score_first(points, scores, 0.7)
    assert taken + later == order.tolist()
    assert later
    assert all(similarity[at] == pytest.approx(max(points[at] @ points[o] for o in taken if (-scores[o], o) < (-scores[at], at))) for at in later)
    assert {-1} == set(nearest[taken].tolist())


WANTED = {
    "in English": (["The cell divides and the gene is copied.", "A gene of the cell."], "gene cells divide"),
    "in Chinese": (["细胞分裂,基因复制。", "基因在细胞里。"], "基因和细胞"),
}


@pytest.mark.parametrize("name", WANTED)
def test_importance_weights_are_those_of_a_plain_reading(examples, context, name):
    """Equation by equation with dictionaries and no hashing; nothing collides in so many buckets."""
    wanted, like = WANTED[name]
    texts = [*TOPICS, like, "the the the", ""]

    def bag(text):
        listed = [word.casefold() for word in words(text)]
        return Counter([*listed, *itertools.pairwise(listed)])

    def shares(listed):
        together = sum(map(bag, listed), Counter())
        return lambda gram: together[gram] / together.total() + 1e-8

    of_wanted, of_train = shares(wanted), shares(texts)
    expected = [sum(n * (math.log(of_wanted(gram)) - math.log(of_train(gram))) for gram, n in bag(text).items()) for text in texts]
    selector = ImportanceResampling(params=ImportanceParams(buckets=1 << 20))
    table = examples(text=texts)
    found = selector.score(table, context(seed=4, towards=examples(text=wanted)))
    assert found.signals["log-weight"].to_pylist() == pytest.approx(expected, rel=1e-9)
    assert (2 if name == "in English" else 5) == int(np.argmax(found.signals["log-weight"].to_numpy()[:6]))
    told = {each["position"]: each["values"] for each in found.evidence.to_pylist()}
    assert ("gene" if name == "in English" else "基") in told[texts.index(like)]
    numbers = selector.score(table, context(seed=5, towards=examples(text=wanted))).signals
    assert found.signals["log-weight"] == numbers["log-weight"]
    assert found.signals["resampled"] != numbers["resampled"]


def test_gumbel_noise_samples_by_weight(examples, context):
    """Of two texts, the first drawn is that of weight w1 in w1 / (w1 + w2) of the draws (Xie et al. 2023, section 3.3)."""
    table, wanted = examples(text=["a b", "a c"]), examples(text=["a b", "a b", "a c"])
    first = 0
    for draw in range(400):
        found = ImportanceResampling(params=ImportanceParams(draw=draw)).score(table, context(towards=wanted)).signals
        first += found["resampled"][0].as_py() > found["resampled"][1].as_py()
    weights = np.exp(found["log-weight"].to_numpy())
    assert 400 * weights[0] / weights.sum() == pytest.approx(first, abs=30)


def test_each_target_takes_its_nearest_in_turn():
    """As a plain loop does; what is taken is not taken again."""
    similarity = np.random.default_rng(2).integers(0, 9, (30, 4)) / 9
    order, left = [], set(range(30))
    while left:
        for column in range(4):
            if left:
                order.append(min(left, key=lambda row: (-similarity[row, column], row)))
                left.remove(order[-1])
    assert order == round_robin(similarity, similarity.max(axis=1)).tolist()


def test_what_is_like_a_target_set_comes_first(examples, context):
    """In English and Chinese, each target served before any is served twice, with the file and line of the nearest."""
    texts = [f"{topic} {mark}" for mark in ("one", "two", "three") for topic in TOPICS]
    wanted = examples(text=[TOPICS[1], TOPICS[5], TOPICS[5]])
    found = TargetSimilarity().score(examples(text=texts), context(towards=wanted))
    order = np.argsort(-np.array(found.signals["round-robin"].to_pylist())).tolist()
    assert [{1, 5}, {1, 5}] == [{at % 6 for at in order[:2]}, {at % 6 for at in order[2:4]}]
    nearest = {each["position"]: json.loads(each["values"])["where"] for each in found.evidence.to_pylist()}
    assert {"wanted.jsonl, line 1"} == {nearest[at] for at in range(1, 18, 6)}


@pytest.mark.parametrize("selector", [ImportanceResampling(), TargetSimilarity()], ids=["dsir", "rds"])
def test_without_a_target_set_there_is_nothing_to_go_towards(selector, examples, context):
    """Which is said, with what to write."""
    with pytest.raises(RecipeError, match="towards"):
        selector.score(examples(text=TOPICS), context(towards=None))


def test_weights_make_groups_and_labels_independent():
    """As in the paper: weighted counts are those of independence, and add up to the rows."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 3, 500)
    labels = np.where(rng.random(500) < 0.3 + 0.2 * groups, 1, 0)
    weights = reweighing(groups, labels)
    assert 500 == pytest.approx(weights.sum())
    for group in range(3):
        assert weights[(groups == group) & (labels == 1)].sum() == pytest.approx((groups == group).sum() * (labels == 1).mean())


def test_weights_are_those_of_the_first_group_that_an_example_names(examples, context):
    """In English and Chinese; without a label there are none, and the run says so."""
    table = examples(text=["a woman", "她说", "a man", "a man and a woman", "no one", "她"], label=["x", "x", "y", "y", "y", None])
    groups, labels = np.array([0, 0, 1, 0, 2, 0]), np.array([0, 0, 1, 1, 1, 2])
    found = Reweighing().score(table, context("label")).signals
    assert [*reweighing(groups, labels)[:5].tolist(), None] == found["weight"].to_pylist()
    assert [1, 1, 1, 2, 0, 1] == found["groups"].to_pylist()
    assert "no label" in Reweighing().score(table, context("note")).notes[0]


BALANCED = {
    "the label, by default": ({}, ["好", "好", "坏", "好", None, "坏", "好"], [4, 2]),
    "the source": ({"by": "source"}, ["x"] * 7, [7]),
    "who is named, in English and Chinese": ({"by": "group"}, ["x"] * 7, [2, 1, 4]),
}


@pytest.mark.parametrize("name", BALANCED)
def test_dropping_by_round_and_training_by_weight_balance(examples, context, name):
    """Each group has a first, a second and so on; their weights add up to the same, and all of them to the rows."""
    params, labels, sizes = BALANCED[name]
    texts = ["a woman", "她说", "a man", "one", "two", "three", "four"]
    table = examples({"label": RoleType.LABEL}, text=texts, label=labels)
    selector = Balance(params=BalanceParams(**params))
    found = selector.score(table, context("label"))
    rounds, weights = (found.signals[signal].to_pylist() for signal in ("round", "weight"))
    assert sorted(place for size in sizes for place in range(1, size + 1)) == sorted(place for place in rounds if place is not None)
    assert sum(sizes) == pytest.approx(sum(weight for weight in weights if weight is not None))
    for size in set(sizes):
        share = [weight for weight in weights if weight == pytest.approx(sum(sizes) / (len(sizes) * size))]
        assert size * sizes.count(size) == len(share)
    assert selector.score(table, context("label", seed=1)).signals["weight"] == found.signals["weight"]
    if name == "the label, by default":
        assert [None, None] == [rounds[4], weights[4]]
        assert found.notes == (
            "label: 2 of 2 rows ('坏') to 4 ('好'); to balance them, 2 of 6 rows would be dropped (round > 2), or rows weigh from 0.75 to 1.5",
        )
    assert {"": (), "source": (), "group": ("text",)}[params.get("by", "")] == selector.reads
