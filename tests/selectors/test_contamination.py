from __future__ import annotations

import csv
import json
import re

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.selectors import Contamination, ContaminationParams
from workbench.selectors._text import words
from workbench.types import ExampleTable, HeldOut, RoleType

SPANS = {"answers": RoleType.SPANS}
QA = Contamination(params=ContaminationParams(roles=("question",), answer="answers", shared=("context",)))
FOX = "The quick brown fox jumps over the lazy dog near the old river bank"
SKY = "天空是蓝色的因为瑞利散射使得短波长的光更容易散射"


@pytest.fixture
def held(examples):
    """Items from role columns, one on each line of a file."""

    def make(types=None, *, sources=None, **roles):
        table = examples(types, **roles)
        lines = pa.array(range(1, len(table) + 1), pa.int64())
        sources = sources or ["test.jsonl"] * len(table)
        named = table.table.set_column(table.table.schema.get_field_index("source"), "source", pa.array(sources))
        return HeldOut(examples=ExampleTable(named.append_column("line", lines), table.roles), fingerprint="")

    return make


@pytest.fixture
def compare(examples, held, context):
    """What a selector finds in texts, against texts."""

    def run(texts, items, selector=None, **options):
        return (selector or Contamination()).score(examples(text=texts), context(held_out=held(text=items), **options))

    return run


def shares(findings):
    return list(zip(findings.signals["exact"].to_pylist(), findings.signals["overlap"].to_pylist(), strict=True))


def told(findings):
    return [each | json.loads(each["values"]) for each in findings.evidence.to_pylist()] if findings.evidence else []


EQUAL = {
    "the same text": (FOX, FOX),
    "case, punctuation and spacing": (FOX, "the  quick, brown fox\njumps over the lazy dog near the old RIVER bank!"),
    "one word": ("Refund", "refund?"),
    "one character": ("好", "好。"),
    "full width": ("Ｗｈａｔ　is ２+２", "what is 2+2"),
    "an emoji": ("🙂", " 🙂 "),
    "decomposed accents": ("Où est le café", "Ou\u0300 est le cafe\u0301"),
    "Chinese": (SKY, "天空是蓝色的，因为瑞利散射，使得短波长的光更容易散射。"),
    "Arabic": ("مرحبا بالعالم", "مرحبا، بالعالم"),
    "punctuation alone": ("?!", "?!"),
}


@pytest.mark.parametrize(("item", "text"), EQUAL.values(), ids=EQUAL.keys())
def test_an_example_that_equals_an_item_is_exact(compare, item, text):
    """However short."""
    found = compare([text, text + " zebra"], ["something else", item])
    assert (True, 1.0) == shares(found)[0]
    assert not shares(found)[1][0]
    (first, *_) = told(found)
    assert ("exact", "equal", "test.jsonl, line 2") == (first["signal"], first["reason"], first["where"])


APART = {
    "another number": ("What is 2+2?", "What is 2+3?"),
    "nothing in common": ("one two three", "four five six"),
    "an empty item": ("", ""),
    "an absent item": (None, ""),
    "white space": ("  ", "\n"),
    "zero-width characters": ("\u200b", "\ufeff"),
    "other punctuation": ("?!", "!?"),
    "seven words of eight": ("one two three four five six seven eight", "one two three four five six seven nine"),
    "twelve characters of thirteen": (SKY[:13], SKY[:12] + "甲"),
}


@pytest.mark.parametrize(("item", "text"), APART.values(), ids=APART.keys())
def test_an_example_that_is_no_item_is_told_apart(compare, item, text):
    """And nothing is said of it."""
    found = compare([text], [item])
    assert [(False, 0.0)] == shares(found)
    assert [] == told(found)


def test_an_absent_text_has_no_score(compare):
    """It is null, not 0."""
    assert [(None, None)] == shares(compare([None], [FOX]))


def test_the_longest_piece_is_marked_on_both_sides(compare):
    """In characters of the texts as they are, with the item's own words around it."""
    text = "Well — he said:  “the QUICK brown fox, jumps over the lazy dog”, and left"
    (found,) = told(compare([text], ["Something of no interest here at all today", FOX]))
    (span,) = found["spans"]
    assert "the QUICK brown fox, jumps over the lazy dog" == text[span["start"] : span["end"]]
    other = found["other"]
    assert FOX == other["text"]
    assert "The quick brown fox jumps over the lazy dog" == other["text"][other["start"] : other["end"]]
    assert ("overlap", "span", 9, 9 / 14) == (found["signal"], found["reason"], found["words"], found["share"])


def test_what_is_quoted_names_its_example(examples, held, context):
    """So that the words are erased together with the example."""
    items = held(text=["Something of no interest here at all today", FOX])
    (found,) = told(Contamination().score(examples(text=[f"He said: {FOX}"]), context(held_out=items)))
    assert items.examples.values("content_hash")[1] == found["other"]["content_hash"]


