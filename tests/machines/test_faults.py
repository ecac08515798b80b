"""What can go wrong on a machine besides downloads, Colab and archives, each fault with its name.

Downloads, disks, pip, killed and racing kernels: tests/test_downloads.py. Colab, two checkouts, another folder:
tests/machines/test_colab.py. git: tests/machines/test_publish.py. Archives: tests/test_pack.py. Here: Pythons, displays, arrays that were half built.
"""

from __future__ import annotations

import ast
import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import helpers
from helpers.backstage import downloads
from tests.tools.books import CHAPTERS, NAMES, ROOT, code, read

SOURCES = sorted((ROOT / "helpers").rglob("*.py"))


def python(program: str, **environment: str) -> subprocess.CompletedProcess:
    """A program run by this Python in the course's folder."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


# Pythons


def test_an_older_python_is_named_with_the_remedy():
    done = python("import sys; sys.version_info = (3, 9, 1, 'final', 0); import helpers")
    assert (
        done.returncode
        and "This is Python 3.9. The course needs 3.10 to 3.14. Install one of them" in done.stderr
    )


@pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])
def test_every_module_is_written_in_the_oldest_python(path):
    ast.parse(path.read_text("utf-8"), feature_version=helpers.OLDEST)


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_every_chapter_is_written_in_the_oldest_python(path):
    for cell in code(read(path)):
        if "raises-exception" not in cell.metadata.get("tags", []):
            ast.parse(cell.source, feature_version=helpers.OLDEST)


def test_the_message_for_an_older_python_can_be_read_by_one():
    tree = ast.parse((ROOT / "helpers" / "__init__.py").read_text("utf-8"), feature_version=(3, 7))
    assert "__future__" in ast.dump(tree)  # so annotations of newer Pythons are never looked at


def test_all_places_name_the_same_pythons():
    oldest, newest = (".".join(map(str, two)) for two in (helpers.OLDEST, helpers.NEWEST))
    for name in ("README.md", "requirements.txt", "helpers/__init__.py"):
        assert f"{oldest} to {newest}" in (ROOT / name).read_text("utf-8"), name
    assert f'target-version = "py{oldest.replace(".", "")}"' in (ROOT / ".ruff.toml").read_text(
        "utf-8"
    )
    workflows = "".join(
        path.read_text("utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")
    )
    assert set(re.findall(r'"(3\.\d+)"', workflows)) == {oldest, newest}


# Displays


def test_without_a_display_figures_are_drawn_all_the_same():
    program = (
        "import matplotlib.pyplot as plt; from helpers import show; figure, axes = plt.subplots(); "
        "axes.plot([1, 2]); show.figure(figure, 'A line that goes up from one to two.'); print('drawn')"
    )
    done = python(program, DISPLAY="", WAYLAND_DISPLAY="", MPLBACKEND="")
    assert done.stdout.endswith("drawn\n"), done.stderr


# What was half built, or can't be kept


@pytest.fixture
def table(tmp_path, monkeypatch):
    """An empty downloads folder, and a table of word vectors that takes no time to build."""
    import numpy as np

    from helpers.backstage import word_tables

    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path)
    built = []
    monkeypatch.setattr(
        word_tables,
        "join_tables",
        lambda: built.append(1) or (["wall", "walker"], np.eye(2, 3, dtype=np.float32)),
    )
    monkeypatch.setitem(word_tables.SHAPES, word_tables.SMALL, (2, 3))
    return built


def test_arrays_that_a_killed_kernel_left_half_written_are_made_anew(table, tmp_path):
    from helpers.vectors import load_word_vectors

    load_word_vectors()
    assert len(load_word_vectors()) == 2 and table == [1]
    for name in ("vectors.npy", "words.json"):
        path = tmp_path / "google-news-small" / name
        path.write_bytes(path.read_bytes()[:-3])
        assert load_word_vectors()["walker"].tolist() == [0, 1, 0]
    (tmp_path / "google-news-small" / "words.json").write_text(
        '["wall"]'
    )  # whole, but not of these arrays
    assert load_word_vectors()["walker"].tolist() == [0, 1, 0]
    assert table == [1, 1, 1, 1]


def test_on_a_read_only_disk_word_vectors_are_built_each_time_and_used(
    table, tmp_path, monkeypatch
):
    from helpers.vectors import load_word_vectors

    real = os.mkdir

    def mkdir(path, *more, **options):
        if tmp_path in Path(path).parents:
            raise OSError(errno.EROFS, "Read-only file system")
        return real(path, *more, **options)

    monkeypatch.setattr(os, "mkdir", mkdir)
    assert load_word_vectors()["wall"].tolist() == [1, 0, 0]
    assert load_word_vectors()["wall"].tolist() == [1, 0, 0]
    assert table == [1, 1] and not list(tmp_path.iterdir())


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_wikipedia_that_can_not_be_kept_is_used_all_the_same(code, tmp_path, monkeypatch):
    from helpers import skipgram

    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path)
    words = [f"w{n}" for n in range(60)]
    monkeypatch.setattr(skipgram, "clean_articles", lambda: [words])

    def fail(*_, **__):
        raise OSError(code, "that disk")

    monkeypatch.setattr(Path, "write_text", fail)
    assert skipgram.wikipedia_texts() == [words]
    assert not list(tmp_path.iterdir())


# Nothing from outside is unpickled or run


@pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])
def test_nothing_from_outside_is_unpickled_run_or_unpacked_at_once(path):
    """Word vectors are read by an unpickler that admits few names: tests/test_vector_files.py."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in (
                "pickle.load",
                "pickle.loads",
                "torch.load",
                "joblib.load",
                "eval",
                "exec",
            ), called
            assert not called.endswith((".extractall", ".extract", ".unpack_archive")), called
            assert not any(
                word.arg == "allow_pickle" and ast.unparse(word.value) != "False"
                for word in node.keywords
            )
            assert not any(word.arg == "shell" for word in node.keywords), called
