"""Merges in files: GPT-2's vocab.bpe and encoder.json, tiktoken's, Hugging Face's tokenizer.json.

In these files every byte is written as one visible character: one that prints on its own as that,
the others as letters from Ā on; so a space is Ġ.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path

from .downloads import write_whole
from .encoding import BYTE_ORDER, END_OF_TEXT, OTHERS, PRINTING

LETTERS = [chr(byte) for byte in PRINTING] + [chr(256 + n) for n in range(len(OTHERS))]  # by id
VERSION = "#version: 0.2"  # how vocab.bpe begins
ABOUT = {"name", "pattern", "special_tokens"}  # what save writes behind it, as JSON


def letters(token: bytes) -> str:
    """A token as the files write it, with one visible character for each byte."""
    return "".join(LETTERS[BYTE_ORDER.index(byte)] for byte in token)


def merges_of(lines: Iterable[str], name: str, first: int) -> list[tuple[int, int]]:
    """The merges in lines of two tokens each, as pairs of ids; first: the number of line one."""
    ids = {letter: token_id for token_id, letter in enumerate(LETTERS)}
    merges = []
    for number, line in enumerate(lines, start=first):
        a, _, b = line.partition(" ")
        if a not in ids or b not in ids or a + b in ids:
            raise ValueError(
                f"{name.format(number)} is {line[:40]!r}; expected two tokens that exist before "
                "it, with a space between them. The file is damaged: save it or fetch it again."
            )
        merges.append((ids[a], ids[b]))
        ids[a + b] = len(ids)
    return merges


def read(path: Path) -> dict:
    """What a tokenizer is made of: the merges in a vocab.bpe file, and what its line 1 says."""
    if not path.exists():
        raise FileNotFoundError(
            f"There is no {path.name} in {path.parent.name!r}; it holds the merges. "
            "Name the folder that save wrote to."
        )
    text = path.read_text(encoding="utf-8", errors="replace")
    first, *lines = text.removesuffix("\n").split("\n")
    try:
        about = json.loads(first.removeprefix(VERSION).strip() or "{}")
    except json.JSONDecodeError:
        about = None
    if not first.startswith(VERSION) or not isinstance(about, dict) or not about.keys() <= ABOUT:
        raise ValueError(
            f"{path.name} begins with {first[:40]!r}; expected {VERSION!r}. "
            "The file is damaged: save it or fetch it again."
        )
    merges = merges_of(lines, f"Line {{}} of {path.name}", first=2)
    return {"special_tokens": [END_OF_TEXT], **about, "merges": merges}


def read_tiktoken(path: Path) -> list[bytes]:
    """The tokens in a file of tiktoken's, which has a token in base 64 and its id on each line."""
    return [base64.b64decode(line.split()[0]) for line in path.read_bytes().splitlines()]


def write(folder: Path, about: dict, tokens: list[bytes], merges: Iterable) -> None:
    """Write encoder.json (letters -> id) and vocab.bpe (the merges; what is about them on top)."""
    written = [letters(token) for token in tokens]
    ids = {token: token_id for token_id, token in enumerate(written)}
    if END_OF_TEXT in about["special_tokens"]:
        ids[END_OF_TEXT] = about["special_tokens"][END_OF_TEXT]
    lines = [f"{VERSION} {json.dumps(about)}"]
    lines += [f"{written[a]} {written[b]}" for a, b in merges]
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "vocab.bpe", "\n".join([*lines, ""]))
    write_whole(folder / "encoder.json", json.dumps(ids))


def read_hugging_face(tokenizer) -> dict:
    """What a tokenizer is made of: one of Hugging Face's, or the path of its tokenizer.json."""
    if hasattr(tokenizer, "to_str"):
        about = json.loads(tokenizer.to_str())
    else:
        about = json.loads(Path(tokenizer).read_text(encoding="utf-8"))
    model = about.get("model", {})
    if model.get("type") != "BPE":
        raise refusal(f"its model is {model.get('type')}")
    for key in ["byte_fallback", "continuing_subword_prefix", "end_of_word_suffix"]:
        if model.get(key):
            raise refusal(f"its model has {key}={model[key]!r}")
    if about.get("normalizer"):
        raise refusal(f"it changes the text first, by {about['normalizer'].get('type')}")
    merges = model.get("merges", [])  # a line "a b" each, or a list of two
    lines = [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
    special_tokens = [token["content"] for token in about.get("added_tokens", [])]
    return {
        "merges": merges_of(lines, "Merge {} of the tokenizer", first=1),
        "special_tokens": special_tokens,
        **pattern_of(about.get("pre_tokenizer") or {}),
    }


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
    if found is None or not kept_as_they_are or steps[-1].get("use_regex", True):
        raise refusal("its Split is no Regex that is isolated, alone")
    # What lies between two finds is a chunk too.
    return {"pattern": f"{found}|(?:(?!{found})(?s:.))+"}


def refusal(came: str) -> ValueError:
    """The error for a tokenizer of another kind."""
    return ValueError(
        f"This tokenizer is of another kind: {came}. Expected is a byte-level BPE as GPT-2's: "
        "models.BPE, and pre_tokenizers.ByteLevel(add_prefix_space=False), alone or behind one "
        "isolated Split by a Regex. Train one of that kind, or keep using this one as it is."
    )
