"""The set-up cell, as a learner meets it: in Colab, in a checkout, elsewhere, run twice.

Colab is a package google.colab that the kernel has loaded; the published course is a git
repository on this disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from helpers import ADDRESS, REFERENCE
from helpers.backstage.packages import EVERYWHERE, KEPT, SOMEWHERE
from tests.tools.books import CHAPTERS, NAMES, ROOT, code, read, shown
from tests.tools.refresh import clean

SETUP = code(read(CHAPTERS[0]))[0].source
WHERE = "import helpers; print(helpers.__file__); print([p for p in sys.path if (Path(p) / 'helpers').is_dir()])"
STORY = "from helpers.texts import load_text; print(len(load_text('the-wall-walker')))"
pytestmark = pytest.mark.skipif(
    "COURSE_COLAB_LATER" in os.environ, reason="they run later, in Colab's versions"
)
needs_git = pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")


def git(*words, cwd: Path) -> None:
    """Run git with a name of its own, whoever runs the tests."""
    who = ["-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> str:
    """The address of a repository with the course as it is here at the tag, and something newer after it."""
    folder = tmp_path_factory.mktemp("published")
    git("init", "-q", cwd=folder)
    for part in ("helpers", "data"):
        shutil.copytree(
            ROOT / part, folder / part, ignore=shutil.ignore_patterns("downloads", "__pycache__")
        )
    shutil.copy(ROOT / "requirements.txt", folder)
    git("add", ".", cwd=folder)
    git("commit", "-qm", "published", cwd=folder)
    git("tag", REFERENCE, cwd=folder)
    (folder / "helpers" / "__init__.py").write_text("raise SystemExit('newer than the reference')")
    git("commit", "-qam", "newer", cwd=folder)
    return folder.as_uri()


@pytest.fixture
def colab(tmp_path) -> dict[str, str]:
    """What makes a kernel believe that it is in Colab: google.colab is loaded when it starts."""
    fake = tmp_path / "fake"
    (fake / "google" / "colab").mkdir(parents=True)
    (fake / "google" / "colab" / "__init__.py").touch()
    (fake / "sitecustomize.py").write_text("import google.colab")
    return {"PYTHONPATH": str(fake)}


def run(folder: Path, *cells: str, **environment: str) -> list[str]:
    """What the cells show, run in a fresh kernel in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "", "language": "python"}
    quiet = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    client = NotebookClient(book, timeout=120, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**quiet, "GIT_TERMINAL_PROMPT": "0", **environment})
    return [shown(cell) for cell in book.cells]


def refused(folder: Path, *cells: str, **environment: str) -> str:
    """The message with which the cells fail."""
    with pytest.raises(CellExecutionError) as caught:
        run(folder, *cells, **environment)
    return caught.value.evalue


def cell_for(address: str) -> str:
    """The set-up cell of the course published at this address."""
    assert SETUP.count(ADDRESS) == 1
    return SETUP.replace(ADDRESS, address)


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_the_cell_is_the_same_in_all_chapters_short_plain_and_folded(path):
    cell = code(read(path))[0]
    assert cell.source == SETUP and cell.outputs == []
    assert cell.metadata == {"cellView": "form", "jupyter": {"source_hidden": True}}
    lines = SETUP.splitlines()
    assert lines[0].startswith("# @title ")  # what Colab shows in its place
    assert len(lines) <= 24 and max(map(len, lines)) <= 88
    assert f'"{ADDRESS}"' in SETUP and f'"--branch={REFERENCE}"' in SETUP


def test_what_folds_the_cell_is_kept_when_a_notebook_is_run_anew():
    book = read(CHAPTERS[0])
    before = dict(code(book)[0].metadata)
    code(book)[0].metadata["execution"] = {"iopub.execute_input": "now"}
    assert code(clean(book))[0].metadata == before != {}


# The four cases


