"""The third stage of a policy: which are chosen, in rows and in tokens, and what each row is told."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from curate_builders import SIGNALS, add_run, import_rows, policy, rule

from workbench.curate import CHOICE, Current, Material, choice_reasons, decide, explain, export, from_plain, training_rows, what_if

ROWS = [("one two three", "a"), ("水是生命之源", "b"), ("four words stand here", "a"), ("短", "b"), ("six", "a")]
TOKENS = [4, 7, 5, 2, 2]
VALUES = [0.1, 0.9, 0.8, None, 0.5]


@pytest.fixture
def scored(store):
    """Five rows, English and Chinese, with a score each but one."""
    record = import_rows(store, ROWS)
    table = pa.table({"x": pa.array(VALUES, pa.float64()), "y": pa.array([0.0, 0.0, 1.0, 0.0, 0.0])})
    return record, (add_run(store, record, "noise", SIGNALS, table=table),)


CHOICES = {
    "by rows": ({"k": 2}, [1, 2]),
    "by a share of the rows": ({"k": 0.6}, [1, 2, 4]),
    "by tokens, of which characters are one each": ({"k": 12, "unit": "tokens"}, [1, 2]),
    "by tokens, as long as they fit": ({"k": 11, "unit": "tokens"}, [1]),
    "by a share of the tokens": ({"k": 0.7, "unit": "tokens"}, [1, 2, 4]),
    "the lowest first": ({"k": 1, "order": "lowest"}, [0]),
    "more than there are": ({"k": 10**12, "unit": "tokens"}, [0, 1, 2, 3, 4]),
}


@pytest.mark.parametrize("name", CHOICES)
def test_the_best_are_chosen(store, scored, name):
    """What has no value comes last; the sums hold."""
    record, runs = scored
    asked, chosen = CHOICES[name]
    decision = decide(store, record.dataset_id, runs, from_plain({"choose": {"by": "noise.x", **asked}}))
    assert chosen == training_rows(store, decision).tolist()
    assert len(ROWS) == decision.counts.kept + decision.counts.dropped


def test_what_is_dropped_before_takes_no_place_and_is_told_its_own(store, scored):
    """Its place is that which it would have; ``only`` counts rows that the choice would not have passed over."""
    record, runs = scored
    chosen = from_plain({"noise.y": {"drop": ">= 1"}, "choose": {"by": "noise.x", "k": 2}})
    decision = decide(store, record.dataset_id, runs, chosen)
    assert [1, 4] == training_rows(store, decision).tolist()
    assert [("noise.y", 1, 1), (CHOICE, 2, 2)] == [(each.signal, each.fired, each.only) for each in decision.counts.rules]
    reasons = choice_reasons(store, record.dataset_id, runs, decision, range(len(ROWS)))
    assert "place 2 of 4 by noise.x, the highest first; 2 are chosen" == reasons[2]
    assert [3, 1, 2, 4, 2] == [int(why.split()[1]) for why in reasons.values()]


def test_a_choice_of_tokens_is_known_to_preview_explanation_and_export(store, scored, tmp_path):
    """With the same numbers in each."""
    record, runs = scored
    chosen = from_plain({"choose": {"by": "noise.x", "k": 12, "unit": "tokens"}})
    material = Material(store, record.dataset_id, runs)
    assert TOKENS == material.tokens().tolist()
    preview = what_if(material, policy(rule("noise.x", "drop", ">", 1.0)), chosen)
    decision = decide(store, record.dataset_id, runs, chosen)
    assert preview.after == decision.counts
    assert ["beyond the best 12, in tokens"] == [each.rule for each in preview.after.rules]
    (finding,) = explain(store, record, 4, runs, decision).findings
    assert (CHOICE, "place 3 of 5 by noise.x, the highest first; with it they come to 14 tokens, of which 12 are chosen") == (
        finding.signal,
        finding.reason,
    )
    exported = export(store, Current(dataset=record, runs=runs, policy=None, decision=decision), tmp_path / "out.jsonl", format="jsonl")
    manifest = json.loads(exported.manifest.read_text())
    assert {"by": "noise.x", "k": 12, "order": "highest", "unit": "tokens"} == manifest["policy"]["rules"]["choose"]
    assert 2 == manifest["rows"]["written"]


def test_no_choice_gives_no_reason(store, scored):
    """Nor do rows of other splits."""
    record, runs = scored
    decision = decide(store, record.dataset_id, runs, policy())
    assert {} == choice_reasons(store, record.dataset_id, runs, decision, np.arange(5))
