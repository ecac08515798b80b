"""Pictures made of text: tokens, tables, bars and heat tables."""

import math
import re
from collections import Counter
from html import escape
from itertools import chain

from .pictures import KEPT, Picture, label, note, number_of, tag, twin, visible

EIGHTHS = ("", *"▏▎▍▌▋▊▉")  # bars of one to seven eighths of a character
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
# Above 0, below 0, struck and lit: seen on white and on dark.
BARS = ("#2B8FD0", "#DB6A13", "#8A8A8A", "#009E73")
# What lies behind text lets the page through, so that the page's own ink can be read on it.
HEAD = "background:#80808026"
TABLE = "clamp(12px,1.7vw,16px)"  # small on paper: whole there
LOST = "outline:2px dashed #D55E00;outline-offset:-3px"
FRAME = "outline:3px solid #D55E00;outline-offset:-3px"
CHIP = (  # never broken in two
    "display:inline-block;vertical-align:top;text-align:center;margin:0 3px 5px 0;padding:0 .2em;"
    "border-radius:3px;"
)
LONG = "max-width:100%;box-sizing:border-box;word-wrap:break-word;"  # unless the page is narrower
NUMBER = re.compile(r"[−-]?\d[\d,]*(\.\d+)?%?")  # a number that was made a text already
SMALL = "display:block;font-size:.95em;line-height:1.3"
ROW = '<tr style="background:none">'  # no stripes of the page's own, which would mix with colours
GAP = '<td style="border:0;padding:.15em"></td>'  # alone in a row, it sets two others apart
MARK = re.compile("[·↵⇥␍]+")  # what `visible` writes for white space


def _hidden(mark: str) -> str:
    """A mark for plain text, and for pages that take styles away."""
    return tag("span", "display:none", mark)


def colours_of(piece: str | bytes, taken=()) -> tuple[str, str]:
    """The ground of a token and the line beneath: its pair of 36, or the next not `taken`."""
    pairs = [(ground, edge) for edge in PALETTE for ground in PALETTE]
    place = number_of(piece) % len(pairs)
    free = [pair for pair in pairs[place:] + pairs[:place] if pair not in taken]
    return free[0] if free else pairs[place]


def twin_colours(*strips) -> dict[int, tuple[str, str]]:
    """The colours of tokens that occur more than once in these strips, by number_of(token)."""
    counts, colours = Counter(), {}
    for piece in chain(*strips):
        number = number_of(piece)
        counts[number] += 1
        if counts[number] == 2:
            colours[number] = colours_of(piece, colours.values())
    return colours


def small(token_id) -> str:
    """An id, small, to stand beneath its token."""
    number = escape(visible(f"{token_id}", KEPT))
    return tag("small", SMALL, f"{_hidden('(')}{number}{_hidden(')')}")


def tokens(pieces, ids=None, dropped=(), marked=(), hover=(), room=0.0, beneath="id",
           colours=None, lines=True) -> Picture:  # fmt: skip
    """Tokens (str or bytes) side by side, with ids beneath where given; twins share a colour.

    `beneath`: what the numbers in `ids` are, which stands before them.
    `dropped`, `marked`: positions to frame with dots, with a line.
    `hover`: for each token, what the mouse pointer brings up.
    `room`: how wide a token is for each of its characters or bytes, in em.
    `colours`: of twins, where several strips make one picture; otherwise those of this strip.
    `lines`: whether the line ends where the text has an end of line.
    """
    chips, pieces = [], list(pieces)
    colours = twin_colours(pieces) if colours is None else colours
    for place, piece in enumerate(pieces):
        text = escape(visible(piece)) or "(empty)"
        chip = CHIP + LONG if len(text) > 20 else CHIP
        text = MARK.sub(r'<span style="opacity:.7">\g<0></span>', text)
        ground, edge = colours.get(number_of(piece), ("#808080", "#808080"))  # grey: no twin
        style = f"{chip}background:{ground}33;border-bottom:3px solid {edge}"
        more = f' class="{twin(piece)}"'
        if ids is not None:
            text += small(ids[place])
        if place in dropped:
            text = tag("s", "text-decoration:none", text)
            style = f"{chip}border:2px dotted #808080"
        if place in marked:
            text = f"<strong>{text}</strong>"
            style += f";padding:0 .25em;{FRAME}"
        if room:
            style += f";margin-right:.2em;min-width:{room * len(piece) - 0.2:.1f}em"
        if place < len(hover):
            more += f' title="{escape(visible(str(hover[place]), " "))}"'
        # The line ends where the text does, or else, if need be, between two tokens.
        end = "<br>" if lines and piece[-1:] in ("\n", b"\n") else "<wbr>"
        chips.append(f'<bdi style="{style}"{more}>{text}</bdi>{_hidden("│")}{end}')
    html = "".join(chips) or "(no tokens)"
    if chips and ids is not None:  # their names stand before all lines of tokens
        names = tag("span", f"{CHIP}text-align:left;opacity:.8", f"token{small(beneath)}")
        html = tag("div", "display:flex", f"{names}{_hidden(': ')}<div>{html}</div>")
    return Picture(tag("div", "font:1.06em/1.6 monospace", html))


def cell(value, style: str = "", name: str = "td") -> str:
    """A cell; numbers stand at the right, their digits under one another."""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    side = "text-align:left"
    if isinstance(value, (int, float)) or NUMBER.fullmatch(text):
        text = re.sub("^-", "−", text)
        side = "text-align:right;font-variant-numeric:tabular-nums"
    html = value.html if isinstance(value, Picture) else label(text)
    return tag(name, f"padding:.15em .5em;border:1px solid #80808080;{side};{style}", html)


