"""Cut a text into the chunks that merges never leave, and count them (chapter 3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import regex

from .backstage.encoding import split_at, whole_characters
from .pretrained import GPT2_PATTERN

LONGEST = 1_000_000  # bytes of a chunk; its merges take about a second


def find_chunks(text: str, pattern: str = GPT2_PATTERN) -> list[str]:
    """The chunks of a text. ValueError for one of over LONGEST bytes, or groups in the pattern."""
    chunks = cut(text, pattern)
    refuse_too_long(chunks)
    return chunks


def cut(text: str, pattern: str) -> list[str]:
    """The chunks of a text, however long."""
    compiled = regex.compile(pattern)
    if compiled.groups:  # findall would return the groups and not the chunks
        raise ValueError(
            f"The pattern {pattern[:80]!r} has {compiled.groups} capturing groups; expected is "
            "one without. Write (?:...) for each (...)."
        )
    return compiled.findall(whole_characters(text))


def refuse_too_long(chunks: Iterable[str]) -> None:
    """ValueError if a chunk has over LONGEST bytes: its merges would take too long."""
    if len(max(chunks, key=len, default="")) * 4 <= LONGEST:
        return  # a character takes 1 to 4 bytes
    longest = max(len(chunk.encode()) for chunk in chunks)
    if longest > LONGEST:
        raise ValueError(
            f"{longest:,} bytes of the text stand together with no place to cut; at most "
            f"{LONGEST:,} are taken. Put spaces or line breaks among them, or leave them out."
        )


def count_chunks(texts, special_tokens=(), pattern: str = GPT2_PATTERN) -> Counter[str]:
    """How often each chunk of the texts occurs outside of special tokens, first seen first."""
    if isinstance(texts, Counter):
        return texts  # counted before
    counts: Counter[str] = Counter()
    for text in [texts] if isinstance(texts, str) else texts:
        for part in split_at(text, special_tokens)[::2]:  # every second part is a special token
            found = Counter(cut(part, pattern))
            refuse_too_long(found)  # each different chunk is looked at once
            counts.update(found)
    return counts
