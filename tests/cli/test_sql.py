"""``workbench sql``: any query, and nothing of its result that does harm."""

import json

import pytest

from workbench.cli import main
from workbench.store import Store


@pytest.fixture
def sql(tmp_path, capsys):
    """Runs a query; gives the exit code, the output and the messages."""
    file = tmp_path / "store.duckdb"
    Store.create(file)

    def asked(query, *options):
        code = main(["--store", str(file), "sql", query, *options])
        return code, *capsys.readouterr()

    return asked


def test_a_program_reads_on_what_is_nested(sql):
    """Lists and structs are JSON; what JSON has no word for is text."""
    code, out, _ = sql("select ['a', null] as l, {'d': date '2020-01-01'} as s, 1.5::decimal(4, 2) as n", "--json")
    (row,) = json.loads(out)["rows"]
    assert (0, ["a", None], {"d": "2020-01-01"}, "1.50") == (code, json.loads(row["l"]), json.loads(row["s"]), row["n"])


def test_two_columns_of_one_name_are_refused(sql):
    """A program would get one of them without knowing which."""
    code, _, messages = sql("select 1 as a, 2 as a, 3 as b")
    assert (2, "Error: the query gives 'a' more than once. Expected each column by its own name. Use AS.\n") == (code, messages)


def test_a_heading_made_of_data_cannot_steer_a_terminal(sql):
    """A pivot names columns after texts of a dataset."""
    code, out, _ = sql('select 1 as "\x1b[31mred\u202e\nline"')
    assert (0, "red line\n       1\n") == (code, out)
