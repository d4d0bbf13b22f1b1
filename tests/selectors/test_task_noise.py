"""What only one task can say: summaries against documents, answers against questions, responses against prompts, labels against labels."""

from __future__ import annotations

import json
import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.selectors import (
    AnswerForm,
    ContradictingAnswers,
    Extractiveness,
    LabelSet,
    LabelSetParams,
    ResponseForm,
    Unsupported,
    words,
)
from workbench.types import ExampleTable, RoleType, SelectorContext

NEWS = "The council met on Monday. Mayor Jane Brown said that 1,200 houses will be built near the river before twenty years have passed."
ZH_NEWS = "市议会周一开会。市长说，河边将建造1200套住房，二十年内完工，据《晨报》报道。"


def fired(selector, table, context):
    """The signals whose rule fires on the first row."""
    found = selector.score(table, context).signals.to_pylist()[0]
    test = {">": float.__gt__, ">=": float.__ge__, "<": float.__lt__}
    rules = {signal.name: signal.rule for signal in selector.signals if signal.rule}
    return {name for name, rule in rules.items() if found[name] is not None and test[rule.operator](float(found[name]), rule.threshold)}


def told(selector, table, context):
    """The signals that have something to say of the first row, whether or not a rule asks for it."""
    evidence = selector.score(table, context).evidence
    return set(evidence["signal"].to_pylist()) if evidence else set()


@pytest.mark.parametrize(
    ("document", "summary", "signals"),
    [
        (NEWS, "Mayor Brown promised 1200 houses near the river.", set()),
        (NEWS, "Mayor Brown promised 1500 houses near the river.", {"numbers"}),
        (NEWS, "Mayor Smith promised houses near the river.", {"names"}),
        (NEWS, "City Housing Plan for the River", set()),
        (NEWS, "Housing plan of the Smith family", {"names"}),
        (NEWS, "Houses will be built within 20 years.", set()),
        (NEWS, "Houses will be built within 12 years.", {"numbers"}),
        (NEWS, "Several houses will be built.", set()),
        (ZH_NEWS, "市长称将建1200套住房。", set()),
        (ZH_NEWS, "市长称将建1500套住房。", {"numbers"}),
        (ZH_NEWS, "据《晨报》，将建住房。", set()),
        (ZH_NEWS, "据《晚报》，将建住房。", {"names"}),
        ("she has twelve dogs", "She has 12 dogs.", set()),
        ("", "She has 12 dogs.", set()),
    ],
)
def test_what_a_summary_says_and_its_document_does_not(examples, context, document, summary, signals):
    """Numbers, in figures or words, and names."""
    assert signals == fired(Unsupported(), examples(document=[document], summary=[summary]), context())


def test_evidence_marks_what_is_unsupported(examples, context):
    """In code points of the summary."""
    found = Unsupported().score(examples(document=[NEWS], summary=["🙂 There came 77 to see Paul."]), context()).evidence.to_pylist()
    assert [("numbers", "77", [13, 15]), ("names", "Paul", [23, 27])] == [
        (each["signal"], json.loads(each["values"])["found"], [each["spans"][0]["start"], each["spans"][0]["end"]]) for each in found
    ]


@pytest.mark.parametrize(
    ("document", "summary", "values"),
    [
        ("the cat sat on the mat", "the cat sat on a mat", {"coverage": 5 / 6, "density": 17 / 6, "compression": 1.0, "lead": 4 / 6}),
        ("the cat sat on the mat", "The cat, sat on THE mat!", {"coverage": 1.0, "density": 6.0, "compression": 1.0, "lead": 1.0}),
        ("天空是蓝色的，很美", "天空很美吗", {"coverage": 4 / 5, "density": 8 / 5, "compression": 8 / 5, "lead": 2 / 5}),
        ("天空是蓝色的，很美", "云", {"coverage": 0.0, "density": 0.0, "compression": 8.0, "lead": None}),
        ("", "no document", {"coverage": None, "density": None, "compression": None, "lead": None}),
        ("no summary", "", {"coverage": None, "density": None, "compression": None, "lead": None}),
    ],
)
def test_extractive_fragments(examples, context, document, summary, values):
    """The three figures of Newsroom, and the copied lead."""
    found = Extractiveness().score(examples(document=[document], summary=[summary]), context()).signals.to_pylist()[0]
    assert {name: value and pytest.approx(value) for name, value in values.items()} == found


def fragments(document, summary):
    """Lengths of the shared pieces, by the algorithm of the paper (figure 3)."""
    found, i = [], 0
    while i < len(summary):
        best, j = 0, 0
        while j < len(document):
            size = 0
            while i + size < len(summary) and j + size < len(document) and summary[i + size] == document[j + size]:
                size += 1
            best = max(best, size)
            j += max(size, 1)
        found += [best] if best else []
        i += max(best, 1)
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30), st.lists(st.sampled_from("abcd"), min_size=1, max_size=12), st.randoms())
def test_pieces_are_those_of_a_plain_search(document, summary, rng: random.Random):
    """For any two texts; the paper's inner loop skips what it has compared, which can miss a longer piece and never finds one."""
    texts = [" ".join(each) for each in (document, summary)]
    table = ExampleTable(pa.table({name: pa.array([text], pa.large_string()) for name, text in zip(("document", "summary"), texts, strict=True)}), ())
    found = Extractiveness().score(table, SelectorContext()).signals.to_pylist()[0]
    pieces = fragments(document, summary)
    assert sum(pieces) / len(summary) == pytest.approx(found["coverage"])
    assert sum(size * size for size in pieces) / len(summary) <= found["density"] + 1e-9
    assert len(words(texts[0])) / len(words(texts[1])) == pytest.approx(found["compression"])


