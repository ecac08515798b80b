"""Pictures that are made of others: one word in several cuts, and the answers to an analogy."""

from itertools import accumulate, pairwise

from .pictures import Picture, note, steps, visible
from .tables import bars, cell, head, heat, join, table, tokens, twin_colours


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


def lookup(text: str, pieces: list[str], vocab: dict[str, int]) -> Picture:
    """How a text becomes ids: cut into `pieces`, and each looked up in `vocab`, {token: id}.

    Of the vocabulary only the entries around one token are drawn, the first that occurs again.
    KeyError if the vocabulary lacks a piece.
    """
    colours = twin_colours(pieces)
    ids = [vocab[piece] for piece in pieces]
    one = next((piece for piece in pieces if pieces.count(piece) > 1), pieces[0])
    names = {token_id: token for token, token_id in vocab.items()}
    near = [number for number in range(vocab[one] - 3, vocab[one] + 4) if number in names]
    entries = [names[number] for number in near]
    found = tokens(entries, near, marked=[near.index(vocab[one])], colours=colours)
    said = f"The vocabulary has {len(vocab):,} tokens, each with an id. Around '{visible(one)}':"
    shown = [
        ["text", text],
        ["↓ 1. cut", tokens(pieces, colours=colours)],
        ["↓ 2. look up", note(said) + found],
        ["↓ 3. ids", tokens(pieces, ids, colours=colours) + note(str(ids))],
    ]
    rows = [[head(name), cell(value)] for name, value in shown]
    return join(rows, "In colour: the same token, and so the same id")


def addition(names: list[str], token_rows, position_rows, place: int) -> Picture:
    """Token vector + position vector = sum at `place`; beneath, as steps, all rows of both.

    `names`: of the tokens; token_rows, position_rows: tensors [tokens, columns].
    """
    at, position = token_rows[place].tolist(), position_rows[place].tolist()
    total = (token_rows[place] + position_rows[place]).tolist()
    rows = [names[place], f"+ position {place}", "= sum"]
    picture = heat([at, position, total], rows, caption="Rounded")
    frames = [("token vectors", heat(token_rows, names, lit=[place]))]
    frames.append(("position vectors", heat(position_rows, lit=[place])))
    return picture + steps(frames)


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
