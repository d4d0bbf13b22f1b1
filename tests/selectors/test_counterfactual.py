"""Terms of groups are exchanged as a person would, and the gap is that of a model that did not see the example."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from workbench.selectors import Counterfactual, CounterfactualParams
from workbench.selectors._statistics import holm
from workbench.selectors._swap import PAIRS, built_in
from workbench.types import RoleType

SWAPS = [
    ("He gave her his book.", "She gave him her book."),
    ("HE told Her mother: the book is hers.", "SHE told His father: the book is his."),
    ("It was his.", "It was hers."),
    ("I saw her yesterday and called her to ask", "I saw him yesterday and called him to ask"),
    ("Mr Smith and his wife", "Ms Smith and her husband"),
    ("A Muslim woman in a mosque", "A Christian man in a church"),
    ("Black  men met white women", "White men met black women"),
    ("他告诉她，其他人的吉他是他人的。", "她告诉他，其他人的吉他是他人的。"),
    ("她的父亲和男朋友都是穆斯林", "他的母亲和女朋友都是基督徒"),
    ("他们爱吃鱼，男女都爱。", "她们爱吃鱼，男女都爱。"),
    ("the other chapter here", None),
]


@pytest.mark.parametrize(("text", "expected"), SWAPS)
def test_terms_are_exchanged(text, expected):
    """All at once, with their case, and pronouns by what follows; words that merely hold a term are kept."""
    found = built_in().swap(text)
    assert expected == (found.text if found else None)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([term for pairs in PAIRS.values() for pair in pairs for term in pair] + ["and", "the", "河", "İ", "🙂"]), max_size=12)
)
def test_exchanging_twice_gives_the_text_again(parts):
    """Where terms have one partner; the places are those of the old text."""
    several = {term for term in parts if sum(term in pair for pairs in PAIRS.values() for pair in pairs) > 1}
    text = " | ".join(part for part in parts if part not in several)
    found = built_in().swap(text)
    if found is None:
        return
    assert text == built_in().swap(found.text).text
    assert all(text[start:end] == old for start, end, old, _ in found.places)


def test_the_twins_of_winobias_are_found(shared_data):
    """At least 96 in 100 become their twin; of the others, some twins differ in more than the pronoun, and "her" has two meanings."""
    right = total = 0
    folder = shared_data / "winobias"
    for kind in ("type1", "type2"):
        twins = [(folder / f"{side}_stereotyped_{kind}.txt.dev").read_text(encoding="utf-8").splitlines() for side in ("pro", "anti")]
        for one, other in zip(*twins, strict=True):
            marked = re.findall(r"\[(\w+)\]", one), re.findall(r"\[(\w+)\]", other)
            if len(marked[0]) != 1 or len(marked[1]) != 1:
                continue
            found = built_in().swap(one.replace("[", "").replace("]", ""))
            total += 1
            right += found is not None and other.replace("[", "").replace("]", "").split(" ", 1)[1] == found.text.split(" ", 1)[1]
    assert total > 600
    assert right / total >= 0.96


def test_pairs_of_crows_pairs_are_exchanged(shared_data):
    """Of its pairs that differ in one pronoun or word of gender that we know, at least 9 in 10 become one another."""
    with (shared_data / "crows_pairs" / "crows_pairs_anonymized.csv").open(encoding="utf-8", newline="") as file:
        pairs = [(row["sent_more"], row["sent_less"]) for row in csv.DictReader(file) if row["bias_type"] == "gender"]
    known = {tuple(sorted(pair)) for pair in PAIRS["gender"]} | {("her", "his"), ("her", "him"), ("hers", "his")}
    right = total = 0
    for one, other in pairs:
        a, b = one.lower().split(), other.lower().split()
        differing = {tuple(sorted((x.strip(".,'s"), y.strip(".,'s")))) for x, y in zip(a, b, strict=False) if x != y} if len(a) == len(b) else set()
        if differing and differing <= known:
            total += 1
            found = built_in().swap(one)
            changed = {place for place, (x, y) in enumerate(zip(a, b, strict=True)) if x != y}
            right += found is not None and all(found.text.lower().split()[place] == b[place] for place in changed)
    assert total >= 40
    assert right / total >= 0.9


def reviews(rows, purity, terms=("She", "He"), rest=" said that the {} {} was {}", words=("room", "place", "time", "food")):
    """Texts whose sentiment word decides the label, but for a share where the pronoun does."""
    rng = np.random.default_rng(0)
    texts, labels = [], []
    for _ in range(rows):
        term, word = int(rng.integers(2)), int(rng.integers(2))
        texts.append(terms[term] + rest.format(*rng.choice(words, 2), ("bad", "good")[word]))
        labels.append(("negative", "positive")[term if rng.random() < purity else word])
    return texts, labels


@pytest.mark.parametrize(
    ("terms", "rest", "words"),
    [(("She", "He"), " said that the {} {} was {}", "room place time food"), (("她", "他"), "说{}和{}都{}", "房间 地方 时间 食物")],
)
def test_a_label_that_hangs_on_a_pronoun_has_a_gap(examples, context, terms, rest, words):
    """And the notes say which label goes with which side; where the label does not, there is next to none. In English and Chinese."""
    biased, fair = (
        Counterfactual().score(examples(text=texts, label=labels), context("label"))
        for texts, labels in (reviews(400, purity, terms, rest, words.split()) for purity in (0.8, 0.0))
    )
    assert np.median(biased.signals["gap"].to_numpy()) > 0.2 > np.quantile(fair.signals["gap"].to_numpy(), 0.95)
    assert any("gender" in note and "'positive' moves by +" in note for note in biased.notes)
    first = biased.evidence.to_pylist()[0]
    sentence = Counterfactual().signals[0].reasons["gap"].format(**json.loads(first["values"]))
    assert terms[0] in sentence
    assert [{"role": "text", "start": 0, "end": len(terms[0])}] == [span | {"end": len(terms[0])} for span in first["spans"]]


class Model:
    """A scorer that likes one word: its log-probabilities are known."""

    def score(self, examples, kind):
        texts = [f"{a} {b}" for a, b in zip(examples.texts("text"), examples.texts("note"), strict=True)]
        return pa.table({"row": examples.column("row"), kind: [-1.0 * len(re.findall(r"\bshe\b", text.lower())) - 0.5 for text in texts]})


def test_a_model_of_the_recipe_scores_labels_and_texts(examples, context):
    """Of a label the probabilities differ, of a text the log-probabilities, with the target exchanged too; texts without terms have none."""
    table = examples(text=["She left", "It rains", "he left"], note=["x", "y", "he left early"])
    label = Counterfactual().score(table, context("note", scorer=Model())).signals
    assert pytest.approx(np.exp(-0.5) - np.exp(-1.5)) == label["gap"].to_pylist()[0]
    assert [None, None, None] == label["log-ratio"].to_pylist()
    text = Counterfactual().score(table, context("note", RoleType.TEXT, scorer=Model())).signals
    assert [-1.0, None, 2.0] == text["log-ratio"].to_pylist()
    assert "needs a model" in Counterfactual().score(table, context("note", RoleType.TEXT)).notes[0]


def test_pairs_can_be_brought_along(examples, context):
    """Any terms, by axis; ours then do not count."""
    params = CounterfactualParams(pairs={"garden": [["gnome", "dwarf"]]})
    table = examples(text=["A gnome met him", "he met her"] * 20, label=["x", "y"] * 20)
    found = Counterfactual(params=params).score(table, context("label", scorer=Model2()))
    assert [0.0, None] * 20 == found.signals["gap"].to_pylist()


class Model2:
    """A scorer that finds all alike."""

    def score(self, examples, kind):
        return pa.table({"row": examples.column("row"), kind: np.zeros(len(examples))})


def test_corrected_p_values_are_holms():
    """As from the definition: the greatest of (n - k) p over all that are as small; never below Benjamini and Hochberg's."""
    p = np.array([0.01, 0.04, 0.03, 0.005, 0.5])
    assert [0.04, 0.09, 0.09, 0.025, 0.5] == pytest.approx(holm(p).tolist())
    assert (holm(p) >= false_discovery_control(p) - 1e-12).all()
    assert [] == holm(np.array([])).tolist()
