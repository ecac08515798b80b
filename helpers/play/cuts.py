"""The playgrounds of chapters 1 to 4: text is cut into tokens, and tokens into windows."""

import warnings
from functools import lru_cache, partial
from itertools import pairwise

import regex as regexes

from .. import explain, show
from ..bpe import BytePairTokenizer, gpt2_tokenizer
from ..words import SPLIT, SimpleTokenizerV2, build_vocab, split_words
from .playground import Playground, area, choice, examples, line, player, reach, slider, tick, watch

MERGES = 60  # steps of the merge stepper
SAMPLE = "Hello, world. Is this-- a test? It's unbelievable, she said: café 👋"
LOW = "low low low low low lower lower" + " newest" * 6 + " widest" * 3  # Sennrich et al. 2016
PRESETS = [
    ("white space", r"\s"),
    ("white space, kept", r"(\s)"),
    ("with , and . too", r"([,.]|\s)"),
    ("the full pattern", SPLIT),
    ("without parentheses", SPLIT[1:-1]),
]
TIES = {"first": "seen first in the text", "smallest": "smallest ids", "greatest": "greatest bytes"}


def split_visibly(pattern: str, text: str, strip: bool = True) -> list[tuple[str, bool]]:
    """What re.split makes of a text, as (piece, kept): gaps and groups are kept, the rest is lost.

    `strip` drops white space at the ends of pieces, and empty pieces. Raises ValueError for a
    pattern that is too long, does not compile, or takes over 0.3 seconds.
    """
    pieces, seen = [], 0
    for first, last in _split_spans(pattern, text):
        piece = text[first:last]
        if strip:
            first += len(piece) - len(piece.lstrip())
            piece = piece.strip()
        if piece or not strip:
            if seen < first:
                pieces.append((text[seen:first], False))
            pieces.append((piece, True))
            seen = max(seen, first + len(piece))
    if seen < len(text):
        pieces.append((text[seen:], False))
    return pieces


def _split_spans(pattern: str, text: str) -> list[tuple[int, int]]:
    """Where each piece of re.split begins and ends."""
    if len(pattern) > 200:
        raise ValueError(f"The pattern has {len(pattern)} characters; the cap is 200. Shorten it.")
    spans, end = [], 0
    try:
        for match in regexes.finditer(pattern, text, timeout=0.3):
            spans.append((end, match.start()))
            # A group that took no part in the match stands at -1.
            spans += [span for span in match.regs[1:] if span[0] >= 0]
            end = match.end()
    except TimeoutError:
        raise ValueError(
            "This pattern can match in so many ways that it was stopped after 0.3 seconds. A "
            "repeat inside a repeat, as in (a+)+, often does that: take one away."
        ) from None
    except (regexes.error, RecursionError) as error:
        raise ValueError(f"It does not compile: {error}. Fix it, or choose a preset.") from None
    return [*spans, (end, len(text))]


def _draw_split(pattern, text, strip):
    pieces = split_visibly(pattern, text, strip)
    lost = {place: len(piece) for place, (piece, kept) in enumerate(pieces) if not kept}
    picture = show.tokens([piece for piece, _ in pieces], dropped=lost)
    return picture + show.note(
        f"{len(pieces) - len(lost)} pieces kept, {sum(lost.values())} of {len(text)} characters "
        "dropped (dotted frames)."
    )


def regex(text: str = SAMPLE, pattern: str = SPLIT, strip: bool = True) -> Playground:
    """Split a text with a pattern of your own: what is kept, what is dropped (chapter 1)."""
    box, cut = area("text", text, rows=4), line("pattern", pattern)
    movers = {"pattern": examples("preset", cut, PRESETS)}
    tidy = tick("drop white space", strip)
    return Playground(_draw_split, "play.regex(", movers, pattern=cut, text=box, strip=tidy)


