"""What surrounds the course agrees with it: the published address, requirements, licences, workflows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import metadata, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from helpers import NEWEST, OLDEST
from tests.machines.colab import named
from tests.tools import address
from tests.tools.books import CHAPTERS, NAMES, ROOT, code, committed, read, readme_command

REQUIREMENTS = {
    path: [
        Requirement(line)
        for line in (ROOT / path).read_text("utf-8").splitlines()
        if re.match(r"\w", line)
    ]
    for path in (
        "requirements.txt",
        "tests/requirements.txt",
        "notebooks/09-requirements.txt",
        ".web/requirements.txt",
    )
}
ALL = [
    requirement
    for several in REQUIREMENTS.values()
    for requirement in several
    if requirement.marker is None or requirement.marker.evaluate()
]
ROWS = dict(
    re.findall(
        r"^\| ([\w-]+) \| ([^|]+) \|$", (ROOT / "data" / "README.md").read_text("utf-8"), re.M
    )
)
newest = pytest.mark.skipif(
    "COURSE_NEWEST" in os.environ, reason="the bounds were taken away, to try what is newer"
)
each = pytest.mark.parametrize("requirement", ALL, ids=lambda requirement: requirement.name)

# The published address

OURS = ("https://github.com/some.body/a-course", "2026.1")
OLD = "/".join(["from-text-to-tensors"] * 2)  # a name that nobody owned


@pytest.fixture
def copy(tmp_path) -> Path:
    """The files that may name the address, as they are where it is published nowhere."""
    for path in address.files(ROOT):
        (tmp_path / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    address.publish(tmp_path, "", "")
    return tmp_path


def contents(folder: Path) -> dict[Path, bytes]:
    """What is in the files of a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nowhere_does_the_old_address_stand():
    paths = committed()
    assert ROOT / "README.md" in paths and len(paths) > 100
    assert [path for path in paths if OLD.encode() in path.read_bytes()] == []


def test_all_files_name_one_address_or_none_does():
    assert address.disagreeing(ROOT) == []
    published = address.present(ROOT)
    expected = {published} if any(published) else set()
    for path in address.files(ROOT):
        assert named(path.read_text("utf-8")) == expected, path.name


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_a_chapters_top_opens_it_in_colab_or_says_how(path):
    top = read(path).cells[0].source
    if any(address.present(ROOT)):
        assert f"]({address.link(path.name, *address.present(ROOT))})" in top
        assert address.BY_HAND not in top
    else:
        assert address.BY_HAND in top and "badge" not in top and "github" not in top.lower()


def test_one_command_publishes_moves_and_takes_the_address_away_again(copy, capsys):
    before = contents(copy)
    assert address.main([OURS[0], "--reference", OURS[1]], copy) == 0
    assert f"{len(before)} files changed.\n{OURS[0]} at {OURS[1]}\n" == capsys.readouterr().out
    for path in before:
        assert named(path.read_text("utf-8")) == {OURS}, f"{path.name} names something else"
    for path in address.chapters(copy):
        new, old = read(path), read(ROOT / "notebooks" / path.name)
        assert f"/some.body/a-course/blob/2026.1/notebooks/{path.name})" in new.cells[0].source
        fetched = 'web = "https://github.com/some.body/a-course/archive/2026.1.zip"'
        assert fetched in code(new)[0].source
        assert [cell.get("outputs") for cell in new.cells] == [
            cell.get("outputs") for cell in old.cells
        ]
    # A second time nothing changes; a fork's own address takes the place of its parent's.
    assert address.main([OURS[0], "--reference", OURS[1]], copy) == 0
    assert "0 files changed." in capsys.readouterr().out
    assert address.main(["https://github.com/a/fork", "--reference", "teaching"], copy) == 0
    assert all(b"some.body" not in text for text in contents(copy).values())
    assert address.main(["--none"], copy) == 0
    assert contents(copy) == before, "taking the address away leaves something of it"


