"""The process in which a returned notebook runs: it writes what came out, and judges nothing.

`python -m helpers.backstage.returned JOB RESULTS` runs the cells that marks.py wrote into JOB, and
writes a line of JSON for each cell that begins, each that fails, and each answer given to check.
"""

import builtins
import faulthandler
import io
import json
import os
import sys
from pathlib import Path

from .. import check

LARGEST = 5_000_000  # characters of one answer
LARGEST_FILE = 100_000_000  # bytes


class Other:
    """Stands for a function, or for whatever else can't be sent; it equals nothing."""

    def __init__(self, text: str):
        self.text = str(text)

    def __repr__(self) -> str:
        return self.text

    def __call__(self, *case):
        """Nothing: only what an answer gave is sent, never the answer."""


def to_json(value):
    """A value as JSON can hold it; an object of one key says what else it was."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [to_json(item) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[to_json(key), to_json(item)] for key, item in value.items()]}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, BaseException):
        return {"error": [type(value).__name__, to_json(value.args)]}
    if hasattr(value, "shape") and hasattr(value, "tolist"):  # tensors, arrays, NumPy's numbers
        return {"grid": [list(value.shape), to_json(value.tolist())]}
    return {"blank": 0} if value is ... else {"other": check.short(value)}


def from_json(text: str | bytes):
    """What `to_json` was given, from the text that json.dumps made of it."""
    return json.loads(text, object_hook=_revive)


def _revive(item: dict):
    import numpy as np

    ((kind, inside),) = item.items()
    if kind == "blank":
        return ...
    if kind == "grid":
        return np.array(inside[1]).reshape(inside[0])
    if kind == "error":
        error = getattr(builtins, inside[0], None)
        if not isinstance(error, type) or not issubclass(error, Exception):
            error = RuntimeError
        return error(*inside[1])
    return {"tuple": tuple, "dict": dict, "bytes": bytes.fromhex, "other": Other}[kind](inside)


class Nowhere(io.TextIOBase):
    """Where cells print to. IPython would put a `write` of its own here, which keeps all text."""

    def write(self, text: str) -> int:
        """Forget the text."""
        return len(text)

    def __setattr__(self, name: str, value) -> None:
        """Nothing of this can be replaced."""


def set_limits(gigabytes: float) -> None:
    """Limit the memory of this process and the size of its files, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    memory = int(gigabytes * 1e9)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))


def run(job: dict, results: io.TextIOBase) -> None:
    """Run the cells; in place of giving a verdict, check writes what an answer gives."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    # Kept before any cell runs: what tries an answer, and what recognizes a blank one.
    tries = {name: task.outcomes for name, task in check.exercises(job["chapter"]).items()}
    is_blank = check.is_blank

    def send(message) -> None:
        line = json.dumps(message)
        if len(line) > LARGEST:
            raise ValueError("the answer is too large")
        results.write(line + "\n")
        results.flush()

    def exercise(name: str, answer=None, *brought) -> None:
        try:
            shown = ... if is_blank(answer) else answer
            send([name, to_json(shown), to_json(tries[name](answer))])
        except Exception as error:
            send([name, f"{type(error).__name__}: {error}"[:300]])

    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    for place, source in enumerate(job["cells"]):
        if place in job["skip"]:
            continue
        send(place)
        # After so many seconds this ends the process, and the results say "Timeout".
        faulthandler.dump_traceback_later(job["seconds"], exit=True, file=results)
        # again for each cell: one before it may have replaced it
        check.exercise = check.milestone = exercise
        shell.user_ns["check"] = check
        result = shell.run_cell(source, silent=True)  # after an error the next cell runs too
        error = result.error_before_exec or result.error_in_exec
        if isinstance(error, SyntaxError):
            send(["its cell is not valid Python"])
        elif error:
            send([f"{type(error).__name__}: {error}"[:300]])
    send("done")


if __name__ == "__main__":
    job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    sys.stdout = sys.stderr = Nowhere()
    set_limits(job["gigabytes"])
    with open(sys.argv[2], "w", encoding="utf-8") as results:
        run(job, results)
        os._exit(0)  # whatever else it has started
