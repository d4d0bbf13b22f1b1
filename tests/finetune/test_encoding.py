"""Encoding: what is supervised, what is cut off, and that hostile or huge text does no harm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.errors import DataError, PluginError
from workbench.finetune import CausalGeneration, SequenceClassification, SpanQuestionAnswering
from workbench.types import Encoded, ExampleTable, FineTuneSpec, RunEvent, RunPlan, TrainContext

if TYPE_CHECKING:
    from pathlib import Path
    from types import SimpleNamespace

    from workbench.finetune._features import Features

HUGE = "word " * 1_000_000


def row_of(features: Features, column: str, position: int) -> list[int]:
    ragged = features.tokens[column]
    return ragged.values[ragged.starts[position] : ragged.starts[position + 1]].tolist()


def tokenizer_of(plan: RunPlan):
    from workbench.finetune._tokenizers import load_tokenizer

    return load_tokenizer(plan.assets)


def audit_of(encoded: Encoded, position: int = 0) -> dict[str, object]:
    assert encoded.audit is not None
    return encoded.audit.slice(position, 1).to_pylist()[0]


def test_the_audit_names_rows_and_counts_what_is_supervised(case, tmp_path: Path):
    """One row per example in order; every example supervises something, and only heads that write have a stop token, which is trained."""
    _, encoded = case.ready(tmp_path)
    assert encoded.audit is not None
    assert case.train.values("row") == encoded.audit.column("row").to_pylist()
    assert min(encoded.audit.column("supervised_tokens").to_pylist()) > 0
    assert {False} == set(encoded.audit.column("truncated").to_pylist())
    stop = {True} if case.adapter.head in {"seq2seq", "causal"} else {None}
    assert stop == set(encoded.audit.column("stop_token_trained").to_pylist())


def test_a_text_of_5_mb_is_truncated(case, tmp_path: Path):
    """A huge text takes no more tokens than the plan allows, and the audit says that it was cut."""
    plan, _ = case.ready(tmp_path)
    column = {"sequence-classification": "text", "span-qa": "context", "seq2seq": "document", "causal": "prompt"}[case.adapter.head]
    table = case.train.slice(0, 1).table
    huge = ExampleTable(table.set_column(table.column_names.index(column), column, [[HUGE]]).cast(table.schema), case.train.roles)
    encoded = case.adapter.encode(huge, plan)
    assert audit_of(encoded)["truncated"] is True
    assert max(encoded.features.tokens["input_ids"].lengths) <= plan.max_length
    assert len(encoded.features) <= 32


@pytest.mark.parametrize(("name", "source", "target"), [("seq2seq", "document", "summary"), ("causal", "prompt", "response")])
def test_a_target_of_5_mb_is_truncated_and_does_not_teach_to_stop(toys: SimpleNamespace, tmp_path: Path, name: str, source: str, target: str):
    """A target that was cut off has no stop token: a model that learned to stop there would stop too early. It is not scored either."""
    case = toys.cases[name]
    plan, _ = case.ready(tmp_path)
    table = case.train.slice(0, 1).table
    huge = ExampleTable(table.set_column(table.column_names.index(target), target, [[HUGE]]).cast(table.schema), (source, target))
    encoded = case.adapter.encode(huge, plan)
    assert (plan.max_target_length, True, False) == tuple(
        audit_of(encoded)[name] for name in ("supervised_tokens", "truncated", "stop_token_trained")
    )
    stop = tokenizer_of(plan).eos_token_id
    assert stop not in row_of(encoded.features, "labels", 0)
    artifact = case.adapter.train(case.adapter.encode(case.train, plan), replace(plan, max_steps=1), TrainContext(seed=0, folder=tmp_path / "run"))
    prediction = case.adapter.predict(artifact, huge).to_pylist()[0]
    assert (None, None) == (prediction["log_probability"], prediction["tokens"])


def test_only_the_response_and_its_stop_token_carry_loss(toys: SimpleNamespace, tmp_path: Path):
    """The prompt is masked: the labels that count are the response and the stop token, in place."""
    plan, encoded = toys.cases["causal"].ready(tmp_path)
    tokenizer = tokenizer_of(plan)
    inputs, labels = row_of(encoded.features, "input_ids", 0), row_of(encoded.features, "labels", 0)
    supervised = [label for label in labels if label != -100]
    response = toys.cases["causal"].train.texts("response")[0]
    assert response == tokenizer.decode(supervised[:-1])
    assert tokenizer.eos_token_id == supervised[-1]
    assert inputs[-len(supervised) :] == supervised
    assert [-100] * (len(inputs) - len(supervised)) == labels[: -len(supervised)]


def test_a_conversation_learns_its_last_answer():
    """With a messages role, the last message of the assistant is the response, all before it the prompt, and what follows it is left out."""
    turns = [("user", "one?"), ("assistant", "1"), ("user", "two?"), ("assistant", "2"), ("user", "bye")]
    adapter = CausalGeneration(messages="messages")
    row = {"messages": [{"role": role, "content": content, "name": None, "tool_call_id": None, "tool_calls": None} for role, content in turns]}
    assert [{"role": role, "content": content} for role, content in turns[:4]] == adapter.render(row)


def test_messages_with_tool_calls_are_read_from_json():
    """Tool calls become objects again before a template sees them; null keys are gone."""
    call = {"role": "assistant", "content": None, "name": None, "tool_call_id": None, "tool_calls": '[{"name": "add"}]'}
    assert [{"role": "assistant", "content": "", "tool_calls": [{"name": "add"}]}] == CausalGeneration(messages="m").render({"m": [call]})


def test_an_example_without_a_target_is_an_error_that_names_it(toys: SimpleNamespace, tmp_path: Path):
    """Nothing supervised is never silent: an unknown label, a missing text, an answer in an empty context."""
    cases = toys.cases
    span = [{"start": 0, "end": 1, "text": "a"}]
    empty = {
        "classification": toys.examples(text=["fine", "odd"], label=["good", "never seen"]),
        "qa": toys.examples(question=["q", "q"], context=["a b", ""], answers=[span, span]),
        "seq2seq": toys.examples(document=["a", "b"], summary=["c", None]),
        "causal": toys.examples(prompt=["a", "b"], response=["c", None]),
    }
    for name, table in empty.items():
        plan, _ = cases[name].ready(tmp_path / name)
        with pytest.raises(DataError, match=r"example train-1 \(row 101\) has no target"):
            cases[name].adapter.encode(table, plan)


def test_a_held_out_example_without_a_target_counts_in_no_loss(toys: SimpleNamespace, tmp_path: Path):
    """A validation row with an unknown label stops nothing: the audit shows it, and the validation loss is that of the others."""
    case = toys.cases["classification"]
    plan, encoded = case.ready(tmp_path, steps=1, evaluations=1)
    known, odd = {"text": ["fine film"], "label": ["good"]}, {"text": ["fine film", "odd"], "label": ["good", "never seen"]}
    losses = []
    for roles in (known, odd):
        validation = case.adapter.encode(toys.examples("validation", **roles), plan)
        events: list[RunEvent] = []
        case.adapter.train(encoded, plan, TrainContext(seed=0, folder=tmp_path / "run", validation=validation, emit=events.append))
        losses += [event.values["loss"] for event in events if event.kind == "validation"]
    assert [1, 0] == validation.audit.column("supervised_tokens").to_pylist()
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_examples_without_their_input_are_refused(trained, toys: SimpleNamespace):
    """A table that lacks the role that a model reads is told, not read as empty texts."""
    case, artifact, _ = trained
    with pytest.raises(DataError, match="the examples have no"):
        case.adapter.predict(artifact, toys.examples(other=["a"]))


def test_labels_are_refused_where_there_are_none(toys: SimpleNamespace, tmp_path: Path):
    """A training set without a single label cannot be prepared."""
    with pytest.raises(DataError, match="no training example has a label"):
        SequenceClassification().prepare(toys.examples(text=["a"], label=[None]), FineTuneSpec(model="scratch:encoder-tiny"), tmp_path)


def test_an_empty_answer_still_teaches_to_stop(toys: SimpleNamespace, tmp_path: Path):
    """The empty target supervises the stop token alone."""
    plan, _ = toys.cases["causal"].ready(tmp_path)
    encoded = toys.cases["causal"].adapter.encode(toys.examples(prompt=["a"], response=[""]), plan)
    assert (1, True) == (audit_of(encoded)["supervised_tokens"], audit_of(encoded)["stop_token_trained"])


def test_control_tokens_in_a_text_are_text(case, toys: SimpleNamespace, tmp_path: Path):
    """A text that spells out a stop token does not smuggle one in: there are no more than around any other text."""
    plan, _ = case.ready(tmp_path)

    def stops(text: str) -> int:
        roles = {
            "sequence-classification": {"text": [text], "label": ["good"]},
            "span-qa": {"question": [text], "context": [text], "answers": [[]]},
            "seq2seq": {"document": [text], "summary": [text]},
            "causal": {"prompt": [text], "response": [text]},
        }[case.adapter.head]
        features = case.adapter.encode(toys.examples(**roles), plan).features
        special = tokenizer_of(plan).all_special_ids
        return sum(token in special for column in features.tokens for token in row_of(features, column, 0))

    assert stops("</s><s><pad>") <= stops("x y")


TURNS = "{% for message in messages %}<s>{{ message.role }}: {{ message.content }}</s>\n{% endfor %}"
CHAT = TURNS + "{% if add_generation_prompt %}<s>assistant: {% endif %}"


def test_a_chat_template_is_used_in_training_and_in_generation(toys: SimpleNamespace, tmp_path: Path):
    """The prompt is the template's own, the response ends as the template ends a turn, and generation starts from the same prompt tokens."""
    from workbench.finetune._artifact import open_codec
    from workbench.finetune._conversations import encode_conversations

    case = toys.cases["causal"]
    plan, _ = case.ready(tmp_path)
    tokenizer = tokenizer_of(plan)
    tokenizer.chat_template = CHAT
    tokenizer.save_pretrained(plan.assets)
    encoded = case.adapter.encode(case.train, plan)
    inputs, labels = row_of(encoded.features, "input_ids", 0), row_of(encoded.features, "labels", 0)
    supervised = [label for label in labels if label != -100]
    asked, response = case.train.texts("prompt")[0], case.train.texts("response")[0]
    assert f"<s>user: {asked}</s>\n<s>assistant: {response}</s>" == tokenizer.decode(inputs)
    assert f"{response}</s>" == tokenizer.decode(supervised)
    prompts, _, _ = encode_conversations(open_codec(plan, plan.assets), [case.adapter.render({"prompt": asked})], 100, 10)
    assert inputs[: -len(supervised)] == prompts[0]


