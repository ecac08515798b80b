"""Words as tokens: split a text, number its words, encode and decode (chapters 1 and 2).

The splitting pattern, the two tokenizers and their results are those of Sebastian Raschka's
"Build a Large Language Model (From Scratch)", chapter 2, so that code written for the book runs
on this module unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# A capturing group makes re.split keep what it split on; white space is dropped afterwards.
SPLIT = r'([,.:;?_!"()\']|--|\s)'


def split_words(text: str) -> list[str]:
    """Split a text into words, punctuation marks and double dashes; white space is dropped.

    >>> split_words("It's late--too late, she said.")
    ['It', "'", 's', 'late', '--', 'too', 'late', ',', 'she', 'said', '.']
    """
    if not isinstance(text, str):
        raise TypeError(
            f"split_words got {type(text).__name__}, and expects one string. Read a file as text, "
            "with open(path, encoding='utf-8'); a list of words is already split."
        )
    tokens = []
    for piece in re.split(SPLIT, text):
        # White space has come back as pieces of its own, and there are empty pieces.
        word = piece.strip()
        if word:
            tokens.append(word)
    return tokens


def build_vocab(words: Iterable[str], special_tokens: Iterable[str] = ()) -> dict[str, int]:
    """Number the distinct words in code-point order, then the special tokens after them.

    >>> build_vocab(["the", "cat", "The", "the"], ["<|unk|>"])
    {'The': 0, 'cat': 1, 'the': 2, '<|unk|>': 3}
    """
    for name, given in (("words", words), ("special_tokens", special_tokens)):
        # The letters of a string would pass for words.
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise TypeError(
                f"build_vocab got {type(given).__name__} for {name}, and expects a list of "
                "strings: call build_vocab(split_words(text), ['<|unk|>'])."
            )
    vocab = {}
    for token in [*sorted(set(words)), *special_tokens]:
        # A special token may be among the words already; it keeps its first id.
        if token not in vocab:
            vocab[token] = len(vocab)
    return vocab


class UnknownWord(KeyError):
    """A word that the vocabulary has no id for. `args[0]` is the word."""

    def __init__(self, word: str, size: int):
        super().__init__(word, size)  # both, so that the error can pass between processes

    def __str__(self) -> str:
        word, size = self.args
        shown = word[:80] + "…" if len(word) > 80 else word  # somebody may paste 10 MB
        return (
            f"{shown!r} is not among the {size} tokens of this vocabulary, and only those have an "
            "id. Build the vocabulary from a text that has the word, or use SimpleTokenizerV2 with "
            "'<|unk|>' in its vocabulary."
        )


class SimpleTokenizerV1:
    """Words to ids and back, with a fixed vocabulary {token: id}; an unknown word is an error.

    >>> tokenizer = SimpleTokenizerV1(build_vocab(split_words("It's late, she said.")))
    >>> tokenizer.decode(tokenizer.encode("she said, It's late"))
    "she said, It' s late"
    """

    # White space before these marks is removed by decode. `:` and `;` are missing in V1.
    closing = r'\s+([,.?!"()\'])'

    def __init__(self, vocab: dict[str, int]):
        self.str_to_int = vocab
        # decode looks the other way, from the id to the token.
        self.int_to_str = {token_id: token for token, token_id in vocab.items()}

    def encode(self, text: str) -> list[int]:
        """The ids of the words of a text. UnknownWord (a KeyError) for a word without one."""
        words = self.known_words(text)
        try:
            return [self.str_to_int[word] for word in words]
        except KeyError as error:
            raise UnknownWord(error.args[0], len(self.str_to_int)) from None

    def decode(self, ids: Iterable[int]) -> str:
        """The tokens of the ids, joined with spaces, less the spaces before closing marks."""
        # Which white space stood between the tokens is lost, so one space takes its place.
        text = " ".join([self.int_to_str[token_id] for token_id in self._checked(ids)])
        return re.sub(self.closing, r"\1", text)

    def known_words(self, text: str) -> list[str]:
        """The words that encode looks up: in V1 those of the text as they are."""
        return split_words(text)

    def _checked(self, ids: Iterable[int]) -> list[int]:
        """The ids as plain numbers, each in the vocabulary; a tensor's numbers are unpacked."""
        try:
            # A dict finds the number inside of a tensor, and not the tensor.
            numbers = [each.item() if hasattr(each, "item") else each for each in ids]
            unknown = [each for each in numbers if each not in self.int_to_str]
        except (TypeError, ValueError, RuntimeError):  # no list, or a row where an id should be
            raise TypeError(
                f"decode got {type(ids).__name__}, not a flat list of ids, and expects one, "
                "such as [5, 2, 7]. Decode a batch row by row."
            ) from None
        if unknown:
            raise KeyError(
                f"{unknown[0]!r} is not one of the {len(self.int_to_str)} ids of this vocabulary. "
                "Decode a list of ids that this tokenizer made."
            )
        return numbers


class SimpleTokenizerV2(SimpleTokenizerV1):
    """As V1, but every word without an id becomes <|unk|>, which the vocabulary must hold."""

    closing = r'\s+([,.:;?!"()\'])'

    def known_words(self, text: str) -> list[str]:
        """The words that encode looks up: <|unk|> in place of each unknown one."""
        words = split_words(text)
        return [word if word in self.str_to_int else "<|unk|>" for word in words]
