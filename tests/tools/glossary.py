"""Write notebooks/glossary.md, the words of the field in plain words: `python -m tests.tools.glossary`.

Each chapter lists its new terms, and the section in which each stands in bold: the sentence in
which it stands there is its definition.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.tools.books import CHAPTERS, ROOT, read

PAGE = ROOT / "notebooks" / "glossary.md"
TOP = "top of the chapter"
LISTS = re.compile(r"\*\*(?:New|More) terms:\*\*(.*?)(?=\n\n|\Z)", re.S)
HEADING = re.compile(r"^##+ (.*)$", re.M)
# A sentence ends at a mark before white space and a new beginning, not within "et al. 2017".
END = re.compile(r"(?<=[.?])(?<!al\.)\s+(?=[A-Z*`\"“(\[])")
# A sentence that begins so points back to the one before it.
POINTING = re.compile(r"(It|Its|This|That|They|These|Those|Such|Together|So|Putting them)\b")


class Term(NamedTuple):
    """A term, the sentence that defines it, and where that sentence stands."""

    name: str
    sentence: str  # Markdown, with the term in bold
    chapter: str  # the stem of the notebook
    section: str  # its heading


def sections(path) -> dict[str, str]:
    """{heading: Markdown beneath it} of a chapter, without what is folded."""
    cells = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    text = re.sub(r"<details>.*?</details>|```.*?```", "", "\n\n".join(cells), flags=re.S)
    top, *parts = HEADING.split(text)
    return {TOP: top, **dict(zip(parts[::2], parts[1::2], strict=True))}


def listed(path) -> list[tuple[str, str]]:
    """(term, section) of a chapter's lists, where a section is a number or a heading."""
    found = []
    for text in LISTS.findall("\n\n".join(sections(path).values())):
        pairs = re.findall(r"([^()]+) \((?:section )?([^()]+)\)", " ".join(text.split()))
        for names, section in pairs:
            found += [(name, section) for name in names.strip(" ,.").split(", ")]
    return found


def in_section(section: str, heading: str) -> bool:
    """Whether a section that a list names is the one of this heading or a part of it."""
    return heading == section or heading.startswith(f"{section}. ")


def defining(name: str, text: str) -> str | None:
    """The sentence of a text in which a term stands in bold, or None."""
    bold = re.compile(rf"\*\*\[?{re.escape(name)}(?:s|es)?\.?\]?(?:\([^)]*\))?\.?\*\*", re.I)
    before = ""
    for paragraph in re.split(r"\n\n|\n(?=- |\d\. )", text):
        for sentence in END.split(" ".join(re.sub(r"^(- |\d\. )", "", paragraph).split())):
            if bold.search(sentence):
                pointing = POINTING.match(sentence) or len(sentence.split()) < 5
                whole = f"{before} {sentence}" if pointing else sentence
                whole = whole[:1].upper() + whole[1:]  # a step of a list may begin small
                return re.sub(r"\[([^\]]*)\]\((?!https?:)[^)]*\)", r"\1", whole.strip())
            before = sentence
    return None


def terms(path) -> list[Term]:
    """The terms of a chapter with their definitions, in its order."""
    parts, found = sections(path), []
    for name, section in listed(path):
        numbered = False
        for heading, text in parts.items():
            # What follows a numbered heading belongs to it up to the next numbered one.
            if re.match(r"\d+\. ", heading) or heading == section:
                numbered = in_section(section, heading)
            sentence = defining(name, text) if numbered else None
            if sentence:
                found.append(Term(name, sentence, path.stem, heading))
                break
        else:
            raise ValueError(f"{path.name}: no sentence of section {section} has {name} in bold")
    return found


def glossary() -> str:
    """The page: all terms by name, each with its sentence and a link to its chapter."""
    rows = [term for path in CHAPTERS for term in terms(path)]
    lines = [
        "# Glossary",
        "",
        "Each term, worded as in the chapter that explains it. Written from the chapters by `python -m tests.tools.glossary`.",
        "",
        "| term | in a sentence | chapter and section |",
        "| --- | --- | --- |",
    ]
    for term in sorted(rows, key=lambda term: term.name.casefold()):
        where = f"[{int(term.chapter[:2])}]({term.chapter}.ipynb), {term.section}"
        sentence = term.sentence.replace("|", "\\|")
        lines.append(f"| {term.name} | {sentence} | {where} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(glossary(), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
