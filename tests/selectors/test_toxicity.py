"""Toxic words are found where they are used, and not where they mean something else or a group is merely named."""

from __future__ import annotations

import csv
import dataclasses
import json

import numpy as np
import pytest

from workbench.errors import RecipeError
from workbench.selectors import GROUPS, Toxicity, ToxicityModel, ToxicityModelParams, ToxicityParams

TOXIC = [
    ("What the FUCK is this", "FUCK", "profanity"),
    ("this is sh1t, really", "sh1t", "profanity"),
    ("what a load of bullshiiit", "bullshiiit", "profanity"),
    ("f*cking awful", "f*cking", "profanity"),
    ("she is a b!tch", "b!tch", "insult"),
    ("You are such a stupid man", "You are such a stupid", "insult"),
    ("ur dumb", "ur dumb", "insult"),
    ("Kill   all? No: kill Muslims, he wrote", "kill Muslims", "threat"),
    ("I hate gay  people", "hate gay", "threat"),
    ("women are inferior, it says", "women are inferior", "slur"),
    ("你真是个傻逼", "傻逼", "insult or profanity"),
    ("İ say: 他妈的，滚！", "他妈的", "profanity"),
    ("他说fuck你", "fuck", "profanity"),
    ("杀光穆斯林", "杀光穆斯林", "threat"),
    ("你去死吧", "去死", "threat"),
]
CALM = [
    "I am gay and proud of it.",
    "As a Muslim woman from Nigeria I teach mathematics.",
    "To kill a mockingbird; the man said to kill the process.",
    "The class passed the assessment in Scunthorpe with grass and cockpits.",
    "They rode on an ass; the wild ass of the steppe.",
    "There is a chink in the armour of the castle.",
    "Flame retardant; retard the spark by two degrees.",
    "The word 'bitch' has a long history.",
    "“Nigger” is a slur that nobody should use.",
    "We must stop hate. I do not hate women.",
    "他妈妈在银行工作。",
    "用磨砂膏去死皮。",
    "废物利用是环保的好办法，智障儿童也能参加。",
    "“傻逼”一词不文明。",
    "同性恋者和穆斯林都是我们的邻居。",
    "印度支那半岛",
]


@pytest.mark.parametrize(("text", "found", "category"), TOXIC)
def test_a_toxic_word_is_found_with_its_place(examples, context, text, found, category):
    """Whatever its case, repeated letters and hidden vowels, in English and Chinese."""
    findings = Toxicity().score(examples(text=[text]), context())
    (evidence,) = findings.evidence.to_pylist()
    values = json.loads(evidence["values"])
    span = evidence["spans"][0]
    assert [1] == findings.signals["words"].to_pylist()
    assert (found, found) == (values["example"], text[span["start"] : span["end"]])
    assert values["category"] in category


@pytest.mark.parametrize("text", CALM)
def test_a_word_that_means_something_else_or_names_a_group_is_not(examples, context, text):
    """Nor one that is spoken of."""
    assert [0] == Toxicity().score(examples(text=[text]), context()).signals["words"].to_pylist()


def test_no_name_of_a_group_is_toxic_by_itself_and_all_are_defended_alike(examples, context):
    """Each term of each group is harmless among friendly words, and found beside a threat."""
    terms = [term for spellings in GROUPS.values() for term in spellings if term.isascii()]
    friendly = Toxicity().score(examples(text=[f"I met {term} at school, and all of us had a great time" for term in terms]), context())
    threats = Toxicity().score(examples(text=[f"we should kill {term} now" for term in terms]), context())
    assert {0} == set(friendly.signals["words"].to_pylist())
    assert {1} == set(threats.signals["words"].to_pylist())


