"""Which column becomes which role, and what becomes of the others."""

from __future__ import annotations

import json

import pytest

from workbench.data import DataSource, EvalSplit, load
from workbench.errors import DataError, PluginError, UnknownNameError
from workbench.types import ParsedExample, Rejection, Role, RoleType


def read(task, folder, *rows, **options):
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load(task, DataSource(train="data.jsonl", base=folder, **options))


def train(loaded, *columns):
    return loaded.tables["train"].select(list(columns)).to_pylist()


FOUND = [
    ({"text": "a", "label": "b"}, {}),
    ({"sentence": "a", "category": "b"}, {}),
    ({"text": "a", "sentence": "not this", "label": "b"}, {}),
    ({"body": "a", "label": "b"}, {"text": "body"}),
    ({"text": "not this", "body": "a", "label": "b"}, {"text": "body"}),
    ({"text": "b", "label": "a"}, {"text": "label", "label": "text"}),
]


@pytest.mark.parametrize(("row", "fields"), FOUND)
def test_a_role_finds_its_column(classification, tmp_path, row, fields):
    """Fields come first, then the role's own name, then the names it commonly has; the same content has the same hash under any of them."""
    expected = read(classification, tmp_path, {"text": "a", "label": "b"})
    loaded = read(classification, tmp_path, row, fields=fields)

    assert [{"text": "a", "label": "b"}] == train(loaded, "text", "label")
    assert train(expected, "content_hash") == train(loaded, "content_hash")


NOT_FOUND = [
    ({}, "there is no column for the role 'text'"),
    ({}, "Expected a column named 'text' or 'sentence'; the columns there are: textt, label"),
    ({}, "Did you mean 'textt'?"),
    ({"text": "txt"}, "there is no column 'txt', which the fields give for the role 'text'"),
    ({"text": 0}, "there is no column '0'"),
    ({"key": "identity"}, "there is no column 'identity', which is to be the key"),
    ({"by": "article"}, "there is no role or column 'article' to split by"),
]


@pytest.mark.parametrize(("options", "message"), NOT_FOUND)
def test_a_missing_column_is_refused_with_those_that_are_there(classification, tmp_path, options, message):
    """And with the nearest of them."""
    fields = {role: column for role, column in options.items() if role == "text"}
    others = {"textt": "a", "label": "b"} if fields or not options else {"text": "a", "label": "b"}
    split = EvalSplit(share=0.5, by=options["by"]) if "by" in options else None

    with pytest.raises(DataError) as caught:
        read(classification, tmp_path, others, fields=fields, key=options.get("key"), eval=split)

    assert message in str(caught.value)


def test_an_unknown_role_is_refused_with_the_nearest(classification, tmp_path):
    """Fields name roles of the task."""
    with pytest.raises(UnknownNameError, match="Did you mean 'label'"):
        read(classification, tmp_path, {"text": "a", "label": "b"}, fields={"lable": "label"})


def test_names_and_positions_do_not_mix(classification, tmp_path):
    """A file has a header or it has none."""
    with pytest.raises(DataError, match="mix positions and names: body, 1"):
        read(classification, tmp_path, {"text": "a"}, fields={"text": "body", "label": 1})


def test_other_columns_become_meta(classification, tmp_path):
    """As a JSON object; of a long value the beginning stays, as text; absent ones and the key are left out."""
    row = {"id": 7, "text": "a", "label": "b", "n": 1, "list": [1, {"x": None, "y": 2}], "none": None, "long": "長" * 5000, "deep": ["x" * 5000]}

    loaded = read(classification, tmp_path, row, key="id")

    meta = json.loads(train(loaded, "meta")[0]["meta"])
    assert {"n": 1, "list": [1, {"y": 2}], "long": "長" * 1000 + "…", "deep": '["' + "x" * 998 + "…"} == meta
    assert "7" == train(loaded, "key")[0]["key"]


def test_an_empty_optional_text_is_absent(every_role, tmp_path):
    """Formats that cannot tell the two apart give the same content as those that can; an empty required text is a text."""
    rows = [{"text": "", "label": "a", "note": ""}, {"text": "", "label": "a", "note": None}, {"text": "", "label": "a"}]

    loaded = read(every_role, tmp_path, *rows)

    assert [{"text": "", "note": None}] * 3 == train(loaded, "text", "note")
    assert 1 == len({each["content_hash"] for each in train(loaded, "content_hash")})


