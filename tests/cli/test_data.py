"""``workbench data``: what an import is called."""

import pytest

from workbench.cli import main


@pytest.mark.parametrize("location", ["*.jsonl", "part-[0-9].csv", "."])
def test_a_location_that_names_no_dataset_needs_a_name(location, tmp_path, capsys):
    """Nothing else could find a dataset that is called after a glob."""
    assert 2 == main(["--store", str(tmp_path / "store.duckdb"), "data", "import", location, "--task", "classification"])
    assert f"Error: {location!r} gives the dataset no name. Expected one, such as --name reviews." == capsys.readouterr().err.strip()


def test_a_dataset_that_there_is_not_is_told_once_and_for_all(tmp_path, capsys):
    """By every command that takes its name."""
    store = ["--store", str(tmp_path / "store.duckdb")]
    assert 0 == main([*store, "data", "import", _file(tmp_path), "--task", "classification"])
    for command in ("show", "remove"):
        capsys.readouterr()
        assert 2 == main([*store, "data", command, "reviws"])
        assert "there is no dataset 'reviws'. Expected one of: reviews. Did you mean 'reviews'?" in capsys.readouterr().err


def _file(folder):
    path = folder / "reviews.jsonl"
    path.write_text('{"text": "good", "label": "a"}\n', encoding="utf-8")
    return str(path)