def answered(examples, *rows):
    """Questions on contexts with the texts of their answers."""
    return examples(
        {"answers": RoleType.SPANS},
        question=[row[0] for row in rows],
        context=[row[1] for row in rows],
        answers=[[{"start": None, "end": None, "text": text} for text in row[2]] for row in rows],
    )


@pytest.mark.parametrize(
    ("question", "passage", "answers", "signals"),
    [
        ("Who is mayor?", NEWS * 2, ["Jane Brown"], set()),
        ("Is Jane Brown the mayor?", NEWS * 2, ["jane brown"], {"in-question"}),
        ("Is it browner?", NEWS * 2, ["brown"], set()),
        ("Which?", NEWS * 2, [NEWS], {"share"}),
        ("市长是王小明先生吗？", ZH_NEWS, ["王小明先生"], {"in-question"}),
        ("市长说了什么？", ZH_NEWS, ["建造1200套住房"], set()),
        ("什么？", ZH_NEWS, [ZH_NEWS[:30]], {"share"}),
        ("Who?", "Jane", ["Jane"], set()),
        ("Who?", NEWS, [], set()),
    ],
)
def test_answers_that_are_none(examples, context, question, passage, answers, signals):  # noqa: PLR0917
    """Nearly the whole context, or what the question says."""
    assert signals == told(AnswerForm(), answered(examples, (question, passage, answers)), context())


def test_equal_questions_with_other_answers_contradict(examples, context):
    """Whatever their case and spacing; one that holds the other does not; no answer contradicts any."""
    table = answered(
        examples,
        ("Who is mayor?", NEWS, ["Jane Brown"]),
        ("who is  mayor?", NEWS, ["Brown"]),
        ("Who is mayor?", NEWS, ["the council"]),
        ("Who is mayor?", ZH_NEWS, ["someone"]),
        ("市长是谁？", ZH_NEWS, ["王小明"]),
        ("市长是谁？", ZH_NEWS, []),
    )
    found = ContradictingAnswers().score(table, context())
    assert [1, 1, 2, 0, 1, 1] == found.signals["others"].to_pylist()
    assert {(2, (0, 1)), (4, (5,))} <= {(each["position"], tuple(each["partners"])) for each in found.evidence.to_pylist()}


@pytest.mark.parametrize(
    ("prompt", "given", "response", "signals"),
    [
        ("Name three colours of the rainbow.", None, "Red, green and blue.", set()),
        ("Name three colours of the rainbow.", None, "Name three colours of the rainbow. Red, green and blue.", {"prompt-share"}),
        ("说出彩虹的三种颜色。", None, "说出彩虹的三种颜色。红、绿、蓝。", {"prompt-share"}),
        ("Name a colour.", None, "Red <|im_end|>", {"markers"}),
        ("Name a colour.", None, "Red\n### Instruction: Name another.", {"markers"}),
        ("说一种颜色。", None, "红色\n### 指令：再说一种", {"markers"}),
        ("Write a dialogue.", None, "User: hello\nAssistant: hello", set()),
        ("Sort a list.", None, "```python\nsorted(a)", {"open-fence"}),
        ("Sort a list.", None, "```python\nsorted(a)\n```", set()),
        ("Summarize.", NEWS, "Here is what the town plans: houses for many people.", set()),
        ("Summarize.", NEWS, "Bread is made of flour, water, salt and a little yeast.", {"ignores-input"}),
        ("总结。", ZH_NEWS, "面包由面粉、水、盐和酵母制成，味道很好。", {"ignores-input"}),
        ("总结。", ZH_NEWS, "河边要盖新的住房，时间是未来几十年。", set()),
        ("Yes or no?", NEWS, "No.", set()),
    ],
)
def test_responses_against_their_prompts(examples, context, prompt, given, response, signals):  # noqa: PLR0917
    """The prompt again, a chat template, a code block left open, an input that nobody read."""
    assert signals == told(ResponseForm(), examples(prompt=[prompt], input=[given], response=[response]), context())


def test_labels_against_labels(examples, context):
    """Outside the given set, of a small class, contradicted by an equal text; without a label there is nothing to say."""
    table = examples(
        {"label": RoleType.LABEL},
        text=["Good film", "good  film", "Bad film", "一般", "一般", "x", *["fine"] * 6],
        label=["pos", "neg", "neg", "中", "差", None, *["pos"] * 6],
    )
    found = LabelSet(params=LabelSetParams(labels=("pos", "neg", "中"))).score(table, context("label"))
    assert [False, False, False, False, True, None] + [False] * 6 == found.signals["outside"].to_pylist()
    assert [7, 2, 2, 1, 1, None] + [7] * 6 == found.signals["class-rows"].to_pylist()
    assert [1, 1, 0, 1, 1, None] + [0] * 6 == found.signals["contradicted"].to_pylist()
    assert [None] * 12 == LabelSet().score(table, context("label")).signals["outside"].to_pylist()
