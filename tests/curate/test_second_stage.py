"""Rules on duplicates over stored edges: who stays, what is held back for people, and when an alarm is raised."""

from __future__ import annotations

import random

import pytest

from workbench.errors import RecipeError
from workbench.types import Action, Alarms, PolicyRule, Rule

WORDS = [f"{stem}{ending}" for stem in ("lamp", "river", "stone", "glass", "tree", "cloud", "paper", "chair") for ending in ("", "s", "er", "ing")]


def text(rng, words=60):
    """A text like no other."""
    return " ".join(rng.choice(WORDS) for _ in range(words))


def varied(rng, rows):
    """Texts that have nothing in common."""
    return [text(rng) for _ in range(rows)]


def at_least(threshold, action=Action.DROP):
    """The rule on near duplicates."""
    return (PolicyRule(signal="near-duplicates.jaccard", rule=Rule(action=action, operator=">=", threshold=threshold)),)


def classified(texts, **more):
    """Examples of one label."""
    return {"text": texts, "label": ["a"] * len(texts), **more}


def test_a_cluster_above_its_share_is_reviewed_and_the_run_says_so(scored):
    """Copies of one text that are 6 % of the rows stay, with the alarm among what fired; 4 % are dropped but for one."""
    rng = random.Random(0)
    data = varied(rng, 900) + [text(rng)] * 60 + [text(rng)] * 40
    decision, verdicts = scored("classification", classified(data)).decide()
    assert [each["verdict"] for each in verdicts[900:960]].count("review") == 59
    assert all("alarm.cluster review" in each["fired"] for each in verdicts[900:960] if each["verdict"] == "review")
    assert [each["verdict"] for each in verdicts[960:]].count("drop") == 39
    (alarm,) = decision.counts.alarms
    assert "60 of 1,000 rows" in alarm
    assert "59 drops became reviews" in alarm


def test_the_share_is_the_policys_own(scored):
    """Moved without scoring again, and switched off by 1."""
    rng = random.Random(0)
    data = scored("classification", classified(varied(rng, 450) + [text(rng)] * 50))
    assert [len(data.decide(alarms=Alarms(cluster=share))[0].counts.alarms) for share in (0.05, 0.2, 1.0)] == [1, 0, 0]
    assert data.decide(alarms=Alarms(cluster=0.2))[0].counts.dropped == 49


def test_a_source_that_would_lose_more_than_half_is_reviewed(scored):
    """Its rows become reviews, those of other sources are dropped as before."""
    rng = random.Random(0)
    originals = varied(rng, 300)
    data = originals + originals[:30] + varied(rng, 10) + originals[100:110] + varied(rng, 30)
    sources = ["web"] * 300 + ["mirror"] * 40 + ["forum"] * 40
    decision, verdicts = scored("classification", classified(data, source=sources)).decide()
    found = {name: [each["verdict"] for each, source in zip(verdicts, sources, strict=True) if source == name] for name in set(sources)}
    assert {name: (each.count("review"), each.count("drop")) for name, each in found.items()} == {"web": (0, 0), "mirror": (30, 0), "forum": (0, 10)}
    assert [alarm for alarm in decision.counts.alarms if "'mirror' would lose 30 of its 40 rows" in alarm] == list(decision.counts.alarms)
    assert 40 == sum(each["partner"] is not None for each in verdicts)


def test_rows_of_a_dense_group_are_reviewed_and_their_copies_dropped(scored):
    """Where more rows are similar than are kept, near duplicates are held back; what is equal is equal in a crowd too."""
    rng = random.Random(0)
    frame = [rng.choice(WORDS) for _ in range(80)]
    crowd = []
    for _ in range(150):
        words = list(frame)
        for _ in range(2):
            words.insert(rng.randrange(len(words)), rng.choice(WORDS))
        crowd.append(" ".join(words))
    assert len(set(crowd)) == 150
    data = scored("classification", classified(crowd + crowd[:15] + varied(rng, 200)), params={"near-duplicates": {"floor": 0.5}})
    decision, verdicts = data.decide(rules=(*at_least(0.5), *(rule for rule in data.policy.rules if rule.signal != "near-duplicates.jaccard")))
    by_verdict = [each["verdict"] for each in verdicts]
    assert by_verdict[:165].count("drop") == 15
    assert by_verdict[:165].count("review") == 150
    assert by_verdict[165:] == ["keep"] * 200
    assert decision.counts.alarms == ()
    held = [each for each in verdicts[:165] if each["verdict"] == "review" and "near-duplicates.jaccard drop" in each["fired"]]
    assert held
    assert all(each["partner"] is not None for each in held)


def test_thresholds_and_order_move_without_scoring_again(scored):
    """Each row that leaves is within the threshold of one that stays, whatever the order; a higher threshold drops less."""
    rng = random.Random(1)
    texts = varied(rng, 60)
    for base in list(texts[:40]):
        words = base.split()
        for _ in range(rng.randrange(1, 4)):
            words[rng.randrange(len(words))] = "other"
        texts.append(" ".join(words))
    data = scored("classification", classified(texts))
    near = {frozenset((edge["a"], edge["b"])): edge["similarity"] for edge in data.edges() if edge["kind"] in {"near", "copy"}}
    dropped = {}
    for threshold in (0.7, 0.75, 0.8):
        for survivor in ("longest", "near-duplicates.jaccard"):
            decision, verdicts = data.decide(rules=at_least(threshold), survivor=survivor)
            leaving = [each for each in verdicts if each["verdict"] == "drop"]
            stays = {each["row"] for each in verdicts if each["verdict"] != "drop"}
            assert all(each["partner"] in stays for each in leaving)
            assert all(near[frozenset((each["row"], each["partner"]))] >= threshold for each in leaving)
            dropped[threshold] = decision.counts.dropped
    assert dropped[0.7] > dropped[0.75] > dropped[0.8] > 0


def test_of_equally_good_rows_the_longest_stays(scored):
    """A named score decides first, in the direction that its signal calls better; then length."""
    rng = random.Random(2)
    base = text(rng)
    data = scored("classification", classified([base, f"{base} more words here", *varied(rng, 5)]))
    for survivor in ("longest", "near-duplicates.jaccard"):
        _, verdicts = data.decide(survivor=survivor)
        assert [each["verdict"] for each in verdicts[:2]] == ["drop", "keep"]


@pytest.mark.parametrize("action", Action)
def test_a_threshold_below_the_floor_says_what_must_be_recomputed(scored, action):
    """And one at the floor needs nothing."""
    data = scored("classification", classified(varied(random.Random(0), 5)))
    data.decide(rules=at_least(0.7, action))
    with pytest.raises(RecipeError, match=r"below 0\.7.*pairs of near-duplicates must be recomputed.*floor: 0\.65"):
        data.decide(rules=at_least(0.65, action))
