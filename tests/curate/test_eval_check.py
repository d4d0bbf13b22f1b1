"""What selectors say of the evaluation split: found and told, and of no consequence."""

from __future__ import annotations

import json
import random

import pyarrow as pa
import pytest
from curate_builders import import_rows

from workbench.curate import limits, training_rows
from workbench.experiment import curate, recipe_from_text, resolve
from workbench.host import PluginHost
from workbench.report.evaluation import evaluation_section
from workbench.store import EvalRule, Store

HOST = PluginHost.load()
TOPICS = {
    "harbour": ["ship", "anchor", "sail", "rope", "pier", "captain", "tide", "gull", "crane", "cargo"],
    "kitchen": ["bread", "butter", "oven", "spoon", "sugar", "flour", "kettle", "pepper", "onion", "plate"],
    "细胞": list("细胞基因蛋白质染色体分裂"),
    "银行": list("银行贷款利率存折账户汇款"),
}
FLIPPED, COPIED, CONTRADICTED = range(0, 200, 20), (7, 8), (11, 12)


def sentence(draw, topic):
    words = draw.choices(TOPICS[topic], k=7)
    return ("" if topic in {"细胞", "银行"} else " ").join(words)


def evaluation():
    """200 rows, English and Chinese, with ten wrong labels, two copies of earlier rows, and two rows that contradict earlier ones."""
    draw = random.Random(3)
    rows = [{"text": sentence(draw, topic), "label": topic} for topic in draw.choices(list(TOPICS), k=200)]
    for at in FLIPPED:
        rows[at]["label"] = list(TOPICS)[(list(TOPICS).index(rows[at]["label"]) + 1 + at // 20 % 3) % 4]
    rows += [dict(rows[at]) for at in COPIED]
    rows += [{**rows[at], "label": list(TOPICS)[(list(TOPICS).index(rows[at]["label"]) + 1) % 4]} for at in CONTRADICTED]
    return rows


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


SELECT = "{exact-duplicates: {}, label-noise: {}, label-set: {}}"


@pytest.fixture
def curated(tmp_path):
    """Curate with a given evaluation split."""
    draw = random.Random(4)
    write(tmp_path / "train.jsonl", [{"text": sentence(draw, topic), "label": topic} for topic in draw.choices(list(TOPICS), k=120)])
    store = Store.create(tmp_path / "w.duckdb")

    def make(rows, select=SELECT, policy="{}"):
        write(tmp_path / "eval.jsonl", rows)
        text = f"name: r\ntask: classification\ndata: {{train: train.jsonl, eval: eval.jsonl}}\nselect: {select}\npolicy: {policy}\n"
        recipe, located = recipe_from_text(text, "r.yaml")
        return store, curate(store, resolve(recipe, HOST, located=located), tmp_path, author="me")

    return make


def test_planted_flips_copies_and_contradictions_are_found_and_decide_nothing(curated):
    """At least nine of ten wrong labels, few right ones; the same verdicts on train as beside a clean split; a section names them."""
    store, done = curated(evaluation())
    check = done.eval_check
    first = store.datasets.rows(done.dataset.dataset_id, "eval")[0]
    found = store.eval_checks.findings(check.eval_check).to_pylist()
    by_rule = {rule.rule.partition(" ")[0]: {each["row"] - first for each in found if each["rule"] == rule.rule} for rule in check.rules}
    flagged = by_rule["label-noise.label-issue"] | by_rule["label-noise.random-label"]
    assert len(flagged & set(FLIPPED)) >= 9
    assert len(flagged - set(FLIPPED) - {*CONTRADICTED, 202, 203}) <= 4
    assert {200, 201} == by_rule["exact-duplicates.copy"]
    assert {*CONTRADICTED, 202, 203} == by_rule["label-set.contradicted"]
    assert {200: 7, 201: 8} == {each["row"] - first: each["partner"] - first for each in found if each["rule"].startswith("exact")}
    mislabelled, alike = limits(store, check)
    assert f"{len(flagged | by_rule['label-set.contradicted'])}" in mislabelled
    assert "mislabelled" in mislabelled
    assert alike.startswith("Of 204 evaluation rows 2 are like an earlier one")
    section = evaluation_section(store, done.dataset, quote=0)
    assert [f"{each}." for each in (mislabelled, alike)] == [block.text for block in section.brief]
    assert not any("why" in getattr(block, "columns", ()) for block in section.blocks)
    clean_store, clean = curated([{"text": sentence(random.Random(9), topic), "label": topic} for topic in TOPICS])
    assert done.decision.counts == clean.decision.counts
    assert training_rows(store, done.decision).tolist() == training_rows(clean_store, clean.decision).tolist()
    assert [] == store.signals.evidence(done.dataset.dataset_id, list(range(first, first + 204))).to_pylist()


LIMITS = {
    "sure": (
        [("a.x >= 1", "target", True, {0, 1}), ("a.y >= 1", "target", False, {1, 2, 3})],
        "2 are suspected mislabelled: a difference below 0.4 points",
    ),
    "one": ([("a.x >= 1", "target", True, {4})], "1 is suspected mislabelled: a difference below 0.2 points cannot be told from their errors"),
    "in doubt": (
        [("a.y >= 1", "target", False, {1, 2, 3})],
        "3 may be mislabelled, worth a look: where they are, a difference below 0.6 points cannot",
    ),
    "more or less in doubt": (
        [("a.x >= 1", "target", False, {1}), ("a.y >= 1", "target", False, {1, 2, 3, 4, 5})],
        "1 (by the strictest rule) to 5 (by any) may be mislabelled, worth a look: where they are, a difference below 0.2 to 1.0 points",
    ),
    "alike": (
        [("b.z >= 1", "duplicate", True, set(range(50)))],
        "50 are like an earlier one: intervals, which count each row as new evidence, should be about 5.4% wider",
    ),
    "nothing": ([("a.x >= 1", "target", True, set()), ("b.z >= 1", "duplicate", True, set())], "no wrong target and no duplicate is suspected"),
    "not checked": ([], "The 500 evaluation rows could not be checked"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_what_is_found_limits_what_a_comparison_can_show(store, name):
    """Rows count once, whatever fires on them; only what is right nine times in ten is called suspected."""
    rules, told = LIMITS[name]
    found = [(row, rule) for rule, _, _, rows in rules for row in rows]
    check = store.eval_checks.add(
        import_rows(store, [("a", "b")]).dataset_id,
        "key",
        rows=500,
        rules=[EvalRule(rule=rule, about=about, sure=sure, fired=len(rows)) for rule, about, sure, rows in rules],
        notes=(),
        seconds=0.1,
        found=pa.table(
            {
                "row": pa.array([row for row, _ in found], pa.int64()),
                "rule": pa.array([rule for _, rule in found], pa.string()),
                "reason": pa.array(["why"] * len(found), pa.string()),
                "partner": pa.nulls(len(found), pa.int64()),
            }
        ),
    )
    (sentence,) = limits(store, check)
    assert told in sentence
    if name == "sure":
        assert sentence.endswith("2 more are worth a look")


def test_it_is_made_once_and_anew_where_a_rule_or_the_split_changes(curated):
    """And says so where nothing is suspected; without a rule on targets or duplicates there is none."""
    rows = [{"text": f"row {at} of {topic}", "label": topic} for at in range(3) for topic in TOPICS]
    store, done = curated(rows, "{exact-duplicates: {}}")
    assert ("Among 12 evaluation rows no duplicate is suspected",) == limits(store, done.eval_check)
    again = curated(rows, "{exact-duplicates: {}}")[1]
    assert done.eval_check == again.eval_check
    other = curated(rows, "{exact-duplicates: {}}", "{exact-duplicates.copy: {review: '>= 0.9'}}")[1]
    assert done.eval_check.eval_check != other.eval_check.eval_check
    assert curated([*rows, rows[0]], "{exact-duplicates: {}}")[1].eval_check.rows == 13
    assert curated(rows, "{garbled: {}}")[1].eval_check is None


def test_a_split_goes_with_what_was_said_of_it(curated):
    """Where an example is forgotten, and where the dataset is removed."""
    store, done = curated(evaluation(), "{exact-duplicates: {}}")
    row = int(store.eval_checks.findings(done.eval_check.eval_check)["row"][0].as_py())
    store.forget(done.dataset.dataset_id, row, author="me", reason="asked")
    assert 0 == store.sql("SELECT count(*) AS n FROM eval_findings").column("n")[0].as_py()
    _, done = curated(evaluation(), "{label-set: {}}")
    assert store.eval_checks.findings(done.eval_check.eval_check).num_rows
    store.datasets.remove(done.dataset.name, force=True)
    assert pa.table({"n": [0], "m": [0]}) == store.sql("SELECT (SELECT count(*) FROM eval_checks) AS n, (SELECT count(*) FROM eval_findings) AS m")
