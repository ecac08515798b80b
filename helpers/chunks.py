"""Cut a text into the chunks that merges never leave, and count them (chapter 3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

import regex

from .backstage.doors import documents_of, one_text
from .backstage.merging import whole_characters
from .backstage.special import split_at
from .pretrained import GPT2_PATTERN, PUBLISHED

LONGEST = 1_000_000  # bytes of a chunk; its merges take about a second


def find_chunks(text: str, pattern: str = GPT2_PATTERN) -> list[str]:
    """The chunks of a text. ValueError for one of over LONGEST bytes, or groups in the pattern."""
    chunks = cut(text, pattern)
    refuse_too_long(chunks)
    return chunks


def cut(text: str, pattern: str) -> list[str]:
    """The chunks of a text, however long."""
    try:
        if not isinstance(pattern, str):
            raise TypeError(f"it is {type(pattern).__name__}, not a string")
        compiled = regex.compile(pattern)
    except (regex.error, TypeError, RecursionError, OverflowError) as error:
        raise ValueError(
            f"The pattern {repr(pattern)[:80]} can't be read ({error}); expected a pattern of the "
            "package regex. Fix it, or leave it out: then GPT-2's is used."
        ) from None
    if compiled.groups:  # findall would return the groups and not the chunks
        raise ValueError(
            f"The pattern {pattern[:80]!r} has capturing groups ({compiled.groups}); expected "
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
            f"{longest:,} bytes of the text come in a row with no place to cut; at most "
            f"{LONGEST:,} are taken. Put spaces or line breaks among them, or leave them out."
        )


def count_chunks(texts, special_tokens=(), pattern: str = GPT2_PATTERN) -> Counter[str]:
    """How often each chunk of the texts occurs outside of special tokens, first seen first."""
    if isinstance(texts, Counter):
        return texts  # counted before
    counts: Counter[str] = Counter()
    for text in documents_of(texts):
        for part in split_at(text, special_tokens)[::2]:  # every second part is a special token
            found = Counter(cut(part, pattern))
            refuse_too_long(found)  # each different chunk is looked at once
            counts.update(found)
    return counts


def stream_chunks(
    pieces: Iterable[str], pattern: str, special_tokens: Collection[str]
) -> Iterator[str]:
    """The chunks and special tokens of a stream of pieces, as soon as nothing can change them."""
    if not isinstance(pieces, Iterable):
        one_text(pieces)
    known = [about.pattern for about in PUBLISHED.values()]
    text, n_old = "", 0  # n_old: characters that were looked at before
    for piece in pieces:
        one_text(piece)
        text += piece
        if pattern not in known or len(text) < 2 * n_old:
            continue  # a long chunk that comes letter by letter is not cut anew for each
        sure, text = what_is_sure(text, pattern, special_tokens)
        n_old = len(text)
        yield from sure
    # Nothing comes after the rest, so now all of it is final.
    yield from chunks_and_specials(text, pattern, special_tokens)


def what_is_sure(text: str, pattern: str, special_tokens: Collection[str]) -> tuple[list, str]:
    """The chunks and special tokens that stay whatever comes after the text, and the rest of it.

    Of ordinary chunks the last two can change: "'r" is two until an "e" makes it "'re".
    """
    end = begin_of_what_is_cut(text, special_tokens)
    sure = chunks_and_specials(text[:end], pattern, special_tokens)
    still_open: list[str] = []
    while sure and len(still_open) < 2 and sure[-1] not in special_tokens:
        still_open.insert(0, sure.pop())
    return sure, "".join(still_open) + text[end:]


def begin_of_what_is_cut(text: str, special_tokens: Collection[str]) -> int:
    """Where a special token or a pair of surrogates begins that the text may end within."""
    first = len(text) - max(map(len, special_tokens), default=0) + 1  # none can begin before
    place = 0
    for part in split_at(text, special_tokens):
        # A special token that is whole may still be the beginning of a longer one.
        stop = place + 1 if part in special_tokens else place + len(part)
        for start in range(max(place, first), stop):
            begun = text[start:]
            if any(token.startswith(begun) and token != begun for token in special_tokens):
                return start
        place += len(part)
    # Half a pair of surrogates is no character until the other half comes.
    is_half_a_pair = "\ud800" <= text[-1:] <= "\udbff"
    return len(text) - 1 if is_half_a_pair else len(text)


def chunks_and_specials(text: str, pattern: str, special_tokens: Collection[str]) -> list[str]:
    """The chunks of a text, and between them the special tokens."""
    found: list[str] = []
    for part in split_at(text, special_tokens):
        found += [part] if part in special_tokens else find_chunks(part, pattern)
    return found
