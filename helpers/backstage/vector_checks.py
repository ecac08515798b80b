"""The one check that every table of word vectors passes, and what is said of it.

A table is (words, rows): a list of str, and an array of floats [words, width].
"""

from __future__ import annotations

import sys

import numpy as np

from .keyed_vectors import measure

MEND = "Mend the file, or have it written again: one row for each word, all of one length."
FETCH = "Fetch or copy it once more."
SAVE = "Save it in one of these formats."
Table = tuple[list[str], np.ndarray]


class BadTable(ValueError):
    """No table of word vectors: what is wrong with it, and what to do."""

    def __init__(self, fault: str, advice: str = MEND):
        super().__init__(
            f"Not a table of word vectors: {fault}.\nExpected: different words (str), and for "
            f"each a row of finite numbers, all rows of the same length.\nWhat to do: {advice}"
        )
        self.fault, self.advice = fault, advice


def say(words: list[str], what: str) -> None:
    """Print a sentence about some words of a table, of which the first ten are named."""
    if words:
        more = f" and {len(words) - 10:,} more" if len(words) > 10 else ""
        named = ", ".join(map(repr, words[:10]))
        print(f"Word vectors: {named}{more}: {what}", file=sys.stderr)


def check_table(words: list[str], rows: np.ndarray) -> Table:
    """The table with each word once; BadTable unless every row is finite and of one width.

    Of a word that occurs twice the first row is kept. Rows of zeros stay. Both are reported.
    """
    try:
        rows = np.asarray(rows)
    except ValueError:
        raise BadTable("its rows are not all of the same length") from None
    if rows.dtype.kind not in "fiu":
        raise BadTable(f"its numbers are of type {rows.dtype}", "Turn them into numbers first.")
    if isinstance(words, str) or not hasattr(words, "__len__"):
        raise BadTable(f"its words are of type {type(words).__name__}", "Give a list of words.")
    words = list(words)
    if rows.ndim != 2 or len(words) != len(rows) or not rows.size:
        raise BadTable(f"it has {len(words):,} words, and vectors of shape {rows.shape}")
    if rows.dtype not in (np.float32, np.float64):
        rows = rows.astype(np.float32)
    first = {}  # of each word its first position
    for place, word in enumerate(words):
        if not isinstance(word, str):
            raise BadTable(f"word number {place + 1:,} is {word!r}, which isn't a str")
        first.setdefault(str(word), place)
    if len(first) < len(words):
        again = [word for place, word in enumerate(words) if first[word] != place]
        say(list(dict.fromkeys(again)), "there more than once; the first row of each is kept.")
        words, rows = list(first), rows[list(first.values())]
    each = measure(rows)
    bad = np.flatnonzero(~np.isfinite(each))
    if len(bad):
        raise BadTable(f"the row of {words[bad[0]]!r} holds nan, inf or numbers that are too large")
    zeros = [words[i] for i in np.flatnonzero(each == 0)]
    say(zeros, "only zeros. Such a row has no direction, so no answer or map contains its word.")
    return list(first), rows


def decode(words: list[bytes]) -> list[str]:
    """The words as text; bytes that are no whole character become �, and a line says so."""
    texts, cut = [], []
    for word in words:
        text = word.decode("utf-8", "replace")
        texts.append(text)
        if "\ufffd" in text and text.encode() != word:
            cut.append(text)
    what = f"{len(cut):,} of {len(words):,} words were not valid UTF-8; � stands for what is not."
    say(cut, what)
    return texts
