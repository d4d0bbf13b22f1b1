from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest

from workbench.selectors import NearDuplicateParams, NearDuplicates
from workbench.selectors._bands import plan_bands
from workbench.types import RoleType

STEMS = ("lamp", "river", "stone", "glass", "tree", "cloud", "paper", "chair")
ENGLISH = [f"{stem}{ending}" for stem in STEMS for ending in ("", "s", "ing", "er")]
CHINESE = list("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳")
LONG = "the quick brown fox jumps over the lazy dog while seven wizards mix a strong potion in the old kitchen of a castle by the sea and nobody knows why"
ZH = "今天上午我们去公园散步，看到许多老人在打太极拳，孩子们在草地上放风筝，大家都很开心"


def reference_shingles(text, shortest=32):
    """The shingles that the selector's documentation describes, made the slow way."""
    kinds, units = [], []
    for character in text:
        han = "\u4e00" <= character <= "\u9fff"
        word = character.isalnum()
        if han or not word:
            kinds.append("han" if han else "gap")
            units.append(character)
        elif kinds and kinds[-1] == "word":
            units[-1] += character.lower()
        else:
            kinds.append("word")
            units.append(character.lower())
    words = [unit for unit, kind in zip(units, kinds, strict=True) if kind != "gap"]
    han = sum(kind == "han" for kind in kinds)
    if han < 0.25 * len(words) and len(words) >= shortest:
        return {("words", *words[at : at + 5]) for at in range(len(words) - 4)}
    size = 3 if han >= 0.25 * len(words) else 5
    stream = ""
    for unit in words:
        glue = " " if stream and unit[0].isascii() and stream[-1].isascii() else ""
        stream += glue + unit
    grams = {(size, stream[at : at + size]) for at in range(len(stream) - size + 1)}
    return grams or {("whole", " ".join(text.split()))}


def reference_similarity(one, other, floor):
    """The Jaccard similarity of two texts; where one is somewhat longer than 32 words and the other shorter, by characters."""
    left, right = reference_shingles(one), reference_shingles(other)
    shortest = math.ceil(32 / floor)
    if next(iter(left))[0] == "words" != next(iter(right))[0]:
        left = reference_shingles(one, shortest)
    elif next(iter(right))[0] == "words" != next(iter(left))[0]:
        right = reference_shingles(other, shortest)
    return len(left & right) / len(left | right)


def corpus(seed, rows=60):
    """Texts of one to fifty words, English, Chinese and mixed, half of them edits of another."""
    rng = np.random.default_rng(seed)
    texts = []
    for _ in range(rows):
        vocabulary = [ENGLISH, CHINESE, ENGLISH + CHINESE[:6]][rng.integers(3)]
        if texts and rng.random() < 0.5:
            words = texts[rng.integers(len(texts))].split()
            for _ in range(rng.integers(1, 4)):
                words[rng.integers(len(words))] = str(rng.choice(vocabulary))
        else:
            words = [str(word) for word in rng.choice(vocabulary, rng.integers(1, 51))]
        texts.append(" ".join(words))
    return texts


def edges_of(findings):
    return {} if findings.edges is None else {(edge["a"], edge["b"]): (edge["kind"], edge["similarity"]) for edge in findings.edges.to_pylist()}


def kinds_of(findings):
    return {pair: kind for pair, (kind, _) in edges_of(findings).items()}


@pytest.mark.parametrize("seed", range(4))
def test_every_pair_above_the_floor_is_found_and_none_below_it(examples, context, seed):
    """Against all pairs compared the slow way, in English, Chinese and mixed script."""
    floor = 0.6
    texts = corpus(seed)
    found = edges_of(NearDuplicates(params=NearDuplicateParams(floor=floor, recall=0.9999)).score(examples(text=texts), context()))
    firsts = [at for at, text in enumerate(texts) if text not in texts[:at]]
    wanted = {(a, b): reference_similarity(texts[a], texts[b], floor) for a in firsts for b in firsts if a < b}
    wanted = {pair: similarity for pair, similarity in wanted.items() if similarity >= floor}
    assert len(wanted) > 5
    assert wanted == pytest.approx({pair: similarity for pair, (kind, similarity) in found.items() if kind != "copy"})


