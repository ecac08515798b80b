"""Byte-pair encoding: train, encode and decode, the way GPT-2 does it (chapter 3).

A token's id is its rank: the 256 bytes come first, then every merge gets the next id, in the order
in which it was learned. So "apply the merge learned first" means "apply the smallest id". The
algorithm is that of Sennrich, Haddow and Birch 2016, on bytes as in Radford et al. 2019.
Special tokens, decode and tiktoken's other methods are added in backstage/encoding.py.
"""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from itertools import pairwise
from math import inf
from pathlib import Path

from .backstage import hugging_face, merge_files, merging
from .backstage.doors import a_path, pairs_of, whole_number
from .backstage.downloads import for_tiktoken
from .backstage.encoding import END_OF_TEXT, Encoding  # noqa: F401  (some look for it here)
from .backstage.merging import BYTE_IDS, Pair, apply_merges_to_many, no_collector, tokens_of
from .backstage.special import special_rules, special_token_came
from .chunks import count_chunks, find_chunks, stream_chunks
from .pretrained import GPT2_PATTERN, published
from .progress import progress

LONG = 100  # ids, after which a chunk is merged in another way; and characters to remember
MOST_CHUNKS = 200_000  # that a tokenizer remembers, so that no text can fill the memory


def byte_ids(chunk: str) -> list[int]:
    """The ids of the bytes of a chunk; GPT-2 numbers the bytes in an order of its own."""
    return list(chunk.encode("utf-8").translate(BYTE_IDS))


def count_pairs(words: Iterable[tuple[list[int], int]]) -> Counter[Pair]:
    """How often each pair of neighbouring ids occurs; words: rows of ids, each with its count."""
    counts: Counter[Pair] = Counter()
    for ids, count in words:
        for pair in pairwise(ids):
            counts[pair] += count  # as often as the word occurs
    return counts


def replace_pair(ids: list[int], pair: Pair, new_id: int) -> list[int]:
    """The ids with each occurrence of the pair replaced by one new id, from left to right.

    >>> replace_pair([7, 7, 7, 8], (7, 7), 256)
    [256, 7, 8]
    """
    first, second = pair
    replaced: list[int] = []
    for token_id in ids:
        if token_id == second and replaced and replaced[-1] == first:
            replaced[-1] = new_id  # the pair is complete
        else:
            replaced.append(token_id)
    return replaced


def replace_everywhere(pair: Pair, new_id: int, words: list, counts: dict, holders: dict) -> list:
    """Replace a pair in all words and return the new pairs; counts and holders are updated too.

    holders: pair -> the numbers of the words that hold it, or did before an earlier merge.
    """
    first, second = pair
    left_of = defaultdict(list)  # token -> the words in which it stands left of the new one
    right_of = defaultdict(list)  # token -> the words in which it stands right of it
    for number in dict.fromkeys(holders.pop(pair)):  # each word once, in the order of the text
        ids, _ = words[number]
        if second not in ids:
            continue  # an earlier merge took it
        ids[:] = replace_pair(ids, pair, new_id)
        for left, right in pairwise(ids):
            if right == new_id:
                left_of[left].append(number)
            elif left == new_id:
                right_of[right].append(number)
    # Each new pair stands where an old one stood, which is that much rarer now.
    changes = [((new_id, right), (second, right), right_of[right]) for right in right_of]
    for left in left_of:
        was_left = second if left == new_id else left
        changes.append(((left, new_id), (was_left, first), left_of[left]))
    for made, was, numbers in changes:
        holders[made] = numbers
        counts[made] = sum([words[number][1] for number in numbers])
        counts[was] -= counts[made]
    counts[pair] = 0  # it stands nowhere now
    return [made for made, _, _ in changes]


