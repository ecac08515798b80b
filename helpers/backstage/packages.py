"""The packages that the course needs: which are missing, and how they are had."""

import re
import subprocess
import sys
from importlib import invalidate_caches
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"
KEPT = ("torch", "numpy", "ipywidgets")  # Colab has its own, made for it: never installed there
NEEDED = (*KEPT, "gensim", "matplotlib", "pooch", "regex", "tiktoken", "tqdm")


def bounds() -> dict[str, str]:
    """The versions that requirements.txt allows, by package."""
    return dict(re.findall(r"^([\w.-]+)(.*)$", REQUIREMENTS.read_text("utf-8"), re.M))


def install(names: list[str]) -> str:
    """Let pip install these packages; return what it said where it failed, else "".

    What Colab has made for itself is named with its version, so that pip replaces none of it.
    """
    allowed = bounds()
    wanted = [name + allowed[name] for name in names]
    wanted += [f"{name}=={version(name)}" for name in KEPT]
    command = [sys.executable, "-m", "pip", "install", "-q", *wanted]
    pip = subprocess.run(command, capture_output=True, text=True)
    invalidate_caches()
    if pip.returncode == 0:
        return ""
    said = pip.stderr.strip().splitlines() or ["nothing"]
    return f"pip said: {said[-1]}\n"


def install_missing() -> None:
    """In Colab, install the packages that Colab lacks; elsewhere, say what is missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    failed = ""
    if missing and "google.colab" in sys.modules and not set(missing).intersection(KEPT):
        failed = install(missing)
        if not failed:
            return
    if missing:
        raise ModuleNotFoundError(
            f"The course needs {', '.join(missing)}, and the Python at {sys.executable} does not "
            f"have it.\n{failed}Install the course's packages: {sys.executable} -m pip install "
            f"-r {REQUIREMENTS}"
        )
