"""What a tokenizer of Hugging Face is made of, if it is a byte-level BPE (for bpe.py)."""

from __future__ import annotations

import json
from pathlib import Path

from .merge_files import letters, merges_of
from .merging import tokens_of, unreached


def read(tokenizer) -> dict:
    """Merges, special tokens and pattern: of a tokenizers.Tokenizer, or of a tokenizer.json.

    ValueError for one of another kind, and for a file that is damaged.
    """
    about = as_json(tokenizer)
    try:
        model = about["model"]
        refuse_other_models(about, model)
        # A merge is a line "a b" in older files, and a list of two in newer ones.
        lines = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
        special_tokens = [added_token(token) for token in about.get("added_tokens") or []]
        pattern = pattern_of(about.get("pre_tokenizer") or {})
        merges = merges_of(lines, "Merge {} of the tokenizer", first=1)
        if model.get("ignore_merges"):
            refuse_unreached(set(model["vocab"]) - set(special_tokens), merges)
    except (AttributeError, LookupError, TypeError) as error:  # another type than is expected
        raise damaged(f"holds what no such file holds ({type(error).__name__}: {error})") from None
    return {"merges": merges, "special_tokens": special_tokens, **pattern}


def as_json(tokenizer) -> dict:
    """The content of a tokenizer.json, given as its path or as the tokenizer itself."""
    if hasattr(tokenizer, "to_str"):
        text = tokenizer.to_str()
    elif isinstance(tokenizer, (str, Path)):
        path = Path(tokenizer)
        if not path.is_file():
            raise FileNotFoundError(
                f"There is no file {str(tokenizer)!r}; it would hold the "
                "tokenizer. Name the tokenizer.json itself, not its folder."
            )
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    else:
        raise TypeError(
            f"from_hugging_face got {type(tokenizer).__name__}, but expects a tokenizers.Tokenizer "
            "or the path of its tokenizer.json. Pass one of the two."
        )
    try:
        about = json.loads(text)
    except (ValueError, RecursionError):
        raise damaged(f"begins with {text[:40]!r} and isn't complete JSON") from None
    if not isinstance(about, dict):
        raise damaged(f"holds a value of type {type(about).__name__} at its top")
    return about


def refuse_other_models(about: dict, model: dict) -> None:
    """ValueError for whatever would give other tokens than a byte-level BPE gives."""
    if model.get("type") != "BPE":
        raise refusal(f"its model is {model.get('type')}")
    for key in ["byte_fallback", "continuing_subword_prefix", "end_of_word_suffix", "dropout"]:
        if model.get(key):
            raise refusal(f"its model has {key}={model[key]!r}")
    if about.get("normalizer"):
        raise refusal(f"it changes the text first, by {about['normalizer'].get('type')}")


def added_token(token: dict) -> str:
    """The text of an added token, which must be found in a text as it stands."""
    for key in ["lstrip", "rstrip", "single_word"]:
        if token.get(key):
            raise refusal(f"its token {token['content']!r} is found in a way of its own ({key})")
    return token["content"]


def refuse_unreached(vocabulary: set[str], merges: list) -> None:
    """ValueError for tokens that the model takes whole, though the merges don't lead to them."""
    tokens = tokens_of(merges)
    numbered = {pair: 256 + n for n, pair in enumerate(merges)}
    lost = [letters(tokens[token_id]) for token_id in unreached(tokens, numbered)]
    lost += vocabulary - {letters(token) for token in tokens}
    if lost:
        raise refusal(f"it takes {lost[0]!r} whole, though no merges make it (ignore_merges)")


def pattern_of(pre_tokenizer: dict) -> dict:
    """The pattern that cuts a text for a byte-level model; nothing where it is GPT-2's."""
    steps = pre_tokenizer.get("pretokenizers", [pre_tokenizer])
    *cuts, last = [step.get("type") for step in steps] or [None]
    if last != "ByteLevel" or cuts not in ([], ["Split"]):
        raise refusal(f"it cuts a text by {' and '.join(map(str, [*cuts, last]))}")
    if steps[-1].get("add_prefix_space"):
        raise refusal("it puts a space before each text (add_prefix_space)")
    if not cuts:
        return {} if steps[-1].get("use_regex", True) else {"pattern": "(?s:.+)"}
    found = steps[0]["pattern"].get("Regex")
    kept_as_they_are = (steps[0]["behavior"], steps[0]["invert"]) == ("Isolated", False)
    if not isinstance(found, str) or not kept_as_they_are or steps[-1].get("use_regex", True):
        raise refusal("its Split is not a lone, isolated Regex")
    # What lies between two finds is a chunk too.
    return {"pattern": f"{found}|(?:(?!{found})(?s:.))+"}


def refusal(came: str) -> ValueError:
    """The error for a tokenizer of another kind."""
    return ValueError(
        f"This tokenizer is of another kind: {came}. Expected a byte-level BPE like GPT-2's: "
        "models.BPE, and pre_tokenizers.ByteLevel(add_prefix_space=False), alone or after one "
        "isolated Split by a Regex. Train one of that kind, or keep using this one as it is."
    )


def damaged(came: str) -> ValueError:
    """The error for a file that is no tokenizer.json."""
    return ValueError(
        f"The tokenizer.json {came}; expected what Hugging Face tokenizers save. "
        "The file is damaged, or the wrong one: save it or fetch it again."
    )
