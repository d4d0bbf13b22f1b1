"""Builds the tables that metrics take."""

from __future__ import annotations

import pyarrow as pa
import pytest

from workbench.types import ExampleTable

SPANS = pa.large_list(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("text", pa.large_string())]))


@pytest.fixture(scope="session")
def examples():
    """Makes examples of roles given as lists of texts, or of lists of texts."""

    def make(**roles):
        columns = {}
        for name, values in roles.items():
            several = any(isinstance(value, list) for value in values)
            columns[name] = pa.array(values, pa.large_list(pa.large_string()) if several else pa.large_string())
        return ExampleTable(pa.table(columns), tuple(roles))

    return make


@pytest.fixture(scope="session")
def question_answers():
    """Makes examples of a role of spans from lists of answers."""

    def make(answers):
        spans = [None if texts is None else [{"start": 0, "end": len(text), "text": text} for text in texts] for texts in answers]
        return ExampleTable(pa.table({"answers": pa.array(spans, SPANS)}), ("answers",))

    return make


@pytest.fixture(scope="session")
def texts():
    """Makes predictions of texts."""
    return lambda values: pa.table({"text": pa.array(values, pa.large_string())})


@pytest.fixture(scope="session")
def score(texts):
    """The value of a metric of texts."""
    from workbench.metrics import evaluate

    return lambda metric, predictions, references: evaluate([(metric.name, metric)], texts(predictions), references)[0].value
