"""What is wrong with a recipe is told with its line and what would be right."""

import pytest

from workbench.errors import RecipeError
from workbench.experiment import recipe_from_text

DATA = "task: t\ndata: {train: a, eval: b}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task: t\ndata:\n  train: a\n  split: {eval: 0.2, bye: x}\n", "r:4: there is no key 'data.split.bye'. Expected one of: eval, by, seed. "),
        ("task: t\ndata:\n  sample: {size: 9, sed: 1}\n", "r:3: there is no key 'data.sample.sed'. Expected one of: size, seed. "),
        (DATA + "compare: {metric: [f1]}\n", "r:3: there is no key 'compare.metric'. Expected one of: arms, seeds, metrics, "),
        (DATA + "policy: {a.b: {drop: '> 1'}}\nselect: {}\npolicy: {pins: false}\n", "r:5: the key 'policy' stands on line 3 already."),
        (DATA + "compare:\n  seeds: [0]\n  seeds: [1]\n", "r:5: the key 'compare.seeds' stands on line 4 already."),
        (DATA + "compare: {seeds: [0, -1]}\n", "r:3: compare.seeds.1 cannot be -1. Expected input should be greater than or equal to 0"),
        (DATA + "compare: {seeds: [4294967296]}\n", "compare.seeds.0 cannot be 4294967296. Expected input should be less than 4294967296"),
        ("task: t\ndata: {sample: {size: 9, seed: -1}}\n", "r:2: data.sample.seed cannot be -1."),
    ],
)
def test_a_recipe_that_cannot_be_meant_is_refused_with_its_line(text, message):
    """Before any work starts."""
    with pytest.raises(RecipeError) as caught:
        recipe_from_text(text, "r")
    assert message in str(caught.value)