def test_a_list_of_ones_own_takes_the_place_of_ours(examples, context, tmp_path):
    """With categories, endings and exceptions of its own."""
    path = tmp_path / "list.txt"
    path.write_text("# ours\n[food]\nspinach*\n菠菜\nbrussels sprout*\n[exceptions]\nbaby spinach\n{} is healthy\n", encoding="utf-8")
    selector = Toxicity(params=ToxicityParams(lexicon=str(path)))
    texts = ["SPINACHES!", "baby spinach", "菠菜汤", "fuck", "Brussels-sprouts", "Spinach is healthy", None]
    assert [1, 0, 1, 0, 1, 0, None] == selector.score(examples(text=texts), context()).signals["words"].to_pylist()
    before = selector.fingerprint()
    path.write_text("[food]\nkale\n", encoding="utf-8-sig")
    assert [0, 1] == selector.score(examples(text=["baby spinach", "kale"]), context()).signals["words"].to_pylist()
    assert before != selector.fingerprint()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"word\n", "before any category"), (b"[a]\n# none\n", "holds no word"), (b"[a]\n<you> *\n", "no letter"), (b"\xff\xfe[", "cannot be read")],
)
def test_a_list_that_cannot_be_used_is_told(tmp_path, content, message):
    """Before anything is scored, with the file's name."""
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=message):
        Toxicity(params=ToxicityParams(lexicon=str(path))).fingerprint()


def test_friendly_sentences_about_groups_are_left_alone(examples, context, shared_data):
    """None of the templates that are not bad is found, whichever of the fifty groups it names."""
    with (shared_data / "jigsaw" / "madlibs-77k.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["Text"] for row in csv.DictReader(file) if row["Label"] == "NOT_BAD"][::8]
    assert {0} == set(Toxicity().score(examples(text=texts), context()).signals["words"].to_pylist())


WORDS = ["[PAD]", "[UNK]", "good", "bad", "很", "坏"]


@pytest.fixture
def folder(tmp_path):
    """A classifier whose one telling word is known: its labels are ``fine`` and ``toxic``."""
    import tokenizers
    import torch
    import transformers

    made = tmp_path / "classifier"
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
        id2label={0: "fine", 1: "toxic"},
        label2id={"fine": 0, "toxic": 1},
    )
    transformers.BertForSequenceClassification(config).save_pretrained(made)
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))  # noqa: S106 - tokens of text
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(made)  # noqa: S106 - as above
    return made


@pytest.mark.slow
def test_a_classifier_says_how_likely_a_text_is_toxic(folder, examples, context):
    """The probabilities are those that transformers gives to each text alone; empty texts have none."""
    import torch
    import transformers

    texts = ["good", "bad bad", "很 坏", "", "good bad " * 40, None]
    found = ToxicityModel(params=ToxicityModelParams(model=str(folder))).score(examples(text=texts), context())
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    values = found.signals["probability"].to_pylist()
    assert [None, None] == [values[3], values[5]]
    for place in (0, 1, 2, 4):
        with torch.inference_mode():
            logits = model(**tokenizer(texts[place], truncation=True, max_length=32, return_tensors="pt")).logits
        assert pytest.approx(float(torch.softmax(logits, dim=1)[0, 1]), abs=1e-5) == values[place]


@pytest.mark.slow
def test_labels_that_may_hold_together_count_by_the_greatest(folder, examples, context):
    """And may be named."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"problem_type": "multi_label_classification", "id2label": {"0": "A", "1": "B"}}))
    both = ToxicityModel(params=ToxicityModelParams(model=str(folder), labels=("A", "B")))
    each = [dataclasses.replace(both, params=dataclasses.replace(both.params, labels=(label,))) for label in "AB"]
    table = examples(text=["good", "bad bad", "很 坏"])
    one, other = (np.array(selector.score(table, context()).signals["probability"].to_pylist()) for selector in each)
    assert pytest.approx(np.maximum(one, other)) == both.score(table, context()).signals["probability"].to_pylist()


def test_a_classifier_that_cannot_be_used_is_told(folder):
    """By name and reason, and before anything is scored."""
    for params, message in (
        (ToxicityModelParams(), "no model"),
        (ToxicityModelParams(model="/no/such/folder"), "cannot be used"),
        (ToxicityModelParams(model=str(folder), labels=("rude",)), "no label 'rude'"),
    ):
        with pytest.raises(RecipeError, match=message):
            ToxicityModel(params=params).fingerprint()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"id2label": {"0": "NEG", "1": "non-toxic"}}))
    with pytest.raises(RecipeError, match="none of its labels"):
        ToxicityModel(params=ToxicityModelParams(model=str(folder))).fingerprint()
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(RecipeError, match="safetensors"):
        ToxicityModel(params=ToxicityModelParams(model=str(folder))).fingerprint()
