"""Why a text is cut as it is: the steps, the tree and the neighbours of a token, as data (chapter 3).

One fact carries all of it. While a chunk is encoded, the ids of its merges only go up: a merge makes a
new token, and whatever that token takes part in was learned later. So its tokens after the merges below
some id are those that it would have if the vocabulary ended there. And the merges that it used are those
inside its tokens, in the order of their ids. Nothing has to be recorded.
"""
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import accumulate, pairwise

import regex

from .chunks import valid
from .gpt2_format import byte_ids


class Explained:
    """The part of BytePairTokenizer that explains."""

    def at_size(self, text: str, vocab_size: int) -> list[int]:
        """The ids that this text would have had if training had stopped at vocab_size bytes and merges.

        ValueError below 256: the bytes are always there.
        """
        if vocab_size < 256:
            raise ValueError(f"vocab_size is {vocab_size}; the 256 bytes alone make 256. Give 256 or more.")
        return [token_id for chunk in self.cutter.chunks(valid(text)) for token_id in self.merge(chunk, vocab_size)]

    def steps(self, chunk: str) -> list[list[int]]:
        """The ids of one chunk before the first merge, and after each merge that its encoding uses."""
        chunk = valid(chunk)
        rows = [byte_ids(chunk).decode("latin-1")]              # see bpe.py: a character for each token
        for new in sorted(self._inside(self.merge(chunk))):
            rows.append(rows[-1].replace("".join(map(chr, self.parts[new])), chr(new)))
        return [[*map(ord, row)] for row in rows]

    def tree(self, token_id: int) -> tuple:
        """The merges inside a token: (bytes, left tree, right tree), or (bytes,) for a byte or special token."""
        return (self.decode_single_token_bytes(token_id), *map(self.tree, self.parts.get(token_id, ())))

    def votes(self, texts: str | Iterable[str], vocab_size: int) -> list[tuple[tuple[int, int], int, list[str]]]:
        """The pairs that could become the next token at vocab_size: (pair, count, chunks that hold it).

        Most frequent first, equal ones in the order in which the text shows them: where a merge came from,
        who came second, and which pairs tied.
        """
        counts: Counter[tuple[int, int]] = Counter()
        chunks: defaultdict[tuple[int, int], dict[str, None]] = defaultdict(dict)     # a dict as an ordered set
        for chunk, n in self.count_chunks(texts).items():
            for pair in pairwise(self.merge(chunk, vocab_size)):
                counts[pair] += n
                chunks[pair][chunk] = None
        return [(pair, n, [*chunks[pair]]) for pair, n in counts.most_common()]

    def why(self, text: str, position: int) -> dict:
        """Why the character at this position is in the token that it is in; special tokens count as ordinary text.

        The keys: id and bytes of the token (of the first one, where it takes several to spell a character), merges
        (the pairs that built it, as bytes, in the order in which they were merged), and before and after: why the
        token stays apart from its neighbour on that side.
        """
        text = valid(text)
        match = next((m for m in regex.finditer(self.pattern, text) if m.start() <= position < m.end()), None)
        if match is None:
            raise IndexError(f"Position {position} is in no chunk of this text; it has {len(text)} characters, counted "
                             "from 0. Choose one of them.")
        steps = self.steps(match.group())
        borders = self._borders(steps[-1])
        byte = len(text[match.start():position].encode())
        place = next(place for place, end in enumerate(borders[1:]) if end > byte)
        before, after = (self._parted(steps, border) if 0 < border < borders[-1] else "The pattern cuts the text here."
                         for border in borders[place:place + 2])
        token_id = steps[-1][place]
        return {"id": token_id, "bytes": self.decode_bytes([token_id]),
                "merges": [tuple(self.decode_bytes([part]) for part in self.parts[new])
                           for new in sorted(self._inside([token_id]))],
                "before": before if match.start() or place else "The text begins here.",
                "after": after if match.end() < len(text) or place + 1 < len(steps[-1]) else "The text ends here."}

    def _inside(self, ids: Iterable[int]) -> set[int]:
        """The merged tokens that these ids are built of, themselves included."""
        merged = {token_id for token_id in ids if token_id in self.parts}
        return merged.union(*(self._inside(self.parts[new]) for new in merged))

    def _borders(self, ids: list[int]) -> list[int]:
        """Before and behind which byte each token of a chunk stands: 0, the end of the first token, of the second..."""
        return [0, *accumulate(len(self.decode_bytes([token_id])) for token_id in ids)]

    def _parted(self, steps: list[list[int]], border: int) -> str:
        """Why the tokens on the two sides of a border stayed apart, from the steps of their chunk."""
        reason = "The tokens that met here have no merge."
        places = [self._borders(ids).index(border) for ids in steps]
        sides = [ids[place - 1:place + 1] for ids, place in zip(steps, places, strict=True)]
        for met, now in pairwise(sides):
            if tuple(met) in self.merges and now != met:
                taken, taker = next((old, new) for old, new in zip(met, now, strict=True) if old != new)
                a, b, both, taken, taker = (repr(self.decode(ids)) for ids in (met[:1], met[1:], met, [taken], [taker]))
                reason = f"{a} and {b} have a merge to {both}, but {taker}, learned earlier, took {taken} first."
        return reason
