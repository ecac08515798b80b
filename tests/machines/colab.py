"""What the tests of Colab share: a kernel that believes that it is there, and what it shows."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.tools import address
from tests.tools.books import shown

WHERE = "import helpers; print(helpers.__file__); print([p for p in sys.path if (Path(p) / 'helpers').is_dir()])"


def named(text: str) -> set[tuple[str, str]]:
    """The (address, reference) of each link in a text that opens or fetches the course."""
    text = text.replace(address.COLAB, address.SITE)
    found = re.findall(r"(https://github\.com/[\w.-]+/[\w.-]+)/blob/([^\s)]+?)/notebooks/", text)
    return {*found, *re.findall(r"(https://github\.com/[\w.-]+/[\w.-]+)/archive/(\S+?)\.zip", text)}


def in_colab(folder: Path) -> dict[str, str]:
    """An environment in which google.colab, a package in `folder`, is loaded when a kernel starts."""
    (folder / "google" / "colab").mkdir(parents=True)
    (folder / "google" / "colab" / "__init__.py").touch()
    (folder / "sitecustomize.py").write_text("import google.colab")
    return {"PYTHONPATH": str(folder)}


def with_github(cell: str, github: Path) -> str:
    """A published chapter's set-up cell, for which GitHub is a folder of this disk."""
    assert cell.count(address.SITE) == 1
    return cell.replace(address.SITE, f"{github.as_uri()}/")


def run(folder: Path, *cells: str, **environment: str) -> list[str]:
    """What the cells show, run in a fresh kernel in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "", "language": "python"}
    quiet = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    where = {"metadata": {"path": str(folder)}}
    client = NotebookClient(book, timeout=120, coalesce_streams=True, resources=where)
    client.execute(env={**quiet, **environment})
    return [shown(cell) for cell in book.cells]


def refused(folder: Path, *cells: str, **environment: str) -> str:
    """The message with which the cells fail."""
    with pytest.raises(CellExecutionError) as caught:
        run(folder, *cells, **environment)
    return caught.value.evalue
