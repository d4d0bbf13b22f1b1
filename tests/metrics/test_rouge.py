"""ROUGE against rouge-score and ROUGE-1.5.5."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.metrics import Rouge, evaluate, rouge_scores, sentences
from workbench.metrics.rouge import RougeName

NAMES = list(get_args(RougeName))
WORDS = st.sampled_from(["the", "cat", "cats", "running", "runs", "on", "mat's", "U.S.", "3.5", "naïve", "", "\n", "\n\n", "."])
TEXTS = st.lists(WORDS, max_size=14).map(" ".join)


def reference_values(targets, text, *, stemmer=False):
    """What rouge-score says, its sentences split the way ours are."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(NAMES, use_stemmer=stemmer)
    lines = scorer.score_multi(["\n".join(sentences(target)) for target in targets], "\n".join(sentences(text)))
    plain = scorer.score_multi(targets, text)
    return {name: (lines if name == "rougeLsum" else plain)[name].fmeasure for name in NAMES}


def values(metrics, predictions, references):
    found = evaluate([(metric.name, metric) for metric in metrics], predictions, references)
    return {one.metric: one.statistics[:, 0].tolist() for one in found}


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=3), TEXTS, st.booleans())
def test_values_equal_rouge_score(examples, texts, targets, text, stemmer):
    """All four equal rouge-score to the last bit, with and without stemmer, lines, empty texts and several references."""
    expected = reference_values(targets, text, stemmer=stemmer)

    actual = values(rouge_scores("summary", stemmer=stemmer), texts([text]), examples(summary=[targets]))

    assert {name: [value] for name, value in expected.items()} == actual


def test_lines_are_taken_as_rouge_score_takes_them(examples, texts):
    """A text with newlines is compared by its lines, as rouge-score does, whatever the punctuation."""
    from rouge_score.rouge_scorer import RougeScorer

    target, text = "a b. C d e\nf g", "f g. A b\nc d"
    expected = RougeScorer(["rougeLsum"]).score(target, text)["rougeLsum"].fmeasure

    assert [expected] == values([Rouge(name="rougeLsum")], texts([text]), examples(summary=[target]))["rougeLsum"]


def test_rouge_1_5_5(shared_data, examples, texts):
    """The values of ROUGE-1.5.5 on given texts, to its five places (source: rouge_golden/golden.json)."""
    folder = shared_data / "rouge_golden"
    golden = json.loads((folder / "golden.json").read_text())
    targets, given = ((folder / name).read_text().splitlines() for name in ("target.txt", "prediction.txt"))
    for case in golden["pairs"]:
        if "files" in case:
            target, text = ((folder / name).read_text() for name in case["files"])
        else:
            target, text = targets[case["pair"]], given[case["pair"]]
        (actual,) = values([Rouge(name=case["type"], stemmer=case["stemmer"])], texts([text]), examples(summary=[target]))[case["type"]]
        assert case["f"] == round(actual, golden["places"]), case
    for case in golden["synthetic"]:
        (actual,) = values([Rouge(name=case["type"])], texts([case["prediction"]]), examples(summary=[case["target"]]))[case["type"]]
        assert case["f"] == round(actual, 10), case


def test_published_system_with_three_references(shared_data, examples, texts):
    """A published dialogue summarizer against three references: every row equals rouge-score."""
    folder = shared_data / "dialogsum"
    rows = [json.loads(line) for line in (folder / "test.jsonl").read_text().splitlines()][:150]
    given = (folder / "baseline-test-output.txt").read_text().split("\n")[: len(rows)]
    targets = [[row["summary1"], row["summary2"], row["summary3"]] for row in rows]

    actual = values(rouge_scores("summary"), texts(given), examples(summary=targets))

    for row, pair in enumerate(zip(targets, given, strict=True)):
        assert reference_values(*pair) == {name: actual[name][row] for name in NAMES}


CASES = [
    # name, reference, text, expected
    ("rouge1", "北京是中国的首都。", "北京是中国的首都。", 1.0),  # rouge-score: 0
    ("rouge1", "2023年北京的天气很好", "2023年上海下雨了", 2 * (2 / 9) * (2 / 7) / (2 / 9 + 2 / 7)),  # rouge-score: 1, the shared "2023"
    ("rouge2", "北京大学", "北京大", 2 * (2 / 3) * 1 / (2 / 3 + 1)),
    ("rougeL", "我爱Python编程", "我爱编程", 2 * (4 / 5) * 1 / (4 / 5 + 1)),  # a Latin word is one token
    ("rougeLsum", "今天下雨。明天晴天。", "明天晴天。今天下雨。", 1.0),  # sentence by sentence, the order does not matter
    ("rougeL", "今天下雨。明天晴天。", "明天晴天。今天下雨。", 0.5),
    ("rouge1", "Москва столица России", "Москва город", 2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2)),
    ("rouge1", "今日は良い天気です", "今日は雨です", 2 * (5 / 9) * (5 / 6) / (5 / 9 + 5 / 6)),
    ("rouge1", "the cat", "猫", 0.0),  # another language than the reference's is wrong, not unmeasured
]


@pytest.mark.parametrize(("name", "reference", "text", "expected"), CASES)
def test_other_scripts_are_scored(score, examples, *, name, reference, text, expected):
    """Outside Latin script tokens are Unicode words, and single characters where words have no spaces."""
    assert expected == pytest.approx(score(Rouge(name=name), [text], examples(summary=[reference])), rel=1e-12)


def test_not_scored(examples, texts):
    """A null text and a missing reference are not scored; an empty text scores 0."""
    (found,) = evaluate([("rouge1", Rouge(name="rouge1"))], texts([None, "a", "", "a"]), examples(summary=["a", None, "a", "a"]))

    assert (0.5, 2, 2) == (found.value, found.n, found.not_scored)


SPLITS = [
    ("One. Two! Three? four", ["One.", "Two!", "Three? four"]),
    ("It costs 3.5 e.g. in 2.0 cases.", ["It costs 3.5 e.g. in 2.0 cases."]),
    ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
    ("今天下雨。明天晴天！后天呢？", ["今天下雨。", "明天晴天！", "后天呢？"]),
    ("他说：“走吧。”然后走了。", ["他说：“走吧。”", "然后走了。"]),
    ("first line. Second\n\nthird", ["first line. Second", "third"]),
    (" \n ", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), SPLITS)
def test_sentences(text, expected):
    """Sentences end at lines, else at punctuation of either script."""
    assert expected == sentences(text)


def test_signature_says_what_decides():
    """Tokenizer, stemmer and the rule for sentences stand in the signature."""
    plain, stemmed = Rouge(name="rougeLsum"), Rouge(name="rougeLsum", stemmer=True)

    assert plain.signature() != stemmed.signature()
    assert all(word in plain.signature() for word in ("rouge-score", "Unicode", "CJK", "lines"))
