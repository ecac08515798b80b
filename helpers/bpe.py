"""Byte-pair encoding: train, encode and decode, the way GPT-2 does it (chapter 3).

Two ideas keep this module short.

A token's id is its rank. The 256 bytes come first, then every merge gets the next id in the order in
which it was learned. So the list of merges is the whole tokenizer, and "apply the merge learned
first" means "apply the merge with the smallest id".

A row is a str with one character for each token: chr(id). A pair of neighbouring tokens is a str of two
characters, and replacing a pair by its merged token is str.replace, or split and join, which go from left
to right as byte-pair encoding demands. (The characters are only numbers here.)

And one keeps it fast: texts repeat themselves. Training looks at each different chunk of a text once, and
encoding remembers what it encoded.

The algorithm is that of Sennrich, Haddow and Birch 2016, on bytes as in Radford et al. 2019. How a text is
cut into chunks is in chunks.py, the numbers of the bytes and the files in gpt2_format.py, and what explains
an encoding in trace.py.
"""
from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import chain, pairwise, repeat
from operator import add
from pathlib import Path

from .chunks import GPT2_PATTERN, Cutter, split_at, valid
from .backstage.downloads import gpt2_files, progress
from .gpt2_format import BYTE_ORDER, END_OF_TEXT, byte_ids, read_file, write_files
from .explain import Explained

NO_LIMIT = 1 << 32          # above every id
LONG = 100                  # characters; longer chunks are merged as rows


