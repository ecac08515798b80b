"""Special tokens: texts that are one token each, and that nobody may slip in (for bpe.py)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import regex

from .merging import whole_characters


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
                f"special_tokens has the id {token_id!r}; expected different whole numbers "
                f"from {n_tokens} on, after the other tokens. Give such ids, or a list of texts."
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


def special_rules(special_tokens: set[str], allowed, refused) -> tuple[set[str], set[str]]:
    """Which of the special tokens are allowed, and which texts are refused; each may be "all"."""
    for name, given in (("allowed_special", allowed), ("disallowed_special", refused)):
        is_set = isinstance(given, Collection) and not isinstance(given, (str, bytes))
        if given != "all" and not (is_set and all(isinstance(text, str) for text in given)):
            raise TypeError(
                f'{name} is {repr(given)[:80]}; expected "all" or a set of texts. '
                f'Write, for example, {name}={{"<|endoftext|>"}}.'
            )
    allowed = special_tokens if allowed == "all" else special_tokens & set(allowed)
    return allowed, special_tokens - allowed if refused == "all" else set(refused)
