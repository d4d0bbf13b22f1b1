"""What the search for duplicates and contamination makes of texts that are none or odd, and of bad files and parameters: one table of cases."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from workbench.errors import DataError, RecipeError
from workbench.experiment import curate, recipe_from_text, resolve
from workbench.experiment.against import read_against
from workbench.host import PluginHost
from workbench.selectors import ExactDuplicates, NearDuplicateParams, NearDuplicates, SemanticDuplicateParams, SemanticDuplicates
from workbench.store import Store

FIVE_MEGABYTES = "The quick brown fox jumps over the lazy dog. " * 120_000


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Texts that are scored as they stand: which pairs are equal, and which further ones are near."""

    texts: list
    equal: tuple = ()
    near: tuple = ()


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Values of a training file: which rows are set aside and why, and which pairs of those that are imported are equal."""

    values: list
    set_aside: tuple = ()
    equal: tuple = ()


@dataclass(frozen=True, kw_only=True)
class Refused:
    """What is told in one message before anything is scored: a selector with bad parameters, or a file to compare with."""

    says: tuple
    selector: object = None
    against: str = ""


def near(**params):
    return NearDuplicates(params=NearDuplicateParams(**params))


def semantic(encoder):
    return SemanticDuplicates(params=SemanticDuplicateParams(encoder=encoder))


CASES = {
    "no row": Texts(texts=[]),
    "one row": Texts(texts=["a row"]),
    "all rows equal": Texts(texts=["the same"] * 4, equal=((0, 1), (0, 2), (0, 3))),
    "absent texts": Texts(texts=[None, None, "a"], equal=((0, 1),)),
    "absent and empty": Texts(texts=[None, "", "  "], equal=((0, 1), (0, 2))),
    "too short for a shingle": Texts(texts=["a", "b", "a", "ab", "天", "天"], equal=((0, 2), (4, 5))),
    "short and of another case": Texts(texts=["US", "us"]),
    "only punctuation": Texts(texts=["?!", "?!", "...", "?"], equal=((0, 1),)),
    "emoji": Texts(texts=["🙂🙂🙂", "🙂🙂🙂", "🙂🙃🙂", "👩‍👩‍👧"], equal=((0, 1),)),
    "right to left": Texts(texts=["שלום עולם", "שלום  עולם", "مرحبا بالعالم"], equal=((0, 1),)),
    "zero width": Texts(texts=["in\u200bvisible ink all over", "invisible ink all over"], near=((0, 1),)),
    "control characters": Texts(texts=["\x00\x01", "\x00\x01", "\x00"], equal=((0, 1),)),
    "replacement characters": Texts(texts=["\ufffd\ufffd", "\ufffd\ufffd", "\ufffd"], equal=((0, 1),)),
    "five megabytes": Texts(texts=[FIVE_MEGABYTES, FIVE_MEGABYTES, FIVE_MEGABYTES.upper(), "short"], equal=((0, 1),), near=((0, 2),)),
    "a file of nulls, objects and lone surrogates": Rows(
        values=[None, {"a": "b"}, "\ud800", "a", "a", "b"], set_aside=("a lone surrogate", "no text", "text is an object"), equal=((0, 1),)
    ),
    "a file of numbers": Rows(values=[5, 5, 6.5, True], equal=((0, 1),)),
    "an empty file": Refused(against="empty.jsonl", says=("empty.jsonl is empty",)),
    "a missing file": Refused(against="nothing.jsonl", says=("there is no file 'nothing.jsonl'",)),
    "an empty folder": Refused(against="folder", says=("'folder' holds no file",)),
    "a file without the roles": Refused(against="other.jsonl", says=("text",)),
    "a file that is none": Refused(against="broken.jsonl", says=("broken.jsonl",)),
    "a threshold of 0": Refused(selector=near(floor=0.0), says=("0.0", "above 0 and at most 1")),
    "a threshold below 0": Refused(selector=near(floor=-0.1), says=("-0.1", "above 0 and at most 1")),
    "a threshold above 1": Refused(selector=near(floor=1.01), says=("1.01", "above 0 and at most 1")),
    "a threshold that is no number": Refused(selector=near(floor=float("nan")), says=("nan", "above 0 and at most 1")),
    "a recall of 0": Refused(selector=near(recall=0.0), says=("0.0", "above 0 and below 1")),
    "a recall of 1, which hashing cannot give": Refused(selector=near(recall=1.0), says=("1.0", "above 0 and below 1")),
    "no encoder": Refused(selector=semantic(""), says=("no encoder", "a folder, or a hub id")),
    "an encoder that the hub does not give": Refused(selector=semantic("no/such-encoder"), says=("'no/such-encoder' cannot be used",)),
    "an encoder that is no folder": Refused(selector=semantic("/no/such/folder"), says=("'/no/such/folder' cannot be used",)),
}


def of_kind(kind):
    return pytest.mark.parametrize("name", [name for name, case in CASES.items() if isinstance(case, kind)])


def pairs(edges):
    return {((edge["a"], edge["b"]), edge["kind"]) for edge in edges}


@of_kind(Texts)
def test_odd_texts_have_a_defined_answer(examples, context, name):
    """Equal texts are copies for both selectors, however short or odd; what differs is never taken for equal, and every row has a value."""
    case = CASES[name]
    table = examples(text=case.texts)
    for selector, further in ((ExactDuplicates(), ()), (NearDuplicates(), case.near)):
        found = selector.score(table, context())
        assert pairs(found.edges.to_pylist() if found.edges else []) == {(pair, "copy") for pair in case.equal} | {(pair, "near") for pair in further}
        assert found.signals.num_rows == len(case.texts)


@pytest.fixture
def plan(tmp_path):
    """A recipe beside files that cannot be compared with."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "broken.jsonl").write_text("{{{\n")
    (tmp_path / "other.jsonl").write_text('{"height": 3}\n')
    (tmp_path / "train.jsonl").write_text('{"text": "a", "label": "a"}\n')
    (tmp_path / "eval.jsonl").write_text('{"text": "held out", "label": "a"}\n')

    def make(select):
        recipe, located = recipe_from_text(
            f"name: r\ntask: classification\ndata: {{train: train.jsonl, eval: eval.jsonl, max_rejected: 1.0}}\nselect: {select}\n", "r.yaml"
        )
        return resolve(recipe, PluginHost.load(), located=located)

    return make


@of_kind(Rows)
def test_odd_rows_of_a_file_are_set_aside_or_compared(plan, tmp_path, name):
    """All are counted, each that is no text has a reason, and the others are scored."""
    case = CASES[name]
    rows = [json.dumps({"text": value, "label": "a"}) for value in case.values]
    (tmp_path / "train.jsonl").write_text("\n".join(rows) + "\n")
    store = Store.create(tmp_path / "w.duckdb")
    done = curate(store, plan("{exact-duplicates: {}, near-duplicates: {}}"), tmp_path, author="me")
    reasons = store.datasets.rejected(done.dataset.dataset_id)["reason"].to_pylist()
    assert all(part in reason for part, reason in zip(sorted(case.set_aside), sorted(reasons), strict=True)), reasons
    assert (len(rows) + 1, len(rows) + 1 - len(reasons)) == (done.dataset.read, done.dataset.imported)
    for run in done.runs:
        assert pairs(store.signals.edges(run.selector_run).to_pylist()) == {(pair, "copy") for pair in case.equal}


@of_kind(Refused)
def test_what_cannot_be_used_is_told(plan, examples, context, tmp_path, name):
    """In one message, with what was given and what was expected."""
    case = CASES[name]

    def use():
        if case.selector is not None:
            case.selector.score(examples(text=["a"]), context())
        else:
            read_against(plan(f"{{contamination: {{against: [{case.against}]}}}}"), tmp_path)

    with pytest.raises((DataError, RecipeError)) as raised:
        use()
    assert all(part in str(raised.value) for part in case.says), str(raised.value)
