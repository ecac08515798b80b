"""For whoever teaches: copies of the notebooks for a class, and a table of what comes back.

    python -m helpers copies FOLDER     # each chapter without solutions or outputs
    python -m helpers mark FOLDER       # a table as CSV: who solved what, and why not

helpers/backstage/marks.py says how a returned notebook is run, and what its marks can tell.
"""

import csv
import os
import re
from html import escape
from pathlib import Path
from typing import NamedTuple

from .. import check
from ..progress import progress
from .copies import CHAPTERS, NOTEBOOKS, without_outputs, write_copy
from .downloads import write_whole
from .marks import mark

FOLDED = re.compile(
    r"\n*<details>\s*<summary>[^<]*(solution|answer)[^<]*</summary>.*?</details>", re.S | re.I
)
BADGE = re.compile(r"\n*\[!\[Open In Colab\][^)]*\)\]\([^)]*\)")  # it leads to the solutions
# What browsers, Colab, Moodle and Canvas put around the name of a file.
ADDED = re.compile(
    r"^copy of |\(\d+\)|\s-\d+$|(_late)?_\d+_\d+_.*|_\d+_assignsubmission_file_.*", re.I
)
LARGEST = 50_000_000  # bytes of a returned notebook


def left_open(found: re.Match) -> str:
    """What stands in a copy where a solution or a model answer was folded away."""
    return "\n\n*Your answer:*" if found[1].lower() == "answer" else ""


def class_copy(book):
    """A notebook without solutions, model answers, outputs or badge; set-up, ids and tags stay."""
    book = without_outputs(book)
    for cell in book.cells:
        if cell.cell_type != "code":
            cell.source = BADGE.sub("", FOLDED.sub(left_open, cell.source)).strip()
    book.cells = [cell for cell in book.cells if cell.source]
    return book


def write_copies(folder: str | Path) -> list[Path]:
    """Write the class's copies into `folder`; ValueError rather than overwrite one."""
    folder = Path(folder).resolve()
    if folder == NOTEBOOKS or NOTEBOOKS in folder.parents:
        raise ValueError(
            f"Got {folder}; expected a folder outside the course's own notebooks, which keep "
            "their solutions. Choose another, such as class."
        )
    there = [path.name for path in CHAPTERS if (folder / path.name).exists()]
    if there:
        raise ValueError(
            f"{folder} has {there[0]} in it; expected a folder without chapters, because "
            "somebody may have worked in them. Choose a new one."
        )
    return [write_copy(path, folder, class_copy) for path in CHAPTERS]


class Row(NamedTuple):
    """One line of the table."""

    learner: str
    chapter: str
    exercise: str
    passed: str  # "yes" or "no"; in a learner's last row, as "7 of 9"
    why: str


def learner_of(path: Path, folder: Path) -> str:
    """Who a notebook is from: what its folder's name, or its own, says besides the chapter."""
    name = path.relative_to(folder).parts[0].removesuffix(".ipynb")
    for chapter in CHAPTERS:
        name = name.replace(chapter.stem, " ")
    return ADDED.sub(" ", name).strip("_- ") or path.stem


def chapter_of(book, path: Path) -> str:
    """The number of a notebook's chapter: its heading says it, or the file's name; or "".

    book: None where it can't be read.
    """
    cells = book.cells if book else []
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = re.search(r"^# Chapter (\d{1,2})\b", prose, re.M)
    found = found or re.search(r"(\d\d)_", path.name)
    return f"{int(found[1]):02}" if found else ""


def rows_of(path: Path, learner: str, seconds: float, gigabytes: float) -> list[Row]:
    """A row for each exercise of a returned notebook, or one that says why there are none."""
    import nbformat

    chapter, marks = "", {}
    missing = f"{path.name} isn't a chapter of this course"
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            raise ValueError("no file, or a very large one")
        book = nbformat.read(path, as_version=4)
        chapter = chapter_of(book, path)
        marks = mark(book, chapter, seconds, gigabytes)
    except Exception as error:  # one notebook must not stop a class
        missing = f"{path.name} isn't a notebook: {type(error).__name__}: {error}"[:300]
        chapter = chapter_of(None, path)
        marks = {exercise: ("no", missing) for exercise in check.exercises(chapter)}
    rows = []
    for exercise, given in (marks or {"": ("no", missing)}).items():
        texts = [learner, chapter, exercise, *given]
        # A name or a message may hold what UTF-8 can't.
        rows.append(Row(*(text.encode("utf-8", "backslashreplace").decode() for text in texts)))
    return rows


def total(rows: list[Row]) -> Row:
    """How many exercises a learner solved, of all that were asked."""
    asked = {(row.chapter, row.exercise) for row in rows if row.exercise}
    solved = {(row.chapter, row.exercise) for row in rows if row.passed == "yes"}
    return Row(rows[0].learner, "all", "total", f"{len(solved)} of {len(asked)}", "")


def no_formula(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(tuple("=+-@\t\r")) else text


def hand_back(folder: Path, rows: list[Row]) -> None:
    """Write a learner's own rows, of which the last is the total, as Markdown."""
    learner = rows[-1].learner
    lines = [f"# {escape(learner)}: {rows[-1].passed} solved", ""]
    for row in rows[:-1]:
        sign = "✓" if row.passed == "yes" else "○"
        what = f"Chapter {row.chapter}, `{row.exercise}`" if row.exercise else "Not marked"
        lines.append(f"- {sign} {what}: {row.passed}")
        if row.why:
            lines[-1] += f". {escape(row.why)}"
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{learner[:50]}.md", "\n".join(lines) + "\n")


def by_learner(folder: Path) -> dict[str, list[Path]]:
    """The notebooks in a folder, each learner's together; ValueError if there is none."""
    found = {}
    for path in sorted(folder.rglob("*.ipynb")):
        if not {".ipynb_checkpoints", "__MACOSX"}.intersection(path.parts):
            found.setdefault(learner_of(path, folder), []).append(path)
    if not found:
        raise ValueError(
            f"{folder} has no notebook in it; expected a folder of returned notebooks, "
            "such as ada.ipynb or ada/01_regex_tokenization.ipynb. Name the folder that holds them."
        )
    return found


def write_marks(
    folder: Path,
    output: Path | None = None,
    feedback: Path | None = None,
    seconds: float = 60,
    gigabytes: float = 4,
) -> None:
    """Mark all notebooks in `folder`: a table to `output` or the screen, files to `feedback`.

    The table is written beside `output` and renamed at the end. ValueError if there is no notebook.
    """
    returned = by_learner(Path(folder))
    beside = output.with_name(f"{output.name}.part") if output else os.dup(1)
    bar = progress(returned.items(), desc="Marking", disable=None if output else True)
    # With the mark that tells Excel what it reads
    encoding = "utf-8-sig" if output else "utf-8"
    with open(beside, "w", encoding=encoding, newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(Row._fields)
        for learner, paths in bar:
            rows = []
            for path in paths:
                rows += rows_of(path, learner, seconds, gigabytes)
            rows.append(total(rows))
            table.writerows([no_formula(text) for text in row] for row in rows)
            file.flush()
            if feedback:
                hand_back(feedback, rows)
    if output:
        os.replace(beside, output)
