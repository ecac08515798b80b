"""Tokens, special tokens, and from ids back to text, as tiktoken.Encoding has it (for bpe.py)."""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable, Iterator

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
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def split_at(text: str, special_tokens: Iterable[str]) -> list[str]:
    """Text, special token, text, and so on; of two tokens that begin together, the longer one."""
    longest_first = sorted(special_tokens, key=len, reverse=True)
    if not longest_first:
        return [text]
    either = "|".join(regex.escape(token) for token in longest_first)
    return regex.split(f"({either})", text)


def with_ids(special_tokens: Iterable[str] | dict[str, int], n_tokens: int) -> dict[str, int]:
    """The special tokens with their ids: those of a dict, or the ids from n_tokens on."""
    if isinstance(special_tokens, Iterator):
        special_tokens = list(special_tokens)  # it can be gone through only once
    if not are_texts(special_tokens):
        raise ValueError(
            f"special_tokens is {repr(special_tokens)[:200]}; expected a list of different texts, "
            "none of them empty or with half a character. "
            'Write, for example, special_tokens=["<|endoftext|>"].'
        )
    if not isinstance(special_tokens, dict):
        return {text: n_tokens + n for n, text in enumerate(special_tokens)}
    taken = set()
    for token_id in special_tokens.values():
        if not isinstance(token_id, int) or token_id < n_tokens or token_id in taken:
            raise ValueError(
                f"special_tokens has the id {token_id!r}; expected are different whole numbers "
                f"from {n_tokens} on, behind the other tokens. Give such ids, or a list of texts."
            )
        taken.add(token_id)
    return dict(special_tokens)


def are_texts(special_tokens) -> bool:
    """Whether these are different texts, each of at least one character that has bytes."""
    if isinstance(special_tokens, str) or not isinstance(special_tokens, Collection):
        return False
    for text in special_tokens:
        if not isinstance(text, str) or text == "" or whole_characters(text) != text:
            return False
    return len(set(special_tokens)) == len(special_tokens)


def special_token_came(token: str) -> ValueError:
    """The error for a text with a special token that is not allowed."""
    return ValueError(
        f"The text holds the special token {token!r}, perhaps as a trick. To make it that token, "
        f"pass allowed_special={{{token!r}}}; for plain text, disallowed_special=()."
    )


class Encoding:
    """Tokens, whose ids are their places, and special tokens.

    tokens: the bytes of each token. special_tokens: different texts, none of them empty, which get
    the ids behind the tokens; or a dict that gives the id of each.
    A class that inherits has encode_ordinary(text), which gives the ids of a text.
    """

    def __init__(
        self,
        name: str,
        pattern: str,
        tokens: list[bytes],
        special_tokens: Iterable[str] | dict[str, int] = (),
    ):
        self.name = name
        self.pattern = pattern
        self.tokens = tokens
        self.ids = {token: token_id for token_id, token in enumerate(tokens)}
        self.special_tokens = with_ids(special_tokens, len(tokens))
        self._bytes = dict(enumerate(tokens))  # id -> bytes, of special tokens too
        self._bytes |= {token_id: text.encode() for text, token_id in self.special_tokens.items()}

    @property
    def n_vocab(self) -> int:
        """One more than the highest id: the number of all tokens, where no id is left out."""
        return max(self._bytes) + 1

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
        allowed, refused = self.special_rules(allowed_special, disallowed_special)
        for token in refused:
            if token in text:
                raise special_token_came(token)
        ids: list[int] = []
        for part in split_at(text, allowed):
            if part in allowed:
                ids.append(self.special_tokens[part])
            else:
                ids.extend(self.encode_ordinary(part))
        return ids

    def special_rules(self, allowed_special, disallowed_special) -> tuple[set[str], set[str]]:
        """Which special tokens are allowed, and which texts are refused; either may be "all"."""
        allowed = self.special_tokens_set
        if allowed_special != "all":
            allowed &= set(allowed_special)
        refused = self.special_tokens_set - allowed
        if disallowed_special != "all":
            refused = set(disallowed_special)
        return allowed, refused

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
        if place not in self._bytes:
            gaps = ", with gaps" if len(self._bytes) < self.n_vocab else ""
            raise KeyError(
                f"Id {token_id} names no token: this tokenizer has the ids 0 to "
                f"{self.n_vocab - 1}{gaps}. Decode ids that came from the same tokenizer."
            )
        return self._bytes[place]

    def encode_single_token(self, token: str | bytes) -> int:
        """The id of a token given as text or bytes. Raises KeyError where it is not one token."""
        raw = token.encode("utf-8", "replace") if isinstance(token, str) else token
        special_ids = {text.encode(): number for text, number in self.special_tokens.items()}
        if raw not in self.ids and raw not in special_ids:
            raise KeyError(
                f"{token!r} is not one token of this tokenizer. Use encode to cut it into tokens."
            )
        return self.ids[raw] if raw in self.ids else special_ids[raw]
