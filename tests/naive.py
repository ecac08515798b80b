"""Byte-pair encoding written down as plainly as can be: what the fast one is compared with, in tests and benchmarks.

A token is its id here: the bytes have 0 to 255 in GPT-2's order, and merge number n makes the id 256 + n.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import regex

from helpers.bpe import GPT2_PATTERN

# GPT-2 numbers the bytes that print on their own first, in order, then all others.
BYTE_ORDER = bytes([*range(33, 127), *range(161, 173), *range(174, 256)])
BYTE_ORDER += bytes(sorted(set(range(256)) - set(BYTE_ORDER)))

CHOICES = {
    "first": lambda counts, _: max(counts, key=counts.get),
    "smallest": lambda counts, _: min(counts, key=lambda pair: (-counts[pair], pair)),
    "greatest": lambda counts, token_bytes: max(
        counts, key=lambda pair: (counts[pair], token_bytes[pair[0]], token_bytes[pair[1]])
    ),
}


def byte_ids(chunk: str) -> list[int]:
    """The ids of the bytes of a chunk; half a surrogate pair counts as a question mark."""
    return [BYTE_ORDER.index(byte) for byte in chunk.encode("utf-8", "replace")]


def replaced(ids: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """The ids with each occurrence of the pair replaced by the new one, from left to right."""
    out: list[int] = []
    for token_id in ids:
        out.append(token_id)
        if (*out[-2:],) == pair:
            out[-2:] = [new]
    return out


def train(text: str, wanted: int | None = None, ties: str = "first") -> list[tuple[int, int]]:
    """`wanted` merges, or all there are, by counting all pairs again before each one."""
    words = [
        (byte_ids(chunk), n) for chunk, n in Counter(regex.findall(GPT2_PATTERN, text)).items()
    ]
    token_bytes = [BYTE_ORDER[number : number + 1] for number in range(256)]
    merges: list[tuple[int, int]] = []
    while wanted is None or len(merges) < wanted:
        words = [(ids, n) for ids, n in words if len(ids) > 1]
        counts: Counter[tuple[int, int]] = Counter()
        for ids, n in words:
            for pair in pairwise(ids):
                counts[pair] += n
        if not counts:
            break
        a, b = pair = CHOICES[ties](counts, token_bytes)
        words = [(replaced(ids, pair, 256 + len(merges)), n) for ids, n in words]
        token_bytes.append(token_bytes[a] + token_bytes[b])
        merges.append(pair)
    return merges


def encode(text: str, merges: dict[tuple[int, int], int]) -> list[int]:
    """In each chunk, merge the pair with the lowest rank until none is left; remember nothing."""
    out: list[int] = []
    for chunk in regex.findall(GPT2_PATTERN, text):
        ids = byte_ids(chunk)
        while known := [pair for pair in pairwise(ids) if pair in merges]:
            best = min(known, key=merges.get)
            ids = replaced(ids, best, merges[best])
        out += ids
    return out