def test_recall_is_at_least_what_was_asked_for(examples, context):
    """Of a thousand pairs a little above the floor, within the error of the sample."""
    rng = np.random.default_rng(0)
    texts = []
    for at in range(1_000):
        words = [f"w{number}" for number in rng.integers(0, 1_000_000, 60)]
        texts.append(" ".join(words))
        words[int(rng.integers(10, 30))] = f"x{at}"
        words[int(rng.integers(30, 50))] = f"y{at}"
        texts.append(" ".join(words))
    params = NearDuplicateParams(floor=0.65, recall=0.9)
    found = edges_of(NearDuplicates(params=params).score(examples(text=texts), context()))
    pairs = [(at, at + 1) for at in range(0, 2_000, 2)]
    near_the_floor = [pair for pair in pairs if 0.65 <= reference_similarity(texts[pair[0]], texts[pair[1]], 0.65) <= 0.72]
    assert len(near_the_floor) > 500
    assert sum(pair in found for pair in near_the_floor) / len(near_the_floor) >= 0.9 - 2 * math.sqrt(0.09 / len(near_the_floor))


def test_the_order_of_rows_changes_nothing(examples, context, shuffled):
    """Pairs, similarities and signals are those of the same examples, wherever they stand."""
    texts = corpus(7, rows=120) + [LONG.replace("seven", word) for word in ("six", "eight", "nine", "ten", "two")]
    table = examples(text=texts, label=["a", "b", "a"] * 41 + ["a", "b"])
    before = NearDuplicates().score(table, context("label"))
    moved, order = shuffled(table)
    after = NearDuplicates().score(moved, context("label"))
    code = {text: at for at, text in enumerate(dict.fromkeys(zip(texts, table.values("label"), strict=True)))}
    keys = [code[key] for key in zip(texts, table.values("label"), strict=True)]

    def named(findings, where):
        return {tuple(sorted((keys[where[a]], keys[where[b]]))): each for (a, b), each in edges_of(findings).items()}

    assert named(before, range(len(texts))) == named(after, order)
    assert before.signals.take(order) == after.signals


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ((LONG, "a"), (LONG, "a"), "copy"),
        ((LONG, "a"), (f"  {LONG.replace(' ', '  ')}", "a"), "copy"),
        ((LONG, "a"), (LONG.upper() + "!", "a"), "near"),
        ((LONG, "a"), (LONG.replace("seven wizards", "many wizards"), "a"), "near"),
        ((LONG, "a"), (LONG.replace("seven wizards", "many wizards"), "b"), "conflict"),
        ((LONG, "a"), (LONG, "b"), "conflict"),
        ((LONG.replace("seven", "7"), "a"), (LONG.replace("seven", "1,200"), "a"), "template"),
        ((LONG.replace("seven", "7"), "a"), (LONG.replace("seven", "8"), "b"), "template"),
        ((LONG.replace("lazy", '"very lazy"'), "a"), (LONG.replace("lazy", '"old"'), "a"), "template"),
        (('{"name": "get_weather", "days": 3}', "a"), ('{"name": "get_weather", "days": 4}', "a"), "template"),
        ((f'"{LONG}"', "a"), (f'"{LONG.replace("seven wizards", "many wizards")}"', "a"), "near"),
        ((ZH, "a"), (ZH.replace("，", "。"), "a"), "near"),
        ((ZH, "a"), (ZH.replace("许多", "不少"), "a"), "near"),
        ((ZH, "a"), (ZH.replace("许多", "不少"), "b"), "conflict"),
        ((ZH.replace("许多", "12个"), "a"), (ZH.replace("许多", "30个"), "a"), "template"),
        ((ZH.replace("公园", "「公园」"), "a"), (ZH.replace("公园", "「河边」"), "a"), "template"),
        (("yes", "a"), ("Yes", "a"), None),
        (("?!", "a"), ("...", "a"), None),
        (("", "a"), ("", "a"), "copy"),
        ((LONG, "a"), (ZH, "a"), None),
    ],
)
def test_what_two_similar_examples_are(examples, context, one, other, kind):
    """Copies, near copies, conflicts and templates, in English and Chinese."""
    table = examples(text=[one[0], other[0]], label=[one[1], other[1]])
    assert kinds_of(NearDuplicates(params=NearDuplicateParams(floor=0.5)).score(table, context("label"))) == ({} if kind is None else {(0, 1): kind})


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("It is blue.", "It is  blue.", "copy"),
        (f"{LONG} {ZH}", f"{LONG.replace('sea', 'lake')} {ZH}", "near"),
        ("A library for C, with headers.", "a library for C with headers", "near"),
        ("A library for reading files in C, with headers.", "A library for reading files in D, with headers.", "conflict"),
        (LONG, "I do not know that at all.", "conflict"),
        (f"{LONG} 7", f"{LONG} 8", "conflict"),
        (f"{ZH}一共7个", f"{ZH}一共8个", "conflict"),
    ],
)
def test_text_targets_are_compared_by_their_own_similarity(examples, context, one, other, kind):
    """One prompt with similar answers is near, with different ones a conflict."""
    table = examples(prompt=["What colour is the sky?"] * 2, response=[one, other])
    params = NearDuplicateParams(roles=("prompt",), floor=0.6)
    assert {(0, 1): kind} == kinds_of(NearDuplicates(params=params).score(table, context("response", RoleType.TEXT)))


