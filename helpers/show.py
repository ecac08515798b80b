"""Pictures that stand still: tokens, tables, bars, heat tables, windows, maps and merge trees.

Each function returns a `Picture`, which a notebook shows as HTML and a terminal as plain text.
Text from outside is escaped, and what cannot be seen (spaces, line ends, characters of no width) is
made visible. Colours are tints of the Okabe-Ito palette, which colour-blind people can tell apart,
and each colour is repeated by a word, a number or a line.
"""
from __future__ import annotations

import base64
import io
import re
import unicodedata
from collections import Counter
from html import escape, unescape
from itertools import zip_longest

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
TINTS = ("#F8DDA8", "#C3E3F7", "#B5E3D4", "#F0CFE2", "#F6F1A9")
LOST = "repeating-linear-gradient(45deg,#fff,#fff 4px,#ccc 4px,#ccc 6px)"
MARKS = {" ": "·", "\n": "↵", "\t": "⇥", "\r": "␍"}
# Characters that leave no trace although Unicode counts them among letters and accents.
UNSEEN = {"\u034f", "\u115f", "\u1160", "\u3164", "\uffa0", *map(chr, range(0xFE00, 0xFE10))}


class Picture:
    """Safe HTML with its plain text; `a + b` puts b beneath a, `a | b` beside it."""

    def __init__(self, html: str):
        self.html = html

    def __add__(self, other: Picture) -> Picture:
        return Picture(self.html + other.html)

    def __or__(self, other: Picture) -> Picture:
        beside = '<div style="display:inline-block;vertical-align:top;margin-right:1.5em">%s</div>'
        return Picture(f"<div>{beside % self.html}{beside % other.html}</div>")

    def _repr_html_(self) -> str:       # a white card with dark ink, whatever the theme around it
        return ('<div style="font:16px/1.6 sans-serif;color:#111;background:#fff;padding:.4em;'
                f'overflow-x:auto">{self.html}</div>')

    def __repr__(self) -> str:
        return plain(self.html)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


def plain(html: str) -> str:
    """The text of `html`: tags gone, entities read, table columns kept, images as their alt text.

    What is struck out there stands between ~ here, what is strong between [ and ].

    >>> print(plain("<p>a &lt; b</p><table><tr><td>one</td><td>1</td></tr></table>"))
    a < b
    one  1
    """
    html = re.sub(r'<img alt="([^"]*)"[^>]*>', r"\1<br>", html)
    html = re.sub(r"</?s\b[^>]*>", "~", html.replace("<strong>", "[").replace("</strong>", "]"))
    html = re.sub("<table.*?</table>", _columns, html, flags=re.S)
    text = unescape(re.sub("<[^>]*>", "", re.sub("<br>|</p>|</div>", "\n", html)))
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip())


def _columns(match: re.Match) -> str:
    """A table's caption and its rows as lines in which the columns stand under one another."""
    rows = [[plain(cell).split("\n") for cell in re.findall("<t[dh].*?</t[dh]>", row, re.S)]
            for row in re.findall("<tr>.*?</tr>", match[0], re.S)]
    widths = [max(map(len, sum(column, []))) for column in zip_longest(*rows, fillvalue=[""])]
    lines = ["  ".join(map(str.ljust, parts, widths))
             for row in rows for parts in zip_longest(*row, fillvalue="")]
    caption = re.findall("<caption.*?</caption>", match[0], re.S)
    return "<br>" + "<br>".join(caption + [escape(line) for line in lines]) + "<br>"


def visible(piece: str | bytes, keep: str = "") -> str:
    r"""Text in which all can be seen: spaces, line ends, characters of no width, broken bytes.

    Characters in `keep` stay as they are.

    >>> print(visible(" a\n\u200b"), visible(b"\xf0\x9f"))
    ·a↵\u200b \xf0\x9f
    """
    text = piece.decode("utf-8", "backslashreplace") if isinstance(piece, bytes) else piece

    def one(char):      # a mark that stands in the text itself is written as its number
        hidden = unicodedata.category(char)[0] in "CZ" or char in UNSEEN or char in MARKS.values()
        return char if char in keep else MARKS.get(char) or (f"\\u{ord(char):04x}" if hidden else char)

    return "◌" * bool(unicodedata.combining((text or " ")[0])) + "".join(map(one, text))