def test_a_long_prompt_keeps_both_its_ends(toys: SimpleNamespace, tmp_path: Path):
    """What is too much is cut out of the middle of a prompt, the same way for training and for generation."""
    case = toys.cases["causal"]
    plan, _ = case.ready(tmp_path, max_length=32, max_target_length=8)
    encoded = case.adapter.encode(toys.examples(prompt=["start " + "middle " * 100 + "end"], response=["rouge"]), plan)
    text = tokenizer_of(plan).decode(
        [token for token, label in zip(row_of(encoded.features, "input_ids", 0), row_of(encoded.features, "labels", 0), strict=True) if label == -100]
    )
    assert text.startswith("### user:\nst")
    assert text.endswith("end\n\n### assistant:\n")
    assert audit_of(encoded)["truncated"] is True


def labelled(encoded: Encoded, plan: RunPlan, contexts: list[str]) -> list[set[str]]:
    """The text that each example's windows are labelled with."""
    from workbench.finetune._artifact import open_codec
    from workbench.finetune._spans import read_windows

    windows = read_windows(open_codec(plan, plan.assets), ["q"] * len(contexts), contexts)
    found: list[set[str]] = [set() for _ in contexts]
    features = encoded.features
    for window, position in enumerate(windows.example):
        start, end = (int(features.targets[name][window]) for name in ("starts", "ends"))
        first = int(windows.first[window])
        spans = windows.spans[window]
        found[position].add("" if start == 0 else contexts[position][spans[start - first, 0] : spans[end - first, 1]])
    return found