def test_an_answer_that_is_compared_with_the_input_may_still_conflict(examples, context):
    """Similar questions whose worked answers differ in a number are no duplicates; those that differ in a word are."""
    asked = [LONG, LONG.replace("seven wizards", "many wizards")] * 2
    table = examples(prompt=asked, response=[f"{LONG} 7", f"{LONG} 8", f"{ZH} {LONG}", f"{ZH} {LONG.replace('sea', 'lake')}"])
    params = NearDuplicateParams(roles=("prompt", "response"), floor=0.6)
    assert {(0, 1): "conflict", (2, 3): "near"} == kinds_of(NearDuplicates(params=params).score(table, context("response", RoleType.TEXT)))


def test_each_role_must_be_similar(examples, context):
    """Two questions about one context are no duplicates, nor is one question about two contexts."""
    table = examples(
        context=[LONG, LONG, ZH, LONG], question=["Who mixes a potion?", "What does the fox jump over?", "Who mixes a potion?", "who mixes a potion"]
    )
    assert {(0, 3): "near"} == kinds_of(NearDuplicates(params=NearDuplicateParams(roles=("context", "question"))).score(table, context()))


def flight(rng):
    cities = ["Oslo", "New York City", "Rio de Janeiro", "Bern", "San Francisco", "Paris", "Kuala Lumpur", "Lima", "Ho Chi Minh City"]
    return (
        f"Please book me a flight from {rng.choice(cities)} to {rng.choice(cities)} on {rng.randint(1, 28)} May for {rng.randint(1, 9)} passengers. "
        "I would like a window seat if there is one, the cheapest fare that still includes one checked bag, and an invoice sent to my usual address. "
        "If nothing is available on that day, please look at the two days before and after, and tell me what it would cost then and there."
    )


def call(rng):
    arguments = {"city": rng.choice(["Oslo", "New York", "Bern"]), "days": rng.randint(1, 14)}
    return json.dumps({"name": "get_weather", "arguments": arguments, "id": rng.randint(0, 10**6), "description": LONG})


def sum_of_two(rng):
    return f"What is {rng.randint(1, 999)} {rng.choice('+-*/')} {rng.randint(1, 999)}?"


def ticket(rng):
    return (
        f"请帮我预订从{rng.choice(['北京', '上海', '乌鲁木齐', '成都'])}到{rng.choice(['南京', '杭州', '齐齐哈尔'])}的火车票，"
        f"时间是{rng.randint(1, 12)}月{rng.randint(1, 28)}日，{rng.randint(1, 6)}个人，要靠窗的座位，如果没有票请告诉我前后两天的情况。"
    )


