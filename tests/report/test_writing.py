import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.report import Report, Section, write
from workbench.report.writing import file_stem
from workbench.types import TextBlock


def report_called(name):
    """A report of this name."""
    return Report(name=name, title="t", subtitle="", sections=(Section(title="s", blocks=(TextBlock(text="first"),)),))


@pytest.mark.parametrize("name", ["demo", "demo@2", "my.run_3", "banking77-v1", "例子"])
def test_a_harmless_name_is_the_file_name(name):
    """Letters of any script, digits, and . - _ @."""
    assert name == file_stem(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../../etc/passwd", "/etc/passwd", "a/b", "a\\b", "a\0b", ".hidden", "-rf", "a b", "x" * 300, "例" * 300, "a\nb", "\ud800"],
)
def test_no_name_leaves_the_folder(name, tmp_path):
    """Each is written, as one plain file in the folder itself."""
    folder = tmp_path / "out"
    (path,) = write(report_called(name), folder)
    assert folder == path.parent
    assert [path] == list(folder.iterdir())
    assert path.name[0] not in ".-"


@settings(deadline=None)
@given(st.text(), st.text())
def test_two_names_never_share_a_file(one, other):
    """And a name always gives the same one."""
    assert (one == other) == (file_stem(one) == file_stem(other))
    assert len(os.fsencode(file_stem(one))) <= 140


def test_all_formats_are_written_and_replaced(tmp_path):
    """Nothing else is left in the folder."""
    write(report_called("demo"), tmp_path, ["html", "md"])
    paths = write(Report(name="demo", title="second", subtitle="", sections=()), tmp_path, ["html", "md"])
    assert [tmp_path / "demo.html", tmp_path / "demo.md"] == paths == sorted(tmp_path.iterdir())
    assert ["second" in path.read_text(encoding="utf-8") for path in paths] == [True, True]


def test_a_link_in_the_way_is_replaced_and_not_followed(tmp_path):
    """What it points to stays as it is."""
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / "demo.html").symlink_to(target)
    write(report_called("demo"), tmp_path)
    assert "mine" == target.read_text()
    assert not (tmp_path / "demo.html").is_symlink()


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path):
    """With the nearest that there is."""
    with pytest.raises(UnknownNameError, match=r"there is no report format 'htm'.*Did you mean 'html'"):
        write(report_called("demo"), tmp_path / "out", ["md", "htm"])
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_is_told(tmp_path):
    """A file stands where the folder should be; nothing half-written is left."""
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkbenchError, match=r"the report cannot be written to .*file"):
        write(report_called("demo"), tmp_path / "file")


def test_a_failed_write_leaves_the_old_report(tmp_path):
    """A folder has the name of the second file: the first is whole, the second untouched, nothing partial stays."""
    (tmp_path / "demo.md").mkdir()
    (tmp_path / "demo.md" / "keep").write_text("")
    with pytest.raises(WorkbenchError):
        write(report_called("demo"), tmp_path, ["html", "md"])
    assert ["demo.html", "demo.md"] == sorted(path.name for path in tmp_path.iterdir())
