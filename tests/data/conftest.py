"""Tasks to read data for, and the parts of a dataset that tests compare."""

from __future__ import annotations

from collections import Counter

import pytest

from workbench.types import ParsedExample, Rejection, Role, RoleType, Task


def make_task(*roles, **changes):
    return Task(
        name="reading",
        title="Reading",
        summary="A task to read data for.",
        roles=roles,
        target=roles[-1].name,
        selectors=(),
        adapter="none",
        metrics=(),
        model="none",
        **changes,
    )


def parse_squad(document):
    """SQuAD's layout: one example per question."""
    for article in document["data"]:
        for paragraph in article["paragraphs"]:
            for item in paragraph["qas"]:
                if not item["question"].strip():
                    yield Rejection(reason="no question")
                    continue
                answers = [{"start": each["answer_start"], "end": None, "text": each["text"]} for each in item["answers"]]
                roles = {"question": item["question"], "context": paragraph["context"], "answers": answers}
                yield ParsedExample(roles=roles, meta={"article": article["title"]}, key=item["id"])


@pytest.fixture(scope="session")
def classification():
    """Text and label, with one more name for each."""
    return make_task(Role(name="text", type=RoleType.TEXT, columns=("sentence",)), Role(name="label", type=RoleType.LABEL, columns=("category",)))


@pytest.fixture(scope="session")
def every_role():
    """A role of each type; all but the first two are optional."""
    return make_task(
        Role(name="text", type=RoleType.TEXT),
        Role(name="label", type=RoleType.LABEL),
        Role(name="note", type=RoleType.TEXT, required=False),
        Role(name="score", type=RoleType.NUMBER, required=False),
        Role(name="references", type=RoleType.TEXTS, required=False),
        Role(name="answers", type=RoleType.SPANS, required=False),
        Role(name="messages", type=RoleType.MESSAGES, required=False),
    )


@pytest.fixture(scope="session")
def question_answering():
    """SQuAD's layout goes through ``parse``, columns of these names do not."""
    return make_task(
        Role(name="question", type=RoleType.TEXT),
        Role(name="context", type=RoleType.TEXT),
        Role(name="answers", type=RoleType.SPANS),
        parse=parse_squad,
    )


@pytest.fixture(scope="session")
def content():
    """How often each content hash stands in a table."""
    return lambda table: Counter(table.column("content_hash").to_pylist())
