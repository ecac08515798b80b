"""The chapters as files: what the tests of notebooks share."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from copy import copy
from html.parser import HTMLParser
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from helpers.show import plain

ROOT = Path(__file__).resolve().parent.parent.parent
CHAPTERS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
NAMES = [path.stem for path in CHAPTERS]
# The first batches that readers of books and other courses know, in windows of four and of three.
VERDICT = [
    [40, 367, 2885, 1464],
    [1807, 3619, 402, 271],
    [10899, 2138, 257, 7026],
    [15632, 438, 2016, 257],
    [922, 5891, 1576, 438],
    [568, 340, 373, 645],
    [1049, 5975, 284, 502],
    [284, 3285, 326, 11],
]
AWAKENING = [
    [2, 11851, 25],
    [383, 28832, 198],
    [198, 2235, 6434],
    [25, 16693, 40159],
    [259, 198, 198],
    [2235, 6280, 25],
    [47465, 198, 198],
    [26866, 198, 198],
]
SOLUTION = re.compile(r"<details>\s*<summary>Solution</summary>\s*```python\n(.*?)```", re.S)


def read(path: Path) -> nbformat.NotebookNode:
    """A notebook as it is committed."""
    return nbformat.read(path, as_version=4)


def committed() -> list[Path]:
    """The files of the project; in a copy without git all files but those that are made."""
    if shutil.which("git"):
        command = ["git", "ls-files", "-z"]
        git = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
        paths = [ROOT / name for name in git.stdout.split("\0") if name]
        if ROOT / "README.md" in paths:
            return [path for path in paths if path.is_file()]
    made = {".venv", "site", "downloads", "my-course", "class", "__pycache__", ".pytest_cache"}
    paths = [path for path in ROOT.rglob("*") if path.is_file()]
    return [path for path in paths if not made.intersection(path.relative_to(ROOT).parts)]


def readme_command(name: str) -> str:
    """The line of README.md that is marked so: "start" or "tests"."""
    text = (ROOT / "README.md").read_text("utf-8")
    (command,) = re.findall(rf"<!-- {name} -->\n```bash\n(.*?)\n```", text, flags=re.S)
    return command


def tags(cell) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def code(book) -> list:
    """The code cells of a notebook that hold any code."""
    return [cell for cell in book.cells if cell.cell_type == "code" and cell.source.strip()]


def prose(book) -> str:
    """All Markdown of a notebook, less what is folded away or is code."""
    text = "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    text = re.sub(r"<details>.*?</details>", "", text, flags=re.S)
    return re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", text, flags=re.S)


def top(book) -> str:
    """What a chapter says of itself: its Markdown up to the section after the surprise."""
    text = "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    headings = [found.start() for found in re.finditer("^## ", text, flags=re.M)]
    return text[: headings[1]]


def exercises(book) -> list[tuple]:
    """(exercise cell, its folded solution) for every cell tagged exercise."""
    pairs = []
    for cell, after in zip(book.cells, [*book.cells[1:], None], strict=True):
        if "exercise" in tags(cell):
            found = SOLUTION.search(after.source) if after is not None else None
            pairs.append((cell, found.group(1) if found else None))
    return pairs


def shortened(book, needed) -> nbformat.NotebookNode:
    """The book's core, and of what comes after "Going further" the sections with a needed cell.

    needed: a function from a cell to True or False. Each of those sections stands on the core alone.
    """
    sections = [[]]  # of cells; the first is the core
    for cell in book.cells:
        if "## Going further" in cell.source or (
            len(sections) > 1 and re.match("###? ", cell.source)
        ):
            sections.append([])
        sections[-1].append(cell)
    short = copy(book)
    short.cells = sections[0]
    for section in sections[1:]:
        if any(map(needed, section)):
            short.cells = short.cells + section
    return short


def shown(cell) -> str:
    """All text that a cell's outputs show, with all opened that is folded."""
    parts = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        text = output.get("text") or data.get("text/plain") or output.get("evalue") or ""
        if "<details>" in data.get("text/html", ""):
            text = plain(data["text/html"])
        parts.append(text)
    return "\n".join(parts)


class Unopened(HTMLParser):
    """The text of a page that can be read before anything is opened."""

    def __init__(self, html: str):
        super().__init__()
        self.folded, self.summary, self.parts = 0, 0, []
        self.feed(re.sub("<style>.*?</style>", "", html, flags=re.S))
        self.text = one_line(" ".join(self.parts))

    def handle_starttag(self, tag, attributes):
        self.folded += tag == "details" and "open" not in dict(attributes)
        self.summary += tag == "summary"

    def handle_endtag(self, tag):
        self.folded -= tag == "details" and self.folded > 0
        self.summary -= tag == "summary"

    def handle_data(self, data):
        if not self.folded or (self.summary and self.folded == 1):
            self.parts.append(data)


