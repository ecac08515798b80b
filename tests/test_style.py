"""One hand for all code: ruff's format and lint, for helpers, tests and the notebooks' cells."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ["helpers", "tests", "notebooks"]


def ruff(*arguments: str) -> str:
    """What ruff says about the course's code; empty where it has nothing to say."""
    command = [sys.executable, "-m", "ruff", *arguments, "--quiet", "--no-cache", *FOLDERS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 1), f"ruff did not run: {done.stderr}"
    return done.stdout if done.returncode else ""


def test_all_code_is_formatted_by_ruff():
    said = ruff("format", "--diff")
    assert not said, f"run `python -m ruff format {' '.join(FOLDERS)}`:\n{said[:2000]}"


def test_ruffs_lint_finds_nothing():
    said = ruff("check", "--output-format", "concise")
    assert not said, f"run `python -m ruff check {' '.join(FOLDERS)}`:\n{said[:2000]}"


@pytest.mark.parametrize("line", ["x = 1;y=2\n", "import os\n"])
def test_ruff_is_set_up_to_find_something(tmp_path, line):
    (tmp_path / "bad.py").write_text(line)
    config = ["--config", str(ROOT / ".ruff.toml"), "--no-cache", str(tmp_path)]
    found = [
        subprocess.run([sys.executable, "-m", "ruff", *verb, *config], capture_output=True)
        for verb in (["check"], ["format", "--check"])
    ]
    assert any(run.returncode == 1 for run in found)
