from __future__ import annotations

import math

import numpy as np
import pytest

from workbench.selectors import NearDuplicateParams, NearDuplicates

ENGLISH = [f"{stem}{ending}" for stem in ("lamp", "river", "stone", "glass", "tree", "cloud", "paper", "chair") for ending in ("", "s", "ing", "er")]
CHINESE = list("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳")


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
    return {} if findings.edges is None else {(edge["a"], edge["b"]): edge for edge in findings.edges.to_pylist()}


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
    assert wanted == pytest.approx({pair: edge["similarity"] for pair, edge in found.items() if edge["kind"] != "copy"})
