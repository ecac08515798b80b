"""Pictures made of text: tokens, tables, bars, heat tables, windows and batches."""

import math
import re
from collections import Counter
from html import escape

from .pictures import KEPT, Picture, label, note, number_of, tag, twin, visible

EIGHTHS = ("", *"▏▎▍▌▋▊▉")  # bars of one to seven eighths of a character
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
# Above 0, below 0, struck and lit: seen on white and on dark.
BARS = ("#2B8FD0", "#DB6A13", "#8A8A8A", "#009E73")
# What lies behind text lets the page through, so that the page's own ink can be read on it.
INPUT, HEAD = "background:#56B4E955", "background:#80808026"
TARGET = "background:#E69F0055;box-shadow:inset 0 -3px #E69F00"  # told apart in grey too
TABLE = "clamp(12px,1.7vw,16px)"  # small on paper: whole there
LOST = "outline:2px dashed #D55E00;outline-offset:-3px"
FRAME = "outline:3px solid #D55E00;outline-offset:-3px"
CHIP = (  # never broken in two
    "display:inline-block;vertical-align:top;text-align:center;margin:0 3px 5px 0;padding:0 .2em;"
    "border-radius:3px;"
)
LONG = "max-width:100%;box-sizing:border-box;word-wrap:break-word;"  # unless the page is narrower
NUMBER = re.compile(r"−?[\d,]+(\.\d+)?%?")  # a number that was made a text already
SMALL = "display:block;font-size:.85em;line-height:1.3;opacity:.9"
ROW = '<tr style="background:none">'  # no stripes of the page's own, which would mix with colours
GAP = '<td style="border:0;padding:.15em"></td>'
WIDE = 1390  # pixels of a letter's height, times characters, that a page has room for
ASKS = tag("span", "opacity:.7", " ↘")  # from an input to its target, which stands one place on
MARK = re.compile("[·↵⇥␍]+")  # what `visible` writes for white space


def _hidden(mark: str) -> str:
    """A mark for plain text, and for pages that take styles away."""
    return tag("span", "display:none", mark)


def colours_of(piece: str | bytes) -> tuple[str, str]:
    """The colours of a token and of the line beneath it: equal tokens have the same everywhere."""
    edge, ground = divmod(number_of(piece) % len(PALETTE) ** 2, len(PALETTE))
    return PALETTE[ground], PALETTE[edge]


def _beneath(token_id) -> str:
    """An id, small, to stand beneath its token."""
    number = escape(visible(f"{token_id}", KEPT))
    return tag("small", SMALL, f"{_hidden('(')}{number}{_hidden(')')}")


def tokens(pieces, ids=None, dropped=(), marked=(), hover=(), room: float = 0) -> Picture:
    """Tokens (str or bytes) side by side, with ids beneath where given; equal ones share a colour.

    `dropped`, `marked`: positions to frame with dots, with a line.
    `hover`: for each token, what the mouse pointer brings up.
    `room`: how wide a token is for each of its characters or bytes, in em.
    """
    chips = []
    for place, piece in enumerate(pieces):
        text = escape(visible(piece)) or "(empty)"
        chip = CHIP + LONG if len(text) > 20 else CHIP
        text = MARK.sub(r'<span style="opacity:.7">\g<0></span>', text)
        ground, edge = colours_of(piece)
        style = f"{chip}background:{ground}33;border-bottom:3px solid {edge}"
        more = f' class="{twin(piece)}"'
        if ids is not None:
            text += _beneath(ids[place])
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
        end = "<br>" if piece[-1:] in ("\n", b"\n") else "<wbr>"
        chips.append(f'<bdi style="{style}"{more}>{text}</bdi>{_hidden("│")}{end}')
    html = "".join(chips) or "(no tokens)"
    return Picture(tag("div", "font:1.06em/1.6 monospace", html))


def _cell(value, style: str = "", name: str = "td") -> str:
    """A cell; numbers stand at the right, their digits under one another."""
    text = f"{value:.4g}" if isinstance(value, float) else value
    html = value.html if isinstance(value, Picture) else label(text)
    side = "text-align:left"
    if isinstance(value, (int, float)) or NUMBER.fullmatch(str(value)):
        side = "text-align:right;font-variant-numeric:tabular-nums"
    return tag(name, f"padding:.15em .6em;border:1px solid #80808080;{side};{style}", html)


def _head(value) -> str:
    """A cell that names a row or a column; what is short stays on one line."""
    short = len(str(value)) < 14
    return _cell(value, f"{HEAD};white-space:nowrap" if short else HEAD, "th")


def _join(rows: list[list[str]], caption: str, size: str = TABLE) -> Picture:
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
    top = [[_head(name) for name in headers]] if headers else []
    return _join(top + [[_cell(value) for value in row] for row in rows], caption)


def _bar(share: float, wide: int) -> str:
    """A bar of text, so many characters long at 1, to an eighth of one; nothing at 0."""
    eighths = round(8 * wide * share)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8]


