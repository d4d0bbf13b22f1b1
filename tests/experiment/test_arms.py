"""The training sets of an experiment."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.experiment import curate, recipe_from_text, resolve
from workbench.experiment.arms import freeze_arms, random_by_tokens
from workbench.host import PluginHost
from workbench.store import Store


@settings(deadline=None, max_examples=60)
@given(tokens=st.lists(st.integers(0, 50), max_size=30), wanted=st.integers(0, 900), seed=st.integers(0, 5))
def test_rows_are_drawn_until_their_tokens_are_as_near_as_they_come(tokens, wanted, seed):
    """In the random order, one row more or less would be no nearer; a row is drawn once."""
    counts = np.array(tokens, dtype=np.int64)
    rows = np.arange(len(tokens)) * 3
    drawn = random_by_tokens(rows, counts, wanted, seed)
    assert sorted(set(drawn.tolist())) == drawn.tolist()
    order = np.random.default_rng(seed).permutation(len(tokens))
    assert set(drawn.tolist()) == set(rows[order[: len(drawn)]].tolist())
    gaps = [abs(int(counts[order[:size]].sum()) - wanted) for size in range(len(tokens) + 1)]
    assert min(gaps) == gaps[len(drawn)]


@pytest.mark.parametrize("matched", ["rows", "tokens"])
def test_a_random_arm_has_as_many_rows_or_tokens_as_the_curated_one(tmp_path, matched):
    """As the recipe says; the arm's note tells how many tokens. Chinese counts in characters."""
    rows = [{"text": "短句子。" if at % 2 else f"a much longer sentence of some ten words number {at}", "label": str(at % 3)} for at in range(60)]
    for name in ("train", "eval"):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    text = (
        "name: r\ntask: classification\ndata: {train: train.jsonl, eval: eval.jsonl}\nselect: {length-outliers: {}, random-order: {}}\n"
        f"policy: {{choose: {{by: random-order.number, k: 20}}}}\ncompare: {{arms: [curated, random], seeds: [0, 1], random: {matched}}}\n"
    )
    recipe, located = recipe_from_text(text, "r.yaml")
    plan = resolve(recipe, PluginHost.load(), located=located)
    store = Store.create(tmp_path / "w.duckdb")
    done = curate(store, plan, tmp_path, author="me")
    experiment = store.experiments.open(name="r", identity="0" * 32, task="t", dataset_id=done.dataset.dataset_id, recipe=text, resolved={})
    compare = plan.recipe.compare
    arms = freeze_arms(
        store, experiment, done.runs, done.policy, done.decision, arms=compare.arms, seeds=compare.seeds, matched=compare.random, notes={}
    )
    tokens = np.array([4 if at % 2 else 11 for at in range(60)])  # the label is one
    curated, *drawn = (store.experiments.arm_rows(arm.arm_id) for arm in arms)
    if matched == "rows":
        assert [20, 20] == [len(each) for each in drawn]
        assert [""] * 3 == [arm.note for arm in arms]
    else:
        wanted = int(tokens[curated].sum())
        assert all(abs(int(tokens[each].sum()) - wanted) <= 6 for each in drawn)
        assert f"drawn to the {wanted} tokens of curated" in arms[1].note
    assert drawn[0].tolist() != drawn[1].tolist()
