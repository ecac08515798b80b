"""The playgrounds of chapters 5 to 9: vectors for words and tokens, and what they cost."""

import math
import re
from functools import partial
from zlib import crc32

from .. import show
from ..bpe import gpt2_tokenizer
from ..words import split_words
from .playground import Playground, area, choice, examples, line, reach, slider, tick

DOG = "The dog bites the man"
WORDS = 16  # words of a sentence that the positions playground draws
IDS = 1 << 16  # that its words may get: so many that two words hardly ever get the same
SUM = re.compile(r"\s*(\S+?)\s*[-−–]\s*(\S+?)\s*\+\s*(\S+)\s*")
SUMS = ("king - man + woman", "Paris - France + Japan", "better - good + bad")
SUMS += ("went - go + see", "cats - cat + dog", "euro - Europe + Japan")


def _draw_directions(vectors, a, b, c, answer):
    """A map of the four words and the sum; and in words, whether the two steps are alike."""
    from ..vectors import offset_cosine, project

    unit, words = partial(vectors.get_vector, norm=True), list(dict.fromkeys([b, a, c, answer]))
    xy = project(vectors, words)[0]
    place = dict(zip(words, xy, strict=True))
    xy = [*xy, place[b] - place[a] + place[c]]
    arrows, same_step = [(words.index(a), words.index(b))], [(words.index(c), len(words))]
    said = f"The answer is {c} itself, so there is no second step."
    if answer != c:
        arrows.append((words.index(c), words.index(answer)))  # is it the same step?
        cosine = offset_cosine([unit(a), unit(c)], [unit(b), unit(answer)])
        said = f"{b} − {a} and {answer} − {c}: cosine {cosine:.2f} in {vectors.vector_size} "
        said += "dimensions. Read nearness from the bars, not from the flat map."
    return show.word_map([*words, "(sum)"], xy, arrows, wide=400, dashed=same_step), said


def _draw_analogies(vectors, formula, exclude):
    from ..vectors import analogy

    typed = SUM.fullmatch(formula)
    if typed is None:
        raise ValueError(
            f"The line is {show.visible(formula) or 'empty'}; expected three words with a "
            "minus and a plus between them. Type one such as king - man + woman."
        )
    b, a, c = typed.groups()
    found = analogy(vectors, a, b, c, exclude=False, topn=13)
    marked = [(word, cosine, exclude and asked) for word, cosine, asked in found]
    left_out = [word for word, _, out in marked if out]
    answer = next(word for word, _, _ in found if word not in left_out)
    unit = partial(vectors.get_vector, norm=True)
    rows = {word: unit(word) for word in (b, a, c)}
    rows |= {"(sum)": unit(b) - unit(a) + unit(c), answer: unit(answer)}
    said = f"[{b}] − [{a}] + [{c}] ≈ {answer}. Cosines with the sum:"
    picture = show.ranks(marked[:5], answer, said)
    drawn = show.stripes(list(rows), list(rows.values()), shown=28)
    drawn_map, steps = _draw_directions(vectors, a, b, c, answer)
    return picture + (drawn | drawn_map) + show.note(steps)


def analogies(vectors, formula: str = SUMS[0], exclude: bool = True) -> Playground:
    """b − a + c with words of your own, as bars, stripes and a map (chapter 5)."""
    draw, box = partial(_draw_analogies, vectors), line("sum", formula)
    movers = {"formula": examples("examples", box, [(text, text) for text in SUMS])}
    out, call = tick("leave the three words out", exclude), "play.analogies(vectors, "
    return Playground(draw, call, movers, formula=box, exclude=out)


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
            f"The ids are {show.visible(repr(ids), ' ')}; the table has only the rows 0 to 5. "
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
    # One scale, so that equal numbers have equal colours.
    heat = partial(show.heat, most=float(start.abs().max()))
    above = heat(start, lit=lit, caption="The table; the rows looked up")
    above |= heat(rows, lit, caption="Lookup: one row for each id")
    above |= show.heat(one_hot, lit, range(6), digits=0, caption="One-hot vectors")
    below = heat(product, lit, caption=f"One-hot times table: {equal} lookup")
    below |= show.heat(gradient, lit=lit, digits=0, caption="Gradient of their sum")
    below |= heat(moved, lit=lit, caption=f"After a step of {step}")
    return above + below


def lookup(ids: str = "2, 3, 5, 1", tenths: int = 1) -> Playground:
    """Ids in, rows of a 6 x 3 table out; by one-hot too; what a step changes (chapter 6)."""
    import torch

    start = _seeded(torch.nn.Embedding, 6, 3).weight.detach()
    box, step = line("ids", ids), slider("step, in tenths", tenths, 0, 10)
    return Playground(partial(_draw_lookup, start), "play.lookup(", ids=box, tenths=step)


