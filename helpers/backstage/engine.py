"""The same merges in tiktoken's compiled program (for bpe.py)."""

from __future__ import annotations

from .merging import unreached


def compiled(tokenizer):
    """A tiktoken.Encoding of a BytePairTokenizer; ValueError where it would give other ids."""
    lost = unreached(tokenizer.tokens, tokenizer.merges)
    if lost:
        raise ValueError(
            f"The bytes of the token {tokenizer.tokens[lost[0]]!r} become other tokens; expected "
            "that they become the token itself, or tiktoken gives other ids than this. Keep "
            "using this tokenizer as it is, or put the merges in order."
        )
    import tiktoken

    try:
        return tiktoken.Encoding(
            tokenizer.name,
            pat_str=tokenizer.pattern,
            mergeable_ranks=tokenizer.ids,
            special_tokens=tokenizer.special_tokens,
        )
    except ValueError as error:
        raise ValueError(
            f"tiktoken can't read the pattern {tokenizer.pattern[:80]!r} ({error}); expected "
            "one of those that both it and the package regex know. Change the pattern, or keep "
            "using this tokenizer as it is."
        ) from None
