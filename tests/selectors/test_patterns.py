from __future__ import annotations

import json

import pytest

from workbench.selectors import Boilerplate, Leftovers, PersonalData, RolesParams
from workbench.selectors._personal import is_card, is_iban, is_resident_number
from workbench.types import RoleType


def fired(selector, text, examples, context):
    """The signals whose rule fires on a text."""
    found = selector.score(examples(text=[text]), context()).signals.to_pylist()[0]
    rules = {signal.name: signal.rule for signal in selector.signals}
    return {name for name, value in found.items() if value is not None and value > rules[name].threshold}


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        ("Noinput", {"placeholder"}),
        ("<no input>", {"placeholder"}),
        ("无需输入", {"placeholder"}),
        ("No input was given to the function, so it failed.", set()),
        ("Dear [Your Name], thank you.", {"placeholder"}),
        ("Dear [INSERT NAME HERE], thank you.", {"placeholder"}),
        ("此致，[您的姓名]", {"placeholder"}),
        ("收件人：【请填写地址】", {"placeholder"}),
        ("他说（你的名字）很好听", set()),
        ("【新华社】北京电", set()),
        ("He [the mayor] said so [1].", set()),
        ("Hello {{ customer }}, hello", {"placeholder"}),
        ("Lorem ipsum dolor sit amet", {"placeholder"}),
        ("Ask for <your account number> first", {"placeholder"}),
        ("A set {a, b} and {{1}, {2}}", set()),
        ("One<br>two <b>three</b>", {"markup"}),
        ("第一行<br>第二行", {"markup"}),
        ("Tom &amp; Jerry&#39;s", {"markup"}),
        ("Oil #39;s price lt;b", {"markup"}),
        ("the attribute #193 of a disk", set()),
        ("x < y and y > z", set()),
        ("if a < b then <ok>", set()),
        ("see [url=http://a.b]this[/url]", {"markup"}),
        ("the index a[i] and the note [b]", set()),
        ("one\\n\\ntwo", {"markup"}),
        ("汉\\u5b57", {"markup"}),
        ("In HTML, <br> breaks a line.", set()),
        ("用<br>标签换行", set()),
        ("```\n<p>{{ name }}</p>\n```", set()),
        ("", set()),
    ],
)
def test_leftovers(examples, context, text, signals):
    """Places that nobody filled in and markup that nobody took out; not brackets as such, nor texts about markup."""
    assert signals == fired(Leftovers(), text, examples, context)


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        ("I'm sorry, but I can't help with that.", {"refusal"}),
        ("I am unable to provide medical advice.", {"refusal"}),
        ("Unfortunately, I cannot open links.", {"refusal"}),
        ("很抱歉，我无法回答这个问题。", {"refusal"}),
        ("我不能提供这类信息。", {"refusal"}),
        ("I'm sorry for your loss.", set()),
        ("She wrote: sorry, we are closed.", set()),
        ("对不起在英语里是 sorry。", set()),
        ("我不能游泳，因为我没学过。", set()),
        ("As an AI language model, I have no feelings.", {"assistant"}),
        ("That is beyond my knowledge cutoff.", {"assistant"}),
        ("作为一个人工智能语言模型，我没有感情。", {"assistant"}),
        ("我是由某公司开发的。", {"assistant"}),
        ("A language model predicts the next word.", set()),
        ("语言模型预测下一个词。", set()),
        ("Boil it for ten minutes. I hope this helps!", {"phrase"}),
        ("煮十分钟。希望这些信息对您有所帮助！", {"phrase"}),
        ("News of the day. All rights reserved.", {"phrase"}),
        ("今日新闻。版权所有，未经许可不得转载", {"phrase"}),
        ("All rights were reserved for members.", set()),
        ("", set()),
    ],
)
def test_boilerplate(examples, context, text, signals):
    """Refusals, assistants that speak of themselves, and phrases that stand anywhere; not texts on these matters."""
    assert signals == fired(Boilerplate(), text, examples, context)


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        ("write to jane.doe@mail.acme.co.uk today", {"contact"}),
        ("请联系wang@qq.com。", {"contact"}),
        ("write to me@example.com", set()),
        ("call +44 20 7946 0958", {"contact"}),
        ("call (212) 867-5309", {"contact"}),
        ("call 212-555-0143", set()),
        ("我的手机是13812345679，晚上打", set()),
        ("我的手机是13876215904，晚上打", {"contact"}),
        ("12500+21000000=21012500", set()),
        ("version 10.2.3 of 2023-10-11", set()),
        ("card 4539 1488 0343 6467", {"identity"}),
        ("card 4539 1488 0343 6468", set()),
        ("IBAN GB29 NWBK 6016 1331 9268 19", {"identity"}),
        ("IBAN GB28 NWBK 6016 1331 9268 19", set()),
        ("账户DE89370400440532013000。", {"identity"}),
        ("身份证号11010519491231002X。", {"identity"}),
        ("身份证号110105194912310021。", set()),
        ("his number is 536-22-8726", {"identity"}),
        ("his number is 000-22-8726", set()),
        ("key AKIAIOSFODNN7EXAMPLE", {"secret"}),
        ("token ghp_" + "a1B2" * 9, {"secret"}),
        ("-----BEGIN RSA PRIVATE KEY-----", {"secret"}),
        ("密钥是sk-abcdefghijklmnopqrstuvwx", {"secret"}),
        ("a risk-averse and task-based approach-to-everything", set()),
        ("", set()),
    ],
)
def test_personal_data(examples, context, text, signals):
    """What has the right form and the right checksum; not examples, fiction, arithmetic or versions."""
    assert signals == fired(PersonalData(), text, examples, context)


