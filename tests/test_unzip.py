"""The course out of its zip: what is unpacked, and what is refused before anything is written.

How a notebook's first cell gets there is in tests/machines/test_colab.py.
"""

import zipfile

import pytest

from helpers.backstage import unzip


@pytest.fixture
def archive(tmp_path):
    """A zip with a course in name-main/ and something beside it."""
    with zipfile.ZipFile(tmp_path / "main.zip", "w") as file:
        file.writestr("name-main/", "")
        file.writestr("name-main/helpers/texts.py", "text")
        file.writestr("name-main/data/deep/er/é.txt", "ä")
        file.writestr("another/helpers/texts.py", "another")
    return tmp_path / "main.zip"


def test_only_what_lies_in_the_courses_folder_is_unpacked(archive, tmp_path):
    unzip.lay_out(archive, "name-main", tmp_path / "course")
    files = [path for path in (tmp_path / "course").rglob("*") if path.is_file()]
    laid = {
        path.relative_to(tmp_path / "course").as_posix(): path.read_text("utf-8") for path in files
    }
    assert laid == {"helpers/texts.py": "text", "data/deep/er/é.txt": "ä"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course", "main.zip"]


def test_more_than_any_course_holds_is_refused_before_a_byte_is_written(
    archive, tmp_path, monkeypatch
):
    monkeypatch.setattr(unzip, "MOST", 5)
    with pytest.raises(ValueError, match="more than any course"):
        unzip.lay_out(archive, "name-main", tmp_path / "course")
    assert [path.name for path in tmp_path.iterdir()] == ["main.zip"]


@pytest.mark.parametrize("name", ["name-main/../../evil", "name-main/C:/evil", "/name-main/evil"])
def test_no_file_is_written_outside_the_folder(name, archive, tmp_path):
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(name, "evil")
    if name.startswith("/"):  # it lies beside the course's folder, and is left there
        unzip.lay_out(archive, "name-main", tmp_path / "course")
    else:
        with pytest.raises(ValueError, match="leads out of its folder"):
            unzip.lay_out(archive, "name-main", tmp_path / "course")
    assert not list(tmp_path.parent.rglob("evil"))
