"""Three tokenizers as OpenAI published them: those of GPT-2, GPT-4 and GPT-4o (chapter 3).

What each is made of: the pattern that cuts a text into chunks, the special tokens with their ids,
and the files that hold its tokens. All is as in tiktoken, where this page was copied from:
https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py
"""

from __future__ import annotations

from typing import NamedTuple

# How to read a pattern: | parts alternatives, of which the first that matches takes the next chunk.
# \p{L} is a letter, \p{N} a digit or another number (½, Ⅳ), \p{M} a mark on a letter, \s white
# space; [^...] is anything but these. A + after another repeat (++, *+, ?+) takes all there is and
# gives nothing back.

# GPT-2, 2019. Merges never cross a cut, so a token is part of one of these.
GPT2_PATTERN = "|".join(
    [
        r"'(?:[sdmt]|ll|ve|re)",  # an ending such as 's or 're, in lowercase alone
        r" ?\p{L}++",  # letters, with at most one space in front
        r" ?\p{N}++",  # digits, however many
        r" ?[^\s\p{L}\p{N}]++",  # other characters
        r"\s++$",  # white space at the very end
        r"\s+(?!\S)",  # white space, but for its last character if anything follows
        r"\s",  # which stands alone unless it is a space
    ]
)

# GPT-4, 2023: numbers fall into groups of three digits, and lines of code take fewer tokens.
CL100K_PATTERN = "|".join(
    [
        r"'(?i:[sdmt]|ll|ve|re)",  # an ending in lowercase or capitals: IT'S too
        r"[^\r\n\p{L}\p{N}]?+\p{L}++",  # letters, with at most one other character in front: (word
        r"\p{N}{1,3}+",  # up to three digits
        r" ?[^\s\p{L}\p{N}]++[\r\n]*+",  # other characters, with the line ends after them
        r"\s++$",  # white space at the very end
        r"\s*[\r\n]",  # white space up to the last line end in it
        r"\s+(?!\S)",  # white space, but for its last character
        r"\s",
    ]
)

# GPT-4o, 2024: words keep their marks, and capitals inside a word begin a new chunk.
_ENDING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"  # the ending belongs to the word
O200K_PATTERN = "|".join(
    [
        # A word: capitals (or letters that know no case), then lowercase letters, at least one.
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + _ENDING,
        # The same, but at least one capital, and perhaps no lowercase letter.
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + _ENDING,
        r"\p{N}{1,3}",  # up to three digits
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",  # other characters, with line ends and slashes after them
        r"\s*[\r\n]+",  # white space up to the last line end in it
        r"\s+(?!\S)",  # white space, but for its last character if anything follows
        r"\s+",
    ]
)


class Published(NamedTuple):
    """What a published tokenizer is made of, besides its tokens."""

    pattern: str
    special_tokens: dict[str, int]  # text -> id; between the ids are gaps
    files: tuple[str, ...]  # their names in data/files.json; the last one holds the tokens


PUBLISHED = {
    "gpt2": Published(
        GPT2_PATTERN, {"<|endoftext|>": 50_256}, ("gpt2-encoder.json", "gpt2-vocab.bpe")
    ),
    "cl100k_base": Published(
        CL100K_PATTERN,
        {
            "<|endoftext|>": 100_257,
            "<|fim_prefix|>": 100_258,  # fim: fill in the middle, between a prefix and a suffix
            "<|fim_middle|>": 100_259,
            "<|fim_suffix|>": 100_260,
            "<|endofprompt|>": 100_276,
        },
        ("cl100k_base.tiktoken",),
    ),
    "o200k_base": Published(
        O200K_PATTERN,
        {"<|endoftext|>": 199_999, "<|endofprompt|>": 200_018},
        ("o200k_base.tiktoken",),
    ),
}


def published(name: str) -> Published:
    """The entry of this name. ValueError for a name that is none of the three."""
    if name not in list(PUBLISHED):
        raise ValueError(
            f"No published tokenizer is called {name!r}; expected one of "
            f"{', '.join(PUBLISHED)}. GPT-2 uses the first, GPT-4 the second, GPT-4o the third: "
            "choose one."
        )
    return PUBLISHED[name]
