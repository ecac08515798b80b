"""What comes in at each door of the pipe: text, numbers, ids, paths; else an error says what to do.

The checks say the same of the same mistake, wherever it is made.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

FILES = {".txt", ".md", ".bin", ".json", ".jsonl", ".csv", ".npy", ".gz", ".html"}


def one_text(value) -> None:
    """TypeError if this isn't a string."""
    if isinstance(value, str):
        return
    advice = "Pass the text itself."
    if isinstance(value, (bytes, bytearray)):
        advice = 'Turn it into text first, with .decode("utf-8").'
    elif isinstance(value, os.PathLike):
        advice = 'Read the file first, with .read_text("utf-8").'
    elif isinstance(value, (list, tuple)):
        advice = 'Pass its texts one by one, or joined: " ".join(texts).'
    raise TypeError(f"The text is of type {type(value).__name__}; expected one string. {advice}")


def no_path(text: str) -> None:
    """ValueError if this text is the path of a file, whose letters nobody wants to learn from."""
    if len(text) > 1_000 or "\n" in text or Path(text).suffix == "":
        return
    named_like_one = Path(text).suffix in FILES and len(text.split()) == 1
    if named_like_one or os.path.isfile(text):
        raise ValueError(
            f"The text is {text[-80:]!r}, which is the path of a file; expected the text that "
            "is in it, or a pathlib.Path where a file may be given. Read it first: "
            'Path(...).read_text("utf-8").'
        )


def documents_of(texts: str | Iterable[str]) -> Iterator[str]:
    """One text, or several, one by one. TypeError for what is neither."""
    if isinstance(texts, str):
        texts = [texts]
    elif isinstance(texts, (bytes, bytearray)) or not isinstance(texts, Iterable):
        one_text(texts)
    for text in texts:
        one_text(text)
        no_path(text)
        yield text


def texts_of(batch: Iterable[str]) -> list[str]:
    """Several texts. TypeError for a single one, and for anything else."""
    if isinstance(batch, (str, bytes)) or not isinstance(batch, Iterable):
        raise TypeError(
            f"The batch is of type {type(batch).__name__}; expected a list of strings. "
            "Put a single text into a list, or use encode."
        )
    texts = list(batch)
    for text in texts:
        one_text(text)
    return texts


def whole_number(value, name: str, least: int | None = None) -> int:
    """The number as an int, of numpy or torch too. TypeError for all but whole numbers.

    least: the smallest number allowed; ValueError for a smaller one.
    """
    try:
        if isinstance(value, bool):  # to Python True is 1, but here it is in the wrong place
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(
            f"{name} is {value!r}, of type {type(value).__name__}. Expected a whole number "
            f"(int). Give it without quotes and without a decimal point, as in {name}=4."
        ) from None
    if least is not None and number < least:
        raise ValueError(
            f"{name} is {number}. Expected a whole number, {least} or more. Give a larger one."
        )
    return number


def one_row(ids) -> list:
    """The ids as a list. TypeError for what isn't a row of ids, such as one id or a batch."""
    row = None
    if isinstance(ids, Iterable) and not isinstance(ids, (str, bytes, bytearray, dict)):
        # A tensor of no dimension says that it can be gone through, and can't.
        row = list(ids) if getattr(ids, "ndim", 1) > 0 else None
    rows_inside = [each for each in row or [] if is_row(each)]
    if row is None or rows_inside:
        raise TypeError(
            f"The ids are of type {type(ids).__name__}, not a flat list of ids; expected one, "
            "such as [15496, 995]. Put one id into a list; decode a batch with decode_batch."
        )
    return row


def rows_of(batch) -> list:
    """The rows of a batch. TypeError for what isn't a list of rows."""
    rows = list(batch) if getattr(batch, "ndim", 2) == 2 and isinstance(batch, Iterable) else [None]
    if isinstance(batch, (str, bytes, dict)) or not all(is_row(row) for row in rows):
        raise TypeError(
            f"The batch is of type {type(batch).__name__}, not a list of rows of ids; expected "
            "one, such as [[15496], [995, 0]]. Decode one row with decode."
        )
    return rows


def is_row(value) -> bool:
    """Whether this is several ids, where one should be."""
    return isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) > 0


def a_path(value) -> Path:
    """The path, given as a string or as a Path. TypeError for anything else."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(
            f"The path is of type {type(value).__name__}; expected a string or a pathlib.Path. "
            "Pass the path of the file or folder."
        )
    return Path(value)


def pairs_of(merges) -> list[tuple]:
    """Merges as a list of tuples. TypeError for what isn't a list of pairs."""
    right = isinstance(merges, Iterable) and not isinstance(merges, (str, bytes))
    pairs = list(merges) if right else [None]
    if not all(isinstance(pair, Iterable) for pair in pairs):
        raise TypeError(
            f"The merges are of type {type(merges).__name__}, not a list of pairs; expected "
            "one, such as [(64, 65)]. Pass the merges of a tokenizer, or what learn_merges gives."
        )
    return [tuple(pair) for pair in pairs]
