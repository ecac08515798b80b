"""Pictures made of text: tokens, tables, bars, heat tables and windows."""

import math
from collections import Counter
from html import escape

from .pictures import KEPT, Picture, label, note, tag, visible

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
TINTS = ("#F8DDA8", "#C3E3F7", "#B5E3D4", "#F0CFE2", "#F6F1A9")
LOST = "repeating-linear-gradient(45deg,#fff,#fff 4px,#ccc 4px,#ccc 6px)"


def tokens(pieces, ids=None, dropped=(), marked=(), hover=()) -> Picture:
    """Tokens (str or bytes) side by side, with their ids beneath where given.

    `dropped`, `marked`: positions to frame with dots, with a line.
    `hover`: for each token, what the mouse pointer brings up.
    """
    chips = []
    for place, piece in enumerate(pieces):
        text = escape(visible(piece)) or "(empty)"
        style = f"padding:.1em .15em;color:#111;background:{TINTS[place % len(TINTS)]}"
        title = ""
        if ids is not None:
            number = escape(visible(f"{ids[place]}", KEPT))
            number = tag("rt", "font-size:80%;line-height:1.7;white-space:nowrap", number)
            text = tag("ruby", "ruby-position:under", f"{text}<rp>(</rp>{number}<rp>)</rp>")
        if place in dropped:
            text = tag("s", "text-decoration:none", text)
            style = "border:2px dotted #555;color:#111;background:#fff"
        if place in marked:
            text = f"<strong>{text}</strong>"
            style += ";outline:2px solid #111;outline-offset:-2px"
        if place < len(hover):
            title = f' title="{escape(visible(str(hover[place]), " "))}"'
        # The line ends where the text does, or else, if need be, between two tokens.
        end = "<br>" if piece[-1:] in ("\n", b"\n") else "<wbr>"
        chips.append(f'<bdi style="{style}"{title}>{text}</bdi>│{end}')
    height = 1.9 if ids is None else 2.6
    style = f"font:17px/{height} monospace;overflow-wrap:anywhere"
    return Picture(tag("div", style, "".join(chips) or "(no tokens)"))


def _cell(value, fill: str = "#fff", name: str = "td") -> str:
    text = f"{value:.4g}" if isinstance(value, float) else value
    html = value.html if isinstance(value, Picture) else label(text)
    style = "padding:.15em .6em;text-align:left;border:1px solid #aaa;color:#111;background:"
    return tag(name, style + fill, html)


def _head(value) -> str:
    """A cell that names a row or a column; what is short stays on one line."""
    short = len(str(value)) < 16
    return _cell(value, "#eee;white-space:nowrap" if short else "#eee", "th")


def _join(rows: list[list[str]], caption: str) -> Picture:
    """A table of cells that are HTML already."""
    html = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    if caption:
        html = tag("caption", "text-align:left;color:#111", label(caption)) + html
    return Picture(tag("table", "border-collapse:collapse;margin:.3em 0;font-size:16px", html))


def table(rows, headers=(), caption: str = "") -> Picture:
    """A table; a cell is text, a number (floats to four digits) or a Picture.

    >>> table([["cat", 1]], ["word", "id"])
    word  id
    cat   1
    """
    top = [[_head(name) for name in headers]] if headers else []
    return _join(top + [[_cell(value) for value in row] for row in rows], caption)


def bars(labels, values, struck=(), caption: str = "") -> Picture:
    """Horizontal bars with their numbers, hatched below 0; labels at `struck` are crossed out.

    nan and infinite numbers have no bar, which is said in its place.
    """
    most = max((abs(value) for value in values if math.isfinite(value)), default=0) or 1
    rows = []
    for place, (name, value) in enumerate(zip(labels, values, strict=True)):
        block, colour = ("▒", PALETTE[1]) if value < 0 else ("█", PALETTE[0])
        if place in struck:
            name, colour = Picture(f"<s>{label(name)}</s> (left out)"), "#999"
        bar = "no bar: this is no finite number"
        if math.isfinite(value):
            bar = block * max(1, round(30 * (abs(value) / most)))
        bar = tag("span", f"color:{colour};font-family:monospace", bar)
        rows.append([name, f"{value:.3f}".replace("-", "−"), Picture(bar)])
    return table(rows, caption=caption)


