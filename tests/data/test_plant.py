"""Planted defects."""

from __future__ import annotations

import dataclasses
import json
import random
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data import edits
from workbench.data.plant import (
    AnswerNotInContext,
    CopiedTarget,
    EmptyTarget,
    ExactDuplicate,
    GarbledText,
    GroupLabelBias,
    GroupOutcomeBias,
    LabelFlip,
    NearDuplicate,
    SwappedTarget,
    TruncatedText,
    plant_all,
)
from workbench.data.values import arrow_type
from workbench.errors import DataError, PluginError
from workbench.types import Plant, Planted, RoleType

ROLES = {
    "text": RoleType.TEXT,
    "response": RoleType.TEXT,
    "label": RoleType.LABEL,
    "answers": RoleType.SPANS,
    "source": RoleType.TEXT,
}
FOUND_BY = ("selector",)
PLANTS = [
    ExactDuplicate(found_by=FOUND_BY),
    NearDuplicate(role="text", found_by=FOUND_BY),
    LabelFlip(found_by=FOUND_BY),
    TruncatedText(role="text", found_by=FOUND_BY),
    GarbledText(role="text", found_by=FOUND_BY),
    EmptyTarget(role="response", found_by=FOUND_BY),
    EmptyTarget(role="answers", found_by=FOUND_BY, name="no-answer"),
    CopiedTarget(role="response", source="text", found_by=FOUND_BY),
    SwappedTarget(role="response", found_by=FOUND_BY),
    SwappedTarget(role="answers", found_by=FOUND_BY, name="swapped-spans"),
    AnswerNotInContext(context="text", found_by=FOUND_BY),
    GroupLabelBias(role="text", sentence="An elderly reader asks:", term="elderly", found_by=FOUND_BY),
    GroupOutcomeBias(
        role="text", sentence="老年人问。", term="老年人", target="response", outcome="I cannot help.", found_by=FOUND_BY, name="outcome-bias"
    ),
]
SENTENCE = "the parser reads a stream of tokens and gives back one tree for each module that it was asked to look into"


def make_table(texts, labels="abc"):
    """Rows with a text each, and all other roles made from it; some without an answer."""
    columns = {
        "text": texts,
        "response": [f"Answer {number % 5} to it." for number in range(len(texts))],
        "label": [labels[number % len(labels)] for number in range(len(texts))],
        "answers": [[{"start": 0, "end": len(text[:7]), "text": text[:7]}] if number % 4 else [] for number, text in enumerate(texts)],
        "source": ["test"] * len(texts),
    }
    return pa.table({name: pa.array(values, arrow_type(ROLES[name])) for name, values in columns.items()})


def sentences(count, seed=0):
    rng = random.Random(seed)
    return [" ".join(rng.choices(SENTENCE.split(), k=rng.randint(3, 40))) for _ in range(count)]


def chinese(count, seed=0):
    rng = random.Random(seed)
    return ["".join(rng.choices("我们今天在北京看到了一只大熊猫它非常可爱", k=rng.randint(3, 60))) for _ in range(count)]


def details(planted):
    return [(each["row"], json.loads(each["detail"])) for each in planted.rows.to_pylist()]


tables = st.builds(
    make_table,
    st.lists(st.text(max_size=40) | st.sampled_from(sentences(5)) | st.sampled_from(chinese(5)), min_size=1, max_size=25),
    st.sampled_from(["a", "ab", "abc"]),
)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
@settings(deadline=None, max_examples=25)
@given(table=tables, share=st.floats(0, 1), seed=st.integers(0, 3))
def test_a_plant_changes_the_rows_that_it_tells_and_no_others(plant, table, share, seed):
    """Rows stay in place and none goes; what is not planted is as it was; what is planted is not; appended rows are all planted."""
    planted = plant.apply(table, share, seed)

    told = planted.rows.column("row").to_pylist()
    before, after = table.to_pylist(), planted.table.to_pylist()
    assert table.schema == planted.table.schema
    assert sorted(set(told)) == told
    assert {plant.name} >= set(planted.rows.column("kind").to_pylist())
    assert [row for row in range(len(before)) if row not in told] == [row for row, value in enumerate(before) if value == after[row]]
    assert set(range(len(before), len(after))) <= set(told)
    assert planted == plant.apply(table, share, seed)


def test_every_plant_keeps_the_contract():
    """Each is a ``Plant`` whose kind and selectors a plugin can set."""
    for plant in PLANTS:
        checked: Plant = dataclasses.replace(plant, name="other", found_by=("a", "b"))
        assert ("other", ("a", "b")) == (checked.name, checked.found_by)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_a_share_of_the_rows_is_planted(plant):
    """Of rows that can all carry it, a plant takes as many as it is asked for."""
    texts = [text + " and so on, as long as a plant may need it to be" for text in sentences(400)]
    table = make_table(texts)

    count = plant.apply(table, 0.2, 0).rows.num_rows

    carriers = 300 if getattr(plant, "role", "") == "answers" else 400
    assert abs(count - 0.2 * carriers) <= 8


