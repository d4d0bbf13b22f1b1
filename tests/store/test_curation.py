from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_builders import examples, imported, numbered, rule, run_of, scored, verdict_table

from workbench.errors import DataError, UnknownNameError
from workbench.store import GoneError, Range, RowFilter, Store
from workbench.types import Findings, Signal

OPERATORS = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
FRESH = itertools.count()
DTYPES = {"float64": (pa.float64(), st.floats(width=16)), "int64": (pa.int64(), st.integers(-3, 3)), "bool": (pa.bool_(), st.booleans())}
HOSTILE = ["a", "self-confidence", 'x" OR true --', "select"]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_rules_fire_as_numpy_says(store, data):
    """Every rule is evaluated on every row of train; nulls and NaN never fire, and rows that a selector did not score don't either."""
    record = store.datasets.find("data") or imported(store, examples(numbered(5), split="eval"), examples(numbered(9)))
    names = data.draw(st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=3, unique=True))
    signals = tuple(Signal(name=name, dtype=data.draw(st.sampled_from(sorted(DTYPES))), summary="") for name in names)
    rows = np.array(sorted(data.draw(st.sets(st.integers(5, 13), min_size=1))))
    columns = {signal.name: data.draw(st.lists(st.none() | DTYPES[signal.dtype][1], min_size=len(rows), max_size=len(rows))) for signal in signals}
    table = pa.table({signal.name: pa.array(columns[signal.name], DTYPES[signal.dtype][0]) for signal in signals})
    run = store.signals.add(run_of(record.dataset_id, signals, params_hash=str(next(FRESH))), rows, Findings(signals=table))
    rules = data.draw(
        st.lists(
            st.builds(
                rule,
                st.sampled_from([f"{prefix}.{name}" for name in names for prefix in ("near-duplicates", "classification.near-duplicates")]),
                st.sampled_from(sorted(OPERATORS)),
                st.floats(-3, 3, width=16),
            ),
            max_size=4,
        )
    )
    found = store.curation.fired([run], rules)
    assert list(range(5, 14)) == found.column("row").to_pylist()
    for number, each in enumerate(rules):
        _selector, _dot, name = each.signal.rpartition(".")
        values = np.full(14, np.nan)
        values[rows] = [np.nan if value is None else float(value) for value in columns[name]]
        expected = OPERATORS[each.rule.operator](values, each.rule.threshold) & ~np.isnan(values)
        assert expected[5:].tolist() == found.column(f"r{number}").to_pylist()


def test_rules_of_several_runs(store):
    """Columns come in the order of the rules, whichever run each belongs to."""
    record = imported(store, examples(numbered(3)))
    first = scored(store, record.dataset_id, [0.0, 0.5, 1.0])
    second = scored(store, record.dataset_id, [1.0, 0.5, 0.0], name="label-noise")
    rules = [rule("label-noise.score", ">=", 0.5), rule("near-duplicates.score", ">=", 0.5), rule("label-noise.score", "<", 0.5)]
    found = store.curation.fired([first, second], rules)
    expected = {"row": [0, 1, 2], "r0": [True, True, False], "r1": [False, True, True], "r2": [False, False, True]}
    assert expected == found.to_pydict()


def test_no_rules_and_no_runs(store):
    """Without rules there are just the rows; without runs the dataset has to be named."""
    record = imported(store, examples(numbered(3)))
    assert store.curation.fired([], [], dataset_id=record.dataset_id).to_pydict() == {"row": [0, 1, 2]}
    with pytest.raises(DataError, match="without a dataset"):
        store.curation.fired([], [])


@pytest.mark.parametrize("operator", ["=", "LIKE", "< 0 OR 1 =", "in"])
def test_operators_are_a_closed_list(store, operator):
    """An operator that is not listed never reaches SQL."""
    run = scored(store, imported(store, examples(numbered(1))).dataset_id, [1.0])
    with pytest.raises(DataError, match="one of < <= > >= == !="):
        store.curation.fired([run], [rule("near-duplicates.score", operator, 1.0)])


def test_rule_on_an_unknown_signal(store):
    """A rule that names no signal is refused with the nearest that there is."""
    run = scored(store, imported(store, examples(numbered(1))).dataset_id, [1.0])
    with pytest.raises(UnknownNameError, match=r"Did you mean 'near-duplicates\.score'"):
        store.curation.fired([run], [rule("near-duplicates.scores", "<", 1.0)])


