"""The playgrounds of chapters 5 to 9: rows of numbers for words and tokens, and what they cost."""

import math
from functools import partial

from .. import show
from ..bpe import gpt2_tokenizer
from ..words import split_words
from .playground import Playground, area, choice, line, reach, slider, tick

WORDS = 16  # words of a sentence that the positions playground draws


def _draw_directions(vectors, a, b, c, answer):
    """A map of the four words, and how alike the steps from a to b and from c to the answer are."""
    import numpy as np

    words = list(dict.fromkeys([b, a, c, answer]))
    rows = np.stack([vectors.get_vector(word, norm=True) for word in words])
    centred = rows - rows.mean(axis=0)
    xy = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
    # An axis of such a map may point either way: here the first word is on the positive side.
    xy *= np.where(xy[0] < 0, -1, 1)
    steps, arrows = [], []
    for start, end in [(words.index(a), words.index(b)), (words.index(c), words.index(answer))]:
        steps.append(rows[end] - rows[start])
        if start != end:
            arrows.append((start, end))
    lengths = np.linalg.norm(steps[0]) * np.linalg.norm(steps[1])
    said = f"Cosine of {b} − {a} and {answer} − {c} in all dimensions: "
    return show.word_map(words, xy, arrows, f"{said}{steps[0] @ steps[1] / (lengths or 1):.2f}")


def _draw_analogies(vectors, b, a, c, exclude, words):
    from ..vectors import analogy, nearest_spellings

    b, a, c, *others = [b.strip(), a.strip(), c.strip(), *words.split()[:8]]
    rows = []
    for word in dict.fromkeys([b, a, c, *others]):
        if word not in vectors:
            near = ", ".join(nearest_spellings(vectors, word))
            rows.append([show.visible(word), near or "none"])
    if rows:
        return show.table(rows, ["not in the table", "nearest spellings"])
    found = analogy(vectors, a, b, c, exclude=False, topn=13)
    struck = [place for place, (_, _, asked) in enumerate(found) if exclude and asked]
    answer = next(word for place, (word, _, _) in enumerate(found) if place not in struck)
    names, cosines, _ = zip(*found[: 10 + len(struck)], strict=True)
    grid = list(dict.fromkeys([b, a, c, answer, *others]))
    table = [[vectors.similarity(one, two) for two in grid] for one in grid]
    picture = show.bars(names, cosines, struck, f"{b} − {a} + {c}: {answer}. Cosines:")
    picture += _draw_directions(vectors, a, b, c, answer)
    return picture + show.heat(table, grid, grid, caption="Cosine of each pair")


def analogies(vectors) -> Playground:
    """b − a + c with words of your own, as bars, a map and a grid of cosines (chapter 5)."""
    draw, exclude = partial(_draw_analogies, vectors), tick("leave a, b, c out", True)
    b, a, c = line("b", "king"), line("− a", "man"), line("+ c", "woman")
    words = line("more words", "prince boy")
    return Playground(draw, b=b, a=a, c=c, exclude=exclude, words=words)


