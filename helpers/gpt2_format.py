"""GPT-2's way with bytes: how it numbers them, and how it writes tokens and merges to two files (chapter 3).

The numbering is that of bytes_to_unicode in https://github.com/openai/gpt-2/blob/master/src/encoder.py.
"""
from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from .backstage.downloads import write_whole

# GPT-2 numbers the bytes that print on their own first, in order, then all others.
PRINTING = [*range(33, 127), *range(161, 173), *range(174, 256)]
BYTE_ORDER = bytes(PRINTING + sorted(set(range(256)) - set(PRINTING)))
BYTE_TO_ID = bytes(BYTE_ORDER.index(byte) for byte in range(256))
# In its files every byte is written as one visible character; a space is written as Ġ.
ID_TO_LETTER = [chr(byte) for byte in PRINTING] + [chr(256 + n) for n in range(256 - len(PRINTING))]
END_OF_TEXT = "<|endoftext|>"
VERSION = "#version: 0.2"    # how vocab.bpe begins
ABOUT = {"name", "pattern", "special_tokens"}       # what we write behind it, as JSON; others skip that line


def byte_ids(text: str) -> bytes:
    """The ids of the bytes of a text that is valid (see chunks.py)."""
    return text.encode("utf-8").translate(BYTE_TO_ID)


def letters(token: bytes) -> str:
    """A token as the files write it, with one visible character for each byte."""
    return "".join(ID_TO_LETTER[BYTE_TO_ID[byte]] for byte in token)


def write_files(folder: Path, about: dict, tokens: list[bytes], merges: Iterable[tuple[int, int]]) -> None:
    """Write encoder.json (letters -> id) and vocab.bpe (the merges in order; what is about them in line 1)."""
    written = [*map(letters, tokens)]
    ids = {token: token_id for token_id, token in enumerate(written)}
    if END_OF_TEXT in about["special_tokens"]:
        ids[END_OF_TEXT] = len(ids) + about["special_tokens"].index(END_OF_TEXT)
    lines = [f"{VERSION} {json.dumps(about)}", *(f"{written[a]} {written[b]}" for a, b in merges), ""]
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"vocab.bpe": "\n".join(lines), "encoder.json": json.dumps(ids)}.items():
        write_whole(folder / name, text)


def read_file(path: Path) -> dict:
    """What a tokenizer is made of: the merges in a vocab.bpe file as pairs of ids, and what its line 1 says."""
    if not path.exists():
        raise FileNotFoundError(f"There is no {path.name} in {path.parent.name!r}; it holds the merges. "
                                "Name the folder that save wrote to.")
    first, *lines = path.read_text(encoding="utf-8", errors="replace").removesuffix("\n").split("\n")
    try:
        about = json.loads(first.removeprefix(VERSION).strip() or "{}")
    except json.JSONDecodeError:
        about = None
    if not first.startswith(VERSION) or not isinstance(about, dict) or not about.keys() <= ABOUT:
        raise ValueError(f"{path.name} begins with {first[:40]!r}; expected {VERSION!r}. "
                         "The file is damaged: save it or fetch it again.")
    ids, merges = {letter: number for number, letter in enumerate(ID_TO_LETTER)}, []
    for number, line in enumerate(lines, start=2):
        a, _, b = line.partition(" ")
        if a not in ids or b not in ids or a + b in ids:
            raise ValueError(f"Line {number} of {path.name} is {line[:40]!r}; expected two tokens that exist before "
                             "it, with a space between them. The file is damaged: save it or fetch it again.")
        merges.append((ids[a], ids[b]))
        ids[a + b] = len(ids)
    return {"special_tokens": [END_OF_TEXT], **about, "merges": merges}
