"""Marks for one returned notebook; its answers are judged here.

What a notebook says about itself is not believed. Its cells run in another process (returned.py)
with time and memory limits, over a copy of the helpers. It sends, as JSON, what each answer gave
on the cases of its exercise; whether that is right is decided here, where no learner's code runs.
So replacing `check`, printing a verdict or editing an output gains nothing. A cell that hangs or
ends the process is left out in another run, and costs its own row only.

What this can't see is who wrote an answer; where code reaches into check, the row says "look at
it". And it is no sandbox: a returned notebook runs as you, and may read and write what you may. Run
what strangers send in a container, or on an account that owns nothing.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from .. import check
from ..exercises.judge import HELP
from .downloads import DOWNLOADS, ROOT
from .returned import from_json

WHOLE = 10  # a notebook may take so many times the seconds of a cell
MOST_BYTES, MOST_LINES = 20_000_000, 1_000  # of what a notebook sends
CALL = re.compile(r"""\bcheck\.(?:exercise|milestone)\(\s*["'](\w+)["']""")
REACHES = re.compile(
    # what no chapter calls
    r"\bcheck\.(?!(?:predict|outcome|quiz|exercise|milestone|hint|progress)\()\w"
    r"|\(\s*check\s*[,)]"  # as in getattr(check, "find")
    r"|^[ \t]*(?:class )?check[ \t]*[=:(](?!=)"  # a check of one's own
    r"|\bhelpers\.(?:check|exercises)\b",
    re.M,
)


def judge(task, answer, given: list) -> tuple[str, str]:
    """("yes" or "no", why) for an answer and its outcomes, as a process sent them."""
    try:
        if len(given) != len(task.outcomes(task.right)):
            raise ValueError(f"{len(given)} outcomes arrived")
        said = task.judge(answer, given)
    except Exception as error:  # whatever a notebook sends
        return "no", f"what it sent isn't an answer ({type(error).__name__}: {error})"
    if said.state == "open":
        return "no", "not answered yet"
    if said.passed:
        return "yes", ""
    return "no", said.text.partition(HELP)[0]


def start(job: dict, folder: Path) -> subprocess.Popen:
    """A process that does the job over a course of its own, so that no cell changes ours."""
    for part in ("helpers", "data"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("downloads"))
    (folder / "notebooks").mkdir()
    (folder / "job").write_text(json.dumps(job))
    environment = {**os.environ, "COURSE_DOWNLOADS": str(DOWNLOADS), "MPLBACKEND": "Agg"}
    environment["IPYTHONDIR"] = str(folder)
    environment["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "helpers.backstage.returned", "../job", "../results"],
        cwd=folder / "notebooks",
        env=environment,
        stdin=subprocess.DEVNULL,  # nobody answers its questions, and nothing that it prints
        stdout=subprocess.DEVNULL,  # comes out, by whatever door
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def run_once(job: dict, until: float) -> list:
    """What a notebook sends, and last what ended it; at the deadline we end its process."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        process = start(job, Path(name))
        sent, stopped = [], "its process ended"
        try:
            process.wait(timeout=max(0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            stopped = "timed out"
        finally:
            with suppress(AttributeError, OSError):
                os.killpg(process.pid, signal.SIGKILL)  # with all that it started
            process.kill()
            process.wait()
        results = Path(name, "results")
        if results.is_file():  # a cell may have put something there that never ends
            with open(results, "rb") as file:
                lines = file.read(MOST_BYTES).splitlines()[:MOST_LINES]
            for line in lines:
                with suppress(Exception):  # what isn't JSON
                    sent.append(from_json(line))
                if line.startswith(b"Timeout ("):
                    stopped = "timed out"
    if "done" in [message for message in sent if isinstance(message, str)]:
        stopped = "done"
    return [*sent, stopped]


def collect(sent: list, asked: list, tasks: dict, marks: dict) -> int:
    """Put into `marks` what a notebook sent of its answers; return the last cell that began."""
    place = -1
    for message in sent:
        match message:
            case int(number) if place < number < len(asked):
                place = number
            case [str(error)]:
                for name in asked[place]:
                    marks.setdefault(name, ("no", error))
            case [str(name), str(error)]:
                marks.setdefault(name, ("no", error))
            case [str(name), answer, list(given)] if name in tasks:
                if marks.get(name, ("no",))[0] == "no":  # of several answers the best one counts
                    marks[name] = judge(tasks[name], answer, given)
    return place


def mark(book, chapter: str, seconds: float = 60, gigabytes: float = 4) -> dict[str, tuple]:
    """("yes" or "no", why) for each exercise of the chapter; the cells of `book` are run."""
    cells = [cell.source for cell in book.cells if cell.cell_type == "code"]
    asked = [CALL.findall(source) for source in cells]
    while cells and not asked[len(cells) - 1]:
        cells.pop()  # nothing is asked in it, or later
    job = {"cells": cells, "chapter": chapter, "seconds": seconds, "gigabytes": gigabytes}
    tasks, marks, skip, stopped = check.exercises(chapter), {}, [], ""
    until = time.monotonic() + WHOLE * seconds
    while tasks and len(skip) < len(cells) and stopped != "done":
        sent = run_once({**job, "skip": skip}, until)
        place = collect(sent, asked, tasks, marks)
        stopped = sent[-1]
        if place < 0 or place in skip:
            break  # it does not even start
        skip.append(place)  # once more, without the cell that stopped it
        for name in asked[place]:
            marks.setdefault(name, ("no", stopped))
    look = " (look at it: the code reaches into check)" if REACHES.search("\n".join(cells)) else ""
    called = [name for names in asked for name in names]
    rows = {}
    # In the notebook's order; what it no longer asks comes last.
    for name in sorted(tasks, key=lambda name: [*called, name].index(name)):
        missing = "no answer came" if stopped == "done" else stopped
        if name not in called:
            missing = f'no cell calls {tasks[name].asked_by}("{name}", ...)'
        passed, why = marks.get(name, ("no", missing))
        rows[name] = passed, " ".join((why[:1000] + look).split())
    return rows
