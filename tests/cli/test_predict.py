"""``workbench predict``: where its result goes."""

from workbench.cli import main
from workbench.store import Store


def test_a_folder_is_no_file_to_write(tmp_path, monkeypatch, capsys):
    """Told before anything is predicted."""
    monkeypatch.chdir(tmp_path)
    Store.create(tmp_path / "workbench.duckdb")
    assert 2 == main(["predict", "1", "file.jsonl", "--to", "."])
    assert "Error: . is a folder. Expected the file to write. Give one with --to.\n" == capsys.readouterr().err
