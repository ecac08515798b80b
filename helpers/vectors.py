"""Word vectors: a table to ask, analogies and their catch, maps, a toy world (chapter 5)."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from gensim.models import KeyedVectors

from .backstage import downloads, word_tables
from .backstage.word_tables import FULL, SMALL


class MissingWord(KeyError):
    """A word that the table does not hold; the message names the nearest spellings."""

    __str__ = Exception.__str__  # KeyError would show the message in quotes


class Score(NamedTuple):
    """Of `total` questions `right` were right; `query_word` answers were words of the question."""

    right: int
    total: int
    query_word: int


def keyed_vectors(words: list[str], rows: np.ndarray) -> KeyedVectors:
    """A gensim KeyedVectors around an array of shape (words, dimensions), which isn't copied."""
    table = KeyedVectors(rows.shape[1])  # empty; its own add_vectors would copy
    table.vectors = rows
    table.index_to_key = list(words)
    table.key_to_index = {word: i for i, word in enumerate(words)}
    table.next_index = len(words)
    return table


def load_word_vectors(name: str | Path = SMALL) -> KeyedVectors:
    """A table of float32 word vectors, in their original lengths, as a gensim KeyedVectors.

    "google-news-small": 31,530 words x 300 of word2vec on Google News (Mikolov et al. 2013),
    26,423 of them most frequent first (but for names at their end), then 5,107 by alphabet.
    "word2vec-google-news-300": all 3,000,000. Both are kept in DOWNLOADS, memory-mapped from
    the second load on. Or a file: word2vec .bin, .txt (GloVe too), .npz.
    """
    if name == SMALL:
        words, rows = word_tables.kept(SMALL, word_tables.join_tables)
    elif name == FULL:
        words, rows = word_tables.kept(FULL, word_tables.download_full)
    else:
        words, rows = word_tables.read_file(Path(name))
    return keyed_vectors(words, rows)


def nearest_spellings(vectors: KeyedVectors, word: str, n: int = 5) -> list[str]:
    """Words of the table (of its first 50,000) that are spelled most like `word`, best first."""
    word = word.strip().replace(" ", "_")  # as the tables join phrases
    # Only words of nearly the same length, since comparing takes long.
    words = [known for known in vectors.index_to_key[:50_000] if abs(len(known) - len(word)) < 3]
    # The same word in other capitals comes first.
    found = [known for known in words if known.lower() == word.lower()]
    for known in difflib.get_close_matches(word, words, n):
        if known not in found:
            found.append(known)
    return found[:n]


def check_words(vectors: KeyedVectors, words: list[str]) -> None:
    """Raise a message unless every word is in the table, none empty and none there twice."""
    words = list(words)  # it may be a tuple, or an array
    for word in words:
        if not word.strip():
            raise ValueError(f"One of {words} is empty. Each must be a word: fill it in.")
        if words.count(word) > 1:
            raise ValueError(f"{word!r} is there twice in {words}. All must differ: change one.")
        if word not in vectors.key_to_index:
            near = ", ".join(nearest_spellings(vectors, word)) or "none"
            raise MissingWord(
                f"{word!r} is not among the {len(vectors):,} words of this table. Capitals count, "
                f"and phrases are joined by _. Use another word; spelled alike: {near}."
            )


def analogy(
    vectors: KeyedVectors, a: str, b: str, c: str, exclude: bool = True, topn: int = 10
) -> list[tuple[str, float, bool]]:
    """Answers to "a is to b as c is to ?": (word, cosine, whether it is a word of the question).

    The words nearest to b - a + c, all at length 1 (3CosAdd: Mikolov, Yih, Zweig 2013).
    `exclude` leaves out a, b and c, as is usual; Linzen 2016 shows what that hides.
    """
    check_words(vectors, [a, b, c])
    asked = [a, b, c]
    if not exclude:
        # gensim leaves out the words that it is asked by name, and no rows.
        asked = [vectors.get_vector(word, norm=True) for word in asked]
    # most_similar brings all rows to length 1, and adds b and c and takes a away.
    found = vectors.most_similar(positive=asked[1:], negative=asked[:1], topn=topn)
    return [(word, float(cosine), word in (a, b, c)) for word, cosine in found]


def analogy_questions() -> dict[str, list[list[str]]]:
    """The 19,544 questions of Mikolov et al. 2013 by section, out of gensim's own wheel."""
    from gensim.test.utils import datapath  # its import takes longer than all else here

    text = Path(datapath("questions-words.txt")).read_text("utf-8")
    questions = {}
    # A section begins with a line ": its name", and then has a question a line.
    for section in text.split(": ")[1:]:
        name, *lines = section.splitlines()
        questions[name] = [line.split() for line in lines]
    return questions


