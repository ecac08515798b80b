"""Pictures that are drawn as SVG: merge trees, stripes, and what maps are made of.

No one colour of text can be read on white and on a dark page alike: 4.5 to 1 on white takes a
luminance of at most 0.18, and on JupyterLab's dark page of at least 0.20. So nothing here has a
ground; the lines of maps and trees contrast 3 to 1 with both pages, and each text has a pale box
of its own.
"""

import base64
import math
import unicodedata
from html import escape

from .pictures import KEPT, Picture, visible
from .tables import PALETTE

PAPERS = ("#F8DDA8", "#C3E3F7", "#B5E3D4", "#F0CFE2", "#F6F1A9")  # of boxes with dark ink
LABEL, INK, LINE = "#E9EDF1", "#1A1A1A", "#808080"  # a label's box, its ink, a line of no colour
LEVEL = 40  # how far a token of a tree stands above its parts, in pixels
TIP = (
    '<marker id="tip" markerWidth="9" markerHeight="9" refX="11" refY="4" orient="auto">'
    f'<path d="M0,0 L9,4 L0,8" fill="{PALETTE[1]}"/></marker>'
)


def svg(markup: str, alt: str, wide: float = 0, high: float = 0) -> Picture:
    """An SVG as an image with alt text, which sites that strip inline SVG still show.

    `markup`: a whole <svg> with its xmlns; or, where `wide` and `high` are given, only its inside.
    """
    if wide:
        size = f'width="{wide}" height="{high}" font-size="16" font-family="monospace"'
        markup = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{markup}</svg>'
    data = "data:image/svg+xml;base64," + base64.b64encode(markup.encode()).decode()
    alt = escape(visible(alt, KEPT + "\n"))
    return Picture(f'<img alt="{alt}" style="max-width:100%" src="{data}">')


def line(start, end, colour: str, look: str = 'stroke-width="1.5"') -> str:
    """A line from point to point."""
    (x, y), (u, v) = start, end
    ends = f'x1="{x:.1f}" y1="{y:.1f}" x2="{u:.1f}" y2="{v:.1f}"'
    return f'<line {ends} stroke="{colour}" {look}/>'


def half_width(name: str) -> float:
    """Half the width of the box of a name; a wide character, as in 日本, takes two columns."""
    columns = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in name)
    return 5 * columns + 7


def box(name: str, x: float, y: float, fill: str = LABEL) -> str:
    """A name in dark ink on its own pale box, whose middle is at (x, y)."""
    half = half_width(name)
    sides = f'x="{x - half:.1f}" y="{y - 13:.1f}" width="{2 * half:.1f}" height="26" rx="5"'
    text = f'x="{x:.1f}" y="{y + 5:.1f}" text-anchor="middle" fill="{INK}"'
    return f'<rect {sides} stroke="{LINE}" fill="{fill}"/><text {text}>{escape(name)}</text>'


def _place(node, level: int, left: float, placed: list) -> tuple[float, float]:
    """Place a token and its parts to the right of `left`; gives its middle and the new `left`."""
    name = visible(node[0])
    half = half_width(name)
    middles, names = [], []
    for part in filter(None, node[1:]):
        middle, left = _place(part, level + 1, left, placed)
        middles.append(middle)
        names.append(visible(part[0]))
    # A token stands over the middle between its parts; a byte stands where there is room.
    middle = sum(middles) / 2 if middles else left + half
    placed.append((name, middle, level, middles, names))
    return middle, max(left, middle + half + 12)


def tree(nested) -> Picture:
    """The merges of a token: nested (bytes, left tree, right tree), or (bytes,) for a leaf."""
    placed, lines, boxes, merges = [], "", "", []
    _, wide = _place(nested, 0, 6, placed)
    for name, x, level, middles, names in placed:
        y = 15 + LEVEL * level
        # Lines stand before all boxes, so that they lie beneath them.
        for middle in middles:
            lines += line((x, y), (middle, y + LEVEL), LINE, 'stroke-width="2"')
        boxes += box(name, x, y, PAPERS[level % len(PAPERS)])
        if names:
            merges.append(f"{' + '.join(names)} = {name}")
    alt = f"No merge: {visible(nested[0])} is a single byte"
    if merges:
        alt = "Merges, each after its parts: " + "; ".join(merges)
    deepest = max(level for _, _, level, *_ in placed)
    return svg(lines + boxes, alt, round(wide), 30 + LEVEL * deepest)


def _upright(numbers, left: float, wide: int) -> str:
    """Numbers on a pale box, each turned, since it has to stand above a narrow stripe."""
    at = f'x="{left:.0f}" y="0" width="{wide * len(numbers)}" height="46"'
    markup = f'<rect {at} rx="5" stroke="{LINE}" fill="{LABEL}"/>'
    for place, value in enumerate(numbers):
        x = left + wide * (place + 0.5) + 5
        turned = f'transform="translate({x:.0f} 43) rotate(-90)" font-size="14" fill="{INK}"'
        markup += f"<text {turned}>{value:.2f}</text>".replace(">-", ">−")
    return markup


def stripes(names, vectors, shown: int = 28, wide: int = 10, written: int = 0) -> Picture:
    """The first numbers of each vector as stripes: orange above 0, blue below, paler near 0.

    vectors: one for each name, all equally long; nan and infinite numbers are left out.
    wide: pixels of a stripe; written: how many of the first vector's numbers stand above theirs.
    """
    labels = [visible(str(name), KEPT) for name in names]
    left = max(2 * half_width(label) for label in labels) + 10
    rows = [[float(value) for value in vector[:shown]] for vector in vectors]
    most = max((abs(value) for row in rows for value in row if math.isfinite(value)), default=0)
    markup, top = "", 0
    if written:
        markup, top = _upright(rows[0][:written], left, wide), 48
    for number, (label, row) in enumerate(zip(labels, rows, strict=True)):
        y = 32 * number + top
        markup += box(label, half_width(label) + 1, y + 15)
        at = f'x="{left:.0f}" y="{y}" width="{wide * len(row)}" height="30"'
        markup += f'<rect {at} fill="none" stroke="{LINE}"/>'  # where a row ends, if it ends pale
        for place, value in enumerate(row):
            if math.isfinite(value) and value != 0:
                colour, alpha = PALETTE[1] if value > 0 else PALETTE[0], abs(value) / most
                at = f'x="{left + wide * place:.0f}" y="{y}" width="{wide}" height="30"'
                markup += f'<rect {at} fill="{colour}" fill-opacity="{alpha:.2f}"/>'
    low = 32 * len(rows) + 6 + top
    for step, share in enumerate((-1, -0.5, 0, 0.5, 1)):  # the key: which colour is which number
        x, colour = left + 56 * step, PALETTE[1] if share > 0 else PALETTE[0]
        at = f'x="{x:.0f}" y="{low}" width="56" height="10" stroke="{LINE}"'
        markup += f'<rect {at} fill="{colour}" fill-opacity="{abs(share)}"/>'
        if share in (-1, 0, 1):
            markup += box(f"{share * most:.2g}".replace("-", "−"), x + 28, low + 26)
    count = f"first {len(rows[0])} of {len(vectors[0])} numbers"
    words = f"each stripe is a number: {count}" if written else count
    markup += box(words, left + half_width(words), low + 56)
    alt = f"Stripes of {', '.join(labels)}, the {count}: orange above 0, "
    alt += f"blue below, the strongest at {most:.3g}."
    # Stripes, key, or words
    whole = max(wide * len(rows[0]), 5 * 56, 2 * half_width(words))
    return svg(markup, alt, round(left + whole + 1), low + 70)
