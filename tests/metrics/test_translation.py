"""BLEU and chrF against sacrebleu."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF

from workbench.errors import UnknownNameError
from workbench.metrics import Bleu, Chrf, evaluate, translation_scores

WORDS = st.sampled_from(["the", "cat", "sat", "on", "3.5,", "mat.", "&amp;", "(U.S.)", "-", ""])
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)


def reference_values(given, targets, tokenizer="13a"):
    """What sacrebleu says; its references are one list per reference, not per example."""
    most = max(map(len, targets))
    columns = [[target[place] if place < len(target) else None for target in targets] for place in range(most)]
    return {"bleu": BLEU(tokenize=tokenizer).corpus_score(given, columns).score, "chrf": CHRF().corpus_score(given, columns).score}


def values(predictions, references):
    return {one.metric: one.value for one in evaluate([(metric.name, metric) for metric in translation_scores()], predictions, references)}


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=3)), min_size=1, max_size=6))
def test_values_equal_sacrebleu(examples, texts, rows):
    """Corpus scores of short, empty and matchless texts with one to three references equal sacrebleu's."""
    given, targets = [list(side) for side in zip(*rows, strict=True)]

    assert reference_values(given, targets) == pytest.approx(values(texts(given), examples(response=targets)), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("system", ["ted.sys1.detok.eng", "ted.sys2.detok.eng"])
def test_published_translations(shared_data, examples, texts, system):
    """Two translators' outputs score what sacrebleu says, signature included."""
    folder = shared_data / "systems"
    given, wanted = ((folder / name).read_text().splitlines()[:500] for name in (system, "ted.ref.detok.eng"))
    bleu, chrf = BLEU(), CHRF()
    expected = {"bleu": bleu.corpus_score(given, [wanted]).score, "chrf": chrf.corpus_score(given, [wanted]).score}

    found = evaluate([(metric.name, metric) for metric in translation_scores()], texts(given), examples(response=wanted))

    assert expected == pytest.approx({one.metric: one.value for one in found}, rel=1e-13)
    for one, theirs in zip(found, (bleu.get_signature(), chrf.get_signature()), strict=True):
        ours = one.signature.replace("tok:by script (13a, zh, char)|", "").replace("tokenizer:", "tok:")
        assert set(str(theirs).split("|")) == set(ours.split("|"))


def test_statistics_are_those_of_each_sentence(examples, texts):
    """Rows add up: two halves give the same sums as the whole."""
    given, wanted = ["the cat sat", "on the mat", "a", ""], ["the cat sat on", "the mat", "b", "c"]
    for metric in translation_scores():
        state = {"tokenizer": "13a"}
        whole = metric.statistics(texts(given), examples(response=wanted), state)
        halves = [metric.statistics(texts(given[part]), examples(response=wanted[part]), state) for part in (slice(0, 2), slice(2, 4))]
        assert whole.tolist() == [*halves[0].tolist(), *halves[1].tolist()]


def test_chinese(shared_data, examples, texts):
    """Chinese is cut with sacrebleu's zh, which the signature says; with 13a it would be 0."""
    import json

    articles = json.loads((shared_data / "cmrc2018" / "trial.json").read_text())["data"]
    wanted = [paragraph["context"][:200] for article in articles for paragraph in article["paragraphs"]][:50]
    given = [text[10:] for text in wanted]

    found = evaluate([("bleu", Bleu())], texts(given), examples(response=wanted))[0]

    assert reference_values(given, [[text] for text in wanted], "zh")["bleu"] == pytest.approx(found.value, rel=1e-13)
    assert 50 < found.value
    assert found.signature.endswith("|tokenizer:zh|nrefs:1")


CHOICES = [
    (["The cat sat."] * 200, "13a"),
    (["The cat sat."] * 200 + ["北京"], "13a"),  # less than a hundredth
    (["The cat sat."] * 50 + ["我爱北京。"], "zh"),
    (["今日は良い天気です。"], "char"),
    (["วันนี้อากาศดี"], "char"),
    (["오늘은 날씨가 좋다."], "13a"),  # Korean has spaces
    ([], "13a"),
]


@pytest.mark.parametrize(("references", "tokenizer"), CHOICES)
def test_tokenizer_by_script(examples, references, tokenizer):
    """The references decide on the tokenizer, once for all compared systems."""
    assert tokenizer == Bleu().prepare(examples(response=references))["tokenizer"]


@pytest.mark.parametrize(
    ("reference", "text", "tokenizer"), [("我爱北京天安门广场", "我爱北京天安门", "zh"), ("今日は良い天気です", "今日は良い天気だ", "char")]
)
def test_identical_characters_count(score, examples, reference, text, tokenizer):
    """Texts without spaces that share most characters are far from 0, as sacrebleu with the right tokenizer."""
    expected = reference_values([text], [[reference]], tokenizer)

    assert expected["bleu"] == pytest.approx(score(Bleu(), [text], examples(response=[reference])), rel=1e-12)
    assert expected["chrf"] == pytest.approx(score(Chrf(), [text], examples(response=[reference])), rel=1e-12)
    assert 50 < expected["bleu"]


def test_explicit_tokenizer(score, examples):
    """Any of sacrebleu's tokenizers can be named; an unknown one is refused with the names that exist."""
    given, wanted = ["the cat (sat)"], ["the cat (sat) down"]

    assert reference_values(given, [wanted], "none")["bleu"] == pytest.approx(score(Bleu(tokenizer="none"), given, examples(response=wanted)))
    with pytest.raises(UnknownNameError, match="Did you mean '13a'"):
        score(Bleu(tokenizer="13b"), given, examples(response=wanted))


def test_not_scored(examples, texts):
    """A null text or reference is not scored; an empty text is, as a text that has nothing right."""
    for found in evaluate([(metric.name, metric) for metric in translation_scores()], texts([None, "a", ""]), examples(response=["a", None, "a"])):
        assert (0.0, 1, 2) == (found.value, found.n, found.not_scored)
