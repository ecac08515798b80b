"""The set-up cell, as a learner meets it: in Colab, in a checkout, beside a zip, elsewhere, run twice.

Colab is a package google.colab that the kernel has loaded, its folder /content one of this disk; the
published course is what GitHub makes of a repository: a zip with the folder NAME-REFERENCE in it.
"""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
import zipfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from helpers.backstage.packages import EVERYWHERE, KEPT, SOMEWHERE
from tests.machines.colab import WHERE, in_colab, refused, run, with_github
from tests.tools import address
from tests.tools.books import CHAPTERS, NAMES, ROOT, code, read
from tests.tools.refresh import clean

SETUP = code(read(CHAPTERS[0]))[0].source  # as it is committed
ALONE = address.set_up_cell(SETUP, "", "")  # as it is where the course is published nowhere
STORY = "from helpers.texts import load_text; print(len(load_text('the-wall-walker')))"
SIZE = len((ROOT / "data" / "the-wall-walker.txt").read_text("utf-8"))
WAYS = (
    "1. Upload its zip here. ",
    "2. Or mount the Drive that has it. ",
    "3. Or open this chapter\nwhere",
)
pytestmark = pytest.mark.gate


def lay_out(folder: Path) -> Path:
    """The parts of the course that a chapter needs, in this folder."""
    for part in ("helpers", "data"):
        ignored = shutil.ignore_patterns("downloads", "__pycache__")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    shutil.copy(ROOT / "requirements.txt", folder)
    return folder


def zipped(course: Path, file: Path, top: str = "") -> Path:
    """A zip of a course, in which all lies beneath `top`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(course.rglob("*")):
            archive.write(path, Path(top, path.relative_to(course)))
    return file


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course apart from this checkout."""
    return lay_out(tmp_path_factory.mktemp("apart") / "course")


@pytest.fixture(scope="module")
def published(course, tmp_path_factory) -> str:
    """The set-up cell of a course that is published, in a GitHub which is a folder of this disk."""
    github = tmp_path_factory.mktemp("github")
    zipped(course, github / "somebody" / "a-course" / "archive" / "v2.zip", "a-course-2")
    return cell_for("somebody/a-course", "v2", github)


def cell_for(name: str, reference: str, github: Path) -> str:
    """The set-up cell of the course that this repository of that GitHub publishes."""
    return with_github(address.set_up_cell(SETUP, address.SITE + name, reference), github)


@pytest.fixture
def colab(tmp_path) -> dict[str, str]:
    """What makes a kernel believe that it is in Colab."""
    return in_colab(tmp_path / "fake")


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_the_cell_is_the_same_in_all_chapters_short_plain_and_folded(path):
    cell = code(read(path))[0]
    assert cell.source == SETUP and cell.outputs == []
    folded = {"cellView": "form", "jupyter": {"source_hidden": True}}
    assert cell.metadata == {**folded, "slideshow": {"slide_type": "skip"}}
    assert SETUP.startswith("# @title ")  # what Colab shows in its place
    for source in (SETUP, ALONE):
        assert max(map(len, source.splitlines())) <= 88
        assert not any(word in source for word in ("lambda", ":=", "shell", "os.system", "exec("))
    assert len(ALONE.replace("\n\n", "\n").splitlines()) <= 17


def test_what_folds_the_cell_is_kept_when_a_notebook_is_run_anew():
    book = read(CHAPTERS[0])
    before = dict(code(book)[0].metadata)
    code(book)[0].metadata["execution"] = {"iopub.execute_input": "now"}
    assert code(clean(book))[0].metadata == before != {}


# Where the course lies already


@pytest.mark.parametrize("inside", [".", "notebooks", "notebooks/teaching", "helpers/exercises"])
def test_in_a_checkout_it_only_finds_the_root_from_whatever_folder(inside):
    _, first, _, second = run(ROOT / inside, SETUP, WHERE, SETUP, WHERE)
    assert first.startswith(str(ROOT / "helpers")) and second == first