def test_a_chinese_piece_is_counted_in_characters(compare):
    """Whatever stands around it, in whatever script."""
    text = f"He wrote: {SKY[:20]}, or so."
    (found,) = told(compare([text], [SKY]))
    (span,) = found["spans"]
    assert SKY[:20] == text[span["start"] : span["end"]]
    assert 20 / len(SKY) == found["share"]


def test_a_long_item_is_quoted_around_the_piece(compare):
    """Not as a whole."""
    piece = " ".join(f"piece{number}" for number in range(40))
    item = " ".join(f"before{number}" for number in range(60)) + f" {piece} " + " ".join(f"after{number}" for number in range(60))
    (found,) = told(compare([piece], [item]))
    other = found["other"]
    assert piece == other["text"][other["start"] : other["end"]]
    assert len(other["text"]) <= 1_000


def test_of_several_items_the_one_that_most_of_stands_in_the_text_counts(compare):
    """Not the one that shares the most words, and of equals the first."""
    eight = "one two three four five six seven eight"
    found = compare([f"{eight} nine ten"], [f"{eight} nine ten " + "x " * 30, f"{eight} end", f"{eight} end"])
    assert [(False, 8 / 9)] == shares(found)
    assert "test.jsonl, line 2" == told(found)[0]["where"]


def test_a_formula_that_many_items_begin_with_does_not_hide_their_own_words(compare):
    """What stands in many items is followed for the shortest alone; an item's own words are followed for each."""
    formula = "You are a helpful assistant and you will answer the question below in one short sentence"
    items = [f"{formula}: " + " ".join(f"q{number}w{place}" for place in range(20 + number % 7)) for number in range(300)]
    own = " ".join(f"q{250}w{place}" for place in range(12))
    found = compare([f"{formula}: {own}", own, formula], items)
    assert ["line 251", "line 251"] == [each["where"].split(", ")[1] for each in told(found)[:2]]
    assert pytest.approx(16 / 36) == found.signals["overlap"][2].as_py()


def brute_force(text, item, least):
    """The longest run of words that two texts have in common, 0 where it is shorter than ``least``."""
    own, other = words(text), words(item)
    best = 0
    for at in range(len(own)):
        for place in range(len(other)):
            length = 0
            while at + length < len(own) and place + length < len(other) and own[at + length] == other[place + length]:
                length += 1
            best = max(best, length)
    return best if best >= least else 0


WORDS = st.lists(st.sampled_from(["red", "blue", "green", "7", "天", "空", "蓝"]), max_size=14).map(" ".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(WORDS, min_size=1, max_size=6), items=st.lists(WORDS, min_size=1, max_size=6))
def test_the_share_is_that_of_brute_force(compare, texts, items):
    """For words and characters, at the least lengths of three and four."""
    found = compare(texts, items, Contamination(params=ContaminationParams(words=3, characters=4)))
    for text, (exact, overlap) in zip(texts, shares(found), strict=True):
        best = 0.0
        for item in items:
            size = len(words(item))
            unspaced = sum(word in "天空蓝" for word in words(item)) >= 0.25 * size
            best = max(best, brute_force(text, item, 4 if unspaced else 3) / max(size, 1))
        assert exact == any(words(text) == words(item) != [] for item in items)
        assert (1.0 if exact else best) == overlap


def test_the_order_of_rows_and_the_number_of_threads_change_nothing(examples, held, context, shuffled):
    """Nor does it matter in how many parts rows are scored."""
    items = held(text=[f"{FOX} {number}" for number in range(50)] + [SKY])
    table = examples(text=[f"well {FOX} {number}" for number in range(40)] + [SKY, None, ""] * 5)
    whole = Contamination().score(table, context(held_out=items, threads=2)).signals
    moved, order = shuffled(table)
    assert whole.take(order) == Contamination().score(moved, context(held_out=items)).signals
    assert whole.slice(30, 15) == Contamination().score(table.slice(30, 15), context(held_out=items)).signals


ANSWER = [{"start": 0, "end": 6, "text": "Denver"}]
ITEM = {"question": "Which team won the final?", "context": " ".join(f"c{at}" for at in range(30)), "answers": ANSWER}
ASKED = {
    "the item itself": ({}, (True, 1.0, 1.0)),
    "the item with another context": ({"context": "Somebody won."}, (True, 1.0, 0.0)),
    "the same question with another answer": ({"answers": [{"start": 0, "end": 4, "text": "Oslo"}]}, (False, 0.0, 1.0)),
    "another question on the same context": ({"question": "Where?"}, (False, 0.0, 1.0)),
    "a third of the context": ({"question": "Where?", "context": " ".join(f"c{at}" for at in range(10))}, (False, 0.0, 1 / 3)),
    "one answer in common": ({"answers": [*ANSWER, {"start": 0, "end": 1, "text": "Den"}]}, (True, 1.0, 1.0)),
    "no answer": ({"answers": []}, (False, 0.0, 1.0)),
    "no context": ({"context": None}, (True, 1.0, None)),
}


