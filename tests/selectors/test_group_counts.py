"""Groups by axis, held against counting by hand and against SciPy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import chi2_contingency, chisquare

from workbench.errors import RecipeError
from workbench.selectors import AXES, GROUPS, GroupCounts, GroupCountsParams
from workbench.selectors._axes import axis_shares, slice_shares, total_variation
from workbench.selectors._statistics import holm, indicators


def test_every_group_of_the_lexicon_is_on_one_axis():
    """And no axis has another."""
    assert sorted(GROUPS) == sorted(group for groups in AXES.values() for group in groups)


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["She reads", "a woman and a man", "he sleeps", "a Muslim", "It rains", None], [1, 2, 1, 1, 0, 0]),
        (["她在读书", "女人和丈夫", "其他孩子", "穆斯林和犹太人"], [1, 2, 0, 2]),
    ],
)
def test_groups_are_counted_with_their_places(examples, context, texts, wanted):
    """In English and Chinese; each place is that of a term."""
    found = GroupCounts().score(examples(text=texts), context())
    assert wanted == found.signals["groups"].to_pylist()
    terms = {term for group in GROUPS.values() for term in group}
    for each in found.evidence.to_pylist():
        assert {texts[each["position"]][span["start"] : span["end"]].lower() for span in each["spans"]} <= terms
        assert json.loads(each["values"])["groups"].split(", ")[0] in GROUPS


def test_an_axis_is_held_against_equal_shares_or_a_reference(examples, context):
    """By the total variation distance, whose p-value is SciPy's."""
    table = examples(text=["she"] * 60 + ["he"] * 20 + ["nobody"] * 20)
    equal = GroupCounts().score(table, context()).notes
    stated = GroupCounts(params=GroupCountsParams(reference={"women": 0.75, "men": 0.25})).score(table, context()).notes
    assert f"gender: women 60 (75%), men 20 (25%); total variation distance to the reference 0.250, p = {chisquare([60, 20]).pvalue:.2g}" == equal[0]
    assert stated[0].endswith("reference 0.000, p = 1")
    assert ("no group of people is named",) == GroupCounts().score(examples(text=["nobody"]), context()).notes


def test_slices_that_differ_are_told_and_shuffled_ones_are_not(examples, context):
    """By outcome: women have one label; of twenty shuffles at most one finds any."""
    texts = ["she is here", "he is here"] * 100
    labels = ["nurse" if at % 2 == 0 and at % 10 else "doctor" for at in range(200)]
    found = GroupCounts().score(examples(text=texts, label=labels), context("label")).notes
    assert any("where the outcome is 'nurse': women 80 (100%); total variation distance to all examples 0.500" in note for note in found)
    rng = np.random.default_rng(0)
    shuffled = [GroupCounts().score(examples(text=texts, label=list(rng.permutation(labels))), context("label")).notes for _ in range(20)]
    assert sum(len(notes) > 1 for notes in shuffled) <= 1


def test_distances_and_p_values_are_those_of_the_formulas():
    """Half the summed differences; chi-square of a slice against the rest, corrected by Holm's procedure."""
    rng = np.random.default_rng(1)
    named, sliced = rng.random((300, 3)) < 0.3, rng.random((300, 2)) < [0.3, 0.6]
    named[:, 0] |= sliced[:, 0] & (rng.random(300) < 0.4)
    matrices = [indicators([np.flatnonzero(column) for column in each.T], 300) for each in (named, sliced)]
    axes = {"axis": ("a", "b", "c")}
    found = slice_shares(matrices[0], ("a", "b", "c"), axes, {"outcome": (matrices[1], ("x", "y"))}, least=1)
    whole = named.sum(axis=0)
    raw, distances = [], []
    for place in range(2):
        counts = named[sliced[:, place]].sum(axis=0)
        raw.append(chi2_contingency([counts, whole - counts], correction=False).pvalue)
        distances.append(0.5 * np.abs(counts / counts.sum() - whole / whole.sum()).sum())
    told = {each.value: each for each in found}
    assert distances == pytest.approx([told["x"].distance, told["y"].distance])
    assert holm(np.array(raw)).tolist() == pytest.approx([told["x"].p, told["y"].p])
    assert 1.0 == total_variation(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    left_out = axis_shares(matrices[0], ("a", "b", "c"), axes, {"a": 0.5, "b": 0.5})[0]
    assert np.isnan(left_out.p)
    assert left_out.distance >= whole[2] / whole.sum()


def test_groups_and_axes_can_be_brought_along(examples, context):
    """Groups of one's own are on one axis unless axes say otherwise; an unknown group is refused by name."""
    groups = {"gnomes": ["gnome"], "dwarfs": ["dwarf", "矮人"], "elves": ["elf"]}
    table = examples(text=["a gnome", "矮人来了", "an elf"])
    one = GroupCounts(params=GroupCountsParams(groups=groups)).score(table, context())
    assert [1, 1, 1] == one.signals["groups"].to_pylist()
    assert one.notes[0].startswith("groups: dwarfs 1 (33%)")
    two = GroupCounts(params=GroupCountsParams(groups=groups, axes={"small": ["gnomes", "dwarfs"], "tall": ["elves"]})).score(table, context())
    assert ["small", "tall"] == [note.split(":")[0] for note in two.notes]
    with pytest.raises(RecipeError, match="no group 'trolls'"):
        GroupCounts(params=GroupCountsParams(groups=groups, reference={"trolls": 1.0})).score(table, context())