def score_section(vectors: KeyedVectors, questions: list[list[str]], exclude: bool) -> Score:
    """The Score over the questions whose four words the table holds."""
    number = vectors.key_to_index
    known = [words for words in questions if all(word in number for word in words)]
    # Few words are in many questions: one product gives their cosines with all words.
    asked = list({number[word] for words in known for word in words[:3]})
    unit = vectors.get_normed_vectors()
    cosines = dict(zip(asked, unit[asked] @ unit.T, strict=True))
    right = query_word = 0
    for words in known:
        a, b, c, answer = [number[word] for word in words]
        nearness = cosines[b] - cosines[a] + cosines[c]  # as b - a + c has, but for its length
        if exclude:
            nearness[[a, b, c]] = -np.inf  # below all others
        best = nearness.argmax()
        right += int(best == answer)
        query_word += int(best in (a, b, c))
    return Score(right, len(known), query_word)


def score_analogies(
    vectors: KeyedVectors, exclude: bool = True, sections: list = None, questions: dict = None
) -> dict[str, Score]:
    """A Score by section, and "all", over the questions {section: [[a, b, c, answer], ...]}.

    The same as gensim's evaluate_word_analogies(case_insensitive=False), which asks one by one.
    """
    questions = questions or analogy_questions()
    scores = {}
    for section in sections or questions:
        scores[section] = score_section(vectors, questions[section], exclude)
    totals = [sum(column) for column in zip(*scores.values(), strict=True)]
    return {**scores, "all": Score(*totals)}


def project(vectors: KeyedVectors, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 2) of the words on a map, and the shares (2,) of all variance that its axes keep.

    Principal components of the rows at length 1.
    """
    check_words(vectors, words)
    if len(words) < 3:
        raise ValueError(f"{len(words)} words came. A map needs 3 or more: add some.")
    rows = np.array([vectors.get_vector(word, norm=True) for word in words], dtype=np.float64)
    rows -= rows.mean(axis=0)
    _, sizes, axes = np.linalg.svd(rows, full_matrices=False)  # the greatest spread first
    axes = axes[:2]
    # An axis may point either way: let its largest weight be positive.
    for axis in axes:
        if axis[np.abs(axis).argmax()] < 0:
            axis *= -1
    return rows @ axes.T, sizes[:2] ** 2 / (sizes**2).sum()


def offset_cosine(starts: np.ndarray, ends: np.ndarray) -> float:
    """Mean cosine between each two of the n offsets ends - starts: 1 if all are parallel."""
    offsets = ends - starts
    unit = offsets / np.linalg.norm(offsets, axis=1, keepdims=True)
    n = len(unit)
    # All n x n cosines, less the n of an offset with itself, which are 1.
    return float(((unit @ unit.T).sum() - n) / (n * (n - 1)))


def toy_corpus(seed: int = 0, sentences: int = 3000, analogies: int = 200) -> tuple[list, list]:
    """Sentences (lists of words) about the pairs of data/toy-families.json, and their analogies."""
    families = json.loads((downloads.DATA / "toy-families.json").read_text("utf-8"))
    pairs, asked = [], []  # of a pair: its two words, its two topics, the patterns to fill
    for family in families.values():
        rows = [row.split() for row in family["pairs"]]
        pairs += [(row, family["patterns"]) for row in rows]
        asked += [(*one[:2], *other[:2]) for one in rows for other in rows if one is not other]
    chance = np.random.default_rng(seed)
    text = []
    for pair, side, topic in chance.integers((len(pairs), 2, 2), size=(sentences, 3)):
        # A word of the pair and a topic of the pair; all others depend on the word's side.
        words, patterns = pairs[pair]
        sentence = patterns[side][topic].format(words[side], words[2 + topic])
        text.append(sentence.split())
    chosen = chance.permutation(len(asked))[:analogies]
    return text, [asked[i] for i in chosen]


def count_contexts(sentences: list[list[str]]) -> tuple[list[str], np.ndarray]:
    """The words by alphabet, and how often each two stand in one sentence: (words, words)."""
    words = sorted({word for sentence in sentences for word in sentence})
    number = {word: i for i, word in enumerate(words)}
    times = np.zeros((len(sentences), len(words)))  # a word stands in a sentence
    for line, sentence in zip(times, sentences, strict=True):
        for word in sentence:
            line[number[word]] += 1
    # Each place of one word meets each place of the other, but no place is its own context.
    return words, times.T @ times - np.diag(times.sum(axis=0))
