"""Merges in files: vocab.bpe (GPT-2), merges.txt (Hugging Face), tiktoken's lists (for bpe.py).

All but tiktoken's write every byte as one visible character: one that prints on its own as that,
the others as letters from Ā on; so a space is Ġ. What can't be read is refused with a ValueError.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from math import inf
from pathlib import Path

from .downloads import write_whole
from .encoding import END_OF_TEXT
from .merging import BYTE_IDS, BYTE_ORDER, OTHERS, PRINTING, Pair, apply_merges_to_many, tokens_of

LETTERS = [chr(byte) for byte in PRINTING] + [chr(256 + n) for n in range(len(OTHERS))]  # by id
VERSION = "#version: 0.2"  # how vocab.bpe and merges.txt begin
TRAINED_BY = "- Trained by"  # what Hugging Face writes after it
ABOUT = {"name": str, "pattern": str, "special_tokens": (list, dict)}  # what save writes, as JSON
NAMES = ("vocab.bpe", "merges.txt")  # the file of merges, as GPT-2 and as Hugging Face call it


def letters(token: bytes) -> str:
    """A token as the files write it, with one visible character for each byte."""
    return "".join(LETTERS[BYTE_ORDER.index(byte)] for byte in token)


def merges_of(lines: Iterable[str], name: str, first: int) -> list[Pair]:
    """The merges in lines of two tokens each, as pairs of ids; first: the number of line one.

    Some files name every pair that could make a token. Only one of them is ever met: the two that
    the token's own bytes become under the merges before it. The others are left out.
    """
    ids = {letter: token_id for token_id, letter in enumerate(LETTERS)}
    seen: set[Pair] = set()
    ways: list[list[Pair]] = []  # for each new token the pairs that are named for it in a row
    named_again: set[str] = set()  # tokens that come up once more after others
    for number, line in enumerate(lines, start=first):
        a, _, b = line.partition(" ")
        pair = ids.get(a, -1), ids.get(b, -1)
        if min(pair) < 0 or pair in seen:
            raise ValueError(
                f"{name.format(number)} is {line[:40]!r}; expected two tokens that exist before "
                "it, with a space between them, and each pair once. The file is damaged, or of a "
                "kind other than byte-level BPE: save it or fetch it again."
            )
        seen.add(pair)
        if a + b not in ids:
            ids[a + b] = len(ids)
            ways.append([pair])
        elif ids[a + b] == len(ids) - 1:
            ways[-1].append(pair)
        else:
            named_again.add(a + b)
    merges: dict[Pair, int] = {}
    for token, pairs in zip(list(ids)[256:], ways, strict=True):
        pair = pairs[0]
        if len(pairs) > 1 or token in named_again:
            pair = the_one_that_is_met(token, pairs, ids, merges)
        merges[pair] = ids[token]
    return list(merges)


def the_one_that_is_met(token: str, pairs: list[Pair], ids: dict, merges: dict) -> Pair:
    """Which of the pairs the bytes of a token become under the merges before it."""
    parts = tuple(apply_merges_to_many([ids[letter] for letter in token], merges))
    if parts not in pairs:
        raise ValueError(
            f"The file names several pairs for the token {token[:40]!r}; expected one that its "
            f"bytes come to, but under the merges before it they come to {len(parts)} other "
            "tokens. Put its merges in order, or keep using the program that made the file."
        )
    return parts


def read(folder: Path) -> dict:
    """What a tokenizer is made of: the merges in a vocab.bpe or merges.txt, and what line 1 says.

    folder: where such a file lies, or the path of the file itself.
    """
    paths = [folder / name for name in NAMES]
    path = next((path for path in [folder, *paths] if path.is_file()), None)
    if path is None:
        raise FileNotFoundError(
            f"There is no {' and no '.join(NAMES)} in {str(folder)!r}; one of them holds the "
            "merges. Name the folder that save wrote to; from_hugging_face reads a tokenizer.json."
        )
    text = path.read_text(encoding="utf-8-sig", errors="replace")  # sig: without a mark in front
    first, *lines = text.removesuffix("\n").split("\n")  # \r\n has become \n
    about = about_of(first)
    if about is None:
        raise ValueError(
            f"{path.name} begins with {first[:40]!r}; expected {VERSION!r}. "
            "The file is damaged: save it or fetch it again."
        )
    merges = merges_of(lines, f"Line {{}} of {path.name}", first=2)
    return {"special_tokens": [END_OF_TEXT], **about, "merges": merges}


def about_of(first: str) -> dict | None:
    """What the first line says of a tokenizer; None where it is no such line."""
    rest = first.removeprefix(VERSION).strip()
    if not first.startswith(VERSION):
        return None
    if rest == "" or rest.startswith(TRAINED_BY):
        return {}
    try:
        about = json.loads(rest)
    except (ValueError, RecursionError):
        return None
    if not isinstance(about, dict):
        return None
    known = [key in ABOUT and isinstance(value, ABOUT[key]) for key, value in about.items()]
    return about if all(known) else None


def read_tiktoken(path: Path) -> list[bytes]:
    """The tokens in a file of tiktoken's, which has a token in base 64 and its id on each line."""
    tokens: dict[bytes, int] = {}
    for token_id, line in enumerate(path.read_bytes().splitlines()):
        written, _, number = line.partition(b" ")
        with suppress(binascii.Error):  # what isn't base 64 isn't a token
            tokens.setdefault(base64.b64decode(written, validate=True), token_id)
        # A token that was not added, or was there before, leaves the table too short.
        if len(tokens) <= token_id or number != str(token_id).encode():
            raise bad_token_file(f"line {token_id + 1:,} of it is {line[:40]!r}")
    if list(tokens)[:256] != tokens_of([]):
        raise bad_token_file("its first 256 tokens are not the bytes")
    return list(tokens)


