"""Why a text is cut as it is: the steps, the tree and the neighbours of a token (chapter 3).

One fact carries all of it. While a chunk is encoded, the ids of its merges only go up: a merge
makes a new token, and whatever that token takes part in was learned later. So tokens that are taken
apart again show what stood there at any time before; nothing has to be recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import accumulate, pairwise

import regex

from .backstage.doors import whole_number
from .backstage.merging import whole_characters
from .bpe import BytePairTokenizer, apply_merges, byte_ids, count_pairs
from .chunks import count_chunks, find_chunks


def take_apart(tokenizer: BytePairTokenizer, ids: list[int], limit: int) -> list[int]:
    """The ids, with those from limit on replaced by the parts that they were merged from."""
    smaller: list[int] = []
    waiting = ids[::-1]  # the next one is at the end
    while waiting:
        token_id = waiting.pop()
        if token_id < limit:
            smaller.append(token_id)
        else:
            waiting += reversed(tokenizer.parts[token_id])  # so the left part comes next
    return smaller


def merges_inside(tokenizer: BytePairTokenizer, ids: Iterable[int]) -> list[int]:
    """The merged tokens that these ids are built of, themselves included, in order of learning."""
    found: set[int] = set()
    waiting = list(ids)
    while waiting:
        token_id = waiting.pop()
        if token_id in tokenizer.parts:  # a byte has none
            found.add(token_id)
            waiting += tokenizer.parts[token_id]
    return sorted(found)


def at_size(tokenizer: BytePairTokenizer, text: str, vocab_size: int) -> list[int]:
    """The ids that this text would have had if training had stopped at vocab_size tokens.

    ValueError below 256: the bytes are always there.
    """
    whole_number(vocab_size, "vocab_size", 256)
    # All merges are applied, and those that training had not learned yet are undone.
    ids: list[int] = []
    for chunk in find_chunks(text, tokenizer.pattern):
        ids += apply_merges(byte_ids(chunk), tokenizer.merges)
    return take_apart(tokenizer, ids, vocab_size)


def steps(tokenizer: BytePairTokenizer, chunk: str) -> list[list[int]]:
    """The ids of one chunk before the first merge, and after each merge that its encoding uses."""
    ids = apply_merges(byte_ids(whole_characters(chunk)), tokenizer.merges)
    # Just before a merge, whatever has its id or a higher one was still in parts.
    used = merges_inside(tokenizer, ids)
    return [take_apart(tokenizer, ids, new_id) for new_id in used] + [ids]


def tree(tokenizer: BytePairTokenizer, token_id: int) -> tuple:
    """The merges inside a token: (bytes, left tree, right tree); (bytes,) where there is none."""
    branches = [tree(tokenizer, part) for part in tokenizer.parts.get(token_id, ())]
    return (tokenizer.decode_single_token_bytes(token_id), *branches)


def votes(tokenizer: BytePairTokenizer, texts: str | Iterable[str], vocab_size: int) -> list[tuple]:
    """The pairs that could become the next token at vocab_size: (pair, count, chunks with it).

    Most frequent first, equal ones in the order in which the text shows them: where a merge came
    from, who came second, and which pairs tied.
    """
    whole_number(vocab_size, "vocab_size", 256)  # the bytes are always there
    words = []
    holders = defaultdict(dict)  # pair -> a dict whose keys are its chunks, each once, in order
    chunks = count_chunks(texts, tokenizer.special_tokens, tokenizer.pattern)
    for chunk, count in chunks.items():
        ids = apply_merges(byte_ids(chunk), tokenizer.merges)
        # The chunk as it stood when training had vocab_size tokens.
        words.append((take_apart(tokenizer, ids, vocab_size), count))
        for pair in pairwise(words[-1][0]):
            holders[pair][chunk] = None
    counts = count_pairs(words).most_common()
    return [(pair, count, list(holders[pair])) for pair, count in counts]


def why(tokenizer: BytePairTokenizer, text: str, position: int) -> dict:
    """Why the character at a position is in the token that it is in; special tokens are plain text.

    The keys: id and bytes of the token (of the first one, where it takes several to spell a
    character), merges (the pairs that built it, as bytes, in the order in which they were merged),
    and before and after: why the token stays apart from its neighbour on that side.
    """
    text, position = whole_characters(text), whole_number(position, "position")
    # Merges never leave a chunk, so all that matters is the one around the character.
    found = [m for m in regex.finditer(tokenizer.pattern, text) if m.start() <= position < m.end()]
    if not found:
        raise IndexError(
            f"Position {position} is in no chunk of this text; it has {len(text)} characters, "
            "counted from 0. Choose one that the tokenizer's pattern puts into a chunk."
        )
    start, stop = found[0].span()
    ids = apply_merges(byte_ids(text[start:stop]), tokenizer.merges)
    # The token is the first one that ends after what stands in the chunk before the character.
    n_before = len(text[start:position].encode())
    ends = accumulate(len(tokenizer.tokens[token_id]) for token_id in ids)
    place = next(place for place, end in enumerate(ends) if end > n_before)
    # What separates it from its neighbours: the pattern, or the merges on its two sides.
    before = "The pattern cuts the text here." if start else "The text begins here."
    after = "The pattern cuts the text here." if stop < len(text) else "The text ends here."
    if place > 0:
        before = what_parts(tokenizer, ids[place - 1], ids[place])
    if place + 1 < len(ids):
        after = what_parts(tokenizer, ids[place], ids[place + 1])
    # How the token came to be, spelled in bytes.
    tokens, token_id = tokenizer.tokens, ids[place]
    pairs = [tokenizer.parts[new_id] for new_id in merges_inside(tokenizer, [token_id])]
    merges = [(tokens[left], tokens[right]) for left, right in pairs]
    answer = {"id": token_id, "bytes": tokens[token_id], "merges": merges}
    return answer | {"before": before, "after": after}


def what_met(tokenizer: BytePairTokenizer, left: int, right: int, limit: int) -> tuple[int, int]:
    """Which tokens met between these two before the merges from limit on."""
    # Of what stood there then, the last part of the left one touched the first of the right one.
    return take_apart(tokenizer, [left], limit)[-1], take_apart(tokenizer, [right], limit)[0]


def what_parts(tokenizer: BytePairTokenizer, left: int, right: int) -> str:
    """Why two neighbouring tokens of a chunk stayed apart."""
    reason = "The tokens that met here have no merge."
    for new_id in merges_inside(tokenizer, [left, right]):
        met = what_met(tokenizer, left, right, new_id)
        now = what_met(tokenizer, left, right, new_id + 1)
        if met in tokenizer.merges and now != met:  # this merge took one of the two away
            side = 0 if met[0] != now[0] else 1  # which of the two
            spelled = [[met[0]], [met[1]], met, [now[side]], [met[side]]]
            a, b, both, taker, taken = [repr(tokenizer.decode(ids)) for ids in spelled]
            reason = f"{a} and {b} have a merge to {both}, but {taker}, learned earlier, "
            reason += f"took {taken} first."
    return reason