def _seeded(make, *sizes):
    """What `make` gives with torch's seed 123; the learner's own random numbers are left alone."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(123)
        return make(*sizes)


def _draw_lookup(start, ids, tenths):
    import torch

    parts = ids.replace(",", " ").split()[:12]
    if not parts or not set(parts) <= set("012345"):
        raise ValueError(
            f"The ids are {show.visible(ids) or 'missing'}; the table has the rows 0 to 5 only. "
            "Type ids such as 2, 3, 5, 1."
        )
    lit, step = [int(part) for part in parts], tenths / 10
    table = torch.nn.Embedding.from_pretrained(start, freeze=False)
    rows = table(torch.tensor(lit))
    one_hot = torch.nn.functional.one_hot(torch.tensor(lit), 6).float()
    product = one_hot @ start
    equal = "equal to" if torch.equal(product, rows) else "different from"
    rows.sum().backward()
    gradient = table.weight.grad
    moved = start - step * gradient
    before = show.heat(start, lit=lit, digits=4, caption="The table; the rows looked up")
    before |= show.heat(rows, lit, digits=4, caption="Lookup: one row for each id")
    middle = show.heat(one_hot, lit, range(6), digits=0, caption="One-hot rows")
    middle |= show.heat(product, lit, digits=4, caption=f"One-hot times table: {equal} lookup")
    after = show.heat(gradient, lit=lit, digits=0, caption="Gradient of their sum")
    after |= show.heat(moved, lit=lit, digits=4, caption=f"After a step of {step}")
    return before + middle + after


def lookup() -> Playground:
    """Ids in, rows of a 6 x 3 table out; by one-hot too; what a step changes (chapter 6)."""
    import torch

    start = _seeded(torch.nn.Embedding, 6, 3).weight.detach()
    ids, tenths = line("ids", "2, 3, 5, 1"), slider("step, in tenths", 1, 0, 10)
    return Playground(partial(_draw_lookup, start), ids=ids, tenths=tenths)


def _draw_sum(layer, position, words, ids, place):
    """The token row at a place, its position row, and their sum."""
    row, name, kind = [0.0] * 8, "no position row", "no"
    if position != "none":
        row = layer.positions(len(words))[place].tolist()
        name, kind = f"position row {place}", position
    rows = [layer.token(ids)[place].tolist(), row, layer(ids)[place].tolist()]
    names = [f"token row of {words[place]}", name, "their sum"]
    picture = show.tokens(words, ids.tolist(), marked=[place])
    return picture + show.heat(rows, names, caption=f"Place {place}, {kind} positions")


def _draw_positions(layers, sentence, position, place, other):
    import torch

    words, layer = split_words(sentence)[:WORDS], layers[position]
    if len(words) < 2:
        raise ValueError("A sentence of at least two words is needed here. Type one.")
    place, other = min(place, len(words) - 1), min(other, len(words) - 1)
    order = list(range(len(words)))
    order[place], order[other] = other, place
    numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
    ids = torch.tensor([numbers[word] for word in words])
    before, after = layer(ids).tolist(), layer(ids[order]).tolist()
    names = [f"{number} {words[old]}" for number, old in enumerate(order)]
    picture = _draw_sum(layer, position, words, ids, place)
    if place == other:
        return picture + show.heat(after, names, caption="The sums, place by place")
    new = [number for number, row in enumerate(after) if row not in before]
    caption = f"The sums after the swap: {len(new)} rows are new"
    if new:
        said = "The new rows tell a model that the order has changed."
    elif words[place] == words[other]:
        said = "The same word at both places: nothing has changed."
    else:
        said = "The rows are the same as before: nothing in them tells of the order."
    picture += show.note(f"Places {place} and {other} swapped:")
    picture += show.tokens([words[old] for old in order], marked=[place, other])
    return picture + show.heat(after, names, lit=new, caption=caption) + show.note(said)


def positions(sentence: str = "The dog bites the man") -> Playground:
    """Token row + position row = sum, and what a swap of two words changes (chapter 7)."""
    from ..embeddings import InputEmbedding

    layers = {}
    for kind in ("learned", "sinusoidal", "none"):
        layers[kind] = _seeded(InputEmbedding, WORDS, WORDS, 8, kind).requires_grad_(False)
    draw, box = partial(_draw_positions, layers), line("sentence", sentence)
    kind = choice("positions", "learned", list(layers))
    place, other = slider("place", 1, 0, WORDS - 1), slider("swap with", 4, 0, WORDS - 1)
    return Playground(draw, sentence=box, position=kind, place=place, other=other)


def _draw_part(place, column, matrix, names, caption):
    """Six rows and eight columns of a large matrix around one number, which is framed."""
    top = max(0, min(place - 2, len(matrix) - 6))
    left = max(0, min(column - 3, matrix.shape[1] - 8))
    part, columns = matrix[top : top + 6, left : left + 8], range(matrix.shape[1])[left : left + 8]
    framed = (place - top, column - left)
    return show.heat(part, names[top : top + 6], columns, framed=framed, caption=caption)


def _draw_pipe(tokenizer, layer, text, token, column):
    import torch

    ids = tokenizer.encode_ordinary(text)[: layer.context_length]
    if not ids:
        raise ValueError("There is no text. Type at least one character.")
    pieces = [tokenizer.decode_single_token_bytes(token_id) for token_id in ids]
    names = [f"{number} {show.visible(piece)}" for number, piece in enumerate(pieces)]
    place = min(token, len(ids) - 1)
    with torch.no_grad():
        rows, total = layer.token(torch.tensor(ids)), layer(torch.tensor([ids]))[0]
        at = layer.positions(len(ids))
    at = torch.zeros_like(rows) if at is None else at
    near, part = slice(max(0, place - 12), place + 13), partial(_draw_part, place, column)
    said = f"1. {len(text)} characters, {len(ids)} tokens; those around token {place}:"
    picture = show.note(said) + show.tokens(pieces[near], ids[near], marked=[place - near.start])
    picture += part(rows, ids, f"2. Token rows, named by id: {list(rows.shape)}")
    picture += part(at, range(len(ids)), f"3. Position rows: {list(at.shape)}")
    picture += part(total, names, f"4. Their sum, the input tensor: {[1, *total.shape]}")
    # Bytes that are no whole character yet are left out of both counts.
    first = len(b"".join(pieces[:place]).decode("utf-8", "ignore"))
    last = len(b"".join(pieces[: place + 1]).decode("utf-8", "ignore"))
    return picture + show.note(
        f"The number at [0, {place}, {column}] is {total[place, column]:.4f} = "
        f"{rows[place, column]:.4f} (token row {ids[place]}) + {at[place, column]:.4f} "
        f"(position row {place}). Its token is {show.visible(pieces[place])}, and its "
        f"characters, from number {first}: {show.visible(text[first : max(last, first + 1)])}"
    )


def pipe(text: str, tokenizer=None, layer=None) -> Playground:
    """Text, tokens, ids, rows, sum: choose a number and see what it was made from (chapter 8).

    `layer`: an InputEmbedding; by default a fresh one, 8 columns wide, for GPT-2's tokens.
    """
    from ..embeddings import InputEmbedding

    tokenizer = tokenizer or gpt2_tokenizer()
    layer = layer or _seeded(InputEmbedding, tokenizer.n_vocab, 1024, 8)
    box, token = area("text", text), slider("token", 2, 0, 200)
    reach(token, box, lambda text: min(len(tokenizer.encode_ordinary(text)), layer.context_length))
    column = slider("column", 3, 0, layer.token.embedding_dim - 1)
    draw = partial(_draw_pipe, tokenizer, layer)
    return Playground(draw, text=box, token=token, column=column)


def _draw_costs(bytes_each, corpus, rate, cores, cents):
    size, price = corpus * bytes_each, cents / 100
    alone = size / (rate * 1e6) / 3600
    length = f"{corpus:,.0f} tokens of {bytes_each:.1f} bytes on average"
    shards = f"2 bytes a token; {math.ceil(corpus / 1e8):,} of at most 100 million tokens"
    paid = f"{alone:,.3f} hours of a core at {price:.2f}, however many share them"
    rows = [
        ["text", f"{size / 1e9:,.3f} GB", length],
        ["shards", f"{corpus * 2 / 1e9:,.3f} GB", shards],
        ["hours", f"{alone / cores:,.3f}", f"{alone:,.3f} of one core, divided by {cores:,}"],
        ["price", f"{alone * cents / 100:,.2f}", paid],
    ]
    times = [alone, alone / 10, alone / 100, alone / 1000]
    names = ["1 core", "10 cores", "100 cores", "1,000 cores"]
    return show.table(rows, ["what", "how much", "from"]) + show.bars(names, times, caption="Hours")


def costs(tokens: dict[str, float], bytes_each: float) -> Playground:
    """Hours, disk and money for encoding a corpus; `tokens`: how many, by its name (chapter 9)."""
    draw = partial(_draw_costs, bytes_each)
    corpus = choice("corpus", list(tokens.values())[-1], list(tokens.items()))
    rate, cores = slider("MB/s of one core", 5, 1, 50), slider("cores", 100, 1, 1000)
    cents = slider("cents an hour", 5, 1, 100)
    return Playground(draw, corpus=corpus, rate=rate, cores=cores, cents=cents)
