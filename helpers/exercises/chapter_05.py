"""The exercises of chapter 5, word vectors; helpers/check.py says how one is written."""
from __future__ import annotations

import math

from ..check import Exercise


def _vectors(*rows):
    """Rows of numbers as an array of floats."""
    import numpy as np
    return np.array(rows, dtype=float)


def _turns(*degrees):
    """Rows of length 1 that point so many degrees away from the first axis."""
    return _vectors(*([math.cos(math.radians(turn)), math.sin(math.radians(turn))] for turn in degrees))


def _answer(out, low=-math.inf, sign=1):
    """An answer by row numbers for chapter 5: `out(a, b, c)` are the rows that get the value `low`."""
    def answer(rows, a, b, c):
        cosines = rows @ (sign * (rows[b] - rows[a]) + rows[c])
        cosines[out(a, b, c)] = low
        return int(cosines.argmax())
    return answer


def _spreads(rows):
    """The spread of the rows along each principal component, the most first."""
    import numpy as np
    return np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2


def _around(first, last, keep=lambda words, i, j: i != j):
    """Pairs (word, context word) for chapter 5; `first(i, window)` to `last(i, window)` are the places."""
    return lambda words, window: [(words[i], words[j]) for i in range(len(words)) for j in range(
        first(i, window), min(len(words), last(i, window) + 1)) if keep(words, i, j)]


distance_from_products = Exercise(
    "distance_from_products", chapter="05", why="At length 1 it is the root of 2 - 2 * cosine.",
    hints=("The rule stands above the cell: a·a + b·b − 2 a·b. Python writes a·b as `a @ b`.",
           "The rule has three products of two rows each, and the first one, a·a, is written already.",
           "`a @ a + b @ b - 2 * (a @ b)`"),
    cases=lambda: [(_vectors([3, 0])[0], _vectors([0, 5])[0]), (_vectors([1, 2, 2])[0], _vectors([2, -4, 4])[0])],
    right=lambda a, b: (a @ a + b @ b - 2 * (a @ b)) ** 0.5,
    wrong={"This holds when b has length 1. In place of 1 put `b @ b`.":
           lambda a, b: (a @ a + 1 - 2 * (a @ b)) ** 0.5,
           "`a * b` multiplies number by number and gives a row. `a @ b` also adds up.":
           lambda a, b: (a @ a + b @ b - 2 * (a * b)) ** 0.5,
           "`a * b` multiplies number by number, so a row comes out. `a @ b` adds up too, in both blanks.":
           lambda a, b: (a @ a + b * b - 2 * (a * b)) ** 0.5,
           "The length of b came, and its square is needed: `b @ b`.":
           lambda a, b: (a @ a + (b @ b) ** 0.5 - 2 * (a @ b)) ** 0.5,
           "The cosine came in place of the product. For rows of any length the rule takes `a @ b`.":
           lambda a, b: (a @ a + b @ b - 2 * (a @ b) / ((a @ a) * (b @ b)) ** 0.5) ** 0.5})
share_on_map = Exercise(
    "share_on_map", chapter="05", why="Any sixteen words make a map. The share says whether it is worth a look.",
    hints=("Which entry of `spreads` belongs to the first axis of a map, and which to the second?",
           "The spreads are sorted, the greatest first. Those of a map's axes are the first two: add them up.",
           "`return spreads[:2].sum() / spreads.sum()`"),
    cases=lambda: [(_vectors([0, 0, 0], [4, 0, 0], [0, 3, 0], [4, 3, 2]),), (_vectors([1, 5, 2, 0], [2, 0, 2, 7],
                   [0, 1, 9, 3], [6, 2, 1, 1], [3, 3, 0, 5]),), (_vectors([1, 1], [2, 5], [0, 3]),)],
    right=lambda rows: _spreads(rows)[:2].sum() / _spreads(rows).sum(),
    wrong={"Not answered yet: this is the function as it came. It says what a single axis keeps; a map has two.":
           lambda rows: _spreads(rows)[0] / _spreads(rows).sum(),
           "This is the second axis alone. Counting starts at 0, and the first axis belongs to the map too.":
           lambda rows: _spreads(rows)[1] / _spreads(rows).sum(),
           "Two numbers came, a share for each axis. What the map keeps is their sum.":
           lambda rows: _spreads(rows)[:2] / _spreads(rows).sum(),
           "These are three axes. A slice ends before its second number: `[:2]`.":
           lambda rows: _spreads(rows)[:3].sum() / _spreads(rows).sum(),
           "Only the second spread was divided: division comes before +. Put the sum in parentheses.":
           lambda rows: _spreads(rows)[0] + _spreads(rows)[1] / _spreads(rows).sum(),
           "This is a spread, not a share of it. Divide by the sum of all spreads.":
           lambda rows: _spreads(rows)[:2].sum()})