class BytePairTokenizer(Explained):
    """A byte-pair tokenizer with the interface of tiktoken.Encoding.

    merges: the pairs of ids, in the order in which they were learned; merge number n makes id 256 + n.
    special_tokens: texts that are one token each; they get the ids behind the last merge.
    pattern: a pattern of the package regex that finds the chunks of a text.

    >>> tokenizer = BytePairTokenizer.train("low lower lowest", vocab_size=259)
    >>> [tokenizer.decode([token_id]) for token_id in tokenizer.encode("slow")]
    ['s', 'low']
    """

    def __init__(self, merges: Iterable[tuple[int, int]], special_tokens: Iterable[str] = (),
                 pattern: str = GPT2_PATTERN, name: str = "byte-pair"):
        self.name, self.pattern, self.cutter = name, pattern, Cutter(pattern)
        self.merges: dict[tuple[int, int], int] = {}        # pair -> the id that it becomes
        self._bytes = _TokenBytes((token_id, BYTE_ORDER[token_id:token_id + 1]) for token_id in range(256))
        for a, b in merges:
            if a not in self._bytes or b not in self._bytes or (a, b) in self.merges:
                raise ValueError(f"Merge {len(self.merges)} joins the ids {a} and {b}; expected two that exist "
                                 "before it, and each pair once. The list is damaged or out of order: load it again.")
            self.merges[a, b] = new = len(self._bytes)
            self._bytes[new] = self._bytes[a] + self._bytes[b]
        self.parts = {new: pair for pair, new in self.merges.items()}
        specials = list(special_tokens)
        if isinstance(special_tokens, str) or "" in specials or len(set(specials)) < len(specials):
            raise ValueError(f"special_tokens is {special_tokens!r}; expected a list of different texts, none of them "
                             'empty. Write, for example, special_tokens=["<|endoftext|>"].')
        self.special_tokens = {text: len(self._bytes) + n for n, text in enumerate(specials)}
        self._bytes.update((token_id, text.encode()) for text, token_id in self.special_tokens.items())
        self._ids = {token: token_id for token_id, token in reversed(self._bytes.items())}
        self._cache = _PieceCache(self)

    # ---- training ----------------------------------------------------------------------------

    @classmethod
    def train(cls, texts: str | Iterable[str] | Counter[str], vocab_size: int, special_tokens: Iterable[str] = (),
              ties: str = "first", pattern: str = GPT2_PATTERN, name: str = "byte-pair") -> BytePairTokenizer:
        """Learn merges until there are vocab_size tokens: 256 bytes, the merges, the special tokens.

        texts: one text, or documents one by one, or what count_chunks counted in them.
        ties: which of several equally frequent pairs is merged: the one seen "first" in the text, the one
        with the "smallest" ids (as Hugging Face tokenizers), or the "greatest" bytes. A text that runs
        out of pairs gives a smaller vocabulary and a warning.
        """
        untrained = cls([], special_tokens, pattern)
        special_tokens, needed = list(untrained.special_tokens), untrained.n_vocab
        if vocab_size < needed:
            raise ValueError(f"vocab_size is {vocab_size}; the 256 bytes and {len(special_tokens)} special tokens "
                             f"need {needed}. Ask for at least that many.")
        if ties not in ("first", "smallest", "greatest"):
            raise ValueError(f'ties is {ties!r}; expected "first", "smallest" or "greatest". Choose one of them.')
        merges = _learn_merges(untrained.count_chunks(texts), vocab_size - needed, ties)
        if needed + len(merges) < vocab_size:
            warnings.warn(f"After {len(merges)} merges no pair was left, so the vocabulary has {needed + len(merges)} "
                          f"tokens, not {vocab_size}. Train on more text for a larger one.", stacklevel=2)
        return cls(merges, special_tokens, pattern, name)

    def count_chunks(self, texts: str | Iterable[str] | Counter[str]) -> Counter[str]:
        """How often each chunk occurs outside of special tokens, those first seen first: all that training needs."""
        return texts if isinstance(texts, Counter) else self.cutter.count(texts, self.special_tokens)

    # ---- encoding and decoding ---------------------------------------------------------------

    def merge(self, chunk: str, limit: int = NO_LIMIT) -> list[int]:
        """The ids of one chunk: its bytes, then the merges with ids below limit applied, the smallest id first."""
        if len(chunk) > LONG:
            return self._merge_long(chunk, limit)
        ids, rank = [*byte_ids(chunk)], self.merges.get
        ranks = [*map(rank, pairwise(ids), repeat(limit)), limit]       # of the pair that begins at each place
        while (new := min(ranks)) < limit:
            place = ranks.index(new)
            ids[place] = new
            del ids[place + 1], ranks[place]
            if place:
                ranks[place - 1] = rank((ids[place - 1], new), limit)
            if place + 1 < len(ids):
                ranks[place] = rank((new, ids[place + 1]), limit)
        return ids

    def _merge_long(self, chunk: str, limit: int) -> list[int]:
        """The same for a long chunk, as a row: each merge is applied everywhere at once.

        waiting: the ids that pairs of the row can make, or could until an earlier merge took their tokens.
        """
        def merges_of(pairs: Iterable[str]) -> set[int]:
            return {self.merges[pair] for pair in {tuple(map(ord, pair)) for pair in pairs} & self.merges.keys()}

        row = byte_ids(chunk).decode("latin-1")
        waiting = merges_of(map(add, row, row[1:]))
        while (new := min(waiting, default=limit)) < limit:
            token, parts = chr(new), row.split("".join(map(chr, self.parts[new])))
            row = token.join(parts)
            waiting |= merges_of({token + token}.union(*({part[-1:] + token, token + part[:1]} for part in {*parts})))
            waiting.remove(new)
        return [*map(ord, row)]

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of a text, special tokens taken as ordinary text."""
        return list(chain.from_iterable(map(self._cache.__getitem__, self.cutter.find_pieces(valid(text)))))

    def encode(self, text: str, *, allowed_special=frozenset(), disallowed_special="all") -> list[int]:
        """The ids of a text, by tiktoken's rules for special tokens.

        A text that holds a special token is refused (ValueError) unless that token is allowed (it becomes
        its one id) or disallowed_special leaves it out (then it is encoded like any other text).
        """
        found = [token for token in self.special_tokens if token in text]
        if not found and disallowed_special == "all":
            return self.encode_ordinary(text)
        allowed = [token for token in found if allowed_special == "all" or token in allowed_special]
        for token in set(found) - set(allowed) if disallowed_special == "all" else disallowed_special:
            if token in text:
                raise ValueError(f"The text holds the special token {token!r}, perhaps as a trick. To make it that "
                                 f"token, pass allowed_special={{{token!r}}}; for plain text, disallowed_special=().")
        return [token_id for part in split_at(allowed, text) for token_id in (
            [self.special_tokens[part]] if part in allowed else self.encode_ordinary(part))]

    def encode_iterable(self, pieces: Iterable[str]) -> Iterator[int]:
        """Encode a stream of pieces as encode_ordinary would their whole, holding back only what may still change.

        With GPT-2's pattern the last two chunks may: "'r" is two chunks until an "e" makes it "'re".
        """
        rest = ""
        for piece in pieces:
            *done, rest, last = ["", "", *self.cutter.chunks(valid(rest + piece))]
            rest += last
            yield from chain.from_iterable(map(self._cache.__getitem__, filter(None, done)))
        yield from self.encode_ordinary(rest)

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of the ids, joined. Raises KeyError for an id that names no token."""
        return b"".join(map(self._bytes.__getitem__, ids))

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """The text of the ids; bytes that are not UTF-8 become the replacement character."""
        return self.decode_bytes(ids).decode("utf-8", errors=errors)

    def decode_single_token_bytes(self, token_id: int) -> bytes:
        """The bytes of one token, which need not be whole characters."""
        return self._bytes[token_id]

    def encode_single_token(self, token: str | bytes) -> int:
        """The id of a token given as text or bytes. Raises KeyError where it is not one token."""
        raw = token.encode("utf-8", "replace") if isinstance(token, str) else token
        if raw not in self._ids:
            raise KeyError(f"{token!r} is not one token of this tokenizer. Use encode to cut it into tokens.")
        return self._ids[raw]

    @property
    def n_vocab(self) -> int:
        """Number of tokens: bytes, merges and special tokens; the ids are 0 to n_vocab - 1."""
        return len(self._bytes)

    @property
    def special_tokens_set(self) -> set[str]:
        """The texts of the special tokens."""
        return set(self.special_tokens)

    @property
    def eot_token(self) -> int:
        """The id of <|endoftext|>."""
        return self.encode_single_token(END_OF_TEXT)

    # ---- files -------------------------------------------------------------------------------

    @classmethod
    def gpt2(cls) -> BytePairTokenizer:
        """GPT-2's tokenizer: 256 bytes, 50,000 merges and <|endoftext|>."""
        return cls(**read_file(gpt2_files()[1]) | {"name": "gpt2"})

    def save(self, folder: str | Path) -> None:
        """Write encoder.json and vocab.bpe as GPT-2 has them; name, pattern, special tokens in vocab.bpe's line 1."""
        about = {"name": self.name, "pattern": self.pattern, "special_tokens": list(self.special_tokens)}
        write_files(Path(folder), about, [*self._bytes.values()][:256 + len(self.merges)], self.merges)

    @classmethod
    def load(cls, folder: str | Path) -> BytePairTokenizer:
        """Read what save wrote, or the two files of GPT-2."""
        return cls(**read_file(Path(folder, "vocab.bpe")))


