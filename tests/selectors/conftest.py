"""Examples and contexts made from plain values."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pyarrow as pa
import pytest

from workbench.types import ExampleTable, Role, RoleType, SelectorContext

SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("text", pa.large_string())])
ARROW = {
    RoleType.TEXT: pa.large_string(),
    RoleType.LABEL: pa.large_string(),
    RoleType.NUMBER: pa.float64(),
    RoleType.TEXTS: pa.large_list(pa.large_string()),
    RoleType.SPANS: pa.large_list(SPAN),
    RoleType.MESSAGES: pa.large_list(pa.struct([(name, pa.large_string()) for name in ("role", "content", "name", "tool_call_id", "tool_calls")])),
}


def make_examples(types=None, **roles):
    """An example table of role columns given as lists; roles are text unless ``types`` says otherwise."""
    size = len(next(iter(roles.values())))
    types = dict.fromkeys(roles, RoleType.TEXT) | (types or {})
    rows = [json.dumps({name: values[at] for name, values in roles.items()}, ensure_ascii=False) for at in range(size)]
    hashes = [hashlib.blake2b(row.encode(), digest_size=16).hexdigest() for row in rows]
    columns = {
        "row": pa.array(range(size), pa.int64()),
        "example_id": pa.array([f"{each}.{at}" for at, each in enumerate(hashes)], pa.string()),
        "content_hash": pa.array(hashes, pa.string()),
        "split": pa.array(["train"] * size, pa.string()),
        "source": pa.array([""] * size, pa.string()),
        "meta": pa.array(["{}"] * size, pa.string()),
    }
    columns |= {name: pa.array(values, ARROW[types[name]]) for name, values in roles.items()}
    return ExampleTable(pa.table(columns), tuple(roles))


def make_context(target="", kind=RoleType.LABEL, *, towards=None, **options):
    """A context with one core and, if named, a target of a type and examples to go towards."""
    roles = {target: Role(name=target, type=kind)} if target else {}
    return SelectorContext(roles=roles, target=target, towards=None if towards is None else wanted(towards), **options)


def wanted(examples):
    """Examples as those of a file that a choice goes towards."""
    size = len(examples)
    table = examples.table.set_column(examples.table.column_names.index("source"), "source", pa.array(["wanted.jsonl"] * size))
    return ExampleTable(table.append_column("line", pa.array(range(1, size + 1), pa.int64())), examples.roles)


@pytest.fixture
def examples():
    return make_examples


@pytest.fixture
def context():
    return make_context


@pytest.fixture
def shuffled():
    """Examples in another order, and where each of the new ones stood before."""

    def shuffle(table, seed=0):
        order = np.random.default_rng(seed).permutation(len(table))
        return table.take(order), order

    return shuffle