@pytest.mark.parametrize("template", [flight, call, sum_of_two, ticket])
def test_fillings_of_a_template_are_no_duplicates_but_copies_are(examples, context, template):
    """Slot words of any number, function calls, drills and Chinese: nothing but copies is near enough to drop."""
    rng = random.Random(0)
    texts = [template(rng) for _ in range(300)]
    texts += texts[:10]
    found = edges_of(NearDuplicates().score(examples(text=texts, label=["a"] * len(texts)), context("label")))
    dropped = {kind for kind, similarity in found.values() if kind in {"copy", "near"} and similarity >= 0.8}
    assert {"copy"} == dropped
    assert len(texts) - len(set(texts)) == sum(kind == "copy" for kind, _ in found.values())


def test_a_near_copy_of_a_filling_is_still_near(examples, context):
    """What differs stands where the template has no slot."""
    rng = random.Random(0)
    texts = [flight(rng) for _ in range(60)]
    texts.append(texts[0].replace("window seat", "seat by the window"))
    assert "near" == kinds_of(NearDuplicates().score(examples(text=texts), context()))[0, 60]


def test_a_crowd_keeps_its_most_similar_edges_and_is_marked(examples, context):
    """At most 64 edges of a kind for a row's own sake, and the row goes to review."""
    texts = [f"{LONG} {LONG.replace('castle', ENGLISH[at % 32])} {CHINESE[at % 30]}{CHINESE[at // 30]} {'lamp ' * (at % 3)}" for at in range(400)]
    findings = NearDuplicates().score(examples(text=texts), context())
    counts = np.bincount(np.concatenate([findings.edges["a"].to_numpy(), findings.edges["b"].to_numpy()]), minlength=400)
    assert counts.sum() / 2 <= 2 * 64 * 400
    assert counts.min() >= 1
    assert all(findings.signals["dense"].to_pylist())


def test_the_signal_is_the_greatest_similarity_to_a_copy_or_near_example(examples, context):
    """Conflicts and templates do not count; where there is none it is 0, where no role has a value it is null."""
    near = LONG.replace("seven wizards", "many wizards")
    table = examples(text=[LONG, near, LONG, ZH, ZH, None, ""], label=["a", "a", "a", "a", "b", None, None])
    found = NearDuplicates().score(table, context("label")).signals["jaccard"].to_pylist()
    assert [1.0, pytest.approx(reference_similarity(LONG, near, 0.7)), 1.0, 0.0, 0.0] == found[:5]
    assert [None, 1.0] == found[5:]


@pytest.mark.parametrize(
    ("floor", "recall", "bands", "rows"), [(0.7, 0.99, 26, 5), (0.8, 0.99, 20, 7), (0.5, 0.99, 35, 3), (0.05, 0.99, 90, 1), (1.0, 0.99, 1, 16)]
)
def test_bands_follow_from_floor_and_recall(floor, recall, bands, rows):
    """By 1 - (1 - s^rows)^bands, computed by hand."""
    plan = plan_bands(floor, recall)
    assert (bands, rows) == (plan.bands, plan.rows)
    assert plan.recall >= recall


def test_a_wish_to_stop_is_heeded(examples, context):
    """As an interrupt, between two blocks."""
    with pytest.raises(KeyboardInterrupt):
        NearDuplicates().score(examples(text=corpus(0)), context(stopped=lambda: True))


def test_what_was_sketched_is_not_sketched_again(examples, context, tmp_path):
    """One per cent more rows sketch one per cent, and the pairs are those of a fresh start."""
    from workbench.curate.cache import Memory

    generator = np.random.default_rng(5)
    texts = [" ".join(f"w{word}" for word in generator.integers(0, 40, 12 + 20 * (at % 3))) for at in range(101)]
    texts[100] = texts[4] + " more"
    known = examples(text=texts[:100])
    grown = examples(text=texts)
    for table, computed in ((known, 100), (grown, 1), (grown, 0)):
        memory = Memory(tmp_path, lambda: False)
        found = NearDuplicates().score(table, context(remember=memory))
        assert computed == memory.computed["sketches"]
    assert computed == memory.computed["sketches by characters"]
    fresh = NearDuplicates().score(grown, context())
    assert (fresh.signals, fresh.edges, fresh.notes) == (found.signals, found.edges, found.notes)
