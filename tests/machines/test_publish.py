"""Published by pushing, from end to end: the workflow's own commands run against bare repositories of
this disk, and a chapter is opened there as Colab would. GitHub is a folder: OWNER/NAME.git, and in
OWNER/NAME/archive the zips that it would make of a branch or a tag.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.machines.colab import WHERE, in_colab, named, run, with_github
from tests.tools import address
from tests.tools.books import ROOT, committed

WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "publish.yml").read_text("utf-8"))
pytestmark = pytest.mark.gate
FIRST = "notebooks/01_regex_tokenization.ipynb"
WHOSE = "print(helpers.WHOSE)"  # the last line of helpers/__init__.py says it in each repository
needs_a_shell = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("git") or not shutil.which("bash"),
    reason="what GitHub's Linux runs needs git and bash",
)


def git(*words: str, folder: Path) -> str:
    """What git says, under a name of its own and with nobody's settings."""
    who = ["-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
    command = ["git", *who, *words]
    alone = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True)
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


class GitHub:
    """Repositories in a folder, and what GitHub does with a push."""

    def __init__(self, folder: Path):
        self.folder = folder

    def bare(self, name: str) -> Path:
        """Where the repository OWNER/NAME lies."""
        return self.folder / f"{name}.git"

    def commit(self, name: str, reference: str) -> str:
        """The commit that a branch or a tag of a repository names."""
        return git("rev-parse", f"{reference}^{{commit}}", folder=self.bare(name))

    def text(self, name: str, reference: str, path: str) -> str:
        """A file as it is there."""
        return git("show", f"{reference}:{path}", folder=self.bare(name))

    def act(self, name: str, reference: str, kind: str = "heads") -> str:
        """Run the workflow's first job, as a push of this branch or tag does; gives its commit."""
        work = self.folder / "runner"
        git(
            "clone",
            "-q",
            f"--branch={reference}",
            self.bare(name).as_uri(),
            "runner",
            folder=self.folder,
        )
        (script,) = [step["run"] for step in WORKFLOW["jobs"]["address"]["steps"] if "run" in step]
        output = work.with_name("output")
        output.write_text("")
        said = {
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": name,
            "GITHUB_REF": f"refs/{kind}/{reference}",
            "GITHUB_REF_NAME": reference,
            "GITHUB_REF_TYPE": "branch" if kind == "heads" else "tag",
            "GITHUB_OUTPUT": str(output),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        environment = {**os.environ, **said, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            ["bash", "-c", script], cwd=work, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        shutil.rmtree(work)
        (line,) = output.read_text().splitlines()
        return line.removeprefix("commit=")

    def archive(self, name: str, reference: str) -> None:
        """Make the zip of a branch or tag, with the folder NAME-REFERENCE in it."""
        target = self.folder / name / "archive" / f"{reference}.zip"
        target.parent.mkdir(parents=True, exist_ok=True)
        prefix = f"--prefix={name.partition('/')[2]}-{reference.removeprefix('v')}/"
        command = ["archive", "--format=zip", prefix, "-o", str(target), reference]
        git(*command, folder=self.bare(name))

    def named(self, name: str, reference: str) -> set[tuple[str, str]]:
        """The (address, reference) of all badges, set-up cells and links to the course there."""
        found = set()
        for path in address.files(ROOT):
            found |= named(self.text(name, reference, path.relative_to(ROOT).as_posix()))
        return found

    def opened_in_colab(self, name: str, reference: str, folder: Path) -> list[str]:
        """What the first chapter's set-up cell and WHERE show in a fresh Colab, and whose helpers run."""
        self.archive(name, reference)
        cells = json.loads(self.text(name, reference, FIRST))["cells"]
        code = next(cell for cell in cells if cell["cell_type"] == "code")
        cell = with_github("".join(code["source"]), self.folder)
        return run(folder / "content", cell, WHERE, WHOSE, **in_colab(folder / "fake"))


def push(github: GitHub, name: str, work: Path, whose: str) -> None:
    """Commit that these are the helpers of somebody, and push the branch main."""
    with open(work / "helpers" / "__init__.py", "a", encoding="utf-8") as file:
        file.write(f'\nWHOSE = "{whose}"\n')
    git("add", "--all", folder=work)
    git("commit", "-q", "-m", whose, folder=work)
    git("push", "-q", github.bare(name).as_uri(), "HEAD:refs/heads/main", folder=work)


@pytest.fixture
def github(tmp_path) -> GitHub:
    """A GitHub with somebody/the-course, just pushed for the first time: no address is in it."""
    there, work = GitHub(tmp_path / "github"), tmp_path / "work"
    for path in committed():
        (work / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, work / path.relative_to(ROOT))
    address.publish(work, "", "")
    there.bare("somebody/the-course").mkdir(parents=True)
    git("init", "-q", "--bare", "--initial-branch=main", folder=there.bare("somebody/the-course"))
    git("init", "-q", "--initial-branch=main", folder=work)
    push(there, "somebody/the-course", work, "somebody's")
    return there


@needs_a_shell
def test_a_first_push_publishes_the_course_and_colab_runs_it_from_there(github, tmp_path):
    name = "somebody/the-course"
    pushed = github.commit(name, "main")
    assert github.named(name, "main") == set()
    published = github.act(name, "main")
    assert published == github.commit(name, "main") != pushed
    assert git("rev-parse", "main^", folder=github.bare(name)) == pushed, "more than one commit"
    assert github.named(name, "main") == {("https://github.com/somebody/the-course", "main")}
    readme = github.text(name, "main", "README.md")
    assert "/github/somebody/the-course/blob/main/notebooks/00_" in readme
    # Nothing but chapters and README has changed, and what is right already is left alone.
    changed = git("diff", "--name-only", pushed, published, folder=github.bare(name)).split()
    assert {str(Path(path).parent) for path in changed} == {".", "notebooks"}
    assert len(changed) == 1 + len(address.chapters(ROOT))
    assert github.act(name, "main") == published == github.commit(name, "main")
    _, where, whose = github.opened_in_colab(name, "main", tmp_path)
    assert where.startswith(str(tmp_path / "content" / "course" / "helpers"))
    assert whose.strip() == "somebody's"


@needs_a_shell
def test_a_fork_names_itself_and_runs_its_own_helpers(github, tmp_path):
    parent, fork, work = "somebody/the-course", "another/a-fork", tmp_path / "clone"
    github.act(parent, "main")
    github.bare(fork).parent.mkdir()
    git(
        "clone",
        "-q",
        "--bare",
        github.bare(parent).as_uri(),
        str(github.bare(fork)),
        folder=tmp_path,
    )
    git("clone", "-q", github.bare(fork).as_uri(), "clone", folder=tmp_path)
    push(github, fork, work, "another's")
    github.act(fork, "main")
    assert github.named(fork, "main") == {("https://github.com/another/a-fork", "main")}
    for path in ("README.md", FIRST):
        assert parent not in github.text(fork, "main", path), f"{path} names the parent"
    assert github.named(parent, "main") == {("https://github.com/somebody/the-course", "main")}
    github.archive(parent, "main")
    *_, whose = github.opened_in_colab(fork, "main", tmp_path)
    assert whose.strip() == "another's", "the fork's chapter ran its parent's helpers"


@needs_a_shell
def test_a_tag_names_itself_and_the_branch_stays(github, tmp_path):
    name = "somebody/the-course"
    branch = github.act(name, "main")
    git("tag", "v3", "main", folder=github.bare(name))
    tagged = github.act(name, "v3", "tags")
    assert tagged == github.commit(name, "v3") and branch == github.commit(name, "main")
    assert github.named(name, "v3") == {("https://github.com/somebody/the-course", "v3")}
    assert github.act(name, "v3", "tags") == tagged, "it was moved once more"
    *_, whose = github.opened_in_colab(name, "v3", tmp_path)
    assert whose.strip() == "somebody's"


def test_the_workflow_runs_on_each_push_and_may_write_only_where_it_must():
    assert set(WORKFLOW[True]) == {"push", "workflow_dispatch"}  # YAML 1.1 reads `on` as true
    assert WORKFLOW["permissions"] == {"contents": "read"}
    jobs = WORKFLOW["jobs"]
    assert jobs["address"]["permissions"] == {"contents": "write"}
    assert "default_branch" in jobs["address"]["if"] and "'tag'" in jobs["address"]["if"]
    web = jobs["web"]
    assert web["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}
    assert web["needs"] == "address", "the web edition would be built without the address"
    assert web["steps"][0]["with"]["ref"] == "${{ needs.address.outputs.commit }}"
    (build,) = [step["run"] for step in web["steps"] if step.get("name", "").startswith("Build")]
    assert "python -m tests.tools.web" in build.splitlines()
    for line in build.splitlines():
        for word in line.split():
            assert not word.endswith(".txt") or (ROOT / word).is_file(), word
    (shown,) = [step for step in web["steps"] if "upload-pages" in step.get("uses", "")]
    assert shown["with"]["path"] == "site/html"