@pytest.mark.parametrize(("changes", "expected"), ASKED.values(), ids=ASKED.keys())
def test_a_question_is_an_item_with_its_answer_and_whatever_its_context(examples, held, context, changes, expected):
    """A context in common is told, and asks for nothing."""
    row = {name: [value] for name, value in (ITEM | changes).items()}
    found = QA.score(examples(SPANS, **row), context(held_out=held(SPANS, **{name: [value] for name, value in ITEM.items()})))
    assert expected == tuple(found.signals[name][0].as_py() for name in ("exact", "overlap", "shared"))
    assert [None] == [signal.rule for signal in QA.signals if signal.name == "shared"]


def test_a_piece_that_spans_two_roles_is_marked_in_both(examples, held, context):
    """As a prompt and its input."""
    selector = Contamination(params=ContaminationParams(roles=("prompt", "input"), searched=("response",)))
    items = held(prompt=["Translate this sentence to French"], input=["The cat sat on the mat today"])
    rows = examples(
        prompt=["Please: translate this sentence to French", "Hi"],
        input=["The cat sat on the mat, yesterday", None],
        response=["Le chat", "You asked: Translate this sentence to French: the cat sat on the mat"],
    )
    found = told(selector.score(rows, context(held_out=items)))
    marked = [[rows.texts(span["role"])[each["position"]][span["start"] : span["end"]] for span in each["spans"]] for each in found]
    assert [
        ["translate this sentence to French", "The cat sat on the mat"],
        ["Translate this sentence to French: the cat sat on the mat"],
    ] == marked


def test_without_items_there_are_no_scores(examples, context, held):
    """And the run says why; items of nothing are counted."""
    found = Contamination().score(examples(text=[FOX]), context())
    assert ([(None, None)], ("there are no evaluation examples to compare with",)) == (shares(found), found.notes)
    notes = Contamination().score(examples(text=[FOX]), context(held_out=held(text=[FOX, "", None]))).notes
    assert ("compared with 3 items of test.jsonl", "2 of these items have nothing in text, so nothing equals them") == notes


def test_a_note_names_ten_sources(examples, context, held):
    """And how many more there are, so that items of thousands of files fill no screen."""
    items = held(text=[FOX] * 13, sources=[f"{number}.txt" for number in range(13)])
    (note,) = Contamination().score(examples(text=[FOX]), context(held_out=items)).notes
    assert note == "compared with 13 items of " + ", ".join(f"{number}.txt" for number in range(10)) + " and 3 further sources"


@pytest.mark.parametrize("changes", [{"words": 0}, {"characters": -1}, {"roles": ()}], ids=str)
def test_parameters_that_cannot_be_meant_are_refused(changes):
    """When they are given."""
    with pytest.raises(ValueError, match="at least one"):
        ContaminationParams(**changes)


@pytest.fixture
def of_files(shared_data):
    """What the selector of a task finds between two files."""
    from workbench.data import DataSource, load
    from workbench.host import PluginHost
    from workbench.types import SelectorContext

    host = PluginHost.load()

    def read(task, file):
        component = host.task(task).value
        table = load(component, DataSource(train=str(file), base=shared_data)).tables["train"]
        return ExampleTable(table.append_column("example_id", table["content_hash"]), tuple(role.name for role in component.roles))

    def find(task, train, test):
        held_out = HeldOut(examples=read(task, test), fingerprint="")
        return host.selector(f"{task}.contamination").value.score(read(task, train), SelectorContext(held_out=held_out, target="label"))

    return find


def test_every_question_that_was_taken_over_is_found(of_files):
    """XQuAD is made of SQuAD's development set: all 1,190."""
    found = of_files("qa", "xquad/en.json", "squad/dev-v1.1.json")
    assert [True] * 1_190 == found.signals["exact"].to_pylist()


def test_none_is_found_where_there_is_none(of_files):
    """GSM8K's two halves have no problem in common; two of train share most of their words with one of test, which differs in its numbers."""
    found = of_files("generation", "gsm8k/train.jsonl", "gsm8k/test.jsonl")
    assert not any(found.signals["exact"].to_pylist())
    likely = {each["position"] + 1: each["where"] for each in told(found) if each["share"] >= 0.5}
    assert {1_315: "gsm8k/test.jsonl, line 603", 5_163: "gsm8k/test.jsonl, line 603"} == likely


def test_short_texts_are_found_as_brute_force_finds_them(of_files, shared_data):
    """Banking77's test texts that stand in train, but for case, punctuation and spacing."""

    def plain(file):
        with (shared_data / "banking77" / file).open(encoding="utf-8", newline="") as lines:
            return [" ".join(re.findall(r"[\w£$€]+", row["text"].lower().replace("'", "").replace("’", ""))) for row in csv.DictReader(lines)]

    found = of_files("classification", "banking77/train.csv", "banking77/test.csv")
    items = set(plain("test.csv"))
    assert [text in items for text in plain("train.csv")] == found.signals["exact"].to_pylist()
