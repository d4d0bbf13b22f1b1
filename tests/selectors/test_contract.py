"""What every selector keeps to, whatever it looks for."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from workbench.selectors import (
    AnswerForm,
    AnswerNotInContext,
    AnswerParams,
    AnswerPrior,
    AnswerPriorParams,
    Association,
    AssociationParams,
    Balance,
    Boilerplate,
    Composition,
    ContradictingAnswers,
    Counterfactual,
    Coverage,
    CrossRoleDuplicates,
    CrossRoleParams,
    Diverse,
    EmptyText,
    ExactDuplicates,
    Extractiveness,
    Garbled,
    GopherParams,
    GopherQuality,
    GopherRepetition,
    GroupAssociation,
    GroupCounts,
    ImportanceResampling,
    InputTargetParams,
    LabelNoise,
    LabelSet,
    LabelSetParams,
    Language,
    LeadBias,
    Leftovers,
    LengthBounds,
    LengthOutliers,
    Longest,
    NearDuplicates,
    PersonalData,
    PronounChange,
    RandomOrder,
    Repetition,
    ResponseForm,
    ResponseParams,
    Reweighing,
    SourceAssociation,
    SpanParams,
    TargetCopiesInput,
    TargetLanguage,
    TargetLength,
    TargetSimilarity,
    Toxicity,
    Truncation,
    Unsupported,
)
from workbench.types import RoleType, Scope, Selector

PAIR = InputTargetParams(inputs=("text",), target="note")
SELECTORS = [
    ExactDuplicates(),
    NearDuplicates(),
    CrossRoleDuplicates(params=CrossRoleParams(roles=("text", "note"))),
    EmptyText(),
    LengthBounds(),
    Garbled(),
    Repetition(),
    GopherRepetition(params=GopherParams(least_words=3)),
    GopherQuality(),
    Composition(),
    LengthOutliers(),
    Leftovers(),
    Boilerplate(),
    PersonalData(),
    Language(),
    Truncation(),
    TargetCopiesInput(params=PAIR),
    TargetLength(params=PAIR),
    TargetLanguage(params=PAIR),
    Extractiveness(params=PAIR),
    Unsupported(params=PAIR),
    AnswerForm(params=AnswerParams(question="note", context="text")),
    ContradictingAnswers(params=AnswerParams(question="note", context="text")),
    ResponseForm(params=ResponseParams(prompt="note", input="label", response="text")),
    LabelSet(params=LabelSetParams(labels=("x", "y"))),
    AnswerNotInContext(params=SpanParams(spans="answers", context="text")),
    LabelNoise(),
    Association(params=AssociationParams(least_rows=2)),
    GroupAssociation(),
    GroupCounts(),
    Reweighing(),
    Counterfactual(),
    Toxicity(),
    AnswerPrior(params=AnswerPriorParams(question="note", context="text", least_rows=2)),
    LeadBias(params=PAIR),
    PronounChange(params=PAIR),
    SourceAssociation(),
    RandomOrder(),
    Coverage(),
    Longest(),
    Balance(),
    Diverse(),
    ImportanceResampling(),
    TargetSimilarity(),
]
every_selector = pytest.mark.parametrize("selector", SELECTORS, ids=[selector.name for selector in SELECTORS])

ODD = [
    "",
    " \n ",
    "?!…。",
    "🙂🙂🙂",
    "👩‍👩‍👧‍👦 family",
    "\u200b\u200c\u200d\ufeff",
    "a\u200bb",
    "שלום עולם",
    "\u202eright to left\u202c",
    "مرحبا بالعالم",
    "\x00\x01",
    "\ufffd",
    "\U0010ffff\ue000",
    "𠀀𠀁𠀂",
    "e\u0301",
    "ﬁne ＡＢＣ",
    "天空是蓝色的",
    "한국어 문장",
    "ไทยไม่มีช่องว่าง",
    "A",
    "İstanbul ß",
    "`" * 50,
    '"unclosed',
    "1,2.3.4,",
    "#@$%^&*()",
    "tab\tand\u2028separator",
    None,
]
BASE = ["The boat left at six.", "The boat left at seven.", "她在银行工作。", "He works at the bank, because", "Buy now! Buy now! Buy now!"]


def make(examples, texts):
    """The texts with a note, a label and an answer each."""
    return examples(
        {"label": RoleType.LABEL, "answers": RoleType.SPANS},
        text=texts,
        note=[None if text is None else text[::-1][:50] for text in texts],
        label=["xyz"[at % 3] for at in range(len(texts))],
        answers=[[{"start": 0, "end": 1, "text": "T"}] if at % 2 else None for at in range(len(texts))],
    )


def surroundings(examples, context, **options):
    """A context with what any selector may ask for."""
    return context("label", towards=make(examples, BASE[:3]), **options)


def check(selector, table, findings):
    """Hold findings against the contract."""
    types = {"float64": "double", "int64": "int64", "bool": "bool"}
    assert [(signal.name, types[signal.dtype]) for signal in selector.signals] == [(field.name, str(field.type)) for field in findings.signals.schema]
    assert len(table) == findings.signals.num_rows
    for signal in selector.signals:
        values = [value for value in findings.signals[signal.name].to_pylist() if value is not None]
        assert not any(isinstance(value, float) and np.isnan(value) for value in values)
        assert signal.low is None or all(value >= signal.low for value in values)
        assert signal.high is None or all(value <= signal.high for value in values)
    declared = {signal.name: signal for signal in selector.signals}
    for each in findings.evidence.to_pylist() if findings.evidence is not None else []:
        signal = declared[each["signal"]]
        assert 0 <= each["position"] < len(table)
        values = {"value": findings.signals[signal.name][each["position"]].as_py(), **json.loads(each["values"])}
        assert signal.reasons[each["reason"]].format(**values)
        for span in each["spans"]:
            assert 0 <= span["start"] <= span["end"] <= len(table.texts(span["role"])[each["position"]])
    edges = findings.edges.to_pylist() if findings.edges is not None else []
    assert all(edge["a"] < edge["b"] < len(table) and 0 < edge["similarity"] <= 1 and edge["signal"] in declared for edge in edges)
    assert len(edges) == len({(edge["signal"], edge["a"], edge["b"]) for edge in edges})
    assert all(isinstance(note, str) and note for note in findings.notes)


@every_selector
def test_it_is_a_frozen_dataclass_with_parameters_of_plain_values(selector):
    """Which a recipe replaces."""
    assert isinstance(selector, Selector)
    assert selector == dataclasses.replace(selector, params=dataclasses.replace(selector.params))
    json.dumps(dataclasses.asdict(selector.params))
    with pytest.raises(dataclasses.FrozenInstanceError):
        selector.name = "other"


@every_selector
@pytest.mark.parametrize(
    "texts",
    [[], ["one"], [""], [None], ["the same text for all of us"] * 40, ODD, ODD + BASE * 8],
    ids=["no row", "one row", "an empty text", "an absent text", "equal rows", "odd texts", "odd and plain texts"],
)
def test_any_texts_have_findings_within_the_contract(selector, examples, context, texts):
    """Whatever they hold."""
    table = make(examples, texts)
    check(selector, table, selector.score(table, surroundings(examples, context)))


@pytest.mark.slow
@every_selector
def test_a_text_of_five_megabytes_is_scored(selector, examples, context):
    """Beside small ones, which it does not disturb."""
    table = make(examples, ["The quick brown fox. " * 250_000, "天空是蓝色的。" * 20_000, *BASE])
    check(selector, table, selector.score(table, surroundings(examples, context)))


@every_selector
def test_the_same_examples_have_the_same_findings_in_any_order(selector, examples, context, shuffled):
    """And the examples are as they were."""
    table = make(examples, ODD + BASE * 8)
    copy = table.table.to_pylist()
    first, again = (selector.score(table, surroundings(examples, context, seed=3)) for _ in range(2))
    assert (first.signals, first.evidence, first.edges, first.notes) == (again.signals, again.evidence, again.edges, again.notes)
    assert copy == table.table.to_pylist()
    moved, order = shuffled(table)
    assert first.signals.take(order) == selector.score(moved, surroundings(examples, context, seed=3)).signals


@every_selector
def test_a_slice_of_a_table_is_scored_like_a_table(selector, examples, context):
    """Arrow's offsets are heeded: a row selector says of a slice what it says of these rows in the whole."""
    table = make(examples, ODD + BASE)
    part = selector.score(table.slice(5, 20), surroundings(examples, context))
    if selector.scope is Scope.ROW:
        assert selector.score(table, surroundings(examples, context)).signals.slice(5, 20) == part.signals
    else:
        assert selector.score(make(examples, (ODD + BASE)[5:25]), surroundings(examples, context)).signals.num_rows == part.signals.num_rows