class MergesOfTokens(Mapping):
    """Pair of ids -> new id, looked up and not worked out: published tokenizers have up to 200,000.

    Two tokens have a merge if their bytes, joined, are a token. This is tiktoken's own rule, and
    may name several pairs for a token; going through the merges gives the only one ever met.
    """

    def __init__(self, tokens: list[bytes]):
        self.tokens = tokens
        self.ids = {token: token_id for token_id, token in enumerate(tokens)}
        self.parts = PartsOfTokens(tokens, self)

    def get(self, pair: Pair, default=None):
        """The id of the token that the two make together; the default where there is none."""
        left, right = pair
        return self.ids.get(self.tokens[left] + self.tokens[right], default)

    def __getitem__(self, pair: Pair) -> int:
        left, right = pair
        return self.ids[self.tokens[left] + self.tokens[right]]

    def __iter__(self) -> Iterator[Pair]:
        return iter(self.parts.values())

    def __len__(self) -> int:
        return len(self.parts)


class PartsOfTokens(Mapping):
    """Id -> the two ids that its token was merged from, worked out when they are asked for."""

    def __init__(self, tokens: list[bytes], merges: MergesOfTokens):
        self.tokens, self.merges = tokens, merges

    def __getitem__(self, token_id: int) -> Pair:
        if token_id not in range(256, len(self.tokens)):
            raise KeyError(token_id)  # a byte has no parts
        ids = list(self.tokens[token_id].translate(BYTE_IDS))
        while len(ids) > 2:  # the last merge makes the token itself
            new_ids = [self.merges.get(pair, inf) for pair in pairwise(ids)]
            lowest = min(new_ids)
            if lowest == inf:
                raise bad_token_file(f"{self.tokens[token_id][:40]!r} is not made of two tokens")
            place = new_ids.index(lowest)
            ids[place : place + 2] = [lowest]
        return tuple(ids)

    def __iter__(self) -> Iterator[int]:
        return iter(range(256, len(self.tokens)))

    def __len__(self) -> int:
        return len(self.tokens) - 256


def bad_token_file(fault: str) -> ValueError:
    """The error for a file of tiktoken's that is damaged."""
    return ValueError(
        f"This isn't a file of tiktoken's: {fault}. Expected the 256 bytes and then tokens "
        "made of two older ones, each once, in base 64 and with its id. Fetch or copy it again."
    )


def write(folder: Path, about: dict, tokens: list[bytes], merges: Iterable) -> None:
    """Write encoder.json (letters -> id) and vocab.bpe (the facts in line 1, then merges)."""
    written = [letters(token) for token in tokens]
    ids = {token: token_id for token_id, token in enumerate(written)}
    if END_OF_TEXT in about["special_tokens"]:
        ids[END_OF_TEXT] = about["special_tokens"][END_OF_TEXT]
    lines = [f"{VERSION} {json.dumps(about)}"]
    lines += [f"{written[a]} {written[b]}" for a, b in merges]
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "vocab.bpe", "\n".join([*lines, ""]))
    write_whole(folder / "encoder.json", json.dumps(ids))
