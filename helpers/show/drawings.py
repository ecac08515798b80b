"""Pictures that are drawn: maps of words and merge trees as SVG, and matplotlib's figures."""

import base64
import io
from html import escape

from .pictures import Picture, visible
from .tables import PALETTE, TINTS

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
    return Picture(f'<img alt="{escape(alt)}" style="max-width:100%" src="{data}">')


def word_map(words, xy, arrows=(), note: str = "") -> Picture:
    """Words at their places on a plane, both axes to one scale; `arrows`: (from, to) positions."""
    words = [visible(word) for word in words]
    points = [(float(x), float(y)) for x, y in xy]
    xs, ys = zip(*points, strict=True)
    scale = 1 / max((max(xs) - min(xs)) / 560, (max(ys) - min(ys)) / 380, 1e-9)
    spots = [(20 + (x - min(xs)) * scale, 420 - (y - min(ys)) * scale) for x, y in points]
    parts, said, moves = [TIP], [], ""
    for start, end in arrows:
        (x, y), (u, v) = spots[start], spots[end]
        line = f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{u:.1f}" y2="{v:.1f}" stroke="{PALETTE[1]}"'
        parts.append(f'{line} stroke-width="2.5" marker-end="url(#tip)"/>')
        moves += f"; arrow from {words[start]} to {words[end]}"
    for word, (x, y), (u, v) in zip(words, points, spots, strict=True):
        said.append(f"{word} ({x:.2f}, {y:.2f})")
        parts.append(f'<circle cx="{u:.1f}" cy="{v:.1f}" r="5" fill="{PALETTE[0]}"/>')
        parts.append(f'<text x="{u + 9:.1f}" y="{v - 7:.1f}">{escape(word)}</text>')
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
        y, fill, down = 25 + 70 * level, TINTS[level % len(TINTS)], ""
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
