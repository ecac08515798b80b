"""The methods of tiktoken.Encoding, for whoever has tokens and encode_ordinary (for bpe.py)."""

from __future__ import annotations

import operator
from collections.abc import Iterable

from .doors import one_row, one_text, rows_of, texts_of
from .special import special_rules, special_token_came, split_at, with_ids

END_OF_TEXT = "<|endoftext|>"


class Encoding:
    """Tokens, whose ids are their places, and special tokens: all public methods of tiktoken's.

    Only encode_with_unstable, which tiktoken itself calls unstable, is left out.

    tokens: the bytes of each token. special_tokens: different texts, none of them empty, which get
    the ids after the tokens; or a dict that gives the id of each.
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

    def encode(
        self, text: str, *, allowed_special=frozenset(), disallowed_special="all"
    ) -> list[int]:
        """The ids of a text, by tiktoken's rules for special tokens.

        A text that holds a special token is refused (ValueError) unless that token is allowed (it
        becomes its one id) or disallowed_special leaves it out (then it is ordinary text).
        """
        one_text(text)
        allowed, refused = special_rules(
            self.special_tokens_set, allowed_special, disallowed_special
        )
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

    def encode_to_numpy(self, text: str, *, allowed_special=frozenset(), disallowed_special="all"):
        """What encode gives, as a numpy array: uint32 [number of tokens]."""
        import numpy as np

        rules = {"allowed_special": allowed_special, "disallowed_special": disallowed_special}
        return np.array(self.encode(text, **rules), dtype=np.uint32)

    def encode_batch(
        self,
        text: list[str],
        *,
        num_threads: int = 8,
        allowed_special=frozenset(),
        disallowed_special="all",
    ) -> list[list[int]]:
        """What encode gives for each text. num_threads changes nothing: Python runs one by one."""
        rules = {"allowed_special": allowed_special, "disallowed_special": disallowed_special}
        return [self.encode(one, **rules) for one in texts_of(text)]

    def encode_ordinary_batch(self, text: list[str], *, num_threads: int = 8) -> list[list[int]]:
        """What encode_ordinary gives for each text."""
        return [self.encode_ordinary(one) for one in texts_of(text)]

    def encode_single_token(self, text_or_bytes: str | bytes) -> int:
        """The id of a token given as text or bytes. Raises KeyError where it is not one token."""
        token = text_or_bytes
        if not isinstance(token, bytes):
            one_text(token)
            token = token.encode("utf-8", "replace")
        if token in self.ids:
            return self.ids[token]
        special_ids = {text.encode(): number for text, number in self.special_tokens.items()}
        if token not in special_ids:
            raise KeyError(
                f"{text_or_bytes!r} is not one token of this tokenizer; expected one of its "
                f"{len(self._bytes):,}. Use encode to cut it into tokens."
            )
        return special_ids[token]

    def decode(self, tokens: Iterable[int], errors: str = "replace") -> str:
        """The text of the ids; bytes that are not UTF-8 become the replacement character."""
        return self.decode_bytes(tokens).decode("utf-8", errors=errors)

    def decode_bytes(self, tokens: Iterable[int]) -> bytes:
        """The bytes of the ids, joined. Raises KeyError for an id that names no token."""
        return b"".join(self.decode_tokens_bytes(tokens))

    def decode_tokens_bytes(self, tokens: Iterable[int]) -> list[bytes]:
        """The bytes of each id."""
        return [self.decode_single_token_bytes(token) for token in one_row(tokens)]

    def decode_single_token_bytes(self, token: int) -> bytes:
        """The bytes of one token, which need not be whole characters."""
        try:
            place = operator.index(token)  # numbers of torch and numpy too
        except TypeError:
            place = -1
        if place not in self._bytes:
            gaps = ", with gaps" if len(self._bytes) < self.n_vocab else ""
            raise KeyError(
                f"Id {token} names no token: this tokenizer has the ids 0 to "
                f"{self.n_vocab - 1}{gaps}. Decode ids that came from the same tokenizer."
            )
        return self._bytes[place]

    def decode_batch(
        self, batch: Iterable[Iterable[int]], *, errors: str = "replace", num_threads: int = 8
    ) -> list[str]:
        """The text of each row of ids."""
        return [self.decode(tokens, errors) for tokens in rows_of(batch)]

    def decode_bytes_batch(
        self, batch: Iterable[Iterable[int]], *, num_threads: int = 8
    ) -> list[bytes]:
        """The bytes of each row of ids."""
        return [self.decode_bytes(tokens) for tokens in rows_of(batch)]

    def decode_with_offsets(self, tokens: Iterable[int]) -> tuple[str, list[int]]:
        """The text of the ids, and for each id the place of the character in which it begins.

        Of a character that takes several tokens, each of them has its place. Raises
        UnicodeDecodeError where the ids don't spell whole characters.
        """
        all_bytes = self.decode_tokens_bytes(tokens)
        offsets, n_characters = [], 0
        for raw in all_bytes:
            # The bytes 0x80 to 0xbf go on with a character that began before them.
            goes_on = 0x80 <= raw[0] < 0xC0
            offsets.append(max(0, n_characters - 1) if goes_on else n_characters)
            n_characters += sum(not 0x80 <= byte < 0xC0 for byte in raw)
        try:
            return b"".join(all_bytes).decode(), offsets
        except UnicodeDecodeError as error:
            error.reason += (
                "; expected ids that spell whole characters. Pass all ids of a text, or use "
                "decode_tokens_bytes"
            )
            raise

    def token_byte_values(self) -> list[bytes]:
        """The bytes of all tokens but the special ones, in the order of the bytes."""
        return sorted(self.tokens)

    def is_special_token(self, token: int) -> bool:
        """Whether the id is that of a special token."""
        return token in self.special_tokens.values()

    @property
    def max_token_value(self) -> int:
        """The highest id."""
        return max(self._bytes)

    @property
    def n_vocab(self) -> int:
        """One more than the highest id: the number of all tokens, where no id is left out."""
        return self.max_token_value + 1

    @property
    def special_tokens_set(self) -> set[str]:
        """The texts of the special tokens."""
        return set(self.special_tokens)

    @property
    def eot_token(self) -> int:
        """The id of <|endoftext|>."""
        return self.encode_single_token(END_OF_TEXT)
