"""What `python -m helpers` promises: a true table, a status, a server for this machine only."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import pytest

from helpers import __main__ as start
from helpers.backstage import copies, downloads
from helpers.backstage.downloads import ROOT, MissingDataError
from tests.machines.lab import course_copy, served, status
from tests.tools.books import readme_command

not_windows = pytest.mark.skipif(
    os.name == "nt", reason="there the server would outlive the process that started it"
)


def lacking():
    raise MissingDataError("The file was wanted.\nLooked for: here.\nWhat to do: lay it there.")


@pytest.fixture
def steps(monkeypatch):
    """Steps that cost nothing; a test may replace them."""
    found = [("a text", lambda: "20 characters", False), ("merges", lambda: "7 tokens", True)]
    monkeypatch.setattr(start, "STEPS", found)
    return found


@pytest.fixture
def started(monkeypatch):
    """The commands that would have started a server."""
    commands = []
    monkeypatch.setattr(os, "execve", lambda _, command, env: commands.append(command))
    monkeypatch.setattr(subprocess, "call", lambda command, env: commands.append(command) or 0)
    monkeypatch.setattr(copies, "lay_out", lambda folder: [])
    return commands


def test_check_prints_what_is_ready_and_starts_nothing(steps, started, capsys):
    assert start.main(["--check"]) == 0
    printed = capsys.readouterr().out
    assert f"ready    {sys.version.split()[0]}" in printed
    for fact in ("torch ", "jupyterlab ", "20 characters", "7 tokens", "GB free"):
        assert fact in printed
    assert "missing" not in printed
    assert started == []


def optional_files() -> list[str]:
    return [name for name, item in downloads.FILES.items() if item.optional]


def test_check_says_which_optional_files_are_here_and_fetches_none(
    steps, started, monkeypatch, capsys
):
    here, *others = optional_files()
    monkeypatch.setattr(downloads, "is_ready", lambda name: name == here)
    monkeypatch.setattr(downloads, "fetch", lambda name: name == here or pytest.fail("fetched"))
    assert start.main(["--check"]) == 0
    printed = capsys.readouterr().out
    assert re.search(rf"^{here} +ready +1\.7 MB: GPT-4's tokens", printed, re.MULTILINE)
    for name in others:
        assert re.search(rf"^{name} +later +[\d.]+ MB, .*--all fetches it", printed, re.MULTILINE)


def test_all_fetches_every_optional_file_and_stops_for_none_that_can_not_be_had(
    steps, started, monkeypatch, capsys
):
    asked = []

    def fetch(name):
        asked.append(name)
        if name == "minilm-l6-v2.zip":
            lacking()

    monkeypatch.setattr(downloads, "is_ready", lambda name: False)
    monkeypatch.setattr(downloads, "fetch", fetch)
    assert start.main(["--all", "--check"]) == 0
    assert asked == optional_files() and "minilm-l6-v2.zip" in asked
    printed = capsys.readouterr().out
    assert re.search(r"^minilm-l6-v2.zip +missing +optional, see below", printed, re.MULTILINE)
    assert re.search(r"^o200k_base.tiktoken +ready +3\.6 MB", printed, re.MULTILINE)
    assert started == []


def test_a_needed_thing_that_is_missing_ends_it_with_status_1_and_the_remedy(
    steps, started, capsys
):
    steps.append(("word vectors", lacking, True))
    for argv in (["--check"], []):
        assert start.main(argv) == 1
        printed = capsys.readouterr().out
        assert re.search(r"^word vectors +missing  see below$", printed, re.MULTILINE)
        assert "What to do: lay it there." in printed
        assert "Something that the course needs is missing" in printed
    assert started == []


def test_a_book_that_is_missing_is_called_optional_and_stops_nothing(steps, started, capsys):
    steps[0] = ("a text", lacking, False)
    assert start.main(["--check"]) == 0
    assert "missing  optional, see below" in capsys.readouterr().out


def test_one_step_that_fails_does_not_keep_the_next_from_its_turn(steps, capsys):
    steps.insert(0, ("broken", lambda: 1 / 0, True))
    assert start.main(["--check"]) == 1
    printed = capsys.readouterr().out
    assert "broken: ZeroDivisionError: division by zero" in printed
    assert "7 tokens" in printed


def test_a_package_that_is_missing_is_needed_and_named_with_the_command(steps, monkeypatch, capsys):
    def no_matplotlib(name):
        if name == "matplotlib":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(start, "version", no_matplotlib)
    assert start.main(["--check"]) == 1
    printed = capsys.readouterr().out
    assert "missing  not installed" in printed
    assert "-m pip install -r" in printed


def test_every_package_of_requirements_stands_in_the_table():
    names = ["Python", "torch", "jupyterlab", "ipywidgets", "tiktoken", "gensim", "matplotlib",
        "numpy", "tqdm", "pooch", "regex"]  # fmt: skip
    if sys.version_info >= (3, 14):  # gensim has no build for it
        names.remove("gensim")
    assert [row.what for row in start.packages()] == names


def test_from_python_3_14_on_gensim_is_neither_needed_nor_asked_for(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))
    assert "gensim" not in [row.what for row in start.packages()]


def test_the_books_are_optional_and_the_rest_is_needed():
    optional = {"text: the-verdict", "text: the-awakening"}
    if find_spec("gensim") is None:  # the sample is in gensim's package
        optional.add("text: Wikipedia sample")
    assert {what for what, _, needed in start.STEPS if not needed} == optional


def test_what_chapter_5_needs_is_prepared_before_class():
    assert {"word vectors", "text: Wikipedia sample"} <= {what for what, *_ in start.STEPS}


def test_the_free_space_is_that_of_the_disk_where_the_downloads_lie(steps, monkeypatch, capsys):
    elsewhere = ROOT / "data" / "not" / "there"  # its disk is that of the folder above
    monkeypatch.setattr(downloads, "DOWNLOADS", elsewhere)
    sizes = {ROOT / "data": 7_000_000_000, ROOT: 99_000_000_000}
    usage = shutil._ntuple_diskusage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**11, 0, sizes[path]))
    start.main(["--check"])
    assert f"7.0 GB free at {ROOT / 'data'}" in capsys.readouterr().out


def test_with_all_ready_the_course_opens_at_its_first_chapter(steps, started, capsys):
    start.main(["--port", "9999"])
    (command,) = started
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert "--port=9999" in command
    assert f"--LabApp.default_url=/lab/tree/{start.FIRST}" in command
    assert "JupyterLab" in capsys.readouterr().out


@pytest.mark.parametrize("root", [False, True])
@pytest.mark.parametrize("display", [False, True])
def test_the_server_keeps_to_this_machine_and_opens_no_browser_where_there_is_none(root, display):
    command = start.server_command(8888, root, display)
    assert "--ip=127.0.0.1" in command
    assert not any("token=" in word or "password" in word for word in command)
    assert ("--allow-root" in command) == root
    assert ("--no-browser" in command) == (root or not display)


def test_other_settings_of_jupyter_stay_beside_ours(monkeypatch):
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    ours = str(start.SETTINGS)
    assert start.server_environment()["JUPYTER_CONFIG_PATH"] == ours
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "theirs")
    assert start.server_environment() == {
        **os.environ,
        "JUPYTER_CONFIG_PATH": f"theirs{os.pathsep}{ours}",
    }


def test_the_learners_own_chapters_are_laid_out_before_the_server_starts(
    steps, started, monkeypatch
):
    monkeypatch.setattr(copies, "lay_out", lambda folder: started.append(folder.name))
    assert start.main(["--check"]) == 0 and started == []
    start.main([])
    assert started[0] == "my-course" and len(started) == 2


def test_another_version_than_the_course_names_is_said_and_stops_nothing(
    steps, monkeypatch, capsys
):
    monkeypatch.setattr(
        start, "version", lambda name: "7.6.5" if name == "ipywidgets" else version(name)
    )
    assert start.main(["--check"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^ipywidgets +untried +7\.6\.5$", printed, re.MULTILINE)
    assert "ipywidgets: 7.6.5 is here; the course is tested with >=7.7.1,<9." in printed
    assert "-m pip install -r" in printed


def test_a_newer_python_than_the_course_names_is_said_and_stops_nothing(steps, monkeypatch, capsys):
    monkeypatch.setattr(start, "NEWEST", (3, 9))
    assert start.main(["--check"]) == 0
    assert re.search(r"^Python +untried", capsys.readouterr().out, re.MULTILINE)


def test_packed_on_one_machine_and_unpacked_on_another_the_data_is_the_same(
    tmp_path, monkeypatch, capsys
):
    assert start.main(["--pack", str(tmp_path / "class.zip")]) == 0
    assert "python -m helpers --unpack class.zip" in capsys.readouterr().out
    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path / "elsewhere")
    assert start.main(["--unpack", str(tmp_path / "class.zip")]) == 0
    assert "checked, and put into" in capsys.readouterr().out
    needed = [name for name, item in downloads.FILES.items() if item.wheel and not item.optional]
    assert all(map(downloads.is_ready, needed))


@pytest.mark.parametrize("option", ["--pack", "--unpack"])
def test_what_can_not_be_packed_or_unpacked_ends_with_status_1_and_the_remedy(
    option, tmp_path, capsys
):
    (tmp_path / "notes.txt").write_text("my own words")
    assert start.main([option, str(tmp_path / "notes.txt")]) == 1
    said = capsys.readouterr()
    assert said.out == "" and "What to do" in said.err and "Traceback" not in said.err
    assert (tmp_path / "notes.txt").read_text() == "my own words"


def test_the_course_opens_its_browser_only_where_there_is_a_display(steps, started, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    start.main([])
    monkeypatch.setenv("DISPLAY", ":0")
    start.main([])
    assert ["--no-browser" in command for command in started] == [True, False]


@pytest.mark.gate
@not_windows
def test_the_printed_address_opens_the_course_and_without_its_token_it_is_refused(tmp_path):
    course = course_copy(tmp_path / "course")
    with served([sys.executable, "-m", "helpers"], course, tmp_path) as (address, token):
        contents = f"{address}/api/contents/{start.FIRST}?content=0"
        assert status(f"{address}/lab/tree/{start.FIRST}?token={token}") == 200
        assert status(f"{contents}&token={token}") == 200
        assert status(contents) == 403
        assert status(f"{contents}&token=guessed") == 403


# The line that README.md says to paste


@pytest.mark.gate
@not_windows
def test_readmes_first_command_opens_the_first_chapter_in_a_fresh_checkout(tmp_path):
    """With CI set, all of it; else without a new environment: the one that is here stands in its place."""
    course = course_copy(tmp_path / "course")
    command = readme_command("start")
    make, install, run = command.split(" && ")
    assert make == "python3 -m venv .venv" and install.endswith(
        "-m pip install -r requirements.txt"
    )
    if os.environ.get("CI"):
        run = command
    else:
        os.symlink(sys.prefix, course / ".venv")
    with served(["bash", "-c", run], course, tmp_path / "home", seconds=900) as (address, token):
        chapter = f"{address}/api/contents/{start.FIRST}?token="
        assert status(chapter + token) == 200
        with urllib.request.urlopen(chapter + token) as answer:
            book = json.load(answer)
        cells = book["content"]["cells"]
        assert cells[0]["source"].startswith("# Chapter 1")
        assert not any(cell.get("outputs") for cell in cells)  # a copy that nobody has run
        assert status(chapter) == 403 and status(chapter + "guessed") == 403
        assert status(f"{address}/lab/tree/{start.FIRST}?token={token}") == 200