VERDICTS = ["keep", "drop", "review", "drop", "keep", "keep"]
FIRED = [[], ["noise.score drop"], ["noise.score review", "near.jaccard review"], ["near.jaccard drop"], [], ["noise2.score review"]]
PINS = [None, None, None, "drop", "keep", None]
TEXTS = ["plain", "100% sure", "100 percent", "UPPER_case", "一些中文", "back\\slash"]


@pytest.fixture(scope="module", params=["all rows", "what differs"])
def shown(request, tmp_path_factory):
    """A store with one verdict set over the rows 2 to 7, kept as a whole or as what differs from an earlier one."""
    store = Store.create(tmp_path_factory.mktemp("shown") / "test.duckdb")
    record = imported(store, examples(numbered(2), split="eval"), examples([(text, "label") for text in TEXTS]))
    table = verdict_table(VERDICTS, FIRED, PINS)
    table = table.set_column(0, "row", pa.array(range(2, 8), pa.int64())).set_column(
        3, "partner", pa.array([None, 2, None, None, None, None], pa.int64())
    )
    if request.param == "all rows":
        number = store.curation.save(record.dataset_id, "hash", 3, table, {"kept": 3})
    else:
        before = verdict_table(
            ["keep", "keep", *VERDICTS[2:4], "drop", "keep"], [[], [], FIRED[2], FIRED[3], FIRED[1], FIRED[5]], [None, "keep", *PINS[2:]]
        )
        base = store.curation.save(record.dataset_id, "hash", 1, before.set_column(0, "row", table["row"]), {})
        number = store.curation.save(record.dataset_id, "hash", 3, table.take([1, 4]), {"kept": 3}, base=base)
        assert (number, 3, base, [3, 6]) == (*(found := store.curation.newest(record.dataset_id, "hash", 9))[:3], found[3].tolist())
        assert (base, 1, base) == store.curation.newest(record.dataset_id, "hash", 2)[:3]
        with pytest.raises(GoneError):
            store.curation.save(record.dataset_id, "hash", 4, table.take([1]), {}, base=number + 9)
    assert table == store.curation.verdicts(number)
    rows = store.sql("SELECT row, verdict, pin FROM verdicts WHERE verdict_set = ? ORDER BY row", [number])
    assert [VERDICTS, PINS] == [rows["verdict"].to_pylist(), rows["pin"].to_pylist()]
    assert (number, {"kept": 3}) == store.curation.find(record.dataset_id, "hash", 3)
    assert store.curation.find(record.dataset_id, "hash", 4) is None
    return store, number


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"verdict": "drop"}, [1, 3]),
        ({"rule": "noise.score drop"}, [1]),
        ({"rule": "noise.score"}, [1, 2]),
        ({"rule": "noise"}, [1, 2]),
        ({"rule": "near.jaccard", "verdict": "review"}, [2]),
        ({"pinned": True}, [3, 4]),
        ({"pinned": False, "verdict": "drop"}, [1]),
        ({"text": "100%"}, [1]),
        ({"text": "upper_"}, [3]),
        ({"text": "中文"}, [4]),
        ({"text": "\\"}, [5]),
        ({"text": "LABEL"}, [0, 1, 2, 3, 4, 5]),
        ({"text": "' OR true --"}, []),
        ({"pattern": r"^[A-Z]+_\w+$"}, [3]),
        ({"pattern": "PERCENT|back"}, [2, 5]),
        ({"flagged": False}, [0, 4]),
        ({"flagged": True, "pinned": False}, [1, 2, 5]),
        ({"label": ("text", "plain")}, [0]),
        ({"source": "nowhere"}, []),
        ({"slice": ('a"key', "x")}, []),
        ({"rule": "' OR true --"}, []),
    ],
    ids=str,
)
def test_page_filters(shown, filters, expected):
    """A page holds the rows that pass all filters, in row order; its count says how many there are."""
    store, number = shown
    found = store.curation.page(number, RowFilter(**filters))
    assert [2 + position for position in expected] == found.column("row").to_pylist()
    assert [TEXTS[position] for position in expected] == found.column("text").to_pylist()
    assert [FIRED[position] for position in expected] == found.column("fired").to_pylist()
    assert len(expected) == store.curation.count(number, RowFilter(**filters))
    assert found.column("row").to_pylist() == store.curation.rows(number, RowFilter(**filters)).tolist()
    assert Counter(found.column("verdict").to_pylist()) == store.curation.verdict_counts(number, RowFilter(**filters))


