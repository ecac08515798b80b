"""Playgrounds: the pictures of `show`, moved by sliders and text boxes.

A playground is a pure function from values to a picture, and the plain ipywidgets that hold the
values. In a live notebook it moves; where no widget lives, its first drawing stands still.
"""
from __future__ import annotations

import warnings
from functools import lru_cache, partial
from itertools import pairwise

import ipywidgets
import regex as regexes

from . import show
from .words import SPLIT, SimpleTokenizerV2, build_vocab, split_words

LONGEST = 5_000     # characters of a text box that are looked at
MERGES = 60         # steps of the merge stepper
WORDS = 16          # words of a sentence that the positions playground draws
SAMPLE = "Hello, world. Is this-- a test? It's unbelievable, she said: café 👋"
LOW = "low low low low low lower lower" + " newest" * 6 + " widest" * 3    # Sennrich et al. 2016
PRESETS = [("white space", r"\s"), ("white space, kept", r"(\s)"), ("with , and . too", r"([,.]|\s)"),
           ("the full pattern", SPLIT)]
TIES = {"first": "seen first in the text", "smallest": "smallest ids", "greatest": "greatest bytes"}


class Playground:
    """`draw(**values) -> Picture`, and by name the widgets whose values it is given.

    `html` is the drawing for the present values, `still` the first one, which a saved notebook keeps.
    What `draw` raises is shown as words.
    """

    def __init__(self, draw, **controls):
        self.draw, self.controls, self._view = draw, controls, ipywidgets.HTML()
        self.box = ipywidgets.VBox([*controls.values(), self._view])
        for control in controls.values():
            control.observe(self._redraw, names="value")
        self._redraw()
        self.still = self.html

    def _redraw(self, change=None):
        values = {name: control.value for name, control in self.controls.items()}
        texts = {name: value for name, value in values.items() if isinstance(value, str)}
        try:
            picture = self.draw(**values | {name: text[:LONGEST] for name, text in texts.items()})
        except Exception as error:      # what went wrong belongs on the page, not in a log
            picture = show.note(str(error) or type(error).__name__)
        if any(len(text) > LONGEST for text in texts.values()):
            picture = show.note(f"Only the first {LONGEST:,} characters are used.") + picture
        self.html = self._view.value = picture._repr_html_()

    def __repr__(self) -> str:
        return show.plain(self.still)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        live = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        return {"application/vnd.jupyter.widget-view+json": live,
                "text/html": self.still, "text/plain": repr(self)}


def _control(label: str, value, low=None, high=None, rows=0, options=()):
    """The widget that fits a value: a slider if it has limits, a list if it has options."""
    more = {"min": low, "max": high} if high else {"rows": rows} if rows else {"options": options} if options else {}
    kind = (ipywidgets.IntSlider if high else ipywidgets.Dropdown if options else ipywidgets.Checkbox
            if isinstance(value, bool) else ipywidgets.Textarea if rows else ipywidgets.Text)
    return kind(value=value, description=label, style={"description_width": "9em"},
                layout=ipywidgets.Layout(width="46em", max_width="98%"), **more)


def _reach(slider, box, count) -> None:
    """Let a slider over tokens go as far as the text in the box does, by `count`, but never below its value."""
    def stretch(change=None):
        slider.max = max(1, slider.value, count(box.value[:LONGEST]) - 1)

    box.observe(stretch, names="value")
    stretch()


def split_visibly(pattern: str, text: str, strip: bool = True) -> list[tuple[str, bool]]:
    """What re.split makes of a text, as (piece, kept): gaps and groups are kept, the rest is lost.

    `strip` drops white space at the ends of pieces, and empty pieces. Raises ValueError for a pattern
    that does not compile, or that takes over 0.3 seconds.
    """
    spans, pieces, end, seen = [], [], 0, 0
    if len(pattern) > 200:
        raise ValueError(f"The pattern has {len(pattern)} characters; this box takes 200. Shorten it.")
    try:
        for match in regexes.finditer(pattern, text, timeout=0.3):
            spans += [(end, match.start()), *(span for span in match.regs[1:] if span[0] >= 0)]
            end = match.end()
    except TimeoutError:
        raise ValueError("This pattern can match in so many ways that it was stopped after 0.3 seconds. A "
                         "repeat inside a repeat, as in (a+)+, often does that: take one away.") from None
    except (regexes.error, RecursionError) as error:
        raise ValueError(f"This pattern does not compile: {error}. Mend it, or choose a preset.") from None
    for first, last in [*spans, (end, len(text))]:
        piece = text[first:last]
        if strip:
            first, piece = first + len(piece) - len(piece.lstrip()), piece.strip()
        if piece or not strip:
            pieces += [(text[seen:first], False)] * (first > seen) + [(piece, True)]
            seen = max(seen, first + len(piece))
    return pieces + [(text[seen:], False)] * (seen < len(text))


