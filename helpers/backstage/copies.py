"""Copies of the chapters without outputs, in which no question is answered yet.

    python -m helpers             # opens a learner's own, in my-course/; none that is there changes
    python -m helpers fresh 03    # a fresh copy of one chapter; the old one gets another name

Those of a class (classroom.py) are made here too. git ignores my-course/.
"""

import base64
import copy
import re
from collections.abc import Callable
from pathlib import Path

from . import places
from .downloads import ROOT, write_whole

NOTEBOOKS = ROOT / "notebooks"
CHAPTERS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
MINE = ROOT / places.MINE
PICTURE = re.compile(r"(!\[[^\]]*\])\(pictures/([^)]+)\)")


def without_outputs(book):
    """A notebook as nobody has run it; its pictures come along inside it."""
    book = copy.deepcopy(book)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        for _, name in PICTURE.findall(cell.source):
            data = base64.b64encode((NOTEBOOKS / "pictures" / name).read_bytes()).decode()
            cell.setdefault("attachments", {})[name] = {"image/png": data}
        cell.source = PICTURE.sub(r"\1(attachment:\2)", cell.source)
    return book


def write_copy(chapter: Path, folder: Path, change: Callable = without_outputs) -> Path:
    """Write into `folder` what `change` makes of a chapter."""
    import nbformat

    book = change(nbformat.read(chapter, as_version=4))
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / chapter.name, nbformat.writes(book) + "\n")
    return folder / chapter.name


def lay_out(folder: Path) -> list[Path]:
    """Write a copy of each chapter that is not in `folder`; gives those that are new.

    Raises OSError if that can't be written to.
    """
    lacking = [chapter for chapter in CHAPTERS if not (folder / chapter.name).exists()]
    try:
        return [write_copy(chapter, folder) for chapter in lacking]
    except OSError as error:
        raise OSError(
            f"{folder} can't be written to ({error}); expected a folder for your own copies of "
            "the chapters. Copy the whole course to where you may write, and start it there."
        ) from error


def fresh(chapter: str, folder: Path) -> tuple[Path, Path | None]:
    """A fresh copy of a chapter such as "03", and the new name of what lay there, if anything did.

    Raises ValueError if there is no such chapter.
    """
    name = chapter.removesuffix(".ipynb")
    wanted = name and name.zfill(2)  # no name is not chapter 00
    found = [path for path in CHAPTERS if wanted in (path.stem, path.stem[:2])]
    if not found:
        numbers = ", ".join(path.stem[:2] for path in CHAPTERS)
        raise ValueError(
            f"Got {chapter!r}; expected the number of a chapter: {numbers}. Give one of them."
        )
    path, kept = folder / found[0].name, None
    if path.exists():
        number = 1
        while kept is None or kept.exists():
            kept = path.with_stem(f"{path.stem}-kept-{number}")
            number += 1
        path.rename(kept)
    return write_copy(found[0], folder), kept