def test_pages_follow_one_another(shown):
    """Each page begins after the last row of the one before, until there are no more."""
    store, number = shown
    seen, after = [], -1
    while (page := store.curation.page(number, after_row=after, limit=4)).num_rows:
        assert page.num_rows <= 4
        seen += page.column("row").to_pylist()
        after = seen[-1]
    assert list(range(2, 8)) == seen
    columns = ["row", "example_id", "split", "verdict", "fired", "partner", "pin", "text", "label"]
    assert columns == page.column_names
    assert store.curation.verdict(number, 3)["partner"] == 2
    assert store.curation.verdict(number, 0) is None


def test_a_pattern_that_is_none_is_refused(shown):
    """A regular expression that cannot be read is the user's to mend."""
    store, number = shown
    with pytest.raises(DataError, match="is no regular expression"):
        store.curation.page(number, RowFilter(pattern="(a"))


def test_facets_count_the_rows_of_a_filter_by_value(shown):
    """The commonest value comes first, and equal counts by value; a column that no row has gives nothing."""
    store, number = shown
    assert [("label", 2)] == store.curation.facet(number, RowFilter(verdict="drop"), of="label", name="label")
    assert sorted((text, 1) for text in TEXTS)[:4] == store.curation.facet(number, of="label", name="text", limit=4)
    assert sum(n for _, n in store.curation.facet(number, of="source")) == 6
    assert [] == store.curation.facet(number, of="slice", name='a"key')
    with pytest.raises(UnknownNameError):
        store.curation.facet(number, of="label", name="nothing")


def test_histograms_and_ranges_count_every_finite_value_once(store):
    """Parts of a histogram add up to the rows that have a finite value, and a range of values finds the rows within."""
    record = imported(store, examples(numbered(6)))
    run = scored(store, record.dataset_id, [0.0, 0.25, 1.0, float("nan"), 0.5, None])
    number = store.curation.save(record.dataset_id, "hash", 0, verdict_table(["keep", "drop", "drop", "keep", "keep", "keep"]), {})
    parts = store.curation.histogram(number, run, "score", bins=2).to_pylist()

    assert [(0.0, "drop", 1), (0.0, "keep", 1), (0.5, "drop", 1), (0.5, "keep", 1)] == [
        (part["low"], part["verdict"], part["rows"]) for part in parts
    ]
    within = Range(selector_run=run.selector_run, signal="score", low=0.25, high=0.5)
    assert [1, 4] == store.curation.rows(number, RowFilter(values=within)).tolist()
    assert [1] == store.curation.rows(number, RowFilter(values=within, verdict="drop")).tolist()


def test_same_verdicts_are_kept_once(store):
    """A policy at a ledger number has one set, whoever saves it."""
    record = imported(store, examples(numbered(2)))
    first = store.curation.save(record.dataset_id, "hash", 0, verdict_table(["keep", "drop"]), {"kept": 1})
    assert first == store.curation.save(record.dataset_id, "hash", 0, verdict_table(["drop", "drop"]), {"kept": 0})
    assert store.curation.verdicts(first).column("verdict").to_pylist() == ["keep", "drop"]


def test_old_sets_make_room(store):
    """When there are many sets the newest stay, those that an experiment was made at, and those that others differ from."""
    record = imported(store, examples(numbered(1)))
    experiment = store.experiments.open(name="e", identity="i", task="t", dataset_id=record.dataset_id, recipe="", resolved={})
    store.experiments.freeze(experiment.experiment_id, "curated", None, np.array([0]), policy_id=None, ledger_number=1)
    numbers = [store.curation.save(record.dataset_id, "hash", at, verdict_table(["keep"]), {}) for at in range(32)]
    store.curation.save(record.dataset_id, "hash", 32, verdict_table([]), {}, base=numbers[4])
    kept = {at for at in range(33) if store.curation.find(record.dataset_id, "hash", at) is not None}
    assert {1, 4, *range(17, 33)} == kept
    with pytest.raises(DataError, match="Newer ones have taken its place"):
        store.curation.page(numbers[0])
    assert store.sql("SELECT count(*) AS n FROM _verdicts").to_pylist() == [{"n": 17}]