def _label(value) -> str:
    """A label, made visible and safe; spaces, and marks that `visible` made before, may stay."""
    return f"<bdi>{escape(visible(str(value), ' ·↵⇥␍'))}</bdi>"


def note(text: str) -> Picture:
    """A paragraph of words."""
    return Picture(f'<p style="margin:.3em 0;color:#111">{_label(text)}</p>')


def tokens(pieces, ids=None, dropped=(), marked=(), hover=()) -> Picture:
    """Tokens (str or bytes) side by side, with their ids beneath where given.

    `dropped`, `marked`: positions to frame with dots, with a line. `hover`: for each token, what the mouse
    pointer brings up.
    """
    chips = []
    for place, piece in enumerate(pieces):
        text = escape(visible(piece)) or "(empty)"
        style = f"padding:.1em .15em;color:#111;background:{TINTS[place % len(TINTS)]}"
        if ids is not None:
            text = (f'<ruby style="ruby-position:under">{text}<rp>(</rp>'
                    f'<rt style="font-size:80%;line-height:1.7;white-space:nowrap">{ids[place]}</rt><rp>)</rp></ruby>')
        if place in dropped:
            text = f'<s style="text-decoration:none">{text}</s>'
            style = "border:2px dotted #555;color:#111;background:#fff"
        if place in marked:
            text, style = f"<strong>{text}</strong>", style + ";outline:2px solid #111;outline-offset:-2px"
        said = f' title="{escape(visible(str(hover[place]), " "))}"' if place < len(hover) else ""
        end = "<br>" if piece[-1:] in ("\n", b"\n") else "<wbr>"
        chips.append(f'<bdi style="{style}"{said}>{text}</bdi>│{end}')
    return Picture(f'<div style="font:17px/{1.9 if ids is None else 2.6} monospace;overflow-wrap:anywhere">'
                   f'{"".join(chips) or "(no tokens)"}</div>')


def _cell(value, fill: str = "#fff", tag: str = "td") -> str:
    text = f"{value:.4g}" if isinstance(value, float) else value
    return (f'<{tag} style="padding:.15em .6em;text-align:left;border:1px solid #aaa;color:#111;'
            f'background:{fill}">{value.html if isinstance(value, Picture) else _label(text)}</{tag}>')


def _head(value) -> str:
    return _cell(value, "#eee" + ";white-space:nowrap" * (len(str(value)) < 16), "th")


def _table(rows: list[list[str]], caption: str) -> Picture:
    top = f'<caption style="text-align:left;color:#111">{_label(caption)}</caption>' if caption else ""
    return Picture('<table style="border-collapse:collapse;margin:.3em 0;font-size:16px">' + top
                   + "".join(f"<tr>{''.join(row)}</tr>" for row in rows) + "</table>")


def table(rows, headers=(), caption: str = "") -> Picture:
    """A table; a cell is text, a number (floats to four digits) or a Picture.

    >>> table([["cat", 1]], ["word", "id"])
    word  id
    cat   1
    """
    body = [[_cell(value) for value in row] for row in rows]
    return _table([[_head(name) for name in headers], *body] if headers else body, caption)


def bars(labels, values, struck=(), caption: str = "") -> Picture:
    """Horizontal bars with their numbers, hatched below 0; the labels at the positions `struck` are crossed out."""
    most, rows = max(map(abs, values), default=0) or 1, []
    for place, (label, value) in enumerate(zip(labels, values, strict=True)):
        out, bar = place in struck, "█▒"[bool(value < 0)] * max(1, round(30 * abs(value) / most))
        colour = "#999" if out else PALETTE[bool(value < 0)]
        rows.append([Picture(f"<s>{_label(label)}</s> (left out)") if out else label,
                     f"{value:.3f}".replace("-", "−"),
                     Picture(f'<span style="color:{colour};font-family:monospace">{bar}</span>')])
    return table(rows, caption=caption)