def _sums(layer, kind, words, ids, places):
    """Names and rows: at each of the places, a word's token vector, the position's, and the sum."""
    import torch

    word, vector = words[places[0]], layer.token(ids)[places[0]]
    names, rows = [], []
    for place in places:
        name, at = "no position vector", torch.zeros(8)
        if kind != "none":
            name, at = f"+ position vector {place}", layer.positions(len(ids))[place]
        names += [f"token vector of {word}", name, f"= {word} at {place}"]
        rows += [vector, at, vector + at]
    return names, torch.stack(rows)


def _draw_positions(layers, sentence, kind, position, other):
    import torch

    words, layer = split_words(sentence)[:WORDS], layers[kind]
    if len(words) < 2:
        raise ValueError("A sentence of at least two words is needed here. Type one.")
    order = list(range(len(words)))
    order[position], order[other] = other, position
    # A word has the same vector in every sentence.
    ids = torch.tensor([crc32(word.encode()) % IDS for word in words])
    swapped = [words[old] for old in order]
    colours = show.twin_colours(2 * [words[position], words[other]])  # the rest stays grey
    strip = partial(show.tokens, ids=range(len(words)), beneath="position", colours=colours)
    picture = strip(words, marked=[position, other])
    names, rows = _sums(layer, kind, words, ids, [position, other])
    said = "Choose another position to swap with."
    if position == other:
        rows, names = rows[:3], names[:3]
    else:
        picture += show.note(f"The words at {position} and {other} swapped:")
        picture += strip(swapped, marked=[position, other])
        before, after = layer(ids).tolist(), layer(ids[order]).tolist()
        new = sum(vector not in before for vector in after)
        why = "so a model can tell the two orders apart"
        if not new and words[position] == words[other]:
            why = "since the same word stands at both positions"
        elif not new:
            why = "so nothing in them tells the order"
        said = f"Of {len(words)} input embeddings {new} are new, {why}."
    caption = "Rounded; numbers to be learned are still random"
    return picture + show.heat(rows, names, caption=caption, apart=[3]) + show.note(said)


def positions(
    sentence: str = DOG, kind: str = "learned", position: int = 1, other: int = 4
) -> Playground:
    """Token vector + position vector = sum, and what a swap of two words changes (chapter 7)."""
    from ..embeddings import InputEmbedding

    layers = {}
    for name in ("learned", "sinusoidal", "none"):
        layers[name] = _seeded(InputEmbedding, IDS, WORDS, 8, name).requires_grad_(False)
        for table in layers[name].parameters():
            table.data = table.round(decimals=2)  # so that sums can be checked in one's head
    draw, box = partial(_draw_positions, layers), line("sentence", sentence)
    kinds = choice("positions", kind, options=list(layers))
    one, two = slider("position", position, 0, WORDS), slider("swap with", other, 0, WORDS)
    for moved in (one, two):
        reach(moved, [box], lambda text: min(WORDS, len(split_words(text))) - 1)
    controls = {"sentence": box, "kind": kinds, "position": one, "other": two}
    return Playground(draw, "play.positions(", **controls)


def _draw_part(position, column, most, matrix, names, caption):
    """Five rows and three columns of a large matrix around one number, which is framed."""
    top = max(0, min(position - 2, len(matrix) - 5))
    left = max(0, min(column - 1, matrix.shape[1] - 3))
    part, columns = matrix[top : top + 5, left : left + 3], range(left, left + 3)
    framed = (position - top, column - left)
    return show.heat(part, names[top : top + 5], columns, framed=framed, caption=caption, most=most)


