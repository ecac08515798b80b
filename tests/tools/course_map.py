"""Draw the map of the course: `python -m tests.tools.course_map`, from a text to a model's answer.

notebooks/pictures/map.png lights nothing; map_03.png lights what chapter 3 is about, and stands at
its head. Ink and paper are clear on a light page and on a dark one.
"""

from __future__ import annotations

from html import escape

from tests.machines.lab import browser
from tests.tools.books import CHAPTERS, ROOT

PICTURES = ROOT / "notebooks" / "pictures"
# (stage, an example, the chapters about it, where 0 is the first hour, which is about most); five in a row, then five back beneath them
STAGES = [
    ("text", "The sea let go", ""),
    ("tokens", "The|·sea|·let|·go", "0 1 3 9"),
    ("token ids", "464 5417 1309 467", "0 2 3 9"),
    ("windows", "inputs, targets", "0 4 9"),
    ("token vectors", "a row per id", "0 5 6"),
    ("+ positions", "row per position", "0 7"),
    ("input tensor", "[1, 4, 256]", "0 8"),
    ("Transformer", "its blocks", "0 8"),
    ("probabilities", "one per token", "8"),
    ("next token", "joins the text", ""),
]
COLUMNS, STEP, BOX, TALL, GAP = 5, 164, 136, 60, 26  # boxes in a row; sizes in px
WIDE, HIGH = COLUMNS * STEP, 2 * TALL + GAP + 4
QUIET = "#7a7f87"  # of arrows: seen on a light page and on a dark one
PLAIN, LIT = ("#e9eef4", "#1b2733", "#4a5663"), ("#0072B2", "#ffffff", "#ffffff")


def place(number: int) -> tuple[int, int]:
    """The left upper corner of a stage's box."""
    row, column = divmod(number, COLUMNS)
    if row == 1:
        column = COLUMNS - 1 - column
    return 14 + column * STEP, 2 + row * (TALL + GAP)


def arrow(number: int) -> str:
    """The arrow from the stage before to this one; the text's comes from the last."""
    x, y = place(number)
    if number in (0, COLUMNS):
        start, sign = (y + TALL + GAP, -1) if number == 0 else (y - GAP, 1)
        return f"M{x + BOX // 2},{start + sign * 4} v{sign * (GAP - 8)} m-6,{-sign * 6} l6,{sign * 6} l6,{-sign * 6}"
    if number < COLUMNS:
        return f"M{x - 25},{y + TALL // 2} h22 m-6,-6 l6,6 l-6,6"
    return f"M{x + BOX + 25},{y + TALL // 2} h-22 m6,-6 l-6,6 l6,6"


def box(number: int, stage: str, example: str, chapters: str, lit: bool) -> str:
    """A stage: its chapters, its name, an example."""
    x, y = place(number)
    fill, ink, faint = LIT if lit else PLAIN
    named = chapters.removeprefix("0 ")  # the first hour is in nearly all boxes, so it says nothing
    kind = "chapters" if " " in named else "chapter"
    about = f"{kind} {named.replace(' ', ', ')}" if named else ""
    middle = f'x="{x + BOX // 2}"'
    return (
        f'<rect x="{x}" y="{y}" width="{BOX}" height="{TALL}" rx="10" fill="{fill}"/>'
        f'<text {middle} y="{y + 16}" fill="{faint}" font-size="12">{about}</text>'
        f'<text {middle} y="{y + 36}" fill="{ink}" font-size="16" font-weight="bold">'
        f"{escape(stage)}</text>"
        f'<text {middle} y="{y + 53}" fill="{faint}" font-size="12.5" font-family="DejaVu Sans Mono">'
        f"{escape(example)}</text>"
        f'<path d="{arrow(number)}" stroke="{QUIET}"/>'
    )


def is_lit(chapters: str, chapter: str) -> bool:
    """Whether a stage is about the chapter of this number, such as "03"."""
    return chapter != "" and str(int(chapter)) in chapters.split()


def drawing(chapter: str = "") -> str:
    """The map as SVG, with the stages of this chapter lit."""
    boxes = ""
    for number, (stage, example, chapters) in enumerate(STAGES):
        boxes += box(number, stage, example, chapters, is_lit(chapters, chapter))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH}" fill="none" '
        f'stroke-width="2.5" font-family="DejaVu Sans, sans-serif" text-anchor="middle">'
        f"{boxes}</svg>"
    )


def alt(chapter: str = "") -> str:
    """The map in words."""
    way = ", ".join(stage for stage, _, _ in STAGES)
    said = f"The way from a text to a model's answer: {way}, which joins the text"
    lit = [stage for stage, _, chapters in STAGES if is_lit(chapters, chapter)]
    return f"{said}. This chapter: {', '.join(lit)}" if lit else said


def head(chapter: str) -> str:
    """The line of Markdown that shows the map at the head of a chapter."""
    return f"![{alt(chapter)}](pictures/map_{chapter}.png)"


def main() -> None:
    """Draw the map of the README and that of each chapter."""
    with browser() as page:
        page.set_viewport_size({"width": WIDE, "height": HIGH})
        for chapter in ["", *(path.stem[:2] for path in CHAPTERS)]:
            page.set_content(f'<body style="margin:0">{drawing(chapter)}</body>')
            name = f"map_{chapter}.png" if chapter else "map.png"
            page.screenshot(path=PICTURES / name, omit_background=True)


if __name__ == "__main__":
    main()