@pytest.mark.parametrize("name", ["course", "from-text-to-tensors-main"])
def test_a_zip_that_was_unpacked_beside_the_notebook_is_found_under_whatever_name(
    name, course, tmp_path
):
    shutil.copytree(course, tmp_path / "content" / name)
    _, where = run(tmp_path / "content", ALONE, WHERE)
    assert where.startswith(str(tmp_path / "content" / name / "helpers"))


@pytest.mark.parametrize(
    "place", ["from-text-to-tensors-main", "drive/MyDrive/course", "drive/MyDrive"]
)
def test_in_colab_the_course_is_found_in_content_and_on_a_mounted_drive(
    place, course, colab, tmp_path
):
    shutil.copytree(course, tmp_path / "content" / place)
    cell = ALONE.replace('"/content', f'"{(tmp_path / "content").as_posix()}')
    _, where = run(tmp_path / "elsewhere", cell, WHERE, **colab)
    assert where.startswith(str(tmp_path / "content" / place / "helpers"))


def test_a_course_on_pythons_own_path_is_found(course, tmp_path):
    assert run(tmp_path, ALONE, WHERE, PYTHONPATH=str(course))[1].startswith(str(course))


# A zip of it


@pytest.mark.parametrize("top", ["", "from-text-to-tensors-main", "a/b"])
def test_a_zip_beside_the_notebook_is_unpacked_once_githubs_own_too(top, course, colab, tmp_path):
    content = tmp_path / "content"
    zipped(course, content / "from-text-to-tensors-main.zip", top)
    zipped(ROOT / "helpers" / "play", content / "another.zip")
    (content / "half.zip").write_bytes(b"PK\x03\x04 an upload that is still under way")
    _, first, size, _, second = run(content, ALONE, WHERE, STORY, ALONE, WHERE, **colab)
    assert first.startswith(str(content / "course" / "helpers")) and int(size) == SIZE
    assert second == first and first.count(str(content)) == 2 and ".zip" not in first
    inside = sorted(path.name for path in (content / "course").iterdir())
    assert inside == ["data", "helpers", "requirements.txt"]


def test_a_zip_in_my_drive_is_unpacked_where_the_notebook_runs(course, colab, tmp_path):
    zipped(course, tmp_path / "content" / "drive" / "MyDrive" / "main.zip", "name-main")
    cell = ALONE.replace('"/content', f'"{(tmp_path / "content").as_posix()}')
    _, where = run(tmp_path / "elsewhere", cell, WHERE, **colab)
    assert where.startswith(str(tmp_path / "elsewhere" / "course" / "helpers"))


