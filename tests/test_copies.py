"""A learner's own copies: not yet run, never overwritten, invisible to git."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from helpers.__main__ import main
from helpers.backstage import copies
from helpers.backstage.downloads import DOWNLOADS
from tests.machines.lab import course_copy
from tests.tools.books import CHAPTERS, NAMES, ROOT, execute, read, shown

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """A folder of a learner's own copies."""
    folder = tmp_path_factory.mktemp("course") / "my-course"
    assert [path.name for path in copies.lay_out(folder)] == [path.name for path in CHAPTERS]
    return folder


@every_chapter
def test_a_copy_is_the_chapter_as_nobody_has_run_it(path, mine):
    book, chapter = read(mine / path.name), read(path)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in book.cells)
    for cell, original in zip(book.cells, chapter.cells, strict=True):
        assert (cell.id, cell.cell_type, cell.metadata) == (
            *(original.id, original.cell_type),
            original.metadata,
        )
        assert copies.PICTURE.search(original.source) or cell.source == original.source
    assert "Guess first" not in (mine / path.name).read_text("utf-8")
    nbformat.validate(book)


@every_chapter
def test_each_link_of_a_copy_leads_somewhere(path, mine):
    for cell in read(mine / path.name).cells:
        if cell.cell_type == "markdown":
            for to in re.findall(r"\]\(([^)\s]+)", re.sub(r"`[^`]*`", "", cell.source)):
                if to.startswith("attachment:"):
                    assert to.removeprefix("attachment:") in cell.attachments, to
                elif not to.startswith(("http://", "https://", "#")):
                    # my-course/ lies beside notebooks/
                    there = [mine / to, (copies.MINE / to).resolve()]
                    assert any(place.exists() for place in there), f"{path.name}: {to}"


def test_a_picture_comes_along_in_the_copy():
    line = "![A text cut into words](pictures/01_regex_tokenization.png)"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# 1\n\n{line}")])
    (cell,) = copies.without_outputs(book).cells
    assert cell.source == "# 1\n\n![A text cut into words](attachment:01_regex_tokenization.png)"
    ((name, data),) = cell.attachments.items()
    assert name == "01_regex_tokenization.png" and data["image/png"].startswith("iVBORw0KGgo")
    assert line in book.cells[0].source, "the chapter itself is left alone"


def test_what_is_there_is_never_overwritten(tmp_path):
    copies.lay_out(tmp_path)
    work, gone = tmp_path / CHAPTERS[1].name, tmp_path / CHAPTERS[3].name
    work.write_text("my work, and no notebook any more")
    gone.unlink()
    assert copies.lay_out(tmp_path) == [gone] and copies.lay_out(tmp_path) == []
    assert work.read_text() == "my work, and no notebook any more"


@pytest.mark.parametrize("name", ["3", "03", NAMES[3], CHAPTERS[3].name])
def test_a_fresh_copy_keeps_the_old_one_under_another_name(name, mine, tmp_path):
    first, kept = copies.fresh(name, tmp_path)
    assert kept is None and first.read_text("utf-8") == (mine / first.name).read_text("utf-8")
    for number in (1, 2):
        first.write_text(f"work {number}")
        again, kept = copies.fresh(name, tmp_path)
        assert again == first and kept.name == f"{NAMES[3]}-kept-{number}.ipynb"
    for number in (1, 2):
        assert (tmp_path / f"{NAMES[3]}-kept-{number}.ipynb").read_text() == f"work {number}"
    assert first.read_text("utf-8") == (mine / first.name).read_text("utf-8")


@pytest.mark.parametrize("name", ["10", "12", "x", "", "../03", "kept-1"])
def test_what_is_no_chapter_is_refused_in_words(name, capsys):
    assert main(["fresh", name]) == 1
    said = capsys.readouterr().err
    assert f"Got {name!r}; expected the number of a chapter: 00, 01, 02, " in said


def test_the_command_says_where_the_old_one_is(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(copies, "MINE", tmp_path)
    for lines in (1, 2):
        assert main(["fresh", "1"]) == 0
        said = capsys.readouterr().out.splitlines()
        assert len(said) == lines and said[0].startswith(f"{tmp_path / CHAPTERS[1].name}: a fresh")
    assert said[1] == f"What was there is kept as {NAMES[1]}-kept-1.ipynb."


def test_a_place_that_can_not_be_written_to_is_named_with_the_remedy(tmp_path):
    (tmp_path / "my-course").write_text("a file")
    with pytest.raises(OSError, match="can't be written to .* expected a folder .* Copy the"):
        copies.lay_out(tmp_path / "my-course")


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_git_sees_nothing_of_a_learners_work(tmp_path):
    course = course_copy(tmp_path / "course")
    shutil.copy(ROOT / ".gitignore", course)

    def git(*words):
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.autocrlf=false"]
        command = ["git", *who, *words]
        run = subprocess.run(command, cwd=course, check=True, capture_output=True, text=True)
        return run.stdout

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "the course")
    lay = "from helpers.backstage import copies; print(len(copies.lay_out(copies.MINE)))"
    run = [sys.executable, "-c", lay]
    done = subprocess.run(run, cwd=course, check=True, capture_output=True, text=True)
    assert int(done.stdout) == len(CHAPTERS)
    folder = course / copies.MINE.name
    path = folder / CHAPTERS[1].name
    work = read(path)
    work.cells.append(nbformat.v4.new_code_cell("import helpers; helpers.__file__"))
    execute(work, {"PYTHONPATH": "", "COURSE_DOWNLOADS": str(DOWNLOADS)}, folder)
    assert str(course / "helpers") in shown(work.cells[-1]), "other helpers than those above it"
    nbformat.write(work, path)
    (folder / ".ipynb_checkpoints").mkdir()
    shutil.copy(path, folder / ".ipynb_checkpoints")
    (folder / "my-own.txt").write_text("a text")
    assert git("status", "--porcelain") == ""