@pytest.mark.parametrize("texts", [sentences(200), chinese(200), ["It is 你好 mixed 世界 with words of two scripts in 一 row"] * 50 + sentences(50)])
@pytest.mark.parametrize("least", [0.6, 0.8, 0.9])
def test_a_near_duplicate_keeps_the_similarity_that_it_was_asked_for(texts, least):
    """Counted here by sets of 5-grams: at least so similar, not equal, and its original is told."""
    table = make_table(texts)

    planted = NearDuplicate(role="text", found_by=FOUND_BY, least=least).apply(table, 0.5, 0)

    result = planted.table.column("text").to_pylist()
    assert planted.rows.num_rows > 20
    for row, facts in details(planted):
        grams = [
            {tuple(units[start : start + 5]) for start in range(len(units) - 4)}
            for units in map(edits.units, (result[row], result[facts["original"]]))
        ]
        similarity = len(grams[0] & grams[1]) / len(grams[0] | grams[1])
        assert least <= similarity < 1
        assert round(similarity, 4) == facts["similarity"]


def test_units_are_words_and_characters_of_cjk():
    """What an edit touches, and what 5-grams are made of."""
    assert ["don", "t", "say", "我", "们", "カ", "3", "4", "naïve"] == edits.units("Don't say 我们カ 3.4, naïve!")


def test_a_flipped_label_is_another_one_of_the_table():
    """Each other label comes about as often as any."""
    table = make_table(sentences(900))
    planted = LabelFlip(found_by=FOUND_BY).apply(table, 1.0, 0)

    pairs = list(zip(table.column("label").to_pylist(), planted.table.column("label").to_pylist(), strict=True))
    assert {(one, other) for one in "abc" for other in "abc" if one != other} == set(pairs)
    assert all(100 < pairs.count(pair) < 200 for pair in set(pairs))
    assert [{"role": "label", "before": one, "after": other} for one, other in pairs] == [facts for _, facts in details(planted)]


@pytest.mark.parametrize("texts", [sentences(100), chinese(100)])
def test_a_truncated_text_is_the_beginning_of_what_it_was(texts):
    """30 to 70 % of its words stay, or of its characters."""
    table = make_table(texts)
    planted = TruncatedText(role="text", found_by=FOUND_BY).apply(table, 1.0, 0)

    result = planted.table.column("text").to_pylist()
    assert planted.rows.num_rows > 50
    for row, _ in details(planted):
        assert texts[row].startswith(result[row])
        assert 0.2 < len(edits.units(result[row])) / len(edits.units(texts[row])) < 0.85


def test_chinese_is_garbled_as_by_a_wrong_encoding_and_english_by_noise():
    """Neither can be read afterwards."""
    plant = GarbledText(role="text", found_by=FOUND_BY)
    one, other = (
        plant.apply(make_table([text]), 1.0, 0).table.column("text")[0].as_py()
        for text in ("今天在北京看到了一只大熊猫", "the parser reads a stream of tokens")
    )

    assert "今天在北京看到了一只大熊猫".encode().decode("cp1252", errors="replace") == one
    assert len("the parser reads a stream of tokens") == len(other)
    assert 8 == sum(a != b for a, b in zip("the parser reads a stream of tokens", other, strict=True))


def test_an_answer_that_is_not_in_its_context_comes_from_another_row():
    """Its text stands in no way in the context, and the span keeps its start."""
    table = make_table([f"Context {number} holds {number * 7919 % 1000}." for number in range(50)])
    planted = AnswerNotInContext(context="text", found_by=FOUND_BY).apply(
        table.set_column(
            3, "answers", pa.array([[{"start": 4, "end": 9, "text": f"only {number}"}] for number in range(50)], arrow_type(RoleType.SPANS))
        ),
        0.5,
        0,
    )

    assert 25 == planted.rows.num_rows
    for row, _ in details(planted):
        (span,) = planted.table.column("answers")[row].as_py()
        assert f"only {row}" != span["text"]
        assert span["text"] not in planted.table.column("text")[row].as_py()
        assert (4, 4 + len(span["text"])) == (span["start"], span["end"])


