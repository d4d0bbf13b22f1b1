from __future__ import annotations

import itertools
import random

import pytest

from workbench.selectors import CrossRoleDuplicates, CrossRoleParams

LONG = "the harbour master counts every boat that leaves before the tide turns"
OTHER = "a kettle of soup stands on the stove and nobody in the house is hungry"
CHINESE = "港口的管理员在退潮之前清点每一艘离开的船只"


def told(found):
    return [] if found.evidence is None else [(each["position"], each["partners"]) for each in found.evidence.to_pylist()]


@pytest.mark.parametrize(
    ("prompts", "responses", "similarity"),
    [
        ([LONG, OTHER], ["yes", LONG], [1.0, 1.0]),
        ([LONG, OTHER], ["yes", LONG.upper() + "!"], [1.0, 1.0]),
        ([CHINESE, OTHER], ["好", CHINESE], [1.0, 1.0]),
        ([LONG, OTHER], [LONG, "yes"], [0.0, 0.0]),  # its own response: another selector's
        ([LONG, LONG], ["yes", "no"], [0.0, 0.0]),  # one role alone
        (["a short one", OTHER], ["yes", "a short one"], [None, 0.0]),
        ([LONG, None], [None, LONG], [1.0, 1.0]),
        (["", ""], [None, ""], [None, None]),
    ],
)
def test_what_stands_in_another_role_of_another_example(examples, context, prompts, responses, similarity):
    """Long texts alone, whatever their case and punctuation, and never within one example or one role."""
    found = CrossRoleDuplicates().score(examples(prompt=prompts, response=responses), context("response"))
    assert similarity == found.signals["similarity"].to_pylist()
    assert [(at, [1 - at]) for at, value in enumerate(similarity) if value] == told(found)


def test_every_similar_text_is_found_with_its_partner(examples, context):
    """As a comparison of all texts with all others finds them, copies of each included."""
    generator = random.Random(0)
    words = [f"{a}{b}" for a in ("bar", "lin", "mos", "ter", "vol") for b in ("ka", "ne", "ti", "ro", "su", "my")]
    bases = [generator.choices(words, k=60) for _ in range(12)]

    def text():
        base = list(generator.choice(bases))
        for _ in range(generator.randrange(4)):
            base[generator.randrange(60)] = generator.choice(words)
        return " ".join(base)

    prompts, responses = ([text() for _ in range(60)] for _ in range(2))
    found = CrossRoleDuplicates(params=CrossRoleParams(floor=0.6, recall=0.999)).score(examples(prompt=prompts, response=responses), context())
    shingles = [[{" ".join(each.split()[at : at + 5]) for at in range(56)} for each in column] for column in (prompts, responses)]
    expected = [0.0] * 60
    for one, other in itertools.product(range(60), repeat=2):
        if one != other:
            a, b = shingles[0][one], shingles[1][other]
            jaccard = len(a & b) / len(a | b)
            for row in (one, other):
                expected[row] = max(expected[row], jaccard if jaccard >= 0.6 else 0.0)
    assert expected == pytest.approx(found.signals["similarity"].to_pylist(), abs=1e-12)
    assert len(told(found)) == sum(value > 0 for value in expected) > 20