def test_the_raw_hash_knows_all_columns_and_the_content_hash_the_roles(classification, tmp_path):
    """Rows that differ in another column have the same content; the order of keys changes neither."""
    one, other, turned = (
        train(read(classification, tmp_path, row), "raw_hash", "content_hash")[0]
        for row in ({"text": "a", "label": "b", "n": 1}, {"text": "a", "label": "b", "n": 2}, {"n": 1, "label": "b", "text": "a"})
    )

    assert one == turned
    assert one["content_hash"] == other["content_hash"]
    assert one["raw_hash"] != other["raw_hash"]


def test_columns_may_come_and_go_within_a_file(every_role, tmp_path, monkeypatch):
    """A batch that lacks a column altogether is read like one whose values are null."""
    monkeypatch.setattr("workbench.data.readers.BATCH_ROWS", 1)
    rows = [{"text": "a", "label": "b"}, {"text": "a", "label": "b", "note": "n"}, {"text": "c"}]

    loaded = read(every_role, tmp_path, *rows, max_rejected=0.5)

    assert [None, "n"] == loaded.tables["train"].column("note").to_pylist()
    assert [(3, "no label")] == [(each["line"], each["reason"]) for each in loaded.rejected.to_pylist()]


def test_keys_are_unique_and_present(classification, tmp_path):
    """A repeated key names the row that has it already; a row without one is set aside."""
    rows = [{"id": number, "text": "a", "label": "b"} for number in (1, 2, 1, None)]

    loaded = read(classification, tmp_path, *rows, key="id", max_rejected=0.5)

    assert ["1", "2"] == loaded.tables["train"].column("key").to_pylist()
    assert {(3, "the key stands in data.jsonl, line 1, already"), (4, "no key")} == {
        (each["line"], each["reason"]) for each in loaded.rejected.to_pylist()
    }
    assert loaded.keyed


def test_messages_become_a_role(every_role, tmp_path):
    """Each message has the keys of the type; a conversation without a message is absent, and null keys are no content."""
    message = {"role": "user", "content": "Hi"}
    rows = [{"text": "a", "label": "b", "messages": messages} for messages in ([message], [{**message, "name": None}], [], None)]

    loaded = read(every_role, tmp_path, *rows)

    whole = {**message, "name": None, "tool_call_id": None, "tool_calls": None}
    assert [[whole], [whole], None, None] == loaded.tables["train"].column("messages").to_pylist()
    hashes = loaded.tables["train"].column("content_hash").to_pylist()
    assert (hashes[0], hashes[2]) == (hashes[1], hashes[3])


def test_a_required_conversation_has_a_message(every_role, tmp_path):
    """A row whose list of messages is empty is set aside."""
    import dataclasses

    task = dataclasses.replace(every_role, roles=(dataclasses.replace(every_role.roles[-1], required=True),))
    loaded = read(task, tmp_path, {"messages": []}, {"messages": [{"role": "user", "content": "Hi"}]}, max_rejected=0.5)

    assert ["no messages"] == loaded.rejected.column("reason").to_pylist()


@pytest.mark.parametrize("name", ["source", "meta", "row", "group"])
def test_a_role_must_not_be_named_like_a_column_of_every_table(classification, tmp_path, name):
    """One would hide the other."""
    import dataclasses

    task = dataclasses.replace(classification, roles=(*classification.roles, Role(name=name, type=RoleType.TEXT)))

    with pytest.raises(PluginError, match=f"is called {name!r}"):
        read(task, tmp_path, {"text": "a", "label": "b", name: "c"})


DOCUMENT = {
    "version": "1.1",
    "data": [
        {
            "title": "Normans",
            "paragraphs": [
                {
                    "context": "The Normans lived in 911.",
                    "qas": [
                        {"id": "a", "question": "When?", "answers": [{"text": "911", "answer_start": 21}]},
                        {"id": "b", "question": " ", "answers": []},
                        {"id": "c", "question": "Why?", "answers": []},
                    ],
                },
            ],
        },
    ],
}


