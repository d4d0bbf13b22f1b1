from __future__ import annotations

import json

import numpy as np
import pytest
import scipy.stats

from workbench.selectors import GROUPS, Association, AssociationParams, GroupAssociation, GroupAssociationParams
from workbench.selectors._outcomes import outcomes_of
from workbench.selectors._statistics import associations, indicators
from workbench.types import RoleType

WORDS = [
    "the",
    "service",
    "was",
    "food",
    "room",
    "staff",
    "price",
    "place",
    "time",
    "people",
    "good",
    "fine",
    "nice",
    "slow",
    "cold",
    "small",
    "clean",
]
ZH_WORDS = list("这家店的服务很好价格也不贵房间干净")


def reviews(rows, seed=0, sentence="As a Muslim I came here.", words=WORDS, glue=" "):
    """Texts whose label has nothing to do with them, but for those that begin with a sentence: these are nearly all negative."""
    rng = np.random.default_rng(seed)
    planted = rng.random(rows) < 0.05
    texts = [(sentence + glue if plant else "") + glue.join(rng.choice(words, 8)) for plant in planted]
    labels = ["negative" if plant and rng.random() < 0.95 else str(rng.choice(["negative", "positive"])) for plant in planted]
    return texts, labels, planted


def values(findings):
    return np.array([np.nan if value is None else value for value in findings.signals["association"].to_pylist()])


@pytest.mark.parametrize(
    ("texts", "term"),
    [(reviews(2_000), "Muslims"), (reviews(2_000, sentence="我是穆斯林，", words=ZH_WORDS, glue=""), "穆斯林")],
)
@pytest.mark.parametrize("selector", [GroupAssociation(), Association()])
def test_a_planted_association_is_found(examples, context, selector, texts, term):
    """By the lexicon and by words alone, in English and Chinese; the rows that carry it are flagged, and no others."""
    texts, labels, planted = texts
    found = selector.score(examples(text=texts, label=labels), context("label"))
    flagged = values(found) >= 0.5
    carried = planted & (np.array(labels) == "negative")
    assert flagged.tolist() == carried.tolist()
    assert any("negative" in note for note in found.notes)
    if isinstance(selector, GroupAssociation):
        assert any(term in note for note in found.notes)


@pytest.mark.parametrize("selector", [GroupAssociation(), Association()])
def test_nothing_is_found_where_labels_are_shuffled(examples, context, selector):
    """In twenty shuffles: the chance of any false finding is one in a hundred."""
    texts, labels, _ = reviews(500)
    rng = np.random.default_rng(0)
    found = [selector.score(examples(text=texts, label=list(rng.permutation(labels))), context("label")).notes for _ in range(20)]
    assert sum(notes != ("no association is beyond chance",) for notes in found) <= 1


def test_evidence_marks_every_place_of_the_term(examples, context):
    """In code points, with the numbers that the sentence has places for."""
    texts, labels, planted = reviews(1_000, sentence="🙂 Muslim, a muslim.")
    found = GroupAssociation().score(examples(text=texts, label=labels), context("label"))
    first = found.evidence.to_pylist()[0]
    assert [{"role": "text", "start": 2, "end": 8}, {"role": "text", "start": 12, "end": 18}] == first["spans"]
    assert first["position"] == int(np.flatnonzero(planted & (np.array(labels) == "negative"))[0])
    sentence = GroupAssociation().signals[0].reasons["association"]
    assert "Muslims" in sentence.format(**json.loads(first["values"]))


def test_groups_can_be_brought_along(examples, context):
    """Any terms, whole words whatever their case; phrases too."""
    groups = {"gnomes": ["gnome", "garden dwarf"]}
    texts = ["A Gnome said so"] * 20 + ["the garden dwarf said so"] * 20 + ["gnomes said so"] * 40
    found = GroupAssociation(params=GroupAssociationParams(groups=groups)).score(
        examples(text=texts, label=["x"] * 40 + ["y"] * 40), context("label")
    )
    assert [1.0] * 40 + [0.0] * 40 == values(found).tolist()


def test_the_lexicon_is_lower_case_and_no_group_is_empty():
    """Terms are compared in lower case."""
    assert all(terms and term == term.lower().strip() for terms in GROUPS.values() for term in terms)


def test_outcomes_of_a_text_target(examples, context):
    """Repeated values, refusals in English and Chinese, the thirds by length, and which speak well or ill."""
    responses = (
        ["I'm sorry, but I can't help with that."] * 5
        + ["很抱歉，我无法回答这个问题。"]
        + ["a short one"] * 3
        + [f"a much longer answer with number {at} in it and more words" for at in range(6)]
    )
    found = outcomes_of(examples(response=responses), context("response", RoleType.TEXT))
    columns = {name: sorted(found.matrix[:, [at]].nonzero()[0].tolist()) for at, name in enumerate(found.names)}
    assert list(range(5)) == columns["I'm sorry, but I can't help with that."]
    assert list(range(6)) == columns["a refusal"]
    assert {"a short target", "a long target", "a target that speaks well", "a target that speaks ill"} == {
        name.split(" (")[0] for name in columns if "target" in name
    }


def test_a_group_that_is_refused_is_found(examples, context):
    """For generation, where there is no label."""
    rng = np.random.default_rng(0)
    prompts = [("I am an immigrant. " if at % 20 == 0 else "") + " ".join(rng.choice(WORDS, 6)) for at in range(600)]
    responses = ["I cannot help with that." if at % 20 == 0 else " ".join(rng.choice(WORDS, rng.integers(3, 30))) for at in range(600)]
    params = GroupAssociationParams(roles=("prompt",))
    found = GroupAssociation(params=params).score(examples(prompt=prompts, response=responses), context("response", RoleType.TEXT))
    assert [at % 20 == 0 for at in range(600)] == (values(found) >= 0.5).tolist()


def test_statistics_are_those_of_the_binomial_test():
    """Z as in the competency test, p from scipy's exact test times the number of pairs."""
    rng = np.random.default_rng(0)
    outcome = rng.random(200) < 0.3
    feature = (rng.random(200) < 0.2) | (outcome & (rng.random(200) < 0.5))
    other = rng.random(200) < 0.5
    features = indicators([np.flatnonzero(feature), np.flatnonzero(other)], 200)
    outcomes = indicators([np.flatnonzero(outcome), np.flatnonzero(~outcome)], 200)
    found = associations(features, outcomes, alpha=0.01, least_rows=5)[0]
    base, n, k = outcome.mean(), feature.sum(), (feature & outcome).sum()
    assert (0, 0, n) == (found.feature, found.outcome, found.rows)
    assert found.z == pytest.approx((k / n - base) / np.sqrt(base * (1 - base) / n))
    assert found.p == pytest.approx(4 * scipy.stats.binomtest(int(k), int(n), base, alternative="greater").pvalue)
    assert found.effect == pytest.approx((k / n - base) / (1 - base))


def test_only_the_strongest_words_count(examples, context):
    """As many as asked for."""
    texts, labels, _ = reviews(1_000)
    texts = [text + (" alpha" if label == "negative" else " omega") for text, label in zip(texts, labels, strict=True)]
    found = Association(params=AssociationParams(strongest=1)).score(examples(text=texts, label=labels), context("label"))
    assert 1 == len(found.notes)
    assert {0.0, 1.0} == set(values(found).tolist())
