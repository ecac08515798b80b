"""Write what the teacher's pages say of the chapters: `python -m tests.tools.teaching`.

notebooks/teaching/objectives.md is a table of objectives, exercises or questions, and tests; predictions.md holds all
predictions without what comes out, a sheet of paper for each chapter. In the page of each chapter
the table of sections stands between two marks, and in the guide the rates of tests/tools/minutes.py, by which its
minutes are added up. All come from the notebooks and from tests/tools/teaching.json, which says what proves each
objective, and how a lesson of 45 minutes spends its time.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import ascii_uppercase

from helpers import check
from tests.tools.books import CHAPTERS, ROOT, Chapter, top
from tests.tools.minutes import FURTHER, RATES, core, further, span, total

PAGES = ROOT / "notebooks" / "teaching"
OBJECTIVES = PAGES / "objectives.md"
GUIDE = PAGES / "guide.md"
PREDICTIONS = PAGES / "predictions.md"
PLAN = json.loads((ROOT / "tests" / "tools" / "teaching.json").read_text(encoding="utf-8"))
TAUGHT = [path for path in CHAPTERS if path.stem[:2] in PLAN]
SECTIONS = re.compile(r"(<!-- sections -->\n).*(<!-- end -->)", re.S)
NAME_LINE = "Name: ________________________________  Date: ________________"
RATE_TABLE = re.compile(r"(<!-- rates -->\n).*(<!-- end of rates -->)", re.S)


def objectives(book) -> list[str]:
    """The lines at a chapter's top that say what one can do after it."""
    return [
        line.rstrip(".,") for line in re.findall(r"^- (.+)$", top(book).replace("**", ""), re.M)
    ]


def whole(minutes: tuple[float, float]) -> str:
    """A range in whole minutes, of which nothing takes less than one."""
    return span(*(max(1, round(number)) for number in minutes))


def section_table(chapter: Chapter, lesson: dict[str, int]) -> str:
    """The minutes of each section alone, quick to thorough, and in a lesson of 45 minutes."""
    needed, more = core(chapter), total(further(chapter))
    lines = ["| section | alone | in 45 minutes |", "| --- | ---: | ---: |"]
    for part in needed:
        plan = lesson.get(part.name, "at home")
        lines.append(f"| {part.heading} | {whole(part.minutes)} | {plan} |")
    lines.append(f"| **the core together** | {whole(total(needed))} | {sum(lesson.values())} |")
    lines.append(f"| {FURTHER} (may be left out) | {whole(more)} | left out |")
    return "\n".join(lines)


def rate_table() -> str:
    """The rates by which minutes are added up."""
    lines = ["| what | quick | thorough |", "| --- | ---: | ---: |"]
    lines += [f"| {what} | {quick} s | {thorough} s |" for what, (quick, thorough) in RATES.items()]
    return "\n".join(lines)


def proof(chapter: Chapter, stem: str, by: str) -> tuple[str, str]:
    """What an objective's proof is, in words, and the test that looks after it; KeyError or ValueError for what is not there."""
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
    """The table of objectives, exercises or questions, and tests, chapter by chapter."""
    lines = [
        "# What tests each objective",
        "",
        "Written by `python -m tests.tools.teaching` from the notebooks and tests/tools/teaching.json. All solutions pass,",
        "unfilled blanks are reported as such, and each typical wrong answer gets its own message: that is tested in",
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


def asked_on_paper(item: dict) -> list[str]:
    """A prediction without what comes out: the choices by letters, or a line for a number."""
    if item.get("number"):
        return [item["question"], "", "Your number: ____________", ""]
    choices = zip(ascii_uppercase, item["choices"], strict=False)
    return [item["question"], "", *(f"- {letter}. {choice}" for letter, choice in choices), ""]


def predictions_page() -> str:
    """All predictions, chapter by chapter; a browser that prints it begins a sheet with each."""
    lines = [
        "# Predictions on paper",
        "",
        "One sheet for each chapter: choose alone, then in pairs, then count hands. The notebook shows what comes out.",
        "Printed from the web edition, each chapter begins a new sheet. Written by `python -m tests.tools.teaching`.",
        "",
    ]
    for path in TAUGHT:
        chapter = Chapter(path.stem[:2])
        title = chapter.book.cells[0].source.splitlines()[0].lstrip("# ")
        lines += ['<div style="break-before: page"></div>', "", f"## {title}", "", NAME_LINE, ""]
        cells = [cell.source for part in core(chapter) for cell in part.cells]
        for number, (key, item) in enumerate(chapter.questions["predictions"].items(), 1):
            later = not any(f'check.predict("{key}"' in source for source in cells)
            where = f" ({FURTHER})" if later else ""
            lines += [f"### Prediction {number}{where}", "", *asked_on_paper(item)]
    return "\n".join(lines)


def between(marks: re.Pattern, table: str, page: Path) -> str:
    """The page's text, with this table between its two marks."""
    text = page.read_text(encoding="utf-8")
    return marks.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text)


def pages() -> dict[Path, str]:
    """What each page should hold now."""
    wanted = {OBJECTIVES: objectives_page(), PREDICTIONS: predictions_page()}
    wanted[GUIDE] = between(RATE_TABLE, rate_table(), GUIDE)
    for path in TAUGHT:
        page = PAGES / f"{path.stem}.md"
        table = section_table(Chapter(path.stem[:2]), PLAN[path.stem[:2]]["lesson"])
        wanted[page] = between(SECTIONS, table, page)
    return wanted


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
        print(page.relative_to(ROOT))
