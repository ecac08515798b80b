"""The playgrounds of chapters 1 to 4: text is cut into tokens, and tokens into windows."""

import warnings
from functools import lru_cache, partial
from itertools import pairwise

import regex as regexes

from .. import explain, show
from ..bpe import BytePairTokenizer, gpt2_tokenizer
from ..texts import load_text
from ..words import SPLIT, SimpleTokenizerV2, build_vocab, split_words
from .playground import Playground, area, choice, line, reach, slider, tick

MERGES = 60  # steps of the merge stepper
SAMPLE = "Hello, world. Is this-- a test? It's unbelievable, she said: café 👋"
LOW = "low low low low low lower lower" + " newest" * 6 + " widest" * 3  # Sennrich et al. 2016
PRESETS = [
    ("white space", r"\s"),
    ("white space, kept", r"(\s)"),
    ("with , and . too", r"([,.]|\s)"),
    ("the full pattern", SPLIT),
]
TIES = {"first": "seen first in the text", "smallest": "smallest ids", "greatest": "greatest bytes"}


def split_visibly(pattern: str, text: str, strip: bool = True) -> list[tuple[str, bool]]:
    """What re.split makes of a text, as (piece, kept): gaps and groups are kept, the rest is lost.

    `strip` drops white space at the ends of pieces, and empty pieces. Raises ValueError for a
    pattern that does not compile, or that takes over 0.3 seconds.
    """
    pieces, seen = [], 0
    for first, last in _split_places(pattern, text):
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


def _split_places(pattern: str, text: str) -> list[tuple[int, int]]:
    """Where each piece of re.split begins and ends."""
    if len(pattern) > 200:
        raise ValueError(
            f"The pattern has {len(pattern)} characters; this box takes 200. Shorten it."
        )
    places, end = [], 0
    try:
        for match in regexes.finditer(pattern, text, timeout=0.3):
            places.append((end, match.start()))
            # A group that took no part in the match stands at -1.
            places += [place for place in match.regs[1:] if place[0] >= 0]
            end = match.end()
    except TimeoutError:
        raise ValueError(
            "This pattern can match in so many ways that it was stopped after 0.3 seconds. A "
            "repeat inside a repeat, as in (a+)+, often does that: take one away."
        ) from None
    except (regexes.error, RecursionError) as error:
        raise ValueError(
            f"This pattern does not compile: {error}. Mend it, or choose a preset."
        ) from None
    return [*places, (end, len(text))]


def _draw_split(preset, pattern, text, strip):
    pieces = split_visibly(pattern, text, strip)
    lost = {place: len(piece) for place, (piece, kept) in enumerate(pieces) if not kept}
    picture = show.tokens([piece for piece, _ in pieces], dropped=lost)
    return picture + show.note(
        f"{len(pieces) - len(lost)} pieces kept, {sum(lost.values())} of {len(text)} characters "
        "dropped (dotted frames)."
    )


def regex(text: str = SAMPLE) -> Playground:
    """Split a text with a pattern of your own: what is kept, what is dropped (chapter 1)."""
    preset, pattern = choice("preset", SPLIT, PRESETS), line("pattern", SPLIT)

    def use(change):
        pattern.value = change["new"]

    preset.observe(use, names="value")
    box, strip = area("text", text), tick("drop white space", True)
    return Playground(_draw_split, preset=preset, pattern=pattern, text=box, strip=strip)


def _draw_vocabulary(story, sentence, share):
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


def vocabulary(text: str, sentence: str = SAMPLE) -> Playground:
    """A sentence's ids, unknown words and decoded text, by a share of `text` (chapter 2)."""
    draw = partial(_draw_vocabulary, split_words(text))
    box, share = area("sentence", sentence), slider("% of the story", 50, 0, 100)
    return Playground(draw, sentence=box, share=share)


def _draw_cuts(tokenizers, text):
    rows = []
    for name, cut in tokenizers.items():
        hover = []
        if callable(cut):
            pieces = cut(text)
        else:
            ids = cut.encode_ordinary(text)
            pieces = [cut.decode_single_token_bytes(token_id) for token_id in ids]
            for token_id, piece in zip(ids, pieces, strict=True):
                hover.append(f"id {token_id}, bytes {piece.hex(' ')}")
        average = f"{len(text) / len(pieces):.2f}" if pieces else "–"
        rows.append([name, show.tokens(pieces, hover=hover), len(pieces), average])
    return show.table(rows, ["cut into", "tokens", "how many", "characters a token"])


def tokens(text: str = SAMPLE, tokenizers: dict | None = None) -> Playground:
    """One text cut by several tokenizers side by side (chapter 3).

    `tokenizers`: name -> a function from text to pieces, or a tokenizer such as tiktoken's. By
    default words, characters, byte pairs trained on the course's story, and GPT-2.
    """
    if tokenizers is None:
        ours = BytePairTokenizer.train(load_text(), 1000)
        gpt2 = BytePairTokenizer.pretrained("gpt2")
        tokenizers = {"words": split_words, "characters": list}
        tokenizers |= {f"our own, {ours.n_vocab:,}": ours, "GPT-2, 50,257": gpt2}
    return Playground(partial(_draw_cuts, tokenizers), text=area("text", text))