@needs_git
def test_in_colab_it_clones_the_reference_and_run_twice_it_does_nothing_twice(
    published, colab, tmp_path
):
    content = tmp_path / "content"
    cell = cell_for(published)
    gone = cell_for("file:///gone")  # a second clone would fail here
    _, first, size, _, second = run(content, cell, WHERE, STORY, gone, WHERE, **colab)
    assert str(content / "course" / "helpers" / "__init__.py") in first
    assert int(size) == len((ROOT / "data" / "the-wall-walker.txt").read_text("utf-8"))
    assert second == first and first.count(str(content / "course'")) == 1
    assert [path.name for path in content.iterdir()] == ["course"]
    assert (
        "course" in run(content, gone, WHERE, **colab)[1]
    )  # and in a kernel that is started again


@pytest.mark.parametrize("inside", [".", "notebooks", "notebooks/teaching", "helpers/exercises"])
def test_in_a_checkout_it_only_finds_the_root_from_whatever_folder(inside, tmp_path):
    no_git = tmp_path / "empty"
    no_git.mkdir()
    _, first, _, second = run(ROOT / inside, SETUP, WHERE, SETUP, WHERE, PATH=str(no_git))
    assert first.startswith(str(ROOT / "helpers")) and second == first


def test_elsewhere_it_says_what_to_do(tmp_path):
    message = refused(tmp_path, SETUP)
    assert f"No folder helpers is in or above {tmp_path}." in message
    assert "inside a checkout of the course" in message and "README.md" in message
    assert list(tmp_path.iterdir()) == []


@needs_git
def test_in_colab_within_a_checkout_nothing_is_cloned(colab):
    assert run(ROOT / "notebooks", cell_for("file:///gone"), WHERE, **colab)[1].startswith(
        str(ROOT / "helpers")
    )


@needs_git
@pytest.mark.skipif(
    find_spec("gensim") is not None,
    reason="gensim is here; .ci/run makes an environment without it",
)
def test_in_colab_without_gensim_it_is_installed_and_no_other_package_changes(
    published, colab, tmp_path
):
    listed = [sys.executable, "-m", "pip", "freeze"]
    before = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    _, said = run(
        tmp_path / "content",
        cell_for(published),
        "import gensim; print(gensim.__version__)",
        **colab,
    )
    after = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    assert f"gensim=={said.strip()}" in after
    assert set(before) <= set(after)


# What may go wrong


@needs_git
def test_in_colab_without_an_answer_gits_own_words_and_a_remedy_come(colab, tmp_path):
    message = refused(tmp_path / "content", cell_for("file:///gone"), **colab)
    assert (
        "does not appear to be a git repository" in message
        and "in a new runtime of Colab" in message
    )
    assert list((tmp_path / "content").iterdir()) == []


def test_without_git_it_is_named(colab, tmp_path):
    (tmp_path / "empty").mkdir()
    message = refused(tmp_path / "content", SETUP, PATH=str(tmp_path / "empty"), **colab)
    assert "in a new runtime of Colab, where git fetches the course" in message


@needs_git
def test_a_clone_that_was_killed_half_way_is_thrown_away(published, colab, tmp_path):
    half = tmp_path / "content" / "course.part" / "helpers"
    half.mkdir(parents=True)
    (half / "texts.py").write_text("half of it")
    assert (
        "content/course/helpers"
        in run(tmp_path / "content", cell_for(published), WHERE, **colab)[1]
    )
    assert not half.exists()


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
    assert "The course needs gensim" in said and "pip said: ERROR: no gensim for you" in said
    assert "-m pip install -r" in said


@pytest.mark.parametrize("name", EVERYWHERE)
def test_elsewhere_nothing_is_installed_and_each_missing_package_is_named(name):
    said = lacking(name, colab=False)
    assert said.startswith(f"The course needs {name}, and the Python at {sys.executable}")
    assert said.rstrip().endswith(f"-m pip install -r {ROOT / 'requirements.txt'}")


@pytest.mark.parametrize("name", SOMEWHERE)
def test_a_package_of_some_chapters_stops_only_the_cells_that_import_it(name):
    said = lacking(name, colab=False)
    assert said.startswith(f"The course needs {name}, and the Python at {sys.executable}")
    assert f"-m pip install -r {ROOT / 'requirements.txt'}\n" in said
    assert said.rstrip().endswith("the cells that import it stop, and all others run.")


@pytest.mark.parametrize("name", KEPT)
def test_in_colab_torch_numpy_and_widgets_are_asked_for_and_never_installed(name):
    assert lacking(name, "gensim").startswith("The course needs ")
