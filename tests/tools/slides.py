"""Mark the chapters' cells for a slide show: `python -m tests.tools.slides [notebook ...]`.

The marks are Jupyter's own, `slideshow: {slide_type: ...}` in a cell's metadata, so JupyterLab and
nbconvert know them. A section begins a slide. What would overflow it begins another one beneath it,
what came out waits for a key, and what the room need not see is skipped: set-up, solutions, the
quiz, and all after "Going further". It may run again at any time, and tests/tools/refresh.py runs it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat

from tests.tools.books import CHAPTERS, tags
from tests.tools.minutes import FURTHER

FULL = 24  # lines that fit a slide
WORDS = 14  # of a line of prose
PICTURE = 12  # lines that a picture takes, or a table, which may be tall
FOLDED = 3  # lines of what must be opened to be read


def output_lines(output) -> int:
    """How many lines of a slide an output takes."""
    data = output.get("data", {})
    if "<details>" in data.get("text/html", ""):
        return FOLDED
    if "image/png" in data or "text/html" in data:
        return PICTURE
    text = output.get("text") or data.get("text/plain") or "\n".join(output.get("traceback", []))
    return len(text.splitlines())


def lines(cell) -> int:
    """How many lines of a slide a cell takes, with what it shows and a line of space."""
    if cell.cell_type == "code":
        shown = sum(output_lines(output) for output in cell.outputs)
        return 1 + len(cell.source.splitlines()) + shown
    pictures = PICTURE * len(re.findall(r"!\[[^\]]*\]\(", cell.source))
    paragraphs = [line for line in cell.source.splitlines() if line.strip()]
    return 1 + pictures + sum(1 + len(line.split()) // WORDS for line in paragraphs)


def is_skipped(cell) -> bool:
    """Whether the room need not see a cell: set-up, imports, a solution, the quiz."""
    if cell.cell_type == "code":
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        asks = "from helpers import check, play, show", "check.quiz("
        return folded or any(part in cell.source for part in asks)
    return cell.source.startswith(("<details>", "## Questions"))


def kinds(book: nbformat.NotebookNode) -> list[str]:
    """The mark of each cell; "-" continues the slide that is there."""
    found, room, further = [], 0, False
    for cell in book.cells:
        is_text = cell.cell_type == "markdown"
        further = further or (is_text and f"## {FURTHER}" in cell.source.splitlines())
        if further or is_skipped(cell):
            found.append("skip")
            continue
        room -= lines(cell)
        if is_text and re.search(r"^##? ", cell.source, re.M):
            kind = "slide"
        elif room < 0 or (is_text and cell.source.startswith("### ")):
            kind = "subslide"
        elif "check.outcome(" in cell.source or "exercise" in tags(cell):
            kind = "fragment"
        else:
            kind = "-"
        if kind in ("slide", "subslide"):
            room = FULL - lines(cell)
        found.append(kind)
    return found


def mark(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with each cell marked; nothing else of it changes."""
    for cell, kind in zip(book.cells, kinds(book), strict=True):
        cell.metadata["slideshow"] = {"slide_type": kind}
    return book


def main(names: list[str]) -> None:
    """Mark these notebooks, or all chapters."""
    for path in map(Path, names or CHAPTERS):
        nbformat.write(mark(nbformat.read(path, as_version=4)), path)


if __name__ == "__main__":
    main(sys.argv[1:])