def test_what_an_interrupted_unpacking_left_is_thrown_away(course, tmp_path):
    half = tmp_path / "course.part" / "course" / "helpers"
    half.mkdir(parents=True)
    (half / "texts.py").write_text("half of it")
    zipped(course, tmp_path / "main.zip", "name-main")
    assert run(tmp_path, ALONE, WHERE)[1].startswith(str(tmp_path / "course" / "helpers"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course", "main.zip"]


@pytest.mark.parametrize("name", ["m/../../evil.py", "m/../evil.py", "m/C:evil.py"])
def test_of_a_zip_with_a_name_that_leads_out_of_it_nothing_is_unpacked(name, course, tmp_path):
    zipped(course, tmp_path / "content" / "main.zip", "m")
    with zipfile.ZipFile(tmp_path / "content" / "main.zip", "a") as archive:
        archive.writestr(name, "print('evil')")
    message = refused(tmp_path / "content", ALONE)
    assert "main.zip can't be unpacked" in message and "leads out of its folder" in message
    assert "Expected: the course's zip" in message and "What to do: " in message
    assert [path.name for path in (tmp_path / "content").iterdir()] == ["main.zip"]
    assert not (tmp_path / "evil.py").exists()


def test_a_link_in_a_zip_becomes_a_plain_file(course, tmp_path):
    zipped(course, tmp_path / "main.zip", "m")
    link = zipfile.ZipInfo("m/data/link")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "main.zip", "a") as archive:
        archive.writestr(link, "/etc/passwd")
    run(tmp_path, ALONE)
    laid = tmp_path / "course" / "data" / "link"
    assert laid.read_text() == "/etc/passwd" and not laid.is_symlink()


def test_a_damaged_zip_is_named_and_nothing_is_left_under_the_courses_name(course, tmp_path):
    file = zipped(course, tmp_path / "main.zip", "m")
    story = (ROOT / "data" / "the-wall-walker.txt").read_bytes()[:200]
    assert file.read_bytes().count(story) == 1
    file.write_bytes(file.read_bytes().replace(story, b"x" * len(story)))
    message = refused(tmp_path, ALONE)
    assert "main.zip can't be unpacked: Bad CRC-32" in message and "upload it again" in message
    assert not (tmp_path / "course").exists()


def test_a_folder_that_is_in_the_way_is_named_and_kept(course, tmp_path):
    zipped(course, tmp_path / "main.zip", "m")
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "mine.txt").write_text("mine")
    message = refused(tmp_path, ALONE)
    assert f"there is a {tmp_path / 'course'} already" in message and "rename it" in message
    assert (tmp_path / "course" / "mine.txt").read_text() == "mine"


# The address where it is published


def test_in_colab_the_published_course_is_fetched_and_run_twice_nothing_is_done_twice(
    published, colab, tmp_path
):
    content, gone = tmp_path / "content", published.replace("v2.zip", "gone.zip")
    _, first, size, _, second = run(content, published, WHERE, STORY, gone, WHERE, **colab)
    assert first.startswith(str(content / "course" / "helpers")) and int(size) == SIZE
    assert second == first and first.count(str(content)) == 2
    assert sorted(path.name for path in content.iterdir()) == ["course", "course.zip"]
    # And in a kernel that is started again nothing is fetched.
    assert "course" in run(content, gone, WHERE, **colab)[1]


def test_what_lies_nearer_goes_before_the_published_course(published, course, colab, tmp_path):
    zipped(course, tmp_path / "main.zip", "mine")
    run(tmp_path, published, **colab)
    assert not (tmp_path / "course.zip").exists()
    gone = published.replace("v2.zip", "gone.zip")
    assert run(ROOT / "notebooks", gone, WHERE, **colab)[1].startswith(str(ROOT / "helpers"))


def test_a_published_course_that_does_not_answer_is_named_above_the_ways_that_remain(
    published, colab, tmp_path
):
    gone = published.replace("v2.zip", "gone.zip")
    caught = f"try:\n    exec({gone!r})\nexcept AssertionError as error:\n    print(error)"
    (said,) = run(tmp_path / "content", caught, **colab)
    assert "gone.zip does not answer: " in said.splitlines()[0]
    assert all(way in said for way in WAYS)
    assert list((tmp_path / "content").iterdir()) == []


def test_a_fetch_that_was_interrupted_is_fetched_again(published, colab, tmp_path):
    content = tmp_path / "content"
    content.mkdir()
    (content / "course.zip").write_bytes(b"PK\x03\x04 half of it")
    assert "course" in run(content, published, WHERE, **colab)[1]


@pytest.mark.parametrize("machine", ["colab", "elsewhere"])
def test_where_nothing_is_found_one_message_says_what_was_looked_for_and_the_three_ways(
    machine, colab, tmp_path
):
    message = refused(tmp_path / "content", ALONE, **(colab if machine == "colab" else {}))
    assert f"No course found in {tmp_path / 'content'}, above, one level down, in zips" in message
    places = [message.index(way) for way in WAYS]
    assert places == sorted(places), "the ways stand in another order"
    assert "Kaggle: copy it from /kaggle/input." in message and "VS Code: open its" in message
    assert list((tmp_path / "content").iterdir()) == []