def _draw_vocabulary(story, sentence, share):
    sentence = sentence.removesuffix("\n")  # Enter at the end is not part of it
    part, words = story[: len(story) * share // 100], split_words(sentence)
    vocab = build_vocab(part, ["<|endoftext|>", "<|unk|>"])
    tokenizer = SimpleTokenizerV2(vocab)
    ids = tokenizer.encode(sentence)
    decoded = tokenizer.decode(ids)
    unknown = {place: len(word) for place, word in enumerate(words) if word not in vocab}
    lacking = sum(word not in vocab for word in story)
    rows = [
        ["typed", show.visible(sentence)],
        ["decoded", show.visible(decoded)],
        ["unknown tokens", f"{len(unknown)} of {len(words)} (framed above)"],
        ["lost with them", f"{sum(unknown.values())} of {len(sentence)} characters"],
        ["length after decode", f"{len(decoded)} characters for {len(sentence)}"],
        ["the same text again", "yes" if decoded == sentence else "no"],
    ]
    picture = show.tokens(words, ids, marked=unknown) + show.table(rows)
    return picture + show.note(
        f"Vocabulary: {len(vocab):,} tokens, from {len(part):,} of the story's {len(story):,} "
        f"tokens. It lacks {lacking:,} of them, each counted as often as it occurs."
    )


def _one_of_each_tenth(story: list[str]) -> str:
    """For each tenth of a story, a word new there, and then some that are in few stories."""
    words, seen = [], set()
    for tenth in range(10):
        part = story[len(story) * tenth // 10 : len(story) * (tenth + 1) // 10]
        new = [word for word in part if word not in seen and word.isalpha() and word.islower()]
        seen.update(part)
        words += [max(new, key=len)] if new else []
    return " ".join([*words, "tokenizer", "👋"])


def vocabulary(text: str, sentence: str | None = None, share: int = 50) -> Playground:
    """A sentence's ids, unknown words and decoded text, by a share of `text` (chapter 2)."""
    story = split_words(text)
    typed = _one_of_each_tenth(story) if sentence is None else sentence
    box = area("sentence", typed, rows=3)
    part = slider("% of the story", share, 0, 100, step=10)
    draw, call = partial(_draw_vocabulary, story), "play.vocabulary(text, "
    return Playground(draw, call, sentence=box, share=part)


def _cut_up(cut, text) -> tuple[list, list[str]]:
    """The pieces of a text, and what the mouse pointer brings up on each token."""
    if callable(cut):
        return cut(text), []
    ids = cut.encode_ordinary(text)
    pieces = [cut.decode_single_token_bytes(token_id) for token_id in ids]
    pairs = zip(ids, pieces, strict=True)
    return pieces, [f"id {token_id}, bytes {piece.hex(' ')}" for token_id, piece in pairs]


def _draw_cuts(cuts, text):
    strips = [_cut_up(cut, text) for cut in cuts.values()]
    colours, rows = show.twin_colours(*[pieces for pieces, _ in strips]), []
    for name, (pieces, hover) in zip(cuts, strips, strict=True):
        average = f"{len(text) / len(pieces):.2f}" if pieces else "–"
        strip = show.tokens(pieces, hover=hover, colours=colours)
        rows.append([name, strip, len(pieces), average])
    return show.table(rows, ["cut into", "tokens", "count", "characters each"])


def tokens(text: str, cuts: dict) -> Playground:
    """One text cut by `cuts`: name -> a tokenizer, or a function that gives pieces (chapter 3)."""
    return Playground(partial(_draw_cuts, cuts), "play.tokens(cuts=cuts, ", text=area("text", text))


@lru_cache(maxsize=16)
def _trained(text: str, ties: str) -> BytePairTokenizer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a short text may run out of pairs: the drawing says so
        return BytePairTokenizer.train(text, 256 + MERGES, ties=ties)


def _draw_votes(tokenizer, votes, pair, ties, colours):
    """The pairs that could be merged, the winner `pair` first; beneath, whether others tied."""
    winner = next(vote for vote in votes if vote[0] == pair)
    others = [vote for vote in votes if vote[0] != pair]
    _, most, _ = winner
    rows = []
    for two, count, chunks in [winner, *others[:3]]:
        pieces = show.tokens(map(tokenizer.decode_single_token_bytes, two), colours=colours)
        found = ", ".join(map(show.visible, chunks[:4]))
        rows.append(["tied" if count == most else "", pieces, count, found])
    rows[0][0] = "wins"
    equal = sum(count == most for _, count, _ in votes)
    shown = " (four are shown)" if equal > 4 else ""
    said = f"{equal} pairs are equally frequent{shown}; the tie goes to: {TIES[ties]}."
    if equal == 1:
        said = "No other pair is as frequent."
    if len(tokenizer.merges) < MERGES and pair == list(tokenizer.merges)[-1]:
        said += f" After {len(tokenizer.merges)} merges no pair is left."
    # Narrow, so that a tree has room beside it.
    beneath = show.Picture(f'<div style="max-width:22em">{show.note(said).html}</div>')
    return show.table(rows, ["", "pair", "count", "found in"]) + beneath


def _strip(name, ids, marked, colours):
    """Tokens side by side, each with its id where the mouse pointer is."""
    hover = [f"id {number}" for number in ids]
    return show.tokens(map(name, ids), marked=marked, hover=hover, colours=colours)


def _draw_merge(tokenizer, text, after, done, ties, why):
    """The text before a merge with its pair framed, the votes, and the text after it.

    `why`: the picture beside the votes.
    """
    new, name = 255 + done, tokenizer.decode_single_token_bytes
    before, pair = explain.at_size(tokenizer, text, new), list(tokenizer.merges)[done - 1]
    framed = set()
    for position, two in enumerate(pairwise(before)):
        if two == pair:
            framed.update([position, position + 1])
    made = {position for position, token_id in enumerate(after) if token_id == new}
    votes = explain.votes(tokenizer, text, new)
    # A token has one colour in both texts and among the votes.
    colours = show.twin_colours(map(name, before), map(name, after))
    picture = show.note(f"Before merge {done}: {len(before)} tokens")
    picture += _strip(name, before, framed, colours)
    made_now = f"{show.visible(name(new))} is token {new}"
    picture += show.note(f"Tokens after it: {len(after)}; {made_now}")
    votes = _draw_votes(tokenizer, votes, pair, ties, colours)
    return picture + _strip(name, after, made, colours) + (votes | why)


def _tokens_after(
    text: str, ties: str, step: int
) -> tuple[BytePairTokenizer, list[int], list[bytes]]:
    """The tokenizer of a text, and the text's ids and their bytes after so many merges."""
    tokenizer = _trained(text, ties)
    ids = explain.at_size(tokenizer, text, 256 + step)
    return tokenizer, ids, [tokenizer.decode_single_token_bytes(token_id) for token_id in ids]


def _draw_merges(text, step, ties, token):
    tokenizer, ids, pieces = _tokens_after(text, ties, step)
    done, why = min(step, len(tokenizer.merges)), show.Picture("")
    if ids:
        newest = 255 + done if done else ids[0]
        asked = dict(zip(pieces, ids, strict=True)).get(token, newest)
        spelled = show.visible(tokenizer.decode_single_token_bytes(asked))
        why = show.note(f"Why is {spelled} one token?")
        why += show.tree(explain.tree(tokenizer, asked))
        if asked < 256:
            why += show.note("It is one of the 256 bytes, so it was there from the start.")
    if done:
        picture = _draw_merge(tokenizer, text, ids, done, ties, why)
    else:
        picture = show.note("Bytes only") + show.tokens(pieces, ids) + why
        if not tokenizer.merges:
            picture += show.note("After 0 merges no pair is left.")
    return picture


def merges(text: str = LOW, step: int = 3, ties: str = "first", token: bytes = b"") -> Playground:
    """Training merge by merge, and the tree of a token; b"" is the last merged (chapter 3)."""
    box, steps = area("text", text), slider("merges done", step, 0, MERGES)
    rule = choice("ties go to", ties, options=[(name, key) for key, name in TIES.items()])
    reach(steps, [box, rule], lambda text, ties: len(_trained(text, ties).merges))
    asked = choice("why this token?", token, options=[("the last merged", b""), ("", token)])

    def offer(*values):
        wanted, (_, _, pieces) = asked.value, _tokens_after(*values)
        options = [(show.visible(piece), piece) for piece in dict.fromkeys(pieces)]
        asked.options = [("the last merged", b""), *options]
        asked.value = wanted if wanted in pieces else b""

    watch([box, rule, steps], offer)
    movers, call = {"step": player(steps)}, "play.merges("
    return Playground(_draw_merges, call, movers, text=box, step=steps, ties=rule, token=asked)


def _draw_windows(tokenizer, text, max_length, stride, batch_size):
    from ..windows import coverage

    pieces = [*map(tokenizer.decode_single_token_bytes, tokenizer.encode_ordinary(text))]
    n, seen = len(pieces), coverage(len(pieces), max_length, stride, batch_size)
    targets = f"of {max(0, n - 1)} (the first token is never a target)"
    lost = f"{seen.tail} after the last target, {seen.targets_lost - seen.tail} between windows"
    full = f"of {seen.batches_kept} batches"
    rows = [
        ["windows", seen.windows, f"max(0, ceil(({n} tokens − {max_length}) / {stride}))"],
        ["overlap", seen.overlap, f"tokens neighbours share: max(0, {max_length} − {stride})"],
        ["targets seen", seen.targets_seen, targets],
        ["targets lost", seen.targets_lost, lost],
        [f"full batches of {batch_size}", seen.batches, full],
    ]
    return show.windows(pieces, max_length, stride, shown=14, most=3) + show.table(rows)


def windows(text: str, max_length: int = 4, stride: int = 4, batch_size: int = 2) -> Playground:
    """max_length, stride and batch_size over GPT-2's tokens of a text (chapter 4)."""
    draw, call = partial(_draw_windows, gpt2_tokenizer()), "play.windows("
    length, step = slider("max_length", max_length, 1, 12), slider("stride", stride, 1, 14)
    size, box = slider("batch_size", batch_size, 1, 8), area("text", text, rows=3)
    return Playground(draw, call, text=box, max_length=length, stride=step, batch_size=size)