def unopened(cell) -> list[str]:
    """What of each form of a cell's outputs can be read before anything is opened."""
    texts = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        texts += [output.get("text", ""), output.get("evalue", ""), data.get("text/plain", "")]
        texts.append(Unopened(data.get("text/html", "")).text)
        texts += re.findall('alt="([^"]*)"', json.dumps(output.get("metadata", {})))
    return [one_line(text) for text in texts if text]


def one_line(text: str) -> str:
    """A text with single spaces in place of all white space."""
    return " ".join(text.split())


class Chapter:
    """A committed chapter by its number, as "05": its `book`, its `questions`, what it shows."""

    def __init__(self, number: str):
        path = next(path for path in CHAPTERS if path.stem.startswith(f"{number}_"))
        self.book = read(path)
        beside = ROOT / "helpers" / "exercises" / f"chapter_{number}.json"
        self.questions = json.loads(beside.read_text(encoding="utf-8"))

    def source_of(self, part: str) -> str:
        """The one code cell that holds `part`."""
        found = [cell.source for cell in code(self.book) if part in cell.source]
        assert len(found) == 1, f"{len(found)} cells hold {part!r}"
        return found[0]

    def definition(self, start: str) -> str:
        """The source of the function or class that begins so, and what stands above it there."""
        source = self.source_of(start)
        end = source.find("\n\n\n", source.index(start))
        return source if end < 0 else source[:end]

    def defined(self, *starts: str, **names) -> dict:
        """`names`, and with them the chapter's functions and classes that begin so."""
        for start in starts:
            exec(self.definition(start), names)
        return names

    def printed(self, part: str) -> str:
        """What the code cells that hold `part` show."""
        return "\n".join(shown(cell) for cell in code(self.book) if part in cell.source)

    def assert_predictions_come_out(self, number: int) -> None:
        """`number` predictions are asked, and each outcome in view is one that is explained."""
        cells = [cell for cell in code(self.book) if "check.outcome(" in cell.source]
        outcomes = [one_line(shown(cell)) for cell in cells]
        assert len(outcomes) == len(self.questions["predictions"]) == number
        for item in self.questions["predictions"].values():
            whys = [item["explain"]] if item.get("number") else item["choices"].values()
            plain = [one_line(why.replace("`", "")) for why in whys]
            assert any(why in text for why in plain for text in outcomes), item["question"]

    def errors(self) -> list[str]:
        """The kinds of the errors in view, in cells that are tagged to raise them."""
        return [
            output.ename
            for cell in code(self.book)
            if "raises-exception" in tags(cell)
            for output in cell.outputs
            if output.output_type == "error"
        ]


def each_wrong_answer(answers: dict[str, dict]) -> list:
    """Cases (name, part of a message, answer) of {name of an exercise: {part: wrong answer}}."""
    import pytest

    return [
        pytest.param(name, part, answer, id=f"{name}: {part}")
        for name, wrong in answers.items()
        for part, answer in wrong.items()
    ]


def assert_told(name: str, part: str, answer) -> None:
    """The answer to the exercise of this name is wrong, and what is said to it holds `part`."""
    from helpers import check

    verdict = check.exercise(name, answer)
    assert not verdict.passed and part in verdict.text, verdict.text


def execute(
    book, env: dict[str, str] | None = None, folder: Path = ROOT / "notebooks"
) -> nbformat.NotebookNode:
    """Run a notebook in a fresh kernel in `folder`; raises for an error that isn't tagged."""
    import os

    client = NotebookClient(
        book,
        timeout=300,
        kernel_name="python3",
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env={**os.environ, **(env or {})})
    return book


class BookDataset:
    """The GPTDatasetV1 of the book: a loop copies each window of ids into a tensor of its own."""

    def __init__(self, token_ids, max_length, stride):
        import torch

        self.input_ids, self.target_ids = [], []
        for i in range(0, len(token_ids) - max_length, stride):
            self.input_ids.append(torch.tensor(token_ids[i : i + max_length]))
            self.target_ids.append(torch.tensor(token_ids[i + 1 : i + max_length + 1]))

    def __len__(self):
        return len(self.input_ids)

    def __getitem__(self, idx):
        return self.input_ids[idx], self.target_ids[idx]


def token_file(path: Path, n_tokens: int):
    """A token file of n_tokens zeros, to be filled in place, with the file of its count."""
    import numpy as np

    path.with_name(path.name + ".json").write_text(json.dumps({"n_tokens": n_tokens}))
    return np.memmap(path, dtype="<u2", mode="w+", shape=n_tokens)
