"""Draw the map of the course: `python -m tests.tools.course_map`, from a text to a model's answer.

notebooks/pictures/map.png lights nothing; map_03.png lights what chapter 3 is about, and stands at
its head. Ink and paper are clear on a light page and on a dark one.
"""

from __future__ import annotations

from functools import cache
from html import escape

import torch

from helpers.bpe import gpt2_tokenizer
from helpers.show import PALETTE, visible
from helpers.show.tables import colours_of
from tests.machines.lab import browser
from tests.tools.books import CHAPTERS, ROOT

PICTURES = ROOT / "notebooks" / "pictures"
# (stage, what is written in it, the chapters about it, where 0 is the first hour, which is about most); five in a row,
# then five back beneath them
STAGES = [
    ("text", "The tide let go", ""),
    ("tokens", "", "0 1 3 9"),
    ("token ids", "", "0 2 3 9"),
    ("windows", "", "0 4 9"),
    ("token vectors", "", "0 5 6"),
    ("+ positions", "", "0 7"),
    ("input tensor", "", "0 8"),
    ("Transformer", "", "0 8"),
    ("probabilities", "", "8"),
    ("next token", "joins the text", ""),
]
COLUMNS, STEP, BOX, TALL, GAP = 5, 164, 138, 82, 24  # boxes in a row; sizes in px
WIDE, HIGH = COLUMNS * STEP, 2 * TALL + GAP + 4
QUIET = "#7a7f87"  # of arrows: seen on a light page and on a dark one
PLAIN, LIT = ("#e9eef4", "#1b2733", "#4a5663"), ("#0072B2", "#ffffff", "#ffffff")
MONO = 'fill="#1A1A1A" font-size="10" font-family="DejaVu Sans Mono"'
TABLES = ("token vectors", "+ positions", "input tensor")
SHARP = 2  # pixels of the picture for each of the page, for projectors and fine screens


def place(number: int) -> tuple[int, int]:
    """The upper left corner of a stage's box."""
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
    if STAGES[number][0] == "input tensor":  # no arrow: it equals what stands before it
        return f"M{x + BOX + 5},{y + TALL // 2 - 4} h16 m-16,8 h16"
    if number < COLUMNS:
        return f"M{x - 25},{y + TALL // 2} h22 m-6,-6 l6,6 l-6,6"
    return f"M{x + BOX + 25},{y + TALL // 2} h-22 m6,-6 l-6,6 l6,6"


def chips(x: float, y: float, names, pieces, tall: int = 17, wide: float = 32) -> str:
    """Names on grounds in the colours that the course gives to these tokens, side by side."""
    markup = ""
    for number, (name, piece) in enumerate(zip(names, pieces, strict=True)):
        ground, edge = colours_of(piece)
        at, end = x + number * (wide + 1), y + tall
        markup += f'<rect x="{at}" y="{y}" width="{wide}" height="{tall}" fill="#fff"/>'
        markup += f'<rect x="{at}" y="{y}" width="{wide}" height="{tall}" fill="{ground}55"/>'
        markup += f'<rect x="{at}" y="{end - 2}" width="{wide}" height="2" fill="{edge}"/>'
        markup += f'<text x="{at + wide / 2}" y="{end - 5}" {MONO}>{escape(f"{name}")}</text>'
    return markup


def stripes(x: float, y: float, rows, most: float) -> str:
    """Numbers as small boxes: orange above 0, blue below, paler near 0; `most` is full."""
    markup = f'<rect x="{x}" y="{y}" width="{7.5 * len(rows[0])}" height="{10 * len(rows)}" fill="#fff"/>'
    for line, row in enumerate(rows.tolist()):
        for column, value in enumerate(row):
            at = f'x="{x + 7.5 * column}" y="{y + 10 * line}" width="7" height="9.5"'
            fill = PALETTE[1] if value > 0 else PALETTE[0]
            markup += f'<rect {at} fill="{fill}" fill-opacity="{min(1, abs(value) / most):.2f}"/>'
    return markup


@cache
def numbers() -> tuple:
    """The tokens and ids of the text; of its window the first numbers of vectors, positions, sum."""
    ids = gpt2_tokenizer().encode(STAGES[0][1])
    pieces = gpt2_tokenizer().decode_tokens_bytes(ids)
    torch.manual_seed(123)  # as in chapters 6 to 8
    window = torch.tensor(ids[:-1])  # nothing comes after the last token
    token, position = torch.nn.Embedding(50257, 256), torch.nn.Embedding(len(window), 256)
    rows, places = token(window).detach(), position.weight.detach()
    return ids, pieces, [part[:, :16] for part in (rows, places, rows + places)]


def inside(stage: str, example: str, x: float, y: float, ink: str) -> str:
    """What a stage makes of the text, drawn."""
    ids, pieces, tables = numbers()
    names, left = [visible(piece) for piece in pieces], x + (BOX - 131) / 2
    if stage == "tokens":
        return chips(left, y + 6, names, pieces)
    if stage == "token ids":
        return chips(left, y + 6, ids, pieces)
    if stage == "windows":  # inputs, and beneath them the targets, one token on
        targets = chips(left + 33, y + 17, names[1:], pieces[1:], 15)
        return chips(left, y, names[:-1], pieces[:-1], 15) + targets
    if stage in TABLES:
        return stripes(
            x + (BOX - 120) / 2, y + 1, tables[TABLES.index(stage)], float(tables[-1].abs().max())
        )
    if stage == "Transformer":
        blocks = [
            f'<rect x="{x + 24}" y="{y + 11 * n}" width="{BOX - 48}" height="8" rx="3"'
            for n in range(3)
        ]
        return "".join(
            f'{block} fill="{PALETTE[2]}" stroke="#fff" stroke-width="1"/>' for block in blocks
        )
    if stage == "probabilities":
        bars = [
            f'<rect x="{x + 24}" y="{y + 9 * n}" width="{wide}" height="6"'
            for n, wide in enumerate((80, 36, 20, 9))
        ]
        return "".join(
            f'{bar} fill="{PALETTE[4]}" stroke="#fff" stroke-width=".5"/>' for bar in bars
        )
    return (
        f'<text x="{x + BOX / 2}" y="{y + 18}" fill="{ink}" font-size="13">{escape(example)}</text>'
    )


def box(number: int, stage: str, example: str, chapters: str, lit: bool) -> str:
    """A stage: its chapters, its name, and what it makes of the text."""
    x, y = place(number)
    fill, ink, faint = LIT if lit else PLAIN
    named = chapters.removeprefix("0 ")  # the first hour is in most boxes, so it says nothing
    kind = "chapters" if " " in named else "chapter"
    about = f"{kind} {named.replace(' ', ', ')}" if named else ""
    middle = f'x="{x + BOX / 2}"'
    return (
        f'<rect x="{x}" y="{y}" width="{BOX}" height="{TALL}" rx="10" fill="{fill}"/>'
        f'<text {middle} y="{y + 14}" fill="{faint}" font-size="12">{about}</text>'
        f'<text {middle} y="{y + 33}" fill="{ink}" font-size="16" font-weight="bold">'
        f"{escape(stage)}</text>{inside(stage, example, x, y + 43, ink)}"
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
        page.set_viewport_size({"width": SHARP * WIDE, "height": SHARP * HIGH})
        for chapter in ["", *(path.stem[:2] for path in CHAPTERS)]:
            page.set_content(f'<body style="margin:0;zoom:{SHARP}">{drawing(chapter)}</body>')
            name = f"map_{chapter}.png" if chapter else "map.png"
            page.screenshot(path=PICTURES / name, omit_background=True)


if __name__ == "__main__":
    main()
