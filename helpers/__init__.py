"""The rooms of the course: each module belongs to a chapter and imports only the ones before it.

Importing this package costs nothing. Import the module that you need::

    from helpers.texts import load_text
"""
from __future__ import annotations

import re
import sys
from importlib.util import find_spec
from pathlib import Path

__version__ = "1.0.0"
# Where the course is published, and the tag or branch of it that Colab fetches. `python -m tests.tools.address` sets
# both here, in the badges, in the set-up cells and in README.md.
ADDRESS = "https://github.com/from-text-to-tensors/from-text-to-tensors"
REFERENCE = "v1"
OLDEST, NEWEST = (3, 10), (3, 13)   # the Pythons that the course is made for
# Colab has its own of these, made for it. They are never installed there, and named with their version to pip, so
# that no other installation can replace them.
KEPT = ("torch", "numpy", "ipywidgets")
NEEDED = (*KEPT, "gensim", "matplotlib", "pooch", "regex", "tiktoken", "tqdm")
ROOT = Path(__file__).resolve().parent.parent

if sys.version_info < OLDEST:
    raise ImportError("This is Python {}.{}. The course needs 3.10 to 3.13. Install one of them, make a new "
                      "environment with it (README.md says how), and choose it as the notebook's kernel.".format(
                          *sys.version_info))


def set_up(root: str | Path) -> None:
    """For a notebook's first cell: these helpers must be those of `root`, and all packages there."""
    if Path(root).resolve() != ROOT:
        raise ImportError(f"helpers came from {ROOT}. This notebook belongs to {Path(root).resolve()}, and "
                          "two checkouts must not mix. Restart the kernel; if it comes again, mend PYTHONPATH.")
    install_missing()


def bounds() -> dict[str, str]:
    """The versions that requirements.txt allows, by package."""
    return dict(re.findall(r"^([\w.-]+)(.*)$", (ROOT / "requirements.txt").read_text("utf-8"), re.M))


def install_missing() -> None:
    """In Colab, install the packages that Colab lacks; elsewhere, say what is missing and how to get it."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if not missing:
        return
    failed = ""
    if "google.colab" in sys.modules and not set(missing) & set(KEPT):
        import subprocess
        from importlib import invalidate_caches
        from importlib.metadata import version

        allowed = bounds()
        wanted = [name + allowed[name] for name in missing] + [f"{name}=={version(name)}" for name in KEPT]
        pip = subprocess.run([sys.executable, "-m", "pip", "install", "-q", *wanted], capture_output=True, text=True)
        invalidate_caches()
        if pip.returncode == 0:
            return
        failed = f"pip said: {(pip.stderr.strip().splitlines() or ['nothing'])[-1]}\n"
    raise ModuleNotFoundError(
        f"The course needs {', '.join(missing)}, and the Python at {sys.executable} does not have it.\n{failed}"
        f"Install the course's packages: {sys.executable} -m pip install -r {ROOT / 'requirements.txt'}")
