"""Maps of words, with labels that stand beside their points and hide as little as they can."""

import math

from . import pictures
from .drawings import LINE, TIP, box, half_width, line, svg
from .tables import PALETTE

AROUND = [(1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1), (1, 0), (-1, 0)]


def _spread(points: dict, wide: int) -> tuple[dict, int]:
    """The points on a paper so wide, both axes to one scale, and how high that paper is."""
    xs, ys = zip(*points.values(), strict=True) if points else ([0], [0])
    scale = 1 / max((max(xs) - min(xs)) / (wide - 200), (max(ys) - min(ys)) / (wide / 2), 1e-9)
    left, low = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    high = max(200, 90 + round((max(ys) - min(ys)) * scale))
    spots = {}
    for number, (x, y) in points.items():
        spots[number] = (wide / 2 + (x - left) * scale, high / 2 - (y - low) * scale)
    return spots, high


def _along(start, end) -> list:
    """Small boxes on a line, some pixels apart."""
    steps = 1 + int(math.dist(start, end) / 8)
    places = []
    for step in range(steps):
        x = start[0] + (end[0] - start[0]) * step / steps
        y = start[1] + (end[1] - start[1]) * step / steps
        places.append((x - 2, y - 2, x + 2, y + 2))
    return places


def _arrowhead(start, end) -> tuple:
    """A box around the head of an arrow, whose middle is 16 pixels before its end."""
    share = min(1, 16 / (math.dist(start, end) or 1))
    x, y = end[0] + share * (start[0] - end[0]), end[1] + share * (start[1] - end[1])
    return (x - 12, y - 12, x + 12, y + 12)


def _overlap(one, other) -> bool:
    """Whether two boxes (left, top, right, bottom) have a point in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _badness(label, taken, wide: int, high: int) -> int:
    """The weights of all that a label's box would hide, and more if it leaves the paper."""
    inside = label[0] >= 0 and label[1] >= 0 and label[2] <= wide and label[3] <= high
    hidden = sum(weight for weight, other in taken if _overlap(label, other))
    return hidden if inside else hidden + 1000


def _place_labels(names: dict, spots: dict, wide: int, high: int, lines) -> dict:
    """The middle of each label: the first free place around its spot, the near ones first.

    If none is free, it is the place that hides least: a line rather than a spot or an arrowhead,
    and these rather than another label.
    """
    taken = [(1, place) for ends in lines for place in _along(*ends)]
    taken += [(100, _arrowhead(*ends)) for ends in lines]
    taken += [(100, (x - 13, y - 13, x + 13, y + 13)) for x, y in spots.values()]
    middles = {}
    for number, (x, y) in spots.items():
        half, tried = half_width(names[number]), {}
        for far in (10, 20, 32, 46, 62):
            for right, down in AROUND:
                # Beside a spot the label begins where the spot ends, above it stands in its middle.
                u, v = x + right * (half + far), y + down * (far + 18)
                tried[u, v] = (u - half - 2, v - 15, u + half + 2, v + 15)
        best = min(tried, key=lambda place: _badness(tried[place], taken, wide, high))
        middles[number] = best
        taken.append((1000, tried[best]))
    return middles


def _spot(x: float, y: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{PALETTE[0]}"/>'


def _mark(x: float, y: float, square: bool) -> str:
    """What is drawn around a spot: a square or a ring."""
    look = f'fill="none" stroke="{PALETTE[2]}" stroke-width="3"'
    if square:
        return f'<rect x="{x - 10:.1f}" y="{y - 10:.1f}" width="20" height="20" {look}/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11" {look}/>'


def _arrows(lines, kinds) -> list[str]:
    """An arrow along each line, with dashes where its kind says so."""
    look, parts = 'stroke-width="2.5" marker-end="url(#tip)"', [TIP]
    for (start, end), kind in zip(lines, kinds, strict=True):
        dashes = ' stroke-dasharray="7 5"' if kind else ""
        parts.append(line(start, end, PALETTE[1], look + dashes))
    return parts


def word_map(
    words, xy, arrows=(), note: str = "", near=(), wide: int = 760, dashed=()
) -> pictures.Picture:
    """Words at their places on a plane; `note`: a line beneath.

    `arrows`, `dashed`: (from, to) positions of arrows with a whole or a dashed line.
    `near`: the positions of a word, which gets a square, and of those that are truly nearest
    to it, which get rings. `wide`: of the paper, in pixels.
    A word whose place is nan or infinite is left out, and named beneath.
    """
    names, points, lost = {}, {}, []
    for number, (word, (x, y)) in enumerate(zip(words, xy, strict=True)):
        names[number] = pictures.visible(word)
        if math.isfinite(x) and math.isfinite(y):
            points[number] = (float(x), float(y))
        else:
            lost.append(names[number])
    spots, high = _spread(points, wide)
    drawn = [(*ends, "") for ends in arrows] + [(*ends, "dashed ") for ends in dashed]
    drawn = [ends for ends in drawn if ends[0] in spots and ends[1] in spots]
    lines = [(spots[start], spots[end]) for start, end, _ in drawn]
    middles = _place_labels(names, spots, wide, high, lines)
    parts = _arrows(lines, [kind for _, _, kind in drawn])
    parts += [line(spots[number], middles[number], LINE) for number in spots]
    parts += [_spot(*spot) for spot in spots.values()]
    parts += [_mark(*spots[number], number == near[0]) for number in near if number in spots]
    parts += [box(names[number], *middles[number]) for number in spots]

    facts = [f"{names[number]} ({x:.2f}, {y:.2f})" for number, (x, y) in points.items()]
    said = [f"Map of words: {', '.join(facts)}"]
    said += [f"{kind}arrow from {names[start]} to {names[end]}" for start, end, kind in drawn]
    if len(near):
        ringed = ", ".join(names[number] for number in near[1:])
        said.append(f"square: {names[near[0]]}; rings, its true neighbours: {ringed}")
    if lost:
        note += f" Not placed, nan or infinite: {', '.join(lost)}"
    drawing = svg("".join(parts), "; ".join(said) + ".", wide, high)
    if note:  # no wider than the map, so that both fit beside another picture
        beneath = pictures.note(note.strip())
        drawing += pictures.Picture(pictures.tag("div", f"max-width:{wide}px", beneath.html))
    return drawing