@pytest.mark.parametrize(
    "name, old, new",
    [
        ("README.md", "/blob/2026.1/", "/blob/v2/"),
        ("README.md", "published](https://github.com/some.body", "published](https://github.com/a"),
        ("notebooks/03_byte_pair_encoding.ipynb", "archive/2026.1.zip", "archive/main.zip"),
        ("notebooks/03_byte_pair_encoding.ipynb", "/blob/2026.1/", "/blob/main/"),
        ("notebooks/04_sliding_windows.ipynb", "github.com/some.body/", "github.com/somebody/"),
    ],
)
def test_any_place_that_disagrees_is_found(copy, capsys, name, old, new):
    address.publish(copy, *OURS)
    text = (copy / name).read_text("utf-8")
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1), "utf-8")
    assert address.main([], copy) == 1
    assert f"{Path(name).name} names another." in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["github.com/a/b"],
        ["https://github.com/a/b.git"],
        ["https://github.com/a b/c"],
        [OURS[0], "--reference", "v 1"],
        [OURS[0], "--reference", "; rm -rf ~"],
    ],
)
def test_what_is_no_address_or_reference_changes_nothing(copy, capsys, words):
    before = contents(copy)
    assert address.main(words, copy) == 1
    assert "expected" in capsys.readouterr().err
    assert contents(copy) == before


# Requirements and licences


@newest
@each
def test_each_requirement_has_an_upper_bound_and_what_is_installed_satisfies_it(requirement):
    assert any(bound.operator in ("<", "<=", "==", "~=") for bound in requirement.specifier), (
        requirement
    )
    assert requirement.specifier.contains(version(requirement.name), prereleases=True)


@newest
@each
def test_no_bound_shuts_out_a_python_that_the_course_is_made_for(requirement):
    """An exact version must itself take all of them; of a range, pip finds one that does."""
    if any(bound.operator == "==" for bound in requirement.specifier):
        takes = SpecifierSet(metadata(requirement.name)["Requires-Python"])
        assert all(takes.contains(f"3.{minor}") for minor in range(OLDEST[1], NEWEST[1] + 1)), takes


def pasted(language: str) -> list[str]:
    """The blocks of README.md in this language."""
    text = (ROOT / "README.md").read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)\n```$", text, flags=re.M | re.S)


def test_each_systems_line_is_one_paste():
    bash, powershell = pasted("bash"), pasted("powershell")
    assert len(bash) == 4 and len(powershell) == 1
    assert all("\n" not in line for line in bash + powershell)
    # In PowerShell 5.1 && is a syntax error, and paths have backslashes.
    assert "&&" not in powershell[0] and "/" not in powershell[0]
    starting = [line for line in bash if "pytest" not in line]
    assert all(line.endswith(" && .venv/bin/python -m helpers") for line in starting)


def test_machines_that_pytorch_has_no_build_for_are_named_with_the_ways_that_remain():
    (paragraph,) = [
        part
        for part in (ROOT / "README.md").read_text("utf-8").split("\n\n")
        if part.startswith("On macOS")
    ]
    for machine in ["Intel processor", "macOS before 14", "Windows on ARM", "Python 3.14"]:
        assert machine in paragraph, f"whoever has {machine} is not told"
    for way in ["Colab", "Binder", "Codespaces", "chapter 5 runs on a table of our own"]:
        assert way in paragraph, f"{way} is not named as a way"


def test_teachers_first_read_how_to_publish_then_how_a_class_comes_into_colab():
    text = (ROOT / "README.md").read_text("utf-8")
    publish, colab, *_ = text.split("## Teach with it\n\n")[1].split("\n- ")
    assert "by pushing" in publish and "`python -m tests.tools.address https://" in publish
    for way in ["Drive folder", "If the course is published", "zip in My Drive", "mounts Drive"]:
        assert way in colab, f"thirty learners can't get in by {way}"


def test_binder_codespaces_and_the_line_for_linux_take_the_small_build_of_the_same_pytorch():
    (torch,) = [line for line in REQUIREMENTS["requirements.txt"] if line.name == "torch"]
    small = f"pip install {torch} --index-url https://download.pytorch.org/whl/cpu"
    assert any(small in line for line in pasted("bash"))
    assert f"python -m {small}" in (ROOT / "requirements.txt").read_text("utf-8")
    codespaces = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    (linux,) = [line for line in pasted("bash") if small in line]
    assert codespaces["postCreateCommand"] == f"{linux} --check"
    binder = (ROOT / ".binder" / "requirements.txt").read_text("utf-8").splitlines()
    assert "--extra-index-url https://download.pytorch.org/whl/cpu" in binder
    # Of one version pip takes the build with a local name: 2.13.0+cpu before 2.13.0.
    assert "-r ../requirements.txt" in binder and str(torch).startswith("torch==")


