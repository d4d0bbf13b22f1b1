"""The nested layout of SQuAD: articles of paragraphs of questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from workbench.types import ParsedExample, Rejection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Json = Mapping[str, object]


def parse(document: Json) -> Iterator[ParsedExample | Rejection]:
    """Every question of a document in SQuAD's layout (v1.1, v2.0, CMRC 2018, XQuAD), with its id as key and its article to split by.

    Offsets are in code points, as the layout has them. An answer that gives a start but no end ends with its text.
    """
    articles = document.get("data")
    if not isinstance(articles, list):
        yield Rejection(reason="neither the columns question, context and answers nor the layout of SQuAD: there is no list 'data'")
        return
    for article in articles:
        for paragraph in _listed(article, "paragraphs"):
            for question in _listed(paragraph, "qas"):
                yield _example(cast("Json", article), cast("Json", paragraph), cast("Json", question))


def _example(article: Json, paragraph: Json, question: Json) -> ParsedExample | Rejection:
    context = paragraph.get("context")
    text = question.get("question")
    if not isinstance(context, str) or not isinstance(text, str):
        return Rejection(reason=f"the question {question.get('id')!r} lacks its text or its context")
    answers = []
    for answer in () if question.get("is_impossible") else _listed(question, "answers"):
        given = cast("Json", answer)
        start, words = given.get("answer_start"), given.get("text")
        if not isinstance(words, str):
            return Rejection(reason=f"an answer to the question {question.get('id')!r} has no text")
        known = isinstance(start, int) and not isinstance(start, bool)
        answers.append({"start": start if known else None, "end": cast("int", start) + len(words) if known else None, "text": words})
    return ParsedExample(
        roles={"question": text, "context": context, "answers": answers},
        meta={"article": str(article.get("title", ""))},
        key=str(question.get("id", "")),
    )


def _listed(mapping: object, name: str) -> list[object]:
    value = mapping.get(name) if isinstance(mapping, dict) else None
    return value if isinstance(value, list) else []
