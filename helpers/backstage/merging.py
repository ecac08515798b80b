"""What byte-pair encoding needs for ties, very long chunks and foreign merges (for bpe.py)."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from itertools import pairwise

from .byte_tokens import BYTE_IDS

Pair = tuple[int, int]


def tie_order(ties: str, words: list, holders: dict, tokens: list[bytes]) -> Callable:
    """The rule for ties: a function from a pair to its order; the smallest one is merged.

    words: (ids, count) each. holders: pair -> the numbers of words that may hold it, ascending.
    tokens: the bytes of each id. All of them may change while merges are learned.
    """

    def first(pair: Pair) -> tuple[int, int]:
        """Where the text first shows the pair: in which word, and behind how many bytes of it."""
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
    """Let Python not search for circular garbage meanwhile: for much data without any circle."""
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
            if made in merges:
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
