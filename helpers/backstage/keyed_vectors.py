"""The table of word vectors that chapter 5 asks: gensim's KeyedVectors, or ours without it.

gensim may lack a build for the newest Python, and the chapter must run there too. So what it
asks of a table is written here on numpy alone, under gensim's names and with its answers.
"""

from __future__ import annotations

import numpy as np

BLOCK = 2_000  # rows that are measured at once, so that a large table needs no copy of itself


def measure(rows: np.ndarray) -> np.ndarray:
    """The length of each row, in the type of the rows: not finite where the row is not."""
    with np.errstate(over="ignore", invalid="ignore"):
        parts = [np.linalg.norm(rows[k : k + BLOCK], axis=1) for k in range(0, len(rows), BLOCK)]
    return np.concatenate(parts)


def lengths(table) -> np.ndarray:
    """The length of each row of a table; infinite for a row of zeros, which has no direction.

    A row divided by it has length 1, or stays a row of zeros; nothing becomes nan.
    """
    table.fill_norms()
    return np.where(table.norms > 0, table.norms, np.inf)


def check_direction(word: str, row: np.ndarray) -> None:
    """Raise an error for a row of zeros, or of nan, which points nowhere."""
    length = np.linalg.norm(row)
    if not 0 < length < np.inf:
        raise ValueError(
            f"The row of {word!r} has length {length:g}, and points nowhere. Expected a "
            "word whose row has a direction, since a cosine compares directions. Use another word."
        )


def nearest(table, direction: np.ndarray, topn: int, out=()) -> list[tuple[str, float]]:
    """The `topn` words whose rows point most nearly in a direction: (word, cosine), best first.

    Neither rows of zeros nor those at the positions `out` are among them.
    """
    long = np.linalg.norm(direction)
    if not long > 1e-6:
        raise ValueError(
            "The words add up to a row of zeros, which points nowhere. Expected a direction, "
            "since the nearest words are those that point the same way. Change one of the words."
        )
    each = lengths(table)
    cosines = table.vectors @ (direction / long).astype(table.vectors.dtype) / each
    cosines[np.isinf(each)] = -np.inf  # below all others
    cosines[list(out)] = -np.inf
    best = np.argpartition(-cosines, min(topn, len(cosines)) - 1)[:topn]  # in no order yet
    best = best[np.argsort(-cosines[best], kind="stable")]
    return [(table.index_to_key[i], float(cosines[i])) for i in best if cosines[i] > -np.inf]


def as_list(items) -> list:
    """A word, a row, several of them, or None as a list."""
    if items is None:
        return []
    if isinstance(items, str) or getattr(items, "ndim", 0) == 1:
        return [items]
    return list(items)


class PlainVectors:
    """What the course asks of a gensim KeyedVectors, on numpy alone; WordVectors adds the norms."""

    def __init__(self, vector_size: int):
        self.vector_size = vector_size
        self.vectors = np.zeros((0, vector_size), np.float32)
        self.index_to_key, self.key_to_index = [], {}
        self.norms = None

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __contains__(self, word: str) -> bool:
        return word in self.key_to_index

    def __getitem__(self, words):
        if isinstance(words, str):
            return self.get_vector(words)
        return np.array([self.get_vector(word) for word in words])

    def get_vector(self, key: str, norm: bool = False) -> np.ndarray:
        """The row of a word, at length 1 if `norm`."""
        if key not in self:
            raise KeyError(f"Key '{key}' not present")
        place = self.key_to_index[key]
        return self.vectors[place] / lengths(self)[place] if norm else self.vectors[place]

    def get_normed_vectors(self) -> np.ndarray:
        """All rows at length 1."""
        return self.vectors / lengths(self)[:, None]

    def similarity(self, one: str, two: str) -> float:
        """The cosine of two words."""
        return self.get_vector(one, norm=True) @ self.get_vector(two, norm=True)

    def most_similar(self, positive=None, negative=None, topn=10) -> list[tuple[str, float]]:
        """The words nearest to the sum of `positive` less `negative`: words, or rows."""
        out, total = [], np.zeros(self.vector_size)
        for sign, items in ((1, positive), (-1, negative)):
            for item in as_list(items):
                if isinstance(item, str):
                    out.append(self.key_to_index.get(item))
                    item = self.get_vector(item, norm=True)
                total += sign * item
        return nearest(self, total, topn, out)

    def similar_by_vector(self, vector: np.ndarray, topn: int = 10) -> list[tuple[str, float]]:
        """The words nearest to a row."""
        return self.most_similar([vector], topn=topn)


try:
    from gensim.models import KeyedVectors
except (ImportError, AttributeError, ValueError):  # missing, or built for another numpy
    KeyedVectors = PlainVectors


class WordVectors(KeyedVectors):
    """A gensim KeyedVectors (or PlainVectors) that knows rows of zeros, such as that of <pad>.

    Such a row has no direction, so it is near to no word and in nobody's list of neighbours.
    """

    def fill_norms(self, force: bool = False) -> None:
        """Measure the rows, unless it was done; a row of zeros counts as infinitely long."""
        if self.norms is None or force:
            each = measure(self.vectors)
            self.norms = np.where(each > 0, each, np.inf).astype(each.dtype)

    def get_vector(self, key: str, norm: bool = False) -> np.ndarray:
        """The row of a word, at length 1 if `norm`; ValueError if it is a row of zeros then."""
        row = super().get_vector(key, norm=norm)
        if norm:
            check_direction(key, row)
        return row

    def most_similar(self, positive=None, negative=None, topn=10, **options):
        """gensim's most_similar, without the words whose rows are all zeros."""
        self.fill_norms()
        mute = [self.index_to_key[i] for i in np.flatnonzero(np.isinf(self.norms))]
        if not mute or not topn:
            return super().most_similar(positive, negative, topn=topn, **options)
        found = super().most_similar(positive, negative, topn=topn + len(mute), **options)
        return [pair for pair in found if pair[0] not in mute][:topn]