def learn_merges(words: Iterable, n_merges: int, ties: str = "first") -> list[Pair]:
    """Merge the most frequent pair of the words, n_merges times or until no pair is left.

    words, ties: see count_pairs and BytePairTokenizer.train. The pairs wait in a heap, the most
    frequent on top. Once a pair is there, its count only falls, and its first place in the text
    only moves on; so a pair that comes up with an outdated count goes back into the heap.
    """
    words = [(list(ids), count) for ids, count in words]  # copies: merges will change them
    holders = defaultdict(list)
    for number, (ids, _) in enumerate(words):
        for pair in pairwise(ids):
            holders[pair].append(number)
    # What count_pairs gives; it stays true from merge to merge.
    counts = {pair: sum([words[n][1] for n in numbers]) for pair, numbers in holders.items()}
    tokens = tokens_of([])  # id -> bytes
    # Of pairs with the same count, the one with the smallest order is merged. () is smaller than
    # any: a pair enters the heap with it, and has its order looked up when it comes up.
    order = merging.tie_order(ties, words, holders, tokens)
    heap = [(-count, (), pair) for pair, count in counts.items()]
    heapify(heap)
    merges: list[Pair] = []
    few = len(words) < 20_000  # they take seconds, so nobody needs a bar
    with progress(total=n_merges, desc="Learning merges", disable=few) as bar, no_collector():
        while heap and len(merges) < n_merges:
            entry = heappop(heap)
            pair = entry[-1]
            if counts[pair] == 0:
                continue  # other merges took it everywhere
            now = (-counts[pair], order(pair), pair)
            if now != entry:
                heappush(heap, now)  # it waits for its turn again
                continue
            # Nothing in the heap can be more frequent, so this pair is merged.
            for made in replace_everywhere(pair, len(tokens), words, counts, holders):
                heappush(heap, (-counts[made], (), made))
            tokens.append(tokens[pair[0]] + tokens[pair[1]])
            merges.append(pair)
            bar.update()
    return merges


def apply_merges(ids: list[int], merges: dict[Pair, int]) -> list[int]:
    """Merge the pair whose merge was learned first, again and again, until no pair has a merge."""
    if len(ids) > LONG:
        return apply_merges_to_many(ids, merges)
    ids = list(ids)
    new_ids = [merges.get(pair, inf) for pair in pairwise(ids)]  # inf: no merge
    while new_ids:
        lowest = min(new_ids)
        if lowest == inf:
            break
        place = new_ids.index(lowest)
        ids[place] = lowest
        del ids[place + 1], new_ids[place]
        # Only the pairs that the new token forms with its neighbours have to be looked up.
        if place > 0:
            new_ids[place - 1] = merges.get((ids[place - 1], lowest), inf)
        if place < len(new_ids):
            new_ids[place] = merges.get((lowest, ids[place + 1]), inf)
    return ids