answer_row = Exercise(
    "answer_row", chapter="05", why="−inf is below every cosine, 0 is not.",
    hints=("Which rows may not be the answer? And which number is below every product?",
           "A list of places can be set at once: `cosines[[...]] = ...`. And no number is below `-np.inf`.",
           "`cosines[[a, b, c]] = -np.inf`"),
    cases=lambda: [(_turns(0, 30, 90, 130), 0, 1, 2), (_turns(0, 10, 20, 200), 0, 1, 2),
                   (_turns(140, 320, 180, 50, 100), 1, 4, 3), (_turns(50, 120, 160, 150, 240), 2, 4, 1)],
    right=_answer(lambda a, b, c: [a, b, c]),
    wrong={"This is the function as it was: it forbids b only, and 0 may be greater than all other products.":
           _answer(lambda a, b, c: b, 0),
           "Only b is left out. a and c are words of the question too.": _answer(lambda a, b, c: b),
           "a may still be the answer. Leave out all three.": _answer(lambda a, b, c: [b, c]),
           "c may still be the answer. Leave out all three.": _answer(lambda a, b, c: [a, b]),
           "Nothing is left out: the answer may be a word of the question.": _answer(lambda a, b, c: []),
           "All three are out, but 0 may be greater than all other products. Use `-np.inf`.":
           _answer(lambda a, b, c: [a, b, c], 0),
           "a and b are swapped: the offset is `rows[b] - rows[a]`.": _answer(lambda a, b, c: [a, b, c], sign=-1)})
context_pairs = Exercise(
    "context_pairs", chapter="05", call=lambda answer, *case: sorted(answer(*case)),     # in any order
    hints=("Two loops over places: i for the word, j for its context words. From where to where does j run?",
           "j runs from i − window to i + window, but not below 0, not past the last word, and never over i itself.",
           "`range(max(0, i - window), min(len(words), i + window + 1))`, without i itself."),
    cases=[(list("abc"), 1), ("the sea let go at dawn".split(), 2), (["the", "sea", "the"], 2), ([], 2), (["a"], 3)],
    right=_around(lambda i, w: max(0, i - w), lambda i, w: i + w), why="This is what skip-gram reads of a text.",
    wrong={"Only words to the right. Those to the left count too.":
           _around(lambda i, w: i + 1, lambda i, w: i + w),
           "Each word is its own context word here. Leave out the place i.":
           _around(lambda i, w: max(0, i - w), lambda i, w: i + w, lambda words, i, j: True),
           "You compare words. In \"the sea the\" the first word has the third as a context word: compare places.":
           _around(lambda i, w: max(0, i - w), lambda i, w: i + w, lambda words, i, j: words[i] != words[j]),
           "Places below 0 count from the end of the list. Start at `max(0, i - window)`.":
           _around(lambda i, w: i - w, lambda i, w: i + w),
           "The last word to the right is missing: a range ends before its second number.":
           _around(lambda i, w: max(0, i - w), lambda i, w: i + w - 1),
           "All words of the sentence are context words here. Only those at most `window` places away count.":
           _around(lambda i, w: 0, lambda i, w: 10**6)})