def test_evidence_of_personal_data_does_not_repeat_it(examples, context):
    """It says where, and shows the value masked."""
    text = "🙂 jane@acme.org or 4539148803436467 or sk-abcdefghijklmnopqrstuvwx"
    found = PersonalData().score(examples(text=[text]), context()).evidence.to_pylist()
    assert ["j***@***.org", "***67", "sk-a***"] == [json.loads(each["values"])["masked"] for each in found]
    assert ["jane@acme.org", "4539148803436467", "sk-abcdefghijklmnopqrstuvwx"] == [
        text[span["start"] : span["end"]] for each in found for span in each["spans"]
    ]
    assert not any(secret in json.dumps(each) for each in found for secret in ("jane", "4539", "abcdef"))


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (is_card, ["4111 1111 1111 1111", "378282246310005", "6011000990139424"], ["4111 1111 1111 1112", "0000 0000 0000 0000", "1234"]),
        (is_iban, ["FR14 2004 1010 0505 0001 3M02 606", "CH93 0076 2011 6238 5295 7", "BE68539007547034"], ["FR14 2004", "XX68539007547034"]),
        (is_resident_number, ["11010519491231002X", "440524188001010014"], ["110105194912310020"]),
    ],
)
def test_checksums(check, right, wrong):
    """On the numbers that their standards and issuers give as examples."""
    assert [True] * len(right) == [check(each) for each in right]
    assert [False] * len(wrong) == [check(each) for each in wrong]


def test_matches_in_several_roles_are_counted_together(examples, context):
    """Each with its span; an absent role has none, and where all are absent there is no value."""
    table = examples(text=["<br>", None, None], note=["a <b>b</b>", "<br>", None])
    found = Leftovers(params=RolesParams(roles=("text", "note"))).score(table, context())
    assert [3, 1, None] == found.signals["markup"].to_pylist()
    assert [("text", 0, 4), ("note", 2, 5), ("note", 6, 10)] == [tuple(span.values()) for span in found.evidence.to_pylist()[0]["spans"]]


def test_lists_are_looked_through_too(examples, context):
    """A role of several texts is one text for this."""
    table = examples({"text": RoleType.TEXTS}, text=[["fine", "<br>"], []])
    assert [1, 0] == Leftovers().score(table, context()).signals["markup"].to_pylist()
