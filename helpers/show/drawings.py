"""Pictures that are drawn: maps of words and merge trees as SVG, and matplotlib's figures."""

import base64
import io
import math
from html import escape

from .pictures import KEPT, Picture, visible
from .tables import PALETTE

PAPERS = ("#F8DDA8", "#C3E3F7", "#B5E3D4", "#F0CFE2", "#F6F1A9")  # of boxes with dark ink
TIP = (
    '<marker id="tip" markerWidth="9" markerHeight="9" refX="9" refY="4" orient="auto">'
    f'<path d="M0,0 L9,4 L0,8" fill="{PALETTE[1]}"/></marker>'
)


def svg(markup: str, alt: str, wide: float = 0, high: float = 0) -> Picture:
    """An SVG as an image with alt text, which sites that strip inline SVG still show.

    `markup`: a whole <svg> with its xmlns; or, where `wide` and `high` are given, only its inside,
    which is put on white paper of that size.
    """
    if wide:
        size = f'width="{wide}" height="{high}" font-size="20" font-family="sans-serif"'
        paper = '<rect width="100%" height="100%" fill="#fff"/>'
        markup = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{paper}{markup}</svg>'
    data = "data:image/svg+xml;base64," + base64.b64encode(markup.encode()).decode()
    alt = escape(visible(alt, KEPT + "\n"))
    return Picture(f'<img alt="{alt}" style="max-width:100%" src="{data}">')


def word_map(words, xy, arrows=(), note: str = "") -> Picture:
    """Words at their places on a plane, both axes to one scale; `arrows`: (from, to) positions.

    A word whose place is nan or infinite is left out, and named beneath.
    """
    words, points, lost = [visible(word) for word in words], {}, []
    for number, (word, (x, y)) in enumerate(zip(words, xy, strict=True)):
        if math.isfinite(x) and math.isfinite(y):
            points[number] = (float(x), float(y))
        else:
            lost.append(word)
    note = visible(note, KEPT)
    if lost:
        note += f" No place, but nan or infinite: {', '.join(lost)}"
    xs, ys = zip(*points.values(), strict=True) if points else ([0], [0])
    scale = 1 / max((max(xs) - min(xs)) / 560, (max(ys) - min(ys)) / 380, 1e-9)
    spots, parts, said, moves = {}, [TIP], [], ""
    for number, (x, y) in points.items():
        spots[number] = (20 + (x - min(xs)) * scale, 420 - (y - min(ys)) * scale)
        said.append(f"{words[number]} ({x:.2f}, {y:.2f})")
    for start, end in arrows:
        if start in spots and end in spots:
            (x, y), (u, v) = spots[start], spots[end]
            line = f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{u:.1f}" y2="{v:.1f}" '
            parts.append(f'{line}stroke="{PALETTE[1]}" stroke-width="2.5" marker-end="url(#tip)"/>')
            moves += f"; arrow from {words[start]} to {words[end]}"
    for number, (u, v) in spots.items():
        parts.append(f'<circle cx="{u:.1f}" cy="{v:.1f}" r="5" fill="{PALETTE[0]}"/>')
        parts.append(f'<text x="{u + 9:.1f}" y="{v - 7:.1f}">{escape(words[number])}</text>')
    parts.append(f'<text x="12" y="470" font-size="17">{escape(note)}</text>')
    alt = f"Map of words: {', '.join(said)}{moves}. {note}"
    return svg("".join(parts), alt.strip(), 760, 485)


def _place(node, level: int, left: float, placed: list) -> tuple[float, float]:
    """Place a token and its parts at the right of `left`; gives its middle and the new `left`."""
    name = visible(node[0])
    half = 6 * len(name) + 10
    middles, names = [], []
    for part in filter(None, node[1:]):
        middle, left = _place(part, level + 1, left, placed)
        middles.append(middle)
        names.append(visible(part[0]))
    # A token stands over the middle between its parts; a byte stands where there is room.
    middle = sum(middles) / 2 if middles else left + half
    placed.append((name, middle, half, level, middles, names))
    return middle, max(left, middle + half + 12)


def tree(nested) -> Picture:
    """The merges of a token: nested (bytes, left tree, right tree), or (bytes,) for a leaf."""
    placed, lines, boxes, merges = [], "", "", []
    _, wide = _place(nested, 0, 6, placed)
    for name, x, half, level, middles, names in placed:
        y, fill, down = 25 + 70 * level, PAPERS[level % len(PAPERS)], ""
        for middle in middles:
            ends = f'x1="{x}" y1="{y}" x2="{middle}" y2="{y + 70}"'
            down += f'<line {ends} stroke="#666" stroke-width="2"/>'
        lines = down + lines
        box = f'x="{x - half}" y="{y - 17}" width="{2 * half}" height="34"'
        boxes += f'<rect {box} rx="6" stroke="#444" fill="{fill}"/>'
        boxes += f'<text x="{x}" y="{y + 6}" text-anchor="middle" font-family="monospace" '
        boxes += f'font-size="18">{escape(name)}</text>'
        if names:
            merges.append(f"{' + '.join(names)} = {name}")
    alt = f"No merge: {visible(nested[0])} is a single byte"
    if merges:
        alt = "Merges, each after its parts: " + "; ".join(merges)
    return svg(lines + boxes, alt, wide, 50 + 70 * max(level for _, _, _, level, *_ in placed))


def style() -> None:
    """Make matplotlib's figures fit a projector: large letters, white paper, our palette."""
    import matplotlib.pyplot as plt

    plt.rc("font", size=14)
    plt.rc("figure", figsize=(8, 4.5), facecolor="white")
    plt.rc("lines", linewidth=2.5)
    plt.rc("axes.spines", top=False, right=False)
    plt.rc("axes", prop_cycle=plt.cycler(color=PALETTE))
    plt.rc("image", cmap="cividis")


def figure(fig, alt: str) -> None:
    """Show a matplotlib figure with its alt text, and close it."""
    import matplotlib.pyplot as plt
    from IPython.display import display

    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", bbox_inches="tight", facecolor="white")
    plt.close(fig)
    data = {"image/png": base64.b64encode(buffer.getvalue()).decode(), "text/plain": alt}
    display(data, metadata={"image/png": {"alt": alt}}, raw=True)
