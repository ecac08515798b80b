"""A returned notebook, run in processes of its own; its answers are judged here.

What a returned notebook says about itself is not believed. Its code cells run in another process,
with limits of time and memory, over a copy of the helpers. After a cell that calls
check.<name>(answer), that process tries the answer on the cases of the exercise and sends what came
out, as JSON: nothing is unpickled. Whether it is right is decided here, where no learner's code
runs. So replacing `check`, printing a verdict or editing an output gains nothing: the values must be
right. A cell that hangs or ends the process is left out in another run, and costs its own row only.

What this can't see is who wrote an answer. The solutions are public, and code that looks up the
course's own answer passes; where code reaches into check, the row says "look at it". And it is no
prison: a returned notebook runs as you, and may read and write what you may. Run what strangers
send in a container, or on an account that owns nothing.
"""
from __future__ import annotations

import ast
import builtins
import copy
import io
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from helpers import check
from helpers.backstage.downloads import DOWNLOADS, ROOT

REACHES = re.compile(r"\b(EXERCISES|SOLVED)\b|helpers\.exercises|\bcheck\.\w+(\.\w|\s*=[^=])|^\s*check\s*=[^=]", re.M)
LARGEST = 5_000_000  # bytes of one answer


class Other:
    """Stands for a value that can't be sent; it equals nothing."""

    def __init__(self, text):
        self.text = str(text)

    def __repr__(self) -> str:
        return self.text


def pack(value):
    """A value as JSON can hold it; an object of one key says what else it was."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if hasattr(value, "shape") and hasattr(value, "tolist"):  # tensors, arrays, the numbers of NumPy
        return {"grid": [list(value.shape), pack(value.tolist())]}
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            items = [pack(item) for item in value]
            return items if kind is list else {kind.__name__: items}
    if isinstance(value, dict):
        return {"dict": [[pack(key), pack(item)] for key, item in value.items()]}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, BaseException):
        return {"error": [type(value).__name__, pack(value.args)]}
    return {"...": ""} if value is ... else {"other": check._short(value)}


def unpack(text):
    """What `pack` was given, from the text that json.dumps made of it."""
    import numpy as np

    def error(pair):
        kind = getattr(builtins, pair[0], None)
        good = isinstance(kind, type) and issubclass(kind, Exception)
        return (kind if good else RuntimeError)(*pair[1])

    made = {"grid": lambda pair: np.array(pair[1]).reshape(pair[0]), "error": error, "...": lambda _: ...,
            "bytes": bytes.fromhex, "other": Other, "tuple": tuple, "set": set, "frozenset": frozenset, "dict": dict}
    return json.loads(text, object_hook=lambda item: made[next(iter(item))](next(iter(item.values()))))


class Nowhere(io.TextIOBase):
    """Where cells print to. IPython would put a `write` of its own here, which keeps all that is printed."""

    def write(self, text: str) -> int:
        """Forget the text."""
        return len(text)

    def __setattr__(self, name: str, value) -> None:
        """Nothing of this can be replaced."""


def work(job: dict) -> None:
    """Run the cells and send what came out of each answer, a line each; this is the process of its own."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):  # what a notebook prints goes nowhere, and nobody answers its questions
        os.dup2(nowhere, stream)
    sys.stdout = sys.stderr = Nowhere()
    with suppress(ImportError):  # Windows has no such limits
        import resource

        for what, most in ((resource.RLIMIT_DATA, int(job["gigabytes"] * 1e9)), (resource.RLIMIT_FSIZE, 10**8)):
            with suppress(ValueError, OSError):
                resource.setrlimit(what, (most, most))
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    tasks = {name: copy.copy(task) for name, task in check.EXERCISES.items()}  # kept before any cell runs
    outcomes, blank, short = check.Exercise.outcomes, check._blank, check._short
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    for place, (source, asked) in enumerate(zip(job["cells"], job["asked"], strict=True)):
        if place in job["skip"]:
            continue
        print(place, file=lines, flush=True)
        shell.run_cell(source, silent=True)  # after an error in it the next cell runs all the same
        for name, expression in asked:
            try:
                answer = eval(expression, shell.user_ns)
                said = json.dumps([name, blank(answer), callable(answer), short(answer),
                                   pack(outcomes(tasks[name], answer))])
                if len(said) > LARGEST:
                    raise ValueError("the answer is too large")
            except Exception as error:
                said = json.dumps([name, f"{type(error).__name__}: {error}"[:300]])
            print(said, file=lines, flush=True)
    print('"done"', file=lines, flush=True)


