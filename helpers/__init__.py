"""The course's small package: the pipe from text to tensors, and what its chapters call.

Importing it costs nothing. Import the module that you need::

    from helpers.texts import load_text
"""

from __future__ import annotations

import sys
from pathlib import Path

__version__ = "1.0.0"
OLDEST, NEWEST = (3, 10), (3, 14)  # the Pythons that the course is made for
ROOT = Path(__file__).resolve().parent.parent

if sys.version_info < OLDEST:
    raise ImportError(
        "This is Python {}.{}. The course needs 3.10 to 3.14. Install one of them, make a new "
        "environment with it (README.md says how), and choose it as the notebook's kernel.".format(
            *sys.version_info
        )
    )


def set_up(root: str | Path) -> None:
    """For a notebook's first cell: check that the helpers are those of `root`, with their packages.

    From then on an error is shown with the learner's own lines, and `%tb` shows it in full.
    If `root` lies in a zip, the course is unpacked into ./course, and set up there.
    Raises a readable ImportError; in Colab, what is missing is installed. Where
    torch, tiktoken or gensim is missing, it is named, and only the cells that build on it stop.
    """
    if Path(root).resolve() != ROOT:
        raise ImportError(
            f"helpers came from {ROOT}. This notebook belongs to {Path(root).resolve()}, and two "
            "checkouts must not mix. Restart the kernel; if it happens again, fix PYTHONPATH."
        )
    if not ROOT.is_dir():
        from .backstage.unzip import start_from

        return start_from(ROOT)
    sys.path[:] = dict.fromkeys(sys.path)  # the cell may run twice, and puts the root first
    from .backstage.packages import install_missing
    from .backstage.tracebacks import shorten_in_notebook

    install_missing()
    shorten_in_notebook()