def _tint(share: float) -> str:
    """A colour between white at 0 and orange at 1, or blue at -1."""
    full = (230, 159, 0) if share > 0 else (86, 180, 233)
    parts = [round(255 - abs(share) * (255 - part)) for part in full]
    return "#" + "".join(f"{part:02x}" for part in parts)


def heat(
    matrix, row_labels=(), column_labels=(), lit=None, digits=2, framed=None, caption=""
) -> Picture:
    """A small matrix, the number in every cell: orange above zero, blue below, white at zero.

    `lit`: positions of rows; only they are coloured then, and an arrow stands before them.
    `framed`: (row, column) of one cell to frame. The matrix may be lists, an array or a tensor.
    Cells that are nan or infinite are hatched, and a line beneath says how many they are.
    """
    matrix = matrix.tolist() if hasattr(matrix, "tolist") else matrix
    values = [value for row in matrix for value in row]
    finite = [abs(value) for value in values if math.isfinite(value)]
    most = max(finite, default=0) or 1
    top = [_head(name) for name in ["", *column_labels]]
    rows = [top] if len(column_labels) else []
    for place, row in enumerate(matrix):
        name = row_labels[place] if place < len(row_labels) else place
        arrow = "► " if lit is not None and place in lit else ""
        rows.append([_head(f"{arrow}{name}")])
        for column, value in enumerate(row):
            fill = "#ffffff"
            if not math.isfinite(value):
                fill = LOST
            elif lit is None or arrow:
                fill = _tint(value / most)
            # Adding 0.0 takes the sign from a zero.
            text = f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
            if (place, column) == framed:
                text = Picture(f"<strong>{text}</strong>")
                fill += ";outline:3px solid #111"
            rows[-1].append(_cell(text, fill))
    picture = _join(rows, caption)
    if len(finite) < len(values):
        lost = len(values) - len(finite)
        picture += note(f"{lost} of {len(values)} numbers are nan or infinite (hatched).")
    return picture


def _strip(name: str, start: int, end: int, places: range, texts, fill: str) -> list[str]:
    """A row with the texts at the places from `start` to before `end`, and nothing elsewhere."""
    row = [_head(name)]
    for place, text in zip(places, texts, strict=True):
        row.append(_cell(text, fill) if start <= place < end else _cell(""))
    return row


def windows(pieces, max_length: int, stride: int, shown: int = 16, most: int = 6) -> Picture:
    """The tokens in a strip; beneath it each window's inputs, counted from 0, and its targets.

    The last row counts how often a token is a target: 2 or more is overlap, "lost" is never. Of a
    text of more than `shown` tokens the start and the end are drawn, with `most` windows each.
    """
    size, picture = len(pieces), Picture("")
    starts = range(0, max(0, size - max_length), stride)
    counts = Counter(start + step for start in starts for step in range(1, max_length + 1))
    for places in [range(size)] if size <= shown else [range(shown), range(size - shown, size)]:
        inside = [start for start in starts if start in places and start + max_length in places]
        inside = inside[:most] if places.start == 0 else inside[-most:]
        seen = [visible(pieces[place]) for place in places]
        rows = [[_head("position"), *map(_head, places)], [_head("token"), *map(_cell, seen)]]
        for start in inside:
            number, end = start // stride, start + max_length
            rows.append(_strip(f"input {number}", start, end, places, seen, TINTS[1]))
            rows.append(_strip(f"target {number}", start + 1, end + 1, places, seen, TINTS[0]))
        rows.append([_head("times a target")])
        for place in places:
            count = _cell(counts[place]) if counts[place] else _cell("lost", LOST)
            # Nothing stands before the first token to ask for it.
            rows[-1].append(_cell("–") if place == 0 else count)
        caption = f"Tokens {places.start} to {places.stop - 1} of {size}: "
        caption += f"{len(inside)} of {len(starts)} windows"
        picture += _join(rows, caption if size else "No tokens")
    return picture