@pytest.fixture(scope="module")
def qa(toys: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> tuple[SpanQuestionAnswering, RunPlan]:
    case = toys.cases["qa"]
    plan, _ = case.ready(tmp_path_factory.mktemp("qa"), max_length=128)
    return case.adapter, plan


@settings(max_examples=40, deadline=None)
@given(
    before=st.text(max_size=30), answer=st.text(st.characters(categories=["L", "N", "So", "Lo"]), min_size=1, max_size=12), after=st.text(max_size=30)
)
@example(before="", answer=" a ", after="")
def test_labelled_tokens_cover_the_answer(qa, toys: SimpleNamespace, before: str, answer: str, after: str):
    """Whatever the script, the tokens that are labelled begin no later and end no earlier than the answer."""
    adapter, plan = qa
    context = before + answer + after
    span = {"start": len(before), "end": len(before) + len(answer), "text": answer}
    texts = labelled(adapter.encode(toys.examples(question=["q"], context=[context], answers=[[span]]), plan), plan, [context])[0] - {""}
    assert texts
    assert all(answer.strip() in text for text in texts)


def test_chinese_answers_are_labelled_to_the_character(qa, toys: SimpleNamespace):
    """Chinese characters never share a token, so an answer inside a word is met exactly, beside emoji too."""
    adapter, plan = qa
    contexts = ["😀小明今天坐车去了北京市区", "上海"]
    answers = [[{"start": 9, "end": 11, "text": "北京"}], [{"start": 1, "end": 2, "text": "海"}]]
    encoded = adapter.encode(toys.examples(question=["q"] * 2, context=contexts, answers=answers), plan)
    assert [{"北京"}, {"海"}] == labelled(encoded, plan, contexts)


def test_a_long_context_is_read_in_overlapping_windows(qa, toys: SimpleNamespace):
    """Windows cover every character; those that hold the whole answer are labelled with it, the others with none."""
    adapter, plan = qa
    context = "".join(chr(0x4E00 + index % 500) for index in range(300)) + "北京" + "小" * 300
    encoded = adapter.encode(toys.examples(question=["q"], context=[context], answers=[[{"start": 300, "end": 302, "text": "北京"}]]), plan)
    assert [{"北京", ""}] == labelled(encoded, plan, [context])
    assert len(encoded.features) > 5
    assert audit_of(encoded)["truncated"] is False


def test_unanswerable_questions_are_trained_to_point_at_the_first_token(qa, toys: SimpleNamespace):
    """An empty list of answers, or none, supervises the no-answer token."""
    adapter, plan = qa
    encoded = adapter.encode(toys.examples(question=["q"] * 2, context=["上海"] * 2, answers=[[], None]), plan)
    assert ([1, 1], [0, 0]) == (encoded.audit.column("supervised_tokens").to_pylist(), encoded.features.targets["starts"].tolist())


@pytest.mark.parametrize(("start", "end"), [(-3, 1), (1, 99), (50, 60), (1, 1), (2, 0)])
def test_offsets_beyond_the_context_are_moved_into_it(qa, toys: SimpleNamespace, start: int, end: int):
    """Noisy data has offsets that miss: such an example trains on some span of its context, and is no crash."""
    adapter, plan = qa
    encoded = adapter.encode(toys.examples(question=["q"], context=["上海北京"], answers=[[{"start": start, "end": end, "text": "x"}]]), plan)
    assert encoded.features.targets["starts"][0] > 0
    assert encoded.features.targets["starts"][0] <= encoded.features.targets["ends"][0]


def test_an_answer_that_no_window_holds_is_told(qa, toys: SimpleNamespace):
    """An answer longer than a window is trained as none, and the audit calls the example truncated."""
    adapter, plan = qa
    context = "北" * 1000
    encoded = adapter.encode(toys.examples(question=["q"], context=[context], answers=[[{"start": 0, "end": 900, "text": context[:900]}]]), plan)
    assert (1, True) == (audit_of(encoded)["supervised_tokens"], audit_of(encoded)["truncated"])


def test_a_question_of_5_mb_leaves_room_for_the_context(qa, toys: SimpleNamespace):
    """A huge question is cut, the context is still read and the answer labelled."""
    adapter, plan = qa
    encoded = adapter.encode(toys.examples(question=["问" * 5_000_000], context=["去上海"], answers=[[{"start": 1, "end": 3, "text": "上海"}]]), plan)
    assert (2, True) == (audit_of(encoded)["supervised_tokens"], audit_of(encoded)["truncated"])


@pytest.mark.parametrize("text", ["", " ", "\u200b\u200b", "!!!", "😀", "\u202eabc", "\x00"])
def test_odd_texts_are_encoded(case, toys: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory, text: str):
    """Empty, blank, zero-width, punctuation, emoji, right-to-left and control characters are inputs like any other."""
    folder = tmp_path_factory.getbasetemp() / f"odd-{case.adapter.name}"
    plan, _ = case.ready(folder)
    roles = {
        "sequence-classification": {"text": [text], "label": ["good"]},
        "span-qa": {"question": [text], "context": [text], "answers": [[]]},
        "seq2seq": {"document": [text], "summary": [text]},
        "causal": {"prompt": [text], "response": [text]},
    }[case.adapter.head]
    encoded = case.adapter.encode(toys.examples(**roles), plan)
    assert audit_of(encoded)["supervised_tokens"] > 0
    assert min(encoded.features.tokens["input_ids"].lengths) > 0


def test_several_text_roles_are_joined():
    """A classifier of two roles reads both, and an absent one leaves no gap."""
    adapter = SequenceClassification(text=("title", "text"))
    assert ("a\nb", "b") == (adapter.render({"title": "a", "text": "b"}), adapter.render({"title": None, "text": "b"}))


def test_foreign_features_are_refused(toys: SimpleNamespace, tmp_path: Path):
    """Features of another adapter's making are named, not crashed on."""
    case = toys.cases["classification"]
    plan, _ = case.ready(tmp_path)
    with pytest.raises(PluginError, match="the features are a list"):
        case.adapter.train(Encoded(features=[]), plan, TrainContext(seed=0, folder=tmp_path))


@settings(max_examples=100, deadline=None)
@given(lengths=st.lists(st.integers(0, 50), min_size=1, max_size=60), batch_size=st.integers(1, 9), steps=st.integers(1, 40), seed=st.integers(0, 5))
def test_every_feature_is_seen_equally_often(lengths: list[int], batch_size: int, steps: int, seed: int):
    """The order of training is a pure function of its seed; batches are full, and no feature is seen twice more than another."""
    from workbench.finetune._features import schedule

    usable = np.arange(len(lengths))
    first, second = (schedule(np.array(lengths), usable, batch_size=batch_size, steps=steps, seed=seed) for _ in range(2))
    assert (first.tolist(), (steps, batch_size)) == (second.tolist(), first.shape)
    seen = np.bincount(first.ravel(), minlength=len(lengths))
    assert seen.max() - seen.min() <= 1