def regex(text: str = SAMPLE) -> Playground:
    """Split a text with a pattern of your own: what is kept, what is dropped (chapter 1)."""
    def draw(preset, pattern, text, strip):
        pieces = split_visibly(pattern, text, strip)
        lost = {place: len(piece) for place, (piece, kept) in enumerate(pieces) if not kept}
        return show.tokens([piece for piece, _ in pieces], dropped=lost) + show.note(
            f"{len(pieces) - len(lost)} pieces kept, {sum(lost.values())} of {len(text)} characters "
            "dropped (dotted frames).")

    pattern, preset = _control("pattern", SPLIT), _control("preset", SPLIT, options=PRESETS)
    preset.observe(lambda change: setattr(pattern, "value", change["new"]), names="value")
    return Playground(draw, preset=preset, pattern=pattern, text=_control("text", text, rows=3),
                      strip=_control("drop white space", True))


def vocabulary(text: str, sentence: str = SAMPLE) -> Playground:
    """A sentence's ids, unknown words and decoded text, for a vocabulary of a share of `text` (chapter 2)."""
    story = split_words(text)

    def draw(sentence, share):
        part, words = story[:len(story) * share // 100], split_words(sentence)
        tokenizer = SimpleTokenizerV2(vocab := build_vocab(part, ["<|endoftext|>", "<|unk|>"]))
        ids = tokenizer.encode(sentence)
        decoded = tokenizer.decode(ids)
        unknown = {place: word for place, word in enumerate(words) if word not in vocab}
        return show.tokens(words, ids, marked=unknown) + show.table([
            ["typed", show.visible(sentence)], ["decoded", show.visible(decoded)],
            ["unknown tokens", f"{len(unknown)} of {len(words)} (framed above)"],
            ["lost with them", f"{sum(map(len, unknown.values()))} of {len(sentence)} characters"],
            ["length after decode", f"{len(decoded)} characters for {len(sentence)}"],
            ["the same text again", "yes" if decoded == sentence else "no"]]) + show.note(
            f"Vocabulary: {len(vocab):,} tokens, from {len(part):,} of the story's {len(story):,} tokens. It lacks "
            f"{sum(word not in vocab for word in story):,} of them, each counted as often as it occurs.")

    return Playground(draw, sentence=_control("sentence", sentence, rows=3),
                      share=_control("% of the story", 50, 0, 100))


def tokens(text: str = SAMPLE, tokenizers: dict | None = None) -> Playground:
    """One text cut by several tokenizers side by side (chapter 3).

    `tokenizers`: name -> a function from text to pieces, or a tokenizer such as tiktoken's. By default
    words, characters, byte pairs trained on the course's story, and GPT-2.
    """
    if tokenizers is None:
        from .bpe import BytePairTokenizer
        from .texts import load_text
        ours = BytePairTokenizer.train(load_text(), 1000)
        tokenizers = {"words": split_words, "characters": list, f"our own, {ours.n_vocab:,}": ours,
                      "GPT-2, 50,257": BytePairTokenizer.gpt2()}

    def draw(text):
        rows = []
        for name, cut in tokenizers.items():
            ids = [] if callable(cut) else cut.encode_ordinary(text)
            pieces = cut(text) if callable(cut) else [cut.decode_single_token_bytes(i) for i in ids]
            hover = [f"id {i}, bytes {piece.hex(' ')}" for i, piece in zip(ids, pieces, strict=bool(ids))]
            average = f"{len(text) / len(pieces):.2f}" if pieces else "–"
            rows.append([name, show.tokens(pieces, hover=hover), len(pieces), average])
        return show.table(rows, ["cut into", "tokens", "how many", "characters a token"])

    return Playground(draw, text=_control("text", text, rows=3))


@lru_cache(maxsize=16)
def _trained(text: str, ties: str):
    from .bpe import BytePairTokenizer
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")     # a short text may run out of pairs: the drawing says so
        return BytePairTokenizer.train(text, 256 + MERGES, ties=ties)


def merges(text: str = LOW) -> Playground:
    """Training merge by merge, the rule for ties, and the tree of a chosen token (chapter 3)."""
    def draw(text, ties, step, token):
        tokenizer = _trained(text, ties)
        pairs, name = list(tokenizer.merges), tokenizer.decode_single_token_bytes
        done = min(step, len(pairs))
        before, after = (tokenizer.at_size(text, 256 + size) for size in (max(0, done - 1), done))
        pair, place = pairs[done - 1] if done else None, min(token, len(after) - 1)
        framed = {k + side for k, two in enumerate(pairwise(before)) if two == pair for side in (0, 1)}
        made = {k for k, token_id in enumerate(after) if done and token_id == 255 + done}
        picture = show.note(f"Before merge {done}: {len(before)} tokens") if done else show.note("Bytes only")
        if done:
            votes = tokenizer.votes(text, 255 + done)
            count = next(count for two, count, _ in votes if two == pair)
            votes.sort(key=lambda vote: (vote[0] != pair, -vote[1]))
            equal = sum(vote[1] == count for vote in votes)
            picture += show.tokens(map(name, before), before, marked=framed) + show.table([[
                "wins" if two == pair else "tied" if votes[0][1] == n else "", show.tokens(map(name, two)), n,
                ", ".join(map(show.visible, chunks[:4]))] for two, n, chunks in votes[:6]],
                ["", "pair", "count", "found in"])
            picture += show.note((f"{equal} pairs are equally frequent; the tie goes to: {TIES[ties]}. " if equal > 1
                                  else "No other pair is as frequent. ") + f"After it: {len(after)} tokens")
        picture += show.tokens(map(name, after), after, marked=made)
        if step > len(pairs):
            picture += show.note(f"After {done} merges no pair is left.")
        if after:
            picture += show.note(f"Why is token {place}, {show.visible(name(after[place]))}, one token?")
            picture += show.tree(tokenizer.tree(after[place]))
        return picture

    box, token = _control("text", text, rows=3), _control("why this token?", 0, 0, 200)
    _reach(token, box, lambda text: len(text.encode("utf-8", "replace")))
    return Playground(draw, text=box, step=_control("merges done", 3, 0, MERGES),
                      ties=_control("ties go to", "first", options=[(TIES[key], key) for key in TIES]), token=token)


def windows(text: str, tokenizer=None) -> Playground:
    """max_length, stride and batch_size over the tokens of a text (chapter 4)."""
    from .windows import coverage, gpt2_tokenizer
    tokenizer = tokenizer or gpt2_tokenizer()

    def draw(text, max_length, stride, batch_size):
        pieces = [tokenizer.decode_single_token_bytes(i) for i in tokenizer.encode_ordinary(text)]
        n, seen = len(pieces), coverage(len(pieces), max_length, stride, batch_size)
        behind = f"{seen.tail} behind the last target, {seen.targets_lost - seen.tail} between windows"
        return show.windows(pieces, max_length, stride, shown=14) + show.table([
            ["windows", seen.windows, f"max(0, ceil(({n} tokens − {max_length}) / {stride}))"],
            ["overlap", seen.overlap, f"tokens that neighbours share: max(0, {max_length} − {stride})"],
            ["targets seen", seen.targets_seen, f"of {max(0, n - 1)} (the first token is never a target)"],
            ["targets lost", seen.targets_lost, behind],
            ["full batches", seen.batches, f"of {batch_size} windows; {seen.batches_kept} with drop_last=False"]])

    return Playground(draw, text=_control("text", text, rows=3), max_length=_control("max_length", 4, 1, 12),
                      stride=_control("stride", 4, 1, 14), batch_size=_control("batch_size", 2, 1, 8))


def analogies(vectors) -> Playground:
    """b − a + c with words of your own, as bars, a map and a grid of cosines (chapter 5)."""
    import numpy as np

    from .vectors import analogy, nearest_spellings

    def draw(b, a, c, exclude, words):
        b, a, c, *others = (word.strip() for word in [b, a, c, *words.split()[:8]])
        missing = [word for word in dict.fromkeys([b, a, c, *others]) if word not in vectors]
        if missing:
            return show.table([[show.visible(word), ", ".join(nearest_spellings(vectors, word)) or "none"]
                               for word in missing], ["not in the table", "nearest spellings"])
        found = analogy(vectors, a, b, c, exclude=False, topn=13)
        struck = {place for place, (*_, asked) in enumerate(found) if exclude and asked}
        found = found[:10 + len(struck)]
        answer = next(word for place, (word, *_) in enumerate(found) if place not in struck)
        grid = list(dict.fromkeys([b, a, c, answer, *others]))
        named = grid[:len({b, a, c, answer})]
        pairs, rows = [(a, b), (c, answer)], {word: vectors.get_vector(word, norm=True) for word in named}
        one, two = rows[b] - rows[a], rows[answer] - rows[c]
        cosine = one @ two / (np.linalg.norm(one) * np.linalg.norm(two) or 1)
        centred = np.stack(list(rows.values())) - np.mean(list(rows.values()), axis=0)
        xy = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
        xy *= np.where(xy[0] < 0, -1, 1)        # the signs of a projection are free: the first word's are +
        return (show.bars([word for word, *_ in found], [cosine for _, cosine, _ in found], struck,
                          f"{b} − {a} + {c}: {answer}. Cosines:")
                + show.word_map(named, xy, [(named.index(p), named.index(q)) for p, q in pairs if p != q],
                                f"Cosine of {b} − {a} and {answer} − {c} in all dimensions: {cosine:.2f}")
                + show.heat([[vectors.similarity(one, two) for two in grid] for one in grid], grid, grid,
                            caption="Cosine of each pair"))

    return Playground(draw, b=_control("b", "king"), a=_control("− a", "man"), c=_control("+ c", "woman"),
                      exclude=_control("leave a, b, c out", True), words=_control("more words", "prince boy"))


def _seeded(make):
    """What `make` gives with torch's seed 123, leaving the learner's own random numbers alone."""
    import torch
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(123)
        return make()


def lookup() -> Playground:
    """Ids in, rows of a 6 x 3 table out; the same by one-hot; the rows that a step changes (chapter 6)."""
    import torch
    start = _seeded(partial(torch.nn.Embedding, 6, 3)).weight.detach()

    def draw(ids, tenths):
        parts = ids.replace(",", " ").split()[:12]
        if not parts or not all(part in map(str, range(6)) for part in parts):
            raise ValueError(f"The ids are {show.visible(ids) or 'missing'}; the table has the rows 0 to 5 only. "
                             "Type ids such as 2, 3, 5, 1.")
        index, table = torch.tensor([*map(int, parts)]), torch.nn.Embedding.from_pretrained(start, freeze=False)
        rows, one_hot = table(index), torch.nn.functional.one_hot(index, 6).float()
        rows.sum().backward()
        lit, step, gradient = index.tolist(), tenths / 10, table.weight.grad
        equal = "equal to" if torch.equal(one_hot @ start, rows) else "different from"
        return ((show.heat(start, lit=lit, digits=4, caption="The table; the rows looked up")
                 | show.heat(rows, lit, digits=4, caption="Lookup: one row for each id"))
                + (show.heat(one_hot, lit, range(6), digits=0, caption="One-hot rows")
                   | show.heat(one_hot @ start, lit, digits=4, caption=f"One-hot times table: {equal} lookup"))
                + (show.heat(gradient, lit=lit, digits=0, caption="Gradient of their sum")
                   | show.heat(start - step * gradient, lit=lit, digits=4, caption=f"After a step of {step}")))

    return Playground(draw, ids=_control("ids", "2, 3, 5, 1"), tenths=_control("step, in tenths", 1, 0, 10))


def positions(sentence: str = "The dog bites the man") -> Playground:
    """Token row + position row = sum, and what a swap of two words changes (chapter 7)."""
    import torch

    from .embeddings import InputEmbedding
    layers = {kind: _seeded(partial(InputEmbedding, WORDS, WORDS, 8, kind)).requires_grad_(False)
              for kind in ("learned", "sinusoidal", "none")}

    def draw(sentence, position, place, other):
        words, layer, bare = split_words(sentence)[:WORDS], layers[position], position == "none"
        if len(words) < 2:
            raise ValueError("A sentence of at least two words is needed here. Type one.")
        place, other, order = min(place, len(words) - 1), min(other, len(words) - 1), list(range(len(words)))
        order[place], order[other] = other, place
        ids = torch.tensor([list(dict.fromkeys(words)).index(word) for word in words])
        before, after, token = layer(ids).tolist(), layer(ids[order]).tolist(), layer.token(ids)[place]
        row = torch.zeros(8) if bare else layer.positions(len(words))[place]
        new = [k for k, vector in enumerate(after) if vector not in before]
        same = ("The same word at both places: nothing has changed." if words[place] == words[other] else
                "The rows are the same as before: nothing in them tells of the order.")
        rows = [f"{k} {words[old]}" for k, old in enumerate(order)]
        picture = show.tokens(words, ids.tolist(), marked=[place]) + show.heat(
            torch.stack([token, row, token + row]),
            [f"token row of {words[place]}", "no position row" if bare else f"position row {place}", "their sum"],
            caption=f"Place {place}, {'no' if bare else position} positions")
        if place == other:
            return picture + show.heat(after, rows, caption="The sums, place by place")
        return (picture + show.note(f"Places {place} and {other} swapped:")
                + show.tokens([words[k] for k in order], marked=[place, other])
                + show.heat(after, rows, lit=new, caption=f"The sums after the swap: {len(new)} rows are new")
                + show.note("The new rows tell a model that the order has changed." if new else same))

    return Playground(draw, sentence=_control("sentence", sentence),
                      position=_control("positions", "learned", options=list(layers)),
                      place=_control("place", 1, 0, WORDS - 1), other=_control("swap with", 4, 0, WORDS - 1))


def pipe(text: str, tokenizer=None, layer=None) -> Playground:
    """Text, tokens, ids, rows, sum: choose a number and see what it was made from (chapter 8).

    `layer`: an InputEmbedding; by default a fresh one, 8 columns wide, for GPT-2's tokens.
    """
    import torch

    from .embeddings import InputEmbedding
    from .windows import gpt2_tokenizer
    tokenizer = tokenizer or gpt2_tokenizer()
    layer = layer or _seeded(partial(InputEmbedding, tokenizer.n_vocab, 1024, 8))

    def draw(text, token, column):
        ids = tokenizer.encode_ordinary(text)[:layer.context_length]
        if not ids:
            raise ValueError("There is no text. Type at least one character.")
        pieces, place = list(map(tokenizer.decode_single_token_bytes, ids)), min(token, len(ids) - 1)
        with torch.no_grad():
            rows, total = layer.token(torch.tensor(ids)), layer(torch.tensor([ids]))[0]
            at = total - rows if layer.positions(1) is None else layer.positions(len(ids))
        top, left = max(0, min(place - 2, len(ids) - 6)), max(0, min(column - 3, total.shape[1] - 8))
        near, across, begin = slice(top, top + 6), slice(left, left + 8), max(0, place - 12)

        def part(matrix, names, caption):
            return show.heat(matrix[near, across], names[near], range(total.shape[1])[across],
                             framed=(place - top, column - left), caption=caption)

        first, last = (len(b"".join(pieces[:k]).decode("utf-8", "ignore")) for k in (place, place + 1))
        seen = [f"{k} {show.visible(piece)}" for k, piece in enumerate(pieces)]
        return (show.note(f"1. {len(text)} characters, {len(ids)} tokens; those around token {place}:")
                + show.tokens(pieces[begin:place + 13], ids[begin:place + 13], marked=[place - begin])
                + part(rows, ids, f"2. Token rows, named by id: {list(rows.shape)}")
                + part(at, range(len(ids)), f"3. Position rows: {list(at.shape)}")
                + part(total, seen, f"4. Their sum, the input tensor: {[1, *total.shape]}")
                + show.note(f"The number at [0, {place}, {column}] is {total[place, column]:.4f} = "
                            f"{rows[place, column]:.4f} (token row {ids[place]}) + {at[place, column]:.4f} "
                            f"(position row {place}). Its token is {show.visible(pieces[place])}, and its "
                            f"characters, from number {first}: {show.visible(text[first:max(last, first + 1)])}"))

    box, chosen = _control("text", text, rows=3), _control("token", 2, 0, 200)
    _reach(chosen, box, lambda text: min(len(tokenizer.encode_ordinary(text)), layer.context_length))
    return Playground(draw, text=box, token=chosen,
                      column=_control("column", 3, 0, layer.token.embedding_dim - 1))


def costs(tokens: dict[str, float], bytes_each: float) -> Playground:
    """Hours, disk and money for encoding a corpus; `tokens`: how many, by its name (chapter 9)."""
    def draw(corpus, rate, cores, cents):
        size = corpus * bytes_each
        alone = size / (rate * 1e6) / 3600
        spent = alone * cents / 100
        return show.table([
            ["text", f"{size / 1e9:,.3f} GB", f"{corpus:,.0f} tokens of {bytes_each:.1f} bytes on average"],
            ["shards", f"{corpus * 2 / 1e9:,.3f} GB",
             f"2 bytes a token; {-(-corpus // 1e8):,.0f} of at most 100 million tokens"],
            ["hours", f"{alone / cores:,.3f}", f"{alone:,.3f} of one core, divided by {cores:,}"],
            ["price", f"{spent:,.2f}", f"{alone:,.3f} hours of a core at {cents / 100:.2f}, however many share them"]],
            ["what", "how much", "from"]) + show.bars(
                [f"{many:,} core{'s' * (many > 1)}" for many in (1, 10, 100, 1000)],
                [alone / many for many in (1, 10, 100, 1000)], caption="Hours")

    return Playground(draw, corpus=_control("corpus", [*tokens.values()][-1], options=[*tokens.items()]),
                      rate=_control("MB/s of one core", 5, 1, 50), cores=_control("cores", 100, 1, 1000),
                      cents=_control("cents an hour", 5, 1, 100))
