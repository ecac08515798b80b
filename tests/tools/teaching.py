"""Write what the teacher's pages say of the chapters: `python -m tests.tools.teaching`.

notebooks/teaching/objectives.md is the table objective, exercise or question, test. In the page of each chapter
the table of sections stands between two marks. Both come from the notebooks and from tests/tools/teaching.json, which
says what proves each objective, and how a lesson of 45 minutes spends its time.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from helpers import check
from tests.tools.books import CHAPTERS, ROOT, Chapter, read, tags, top

PAGES = ROOT / "notebooks" / "teaching"
OBJECTIVES = PAGES / "objectives.md"
PLAN = json.loads((ROOT / "tests" / "tools" / "teaching.json").read_text(encoding="utf-8"))
TAUGHT = [path for path in CHAPTERS if path.stem[:2] in PLAN]
FURTHER = "Going further"  # the heading behind which all may be left out, section by section
MARKED = re.compile(r"(<!-- sections -->\n).*(<!-- end -->)", re.S)


class Section(NamedTuple):
    """A part of a chapter: its heading, whether it may be left out, and its work in unscaled minutes."""

    heading: str
    left_out: bool
    work: float

    @property
    def name(self) -> str:
        """The heading without its number."""
        return re.sub(r"^\d+\. ", "", self.heading)


def objectives(book) -> list[str]:
    """The lines at a chapter's top that say what one can do after it."""
    return [
        line.rstrip(".,") for line in re.findall(r"^- (.+)$", top(book).replace("**", ""), re.M)
    ]


def minutes(book) -> tuple[int, int]:
    """What the chapter's top says: minutes for the core, and for what may be left out."""
    found = re.search(r"(\d+) minutes for the core, (\d+) more", top(book))
    assert found, f"{book.cells[0].source.splitlines()[0]}: its top does not say the minutes"
    return int(found[1]), int(found[2])


def work(cell) -> float:
    """Minutes of a code cell: some seconds to run and look, and what is done there."""
    done = [(r"check\.predict\(", 0.6), (r"^play\.", 2.5), (r"check\.quiz\(", 4)]
    return (
        0.35
        + len(cell.source.split()) / 200
        + 3.5 * ("exercise" in tags(cell))
        + sum(time for pattern, time in done if re.search(pattern, cell.source, re.M))
    )


def sections(book) -> list[Section]:
    """The sections; behind "Going further" each part is a section that may be left out."""
    parts = []  # [heading, left out, work]; what stands before the first heading has no part
    further = False
    for cell in book.cells[1:]:
        if cell.cell_type == "code":
            if parts:
                parts[-1][2] += work(cell)
            continue
        prose = re.sub(r"<details>.*?</details>|\]\([^)]*\)", "", cell.source, flags=re.S)
        for piece in re.split(r"^(?=##)", prose, flags=re.M):
            heading = re.match(r"(##+) (.*)", piece)
            if heading:
                further = further or heading[2].strip() == FURTHER
                if heading[1] == "##" or further:
                    parts.append([heading[2].strip(), further, 0.0])
            if parts:
                parts[-1][2] += len(piece.split()) / 130
    return [Section(*part) for part in parts]


def shares(amounts: list[float], total: int) -> list[int]:
    """Whole numbers in proportion to the amounts, at least 1, that add up to the total."""
    exact = [amount * total / sum(amounts) for amount in amounts]
    whole = [max(1, int(number)) for number in exact]
    for i in sorted(range(len(exact)), key=lambda i: whole[i] - exact[i])[: total - sum(whole)]:
        whole[i] += 1
    while sum(whole) > total:
        whole[
            max(range(len(exact)), key=lambda i: whole[i] - exact[i] if whole[i] > 1 else -1)
        ] -= 1
    return whole


def section_table(book, lesson: dict[str, int]) -> str:
    """The minutes of each section, alone and in a lesson of 45 minutes."""
    parts, totals = sections(book), minutes(book)
    alone = {}
    for left_out, total in zip((False, True), totals, strict=True):
        some = [part for part in parts if part.left_out == left_out]
        alone.update(zip(some, shares([part.work for part in some], total), strict=True))
    lines = ["| section | alone | in 45 minutes |", "| --- | ---: | ---: |"]
    for part in parts:
        plan = lesson.get(part.name, "left out" if part.left_out else "at home")
        lines.append(
            f"| {part.heading}{' (may be left out)' * part.left_out} | {alone[part]} | {plan} |"
        )
    return "\n".join(
        [*lines, f"| **together** | {totals[0]} + {totals[1]} | {sum(lesson.values())} |"]
    )


def proof(chapter: Chapter, stem: str, by: str) -> tuple[str, str]:
    """What an objective's proof is, in words, and the test that looks after it; KeyError for what is not there."""
    kind, _, name = by.replace("check.", "check ").partition(" ")
    if kind == "check":
        assert check.find(name).chapter == stem[:2], f"{by} is an exercise of another chapter"
        return f"exercise `{name}`", f"test_check.py::test_exercise_of_a_chapter[{name}]"
    questions = chapter.questions
    text = (
        questions["predictions"][name]
        if kind == "prediction"
        else dict(enumerate(questions["quiz"], 1))[int(name)]
    )
    shown = text["question"].replace("|", "\\|")
    test = (
        "chapters/test_notebooks.py::test_it_asks_before_it_shows_and_has_something_to_touch"
        if kind == "prediction"
        else "test_check.py::test_questions_of_a_chapter"
    )
    return (
        f"{'prediction' if kind == 'prediction' else 'question ' + name}: {shown}",
        f"{test}[{stem}]",
    )


def objectives_page() -> str:
    """The table objective, exercise or question, test, chapter by chapter."""
    lines = [
        "# What each objective is proved by",
        "",
        "Written by `python -m tests.tools.teaching` from the notebooks and tests/tools/teaching.json. All solutions pass,",
        "blanks say so, and each typical wrong answer gets its own message: that is tested in",
        "`tests/chapters/test_runs.py`, `tests/chapters/test_notebooks.py` and `tests/test_check.py`.",
        "",
    ]
    for path in TAUGHT:
        chapter = Chapter(path.stem[:2])
        lines += [
            f"## {chapter.book.cells[0].source.splitlines()[0].lstrip('# ')}",
            "",
            "| after this chapter you can | exercise or question | test |",
            "| --- | --- | --- |",
        ]
        for objective, proofs in PLAN[path.stem[:2]]["objectives"]:
            for by in proofs:
                what, test = proof(chapter, path.stem, by)
                lines.append(f"| {objective} | {what} | `{test}` |")
                objective = ""
        lines.append("")
    return "\n".join(lines)


def pages() -> dict[Path, str]:
    """What each page should hold now."""
    wanted = {OBJECTIVES: objectives_page()}
    for path in TAUGHT:
        page = PAGES / f"{path.stem}.md"
        table = section_table(read(path), PLAN[path.stem[:2]]["lesson"])
        wanted[page] = MARKED.sub(
            lambda found, table=table: f"{found[1]}{table}\n{found[2]}", page.read_text("utf-8")
        )
    return wanted


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
        print(page.relative_to(ROOT))
