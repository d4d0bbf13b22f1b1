from __future__ import annotations

import random
import unicodedata

import numpy as np
import pyarrow as pa
import pytest

from workbench.selectors import ExactDuplicateParams, ExactDuplicates
from workbench.selectors._columns import buffers
from workbench.selectors._equal import text_hashes
from workbench.selectors._scan import FACTOR
from workbench.selectors._unicode import tables
from workbench.types import ExampleTable


def edges(findings):
    return [] if findings.edges is None else [(edge["a"], edge["b"], edge["kind"]) for edge in findings.edges.to_pylist()]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("The sky is blue.", "The sky is blue.", True),
        ("The sky is blue.", " The  sky\tis\nblue. ", True),
        ("The sky is blue.", "The\u00a0sky\u3000is blue.", True),
        ("caf\u00e9", "cafe\u0301", True),
        ("The sky is blue.", "the sky is blue.", False),
        ("The sky is blue.", "The sky is blue!", False),
        ("天空是蓝色的。", "天空是蓝色的。 ", True),
        ("天空是蓝色的。", "天空是蓝色的!", False),
        ("ab", "a\u200bb", False),
        ("", "   ", True),
        ("3 + 4", "3 - 4", False),
    ],
)
def test_what_is_equal(examples, context, one, other, equal):
    """Composed form and white space make no difference, everything else does."""
    found = ExactDuplicates().score(examples(text=[one, other], label=["a", "a"]), context("label"))
    assert ([(0, 1, "copy")] if equal else []) == edges(found)
    assert [float(equal)] * 2 == found.signals["copy"].to_pylist()


def test_case_is_folded_on_request(examples, context):
    """In any script that has one."""
    params = ExactDuplicateParams(fold_case=True)
    assert [(0, 1, "copy"), (2, 3, "copy")] == edges(ExactDuplicates(params=params).score(examples(text=["A b", "a B", "ÄÖ", "äö"]), context()))


def test_copies_hang_on_the_first_and_groups_with_another_target_on_the_first_of_them(examples, context):
    """A star of copies for each target, and one star of conflicts between them."""
    table = examples(text=["x", "y", "x", "x", "x", "z"], label=["a", "a", "b", "a", "b", "a"])
    found = ExactDuplicates().score(table, context("label"))
    assert [(0, 2, "conflict"), (0, 3, "copy"), (2, 4, "copy")] == edges(found)
    assert [1.0, 0.0, 1.0, 1.0, 1.0, 0.0] == found.signals["copy"].to_pylist()
    assert [True, False, True, True, True, False] == found.signals["conflict"].to_pylist()


def test_all_roles_must_be_equal_and_do_not_run_into_one_another(examples, context):
    """``a b`` and ``c`` is not ``a`` and ``b c``."""
    params = ExactDuplicateParams(roles=("prompt", "input"))
    table = examples(prompt=["a b", "a", "a b", "a b"], input=["c", "b c", "c", None], response=["r"] * 4)
    assert [(0, 2, "copy")] == edges(ExactDuplicates(params=params).score(table, context("response")))


def test_the_groups_do_not_depend_on_the_order_of_rows(examples, context, shuffled):
    """The same examples are copies and conflicts of the same others."""
    table = examples(text=[f"text {at % 7}" for at in range(60)], label=[str(at % 5) for at in range(60)])
    moved, order = shuffled(table)
    before, after = (ExactDuplicates().score(each, context("label")) for each in (table, moved))
    assert before.signals.take(order) == after.signals
    assert len(edges(before)) == len(edges(after))


def colliding():
    """Two printable texts of one hash: the third word takes back what the first had changed in its chain (see ``_equal``)."""
    lowest = 2**64 - 1

    def after(word):
        value = int(FACTOR) ^ word
        return (value << 31 | value >> 33) * int(FACTOR) & lowest

    rng = random.Random(0)
    while True:
        first, second, third = (bytes(rng.choices(range(0x21, 0x7F), k=8)) for _ in range(3))
        taken = after(int.from_bytes(first, "little")) ^ after(int.from_bytes(second, "little")) ^ int.from_bytes(third, "little")
        other = taken.to_bytes(8, "little")
        if all(0x21 <= byte < 0x7F for byte in other):
            return [b"".join([word, b"and then", rest, b" the end"]).decode() for word, rest in ((first, third), (second, other))]


def test_different_texts_of_one_hash_are_not_taken_for_one(examples, context):
    """What the hash puts together is compared as a whole."""
    one, other = colliding()
    hashes = np.empty(2, dtype=np.uint64)
    text_hashes(*buffers(pa.array([one, other], pa.large_string())), tables().classes, hashes, np.empty(2, dtype=bool))
    assert hashes[0] == hashes[1]
    assert [(0, 4, "copy"), (1, 3, "copy")] == edges(ExactDuplicates().score(examples(text=[one, other, "c", other, f" {one} "]), context()))


def test_rows_of_many_chunks_with_more_texts_than_one_hash_table_holds(context):
    """The first of equal texts is found across the pieces and parts that the work is cut into."""
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 50_000, 90_000)
    chunks = [pa.array([f"text  {number}" for number in part.tolist()], pa.large_string()) for part in np.array_split(numbers, 7)]
    found = ExactDuplicates().score(ExampleTable(pa.table({"text": pa.chunked_array(chunks)}), ("text",)), context(threads=2))
    _, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    rest = np.flatnonzero(first[inverse] != np.arange(len(numbers)))
    order = np.lexsort((rest, first[inverse][rest]))
    assert first[inverse][rest][order].tolist() == found.edges["a"].to_pylist()
    assert rest[order].tolist() == found.edges["b"].to_pylist()


@pytest.mark.parametrize("threads", [1, 2])
def test_groups_are_those_of_the_normalised_texts(examples, context, threads):
    """Against Python's own normalisation, on texts of a few words with odd blanks, some of them in another case."""
    rng = random.Random(0)
    parts = ["a", "b", "caf\u00e9", "cafe\u0301", "\u5929", "\u200b", "", "A"]
    blanks = [" ", "  ", "\t", "\u3000", "\u00a0", "\n"]
    texts = ["".join(rng.choice(parts) + rng.choice(blanks) for _ in range(rng.randrange(3))) for _ in range(400)]
    for fold_case in (False, True):
        keys = [" ".join(unicodedata.normalize("NFC", text.lower() if fold_case else text).split()) for text in texts]
        wanted = [(keys.index(key), at, "copy") for at, key in enumerate(keys) if keys.index(key) != at]
        selector = ExactDuplicates(params=ExactDuplicateParams(fold_case=fold_case))
        assert sorted(wanted) == edges(selector.score(examples(text=texts), context(threads=threads)))