class BytePairTokenizer(Encoding):
    """A byte-pair tokenizer with the methods of tiktoken.Encoding (except encode_with_unstable).

    merges: the pairs of ids, in the order in which they were learned; number n makes id 256 + n.
    special_tokens: texts that are one token each, with the ids after the last merge, or a dict
    that gives the id of each.
    pattern: a pattern of the package regex that finds the chunks of a text.

    >>> tokenizer = BytePairTokenizer.train("low lower lowest", vocab_size=259)
    >>> [tokenizer.decode([token_id]) for token_id in tokenizer.encode("slow")]
    ['s', 'low']
    """

    def __init__(self, merges, special_tokens=(), pattern=GPT2_PATTERN, name="byte-pair"):
        find_chunks("", pattern)  # refuses what is not a pattern
        if isinstance(merges, merge_files.MergesOfTokens):  # they know their tokens already
            tokens, self.merges, self.parts = merges.tokens, merges, merges.parts
        else:
            pairs = pairs_of(merges)
            tokens = tokens_of(pairs)
            self.merges = {pair: 256 + n for n, pair in enumerate(pairs)}  # pair -> its new id
            self.parts = {new_id: pair for pair, new_id in self.merges.items()}
        super().__init__(name, pattern, tokens, special_tokens)
        self._known: dict[str, list[int]] = {}  # chunk -> ids

    @classmethod
    def train(cls, texts: str | Iterable[str], vocab_size: int, special_tokens=(), ties="first",
              pattern=GPT2_PATTERN, name="byte-pair") -> BytePairTokenizer:  # fmt: skip
        """Learn merges until there are vocab_size tokens: 256 bytes, merges, special tokens.

        texts: one text, or documents one by one, or what count_chunks counted in them.
        ties: which of several equally frequent pairs is merged: the one seen "first" in the text,
        the one with the "smallest" ids (as in Hugging Face tokenizers), or the "greatest" bytes.
        A text that runs out of pairs gives a smaller vocabulary and a warning.
        """
        empty = cls([], special_tokens, pattern)
        if whole_number(vocab_size, "vocab_size") < empty.n_vocab:
            raise ValueError(
                f"vocab_size is {vocab_size}; the 256 bytes and the special tokens "
                f"alone make {empty.n_vocab}. Ask for at least that many."
            )
        if ties not in ("first", "smallest", "greatest"):
            raise ValueError(
                f'ties is {ties!r}; expected "first", "smallest" or "greatest". Choose one of them.'
            )
        chunks = count_chunks(texts, empty.special_tokens, pattern)
        words = ((byte_ids(chunk), count) for chunk, count in chunks.items())
        merges = learn_merges(words, vocab_size - empty.n_vocab, ties)
        tokenizer = cls(merges, list(empty.special_tokens), pattern, name)
        if tokenizer.n_vocab < vocab_size:
            warnings.warn(
                f"After {len(merges)} merges no pair was left, so the vocabulary has "
                f"{tokenizer.n_vocab} tokens, not {vocab_size}. Train on more text for a larger "
                "one.",
                stacklevel=2,
            )
        return tokenizer

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of a text, special tokens taken as ordinary text."""
        ids: list[int] = []
        for chunk in find_chunks(text, self.pattern):
            found = self._known.get(chunk)
            ids.extend(self._encode_chunk(chunk) if found is None else found)
        return ids

    def _encode_chunk(self, chunk: str) -> list[int]:
        """The ids of one chunk. Texts repeat themselves, so short ones are remembered."""
        ids = apply_merges(byte_ids(chunk), self.merges)
        if len(self._known) >= MOST_CHUNKS:
            self._known.clear()
        if len(chunk) <= LONG:
            self._known[chunk] = ids
        return ids

    def encode_iterable(
        self, pieces: Iterable[str], *, allowed_special=frozenset(), disallowed_special=()
    ) -> Iterator[int]:
        """The ids of a stream of pieces, as encode gives them for the whole.

        Special tokens are plain text unless they are allowed; a cut may run through them. No more
        is held than can still change; with a pattern of your own, which may look far ahead, all.
        """
        known = self.special_tokens_set
        allowed, refused = special_rules(known, allowed_special, disallowed_special)
        for chunk in stream_chunks(pieces, self.pattern, [*allowed, *refused]):
            if chunk in refused:
                raise special_token_came(chunk)
            if chunk in allowed:
                yield self.special_tokens[chunk]
            else:
                yield from self._encode_chunk(chunk)

    @classmethod
    def pretrained(cls, name: str) -> BytePairTokenizer:
        """The tokenizer of GPT-2 ("gpt2"), GPT-4 ("cl100k_base") or GPT-4o ("o200k_base").

        Its files are fetched when they are first asked for; then tiktoken.get_encoding(name) needs
        no network either. MissingDataError if they can't be fetched.
        """
        about = published(name)
        path = for_tiktoken(*about.files)[-1]
        if path.suffix == ".bpe":
            merges = merge_files.read(path)["merges"]
        else:
            merges = merge_files.MergesOfTokens(merge_files.read_tiktoken(path))
        return cls(merges, about.special_tokens, about.pattern, name)

    @classmethod
    def load(cls, folder: str | Path) -> BytePairTokenizer:
        """Read what save wrote, GPT-2's vocab.bpe, or a merges.txt; folder: where it lies.

        One that doesn't say otherwise gets GPT-2's pattern and <|endoftext|>.
        """
        return cls(**merge_files.read(a_path(folder)))

    @classmethod
    def from_hugging_face(cls, tokenizer) -> BytePairTokenizer:
        """Take the merges, pattern and special tokens that Hugging Face tokenizers learned.

        tokenizer: a tokenizers.Tokenizer, or the path of its tokenizer.json. The tokens are the
        same (without those that its post-processor puts around a text); their ids follow the order
        of the merges. ValueError for all but byte-level BPE.
        """
        return cls(**hugging_face.read(tokenizer))

    def to_tiktoken(self):
        """A tiktoken.Encoding with the same ids: the same merges in a compiled program."""
        return merging.compiled(self)

    def save(self, folder: str | Path) -> None:
        """Write encoder.json and vocab.bpe as GPT-2 has them; all else is in vocab.bpe's line 1."""
        about = {"name": self.name, "pattern": self.pattern, "special_tokens": self.special_tokens}
        merge_files.write(a_path(folder), about, self.tokens, self.merges)


def gpt2_tokenizer():
    """tiktoken's own GPT-2 tokenizer, from files on this machine."""
    import tiktoken

    for_tiktoken(*published("gpt2").files)  # tiktoken finds them, and asks no network
    return tiktoken.get_encoding("gpt2")
