"""Where answers stand, what summaries are about, whom pronouns make of people, and what sources and groups go with."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from workbench.selectors import (
    AnswerPrior,
    GroupAssociation,
    GroupAssociationParams,
    LeadBias,
    PronounChange,
    SourceAssociation,
    SourceAssociationParams,
)
from workbench.selectors._outcomes import outcomes_of
from workbench.selectors._positions import PLACES, place_tests, weights_by_place
from workbench.selectors._text import sentence_spans, sentences
from workbench.types import ExampleTable, RoleType

EN = "The red house stands there. A tall tower fell down. Some people watched quietly. Nobody said one word. Finally everybody went home."
ZH = "红色房子在那里。高塔昨天倒下了。许多人安静观看。没有人说话。最后大家都回家了。"


def questions(examples, context, places):
    """Examples whose answer stands in the sentence at a place of the context."""
    spans = sentence_spans(context)
    answers = [[{"start": spans[at][0] + 1, "end": spans[at][0] + 3, "text": context[spans[at][0] + 1 : spans[at][0] + 3]}] for at in places]
    return examples(
        {"answers": RoleType.SPANS}, question=[f"What is it? {at}" for at in range(len(places))], context=[context] * len(places), answers=answers
    )


def summaries(examples, document, places):
    """Examples whose summary is a sentence of the document, with other words around it."""
    told = [f"{sentences(document)[at]} {number}" for number, at in enumerate(places)]
    return examples(document=[document] * len(places), summary=told)


@pytest.mark.parametrize("text", [EN, ZH])
@pytest.mark.parametrize(("selector", "build"), [(AnswerPrior(), questions), (LeadBias(), summaries)])
def test_a_place_that_gives_the_answer_away_is_found(examples, context, selector, build, text):
    """And no other rows are flagged; in English and Chinese."""
    place, name = 4, "last"
    places = [place] * 80 + [0, 1, 2, 3, 4] * 4
    found = selector.score(build(examples, text, places), context())
    assert [at == place for at in places] == (found.signals["position"].to_numpy() >= 0.5).tolist()
    assert name in found.notes[0]
    first = found.evidence.to_pylist()[0]
    assert name in selector.signals[0].reasons["position"].format(**json.loads(first["values"]))
    for span in first["spans"]:
        assert sentences(text)[place] == text[span["start"] : span["end"]]


@pytest.mark.parametrize("text", [EN, ZH])
@pytest.mark.parametrize(("selector", "build"), [(AnswerPrior(), questions), (LeadBias(), summaries)])
def test_places_at_random_are_no_prior(examples, context, selector, build, text):
    """Of twenty random draws at most one is found: the chance of any is one in a hundred."""
    rng = np.random.default_rng(0)
    found = [selector.score(build(examples, text, rng.integers(5, size=50)), context()) for _ in range(20)]
    assert sum(any(value for value in each.signals["position"].to_pylist()) for each in found) <= 1


def test_the_test_of_places_is_that_of_counting():
    """Share, base, z and effect of one place; a tie counts by half; places that a text has not are left out."""
    held = np.array([weights_by_place(each) for each in ([1, 0], [0.5, 0.5, 0], [1, 0, 0, 0], [1, 0, 0, 0])] * 10)
    counts = np.array([2, 3, 4, 4] * 10)
    first = next(test for test in place_tests(held, counts, 0.01) if test.place == 0)
    chance = 1 / counts
    base, spread = chance.mean(), np.sqrt((chance * (1 - chance)).sum())
    assert (0.875, pytest.approx(base), 40) == (first.share, first.base, first.rows)
    assert first.z == pytest.approx((35 - chance.sum()) / spread)
    assert first.effect == pytest.approx((0.875 - base) / (1 - base))
    assert [4, 4] == [len(PLACES), held.shape[1]]


@pytest.mark.parametrize(
    ("asked", "answer", "told"),
    [
        ("How many were there", "12", "a number"),
        ("Who was it", "Ada Lovelace", "a name"),
        ("什么时候发生", "1997年", "a date"),
        ("一共有多少人", "三百", "a number"),
    ],
)
def test_a_kind_of_question_that_has_a_kind_of_answer_is_told(examples, context, asked, answer, told):
    """As an association, which no rule acts on."""
    context_text = f"It is said {answer} and also this phrase is here. More follows."
    answers = [
        [{"start": context_text.index(text), "end": context_text.index(text) + len(text), "text": text}] for text in (answer, "this phrase is here")
    ]
    table = examples({"answers": RoleType.SPANS}, question=[asked, "Tell me something"] * 40, context=[context_text] * 80, answers=answers * 40)
    found = AnswerPrior().score(table, context())
    assert [1.0, 0.0] * 40 == found.signals["type"].to_pylist()
    assert any(told in note for note in found.notes)
    assert AnswerPrior().signals[1].rule is None


PRONOUNS = [
    ("The mother spoke to Sam.", "She told him.", True, False, "him"),
    ("Mr Li came early.", "She was late.", True, False, "She"),
    ("Mum: I told you, Sam.", "She told him.", False, False, ""),
    ("小李：我妈妈来了。", "他的妈妈来了。", False, False, ""),
    ("Sam spoke to Kim.", "He spoke to Kim.", False, True, "He"),
    ("Sam told his wife.", "He told her.", False, False, ""),
    ("The theory of the other", "The shell", False, False, ""),
    ("王女士来了。", "他来得很早。", True, False, "他"),
    ("小李去了银行。", "她去了银行。", False, True, "她"),
    ("其他人去了银行，儿女也去了。", "其他人去了。", False, False, ""),
    ("爸爸妈妈回家。", "他和她回家。", False, False, ""),
]


@pytest.mark.parametrize("case", PRONOUNS)
def test_a_pronoun_that_the_document_gives_no_reason_for_is_found(examples, context, case):
    """With its place; changed where the document has the other gender alone, introduced where it has none."""
    document, summary, changed, introduced, pronoun = case
    found = PronounChange().score(examples(document=[document], summary=[summary]), context())
    assert [[changed], [introduced]] == [found.signals[name].to_pylist() for name in ("changed", "introduced")]
    marked = [summary[span["start"] : span["end"]] for each in (found.evidence.to_pylist() if found.evidence else []) for span in each["spans"]]
    assert ([pronoun] if pronoun else []) == marked


def test_which_gender_summaries_pick_is_told_with_its_interval(examples, context):
    """Nine in ten here."""
    table = examples(document=["Sam left early"] * 40, summary=["He left"] * 36 + ["She left"] * 4)
    assert "90% [" in PronounChange().score(table, context()).notes[0]


def sourced(examples, sources, meta=None, **roles):
    """Examples with sources and further columns."""
    made = examples(**roles)
    table = made.table.set_column(made.table.schema.get_field_index("source"), "source", pa.array(sources, pa.string()))
    if meta:
        table = table.set_column(table.schema.get_field_index("meta"), "meta", pa.array([json.dumps(each) for each in meta], pa.string()))
    return ExampleTable(table, made.roles)


def test_a_source_that_goes_with_a_label_is_found(examples, context):
    """Those of its rows that have the label, and no others; of shuffled labels none."""
    rng = np.random.default_rng(0)
    sources = ["forum" if at % 4 == 0 else "新闻" for at in range(400)]
    labels = ["好" if at % 4 == 0 and at % 40 else str(rng.choice(["坏", "中", "远", "近", "好"])) for at in range(400)]
    roles = {"text": [f"文字 {at}" for at in range(400)]}
    found = SourceAssociation().score(sourced(examples, sources, label=labels, **roles), context("label"))
    flagged = found.signals["association"].to_numpy() >= 0.5
    assert [source == "forum" and label == "好" for source, label in zip(sources, labels, strict=True)] == flagged.tolist()
    assert "'forum'" in found.notes[0]
    assert "'好'" in found.notes[0]
    told = [
        SourceAssociation().score(sourced(examples, sources, label=list(rng.permutation(labels)), **roles), context("label")).notes for _ in range(20)
    ]
    assert sum(notes != ("no association is beyond chance",) for notes in told) <= 1


def test_another_column_may_take_the_place_of_the_source(examples, context):
    """Such as who annotated; without two values nothing is tested."""
    meta = [{"annotator": at % 2} for at in range(100)]
    table = sourced(examples, ["a"] * 100, meta, text=[f"t {at}" for at in range(100)], label=["yes" if at % 2 else "no" for at in range(100)])
    by = SourceAssociation(params=SourceAssociationParams(by="annotator"))
    assert [1.0] * 100 == by.score(table, context("label")).signals["association"].to_pylist()
    assert "no two values" in SourceAssociation().score(table, context("label")).notes[0]


@pytest.mark.parametrize(
    ("term", "ill", "other"), [("immigrant", "They are dangerous and lazy", "They are kind and helpful"), ("移民", "他们危险又懒惰", "他们善良友好")]
)
def test_a_group_that_is_spoken_ill_of_is_found(examples, context, term, ill, other):
    """By the words of the response, in English and Chinese."""
    prompts = [f"describe the {term} {at}" if at % 5 == 0 else f"describe the house {at}" for at in range(300)]
    responses = [f"{ill if at % 5 == 0 or at % 17 == 0 else other} {at}" for at in range(300)]
    params = GroupAssociationParams(roles=("prompt",))
    found = GroupAssociation(params=params).score(examples(prompt=prompts, response=responses), context("response", RoleType.TEXT))
    assert [at % 5 == 0 for at in range(300)] == (found.signals["association"].to_numpy() >= 0.5).tolist()
    assert any("speaks ill" in note for note in found.notes)
    calm = outcomes_of(examples(response=["It is not good.", "我不喜欢它", "42"]), context("response", RoleType.TEXT))
    assert 0 == sum(int(calm.matrix[:, [at]].sum()) for at, name in enumerate(calm.names) if "speaks well" in name)


def test_sentences_and_their_places_agree():
    """A span holds the sentence as it is told."""
    text = " Mr. Li left.  He came back!\n\n他回来了。真的吗？ yes"
    assert sentences(text) == [text[start:end] for start, end in sentence_spans(text)]
    assert ["Mr. Li left.", "He came back!", "他回来了。", "真的吗？", "yes"] == sentences(text)
