"""Byte-pair encoding in its details: bytes, ties, long chunks, foreign merges (for bpe.py)."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from itertools import pairwise

from .doors import one_text

Pair = tuple[int, int]

# GPT-2 numbers the bytes that print on their own first, then all others: see bytes_to_unicode in
# https://github.com/openai/gpt-2/blob/master/src/encoder.py.
PRINTING = [*range(33, 127), *range(161, 173), *range(174, 256)]
OTHERS = [byte for byte in range(256) if byte not in PRINTING]
BYTE_ORDER = bytes(PRINTING + OTHERS)  # id -> byte
BYTE_IDS = bytes(BYTE_ORDER.index(byte) for byte in range(256))  # byte -> id


def tokens_of(merges: Iterable[tuple[int, int]]) -> list[bytes]:
    """The bytes of each token: first every byte, then what each merge makes of two tokens."""
    tokens = [bytes([byte]) for byte in BYTE_ORDER]
    seen = set()
    for pair in merges:
        if len(pair) != 2 or not all(isinstance(part, int) for part in pair):
            raise ValueError(
                f"Merge {len(seen)} is {repr(pair)[:80]}; expected two ids, such as (64, 65). "
                "Pass the merges of a tokenizer, or what learn_merges gives."
            )
        a, b = pair
        if min(a, b) < 0 or max(a, b) >= len(tokens) or tokens[a] + tokens[b] in seen:
            raise ValueError(
                f"Merge {len(seen)} joins the ids {a} and {b}; expected two that exist before it "
                "and make a new token. The list is damaged or out of order: load it again."
            )
        tokens.append(tokens[a] + tokens[b])
        seen.add(tokens[-1])
    return tokens


def whole_characters(text: str) -> str:
    """The text with half surrogate pairs, which have no bytes, replaced as tiktoken does it."""
    one_text(text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def tie_order(ties: str, words: list, holders: dict, tokens: list[bytes]) -> Callable:
    """The rule for ties: a function from a pair to its order; the smallest one is merged.

    words: (ids, count) each. holders: pair -> the numbers of words that may hold it, ascending.
    tokens: the bytes of each id. All of them may change while merges are learned.
    """

    def first(pair: Pair) -> tuple[int, int]:
        """Where the text first shows the pair: in which word, and after how many bytes of it."""
        for number in holders[pair]:
            n_bytes = 0
            for left, right in pairwise(words[number][0]):
                if (left, right) == pair:
                    return number, n_bytes
                n_bytes += len(tokens[left])
        raise ValueError(f"No word holds {pair}; expected a pair that is there. Count it again.")

    def smallest(pair: Pair) -> tuple:
        """Nothing: pairs of the same order are compared themselves, and the smallest ids win."""
        return ()

    def greatest(pair: Pair) -> tuple:
        """The bytes of the left and of the right token, the greatest first: "b", "ab", "a"."""
        end = 1  # above each byte with a minus, so a longer token comes before its beginning
        return tuple((*(-byte for byte in tokens[part]), end) for part in pair)

    return {"first": first, "smallest": smallest, "greatest": greatest}[ties]


@contextmanager
def no_collector() -> Iterator[None]:
    """Keep Python from collecting cyclic garbage here: for much data without any cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def apply_merges_to_many(ids: list[int], merges: dict[Pair, int]) -> list[int]:
    """What apply_merges gives, without looking at the whole row again for each merge.

    Each token knows its two neighbours, each pair that has a merge knows the places where it
    begins, and a heap knows which pair is next.
    """
    row = [*ids, None]  # None: no token is here; so is row[-1], before the first one
    before = list(range(-1, len(ids)))
    behind = list(range(1, len(ids) + 1))
    places = defaultdict(list)
    for place, pair in enumerate(pairwise(ids)):
        places[pair].append(place)
    heap = [(merges[pair], pair) for pair in places if pair in merges]
    heapify(heap)
    while heap:
        new_id, pair = heappop(heap)
        first, second = pair
        born = defaultdict(list)  # the pairs of the new token with its neighbours
        for place in sorted(places.pop(pair)):  # from left to right
            other = behind[place]
            if row[place] != first or row[other] != second:
                continue  # an earlier merge took one of them
            left, right = before[place], behind[other]
            row[place], row[other] = new_id, None
            behind[place], before[right] = right, place
            born[row[left], new_id].append(left)
            born[new_id, row[right]].append(place)
        # Their merges were learned later than the token itself, so all of them are still to come.
        for made in born:
            if None not in made and made in merges:
                places[made] = born[made]
                heappush(heap, (merges[made], made))
    return [token_id for token_id in row if token_id is not None]


def unreached(tokens: list[bytes], merges: dict[Pair, int]) -> list[int]:
    """The ids of tokens whose own bytes become others under the merges: no text ever has them."""
    return [
        token_id
        for token_id, token in enumerate(tokens)
        if apply_merges_to_many(list(token.translate(BYTE_IDS)), merges) != [token_id]
    ]


def compiled(tokenizer):
    """A tiktoken.Encoding of a BytePairTokenizer; ValueError where it would give other ids."""
    lost = unreached(tokenizer.tokens, tokenizer.merges)
    if lost:
        raise ValueError(
            f"The bytes of the token {tokenizer.tokens[lost[0]]!r} become other tokens; expected "
            "them to become the token itself; otherwise tiktoken gives different ids. Keep "
            "using this tokenizer as it is, or put the merges in order."
        )
    import tiktoken

    try:
        return tiktoken.Encoding(
            tokenizer.name,
            pat_str=tokenizer.pattern,
            mergeable_ranks=tokenizer.ids,
            special_tokens=tokenizer.special_tokens,
        )
    except ValueError as error:
        raise ValueError(
            f"tiktoken can't read the pattern {tokenizer.pattern[:80]!r} ({error}); expected "
            "one of those that both it and the package regex know. Change the pattern, or keep "
            "using this tokenizer as it is."
        ) from None