def test_binders_and_codespaces_python_is_one_that_the_course_is_made_for():
    codespaces = (ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8")
    binder = (ROOT / ".binder" / "runtime.txt").read_text("utf-8")
    for minor in re.findall(r"python[:-]3\.(\d+)", codespaces + binder):
        assert OLDEST <= (3, int(minor)) <= NEWEST
    assert os.access(ROOT / ".binder" / "postBuild", os.X_OK)
    after = (ROOT / ".binder" / "postBuild").read_text("utf-8")
    assert "python -m helpers --all" in after, "Binder's network is slow once a chapter is open"


def said_licence(name: str) -> str:
    """What an installed package says of its licence, in whatever field it says it."""
    about = metadata(name)
    classifiers = [line for line in about.get_all("Classifier", []) if line.startswith("License")]
    return " ".join(filter(None, [about["License-Expression"], about["License"], *classifiers]))


@each
def test_the_licence_of_each_package_is_listed_and_is_what_the_package_says(requirement):
    said, listed = said_licence(requirement.name), ROWS[requirement.name]
    named = listed
    if metadata(requirement.name)["License-Expression"] is None:
        named = listed.split(", with parts under")[0]  # an older release, as Python 3.10 gets
    for word in re.findall(
        r"BSD|MIT|Apache|LGPL-2\.1|MPL-2\.0|Python Software Foundation|0BSD|Zlib|CC0|CNRI", named
    ):
        assert word in said, f"{requirement.name}: {listed} is listed, and it says {said[:300]}"
    for kind in ("AGPL", "LGPL", "MPL"):  # what asks for more than a notice must not be missed
        assert (kind in listed) or kind not in said.split("Copyright")[0], (
            f"{requirement.name} says {said[:300]}"
        )


def test_every_file_of_data_is_told_of():
    text = (ROOT / "data" / "README.md").read_text("utf-8")
    for path in (ROOT / "data").iterdir():
        assert path.name in text or path.name == "README.md", (
            f"data/README.md does not say whose {path.name} is"
        )
    assert set(ROWS) >= {requirement.name for requirement in ALL}


# GitHub Actions


def steps(name: str) -> tuple[dict, list[dict]]:
    """The only job of a workflow, and its steps."""
    (job,) = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text("utf-8"))[
        "jobs"
    ].values()
    return job, job["steps"]


def test_the_tests_run_on_three_systems_with_the_oldest_and_the_newest_python():
    job, _ = steps("tests.yml")
    matrix = job["strategy"]["matrix"]
    assert [system.split("-")[0] for system in matrix["os"]] == ["ubuntu", "macos", "windows"]
    assert matrix["python"] == [".".join(map(str, one)) for one in (OLDEST, NEWEST)]


@pytest.mark.parametrize("name", ["newest.yml", "tests.yml"])
def test_what_runs_is_the_readmes_test_command(name):
    command, runs = readme_command("tests"), [step.get("run") for step in steps(name)[1]]
    assert command in runs
    if name == "tests.yml":  # on Windows as README.md says
        assert ".venv/bin/python -m pytest -m gate" in runs, "what takes long is tested nowhere"
        assert (
            command.replace("python3 ", "python ").replace(
                ".venv/bin/python", r".venv\Scripts\python"
            )
            in runs
        )


@pytest.mark.skipif(sys.platform != "linux", reason="the workflow runs on Ubuntu, with its sed")
def test_once_a_month_the_newest_releases_of_all_dependencies_are_tried(tmp_path):
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "newest.yml").read_text("utf-8"))
    (when,) = workflow[True]["schedule"]  # YAML 1.1 reads the key `on` as true
    assert re.fullmatch(r"\d+ \d+ 1 \* \*", when["cron"])
    (take,) = [step["run"] for step in steps("newest.yml")[1] if "sed" in step.get("run", "")]
    for path in REQUIREMENTS:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    subprocess.run(["bash", "-c", take], cwd=tmp_path, check=True)
    for path in REQUIREMENTS:
        for line in (tmp_path / path).read_text("utf-8").splitlines():
            if not re.match("#|regex|-r", line):
                assert re.fullmatch(r"[\w-]*(; python_version < \"3\.\d+\")?", line), (path, line)


@pytest.mark.gate
def test_debians_python_without_gensim_collects_every_test(tmp_path):
    (tmp_path / "gensim.py").write_text("raise ModuleNotFoundError('gensim is not installed')")
    (tmp_path / "sitecustomize.py").write_text("")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n0", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, f"README's test command stops at once:\n{ran.stdout[-3000:]}"