def listen(job: dict, seconds: float, until: float) -> Iterator:
    """What one run sends: numbers of cells, lists with answers, and last a text: "done" or what stopped it."""
    arrived = queue.Queue(100)

    def read(stream):  # in a thread of its own: half a line must not stop us
        try:
            while line := stream.readline(LARGEST + 1000):
                arrived.put(unpack(line))
            arrived.put("its process ended")
        except Exception:
            arrived.put("what it sent can't be read")

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for part in ("helpers", "data"):  # a course of its own, so that a cell can't change ours by accident
            shutil.copytree(ROOT / part, Path(folder, part), ignore=shutil.ignore_patterns("downloads"))
        Path(folder, "notebooks").mkdir()
        process = subprocess.Popen(
            [sys.executable, "-m", "helpers.backstage.marks"], cwd=Path(folder, "notebooks"), start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "COURSE_DOWNLOADS": str(DOWNLOADS), "MPLBACKEND": "Agg", "IPYTHONDIR": folder,
                 "PYTHONPATH": os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))})
        threading.Thread(target=read, args=[process.stdout], daemon=True).start()
        try:
            with suppress(OSError), process.stdin as stdin:
                stdin.write(json.dumps(job).encode())
            message = None
            while not isinstance(message, str):
                message = arrived.get(timeout=max(0.1, min(seconds, until - time.monotonic())))
                yield message
        except queue.Empty:
            yield "time out"
        finally:
            with suppress(AttributeError, OSError):
                os.killpg(process.pid, signal.SIGKILL)  # with all that it started
            process.kill()
            process.wait()


def calls(source: str) -> list[tuple[str, str]]:
    """The exercises that a cell answers: (name, the expression that is handed to check)."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        tree = ast.parse(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError, RecursionError):
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            given = [*node.args, *(word.value for word in node.keywords)]
            if ast.unparse(node.func.value) == "check" and node.func.attr in check.EXERCISES:
                found.append((node.func.attr, ast.unparse(given[0]) if given else "None"))
    return found


def decide(name: str, *sent) -> tuple[str, str]:
    """("yes" or "no", why) for an error, or for the outcomes that a process sent; our own check decides."""
    task = check.EXERCISES[name]
    if len(sent) == 1:
        return "no", str(sent[0])[:300]
    cases = task.cases() if callable(task.cases) else task.cases
    if len(sent) != 4 or not isinstance(sent[3], list) or len(sent[3]) != (1 if cases is None else len(cases)):
        return "no", "what it sent is no answer"
    blank, function, shown, given = sent
    answer = ... if blank else len if function else given[0] if cases is None else Other(shown)
    said = task.judge(answer, given)
    if said.state == "open":
        return "no", "not answered yet"
    return ("yes", "") if said.passed else ("no", said.text.partition(" For help: ")[0])


def mark(book, chapter: str, seconds: float = 60, gigabytes: float = 4) -> dict[str, tuple[str, str]]:
    """("yes" or "no", why) for each exercise of the chapter; the cells of `book` run in other processes."""
    cells = [cell.source for cell in book.cells if cell.cell_type == "code"]
    asked = [calls(source) for source in cells]
    last = max((place for place, found in enumerate(asked) if found), default=-1)
    job = {"cells": cells[:last + 1], "asked": asked[:last + 1], "skip": [], "gigabytes": gigabytes}
    marks, until, stopped = {}, time.monotonic() + 10 * seconds, ""
    while last >= 0 and stopped != "done" and time.monotonic() < until:
        place = None
        for message in listen(job, seconds, until):
            if isinstance(message, str):
                stopped = message
            elif isinstance(message, int) and 0 <= message <= last:
                place = message
            elif isinstance(message, list) and message and message[0] in [*check.EXERCISES]:
                if marks.get(message[0], ("no",))[0] == "no":  # of several answers the best one counts
                    marks[message[0]] = decide(*message)
        if place is None or place in job["skip"]:
            break  # it does not even start
        if stopped != "done":  # once more, without the cell that stopped it
            job["skip"].append(place)
            for name, _ in asked[place]:
                marks.setdefault(name, ("no", stopped))
    source, called, rows = "\n".join(cells), dict(sum(asked, [])), {}
    look = " (look at it: the code reaches into check)" if REACHES.search(source) else ""
    for name in [name for name, task in check.EXERCISES.items() if task.chapter == chapter]:
        if name not in called:
            broken = re.search(rf"\bcheck\s*\.\s*{name}\b", source)
            marks[name] = "no", "its cell is not valid Python" if broken else f"no cell calls check.{name}"
        passed, why = marks.get(name, ("no", "no answer came" if stopped == "done" else stopped))
        rows[name] = passed, " ".join((why + look).split())
    return rows


if __name__ == "__main__":
    work(json.load(sys.stdin))
