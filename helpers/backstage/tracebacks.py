"""Errors in a notebook with the lines that matter: the learner's own."""

import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

# Where Python, the installed packages and the course's own lie: no learner wrote these.
OTHERS = [Path(sysconfig.get_path(kind)) for kind in ("stdlib", "purelib", "platlib")]
OTHERS.append(Path(__file__).parents[1])
# Before Python 3.12 these are steps of their own, often in the line that the step above shows.
INSIDE = {"<listcomp>", "<setcomp>", "<dictcomp>"}


def steps(traceback: TracebackType | None) -> Iterator[TracebackType]:
    """The steps of a traceback, from the outermost call to the one that failed."""
    while traceback:
        yield traceback
        traceback = traceback.tb_next


def is_own(step: TracebackType) -> bool:
    """Whether the line of this step stands in the notebook, or in a file of the learner's."""
    parents = Path(step.tb_frame.f_code.co_filename).parents
    return not any(folder in parents for folder in OTHERS)


def repeats(step: TracebackType, above: TracebackType) -> bool:
    """Whether this step is a list in the making, in the very line of the step above."""
    return step.tb_frame.f_code.co_name in INSIDE and step.tb_lineno == above.tb_lineno


def shorten(traceback: TracebackType) -> TracebackType:
    """A copy of a traceback with the learner's own steps; the same one if there are none."""
    kept, above = [], None
    for step in filter(is_own, steps(traceback)):
        if above is None or not repeats(step, above):
            kept.append(step)
        above = step
    short = None
    for step in reversed(kept):
        short = TracebackType(short, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return short or traceback


def shorten_in_notebook() -> None:
    """From now on, errors in this notebook are shown short; `%tb` still shows one in full."""
    if "IPython" not in sys.modules:
        return
    from IPython import get_ipython

    def show(shell, kind, error, traceback, tb_offset=None):
        shell.showtraceback((kind, error, shorten(traceback)), tb_offset=0)
        sys.last_traceback = traceback  # for %tb and %debug

    shell = get_ipython()
    if shell:
        shell.set_custom_exc((Exception,), show)