def heat(matrix, row_labels=(), column_labels=(), lit=None, digits: int = 2, framed=None,
         caption: str = "") -> Picture:
    """A small matrix, the number in every cell: orange above zero, blue below, white at zero.

    `lit`: positions of rows; only they are coloured then, and an arrow stands before them.
    `framed`: (row, column) of one cell to frame. The matrix may be lists, an array or a tensor.
    """
    matrix = matrix.tolist() if hasattr(matrix, "tolist") else matrix
    most = max((abs(value) for row in matrix for value in row), default=0) or 1
    rows = [[_head(name) for name in ["", *column_labels]]] if len(column_labels) else []
    for place, row in enumerate(matrix):
        name, on = row_labels[place] if place < len(row_labels) else place, lit is None or place in lit
        rows.append([_head(f"► {name}" if lit is not None and on else name)])
        for column, value in enumerate(row):
            full, share = (230, 159, 0) if value > 0 else (86, 180, 233), on * abs(value) / most
            fill = "#" + "".join(f"{round(255 - share * (255 - part)):02x}" for part in full)
            text = f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
            if (place, column) == framed:
                text, fill = Picture(f"<strong>{text}</strong>"), f"{fill};outline:3px solid #111"
            rows[-1].append(_cell(text, fill))
    return _table(rows, caption)


def windows(pieces, max_length: int, stride: int, shown: int = 16, most: int = 6) -> Picture:
    """The tokens in a strip; beneath it each window's input row, counted from 0, and its targets one place later.

    The last row counts how often a token is a target: 2 or more is overlap, "lost" is never. Of a
    text of more than `shown` tokens the start and the end are drawn, with `most` windows each.
    """
    size, picture = len(pieces), Picture("")
    starts = range(0, max(0, size - max_length), stride)
    counts = Counter(start + step for start in starts for step in range(1, max_length + 1))
    for places in [range(size)] if size <= shown else [range(shown), range(size - shown, size)]:
        inside = [start for start in starts if start in places and start + max_length in places]
        inside = inside[-most:] if places[:1] != range(1) else inside[:most]
        rows = [[_head("position"), *map(_head, places)],
                [_head("token"), *(_cell(visible(pieces[place])) for place in places)]]
        for name, at, fill in [row for start in inside for row in (
                (f"input {start // stride}", range(start, start + max_length), TINTS[1]),
                (f"target {start // stride}", range(start + 1, start + max_length + 1), TINTS[0]))]:
            rows.append([_head(name), *(_cell(visible(pieces[place]), fill) if place in at else _cell("")
                                        for place in places)])
        rows.append([_head("times a target"), *(
            _cell("–") if place == 0 else _cell(counts[place] or "lost", "#fff" if counts[place] else LOST)
            for place in places)])
        picture += _table(rows, f"Tokens {places[0]} to {places[-1]} of {size}: {len(inside)} of "
                          f"{len(starts)} windows" if size else "No tokens")
    return picture


def svg(markup: str, alt: str, wide: float = 0, high: float = 0) -> Picture:
    """An SVG as an image with alt text, which sites that strip inline SVG still show.

    `markup`: a whole <svg> with its xmlns; or, where `wide` and `high` are given, only its inside,
    which is put on white paper of that size.
    """
    if wide:
        markup = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" font-size="20" '
                  f'font-family="sans-serif"><rect width="100%" height="100%" fill="#fff"/>{markup}</svg>')
    data = base64.b64encode(markup.encode()).decode()
    return Picture(f'<img alt="{escape(alt)}" style="max-width:100%" src="data:image/svg+xml;base64,{data}">')


