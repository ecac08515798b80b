"""Windows of a text and a batch of them, as tables in which each token has its column."""

from collections import Counter

from .pictures import Picture, label, many, twin, visible
from .tables import GAP, HEAD, LOST, cell, head, join, small

INPUT = "background:#56B4E955"
TARGET = "background:#E69F0055;box-shadow:inset 0 -3px #E69F00"  # told apart in grey too
WIDE = 1390  # pixels of a letter's height, times characters, that a page has room for
ASKS = " ↘"  # from an input to its target, which stands one place on


def _middle(value, style: str = "", name: str = "td") -> str:
    """A narrow cell whose text stands in its middle, as wide as code."""
    look = "text-align:center;padding:.15em .3em;font-family:monospace;white-space:nowrap"
    return cell(value, f"{look};{style}", name)


def _strip(name: str, start: int, end: int, places: range, texts, fill: str) -> list[str]:
    """A row with the texts at the places from `start` to before `end`, and nothing elsewhere."""
    row = [head(name)]
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
    most = max(12, min(18, WIDE // widest))
    return arrow, f"clamp(8px,{max(1.1, most / 13):.1f}vw,{most}px)"  # small on paper: whole there


def _named(piece) -> Picture:
    """A token as a cell's text, which lights up with its twins."""
    return Picture(label(visible(piece)).replace("<bdi", f'<bdi class="{twin(piece)}"', 1))


def _times(places: range, counts: Counter) -> list[str]:
    """The row that counts how often each token is a target."""
    row = [head("times a target")]
    for place in places:
        count = (
            _middle(counts[place]) if counts[place] else _middle("lost", f"padding:0 .4em;{LOST}")
        )
        # The first token follows nothing, so it is never a target.
        row.append(_middle("–") if place == 0 else count)
    return row


def questions(pieces, window: int | None = None) -> Picture:
    """What a window asks, from its tokens and the next one: what is given, and the target.

    window: its number, where it has to be named.
    """
    rows = [[head("given"), head("target")]]
    for end in range(1, len(pieces)):
        given = Picture(" ".join(_named(piece).html for piece in pieces[:end]))
        rows.append(
            [cell(given, f"font-family:monospace;{INPUT}"), _middle(_named(pieces[end]), TARGET)]
        )
    name = "" if window is None else f"Window {window}: "
    return join(rows, f"{name}{many(len(pieces) - 1, 'question')}, which token comes next?")


def windows(
    pieces, max_length: int, stride: int, shown: int = 16, most: int = 6, counted: bool = True
) -> Picture:
    """The tokens in a strip; beneath it each window's inputs, counted from 0, and its targets.

    An arrow leads from an input to its target, the token that it asks for. If `counted`, the last
    row says how often: 2 or more is overlap, "lost" is never. Of a text of more than `shown` tokens
    the start and the end are drawn, with `most` windows each.
    """
    size, picture = len(pieces), Picture("")
    starts = range(0, max(0, size - max_length), stride)
    counts = Counter(start + step for start in starts for step in range(1, max_length + 1))
    strips = [range(size)] if size <= shown else [range(shown), range(size - shown, size)]
    arrow, letters = _fit([[pieces[place] for place in strip] for strip in strips])
    for places in strips:
        inside = [start for start in starts if start in places and start + max_length in places]
        inside = inside[:most] if places.start == 0 else inside[-most:]
        seen = [_named(pieces[place]) for place in places]
        asked = [Picture(f"{text.html}{ASKS if arrow else ''}") for text in seen]
        rows = [[head("token number")], [head("token")]]
        for place, text in zip(places, seen, strict=True):
            rows[0].append(_middle(place, HEAD, "th"))
            rows[1].append(_middle(text, f"min-width:{_room(pieces[place], arrow)}ch"))
        for start in inside:
            number, end = start // stride, start + max_length
            rows += [[GAP], _strip(f"input {number}", start, end, places, asked, INPUT)]
            rows.append(_strip(f"target {number}", start + 1, end + 1, places, seen, TARGET))
        if counted:
            rows += [[GAP], _times(places, counts)]
        caption = f"Tokens {places.start} to {places.stop - 1} of {size}: "
        caption += f"{len(inside)} of {len(starts)} windows"
        if not starts:
            caption = f"No window: it takes {max_length + 1} tokens, and there are {size}"
        elif len(inside) == len(starts) > 1:
            caption = f"{len(starts)} windows; each starts {many(stride, 'token')} later"
            caption += " than the one above it"
        picture += join(rows, caption, letters)
    return picture


def batch(inputs, targets, cut) -> Picture:
    """A batch, its inputs beside its targets: a line for each sample, a column for each position.

    inputs, targets: ids [samples, positions]; cut: gives the tokens of a list of ids.
    """
    sides = []
    for name, rows_of_ids, fill in (("inputs", inputs, INPUT), ("targets", targets, TARGET)):
        rows = [[head(name), *[_middle(k, HEAD, "th") for k in range(inputs.shape[1])]]]
        for number, ids in enumerate(rows_of_ids.tolist()):
            rows.append([head(number)])
            for piece, token_id in zip(cut(ids), ids, strict=True):
                text = Picture(f"{_named(piece).html}{small(token_id)}")
                rows[-1].append(_middle(text, fill))
        sides.append(join(rows, ""))
    return sides[0] | sides[1]