@lru_cache(maxsize=16)
def _trained(text: str, ties: str) -> BytePairTokenizer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a short text may run out of pairs: the drawing says so
        return BytePairTokenizer.train(text, 256 + MERGES, ties=ties)


def _draw_votes(tokenizer, votes, pair, ties):
    """The pairs that could be merged, the winner `pair` first; and whether others tied with it."""
    winner = next(vote for vote in votes if vote[0] == pair)
    others = [vote for vote in votes if vote[0] != pair]
    _, most, _ = winner
    rows = []
    for two, count, chunks in [winner, *others[:5]]:
        pieces = show.tokens(map(tokenizer.decode_single_token_bytes, two))
        found = ", ".join(map(show.visible, chunks[:4]))
        rows.append(["tied" if count == most else "", pieces, count, found])
    rows[0][0] = "wins"
    equal = sum(count == most for _, count, _ in votes)
    said = f"{equal} pairs are equally frequent; the tie goes to: {TIES[ties]}."
    if equal == 1:
        said = "No other pair is as frequent."
    return show.table(rows, ["", "pair", "count", "found in"]), said


def _draw_merge(tokenizer, text, after, done, ties):
    """The text before a merge with its pair framed, the votes, and the text after it."""
    before = explain.at_size(tokenizer, text, 255 + done)
    pair, name = list(tokenizer.merges)[done - 1], tokenizer.decode_single_token_bytes
    framed = set()
    for place, two in enumerate(pairwise(before)):
        if two == pair:
            framed.update([place, place + 1])
    made = {place for place, token_id in enumerate(after) if token_id == 255 + done}
    votes = explain.votes(tokenizer, text, 255 + done)
    table, said = _draw_votes(tokenizer, votes, pair, ties)
    picture = show.note(f"Before merge {done}: {len(before)} tokens")
    picture += show.tokens(map(name, before), before, marked=framed) + table
    picture += show.note(f"{said} After it: {len(after)} tokens")
    return picture + show.tokens(map(name, after), after, marked=made)


def _draw_merges(text, ties, step, token):
    tokenizer = _trained(text, ties)
    done = min(step, len(tokenizer.merges))
    ids = explain.at_size(tokenizer, text, 256 + done)
    pieces = [tokenizer.decode_single_token_bytes(token_id) for token_id in ids]
    if done:
        picture = _draw_merge(tokenizer, text, ids, done, ties)
    else:
        picture = show.note("Bytes only") + show.tokens(pieces, ids)
    if done < step:
        picture += show.note(f"After {done} merges no pair is left.")
    if ids:
        place = min(token, len(ids) - 1)
        said = f"Why is token {place}, {show.visible(pieces[place])}, one token?"
        picture += show.note(said) + show.tree(explain.tree(tokenizer, ids[place]))
    return picture


def merges(text: str = LOW) -> Playground:
    """Training merge by merge, the rule for ties, and the tree of a chosen token (chapter 3)."""
    box, token = area("text", text), slider("why this token?", 0, 0, 200)
    reach(token, box, lambda text: len(text.encode("utf-8", "replace")))
    ties = choice("ties go to", "first", [(name, key) for key, name in TIES.items()])
    step = slider("merges done", 3, 0, MERGES)
    return Playground(_draw_merges, text=box, step=step, ties=ties, token=token)


def _draw_windows(tokenizer, text, max_length, stride, batch_size):
    from ..windows import coverage

    pieces = [*map(tokenizer.decode_single_token_bytes, tokenizer.encode_ordinary(text))]
    n, seen = len(pieces), coverage(len(pieces), max_length, stride, batch_size)
    possible = f"of {max(0, n - 1)} (the first token is never a target)"
    lost = f"{seen.tail} behind the last target, {seen.targets_lost - seen.tail} between windows"
    full = f"of {batch_size} windows; {seen.batches_kept} with drop_last=False"
    rows = [
        ["windows", seen.windows, f"max(0, ceil(({n} tokens − {max_length}) / {stride}))"],
        ["overlap", seen.overlap, f"tokens that neighbours share: max(0, {max_length} − {stride})"],
        ["targets seen", seen.targets_seen, possible],
        ["targets lost", seen.targets_lost, lost],
        ["full batches", seen.batches, full],
    ]
    return show.windows(pieces, max_length, stride, shown=14) + show.table(rows)


def windows(text: str, tokenizer=None) -> Playground:
    """max_length, stride and batch_size over the tokens of a text (chapter 4)."""
    draw = partial(_draw_windows, tokenizer or gpt2_tokenizer())
    length, stride = slider("max_length", 4, 1, 12), slider("stride", 4, 1, 14)
    size, box = slider("batch_size", 2, 1, 8), area("text", text)
    return Playground(draw, text=box, max_length=length, stride=stride, batch_size=size)