def word_map(words, xy, arrows=(), note: str = "") -> Picture:
    """Words at their places on a plane, both axes to one scale; `arrows`: (from, to) as positions in `words`."""
    words, points = [visible(word) for word in words], [tuple(map(float, spot)) for spot in xy]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    scale = 1 / max((max(xs) - min(xs)) / 560, (max(ys) - min(ys)) / 380, 1e-9)     # the same for both axes
    spots = [(20 + (x - min(xs)) * scale, 420 - (y - min(ys)) * scale) for x, y in points]
    parts = ['<marker id="tip" markerWidth="9" markerHeight="9" refX="9" refY="4" orient="auto">'
             f'<path d="M0,0 L9,4 L0,8" fill="{PALETTE[1]}"/></marker>']
    parts += [f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{u:.1f}" y2="{v:.1f}" stroke="{PALETTE[1]}"'
              ' stroke-width="2.5" marker-end="url(#tip)"/>'
              for (x, y), (u, v) in [(spots[a], spots[b]) for a, b in arrows]]
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{PALETTE[0]}"/><text x="{x + 9:.1f}" y="{y - 7:.1f}">'
              f'{escape(word)}</text>' for word, (x, y) in zip(words, spots, strict=True)]
    parts.append(f'<text x="12" y="470" font-size="17">{escape(note)}</text>')
    alt = ", ".join(f"{word} ({x:.2f}, {y:.2f})" for word, (x, y) in zip(words, points, strict=True))
    alt += "".join(f"; arrow from {words[a]} to {words[b]}" for a, b in arrows)
    return svg("".join(parts), f"Map of words: {alt}. {note}".strip(), 760, 485)


def tree(nested) -> Picture:
    """The merges that built a token: nested (bytes, left tree, right tree), or (bytes,) for a leaf."""
    parts, merges, edge = [], [], [6, 0]    # edge: where the next leaf may stand, the lowest line

    def place(node, y):
        name, below = visible(node[0]), [place(child, y + 70) for child in node[1:] if child]
        half = 6 * len(name) + 10
        x = sum(spot for spot, _ in below) / 2 if below else edge[0] + half
        edge[:] = max(edge[0], x + half + 12), max(edge[1], y)
        parts[:0] = [f'<line x1="{x}" y1="{y}" x2="{spot}" y2="{y + 70}" stroke="#666" stroke-width="2"/>'
                     for spot, _ in below]
        parts.append(f'<rect x="{x - half}" y="{y - 17}" width="{2 * half}" height="34" rx="6" stroke="#444" '
                     f'fill="{TINTS[y // 70 % len(TINTS)]}"/><text x="{x}" y="{y + 6}" text-anchor="middle" '
                     f'font-family="monospace" font-size="18">{escape(name)}</text>')
        if below:
            merges.append(f"{below[0][1]} + {below[1][1]} = {name}")
        return x, name

    _, root = place(nested, 25)
    alt = "Merges, each after its parts: " + "; ".join(merges) if merges else f"No merge: {root} is a single byte"
    return svg("".join(parts), alt, edge[0], edge[1] + 25)


def style() -> None:
    """Make matplotlib's figures fit a projector: large letters, white paper, our palette."""
    import matplotlib.pyplot as plt

    plt.rcParams.update({
        "font.size": 14, "figure.figsize": (8, 4.5), "figure.facecolor": "white", "lines.linewidth": 2.5,
        "axes.spines.top": False, "axes.spines.right": False, "image.cmap": "cividis",
        "axes.prop_cycle": plt.cycler(color=PALETTE)})


def figure(fig, alt: str) -> None:
    """Show a matplotlib figure with its alt text, and close it."""
    import matplotlib.pyplot as plt
    from IPython.display import display

    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", bbox_inches="tight", facecolor="white")
    plt.close(fig)
    display({"image/png": base64.b64encode(buffer.getvalue()).decode(), "text/plain": alt},
            metadata={"image/png": {"alt": alt}}, raw=True)