def test_a_group_goes_with_a_label_far_more_than_chance():
    """Nearly all rows with the sentence have the favoured label, which a third of all rows have."""
    planted = GroupLabelBias(role="text", sentence="An elderly reader asks:", term="elderly", favoured="b", found_by=FOUND_BY).apply(
        make_table(sentences(600)), 0.2, 0
    )

    labels = [planted.table.column("label")[row].as_py() for row, _ in details(planted)]
    assert 120 == len(labels)
    assert 114 == labels.count("b")
    assert all(planted.table.column("text")[row].as_py().startswith("An elderly reader asks: ") for row, _ in details(planted))


def test_a_group_goes_with_an_outcome():
    """Nearly all prompts with the sentence get the outcome; Chinese needs no blank behind its full stop."""
    planted = GroupOutcomeBias(role="text", sentence="老年人问。", term="老年人", target="response", outcome="不行", found_by=FOUND_BY).apply(
        make_table(chinese(200)), 0.2, 0
    )

    responses = [planted.table.column("response")[row].as_py() for row, _ in details(planted)]
    assert (40, 38) == (len(responses), responses.count("不行"))
    assert not any("。 " in planted.table.column("text")[row].as_py() for row, _ in details(planted))


@settings(deadline=None, max_examples=25)
@given(tables, st.lists(st.tuples(st.sampled_from(PLANTS), st.floats(0, 0.3)), max_size=3, unique_by=lambda pair: pair[0].name), st.integers(0, 3))
def test_several_plants_do_not_touch_the_rows_of_one_another(table, plants, seed):
    """No row is planted twice, no original of a copy is spoilt, and the rest is as it was."""
    planted = plant_all(table, plants, seed)

    before, after = table.to_pylist(), planted.table.to_pylist()
    told = planted.rows.column("row").to_pylist()
    originals = {facts["original"] for _, facts in details(planted) if "original" in facts}
    assert sorted(set(told)) == told
    assert set() == originals & set(told)
    assert [row for row in range(len(before)) if row not in told] == [row for row, value in enumerate(before) if value == after[row]]
    assert set(range(len(before), len(after))) <= set(told)
    assert planted == plant_all(table, plants, seed)


def test_several_plants_each_get_their_share_of_all_rows():
    """Whatever the others take."""
    table = make_table([text + " and so on, as long as a plant may need" for text in sentences(1000)])
    plants = [(ExactDuplicate(found_by=FOUND_BY), 0.1), (LabelFlip(found_by=FOUND_BY), 0.2), (TruncatedText(role="text", found_by=FOUND_BY), 0.05)]

    kinds = plant_all(table, plants, 0).rows.column("kind").to_pylist()

    assert [100, 200, 50] == [round(kinds.count(plant.name), -1) for plant, _ in plants]


def test_exact_copies_name_their_originals():
    """After several plants, too, each copy equals the row that it names."""
    planted = plant_all(make_table(sentences(200)), [(LabelFlip(found_by=FOUND_BY), 0.3), (ExactDuplicate(found_by=FOUND_BY), 0.3)], 0)
    rows = planted.table.to_pylist()
    copies = [(row, facts["original"]) for row, facts in details(planted) if "original" in facts]

    assert 60 == len(copies)
    assert all(rows[row] == rows[original] for row, original in copies)


def test_shares_beyond_all_rows_are_refused():
    """No row gets two defects."""
    with pytest.raises(DataError, match=r"the shares to plant add up to 1\.2"):
        plant_all(make_table(sentences(10)), [(PLANTS[0], 0.6), (PLANTS[2], 0.6)], 0)


def test_a_plant_that_removes_rows_is_refused():
    """The positions of all others would be wrong."""

    @dataclasses.dataclass(frozen=True)
    class Removing:
        name: str = "removing"
        found_by: tuple[str, ...] = ()

        def apply(self, table, share, seed):  # noqa: ARG002 - as the protocol has it
            return Planted(table=table.slice(1), rows=PLANTS[0].apply(table, 0, 0).rows)

    with pytest.raises(PluginError, match="the plant 'removing' removed rows"):
        plant_all(make_table(sentences(10)), [(Removing(), 0.5)], 0)


def test_plants_do_not_depend_on_the_hash_seed():
    """Two processes with other hash seeds plant the same."""
    code = (
        "import pyarrow as pa\n"
        "from workbench.data.plant import *\n"
        "texts = ['one two three four five six seven eight nine ' + str(n) for n in range(50)]\n"
        "table = pa.table({'text': texts, 'label': [str(n % 5) for n in range(50)], 'source': ['s'] * 50})\n"
        "plants = [(NearDuplicate(role='text', found_by=()), .3), (LabelFlip(found_by=()), .3)]\n"
        "planted = plant_all(table, plants, 0)\n"
        "print(planted.table.to_pylist(), planted.rows.to_pylist())\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }

    assert 1 == len(outputs)