class _PieceCache(dict):
    """Piece of a text -> ids, filled when asked; emptied when it is full, so that no text can fill the memory."""

    def __init__(self, tokenizer: BytePairTokenizer, limit: int = 200_000):
        self.tokenizer, self.limit = tokenizer, limit

    def __missing__(self, piece: str) -> tuple[int, ...]:
        chunks, token_id = self.tokenizer.cutter.cut(piece), self.tokenizer._ids.get(piece.encode(), NO_LIMIT)
        if len(chunks) > 1:
            ids = tuple(chain.from_iterable(map(self.__getitem__, chunks)))
        else:                                                   # a chunk that is a token merges to that token
            ids = (token_id,) if token_id < 256 + len(self.tokenizer.merges) else tuple(self.tokenizer.merge(piece))
        if len(self) >= self.limit:
            self.clear()
        if len(piece) < 100:
            self[piece] = ids
        return ids


class _TokenBytes(dict):
    """Id -> bytes, with a message for what is no id."""

    def __missing__(self, token_id) -> bytes:
        if not isinstance(token_id, int) and hasattr(token_id, "__index__"):
            return self[token_id.__index__()]       # torch's numbers: no dict finds them by their value
        raise KeyError(f"Id {token_id} names no token: this tokenizer has the ids 0 to {len(self) - 1}. "
                       "Decode ids that came from the same tokenizer.")


