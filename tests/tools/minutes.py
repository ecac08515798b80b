"""How long a chapter takes, added up and never scaled: `python -m tests.tools.minutes`.

It writes into each chapter's top, and into README.md, what the chapter's sections add up to. The
rates below are estimates for one learner at their own desk, and no class has been measured.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

import nbformat

from tests.tools.books import CHAPTERS, ROOT, Chapter, tags

# Seconds for whoever is quick, and for whoever is thorough. All but the first line were set after
# the rounds in which every chapter was tried in a browser; code is read more slowly than text.
RATES = {
    "200 words of text": (60, 60),
    "100 words of code": (40, 80),
    "a code cell: running it, looking at what comes out": (6, 20),
    "a prediction": (15, 35),
    "a line to change by hand": (30, 70),
    "a task of a playground": (30, 75),
    "an exercise": (120, 260),
    "a question of the quiz": (15, 35),
}
TEXT, CODE, CELL, PREDICTION, CHANGE, TASK, EXERCISE, QUESTION = RATES

FURTHER = "Going further"  # the heading after which all may be left out, section by section
TOP = re.compile(r"(?:About )?[\d to]+ minutes for the core, [\d to]+ more for \*Going further\*")
README = ROOT / "README.md"
IN_README = re.compile(r"(?<=core takes about ).+?(?= minutes)")


class Section(NamedTuple):
    """A part of a chapter, and what it asks of a learner."""

    heading: str
    left_out: bool  # whether it may be left out
    words: int  # of its Markdown
    cells: list  # its code cells
    work: Counter  # how often each of the rates is due

    @property
    def name(self) -> str:
        """The heading without its number."""
        return re.sub(r"^\d+\. ", "", self.heading)

    @property
    def minutes(self) -> tuple[float, float]:
        """Its minutes, quick and thorough."""
        quick = sum(RATES[what][0] * often for what, often in self.work.items())
        thorough = sum(RATES[what][1] * often for what, often in self.work.items())
        return quick / 60, thorough / 60


def words(text: str) -> int:
    """How many words one reads: without what is folded, alt text, tags and code in fences."""
    text = re.sub(r"<summary>.*?</details>", "", text, flags=re.S)
    text = re.sub(r"<[^>]+>|!\[[^\]]*\]\([^)]*\)|```.*?```", "", text, flags=re.S)
    return len(re.findall(r"\w[\w'-]*", text))


def work_of_markdown(text: str) -> Counter:
    """What Markdown asks: to be read, and to change a line where it says so."""
    changes = re.findall(r"\*\*Change (?:one|two) lines?", text)
    return Counter({TEXT: words(text) / 200, CHANGE: len(changes)})


def work_of_code(cell, above: str, questions: int) -> Counter:
    """What a code cell asks, beneath the Markdown `above`, where the quiz has this many questions.

    A set-up cell whose source is folded is run and not read.
    """
    work = Counter({CELL: 1})
    if not cell.metadata.get("jupyter", {}).get("source_hidden"):
        work[CODE] = words(cell.source) / 100
    work[PREDICTION] = len(re.findall(r"check\.predict\(", cell.source))
    if "exercise" in tags(cell):
        work[EXERCISE] = 1
    if "check.quiz(" in cell.source:
        work[QUESTION] = questions
    if re.search(r"^play\.\w+\(", cell.source, re.M):
        listed = re.findall(r"^(?:-|\d\.) ", above, re.M)
        work[TASK] = max(1, len(listed))  # with no list above, it is still tried
    return work


def sections(chapter: Chapter) -> list[Section]:
    """The sections in order; after "Going further" each part is one that may be left out.

    What stands above the first heading belongs to the first section.
    """
    found = [Section("", False, 0, [], Counter())]
    questions, above = len(chapter.questions["quiz"]), ""
    for cell in chapter.book.cells:
        if cell.cell_type == "code":
            found[-1].cells.append(cell)
            found[-1].work.update(work_of_code(cell, above, questions))
            continue
        above = cell.source
        for piece in re.split(r"^(?=##)", above, flags=re.M):
            heading = re.match(r"(##+) (.*)", piece)
            left_out = found[-1].left_out or (heading is not None and heading[2] == FURTHER)
            if heading and (heading[1] == "##" or left_out):
                found.append(Section(heading[2], left_out, 0, [], Counter()))
            found[-1].work.update(work_of_markdown(piece))
            found[-1] = found[-1]._replace(words=found[-1].words + words(piece))
    top, first, *others = found
    cells, work = top.cells + first.cells, top.work + first.work
    return [first._replace(words=top.words + first.words, cells=cells, work=work), *others]


def core(chapter: Chapter) -> list[Section]:
    """The sections that nobody should leave out."""
    return [section for section in sections(chapter) if not section.left_out]


def further(chapter: Chapter) -> list[Section]:
    """The sections that may be left out."""
    return [section for section in sections(chapter) if section.left_out]


def total(parts: list[Section]) -> tuple[float, float]:
    """The quick and the thorough minutes of these sections together."""
    return sum(part.minutes[0] for part in parts), sum(part.minutes[1] for part in parts)


def span(quick: int, thorough: int) -> str:
    """A range in words: "30 to 50", or one number where both are the same."""
    return str(quick) if quick == thorough else f"{quick} to {thorough}"


def in_fives(quick: float, thorough: float) -> str:
    """A range as it is said of a chapter, each end to the nearest five minutes."""
    return span(max(5, 5 * round(quick / 5)), max(5, 5 * round(thorough / 5)))


def sentence(chapter: Chapter) -> str:
    """What a chapter's top says of its minutes."""
    needed, more = in_fives(*total(core(chapter))), in_fives(*total(further(chapter)))
    return f"About {needed} minutes for the core, {more} more for *{FURTHER}*"


def with_minutes(chapter: Chapter) -> nbformat.NotebookNode:
    """The notebook, its minutes said anew; AssertionError where no cell says them."""
    places = [cell for cell in chapter.book.cells if TOP.search(cell.source)]
    title = chapter.book.cells[0].source.splitlines()[0]
    assert len(places) == 1, f"{title}: {len(places)} cells say its minutes; expected one"
    places[0].source = TOP.sub(sentence(chapter), places[0].source)
    return chapter.book


def readme() -> str:
    """README.md, with the shortest and the longest core of all chapters."""
    totals = [total(core(Chapter(path.stem[:2]))) for path in CHAPTERS]
    least, most = min(quick for quick, _ in totals), max(thorough for _, thorough in totals)
    return IN_README.sub(in_fives(least, most), README.read_text(encoding="utf-8"))


def main() -> None:
    """Write the minutes where they are said, and print them to a tenth."""
    for path in CHAPTERS:
        chapter = Chapter(path.stem[:2])
        figures = [*total(core(chapter)), *total(further(chapter))]
        print("{}: core {:.1f} to {:.1f}, further {:.1f} to {:.1f}".format(path.stem, *figures))
        nbformat.write(with_minutes(chapter), path)
    README.write_text(readme(), encoding="utf-8")


if __name__ == "__main__":
    main()