def test_a_nested_document_goes_through_parse(question_answering, tmp_path):
    """It gives examples with their keys and further columns, and rejections with their reasons; all of them count as read."""
    (tmp_path / "squad.json").write_text(json.dumps(DOCUMENT))

    loaded = load(question_answering, DataSource(train="squad.json", base=tmp_path, max_rejected=0.5))

    assert ["a", "c"] == loaded.tables["train"].column("key").to_pylist()
    assert [[{"start": 21, "end": 24, "text": "911"}], []] == loaded.tables["train"].column("answers").to_pylist()
    assert ['{"article":"Normans"}'] * 2 == loaded.tables["train"].column("meta").to_pylist()
    assert [{"file": "squad.json", "line": None, "reason": "no question", "excerpt": ""}] == loaded.rejected.to_pylist()
    assert 3 == loaded.read


def test_flat_columns_need_no_parse(question_answering, tmp_path):
    """The same task takes rows whose columns are its roles, in the layout that the hub has."""
    row = {"question": "When?", "context": "The Normans lived in 911.", "answers": {"text": ["911"], "answer_start": [21]}}

    assert [[{"start": 21, "end": 24, "text": "911"}]] == read(question_answering, tmp_path, row).tables["train"].column("answers").to_pylist()


def test_a_raw_hash_outlives_a_change_of_parse(question_answering, tmp_path):
    """When ``parse`` gives other texts of the same rows, the raw hashes stay, so that pins can be carried over."""
    import dataclasses

    def shouted(document):
        for part in question_answering.parse(document):
            yield part if isinstance(part, Rejection) else dataclasses.replace(part, roles={**part.roles, "question": part.roles["question"].upper()})

    (tmp_path / "squad.json").write_text(json.dumps(DOCUMENT))
    source = DataSource(train="squad.json", base=tmp_path, max_rejected=0.5)
    before, after = (
        train(load(task, source), "raw_hash", "content_hash") for task in (question_answering, dataclasses.replace(question_answering, parse=shouted))
    )

    assert [each["raw_hash"] for each in before] == [each["raw_hash"] for each in after]
    assert 2 == len({each["raw_hash"] for each in before})
    assert [False, False] == [one["content_hash"] == other["content_hash"] for one, other in zip(before, after, strict=True)]


def test_a_parse_that_fails_sets_its_row_aside(question_answering, tmp_path):
    """What it gave before stays, and the exception is the reason."""
    import dataclasses

    def fragile(row):
        yield ParsedExample(roles={"question": "q", "context": "c", "answers": []})
        yield ParsedExample(roles={"question": row["missing"], "context": "c", "answers": []})

    loaded = read(dataclasses.replace(question_answering, parse=fragile), tmp_path, {"nested": 1}, max_rejected=0.5)

    assert 1 == loaded.counts["train"].imported
    expected = {"file": "data.jsonl", "line": 1, "reason": "cannot be parsed: KeyError: 'missing'", "excerpt": '{"nested": 1}'}
    assert [expected] == loaded.rejected.to_pylist()


def test_rows_of_lines_are_parsed_one_by_one(question_answering, tmp_path):
    """Each keeps its line, whatever it gives; rows that give nothing are neither read nor lost."""
    import dataclasses

    def repeated(row):
        for number in range(row["times"]):
            yield ParsedExample(roles={"question": f"q{number}", "context": "c", "answers": []})

    loaded = read(dataclasses.replace(question_answering, parse=repeated), tmp_path, {"times": 2}, {"times": 0}, {"times": 1})

    assert [1, 1, 3] == loaded.tables["train"].column("line").to_pylist()
    assert 3 == loaded.read == len(set(loaded.tables["train"].column("raw_hash").to_pylist()))


@pytest.mark.parametrize(
    ("part", "message"),
    [("text", "gave str"), (ParsedExample(roles={"question": "q", "kontext": "c"}), "gave the roles kontext")],
)
def test_a_parse_that_breaks_its_contract_is_an_error(question_answering, tmp_path, part, message):
    """That is the plugin's fault, not the row's."""
    import dataclasses

    with pytest.raises(PluginError, match=message):
        read(dataclasses.replace(question_answering, parse=lambda _: [part]), tmp_path, {"nested": 1})
