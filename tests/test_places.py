"""Where a learner's own model is kept: never in the downloads that a class shares."""

import os
from pathlib import Path

import pytest

from helpers.backstage import downloads, places


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of the test's own, and a working folder that is outside the checkout."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "home"


def test_a_learner_in_the_checkout_writes_beside_their_own_chapters(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path / "notebooks")
    folder = places.own_folder("my-model")
    assert folder == tmp_path / "my-course" / "my-model" and not list(folder.iterdir())
    (folder / "model.npz").write_bytes(b"1")
    assert places.own_folder("my-model") == folder
    assert (folder / "model.npz").read_bytes() == b"1", (
        "a second call took the learner's model away"
    )


def test_a_learner_elsewhere_writes_where_the_notebook_runs(home):
    assert places.own_folder("my-model") == Path.cwd() / "my-course" / "my-model"
    assert not home.exists()


def test_where_the_class_may_not_write_it_is_the_home(home):
    (Path.cwd() / "my-course").write_text("a file in the way")
    folder = places.own_folder("my-model")
    assert folder == home / "my-course" / "my-model" and folder.is_dir()


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_not_chosen(home):
    folder = Path.cwd() / "my-course" / "my-model"
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    assert places.own_folder("my-model").is_relative_to(home)


def test_a_learner_who_may_write_nowhere_is_told_what_was_tried(home):
    for place in (Path.cwd() / "my-course", home):
        place.write_text("a file in the way")
    with pytest.raises(OSError) as caught:
        places.own_folder("my-model")
    message = str(caught.value)
    for part in (str(Path.cwd()), str(home), "Expected:", "What to do: start Jupyter in a folder"):
        assert part in message, message


@pytest.mark.parametrize("name", ["", " ", "..", "a/b", "a\\b", "C:", "a\0", None, 7])
def test_a_name_that_leads_elsewhere_is_refused(home, name):
    with pytest.raises(ValueError, match="was given as a folder's name. Expected one name"):
        places.own_folder(name)


def test_it_is_never_among_the_downloads():
    assert not (places.ROOT / places.MINE).is_relative_to(downloads.DOWNLOADS)