@pytest.mark.skipif(
    find_spec("gensim") is not None,
    reason="gensim is here; .ci/run makes an environment without it",
)
def test_in_colab_without_gensim_it_is_installed_and_no_other_package_changes(
    published, colab, tmp_path
):
    listed = [sys.executable, "-m", "pip", "freeze"]
    before = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    show = "import gensim; print(gensim.__version__)"
    _, said = run(tmp_path / "content", published, show, **colab)
    after = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    assert f"gensim=={said.strip()}" in after
    assert set(before) <= set(after)


# Two checkouts


def test_helpers_of_another_checkout_on_the_path_do_not_win(tmp_path):
    other = tmp_path / "other"
    shutil.copytree(
        ROOT / "helpers", other / "helpers", ignore=shutil.ignore_patterns("__pycache__")
    )
    assert run(ROOT / "notebooks", SETUP, WHERE, PYTHONPATH=str(other))[1].startswith(
        str(ROOT / "helpers")
    )


def test_helpers_of_another_checkout_that_are_loaded_already_are_named(tmp_path):
    other = tmp_path / "other"
    shutil.copytree(
        ROOT / "helpers", other / "helpers", ignore=shutil.ignore_patterns("__pycache__")
    )
    message = refused(ROOT / "notebooks", "import helpers", SETUP, PYTHONPATH=str(other))
    assert (
        f"helpers came from {other}" in message
        and str(ROOT) in message
        and "Restart the kernel" in message
    )


# What is installed there

LACKING = """
import sys, subprocess
import helpers
from helpers.backstage import packages
if {colab}: sys.modules["google.colab"] = sys
find = packages.find_spec
packages.find_spec = lambda name: None if name in {missing} else find(name)
class Done: returncode, stderr = {status}, "WARNING: slow\\nERROR: no gensim for you"
subprocess.run = lambda command, **_: print(command[2:]) or Done
try: helpers.set_up(helpers.ROOT)
except ImportError as error: print(error)
"""


def lacking(*missing: str, colab: bool = True, status: int = 0) -> str:
    """What set_up says and does where these packages are missing."""
    program = LACKING.format(missing=missing, colab=colab, status=status)
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def test_in_colab_only_what_is_missing_is_installed_and_numpy_torch_and_widgets_stay():
    said = lacking("gensim", "tiktoken")
    assert (
        said.startswith("['pip', 'install', '-q', 'tiktoken>=")
        and "'gensim>=" in said
        and "'tqdm" not in said
    )
    for name in KEPT:
        assert f"'{name}=={version(name)}'" in said  # so pip can replace it by nothing else
    assert lacking() == ""


def test_in_colab_what_pip_says_comes_with_the_remedy():
    said = lacking("gensim", status=1)
    assert (
        "lacks gensim, which the course needs." in said
        and "pip said: ERROR: no gensim for you" in said
    )
    assert "-m pip install -r" in said


@pytest.mark.parametrize("name", EVERYWHERE)
def test_elsewhere_nothing_is_installed_and_each_missing_package_is_named(name):
    said = lacking(name, colab=False)
    assert said.startswith(f"The Python at {sys.executable} lacks {name}, which the course needs.")
    assert said.rstrip().endswith(f"-m pip install -r {ROOT / 'requirements.txt'}")


@pytest.mark.parametrize("name", SOMEWHERE)
def test_a_package_of_some_chapters_stops_only_the_cells_that_import_it(name):
    said = lacking(name, colab=False)
    assert said.startswith(f"The Python at {sys.executable} lacks {name}, which the course needs.")
    assert f"-m pip install -r {ROOT / 'requirements.txt'}\n" in said
    assert said.rstrip().endswith("the cells that need a missing package stop, and all others run.")


@pytest.mark.parametrize("name", KEPT)
def test_in_colab_torch_numpy_and_widgets_are_asked_for_and_never_installed(name):
    assert "which the course needs." in lacking(name, "gensim")
