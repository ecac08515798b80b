"""The packages that the course needs: which are missing, and how to get them."""

import re
import subprocess
import sys
from importlib import invalidate_caches
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"
KEPT = ("torch", "numpy", "ipywidgets")  # Colab has its own, made for it: never installed there
EVERYWHERE = ("ipywidgets", "matplotlib", "numpy", "pooch", "regex", "tqdm")  # all must be there
SOMEWHERE = ("gensim", "tiktoken", "torch")  # without these, much can be run
NO_GENSIM = (3, 14)  # from this Python on, gensim has no build


def bounds() -> dict[str, str]:
    """The versions that requirements.txt allows for this Python, by package."""
    lines = re.findall(r"^([\w.-]+)([^;\n]*)(.*)$", REQUIREMENTS.read_text("utf-8"), re.M)
    found = {name: allowed for name, allowed, _ in lines}
    if sys.version_info >= NO_GENSIM:
        del found["gensim"]
    return found


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
    """In Colab, install the packages that Colab lacks; elsewhere, say what is missing.

    Raises ModuleNotFoundError for what stands in EVERYWHERE; what stands in SOMEWHERE is named in
    a sentence, and the cells that build on it stop.
    """
    missing = [name for name in bounds() if name in EVERYWHERE + SOMEWHERE and not find_spec(name)]
    failed = ""
    if missing and "google.colab" in sys.modules and not set(missing).intersection(KEPT):
        failed = install(missing)
        if not failed:
            return
    if not missing:
        return
    said = (
        f"The Python at {sys.executable} lacks {', '.join(missing)}, which the course "
        f"needs.\n{failed}Install the course's packages: {sys.executable} -m pip install "
        f"-r {REQUIREMENTS}"
    )
    if set(missing).intersection(EVERYWHERE):
        raise ModuleNotFoundError(said)
    print(f"{said}\nUntil then the cells that need a missing package stop, and all others run.")