def head(value, style: str = "") -> str:
    """A cell that names a row or a column; what is short stays on one line."""
    short = "white-space:nowrap" if len(str(value)) < 14 else ""
    return cell(value, f"{HEAD};{short};{style}", "th")


def join(rows: list[list[str]], caption: str, size: str = TABLE) -> Picture:
    """A table of cells that are HTML already, in letters of this size."""
    html = "".join(f"{ROW}{''.join(row)}</tr>" for row in rows)
    if caption:
        wrap = "normal" if len(caption) > 60 else "nowrap"  # a short one takes one line
        html = tag("caption", f"text-align:left;white-space:{wrap}", label(caption)) + html
    return Picture(tag("table", f"border-collapse:collapse;margin:.3em 0;font-size:{size}", html))


def table(rows, headers=(), caption: str = "") -> Picture:
    """A table; a cell is text, a number (floats to four digits) or a Picture.

    >>> table([["cat", 1]], ["word", "id"])
    word  id
    cat   1
    """
    top = [[head(name) for name in headers]] if headers else []
    return join(top + [[cell(value) for value in row] for row in rows], caption)


def _bar(share: float, wide: int) -> str:
    """A bar of text, so many characters long at 1, to an eighth of one; nothing at 0."""
    eighths = round(8 * wide * share)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8]


def bars(labels, values, struck=(), caption: str = "", lit=(), wide: int = 30) -> Picture:
    """Horizontal bars with their numbers, from 0.

    `struck`, `lit`: positions whose labels are crossed out, or stand in bold after an arrow.
    `wide`: how many characters long a full bar is; a last line shows that, with its value.
    Bars below 0 begin with a minus and have another colour; where a number is nan or infinite,
    words say so.
    """
    most = max((abs(value) for value in values if math.isfinite(value)), default=0) or 1
    rows = []
    for place, (name, value) in enumerate(zip(labels, values, strict=True)):
        colour = BARS[1] if value < 0 else BARS[0]
        if place in struck:
            name, colour = Picture(f"<s>{label(name)}</s> (left out)"), BARS[2]
        if place in lit:
            name, colour = Picture(f"► <strong>{label(name)}</strong>"), BARS[3]
        bar = "no bar: this is not a finite number"
        if math.isfinite(value):
            sign = "−" if value < 0 else ""
            look = f"color:{colour};font-family:monospace;white-space:nowrap"
            bar = tag("span", look, sign + _bar(abs(value) / most, wide))
        rows.append([name, f"{value:.3f}".replace("-", "−"), Picture(bar)])
    if rows:
        end = f"{most:.3g}"  # it ends where a full bar does
        axis = f"0{'':─<{wide - 1 - len(end)}}{end}"
        rows.append(["", "", Picture(tag("span", "font-family:monospace;opacity:.8", axis))])
    return table(rows, caption=caption)


def _tint(share: float) -> str:
    """What lies behind a number: orange at 1, blue at -1, nothing at 0."""
    colour = PALETTE[4] if share > 0 else PALETTE[5]
    return f"background:{colour}{round(128 * abs(share)):02x}"


def _number(value: float, digits: int, fill: str, framed: bool) -> str:
    """A cell with a number, rounded."""
    # Adding 0.0 takes the sign from a zero.
    text = f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
    if framed:
        text, fill = Picture(f"<strong>{text}</strong>"), f"{fill};{FRAME}"
    return cell(text, f"text-align:right;{fill}")


def _name(value, arrow: str) -> str:
    """The name of a row; if it is a number, it stands at the right, even after an arrow."""
    side = "text-align:right" if NUMBER.fullmatch(str(value)) else ""
    return head(f"{arrow}{value}", side)


def heat(
    matrix,
    row_labels=(),
    column_labels=(),
    lit=None,
    digits=2,
    framed=None,
    caption="",
    bare=0.0,
    most=0.0,
    apart=(),
) -> Picture:
    """A small matrix, the number in every cell: orange above `bare`, blue below, bare at it.

    If that is not 0, the caption says so.

    `lit`: positions of rows; only they are coloured then, and an arrow stands before them.
    `framed`: (row, column) of one cell to frame. The matrix may be lists, an array or a tensor.
    `most`: how far from `bare` the colour is full; 0 is as far as the furthest number lies.
    `apart`: positions of rows that stand apart from the row above.
    Cells that are nan or infinite are dashed, and a line beneath says how many there are.
    """
    matrix = matrix.tolist() if hasattr(matrix, "tolist") else matrix
    values = [value for row in matrix for value in row]
    finite = [abs(value - bare) for value in values if math.isfinite(value)]
    most = most or max(finite, default=0) or 1
    top = [head(name) for name in ["", *column_labels]]
    rows = [top] if len(column_labels) else []
    for place, row in enumerate(matrix):
        if place in apart:
            rows.append([GAP])
        arrow = "► " if lit is not None and place in lit else ""
        rows.append([_name(row_labels[place] if place < len(row_labels) else place, arrow)])
        for column, value in enumerate(row):
            fill = ""
            if not math.isfinite(value):
                fill = LOST
            elif lit is None or arrow:
                fill = _tint(max(-1, min(1, (value - bare) / most)))
            rows[-1].append(_number(value, digits, fill, (place, column) == framed))
    if bare:
        caption += f" (no colour at {bare:g})"
    picture = join(rows, caption)
    if len(finite) < len(values):
        lost = len(values) - len(finite)
        picture += note(f"Nan or infinite (dashed): {lost} of {len(values)} numbers.")
    return picture