def _learn_merges(chunks: Counter[str], wanted: int, ties: str) -> list[tuple[int, int]]:
    """The training loop: merge the most frequent pair, again and again.

    Pairs wait in a list for each count; the lists are taken from the highest count down, and a heap
    puts one list into the order of the rule for ties. A pair's count only falls once it is born, so a
    pair that comes up with a count out of date goes to a list that is still ahead.
    """
    rows, frequency = [byte_ids(chunk).decode("latin-1") for chunk in chunks], list(chunks.values())
    token_bytes = [BYTE_ORDER[n:n + 1] for n in range(256)]
    merges: list[tuple[int, int]] = []
    places: dict[str, list[int]] = {}                            # pair -> the rows that hold it, or held it
    counts: dict[str, int] = {}
    waiting: defaultdict[int, list[str]] = defaultdict(list)     # count -> the pairs that had it
    ready: list[tuple] = []                                      # (order, pair): those whose turn it is, as a heap

    def first_place(pair: str) -> tuple[int, int]:
        index = next(index for index in places[pair] if pair in rows[index])
        return index, sum(len(token_bytes[ord(token)]) for token in rows[index].partition(pair)[0])

    def greatest_first(pair: str) -> tuple:
        return tuple((*(-byte for byte in token_bytes[ord(token)]), 1) for token in pair)

    def note(born: dict[str, list[int]]) -> None:
        places.update(born)
        for pair, indexes in born.items():
            counts[pair] = sum(map(frequency.__getitem__, indexes))
            waiting[counts[pair]].append(pair)

    order = {"first": first_place, "smallest": str, "greatest": greatest_first}[ties]
    born: defaultdict[str, list[int]] = defaultdict(list)        # new pair -> its rows, as often as they hold it
    for index, row in enumerate(rows):
        for pair in map(add, row, row[1:]):
            born[pair].append(index)
    note(born)
    with progress(total=wanted, desc="Learning merges", disable=len(rows) < 20_000) as bar:     # few: seconds
        while len(merges) < wanted and (ready or (count := max(waiting, default=0))):
            for pair in waiting.pop(count, ()):
                if counts[pair] == count:
                    heappush(ready, (order(pair), pair))
                else:
                    waiting[counts[pair]].append(pair)
            if not ready:
                continue
            _, pair = heappop(ready)
            if counts[pair] < count:        # the last merges took some of its places
                waiting[counts[pair]].append(pair)
                continue
            a, b = pair
            new, born = chr(256 + len(merges)), defaultdict(list)
            merges.append((ord(a), ord(b)))
            token_bytes.append(token_bytes[ord(a)] + token_bytes[ord(b)])
            for index in [index for index in dict.fromkeys(places.pop(pair)) if pair in rows[index]]:   # each row once
                pieces, n = rows[index].split(pair), frequency[index]
                rows[index] = new.join(pieces)
                for number, (left, right) in enumerate(pairwise(pieces)):
                    if left or number:      # what stood before: a token, or the pair as well
                        counts[(left[-1:] or b) + a] -= n
                        born[(left[-1:] or new) + new].append(index)
                    if right:
                        counts[b + right[0]] -= n
                        born[new + right[0]].append(index)
            note(born)
            bar.update()
    return merges
