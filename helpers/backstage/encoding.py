"""Tokens, special tokens, and from ids back to text, as tiktoken.Encoding has it (for bpe.py)."""

from __future__ import annotations

import operator
from collections.abc import Iterable

import regex

END_OF_TEXT = "<|endoftext|>"
# GPT-2 numbers the bytes that print on their own first, then all others: see bytes_to_unicode in
# https://github.com/openai/gpt-2/blob/master/src/encoder.py.
PRINTING = [*range(33, 127), *range(161, 173), *range(174, 256)]
OTHERS = [byte for byte in range(256) if byte not in PRINTING]
BYTE_ORDER = bytes(PRINTING + OTHERS)  # id -> byte
BYTE_IDS = bytes(BYTE_ORDER.index(byte) for byte in range(256))  # byte -> id


def tokens_of(merges: list[tuple[int, int]]) -> list[bytes]:
    """The bytes of each token: first every byte, then what each merge makes of two tokens."""
    tokens = [bytes([byte]) for byte in BYTE_ORDER]
    seen = set()
    for a, b in merges:
        if min(a, b) < 0 or max(a, b) >= len(tokens) or (a, b) in seen:
            raise ValueError(
                f"Merge {len(seen)} joins the ids {a} and {b}; expected two that exist before it, "
                "and each pair once. The list is damaged or out of order: load it again."
            )
        seen.add((a, b))
        tokens.append(tokens[a] + tokens[b])
    return tokens


def whole_characters(text: str) -> str:
    """The text with half surrogate pairs, which have no bytes, replaced as tiktoken does it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def split_at(text: str, special_tokens: Iterable[str]) -> list[str]:
    """Text, special token, text, and so on; of two tokens that begin together, the longer one."""
    longest_first = sorted(special_tokens, key=len, reverse=True)
    if not longest_first:
        return [text]
    either = "|".join(regex.escape(token) for token in longest_first)
    return regex.split(f"({either})", text)


class Encoding:
    """Tokens, whose ids are their places, and special tokens, which get the ids behind them.

    tokens: the bytes of each token. special_tokens: different texts, none of them empty.
    A class that inherits has encode_ordinary(text), which gives the ids of a text.
    """

    def __init__(
        self, name: str, pattern: str, tokens: list[bytes], special_tokens: Iterable[str] = ()
    ):
        texts = list(special_tokens)
        if isinstance(special_tokens, str) or "" in texts or len(set(texts)) < len(texts):
            raise ValueError(
                f"special_tokens is {special_tokens!r}; expected a list of different texts, none "
                'of them empty. Write, for example, special_tokens=["<|endoftext|>"].'
            )
        self.name = name
        self.pattern = pattern
        self.tokens = tokens
        self.ids = {token: token_id for token_id, token in enumerate(tokens)}
        self.special_tokens = {text: len(tokens) + n for n, text in enumerate(texts)}
        self._all_tokens = tokens + [text.encode() for text in texts]

    @property
    def n_vocab(self) -> int:
        """Number of tokens, special ones included; the ids are 0 to n_vocab - 1."""
        return len(self._all_tokens)

    @property
    def special_tokens_set(self) -> set[str]:
        """The texts of the special tokens."""
        return set(self.special_tokens)

    @property
    def eot_token(self) -> int:
        """The id of <|endoftext|>."""
        return self.encode_single_token(END_OF_TEXT)

    def encode(
        self, text: str, *, allowed_special=frozenset(), disallowed_special="all"
    ) -> list[int]:
        """The ids of a text, by tiktoken's rules for special tokens.

        A text that holds a special token is refused (ValueError) unless that token is allowed (it
        becomes its one id) or disallowed_special leaves it out (then it is ordinary text).
        """
        allowed = self.special_tokens_set
        if allowed_special != "all":
            allowed &= set(allowed_special)
        refused = disallowed_special
        if disallowed_special == "all":
            refused = [token for token in self.special_tokens if token not in allowed]
        for token in refused:
            if token in text:
                raise ValueError(
                    f"The text holds the special token {token!r}, perhaps as a trick. To make it "
                    f"that token, pass allowed_special={{{token!r}}}; for plain text, "
                    "disallowed_special=()."
                )
        ids: list[int] = []
        for part in split_at(text, allowed):
            if part in allowed:
                ids.append(self.special_tokens[part])
            else:
                ids.extend(self.encode_ordinary(part))
        return ids

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of the ids, joined. Raises KeyError for an id that names no token."""
        return b"".join([self.decode_single_token_bytes(token_id) for token_id in ids])

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """The text of the ids; bytes that are not UTF-8 become the replacement character."""
        return self.decode_bytes(ids).decode("utf-8", errors=errors)

    def decode_single_token_bytes(self, token_id: int) -> bytes:
        """The bytes of one token, which need not be whole characters."""
        try:
            place = operator.index(token_id)  # numbers of torch and numpy too
        except TypeError:
            place = -1
        if not 0 <= place < self.n_vocab:
            raise KeyError(
                f"Id {token_id} names no token: this tokenizer has the ids 0 to "
                f"{self.n_vocab - 1}. Decode ids that came from the same tokenizer."
            )
        return self._all_tokens[place]

    def encode_single_token(self, token: str | bytes) -> int:
        """The id of a token given as text or bytes. Raises KeyError where it is not one token."""
        raw = token.encode("utf-8", "replace") if isinstance(token, str) else token
        special_ids = {text.encode(): number for text, number in self.special_tokens.items()}
        if raw not in self.ids and raw not in special_ids:
            raise KeyError(
                f"{token!r} is not one token of this tokenizer. Use encode to cut it into tokens."
            )
        return self.ids[raw] if raw in self.ids else special_ids[raw]

    def to_tiktoken(self):
        """A tiktoken.Encoding with the same ids: the same merges in a compiled program."""
        import tiktoken

        return tiktoken.Encoding(
            self.name,
            pat_str=self.pattern,
            mergeable_ranks=self.ids,
            special_tokens=self.special_tokens,
        )
