"""For whoever teaches: copies of the notebooks for a class, and marks for those that come back.

    python -m helpers.backstage.classroom copies FOLDER     # each chapter without solutions and outputs
    python -m helpers.backstage.classroom mark FOLDER       # a table as CSV: learner, exercise, passed, why

helpers/backstage/marks.py says how a returned notebook is run, and what its marks can and can't tell.
"""
from __future__ import annotations

import argparse
import copy
import csv
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from helpers.backstage.downloads import ROOT
from helpers.backstage.marks import mark

NOTEBOOKS = ROOT / "notebooks"
FOLDED = re.compile(r"\n*<details>\s*<summary>[^<]*(solution|answer)[^<]*</summary>.*?</details>", re.S | re.I)
BADGE = re.compile(r"\n*\[!\[Open In Colab\][^)]*\)\]\([^)]*\)")  # it leads to the notebook with the solutions


def class_copy(book):
    """A notebook without solutions, model answers, outputs and badge; set-up, ids and tags stay."""
    book, kept = copy.deepcopy(book), []
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = FOLDED.sub(lambda found: "\n\n*Your answer:*" * (found[1].lower() == "answer"), cell.source)
            cell.source = BADGE.sub("", cell.source).strip()
        if cell.source:
            kept.append(cell)
    book.cells = kept
    return book


def write_copies(folder) -> list[Path]:
    """Write the class's copy of each chapter into `folder`; ValueError rather than overwrite anything."""
    import nbformat

    folder, chapters = Path(folder).resolve(), sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    if folder == NOTEBOOKS or NOTEBOOKS in folder.parents:
        raise ValueError(f"{folder} came; expected is a folder outside the course's own notebooks, which keep "
                         "their solutions. Choose another, such as class.")
    there = [path.name for path in chapters if (folder / path.name).exists()]
    if there:
        raise ValueError(f"{folder} came, and {there[0]} is in it; expected is a folder without chapters, as "
                         "somebody may have worked in them. Choose a new one.")
    folder.mkdir(parents=True, exist_ok=True)
    for path in chapters:
        nbformat.write(class_copy(nbformat.read(path, as_version=4)), folder / path.name)
    return [folder / path.name for path in chapters]


def table(folder, seconds: float = 60, gigabytes: float = 4) -> Iterator[tuple[str, str, str, str]]:
    """(learner, exercise, "yes" or "no", why) for all notebooks in `folder`; ValueError if there is none."""
    import nbformat

    folder, chapters = Path(folder), [path.stem for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")]
    paths = sorted(path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    if not paths:
        raise ValueError(f"{folder} came, and no notebook is in it; expected is a folder of returned notebooks, as "
                         "ada.ipynb or ada/01_regex_tokenization.ipynb. Name the folder in which they lie.")
    for path in paths:
        learner = path.relative_to(folder).parts[0].removesuffix(".ipynb")
        for chapter in chapters:
            learner = learner.replace(chapter, "").strip("_- ") or path.stem
        try:
            book = nbformat.read(path, as_version=4)
            prose = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
        except Exception as error:
            yield learner, "", "no", f"{path.name} is no notebook: {type(error).__name__}"
            continue
        found = re.search(r"^# Chapter (\d+)", prose, re.M) or re.search(r"(\d\d)_", path.name)
        marks = mark(book, f"{int(found[1]):02}", seconds, gigabytes) if found else {}
        if not marks:
            yield learner, "", "no", f"{path.name} is no chapter of this course"
        for exercise, (passed, why) in marks.items():
            yield learner, exercise, passed, why


def main(argv: list[str] | None = None) -> int:
    """The commands of this file; 1 if one could not do its work."""
    parser = argparse.ArgumentParser(prog="python -m helpers.backstage.classroom", description="Copies for a class, and marks.")
    commands = parser.add_subparsers(dest="command", required=True)
    copies = commands.add_parser("copies", help="write the chapters without solutions and outputs")
    copies.add_argument("folder", type=Path, help="a new folder; inside the checkout the copies run as they are")
    marks = commands.add_parser("mark", help="run returned notebooks, print who solved what as CSV")
    marks.add_argument("folder", type=Path, help="NAME.ipynb, or a folder for each learner")
    marks.add_argument("--output", type=Path, help="a file for the table (default: it is printed)")
    marks.add_argument("--seconds", type=float, default=60, help="for one cell; ten times that for a notebook")
    marks.add_argument("--gigabytes", type=float, default=4, help="of memory, where the system can limit it")
    options = parser.parse_args(argv)
    try:
        if options.command == "copies":
            print(*write_copies(options.folder), sep="\n")
            if ROOT not in options.folder.resolve().parents:
                print(f"They look for the folder helpers where they lie and above. Give them out inside a checkout of "
                      f"the course (this one is {ROOT}), or open them in Colab, where they fetch it.")
            return 0
        with open(options.output or os.dup(1), "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["learner", "exercise", "passed", "why"])
            for row in table(options.folder, options.seconds, options.gigabytes):
                # a spreadsheet would take a text that begins so for a formula
                rows.writerow([f"'{text}" if text[:1] in tuple("=+-@\t\r") else text for text in row])
                file.flush()
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
