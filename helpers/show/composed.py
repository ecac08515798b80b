"""Pictures that are made of others: one word in several cuts, and the answers to an analogy."""

from itertools import accumulate, pairwise

from .pictures import Picture, note
from .tables import bars, table, tokens, twin_colours


def ladder(cuts, names=(), caption: str = "") -> Picture:
    """One word in several cuts (lists of str or bytes), a line each, letter beneath letter.

    Tokens that the line above lacks are framed. `names`: of the lines, otherwise numbered.
    """
    rows, above, colours = [], None, twin_colours(*cuts)
    for number, pieces in enumerate(cuts):
        spans = [*pairwise(accumulate(map(len, pieces), initial=0))]
        new = [place for place, span in enumerate(spans) if rows and span not in above]
        strip = tokens(pieces, marked=new, room=1.3, colours=colours)
        rows.append([names[number] if names else number, strip])
        above = spans
    return table(rows, caption=caption)


def ranks(found, expected: str = "", caption: str = "") -> Picture:
    """The answers to an analogy in their order, numbered, as bars; the `expected` word is lit.

    `found`: (word, cosine, whether it is crossed out) of each, as `vectors.analogy` gives them.
    """
    words, cosines, asked = zip(*found, strict=True)
    names = [f"{rank}. {word}" for rank, word in enumerate(words, start=1)]
    struck = [place for place, out in enumerate(asked) if out]
    lit = [place for place, word in enumerate(words) if word == expected]
    picture = bars(names, cosines, struck, caption, lit)
    if expected and not lit:
        picture += note(f"{expected} is not among these {len(words)}.")
    return picture
