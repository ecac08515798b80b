"""All chapters under Colab's older widgets, and without gensim: `python -m tests.tools.older`.

It belongs into an environment of its own, with what requirements.txt and tests/colab-requirements.txt name.
Each chapter is run in a fresh kernel. It must end without an error, and show the same playgrounds as it was saved with.
"""

from __future__ import annotations

import re
import sys
import time
from importlib.metadata import version
from pathlib import Path

from helpers.__main__ import main as prepare
from tests.tools.books import CHAPTERS, ROOT, code, execute, read

LIVE = "application/vnd.jupyter.widget-view+json"
CALL = re.compile(r"^play\.\w+\(", flags=re.M)


def pins() -> dict[str, str]:
    """The packages whose version tests/colab-requirements.txt names exactly."""
    return dict(
        re.findall(
            r"^(\S+)==(\S+)$", (ROOT / "tests" / "colab-requirements.txt").read_text(), flags=re.M
        )
    )


def run(path: Path) -> str:
    """Run one chapter; what is wrong, or nothing."""
    saved, start = read(path), time.monotonic()
    try:
        book = execute(read(path))
    except Exception as error:  # an error in a cell, a kernel that died: all are findings
        return f"{path.name}: {error}"
    problems, playgrounds = [], 0
    for cell, before in zip(code(book), code(saved), strict=True):
        if CALL.search(cell.source):
            now, then = (
                [output.get("data", {}) for output in one.outputs] for one in (cell, before)
            )
            playgrounds += 1
            if not any(LIVE in data for data in now):
                problems.append(f"{path.name}: no widget came from\n{cell.source}")
            if [data.get("text/plain") for data in now] != [
                data.get("text/plain") for data in then
            ]:
                problems.append(
                    f"{path.name}: another first picture than the saved one from\n{cell.source}"
                )
    print(f"{path.name}: {playgrounds} playgrounds, {time.monotonic() - start:.0f} s", flush=True)
    return "\n".join(problems if playgrounds else [*problems, f"{path.name} has no playground"])


def main() -> int:
    """Look at the versions, run all chapters, one by one; 1 if one is not as it should be."""
    for name, wanted in pins().items():
        if version(name) != wanted:
            print(
                f"{name} {version(name)} is here, and {wanted} is wanted: install tests/colab-requirements.txt."
            )
            return 1
    prepare(["--check"])
    problems = [problem for problem in map(run, CHAPTERS) if problem]
    print("\n\n".join(problems) or f"All {len(CHAPTERS)} chapters run.")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