def bars(labels, values, struck=(), caption: str = "", lit=(), wide: int = 30) -> Picture:
    """Horizontal bars with their numbers, from 0.

    `struck`, `lit`: positions whose labels are crossed out, or stand in bold after an arrow.
    `wide`: how many characters long a full bar is, which a last line says too. Bars below 0
    begin with a minus and have another colour; where a number is nan or infinite, words say so.
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
        axis = f"0{'':─<{wide - 2}}{most:.3g}"
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
    return _cell(text, f"text-align:right;{fill}")


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
) -> Picture:
    """A small matrix, the number in every cell: orange above `bare`, blue below, bare at it.

    `lit`: positions of rows; only they are coloured then, and an arrow stands before them.
    `framed`: (row, column) of one cell to frame. The matrix may be lists, an array or a tensor.
    `most`: how far from `bare` the colour is full; 0 is as far as a number of the matrix lies.
    Cells that are nan or infinite are dashed, and a line beneath says how many there are.
    """
    matrix = matrix.tolist() if hasattr(matrix, "tolist") else matrix
    values = [value for row in matrix for value in row]
    finite = [abs(value - bare) for value in values if math.isfinite(value)]
    most = most or max(finite, default=0) or 1
    top = [_head(name) for name in ["", *column_labels]]
    rows = [top] if len(column_labels) else []
    for place, row in enumerate(matrix):
        name = row_labels[place] if place < len(row_labels) else place
        arrow = "► " if lit is not None and place in lit else ""
        rows.append([_head(f"{arrow}{name}")])
        for column, value in enumerate(row):
            fill = ""
            if not math.isfinite(value):
                fill = LOST
            elif lit is None or arrow:
                fill = _tint(max(-1, min(1, (value - bare) / most)))
            rows[-1].append(_number(value, digits, fill, (place, column) == framed))
    picture = _join(rows, caption)
    if len(finite) < len(values):
        lost = len(values) - len(finite)
        picture += note(f"{lost} of {len(values)} numbers are nan or infinite (dashed).")
    return picture


def _middle(value, style: str = "", name: str = "td") -> str:
    """A narrow cell whose text stands in its middle, as wide as code."""
    look = "text-align:center;padding:.15em .3em;font-family:monospace;white-space:nowrap"
    return _cell(value, f"{look};{style}", name)


def _strip(name: str, start: int, end: int, places: range, texts, fill: str) -> list[str]:
    """A row with the texts at the places from `start` to before `end`, and nothing elsewhere."""
    row = [_head(name)]
    for place, text in zip(places, texts, strict=True):
        inside = start <= place < end
        row.append(_middle(text, fill) if inside else _middle("", "border:0"))
    return row


def _room(piece, arrow: int) -> int:
    """How many characters wide a token's column is; "lost" may stand in it."""
    return max(4, len(visible(piece)) + arrow)


def _fit(strips) -> tuple[int, str]:
    """How many characters wide an arrow is in strips of tokens, and how large letters can be."""
    for arrow in (2, 0):  # no arrow where letters would be too small
        widest = max(20 + sum(1 + _room(piece, arrow) for piece in strip) for strip in strips)
        if 12 * widest <= WIDE:
            break
    return arrow, f"clamp(8px,1.1vw,{max(12, min(15, WIDE // widest))}px)"


def _named(piece) -> Picture:
    """A token as a cell's text, which lights up with its twins."""
    return Picture(label(visible(piece)).replace("<bdi", f'<bdi class="{twin(piece)}"', 1))


def windows(
    pieces, max_length: int, stride: int, shown: int = 16, most: int = 6, only: int | None = None
) -> Picture:
    """The tokens in a strip; beneath it each window's inputs, counted from 0, and its targets.

    An arrow leads from an input to its target, the token that it asks for. The last row counts how
    often a token is a target: 2 or more is overlap, "lost" is never. Of a text of more than `shown`
    tokens the start and the end are drawn, with `most` windows each. `only`: one to draw alone.
    """
    size, picture = len(pieces), Picture("")
    starts = range(0, max(0, size - max_length), stride)
    counts = Counter(start + step for start in starts for step in range(1, max_length + 1))
    strips = [range(size)] if size <= shown else [range(shown), range(size - shown, size)]
    arrow, letters = _fit([[pieces[place] for place in strip] for strip in strips])
    for places in strips:
        inside = [start for start in starts if start in places and start + max_length in places]
        if only is not None:
            inside = [start for start in inside if start == only * stride]
        inside = inside[:most] if places.start == 0 else inside[-most:]
        seen = [_named(pieces[place]) for place in places]
        asked = [Picture(f"{text.html}{ASKS if arrow else ''}") for text in seen]
        rows = [[_head("token number")], [_head("token")]]
        for place, text in zip(places, seen, strict=True):
            rows[0].append(_middle(place, HEAD, "th"))
            rows[1].append(_middle(text, f"min-width:{_room(pieces[place], arrow)}ch"))
        for start in inside:
            number, end = start // stride, start + max_length
            rows += [[GAP], _strip(f"input {number}", start, end, places, asked, INPUT)]
            rows.append(_strip(f"target {number}", start + 1, end + 1, places, seen, TARGET))
        rows += [[GAP], [_head("times a target")]]
        for place in places:
            count = _middle(counts[place]) if counts[place] else _middle("lost", LOST)
            # Nothing stands before the first token to ask for it.
            rows[-1].append(_middle("–") if place == 0 else count)
        caption = f"Tokens {places.start} to {places.stop - 1} of {size}: "
        caption += f"{len(inside)} of {len(starts)} windows"
        caption += "" if only is None else ", all counted in the last row"
        picture += _join(rows, caption if size else "No tokens", letters)
    return picture


def batch(inputs, targets, cut) -> Picture:
    """A batch, its inputs beside its targets: a line for each sample, a column for each position.

    inputs, targets: ids [samples, positions]; cut: gives the tokens of a list of ids.
    """
    sides = []
    for name, rows_of_ids, fill in (("inputs", inputs, INPUT), ("targets", targets, TARGET)):
        rows = [[_head(name), *[_middle(k, HEAD, "th") for k in range(inputs.shape[1])]]]
        for number, ids in enumerate(rows_of_ids.tolist()):
            rows.append([_head(number)])
            for piece, token_id in zip(cut(ids), ids, strict=True):
                text = Picture(f"{_named(piece).html}{_beneath(token_id)}")
                rows[-1].append(_middle(text, fill))
        sides.append(_join(rows, ""))
    return sides[0] | sides[1]
