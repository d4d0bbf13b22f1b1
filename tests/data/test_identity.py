"""Content hashes."""

from __future__ import annotations

import hashlib
import json

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data.identity import content_hashes, json_objects, json_values
from workbench.data.values import arrow_type
from workbench.types import RoleType

texts = st.text(st.characters(codec="utf-8"), max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def without_null(value):
    """What canonical JSON holds of a value: objects without absent keys."""
    if isinstance(value, dict):
        return {key: without_null(inner) for key, inner in value.items() if inner is not None}
    return [without_null(inner) for inner in value] if isinstance(value, list) else value


def canonical(value):
    return json.dumps(without_null(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def hash_of(text):
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({"b": texts | st.none(), 'a"\n': texts | st.none(), "é": texts | st.none()}), min_size=1, max_size=8))
def test_columns_of_text_become_the_json_that_rows_become(rows):
    """JSON built by columns equals canonical JSON by rows, whatever characters the texts hold."""
    columns = {name: pa.array([row[name] for row in rows], pa.large_string()) for name in rows[0]}

    built = json_objects({name: json_values(column) for name, column in columns.items()}, len(rows))

    assert [canonical(row) for row in rows] == built.to_pylist()


@settings(deadline=None)
@given(st.lists(plain, min_size=1, max_size=5))
def test_mixed_values_become_the_json_that_rows_become(values):
    """So it does for values of any type, absent ones left out."""
    built = json_objects({"value": json_values(values)}, len(values))

    assert [canonical({"value": value}) for value in values] == built.to_pylist()


def test_the_content_hash_is_the_one_that_the_design_defines():
    """BLAKE2b of 128 bits over the canonical JSON of the roles, written out here by hand; absent roles and null keys are left out."""
    table = pa.table(
        {
            "text": pa.array(["naïve “é”\n", "二"], pa.large_string()),
            "score": pa.array([0.5, None], pa.float64()),
            "answers": pa.array([[{"start": 1, "end": 2, "text": "x"}], [{"start": None, "end": None, "text": "y"}]], arrow_type(RoleType.SPANS)),
            "source": ["not", "hashed"],
        },
    )

    expected = [
        hash_of('{"answers":[{"end":2,"start":1,"text":"x"}],"score":0.5,"text":"naïve “é”\\n"}'),
        hash_of('{"answers":[{"text":"y"}],"text":"二"}'),
    ]

    assert expected == content_hashes(table, ["text", "score", "answers"]).to_pylist()


def test_a_content_hash_never_changes():
    """A golden value, of b2sum -l 128 on the canonical JSON: stored hashes must be found again by later versions."""
    table = pa.table({"label": pa.array(["greeting"], pa.large_string()), "text": pa.array(["Hello, 世界"], pa.large_string())})

    assert ["3c987802d34b91c4942fa59705580525"] == content_hashes(table, ["text", "label"]).to_pylist()


def test_texts_are_not_normalised():
    """An accent of its own is another character than an accented letter."""
    table = pa.table({"text": pa.array(["\u00e9", "e\u0301"], pa.large_string())})

    assert 2 == len(set(content_hashes(table, ["text"]).to_pylist()))


def test_a_table_without_rows_has_no_hashes():
    """Nothing in, nothing out."""
    assert [] == content_hashes(pa.table({"text": pa.array([], pa.large_string())}), ["text"]).to_pylist()