def _draw_pipe(tokenizer, layer, text, position, column):
    import torch

    ids = tokenizer.encode_ordinary(text)[: layer.context_length]
    if not ids:
        raise ValueError("There is no text. Type at least one character.")
    pieces = [tokenizer.decode_single_token_bytes(token_id) for token_id in ids]
    place, numbers = min(position, len(ids) - 1), range(len(ids))  # one token has no second one
    with torch.no_grad():
        rows, total = layer.token(torch.tensor(ids)), layer(torch.tensor([ids]))[0]
        at = layer.positions(len(ids))
    start = max(0, min(place - 6, len(ids) - 14))
    near = slice(start, start + 14)  # mostly one line, so that little moves beneath it
    # One scale for all three, so that equal numbers have equal colours.
    part = partial(_draw_part, place, column, float(total.abs().max()))
    picture = show.note(
        f"1. {show.many(len(text), 'character')}, {show.many(len(ids), 'token')}, around position "
        f"{place}; the vectors are random, as before training:"
    )
    picture += show.tokens(pieces[near], ids[near], marked=[place - start], lines=False)
    vectors = part(rows, ids, f"2. Token vectors: {list(rows.shape)}")
    vectors |= part(at, numbers, f"3. + position vectors: {list(at.shape)}")
    picture += vectors | part(total, numbers, f"4. = input tensor: {[1, *total.shape]}")
    # Bytes that are no whole character yet are left out: its other bytes are in a later token.
    first = len(b"".join(pieces[:place]).decode("utf-8", "ignore"))
    so_far = b"".join(pieces[: place + 1])
    whole = so_far.decode("utf-8", "ignore")
    last = len(whole) if whole.encode() == so_far else len(whole) + 1
    numbers = [f"{table[place, column]:.4f}".replace("-", "−") for table in (total, rows, at)]
    return picture + show.note(
        f"The number at [0, {place}, {column}] is {numbers[0]}, the sum of {numbers[1]} (token id "
        f"{ids[place]}) and {numbers[2]} (position {place}); 0 is the only window. It stands for "
        f"the token “{show.visible(pieces[place])}”, whose bytes belong to the text from character "
        f"{first} on: “{show.visible(text[first:last])}”"
    )


def pipe(text: str, position: int = 2, column: int = 3) -> Playground:
    """Text, GPT-2's tokens, ids, vectors, sum: what a number was made from (chapter 8)."""
    from ..embeddings import InputEmbedding

    tokenizer = gpt2_tokenizer()
    layer = _seeded(InputEmbedding, tokenizer.n_vocab, 1024, 8)
    box, at = area("text", text, rows=4), slider("position", position, 0, position + 1)
    reach(at, [box], lambda text: min(1024, len(tokenizer.encode_ordinary(text))) - 1)
    draw, wide = partial(_draw_pipe, tokenizer, layer), slider("column", column, 0, 7)
    return Playground(draw, "play.pipe(", text=box, position=at, column=wide)


def _few(number: float) -> str:
    """A number to three digits, or to its whole part where that has more."""
    if number >= 100:
        return f"{number:,.0f}"
    number = float(f"{number:.3g}")  # first, since 9.999 becomes 10.0
    after = 2 - math.floor(math.log10(number)) if number else 0  # the point
    return f"{number:.{after}f}"


def _draw_costs(corpora, bytes_each, corpus, rate, cores, cents):
    n_tokens = corpora[corpus]
    size, price = n_tokens * bytes_each, cents / 100
    alone = size / (rate * 1e6) / 3600
    length = f"{n_tokens:,.0f} tokens of {bytes_each:.1f} bytes on average"
    shards = f"2 bytes a token; {math.ceil(n_tokens / 1e8):,}, each of at most 100 million tokens"
    paid = f"{_few(alone)} hours of a core at {price:.2f} dollars, however many share them"
    unit, seconds = ("hours", 3600) if alone > 1 else ("seconds", 1)  # no bar may say 0.000
    whole = alone * 3600 / seconds
    rows = [
        ["text, GB", _few(size / 1e9), length],
        ["shards, GB", _few(n_tokens * 2 / 1e9), shards],
        [unit, _few(whole / cores), f"{_few(whole)} of one core, divided by {cores:,}"],
        ["dollars", _few(alone * price), paid],
    ]
    numbers = sorted({1, 10, 100, 1000, cores})
    names = [f"{number:,}" for number in numbers]
    times, chosen = [whole / number for number in numbers], [numbers.index(cores)]
    bars = show.bars(
        names, times, caption=f"{unit.capitalize()}, by the number of cores", lit=chosen
    )
    return show.table(rows, ["what", "how much", "from"]) + bars


def costs(
    corpora: dict,
    bytes_each: float,
    corpus: str = "",
    rate: int = 5,
    cores: int = 100,
    cents: int = 5,
) -> Playground:
    """Hours, disk and money for encoding a corpus; `corpora`: name -> tokens (chapter 9)."""
    names, call = list(corpora), f"play.costs(corpora, bytes_each={float(bytes_each)!r}, "
    draw, speed = partial(_draw_costs, corpora, bytes_each), slider("MB/s of one core", rate, 1, 50)
    many, paid = slider("cores", cores, 1, 1000), slider("cents an hour", cents, 1, 100)
    chosen = choice("corpus", corpus or names[-1], options=names)
    return Playground(draw, call, corpus=chosen, rate=speed, cores=many, cents=paid)
