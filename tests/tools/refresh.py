"""Run notebooks in place and write them back clean: `python -m tests.tools.refresh [notebook ...]`.

What is committed is what a fresh kernel printed, cell after cell, without what differs from run to
run: widget state and the ids of widgets (a still picture stands beneath each), and times of running.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tests.tools.slides import mark

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"
FOLDERS = re.compile(
    r"(?:/|[A-Z]:\\)[^\s:'\"]*[/\\](?=(?:site-packages|helpers|python3\.\d+)[/\\])"
)
KEPT = ("tags", "jupyter", "cellView")  # of a cell: its tags, and whether its source is folded
WIDGET = "application/vnd.jupyter.widget-view+json"


def clean(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take out of a notebook what would differ after each run."""
    book.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in book.cells:
        cell.metadata = {name: value for name, value in cell.metadata.items() if name in KEPT}
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
            if output.get("metadata"):
                output["metadata"].pop(WIDGET, None)
            if "traceback" in output:  # where this machine keeps its files is nobody's business
                output["traceback"] = [FOLDERS.sub("", line) for line in output["traceback"]]
    return mark(book)


def run(path: Path) -> float:
    """Run one notebook in a fresh kernel, in its own folder, and write it back; return the seconds."""
    book = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    client = NotebookClient(
        book,
        timeout=300,
        kernel_name="python3",
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    nbformat.write(clean(book), path)
    return time.perf_counter() - start


def main(names: list[str]) -> None:
    for path in map(Path, names or sorted(map(str, NOTEBOOKS.glob("*.ipynb")))):
        print(f"{path.name}: {run(path):.1f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
