"""From a text to chunks, which merges never leave: the first step of byte-pair encoding (chapter 3)."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain

import regex

# GPT-2 cuts a text into chunks before any merge, and merges never cross a cut (Radford et al. 2019,
# in the form that tiktoken uses): an ending such as 's; or letters, digits or other signs with at most
# one space in front of them; or white space.
GPT2_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"
# Python's own re is twice as fast as regex, but knows no \p{L}. So re cuts a text into pieces: chunks of ASCII
# characters or of white space; and where another character comes in, all up to the next white space, which regex
# then cuts. Both ways end alike, for no part of the pattern looks back, and only white space looks ahead.
SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"     # what \s means to regex
BEYOND = r"\x80-\U0010ffff"                                                       # what is not ASCII
PIECES = (rf" ?[A-Za-z]+(?![A-Za-z{BEYOND}])| ?[0-9]+(?![0-9{BEYOND}])|'(?:[sdmt]|ll|ve|re)"
          rf"| ?[^{SPACE}A-Za-z0-9{BEYOND}]+(?![^{SPACE}A-Za-z0-9])"
          rf"| ?[^{SPACE}]+|[{SPACE}]+(?![^{SPACE}])|[{SPACE}]")

LONGEST = 1_000_000         # bytes of a chunk; its merges take about a second


class Cutter:
    """Cuts texts into chunks: what a pattern of the package regex finds.

    find_pieces(text) is the list of its pieces, and cut(piece) that of the chunks of a piece. Most pieces
    are one chunk, and most pieces of a text occur again and again: cut each different one once.
    """

    def __init__(self, pattern: str):
        compiled = regex.compile(pattern)
        if compiled.groups:         # findall would return the groups and not the chunks
            raise ValueError(f"The pattern {pattern[:80]!r} has {compiled.groups} capturing groups; expected is one "
                             "without. Write (?:...) for each (...).")
        self.pattern, self._find_chunks = pattern, compiled.findall
        self.find_pieces = re.compile(PIECES).findall if pattern == GPT2_PATTERN else self._find_chunks

    def cut(self, piece: str) -> list[str]:
        """The chunks of a piece. Raises ValueError for a chunk of over LONGEST bytes."""
        chunks = [piece] if piece.isascii() or self.pattern != GPT2_PATTERN else self._find_chunks(piece)
        if len(piece) > LONGEST // 4 and (longest := max(len(chunk.encode()) for chunk in chunks)) > LONGEST:
            raise ValueError(f"{longest:,} bytes of the text stand together with no place to cut; at most "
                             f"{LONGEST:,} are taken. Put spaces or line breaks among them, or leave them out.")
        return chunks

    def chunks(self, text: str) -> list[str]:
        """The chunks of a text."""
        return [*chain.from_iterable(map(self.cut, self.find_pieces(text)))]

    def count(self, texts: str | Iterable[str], specials: Iterable[str] = ()) -> Counter[str]:
        """How often each chunk occurs in texts cut at their special tokens; those first seen come first."""
        counts: Counter[str] = Counter()
        for text in [texts] if isinstance(texts, str) else texts:
            for part in split_at(specials, valid(text))[::2]:           # every second part is a special token
                for piece, n in Counter(self.find_pieces(part)).items():
                    for chunk in self.cut(piece):
                        counts[chunk] += n
        return counts


def split_at(specials: Iterable[str], text: str) -> list[str]:
    """Cut a text at these special tokens and keep them; of two that begin together, the longer one."""
    longest_first = "|".join(map(regex.escape, sorted(specials, key=len, reverse=True)))
    return regex.split(f"({longest_first})", text) if longest_first else [text]


def valid(text: str) -> str:
    """The text with half surrogate pairs replaced, which have no UTF-8; as tiktoken does it."""
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
