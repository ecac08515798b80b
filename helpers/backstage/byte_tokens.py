"""The 256 bytes as tokens, and what merges make of them (for bpe.py)."""

from __future__ import annotations

from collections.abc import Iterable

from .doors import one_text

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
