"""What duplicates are among texts that are none, or odd: one table of cases."""

from __future__ import annotations

import pytest

from workbench.selectors import ExactDuplicates, NearDuplicates

FIVE_MEGABYTES = "The quick brown fox jumps over the lazy dog. " * 120_000
CASES = {
    # name: (texts, pairs that are equal, further pairs that are near)
    "no row": ([], [], []),
    "one row": (["a row"], [], []),
    "all rows equal": (["the same"] * 4, [(0, 1), (0, 2), (0, 3)], []),
    "absent texts": ([None, None, "a"], [(0, 1)], []),
    "absent and empty": ([None, "", "  "], [(0, 1), (0, 2)], []),
    "too short for a shingle": (["a", "b", "a", "ab", "天", "天"], [(0, 2), (4, 5)], []),
    "short and of another case": (["US", "us"], [], []),
    "only punctuation": (["?!", "?!", "...", "?"], [(0, 1)], []),
    "emoji": (["🙂🙂🙂", "🙂🙂🙂", "🙂🙃🙂", "👩‍👩‍👧"], [(0, 1)], []),
    "right to left": (["שלום עולם", "שלום  עולם", "مرحبا بالعالم"], [(0, 1)], []),
    "zero width": (["in\u200bvisible ink all over", "invisible ink all over"], [], [(0, 1)]),
    "control characters": (["\x00\x01", "\x00\x01", "\x00"], [(0, 1)], []),
    "replacement characters": (["\ufffd\ufffd", "\ufffd\ufffd", "\ufffd"], [(0, 1)], []),
    "five megabytes": ([FIVE_MEGABYTES, FIVE_MEGABYTES, FIVE_MEGABYTES.upper(), "short"], [(0, 1)], [(0, 2)]),
}


@pytest.mark.parametrize("case", CASES)
def test_odd_texts_have_a_defined_answer(examples, context, case):
    """Equal texts are copies for both selectors, however short or odd; what differs is never taken for equal, and every row has a value."""
    texts, equal, near = CASES[case]
    table = examples(text=texts)
    for selector, wanted in ((ExactDuplicates(), {(pair, "copy") for pair in equal}), (NearDuplicates(), {(pair, "copy") for pair in equal})):
        found = selector.score(table, context())
        edges = [] if found.edges is None else found.edges.to_pylist()
        more = {(pair, "near") for pair in near} if selector.name == "near-duplicates" else set()
        assert {((edge["a"], edge["b"]), edge["kind"]) for edge in edges if edge["kind"] != "conflict"} == wanted | more
        assert found.signals.num_rows == len(texts)
